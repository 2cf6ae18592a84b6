import type { TokenCredential } from '@azure/core-auth';
import * as l10n from '@vscode/l10n';
import type { SqlSide } from '../link/ports.ts';
import { LinkError } from '../link/problem.ts';
import type { RegisteredServer } from './contract.ts';
import type { ServerOrigin } from './origins.ts';
import type { SavedServer, ServerBook } from './server-book.ts';
import { parseServerName } from './server-name.ts';

/** What connecting to a server with a Microsoft Entra account needs. */
export interface EntraForSql {
  readonly credential: TokenCredential;
  /** Scope of the database audience in the chosen cloud. */
  readonly scope: string;
}

export interface SavedServerAccess {
  /** The account that this window is signed in with; asks for it when there is none. */
  entra(): Promise<EntraForSql>;
  /** Told a password before it is used. */
  hide(secret: string): void;
}

const CONNECT_TIMEOUT_MS = 15_000;

/** The servers that the person has added. */
export function savedOrigin(book: ServerBook, access: SavedServerAccess): ServerOrigin {
  return {
    list: () => book.list().map(registered),
    async connect(id, signal) {
      const server = book.find(id);
      if (!server)
        throw new LinkError({ reason: 'notFound', venue: 'sqlServer', message: l10n.t('This server was removed.') });
      return connectSaved(server, await book.password(id), access, signal);
    },
    onDidChange: book.onDidChange,
  };
}

/** Connects with these very values, saved or not yet. Throws LinkError. The caller closes what it gets. */
export async function connectSaved(
  server: SavedServer,
  password: string | undefined,
  access: SavedServerAccess,
  signal: AbortSignal,
): Promise<SqlSide> {
  const parsed = parseServerName(server.server);
  if ('problem' in parsed) throw new LinkError({ reason: 'unreachable', venue: 'sqlServer', message: parsed.problem });
  const authentication = await authenticationOf(server, password, access);
  const { connectSql } = await import('../sql/connect.ts');
  return connectSql(
    {
      side: 'sqlServer',
      label: server.name,
      practice: false,
      server: parsed.address,
      authentication,
      encrypt: server.encrypt,
      trustServerCertificate: server.trustServerCertificate,
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
    },
    signal,
  );
}

async function authenticationOf(
  { name, authentication }: SavedServer,
  password: string | undefined,
  access: SavedServerAccess,
) {
  if (authentication.kind === 'entra') return { kind: 'accessToken', ...(await access.entra()) } as const;
  if (password === undefined) {
    throw new LinkError({
      reason: 'loginFailed',
      venue: 'sqlServer',
      message: l10n.t('No password is stored for {0} on {1}.', authentication.user, name),
      advice: l10n.t('Use "Edit Server…" on the server to enter it.'),
    });
  }
  access.hide(password);
  return { kind: 'sqlLogin', user: authentication.user, password } as const;
}

function registered(server: SavedServer): RegisteredServer {
  const who =
    server.authentication.kind === 'entra'
      ? l10n.t('Microsoft Entra account')
      : l10n.t('SQL login {0}', server.authentication.user);
  return { id: server.id, label: server.name, description: `${server.server} · ${who}`, practice: false };
}
