import * as l10n from '@vscode/l10n';
import type mssql from 'mssql';
import type { SqlSide } from '../link/ports.ts';
import { LinkError } from '../link/problem.ts';
import type { Side } from '../link/vocabulary.ts';
import type { ServerName } from './connect-error.ts';
import { readDatabases } from './databases.ts';
import { readIdentity } from './identity.ts';
import { observeLink } from './observe.ts';
import { readReadiness } from './readiness.ts';
import { Session } from './session.ts';
import { guardedConnector } from './wire-guard.ts';

/** Gives access tokens for one audience; the shape of TokenCredential in @azure/core-auth. */
interface TokenSource {
  getToken(
    scopes: string | string[],
    options?: { abortSignal?: AbortSignal },
  ): Promise<{ token: string; expiresOnTimestamp: number } | null>;
}

type SqlAuthentication =
  | { readonly kind: 'sqlLogin'; readonly user: string; readonly password: string }
  /** `scope` is the audience of databases in the chosen cloud; `account` says who it is in messages. */
  | {
      readonly kind: 'accessToken';
      readonly credential: TokenSource;
      readonly scope: string;
      readonly account?: string;
    }
  | { readonly kind: 'ntlm'; readonly domain: string; readonly user: string; readonly password: string };

/** mandatory: TLS or nothing. strict: TDS 8.0, TLS before anything else, certificate always checked. optional: TLS if the server has it, else plain text. */
type Encryption = 'mandatory' | 'strict' | 'optional';

export interface SqlConnectOptions {
  readonly side: Side;
  readonly label: string;
  readonly practice: boolean;
  /** Port 1433 when neither port nor instance is given; a named instance is asked for by UDP 1434. */
  readonly server: { readonly host: string; readonly port?: number; readonly instanceName?: string };
  readonly authentication: SqlAuthentication;
  readonly encrypt: Encryption;
  readonly trustServerCertificate: boolean;
  readonly hostNameInCertificate?: string;
  /** PEM text to trust besides nothing else: the practice lab's own certificate. */
  readonly certificateAuthority?: string;
  /** Where the connections stand; default master. */
  readonly database?: string;
  /** Default 15 000 ms. */
  readonly connectTimeoutMs?: number;
  /** How the sessions are called on the server. Sessions of our own name, machine and process are not shown as somebody else's. */
  readonly applicationName?: string;
}

const APPLICATION_NAME = 'Managed Instance Link';
const DEFAULT_CONNECT_TIMEOUT_MS = 15_000;
const DEFAULT_PORT = 1433;

/**
 * Two connections, opened at once and never dropped for idleness: while databases are fenced nobody should wait for a login, and the executor reads
 * while a statement runs.
 */
const CONNECTIONS = 2;

/** Connects and makes sure that the server answers. Throws LinkError; no password leaves in plain text unless encryption is 'optional'. */
export async function connectSql(options: SqlConnectOptions, signal: AbortSignal): Promise<SqlSide> {
  const session = await openSession(options, signal);
  return {
    side: options.side,
    label: options.label,
    practice: options.practice,
    identify: async signal => (await readIdentity(session, signal)).identity,
    databases: signal => readDatabases(session, signal),
    observe: (query, signal) => observeLink(session, options.side, query, signal),
    readiness: (query, signal) => readReadiness(session, query, signal),
    execute: (command, signal) => session.change(command, signal),
    close: () => session.close(),
  };
}

/** The connections behind a side, for the parts of this folder that read or write something else than a link. */
export async function openSession(options: SqlConnectOptions, signal: AbortSignal): Promise<Session> {
  signal.throwIfAborted();
  const server = serverName(options);
  const connecting = new AbortController();
  const stop = () => connecting.abort(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  const session = new Session(server, config(options, server, connecting.signal), tokenSource(options));
  try {
    await session.open(signal);
    await Promise.all(Array.from({ length: CONNECTIONS }, () => readIdentity(session, signal)));
  } catch (error) {
    await session.close();
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
  return session;
}

function serverName({ side, label, server, authentication, connectTimeoutMs }: SqlConnectOptions): ServerName {
  return {
    side,
    label,
    host: server.host,
    port: server.instanceName === undefined ? (server.port ?? DEFAULT_PORT) : undefined,
    instanceName: server.instanceName,
    login: loginOf(authentication),
    connectTimeoutMs: connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS,
  };
}

function loginOf(authentication: SqlAuthentication): string {
  switch (authentication.kind) {
    case 'sqlLogin':
      return authentication.user;
    case 'ntlm':
      return `${authentication.domain}\\${authentication.user}`;
    case 'accessToken':
      return authentication.account ?? l10n.t('of the signed-in Microsoft Entra account');
  }
}

/** Built field by field: a connection string is read differently by every driver (and a password in it would end up in logs). */
function config(options: SqlConnectOptions, server: ServerName, cancel: AbortSignal): mssql.config {
  if (server.host.includes('\\')) {
    throw new LinkError({
      reason: 'unsupported',
      venue: options.side,
      message: l10n.t('{0} is not a host name. Enter the instance’s name on its own.', server.host),
    });
  }
  const connector = guardedConnector({
    side: options.side,
    label: options.label,
    requireEncryption: options.encrypt === 'mandatory',
    cancel,
  });
  return {
    server: server.host,
    ...(server.port !== undefined && { port: server.port }),
    authentication: authenticationConfig(options.authentication),
    // Without this the driver sends SELECT 1 before each request: a round trip that the outage would pay for.
    validateConnection: 'socket',
    pool: { max: CONNECTIONS, min: CONNECTIONS },
    options: {
      appName: options.applicationName ?? APPLICATION_NAME,
      database: options.database ?? 'master',
      // `true` means TLS if the server has it; that it must have it is the wire guard's part. 'strict' needs no guard: TLS comes first.
      encrypt: options.encrypt === 'strict' ? 'strict' : true,
      trustServerCertificate: options.trustServerCertificate,
      connectTimeout: server.connectTimeoutMs,
      // The caller decides about trying again; the driver's own retries would only hide the first error.
      maxRetriesOnTransientErrors: 0,
      connector,
      ...(server.instanceName !== undefined && { instanceName: server.instanceName }),
      ...(options.hostNameInCertificate !== undefined && { serverName: options.hostNameInCertificate }),
      ...(options.certificateAuthority !== undefined && {
        cryptoCredentialsDetails: { ca: options.certificateAuthority },
      }),
    },
  };
}

function authenticationConfig(authentication: SqlAuthentication): NonNullable<mssql.config['authentication']> {
  switch (authentication.kind) {
    case 'sqlLogin':
      return { type: 'default', options: { userName: authentication.user, password: authentication.password } };
    case 'ntlm':
      return {
        type: 'ntlm',
        options: { userName: authentication.user, password: authentication.password, domain: authentication.domain },
      };
    case 'accessToken':
      // Not the driver's token-credential: there the server names the audience that a token is fetched for.
      return { type: 'azure-active-directory-access-token', options: { token: '' } };
  }
}

const EXPIRY_MARGIN_MS = 5 * 60_000;

/** A fresh token on demand; the last one is reused until shortly before its end. */
function tokenSource(options: SqlConnectOptions): ((signal: AbortSignal) => Promise<string>) | undefined {
  if (options.authentication.kind !== 'accessToken') return undefined;
  const { credential, scope } = options.authentication;
  let last: { token: string; expiresOnTimestamp: number } | null = null;
  return async signal => {
    if (last && last.expiresOnTimestamp - Date.now() > EXPIRY_MARGIN_MS) return last.token;
    try {
      last = await credential.getToken(scope, { abortSignal: signal });
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof LinkError) throw error;
      throw noToken(options, error);
    }
    if (!last) throw noToken(options, undefined);
    return last.token;
  };
}

const noToken = ({ side, label }: SqlConnectOptions, cause: unknown) =>
  new LinkError(
    {
      reason: 'loginFailed',
      venue: side,
      message: l10n.t('No access token for {0} could be got.', label),
      ...(cause instanceof Error && { serverText: cause.message.slice(0, 500) }),
      advice: l10n.t('Sign in to Azure again, in the tenant of the managed instance.'),
    },
    { cause },
  );
