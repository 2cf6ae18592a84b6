import type { LabDatabase, LabInstance, LoginView, SessionView } from '../engine/contract.ts';
import type { ServerMessage, SqlType } from '../values.ts';
import type { SessionContext } from './compiler.ts';
import type { DateOrder } from './date-text.ts';
import type { Stored } from './types.ts';

/** The SET options that change what the practice server does. */
export interface Settings {
  noCount: boolean;
  xactAbort: boolean;
  /** ms; -1 = wait for ever. */
  lockTimeout: number;
  dateFirst: number;
  dateOrder: DateOrder;
  identityInsert: { readonly databaseId: number; readonly table: string } | undefined;
}

/** The options of a new session. */
export const defaultSettings = (): Settings => ({
  noCount: false,
  xactAbort: false,
  lockTimeout: -1,
  dateFirst: 7,
  dateOrder: 'mdy',
  identityInsert: undefined,
});

/** The explicit transaction that is open, as the views show it. */
export interface OpenTransaction {
  readonly id: number;
  readonly begunAt: number;
  readonly logBytes: Map<number, number>;
}

/** The session as the engine's views show it; changed as it works. */
export class VisibleSession implements SessionView {
  readonly id: number;
  readonly login: LoginView;
  readonly hostName: string;
  readonly programName: string;
  readonly connectedAt: number;
  readonly encrypted: boolean;
  readonly clientAddress: string;
  databaseId: number;
  request: SessionView['request'];
  transaction: OpenTransaction | undefined;
  lastRequestStartedAt: number;
  lastRequestEndedAt: number;
  readonly kill: (reason: ServerMessage) => void;

  constructor(
    fixed: Pick<
      SessionView,
      | 'id'
      | 'login'
      | 'hostName'
      | 'programName'
      | 'connectedAt'
      | 'encrypted'
      | 'clientAddress'
      | 'databaseId'
      | 'kill'
    >,
  ) {
    this.id = fixed.id;
    this.login = fixed.login;
    this.hostName = fixed.hostName;
    this.programName = fixed.programName;
    this.connectedAt = fixed.connectedAt;
    this.encrypted = fixed.encrypted;
    this.clientAddress = fixed.clientAddress;
    this.databaseId = fixed.databaseId;
    this.kill = fixed.kill;
    this.lastRequestStartedAt = fixed.connectedAt;
    this.lastRequestEndedAt = fixed.connectedAt;
  }
}

/** One batch's own names: its variables and table variables. EXEC opens another. */
export interface Frame {
  readonly variables: Map<string, { readonly type: SqlType; value: Stored }>;
  /** Name → its table in the session's memory. */
  readonly tableVariables: Map<string, string>;
}

/** What ERROR_NUMBER() and its kin tell inside CATCH. */
export type CaughtError = NonNullable<SessionContext['caught']>;

/** What of a session a running statement may read and change. */
export interface SessionCore {
  readonly instance: LabInstance;
  readonly visible: VisibleSession;
  readonly readOnlyIntent: boolean;
  database: LabDatabase;
  settings: Settings;
  rowCount: number;
  lastError: number;
  /** @@IDENTITY and SCOPE_IDENTITY(), the latter of the running text only. */
  identity: string | null;
  scopeIdentity: string | null;
  caught: CaughtError | undefined;
}
