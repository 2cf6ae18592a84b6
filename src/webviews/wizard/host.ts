import type * as vscode from 'vscode';
import type { AzureSignIn, RegisteredServer, Servers } from '../../hosts/contract.ts';
import type { Journal } from '../../link/ports.ts';

/** What the wizard is opened for. */
export interface WizardStart {
  readonly server: RegisteredServer;
  readonly database: string;
  /** The link that was clicked; without it the database's only link, or the person chooses. */
  readonly link?: string;
}

/** What the wizard needs from the extension around it. */
export interface WizardHost {
  readonly extensionUri: vscode.Uri;
  readonly servers: Servers;
  readonly signIn: AzureSignIn;
  readonly log: vscode.LogOutputChannel;
  journalFor(planId: string): Journal;
  /** Small choices kept between sessions, e.g. the tenant of a server; never a secret. */
  readonly remembered: Remembered;
  /** Told when a failover begins and ends to run. */
  onRunActivity(active: boolean): void;
  refreshTree(): void;
}

export interface Remembered {
  get(key: string): string | undefined;
  set(key: string, value: string): Promise<void>;
}
