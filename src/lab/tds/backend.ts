import type { Column, ServerMessage, SqlType, SqlValue } from '../values.ts';

/** What a client asked for in LOGIN7 (MS-TDS 2.2.6.4), password already decoded. Exactly one way of proving identity. */
export interface LoginRequest {
  readonly proof:
    | { readonly kind: 'password'; readonly user: string; readonly password: string }
    | { readonly kind: 'accessToken'; readonly token: string };
  /** '' when the client named none. */
  readonly database: string;
  readonly applicationName: string;
  readonly hostName: string;
  readonly libraryName: string;
  readonly encrypted: boolean;
  readonly readOnlyIntent: boolean;
  readonly remoteAddress: string;
}

/** A refused login is one or several error messages (18456, 4060…): the connection is closed after they are sent. */
export type LoginOutcome =
  | { readonly accepted: true; readonly session: TdsSession }
  | { readonly accepted: false; readonly errors: readonly ServerMessage[] };

/** Where a running batch puts its results, in the order in which the client must see them. */
export interface ResultSink {
  /** Opens a result set. */
  columns(columns: readonly Column[]): void;
  /** Resolves when the socket can take more: await it, so that attention and back-pressure work. Throws the signal's reason once that has aborted. */
  row(values: readonly SqlValue[]): Promise<void> | void;
  /** Ends one statement; `rowCount` undefined = the statement counts no rows (SET NOCOUNT ON, DDL…). */
  statementDone(rowCount: number | undefined): void;
  /** class ≥ 11 goes out as an ERROR token, else as INFO. */
  message(message: ServerMessage): void;
  /** ENVCHANGE for the current database (USE). */
  databaseChanged(from: string, to: string): void;
  /** ENVCHANGE for transactions; the descriptor is opaque to the client. */
  transactionChanged(change: 'begin' | 'commit' | 'rollback', descriptor: bigint): void;
}

/** A parameter of an RPC: `name` '' when positional. */
export interface RpcParameter {
  readonly name: string;
  readonly type: SqlType;
  readonly value: SqlValue;
  readonly output: boolean;
}

/**
 * One logged-in connection. Calls never overlap; `signal` aborts on attention or when the client goes away. A call that rejects (and was not
 * aborted) breaks the connection: the client gets no answer, as when a server dies. Errors a client is to see go to the sink as messages.
 */
export interface TdsSession {
  readonly sessionId: number;
  readonly serverName: string;
  readonly database: string;
  batch(sql: string, sink: ResultSink, signal: AbortSignal): Promise<void>;
  /** sp_executesql and prepared statements. Statement and parameters as the client sent them; positional ones bear the names of the declarations. */
  executeSql(sql: string, parameters: readonly RpcParameter[], sink: ResultSink, signal: AbortSignal): Promise<void>;
  /** Transaction manager requests (MS-TDS 2.2.6.9). */
  transaction(request: 'begin' | 'commit' | 'rollback', sink: ResultSink, signal: AbortSignal): Promise<void>;
  /** RESETCONNECTION: back to the state after login. */
  reset(): void;
  /** The client went away: open transactions are rolled back. */
  close(): void;
}

/** What the TDS server needs from the instance behind it. */
export interface TdsBackend {
  readonly serverName: string;
  /** Shown in LOGINACK and PRELOGIN. */
  readonly productVersion: string;
  login(request: LoginRequest, signal: AbortSignal): Promise<LoginOutcome>;
}

/** Behaviour of the listener that tests and the practice panel can change while it runs. */
export interface ListenerOptions {
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
  /** PEM. */
  readonly certificate: { readonly key: string; readonly cert: string };
  /** 'on' = TLS offered and used when the client can (default); 'required'; 'notSupported' declines encryption (for tests of clients). */
  readonly encryption: 'on' | 'required' | 'notSupported';
  /** Whether PRELOGIN says FEDAUTHREQUIRED and LOGIN7 may carry FEDAUTH (Entra tokens). */
  readonly accessTokens: boolean;
  /** Where clients that sign in by themselves get a token, and for which resource (FEDAUTHINFO); without it they must bring one. */
  readonly tokenAuthority?: { readonly stsUrl: string; readonly resource: string };
  /** Told why a connection was broken off: a client that does not speak TDS, or a call to the session that rejected. */
  readonly onBroken?: (reason: Error) => void;
}

/** A running TDS listener. */
export interface TdsListener {
  readonly host: string;
  readonly port: number;
  /** Stops accepting and drops every connection. */
  close(): Promise<void>;
  /** Drops live connections (RST when `abruptly`), keeps listening: a network fault. */
  dropConnections(abruptly: boolean): void;
  readonly connectionCount: number;
}
