import type * as vscode from 'vscode';
import type { RegisteredServer, Servers } from '../hosts/contract.ts';
import type { PracticeLab } from '../hosts/practice-lab.ts';
import type { SavedServerAccess } from '../hosts/saved-origin.ts';
import type { ServerBook } from '../hosts/server-book.ts';
import type { Node } from '../tree/rows.ts';
import type { ServerTree } from '../tree/server-tree.ts';
import type { WizardHost, WizardStart } from '../webviews/wizard/host.ts';
import type { Prompter } from './prompter.ts';

/** What the commands work with; made and joined in extension.ts. */
export interface Parts {
  readonly log: vscode.LogOutputChannel;
  readonly prompter: Prompter;
  readonly servers: Servers;
  readonly book: ServerBook;
  readonly access: SavedServerAccess;
  readonly lab: PracticeLab;
  readonly tree: Pick<ServerTree, 'refresh' | 'forget'>;
  readonly wizardHost: WizardHost;
  openWizard(host: WizardHost, start: WizardStart): Promise<void>;
  /** Whether a failover of this window is running. */
  runActive(): boolean;
}

/** A command: what VS Code passes is not to be relied on (a keybinding may call it with anything), so it comes as a node or not at all. */
export type Command = (parts: Parts, node: Node | undefined) => Promise<void>;

/** The server that a command was called on, as it is now. */
export const serverOfNode = (parts: Parts, node: Node | undefined): RegisteredServer | undefined =>
  parts.servers.list().find(server => server.id === node?.server.id);
