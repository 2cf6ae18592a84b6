import type { AzureSide, SqlSide } from '../link/ports.ts';

/** Where servers come from and how to reach them and Azure: what the commands and the wizard need from the host. Implemented in src/hosts and wired in extension.ts. */
export interface RegisteredServer {
  readonly id: string;
  readonly label: string;
  /** Host, port, authentication: for a tooltip. */
  readonly description: string;
  readonly practice: boolean;
}

export interface Servers {
  list(): readonly RegisteredServer[];
  /** Throws LinkError. The caller closes what it gets. */
  connect(id: string, signal: AbortSignal): Promise<SqlSide>;
  readonly onDidChange: (listener: () => void) => { dispose(): void };
}

/** A way of signing in to Azure that this host offers for a server. */
export interface SignInChoice {
  readonly kind: 'vscode' | 'azureCli' | 'practice';
  readonly label: string;
  readonly description: string;
}

export interface AzureSignIn {
  choices(server: RegisteredServer): readonly SignInChoice[];
  /** Throws LinkError ('cancelled' when the person closed the sign-in). */
  signIn(
    choice: SignInChoice,
    server: RegisteredServer,
    tenantId: string | undefined,
    signal: AbortSignal,
  ): Promise<SignedIn>;
}

/** A signed-in account: Azure Resource Manager, and the instance over TDS with the same identity. */
export interface SignedIn {
  readonly azure: AzureSide;
  readonly tenantId: string | undefined;
  /** Tries to reach the instance's own endpoint; throws LinkError when there is no route or no login: then Azure alone is used. */
  connectInstance(
    instance: { readonly name: string; readonly fullyQualifiedDomainName: string },
    signal: AbortSignal,
  ): Promise<SqlSide>;
}
