import type * as vscode from 'vscode';
import type { Parts } from '../../src/commands/parts.ts';
import { redactedLog } from '../../src/hosts/log.ts';
import { createPracticeLab } from '../../src/hosts/practice-lab.ts';
import { createRedaction } from '../../src/hosts/redaction.ts';
import { createServerBook } from '../../src/hosts/server-book.ts';
import type { WizardStart } from '../../src/webviews/wizard/host.ts';
import { window } from '../hosts/fake-vscode.ts';
import { FakeMemory, FakeSecrets } from '../hosts/memory.ts';
import { FakeServers } from '../tree/servers.ts';
import { type Act, ScriptedPrompter } from './scripted-prompter.ts';

/** The parts as the commands get them, over fakes, with what they did. */
export function partsWith(...acts: Act[]) {
  const redaction = createRedaction();
  const servers = new FakeServers();
  const memory = new FakeMemory();
  const secrets = new FakeSecrets();
  const prompter = new ScriptedPrompter(...acts);
  const opened: WizardStart[] = [];
  const refreshed: (string | undefined)[] = [];
  const state = { runActive: false };
  const log = redactedLog(window.createOutputChannel('test') as unknown as vscode.LogOutputChannel, redaction);
  const parts: Parts = {
    log,
    prompter,
    servers,
    book: createServerBook(memory, secrets),
    access: { entra: () => Promise.reject(new Error('not part of these tests')), hide: redaction.hide },
    lab: createPracticeLab({ file: 'none', log: () => undefined, hide: redaction.hide, onLost: () => undefined }),
    tree: {
      refresh: async id => void refreshed.push(id),
      forget: () => undefined,
    },
    // The commands hand it on; what it holds is the wizard's business.
    wizardHost: {} as Parts['wizardHost'],
    openWizard: async (_host, start) => void opened.push(start),
    runActive: () => state.runActive,
  };
  return { parts, servers, memory, secrets, prompter, opened, refreshed, state };
}
