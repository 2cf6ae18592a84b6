import { join } from 'node:path';
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { Parts } from './commands/parts.ts';
import { quickInput } from './commands/quick-input.ts';
import { registerCommands, showProblem } from './commands/register.ts';
import { fileJournal } from './hosts/journal.ts';
import { loggedServers, redactedLog } from './hosts/log.ts';
import { joinOrigins } from './hosts/origins.ts';
import { createPracticeLab, type PracticeLab } from './hosts/practice-lab.ts';
import { practiceOrigin } from './hosts/practice-origin.ts';
import { createRedaction } from './hosts/redaction.ts';
import { type SavedServerAccess, savedOrigin } from './hosts/saved-origin.ts';
import { createServerBook } from './hosts/server-book.ts';
import { createSignIn, entraForSql } from './hosts/sign-in.ts';
import { problemOf } from './link/problem.ts';
import { ServerTree } from './tree/server-tree.ts';
import { showServerTree } from './tree/view.ts';
import type { WizardHost, WizardStart } from './webviews/wizard/host.ts';

/** Names a file with the description of a practice lab that somebody else has started (development, end-to-end tests). */
const PRACTICE_LAB_VARIABLE = 'MI_LINK_PRACTICE_LAB';

let labOfThisWindow: PracticeLab | undefined;

/** Builds the parts and joins them. Loads no driver, SDK, lab or wizard: each comes with its first use. */
export function activate(context: vscode.ExtensionContext): void {
  if (vscode.l10n.bundle) l10n.config({ contents: vscode.l10n.bundle });
  const redaction = createRedaction();
  const { hide } = redaction;
  const log = redactedLog(vscode.window.createOutputChannel('Managed Instance Link', { log: true }), redaction);
  const lab = createPracticeLab({
    file: context.asAbsolutePath(join('dist', 'lab.cjs')),
    log: line => log.info(`[practice lab] ${line}`),
    hide,
    onLost: lastWords => void labLost(log, lastWords),
  });
  labOfThisWindow = lab;
  const book = createServerBook(context.globalState, context.secrets);
  const account = { accounts: vscode.authentication, cloudSettings, hide };
  const access: SavedServerAccess = { entra: () => entraForSql(account), hide };
  const servers = loggedServers(joinOrigins([practiceOrigin(lab), savedOrigin(book, access)]), log);
  const tree = new ServerTree(servers);
  const runs = countRuns();
  const wizardHost: WizardHost = {
    extensionUri: context.extensionUri,
    servers,
    signIn: createSignIn({ ...account, lab }),
    log,
    journalFor: planId => fileJournal(join(context.globalStorageUri.fsPath, 'runs'), planId),
    remembered: {
      get: key => context.globalState.get<string>(`miLink.remembered.${key}`),
      set: async (key, value) => context.globalState.update(`miLink.remembered.${key}`, value),
    },
    onRunActivity: runs.note,
    refreshTree: () => void tree.refresh(),
  };
  const parts: Parts = {
    log,
    prompter: quickInput,
    servers,
    book,
    access,
    lab,
    tree,
    wizardHost,
    openWizard,
    runActive: runs.active,
  };
  context.subscriptions.push(log, showServerTree(tree), registerCommands(parts), followLab(lab));
  void adoptLab(lab, log);
}

/** The practice lab must not outlive the window. */
export async function deactivate(): Promise<void> {
  await labOfThisWindow?.stop();
}

async function openWizard(host: WizardHost, start: WizardStart): Promise<void> {
  const { openFailoverWizard } = await import('./webviews/wizard/panel.ts');
  await openFailoverWizard(host, start);
}

function cloudSettings() {
  const settings = vscode.workspace.getConfiguration('microsoft-sovereign-cloud');
  return {
    environment: settings.get<string>('environment'),
    customEnvironment: settings.get<unknown>('customEnvironment'),
  };
}

/** Several wizards may run at once. */
function countRuns() {
  let count = 0;
  return {
    note: (active: boolean): void => {
      count = Math.max(0, count + (active ? 1 : -1));
    },
    active: (): boolean => count > 0,
  };
}

/** Keeps the key that menus ask for in step with the lab. */
function followLab(lab: PracticeLab): vscode.Disposable {
  const tell = () =>
    void vscode.commands.executeCommand('setContext', 'miLink.practiceRunning', lab.running !== undefined);
  tell();
  return lab.onDidChange(tell);
}

async function adoptLab(lab: PracticeLab, log: vscode.LogOutputChannel): Promise<void> {
  const file = process.env[PRACTICE_LAB_VARIABLE];
  if (!file) return;
  try {
    await lab.adopt(file);
  } catch (error) {
    await showProblem(log, problemOf(error));
  }
}

async function labLost(log: vscode.LogOutputChannel, lastWords: string): Promise<void> {
  await showProblem(log, {
    reason: 'unreachable',
    venue: undefined,
    message: l10n.t('The practice lab has ended unexpectedly.'),
    ...(lastWords ? { serverText: lastWords } : {}),
    advice: l10n.t('Start it again to go on practising. No real server is affected.'),
  });
}
