import type { InstanceEndpoint } from './endpoint.ts';
import type { Lsn } from './lsn.ts';
import type { Problem } from './problem.ts';
import type { CommitMode, Role, SyncHealth, SyncState } from './vocabulary.ts';

/** Something read from a side, or why it could not be. "Unseen" is never taken for good news. */
export type Sight<T> =
  | { readonly state: 'seen'; readonly value: T }
  | { readonly state: 'unseen'; readonly problem: Problem }
  | { readonly state: 'notAsked' };

/** One immutable look at both sides of a link. Everything else is a pure function of it. */
export interface Observation {
  /** Unix ms, when the last answer had arrived. */
  readonly takenAt: number;
  readonly sqlServer: Sight<ServerSight>;
  /** The instance over TDS; 'notAsked' where no such connection was given. */
  readonly managedInstance: Sight<ServerSight>;
  /** The link in Azure; 'absent' when Azure says that there is none. */
  readonly azure: Sight<LinkInAzure | 'absent'>;
}

/** What one server says of itself and of one link (its own catalog; T-SQL). */
export interface ServerSight {
  readonly identity: ServerIdentity;
  readonly permissions: ServerPermissions;
  /** undefined: this server has no DAG of that name. */
  readonly link: LinkOnServer | undefined;
  /** One for each database asked for; databases this server does not have are left out. */
  readonly databases: readonly DatabaseOnServer[];
  /** Sessions other than ours that are in these databases. */
  readonly sessions: readonly SessionInDatabase[];
  /** The AG that holds the databases; undefined when there is none by that name. */
  readonly availabilityGroup: AvailabilityGroupUse | undefined;
  /** Names of all availability groups and DAGs on this server. */
  readonly groupNames: readonly string[];
}

export interface ServerIdentity {
  /** @@SERVERNAME. */
  readonly name: string;
  /** SERVERPROPERTY('ProductVersion'). */
  readonly version: string;
  readonly edition: string;
  readonly isManagedInstance: boolean;
  readonly alwaysOnEnabled: boolean;
  /** UTC of the server, Unix ms. */
  readonly utcNow: number;
}

export interface ServerPermissions {
  readonly login: string;
  readonly sysadmin: boolean;
  readonly viewServerState: boolean;
  readonly viewAnyDefinition: boolean;
  /** May run ALTER/DROP AVAILABILITY GROUP on the AG and DAG. */
  readonly alterAvailabilityGroup: boolean;
}

export interface LinkOnServer {
  readonly name: string;
  /** group_id, upper-case. */
  readonly id: string;
  readonly localRole: Role;
  readonly members: readonly LinkMember[];
  /** The managed instance among the members, if its endpoint shows one. */
  readonly instance: InstanceEndpoint | undefined;
}

export interface LinkMember {
  /** In a DAG a member is an availability group. */
  readonly availabilityGroup: string;
  readonly endpointUrl: string;
  readonly commitMode: CommitMode;
  /** undefined: no state row, e.g. asked on the secondary. */
  readonly isLocal: boolean | undefined;
  readonly role: Role;
  readonly connected: boolean | undefined;
  readonly health: SyncHealth;
  readonly lastConnectError: { readonly number: number; readonly text: string; readonly at: string } | undefined;
}

export interface DatabaseOnServer {
  readonly name: string;
  /** ONLINE, RESTORING, … */
  readonly state: string;
  /** DATABASEPROPERTYEX(…, 'Updateability') = READ_WRITE and the database is online. */
  readonly writable: boolean;
  /** This server's own replica within the link. */
  readonly local: ReplicaState | undefined;
  /** The other side as this server knows it, which may be stale. */
  readonly remote: ReplicaState | undefined;
}

export interface ReplicaState {
  readonly syncState: SyncState;
  readonly health: SyncHealth;
  readonly suspended: boolean;
  readonly suspendReason: string | undefined;
  /** undefined on an asynchronous primary (sys.dm_hadr_database_replica_states). */
  readonly hardenedLsn: Lsn | undefined;
  readonly endOfLogLsn: Lsn | undefined;
  readonly lastCommitLsn: Lsn | undefined;
  /** Unix ms. */
  readonly lastCommitTime: number | undefined;
  readonly lastHardenedTime: number | undefined;
  readonly sendQueueKb: number | undefined;
  readonly sendRateKbPerSecond: number | undefined;
  readonly redoQueueKb: number | undefined;
  readonly redoRateKbPerSecond: number | undefined;
  readonly lagSeconds: number | undefined;
}

export interface SessionInDatabase {
  readonly id: number;
  readonly login: string;
  readonly host: string;
  readonly program: string;
  readonly database: string;
  readonly openTransactions: number;
  /** Seconds since the oldest open transaction began. */
  readonly transactionSeconds: number | undefined;
  /** Log used by it; above 0 it has written. */
  readonly logUsedKb: number | undefined;
}

export interface AvailabilityGroupUse {
  readonly name: string;
  readonly id: string;
  readonly databases: readonly string[];
  /** Server names of the AG's replicas. */
  readonly replicas: readonly string[];
  readonly localRole: Role;
  readonly listeners: readonly string[];
  /** DAGs that name this AG as a member. */
  readonly links: readonly string[];
}

/** What Azure Resource Manager says of a link (shape of 2023-08-01 and later). */
export interface LinkInAzure {
  readonly name: string;
  /** upper-case. */
  readonly id: string;
  readonly commitMode: CommitMode;
  readonly instanceRole: Role;
  readonly partnerRole: Role;
  readonly partnerAvailabilityGroup: string;
  readonly instanceAvailabilityGroup: string;
  readonly failoverMode: string;
  readonly databases: readonly DatabaseInAzure[];
}

export interface DatabaseInAzure {
  readonly name: string;
  readonly replicaState: string;
  readonly health: SyncHealth;
  readonly connected: boolean | undefined;
  readonly hardenedLsn: Lsn | undefined;
  readonly lastHardenedTime: number | undefined;
  readonly lastCommitLsn: Lsn | undefined;
  /** End of the last automatic full backup that Azure tells of, Unix ms. */
  readonly lastBackupTime?: number | undefined;
  readonly mostRecentError: string | undefined;
  /** Expiry of the partner's certificate, Unix ms. */
  readonly certificateExpiry: number | undefined;
}

/** A managed instance as Azure Resource Manager shows it. */
export interface InstanceInAzure {
  readonly id: string;
  readonly name: string;
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly location: string;
  readonly fullyQualifiedDomainName: string;
  /** Ready, Stopped, … */
  readonly state: string;
  /** Update policy: SQLServer2022, SQLServer2025, AlwaysUpToDate, in the service's casing; undefined when not told. */
  readonly databaseFormat: string | undefined;
  readonly tier: string;
}

/** A linked (or not linked) database in the tree: enough to show a row, read for all databases of a server in one round trip. */
export interface DatabaseSummary {
  readonly name: string;
  readonly state: string;
  readonly writable: boolean;
  readonly links: readonly LinkSummary[];
}

export interface LinkSummary {
  readonly name: string;
  readonly id: string;
  readonly availabilityGroup: string;
  readonly instanceAvailabilityGroup: string;
  readonly instance: InstanceEndpoint | undefined;
  readonly localRole: Role;
  readonly commitMode: CommitMode;
  readonly syncState: SyncState;
  readonly health: SyncHealth;
  readonly connected: boolean | undefined;
  readonly sendQueueKb: number | undefined;
  readonly redoQueueKb: number | undefined;
  readonly lagSeconds: number | undefined;
}
