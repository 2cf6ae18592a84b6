import type { DatabaseSummary, InstanceInAzure, LinkInAzure, ServerIdentity, ServerSight } from './observation.ts';
import type { AzureReadiness, ServerReadiness } from './readiness.ts';
import type { AzureInstanceRef, Side } from './vocabulary.ts';

/** A T-SQL statement that changes something. Its text is made in one place (src/failover) and sent as it stands, in a batch of its own. */
export interface SqlCommand {
  readonly text: string;
  /** How long the server may take before the outcome is called unknown, ms. */
  readonly timeoutMs: number;
}

/** A request to Azure Resource Manager as data: the script shows exactly this, the executor sends exactly this. */
export interface ArmRequest {
  readonly method: 'PATCH' | 'DELETE' | 'POST';
  /** From /subscriptions on, path segments percent-encoded, without query. */
  readonly path: string;
  readonly apiVersion: string;
  readonly body?: Readonly<Record<string, unknown>>;
}

/** done: finished; absent: there was nothing (204/404 on DELETE); running: accepted, `operation` is the URL to follow. */
export type ArmOutcome =
  | { readonly state: 'done' }
  | { readonly state: 'absent' }
  | { readonly state: 'running'; readonly operation: string };

/** Which link and databases to look at. */
export interface LinkQuery {
  readonly link: string;
  readonly availabilityGroup: string;
  readonly databases: readonly string[];
}

/**
 * A SQL Server or managed instance over T-SQL. All methods throw LinkError (reason, side, number, server text, advice) and stop on `signal`.
 * The port reads by one batch per call; it knows no text that changes anything.
 */
export interface SqlSide {
  readonly side: Side;
  /** How the person knows this server, e.g. "SQLPROD01,1433". */
  readonly label: string;
  /** True for the practice lab: shown wherever it could be mistaken. */
  readonly practice: boolean;
  identify(signal: AbortSignal): Promise<ServerIdentity>;
  /** All databases with their links, in one round trip. */
  databases(signal: AbortSignal): Promise<readonly DatabaseSummary[]>;
  /** One look at a link, in one round trip. */
  observe(query: LinkQuery, signal: AbortSignal): Promise<ServerSight>;
  /** What the readiness checks need besides; one round trip for the server and one for each database. */
  readiness(query: LinkQuery, signal: AbortSignal): Promise<ServerReadiness>;
  /** Sends one statement. A lost answer or a client-side timeout is LinkError 'unknownOutcome'. Never sends twice. */
  execute(command: SqlCommand, signal: AbortSignal): Promise<void>;
  /** Idempotent. */
  close(): Promise<void>;
}

export interface AzureTenant {
  readonly tenantId: string;
  readonly displayName: string;
}

export interface AzureSubscription {
  readonly subscriptionId: string;
  readonly displayName: string;
  readonly tenantId: string;
}

/** Whether the signed-in account may do what the failover needs; `missing` are Azure actions, e.g. Microsoft.Sql/managedInstances/…/delete. */
export interface AzurePermissions {
  readonly known: boolean;
  readonly missing: readonly string[];
}

/** Azure Resource Manager for one signed-in account. All methods throw LinkError and stop on `signal`. */
export interface AzureSide {
  /** Who is signed in, e.g. an e-mail address; never a secret. */
  readonly account: string;
  readonly cloud: string;
  tenants(signal: AbortSignal): Promise<readonly AzureTenant[]>;
  subscriptions(signal: AbortSignal): Promise<readonly AzureSubscription[]>;
  /** The instance by name (short, case-insensitive) or FQDN; undefined when that subscription does not hold it. */
  findInstance(
    subscriptionId: string,
    name: string,
    fullyQualifiedDomainName: string,
    signal: AbortSignal,
  ): Promise<InstanceInAzure | undefined>;
  permissions(instance: AzureInstanceRef, actions: readonly string[], signal: AbortSignal): Promise<AzurePermissions>;
  /** undefined: Azure has no such link. */
  link(instance: AzureInstanceRef, link: string, signal: AbortSignal): Promise<LinkInAzure | undefined>;
  links(instance: AzureInstanceRef, signal: AbortSignal): Promise<readonly LinkInAzure[]>;
  /** Status of a database on the instance (Online, Restoring, …); undefined when there is none of that name. */
  databaseStatus(instance: AzureInstanceRef, database: string, signal: AbortSignal): Promise<string | undefined>;
  /** What the readiness checks need of the instance and what surrounds it. */
  readiness(instance: AzureInstanceRef, signal: AbortSignal): Promise<AzureReadiness>;
  /** Starts a change; does not wait for a long-running operation. A lost answer is LinkError 'unknownOutcome'. */
  start(request: ArmRequest, signal: AbortSignal): Promise<ArmOutcome>;
  /** Resolves when the operation has succeeded, honouring Retry-After; throws LinkError with Azure's code when it failed. */
  follow(operation: string, signal: AbortSignal): Promise<void>;
}

/** Where a run writes down what it does, before and after it does it. `append` resolves when the line is safe. */
export interface Journal {
  append(entry: unknown): Promise<void>;
}
