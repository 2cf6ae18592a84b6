/** The part of VS Code that the wizard's panel uses, and what a person would do with it. */

type Listener<T> = (value: T) => void;

function emitter<T>() {
  const listeners: Listener<T>[] = [];
  return {
    event: (listener: Listener<T>) => {
      listeners.push(listener);
      return { dispose: () => undefined };
    },
    fire: (value: T) => {
      for (const listener of [...listeners]) listener(value);
    },
  };
}

/** A panel as VS Code gives it, with handles for the test. */
export class FakePanel {
  visible = true;
  revealed = 0;
  disposed = false;
  iconPath: unknown;
  readonly posted: unknown[] = [];
  readonly #received = emitter<unknown>();
  readonly #viewState = emitter<unknown>();
  readonly #disposed = emitter<void>();
  readonly title: string;
  readonly options: unknown;

  constructor(title: string, options: unknown) {
    this.title = title;
    this.options = options;
  }

  readonly webview = {
    html: '',
    cspSource: 'https://webview.test',
    asWebviewUri: (uri: { path: string }) => ({ toString: () => `https://webview.test${uri.path}` }),
    onDidReceiveMessage: (listener: Listener<unknown>) => this.#received.event(listener),
    postMessage: async (message: unknown) => {
      this.posted.push(JSON.parse(JSON.stringify(message)));
      return true;
    },
  };
  readonly onDidChangeViewState = (listener: Listener<unknown>) => this.#viewState.event(listener);
  readonly onDidDispose = (listener: Listener<void>) => this.#disposed.event(listener);

  reveal(): void {
    this.revealed++;
  }
  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.#disposed.fire();
  }
  /** The page sends a message. */
  sends(message: unknown): void {
    this.#received.fire(message);
  }
  /** Another tab covers it, or it comes to the front. */
  show(visible: boolean): void {
    this.visible = visible;
    this.#viewState.fire(undefined);
  }
}

export interface Question {
  readonly text: string;
  readonly modal: boolean;
  readonly detail: string | undefined;
  readonly buttons: readonly string[];
  answer(button: string | undefined): void;
}

/** What is on the screen. */
export const screen = {
  panels: [] as FakePanel[],
  questions: [] as Question[],
  progress: [] as { title: string; cancellable: boolean; messages: string[]; ended: boolean; pressCancel(): void }[],
  documents: [] as { language: string; content: string }[],
  written: new Map<string, string>(),
  saveTo: undefined as { path: string } | undefined,
  settings: new Map<string, unknown>(),
  clipboard: '',
  clear(): void {
    this.panels.length = this.questions.length = this.progress.length = this.documents.length = 0;
    this.written.clear();
    this.settings.clear();
    this.saveTo = undefined;
    this.clipboard = '';
  },
};

type Item = string | { title: string };

function ask(text: string, ...rest: (Item | { modal?: boolean; detail?: string })[]): Promise<Item | undefined> {
  const isItem = (part: unknown): part is Item =>
    typeof part === 'string' || (part as { title?: string }).title !== undefined;
  const items = rest.filter(isItem);
  const options = rest.find(part => !isItem(part)) as { modal?: boolean; detail?: string } | undefined;
  const titleOf = (item: Item): string => (typeof item === 'string' ? item : item.title);
  return new Promise(resolve =>
    screen.questions.push({
      text,
      modal: options?.modal ?? false,
      detail: options?.detail,
      buttons: items.map(titleOf),
      answer: button => resolve(items.find(item => titleOf(item) === button)),
    }),
  );
}

export const ViewColumn = { Active: -1 };
export const ProgressLocation = { Notification: 15 };
export const Uri = {
  joinPath: (base: { path: string }, ...parts: string[]) => ({ path: [base.path, ...parts].join('/') }),
};
export const env = {
  language: 'en',
  clipboard: {
    writeText: async (text: string) => {
      screen.clipboard = text;
    },
  },
};
export const window = {
  createWebviewPanel: (_type: string, title: string, _column: unknown, options: unknown) => {
    const panel = new FakePanel(title, options);
    screen.panels.push(panel);
    return panel;
  },
  showWarningMessage: ask,
  showInformationMessage: ask,
  showErrorMessage: ask,
  showSaveDialog: async () => screen.saveTo,
  showTextDocument: async () => undefined,
  withProgress: async (
    options: { title: string; cancellable: boolean },
    task: (
      progress: { report(value: { message?: string }): void },
      token: { onCancellationRequested(listener: () => void): void },
    ) => Promise<unknown>,
  ) => {
    const cancel = emitter<void>();
    const shown = {
      title: options.title,
      cancellable: options.cancellable,
      messages: [] as string[],
      ended: false,
      pressCancel: () => cancel.fire(),
    };
    screen.progress.push(shown);
    const report = ({ message }: { message?: string }) => void shown.messages.push(message ?? '');
    const result = await task({ report }, { onCancellationRequested: cancel.event });
    shown.ended = true;
    return result;
  },
};
export const workspace = {
  workspaceFolders: undefined,
  getConfiguration: () => ({ get: (key: string, otherwise: unknown) => screen.settings.get(key) ?? otherwise }),
  openTextDocument: async (document: { language: string; content: string }) => {
    screen.documents.push(document);
    return document;
  },
  fs: {
    writeFile: async (file: { path: string }, bytes: Uint8Array) =>
      void screen.written.set(file.path, new TextDecoder().decode(bytes)),
  },
};
