import type { Column, ServerMessage, SqlValue } from '../values.ts';

/**
 * What the practice engine is to the layers around it. The engine holds the truth (rows, logs, roles); the T-SQL layer reads and commands it
 * through `LabInstance`, the Azure layer through `LabAzure`, tests and the practice panel through `LabWorld`.
 */

export type LabSide = 'sqlServer' | 'managedInstance';

/** An error as SQL Server would raise it. */
export class SqlError extends Error {
  readonly number: number;
  readonly class: number;
  readonly state: number;
  constructor(number: number, message: string, severity = 16, state = 1) {
    super(message);
    this.number = number;
    this.class = severity;
    this.state = state;
  }
}

/** An error as Azure Resource Manager would answer it (ErrorResponse v5). */
export class ArmError extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** Real or virtual time. All times in ms; `now` is a Unix time. */
export interface LabClock {
  now(): number;
  /** Rejects with the signal's reason when it aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Returns a function that cancels the timer. */
  setTimer(ms: number, run: () => void): () => void;
}

export interface LoginView {
  readonly name: string;
  readonly principalId: number;
  /** 16 bytes. */
  readonly sid: Uint8Array;
  readonly sysadmin: boolean;
  readonly disabled: boolean;
  /** Server permissions granted besides sysadmin, e.g. 'VIEW SERVER STATE', 'ALTER ANY AVAILABILITY GROUP'. */
  readonly permissions: readonly string[];
}

/** A connection, kept by the T-SQL layer and shown by the engine in sys.dm_exec_sessions, dm_exec_requests, dm_tran_*. */
export interface SessionView {
  readonly id: number;
  readonly login: LoginView;
  readonly hostName: string;
  readonly programName: string;
  readonly connectedAt: number;
  readonly encrypted: boolean;
  readonly clientAddress: string;
  /** database_id of the current database. */
  readonly databaseId: number;
  /** undefined when idle. */
  readonly request:
    | {
        readonly command: string;
        readonly text: string;
        readonly startedAt: number;
        readonly databaseId: number;
        readonly waitType?: string;
      }
    | undefined;
  /** The open explicit transaction, if any; logBytes = log it has used so far per database_id. */
  readonly transaction:
    | { readonly id: number; readonly begunAt: number; readonly logBytes: ReadonlyMap<number, number> }
    | undefined;
  readonly lastRequestStartedAt: number;
  readonly lastRequestEndedAt: number;
  /** Ends the connection as KILL does: running batch and transaction are rolled back. */
  kill(reason: ServerMessage): void;
}

/** What one committed transaction left in the log, in order. */
export type LogPayload =
  /** A SQLite changeset of the database's store (session extension). */
  | { readonly kind: 'rows'; readonly changeset: Uint8Array }
  /** A schema change, as SQLite statements on the store (schema name `main`). */
  | { readonly kind: 'schema'; readonly statements: readonly string[] };

/** A database on one instance. Its rows live in a SQLite in-memory file that T-SQL connections attach by `storeUri`. */
export interface LabDatabase {
  readonly id: number;
  readonly name: string;
  readonly isUser: boolean;
  /** SQLite URI, e.g. `file:/sqlServer-5?vfs=memdb`. Writers commit there, then call `commit` in the same turn, so that log order is store order. */
  readonly storeUri: string;
  /** Throws SqlError 976, 983, 942, 922… as a USE or a query would get now. */
  assertReadable(readOnlyIntent: boolean): void;
  /** Throws SqlError 3906, 976, 983… as a write would get now. */
  assertWritable(): void;
  /**
   * Hands a transaction just committed in the store to the log. Resolves when the server would acknowledge it: at once when asynchronous, after the
   * remote hardening when synchronous and synchronized. Rejects with SqlError (e.g. 983) when the role was lost meanwhile: the client then does not know.
   */
  commit(payload: readonly LogPayload[], sessionId: number): Promise<void>;
}

export type AvailabilityMode = 'SYNCHRONOUS_COMMIT' | 'ASYNCHRONOUS_COMMIT';

/** What administrative T-SQL asks the engine to do. The T-SQL layer parses; the engine checks preconditions (mi-link.md 7.1) and executes. */
export type AdminCommand =
  | {
      readonly kind: 'modifyAvailabilityGroup';
      readonly group: string;
      readonly members: readonly {
        readonly name: string;
        readonly availabilityMode?: AvailabilityMode;
        readonly failoverMode?: string;
        readonly seedingMode?: string;
      }[];
    }
  | { readonly kind: 'setRoleSecondary'; readonly group: string }
  | { readonly kind: 'failOver'; readonly group: string }
  | { readonly kind: 'forceFailoverAllowDataLoss'; readonly group: string }
  | { readonly kind: 'setRequiredSynchronizedSecondaries'; readonly group: string; readonly count: number }
  | { readonly kind: 'dropAvailabilityGroup'; readonly group: string }
  | { readonly kind: 'createDatabase' | 'dropDatabase'; readonly database: string }
  | {
      readonly kind: 'setDatabase';
      readonly database: string;
      readonly option:
        | 'READ_ONLY'
        | 'READ_WRITE'
        | 'OFFLINE'
        | 'ONLINE'
        | 'SINGLE_USER'
        | 'RESTRICTED_USER'
        | 'MULTI_USER'
        | 'HADR OFF'
        | 'HADR SUSPEND'
        | 'HADR RESUME';
      readonly termination: 'wait' | 'rollbackImmediate' | 'noWait' | { readonly rollbackAfterSeconds: number };
    }
  | {
      readonly kind: 'backup';
      readonly database: string;
      readonly what: 'database' | 'log';
      readonly copyOnly: boolean;
      readonly noRecovery: boolean;
      readonly to: string;
    }
  | { readonly kind: 'restoreWithRecovery'; readonly database: string }
  | { readonly kind: 'alterLogin'; readonly login: string; readonly enable: boolean }
  | { readonly kind: 'kill'; readonly sessionId: number }
  | { readonly kind: 'job'; readonly action: 'enable' | 'disable' | 'stop' | 'start'; readonly job: string };

/** A catalog view or DMV of the server (not of one user database's objects: those the T-SQL layer reads from the stores). */
export interface SystemView {
  /** With schema, and database when it is not in every database: 'sys.databases', 'msdb.dbo.backupset'. */
  readonly name: string;
  readonly columns: readonly Column[];
  /** As this session may see them now; values in the form values.ts fixes, in column order. */
  rows(viewer: SessionView): readonly (readonly SqlValue[])[];
}

/** A fault to inject into the next matching batch. */
export type BatchFault =
  | { readonly kind: 'error'; readonly number: number; readonly message: string; readonly class: number }
  | { readonly kind: 'dropBefore' }
  | { readonly kind: 'dropAfter' }
  | { readonly kind: 'delay'; readonly ms: number }
  | { readonly kind: 'hang' };

/** One of the two servers, as its T-SQL layer sees it. */
export interface LabInstance {
  readonly side: LabSide;
  /** @@SERVERNAME. */
  readonly name: string;
  readonly clock: LabClock;
  /** SERVERPROPERTY(name), case-insensitive; undefined = no such property (NULL). */
  serverProperty(name: string): SqlValue | undefined;
  /** @@VERSION. */
  readonly versionText: string;
  /** SQL login by password or Entra token. Throws SqlError 18456 (or 18470 disabled…). */
  authenticate(
    proof:
      | { readonly kind: 'password'; readonly user: string; readonly password: string }
      | { readonly kind: 'accessToken'; readonly token: string },
  ): Promise<LoginView>;
  hasServerPermission(login: LoginView, permission: string): boolean;
  databases(): readonly LabDatabase[];
  /** Case-insensitive. */
  database(nameOrId: string | number): LabDatabase | undefined;
  /** DATABASEPROPERTYEX. */
  databaseProperty(database: string, property: string): SqlValue;
  /** Case-insensitive full name, e.g. 'sys.dm_hadr_database_replica_states', 'msdb.dbo.sysjobs'. */
  systemView(name: string): SystemView | undefined;
  readonly systemViewNames: readonly string[];
  /** Throws SqlError. Resolves when the server would answer. */
  execute(
    command: AdminCommand,
    session: SessionView,
    signal: AbortSignal,
  ): Promise<{ readonly messages: readonly ServerMessage[] }>;
  /** The next free session id; the session appears in the DMVs until `sessionClosed`. */
  sessionOpened(make: (id: number) => SessionView): SessionView;
  sessionClosed(id: number): void;
  sessions(): readonly SessionView[];
  /** DBCC TRACESTATUS: global trace flags that are on. */
  traceFlags(): readonly number[];
  /** Writes the statement into the record that `GET /state` shows; call it for each batch and sp_executesql text received. */
  recordStatement(sessionId: number, text: string): void;
  /** The injected fault that matches this text, used up by the call. */
  takeFault(text: string): BatchFault | undefined;
}

/** What Azure knows of the instance and its links: the Azure layer turns this into Resource Manager's shapes. */
export interface LabAzure {
  readonly tenantId: string;
  readonly tenantName: string;
  readonly subscriptions: readonly { readonly subscriptionId: string; readonly displayName: string }[];
  /** Managed instances by subscription; the practice one is among them, others are there so that choosing is real. */
  instances(subscriptionId: string): readonly LabAzureInstance[];
  /** The links (distributed availability groups) of an instance, newest state. */
  links(instanceId: string): readonly LabAzureLink[];
  databases(instanceId: string): readonly {
    readonly name: string;
    readonly status: 'Online' | 'Restoring' | 'Offline' | 'Inaccessible';
    readonly createdAt: number;
    readonly collation: string;
  }[];
  /** Actions the signed-in principal may do (Microsoft.Authorization/permissions). */
  permissions(
    resourceId: string,
    principalId: string,
  ): readonly { readonly actions: readonly string[]; readonly notActions: readonly string[] }[];
  setReplicationMode(instanceId: string, link: string, mode: 'Sync' | 'Async'): Promise<void>;
  /** Cuts the link: the instance's database becomes read-write on its own. Resolves when done; false = there was none (204). */
  deleteLink(instanceId: string, link: string): Promise<boolean>;
  failOver(instanceId: string, link: string, type: 'Planned' | 'ForcedAllowDataLoss'): Promise<void>;
  setRole(instanceId: string, link: string, role: 'Primary' | 'Secondary', change: 'Planned' | 'Forced'): Promise<void>;
  /** ms that a client is asked to wait between polls of a long-running operation (Retry-After), and how long operations take beyond their work. */
  readonly retryAfterSeconds: number;
  /** Fault to answer this request with instead, used up by the call. */
  takeFault(
    method: string,
    path: string,
  ):
    | { readonly status: number; readonly code: string; readonly message: string; readonly retryAfterSeconds?: number }
    | { readonly delayMs: number }
    | { readonly dropAfter: true }
    | undefined;
  recordRequest(method: string, url: string, status: number): void;
}

export interface LabAzureInstance {
  readonly id: string;
  readonly name: string;
  readonly resourceGroup: string;
  readonly subscriptionId: string;
  readonly location: string;
  readonly state: string;
  readonly fullyQualifiedDomainName: string;
  readonly dnsZone: string;
  readonly databaseFormat: 'SQLServer2022' | 'SQLServer2025' | 'AlwaysUpToDate';
  readonly tier: 'GeneralPurpose' | 'BusinessCritical';
  readonly vCores: number;
  readonly storageSizeInGB: number;
  readonly hybridSecondaryUsage: 'Active' | 'Passive';
  readonly administratorLogin: string;
  readonly publicDataEndpointEnabled: boolean;
}

/** Facts of a link as the instance sees it; LSNs as decimal digits, times Unix ms. */
export interface LabAzureLink {
  readonly id: string;
  readonly name: string;
  readonly distributedAvailabilityGroupId: string;
  readonly replicationMode: 'Sync' | 'Async';
  readonly instanceLinkRole: 'Primary' | 'Secondary';
  readonly partnerLinkRole: 'Primary' | 'Secondary';
  readonly partnerAvailabilityGroupName: string;
  readonly partnerEndpoint: string;
  readonly instanceAvailabilityGroupName: string;
  readonly failoverMode: 'None' | 'Manual';
  readonly seedingMode: 'Automatic' | 'Manual';
  readonly databases: readonly {
    readonly databaseName: string;
    readonly instanceReplicaId: string;
    readonly partnerReplicaId: string;
    readonly replicaState: string;
    readonly seedingProgress?: string;
    readonly synchronizationHealth: 'NOT_HEALTHY' | 'PARTIALLY_HEALTHY' | 'HEALTHY';
    readonly connectedState: 'DISCONNECTED' | 'CONNECTED';
    readonly lastReceivedLsn?: string;
    readonly lastReceivedTime?: number;
    readonly lastSentLsn?: string;
    readonly lastSentTime?: number;
    readonly lastHardenedLsn?: string;
    readonly lastHardenedTime?: number;
    readonly lastCommitLsn?: string;
    readonly lastCommitTime?: number;
    readonly lastBackupLsn?: string;
    readonly lastBackupTime?: number;
    readonly mostRecentLinkError?: string;
    readonly partnerAuthCertValidity?: { readonly certificateName: string; readonly expiryDate: number };
    readonly instanceSendReplicationLagSeconds?: number;
    readonly instanceRedoReplicationLagSeconds?: number;
  }[];
}

/** A knob of the running lab: its value now, its unit, and what it does. */
export interface KnobView {
  readonly name: string;
  readonly unit: string;
  readonly value: unknown;
  readonly description: string;
}

/** The whole practice world. `createWorld(scenario, options)` in world.ts makes one. */
export interface LabWorld {
  readonly clock: LabClock;
  readonly sqlServer: LabInstance;
  readonly managedInstance: LabInstance;
  readonly azure: LabAzure;
  readonly link: { readonly dag: string; readonly ag: string; readonly databases: readonly string[] };
  readonly credentials: {
    readonly sqlServer: { readonly user: string; readonly password: string };
    readonly managedInstance: { readonly user: string; readonly password: string };
  };
  /** True while the instance's TDS port should be closed (scenario `unreachable`). */
  readonly instanceUnreachable: boolean;
  knobs(): readonly KnobView[];
  /** Throws Error naming the knob and what it takes. */
  setKnobs(values: Readonly<Record<string, unknown>>): void;
  /** JSON-ready: both sides' roles, modes, LSNs (strings), queues, row counts per table; statements received, in order. */
  state(): unknown;
  /** How Entra tokens are checked on TDS logins; set once by the assembly (the engine knows no JWT). Returns the principal's name, throws SqlError 18456. */
  setTokenCheck(check: (token: string) => Promise<{ readonly name: string; readonly objectId: string }>): void;
  /** Stops writers and timers. */
  stop(): void;
}
