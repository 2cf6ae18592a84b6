/**
 * The part of the `vscode` module that the host side uses, for tests outside VS Code: windows are scripted by the test, and everything that was
 * shown, registered or set can be looked at.
 */

export class Disposable {
  readonly #dispose: () => unknown;
  constructor(dispose: () => unknown) {
    this.#dispose = dispose;
  }
  static from(...parts: { dispose(): unknown }[]): Disposable {
    return new Disposable(() => parts.forEach(part => void part.dispose()));
  }
  dispose(): void {
    this.#dispose();
  }
}

export class EventEmitter<T> {
  readonly #listeners = new Set<(value: T) => void>();
  readonly event = (listener: (value: T) => void): Disposable => {
    this.#listeners.add(listener);
    return new Disposable(() => this.#listeners.delete(listener));
  };
  fire(value: T): void {
    for (const listener of this.#listeners) listener(value);
  }
  dispose(): void {
    this.#listeners.clear();
  }
}

export class ThemeColor {
  readonly id: string;
  constructor(id: string) {
    this.id = id;
  }
}

export class ThemeIcon {
  readonly id: string;
  readonly color: ThemeColor | undefined;
  constructor(id: string, color?: ThemeColor) {
    this.id = id;
    this.color = color;
  }
}

export const TreeItemCollapsibleState = { None: 0, Collapsed: 1, Expanded: 2 } as const;

export class TreeItem {
  id?: string;
  description?: string;
  contextValue?: string;
  iconPath?: ThemeIcon;
  tooltip?: MarkdownString;
  resourceUri?: unknown;
  accessibilityInformation?: { label: string };
  readonly label: string;
  readonly collapsibleState: number;
  constructor(label: string, collapsibleState: number) {
    this.label = label;
    this.collapsibleState = collapsibleState;
  }
}

export class MarkdownString {
  value = '';
  appendText(text: string): this {
    this.value += text.replace(/[\\`*_{}[\]()#+\-!~]/g, '\\$&');
    return this;
  }
  appendMarkdown(text: string): this {
    this.value += text;
    return this;
  }
}

export const Uri = { from: (parts: { scheme: string; path: string }) => parts };
export const ProgressLocation = { Notification: 15 } as const;
export const QuickPickItemKind = { Separator: -1, Default: 0 } as const;
export const QuickInputButtons = { Back: { iconPath: 'back' } } as const;

/** What the tests look at and what they answer with. */
export const fake = {
  commands: new Map<string, (...args: unknown[]) => unknown>(),
  contextKeys: new Map<string, unknown>(),
  executed: [] as string[],
  messages: [] as string[],
  /** Answers to messages with buttons, in order; none left: closed. */
  answers: [] as (string | undefined)[],
  logged: [] as string[],
  views: [] as FakeTreeView[],
  picks: [] as FakeQuickPick[],
  boxes: [] as FakeInputBox[],
  settings: new Map<string, unknown>(),
  clipboard: '',
  /** Cancels the progress that is shown next. */
  cancelProgress: false,
  reset(): void {
    for (const map of [fake.commands, fake.contextKeys, fake.settings]) map.clear();
    for (const list of [fake.executed, fake.messages, fake.answers, fake.logged, fake.views, fake.picks, fake.boxes]) {
      list.length = 0;
    }
    fake.clipboard = '';
    fake.cancelProgress = false;
  },
};

class FakeQuickInput {
  title = '';
  step: number | undefined;
  totalSteps: number | undefined;
  placeholder: string | undefined;
  ignoreFocusOut = false;
  busy = false;
  buttons: readonly unknown[] = [];
  visible = false;
  readonly accepted = new EventEmitter<void>();
  readonly pressed = new EventEmitter<unknown>();
  readonly hidden = new EventEmitter<void>();
  readonly onDidAccept = this.accepted.event;
  readonly onDidTriggerButton = this.pressed.event;
  readonly onDidHide = this.hidden.event;
  show(): void {
    this.visible = true;
  }
  hide(): void {
    this.visible = false;
    this.hidden.fire();
  }
  dispose(): void {
    if (this.visible) this.hide();
  }
}

export class FakeQuickPick extends FakeQuickInput {
  matchOnDescription = false;
  items: readonly { label: string; kind?: number }[] = [];
  activeItems: readonly { label: string }[] = [];
  selectedItems: readonly { label: string }[] = [];
  /** As if the person pressed Enter on this row. */
  pick(label: string): void {
    this.selectedItems = this.items.filter(item => item.label === label && item.kind !== QuickPickItemKind.Separator);
    this.accepted.fire();
  }
}

export class FakeInputBox extends FakeQuickInput {
  value = '';
  prompt = '';
  password = false;
  validationMessage: string | undefined;
  readonly changed = new EventEmitter<string>();
  readonly onDidChangeValue = this.changed.event;
  type(text: string): void {
    this.value = text;
    this.changed.fire(text);
  }
}

export class FakeTreeView {
  visible = true;
  readonly id: string;
  readonly expanded = new EventEmitter<{ element: unknown }>();
  readonly collapsed = new EventEmitter<{ element: unknown }>();
  readonly visibility = new EventEmitter<{ visible: boolean }>();
  readonly onDidExpandElement = this.expanded.event;
  readonly onDidCollapseElement = this.collapsed.event;
  readonly onDidChangeVisibility = this.visibility.event;
  constructor(id: string) {
    this.id = id;
  }
  dispose(): void {}
}

const message = async (text: string, ...rest: unknown[]): Promise<string | undefined> => {
  const [options] = rest;
  const detail = typeof options === 'object' && options && 'detail' in options ? String(options.detail) : '';
  fake.messages.push([text, detail].filter(Boolean).join(' | '));
  return fake.answers.shift();
};

const write = (...texts: unknown[]): void => void fake.logged.push(texts.map(String).join(' '));

export const window = {
  createOutputChannel: (name: string) => ({
    name,
    logLevel: 2,
    onDidChangeLogLevel: new EventEmitter<number>().event,
    trace: write,
    debug: write,
    info: write,
    warn: write,
    error: write,
    append: write,
    appendLine: write,
    replace: write,
    clear: () => undefined,
    show: () => undefined,
    hide: () => undefined,
    dispose: () => undefined,
  }),
  createTreeView(id: string): FakeTreeView {
    const view = new FakeTreeView(id);
    fake.views.push(view);
    return view;
  },
  createQuickPick(): FakeQuickPick {
    const pick = new FakeQuickPick();
    fake.picks.push(pick);
    return pick;
  },
  createInputBox(): FakeInputBox {
    const box = new FakeInputBox();
    fake.boxes.push(box);
    return box;
  },
  registerFileDecorationProvider: () => new Disposable(() => undefined),
  showErrorMessage: message,
  showWarningMessage: message,
  showInformationMessage: message,
  withProgress<T>(
    _options: unknown,
    work: (progress: unknown, token: { onCancellationRequested(listener: () => void): Disposable }) => Promise<T>,
  ): Promise<T> {
    const onCancellationRequested = (listener: () => void): Disposable => {
      if (fake.cancelProgress) queueMicrotask(listener);
      fake.cancelProgress = false;
      return new Disposable(() => undefined);
    };
    return work({}, { onCancellationRequested });
  },
};

export const commands = {
  registerCommand(id: string, run: (...args: unknown[]) => unknown): Disposable {
    if (fake.commands.has(id)) throw new Error(`Registered twice: ${id}`);
    fake.commands.set(id, run);
    return new Disposable(() => fake.commands.delete(id));
  },
  async executeCommand(id: string, ...args: unknown[]): Promise<void> {
    fake.executed.push(id);
    if (id === 'setContext') fake.contextKeys.set(String(args[0]), args[1]);
  },
};

export const workspace = {
  getConfiguration: (section?: string) => ({
    get: <T>(key: string, otherwise?: T): T | undefined =>
      (fake.settings.get(section ? `${section}.${key}` : key) as T | undefined) ?? otherwise,
  }),
  onDidChangeConfiguration: new EventEmitter<unknown>().event,
};

export const env = {
  clipboard: {
    async writeText(text: string): Promise<void> {
      fake.clipboard = text;
    },
  },
};

export const l10n = { bundle: undefined, uri: undefined };
export const authentication = { getSession: async () => undefined };
