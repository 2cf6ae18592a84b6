import { ArmError, type LabAzure, type LabAzureInstance, type LabAzureLink, type LabClock } from './contract.ts';
import type { EngineDatabase } from './database.ts';
import type { Faults } from './faults.ts';
import { isSynchronous, type LinkEnd } from './groups.ts';
import type { EngineInstance } from './instance.ts';
import { sameName } from './names.ts';
import { lagSeconds, linkHealth } from './views/replica-states.ts';

/** Settings of the Azure side that the knobs change. */
export interface AzureSettings {
  retryAfterSeconds: number;
  /** Actions that the signed-in account may do and, of those, may not; with wildcards as in a role definition. */
  actions: readonly string[];
  notActions: readonly string[];
}

/** What Azure is made from. */
export interface AzureParts {
  readonly clock: LabClock;
  readonly tenantId: string;
  readonly subscriptions: LabAzure['subscriptions'];
  readonly instances: readonly LabAzureInstance[];
  /** The instance that is simulated, and its resource. */
  readonly practice: { readonly id: string; readonly instance: EngineInstance };
  readonly partner: EngineInstance;
  readonly failoverMode: 'None' | 'Manual';
  readonly settings: AzureSettings;
  readonly faults: Faults;
}

/** A request that Azure Resource Manager received, for `GET /state`. */
export interface ReceivedRequest {
  readonly at: number;
  readonly method: string;
  readonly url: string;
  readonly status: number;
}

/** Send and redo queues above these refuse a planned failover (the real limits are not published), KB. */
const failoverQueueLimitKb = 10_240;

/** Azure's view of the world: it manages the instance, and knows of the link what the instance knows. */
export class EngineAzure implements LabAzure {
  readonly #parts: AzureParts;
  readonly requests: ReceivedRequest[] = [];

  constructor(parts: AzureParts) {
    this.#parts = parts;
  }

  get tenantId(): string {
    return this.#parts.tenantId;
  }

  get tenantName(): string {
    return 'Practice Directory';
  }

  get subscriptions(): LabAzure['subscriptions'] {
    return this.#parts.subscriptions;
  }

  get retryAfterSeconds(): number {
    return this.#parts.settings.retryAfterSeconds;
  }

  instances(subscriptionId: string): readonly LabAzureInstance[] {
    return this.#parts.instances.filter(instance => sameName(instance.subscriptionId, subscriptionId));
  }

  databases(instanceId: string): ReturnType<LabAzure['databases']> {
    const { practice } = this.#parts;
    if (!sameName(instanceId, practice.id)) return [];
    return practice.instance
      .databases()
      .filter(database => database.isUser)
      .map(database => ({
        name: database.name,
        status: statusOf(database),
        createdAt: database.createdAt,
        collation: 'SQL_Latin1_General_CP1_CI_AS',
      }));
  }

  links(instanceId: string): readonly LabAzureLink[] {
    if (!sameName(instanceId, this.#parts.practice.id)) return [];
    return this.#parts.practice.instance.links.map(end => this.#describe(end));
  }

  permissions(_resourceId: string, _principalId: string): ReturnType<LabAzure['permissions']> {
    const { actions, notActions } = this.#parts.settings;
    return [{ actions, notActions }];
  }

  async setReplicationMode(instanceId: string, link: string, mode: 'Sync' | 'Async'): Promise<void> {
    const end = this.#end(instanceId, link);
    this.#refuseWhileChanging(end);
    await this.#work();
    end.local.mode = mode === 'Sync' ? 'SYNCHRONOUS_COMMIT' : 'ASYNCHRONOUS_COMMIT';
    end.remote.mode = end.local.mode;
    end.link?.conditionsChanged();
  }

  async deleteLink(instanceId: string, link: string): Promise<boolean> {
    if (!this.links(instanceId).some(known => sameName(known.name, link))) return false;
    const end = this.#end(instanceId, link);
    this.#refuseWhileChanging(end);
    await end.link?.deleteFromInstance();
    return true;
  }

  async failOver(instanceId: string, link: string, type: 'Planned' | 'ForcedAllowDataLoss'): Promise<void> {
    const end = this.#end(instanceId, link);
    this.#refuseWhileChanging(end);
    if (type === 'ForcedAllowDataLoss') return this.#force(end);
    if (end.role !== 'PRIMARY')
      throw new ArmError(
        400,
        'InvalidDistributedAvailabilityGroupFailoverInstanceRole',
        `A planned failover can be run only on a link in the primary role. The managed instance is the secondary replica of link '${end.name}'.`,
      );
    this.#refuseUnready(end);
    const { completed } = await armErrors('DistributedAvailabilityGroupFailoverSecondariesNotSynchronizing', () => {
      const linked = end.link;
      if (!linked) throw notFound(instanceId, link);
      return linked.failOver('managedInstance');
    });
    await completed;
  }

  async setRole(
    instanceId: string,
    link: string,
    role: 'Primary' | 'Secondary',
    change: 'Planned' | 'Forced',
  ): Promise<void> {
    const end = this.#end(instanceId, link);
    if (end.link?.changing)
      throw conflict(
        'SetRoleChangeRoleAlreadyInProgress',
        `A role change of link '${end.name}' is already in progress.`,
      );
    const already = (role === 'Primary') === (end.role === 'PRIMARY');
    if (already)
      throw conflict(
        'SetRoleInstanceAlreadyInRequestedRole',
        `The managed instance is already in the ${role} role of link '${end.name}'.`,
      );
    if (role === 'Primary' && change === 'Planned')
      throw conflict(
        'SetRolePrimaryPlannedNotSupported',
        'A planned change to the Primary role is not supported. Run the failover on the primary replica, or force the change.',
      );
    if (role === 'Primary') return this.#force(end);
    await this.#work();
    end.link?.demote('managedInstance');
  }

  takeFault(method: string, path: string): ReturnType<LabAzure['takeFault']> {
    return this.#parts.faults.takeForRequest(method, path);
  }

  recordRequest(method: string, url: string, status: number): void {
    this.requests.push({ at: this.#parts.clock.now(), method, url, status });
  }

  async #force(end: LinkEnd): Promise<void> {
    if (end.role === 'PRIMARY')
      throw conflict(
        'SetRoleInstanceAlreadyInRequestedRole',
        `The managed instance is already the primary replica of link '${end.name}'.`,
      );
    await end.link?.force('managedInstance').completed;
  }

  /** What an operation takes besides its work. */
  async #work(): Promise<void> {
    await this.#parts.clock.sleep(200);
  }

  #end(instanceId: string, name: string): LinkEnd {
    const { practice } = this.#parts;
    const end = practice.instance.links.find(link => sameName(link.name, name));
    if (!sameName(instanceId, practice.id) || !end) throw notFound(instanceId, name);
    return end;
  }

  #refuseWhileChanging(end: LinkEnd): void {
    if (end.link?.changing)
      throw new ArmError(
        409,
        'ManagedInstanceIsBusy',
        `The managed instance is busy: another operation on link '${end.name}' is in progress. Try again later.`,
      );
  }

  #refuseUnready(end: LinkEnd): void {
    const streams = end.link?.streams ?? [];
    if (streams.length === 0 || streams.some(stream => stream.state === 'NOT SYNCHRONIZING'))
      throw conflict(
        'FailoverSecondariesNotSynchronizing',
        `The secondary replica of link '${end.name}' is not synchronizing.`,
      );
    if (streams.some(stream => stream.sendQueueKb > failoverQueueLimitKb))
      throw conflict(
        'FailoverLogSendQueueSizeTooBig',
        `The log send queue of link '${end.name}' is too big for a planned failover.`,
      );
    if (streams.some(stream => stream.remote.redoQueueKb > failoverQueueLimitKb))
      throw conflict(
        'FailoverRedoQueueSizeTooBig',
        `The redo queue of link '${end.name}' is too big for a planned failover.`,
      );
  }

  #describe(end: LinkEnd): LabAzureLink {
    const { practice, partner, failoverMode } = this.#parts;
    const instanceLinkRole = end.role === 'PRIMARY' ? 'Primary' : 'Secondary';
    // Azure asks the partner; without a connection it can only infer.
    const partnerRole = end.connected ? end.link?.ends.sqlServer?.role : undefined;
    const inferred = instanceLinkRole === 'Primary' ? 'SECONDARY' : 'PRIMARY';
    return {
      id: `${practice.id}/distributedAvailabilityGroups/${end.name}`,
      name: end.name,
      distributedAvailabilityGroupId: end.groupId.toLowerCase(),
      replicationMode: end.local.mode === 'SYNCHRONOUS_COMMIT' ? 'Sync' : 'Async',
      instanceLinkRole,
      partnerLinkRole: (partnerRole ?? inferred) === 'PRIMARY' ? 'Primary' : 'Secondary',
      partnerAvailabilityGroupName: end.remote.group,
      partnerEndpoint: partner.endpointUrl.replace(/^tcp:/i, 'TCP:'),
      instanceAvailabilityGroupName: end.local.group,
      failoverMode,
      seedingMode: 'Automatic',
      databases: [...end.localGroup.databases].map(database => this.#describeDatabase(end, database)),
    };
  }

  #describeDatabase(end: LinkEnd, database: EngineDatabase): LabAzureLink['databases'][number] {
    const stream = end.link?.streams.find(({ source, target }) => source === database || target === database);
    const progress = database.progress();
    const primary = end.role === 'PRIMARY';
    const certificate = this.#parts.partner.certificates.find(({ privateKey }) => privateKey === 'MK');
    // An asynchronous primary has no hardened LSN, here as in its own views.
    const hardened = !primary || isSynchronous(end) ? progress.hardened : undefined;
    const backup = this.#parts.practice.instance.backups.findLast(({ database: name }) => name === database.name);
    return defined({
      databaseName: database.name,
      instanceReplicaId: end.local.replicaId.toLowerCase(),
      partnerReplicaId: end.remote.replicaId.toLowerCase(),
      replicaState: replicaState(end),
      synchronizationHealth: linkHealth(end),
      connectedState: end.connected ? ('CONNECTED' as const) : ('DISCONNECTED' as const),
      lastReceivedLsn: progress.received?.block.toString(),
      lastReceivedTime: progress.received?.at,
      lastSentLsn: primary ? stream?.lastSent?.block.toString() : undefined,
      lastSentTime: primary ? stream?.lastSent?.at : undefined,
      lastHardenedLsn: hardened?.toString(),
      lastHardenedTime: hardened === undefined ? undefined : progress.hardenedAt,
      lastCommitLsn: progress.lastCommit?.lsn.toString(),
      lastCommitTime: progress.lastCommit?.at,
      lastBackupLsn: backup?.lastLsn.toString(),
      lastBackupTime: backup?.finishedAt,
      mostRecentLinkError: end.connected ? undefined : end.connectError?.text,
      partnerAuthCertValidity: certificate && { certificateName: certificate.name, expiryDate: certificate.expiresAt },
      instanceSendReplicationLagSeconds: primary && stream ? lagSeconds(stream, this.#parts.clock.now()) : undefined,
      instanceRedoReplicationLagSeconds: primary && stream ? (stream.remote.redoQueueKb > 0 ? 1 : 0) : undefined,
    });
  }
}

type WithoutUndefined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** Absent facts are absent properties. */
const defined = <T extends object>(facts: T): WithoutUndefined<T> =>
  Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)) as WithoutUndefined<T>;

const statusOf = (database: EngineDatabase) => {
  if (database.state === 'OFFLINE') return 'Offline';
  if (database.role === 'RESOLVING') return 'Inaccessible';
  // A link's secondary is readable, so Online says nothing of being writable.
  return database.state === 'RESTORING' ? 'Restoring' : 'Online';
};

function replicaState(end: LinkEnd): string {
  if (end.link?.changing) return 'LinkFailoverInProgress';
  return end.connected ? 'LinkSynchronizing' : 'LinkDisconnected';
}

const conflict = (code: string, message: string) => new ArmError(409, `DistributedAvailabilityGroup${code}`, message);

const notFound = (instanceId: string, link: string) =>
  new ArmError(
    404,
    'ResourceNotFound',
    `The Resource 'Microsoft.Sql/managedInstances/${instanceId.split('/').at(-1) ?? ''}/distributedAvailabilityGroups/${link}' was not found.`,
  );

/** A refusal of the database engine, as Azure reports it. */
async function armErrors<T>(code: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof ArmError) throw error;
    throw new ArmError(409, code, error instanceof Error ? error.message : String(error));
  }
}
