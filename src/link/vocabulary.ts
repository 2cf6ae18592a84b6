/**
 * The words of this field, as the code uses them.
 *
 * link       The Managed Instance link: a distributed availability group between a SQL Server and an Azure SQL Managed Instance.
 * DAG        Distributed availability group. Its members are availability groups (not servers). Its name is the link's name, also in Azure.
 * AG         The availability group on SQL Server that holds the database. On the instance its counterpart bears the instance's short name.
 * role       What a side is within the link: primary (takes writes, sends its log) or secondary (receives and redoes it).
 * hardened   Log that is safely on disk on a side.   redo  Applying hardened log to the database.
 * planned    A failover that loses nothing.          forced  One that may lose what the secondary has not hardened.
 * cutover    The moment the other side takes over.   fence  Keeping writers away from the old primary.
 * point of no return   The step after which the only way is forward.
 */

/** The two ends of a link. Roles swap, sides do not. */
export type Side = 'sqlServer' | 'managedInstance';

/** Where a step does its work: T-SQL on either server, or Azure Resource Manager. */
export type Venue = Side | 'azure';

export type Role = 'primary' | 'secondary' | 'resolving' | 'unknown';

export type CommitMode = 'synchronous' | 'asynchronous' | 'configurationOnly' | 'unknown';

/** sys.dm_hadr_database_replica_states.synchronization_state. */
export type SyncState =
  | 'notSynchronizing'
  | 'synchronizing'
  | 'synchronized'
  | 'reverting'
  | 'initializing'
  | 'unknown';

export type SyncHealth = 'healthy' | 'partiallyHealthy' | 'notHealthy' | 'unknown';

export type FailoverKind = 'planned' | 'forced';

/** Which link of which database a failover is about; fixed before the plan is made, re-checked before the point of no return. */
export interface LinkTarget {
  /** DAG name = link name in Azure. */
  readonly link: string;
  /** group_id of the DAG, upper-case; '' when SQL Server could not be asked. */
  readonly linkId: string;
  /** The AG on SQL Server and the instance's counterpart. */
  readonly availabilityGroup: string;
  readonly instanceAvailabilityGroup: string;
  /** All databases that this link carries: they fail over together. */
  readonly databases: readonly string[];
  /** @@SERVERNAME and product version of the SQL Server. */
  readonly sqlServer: { readonly name: string; readonly version: string };
  readonly instance: { readonly name: string; readonly fullyQualifiedDomainName: string };
  /** Where the instance is in Azure. */
  readonly azure: AzureInstanceRef;
}

/** Identifies a managed instance in Azure Resource Manager. */
export interface AzureInstanceRef {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly instance: string;
}
