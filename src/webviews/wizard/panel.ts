import { randomBytes } from 'node:crypto';
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { DEFAULT_CATCH_UP_BUDGET_SECONDS } from '../../failover/plan.ts';
import { runPlan } from '../../failover/run.ts';
import type { ScriptLanguage } from '../../failover/script/index.ts';
import { systemClock } from '../../link/clock.ts';
import { readFromWizard, type ToWizard } from '../messages.ts';
import { WizardController } from './controller.ts';
import type { WizardHost, WizardStart } from './host.ts';
import { askWhenClosed, showInBackground, tellEnd } from './panel-background.ts';
import { wizardHtml } from './panel-html.ts';
import { saveReport } from './panel-report.ts';

const VIEW_TYPE = 'miLink.failover';
/** Changes that come closer together than this are shown as one (ms). */
const SHOW_EVERY_MS = 50;

/** The wizards that are open, or whose failover runs without a panel, by server and database. */
const sessions = new Map<string, Session>();

/** Opens the failover wizard; shows the one that is already there for this database. Resolves when its panel is on the screen. */
export async function openFailoverWizard(host: WizardHost, start: WizardStart): Promise<void> {
  const key = JSON.stringify([start.server.id, start.database.toLowerCase()]);
  const known = sessions.get(key);
  if (known) {
    known.show();
    return;
  }
  const session = new Session(host, start, () => sessions.delete(key));
  sessions.set(key, session);
  session.show();
}

/** One wizard: the controller lives as long as its failover runs, panels come and go. */
class Session {
  readonly #host: WizardHost;
  readonly #start: WizardStart;
  readonly #forget: () => void;
  readonly #controller: WizardController;
  #panel: vscode.WebviewPanel | undefined;
  #pending: NodeJS.Timeout | undefined;
  #inBackground = false;

  constructor(host: WizardHost, start: WizardStart, forget: () => void) {
    this.#host = host;
    this.#start = start;
    this.#forget = forget;
    this.#controller = new WizardController(
      start,
      {
        servers: host.servers,
        signIn: host.signIn,
        clock: systemClock,
        log: host.log,
        journalFor: planId => host.journalFor(planId),
        remembered: host.remembered,
        runPlan,
        openScript,
        copyText: async text => vscode.env.clipboard.writeText(text),
        saveReport,
        showError: text => void vscode.window.showErrorMessage(text),
        close: () => this.#panel?.dispose(),
        onRunActivity: active => host.onRunActivity(active),
        refreshTree: () => host.refreshTree(),
      },
      vscode.workspace.getConfiguration('miLink').get('catchUpBudgetSeconds', DEFAULT_CATCH_UP_BUDGET_SECONDS),
    );
    this.#controller.onDidChange(() => this.#showSoon());
    this.#controller.open();
  }

  show(): void {
    if (this.#panel) this.#panel.reveal();
    else this.#openPanel();
  }

  #openPanel(): void {
    const { extensionUri } = this.#host;
    const resources = vscode.Uri.joinPath(extensionUri, 'dist', 'webview');
    const panel = vscode.window.createWebviewPanel(
      VIEW_TYPE,
      l10n.t('Failover: {0}', this.#start.database),
      vscode.ViewColumn.Active,
      { enableScripts: true, localResourceRoots: [resources], retainContextWhenHidden: false },
    );
    const icon = (theme: string) => vscode.Uri.joinPath(extensionUri, 'media', `link-${theme}.svg`);
    panel.iconPath = { light: icon('light'), dark: icon('dark') };
    this.#panel = panel;
    panel.webview.onDidReceiveMessage((data: unknown) => this.#receive(data));
    panel.onDidChangeViewState(() => this.#controller.setVisible(panel.visible));
    panel.onDidDispose(() => this.#closed());
    const inPage = (file: string) => panel.webview.asWebviewUri(vscode.Uri.joinPath(resources, file)).toString();
    panel.webview.html = wizardHtml({
      cspSource: panel.webview.cspSource,
      script: inPage('main.js'),
      style: inPage('wizard.css'),
      nonce: randomBytes(16).toString('base64'),
      language: vscode.env.language,
    });
    this.#controller.setVisible(panel.visible);
  }

  #receive(data: unknown): void {
    const message = readFromWizard(data);
    if (!message) this.#host.log.warn(l10n.t('A message of the wizard’s page was not understood and was dropped.'));
    else if (message.kind === 'ready') this.#showNow();
    else this.#controller.receive(message);
  }

  #showSoon(): void {
    this.#pending ??= setTimeout(() => this.#showNow(), SHOW_EVERY_MS);
  }

  /** A hidden page is not there to take a message: it asks for the view with 'ready' when it is shown again. */
  #showNow(): void {
    clearTimeout(this.#pending);
    this.#pending = undefined;
    if (!this.#panel?.visible) return;
    const message: ToWizard = { kind: 'show', view: this.#controller.view };
    void this.#panel.webview.postMessage(message);
  }

  #closed(): void {
    this.#panel = undefined;
    this.#controller.setVisible(false);
    if (this.#controller.run === 'running') void this.#goOnInBackground();
    else void this.#end();
  }

  /** The failover goes on without its panel; it may be reopened any time, by the question, the notification or the command. */
  async #goOnInBackground(): Promise<void> {
    void askWhenClosed(this.#controller, this.#start.database, () => this.show());
    if (this.#inBackground) return;
    this.#inBackground = true;
    await showInBackground(this.#controller, this.#start.database);
    this.#inBackground = false;
    if (this.#panel) return;
    if (await tellEnd(this.#controller)) this.show();
    else if (!this.#panel) await this.#end();
  }

  async #end(): Promise<void> {
    this.#forget();
    await this.#controller.dispose();
    clearTimeout(this.#pending);
  }
}

/** VS Code's names of the languages. */
const EDITOR_LANGUAGES = { tsql: 'sql', powershell: 'powershell', azureCli: 'shellscript' } as const;

async function openScript(content: string, language: ScriptLanguage): Promise<void> {
  const document = await vscode.workspace.openTextDocument({ language: EDITOR_LANGUAGES[language], content });
  await vscode.window.showTextDocument(document, { preview: false });
}
