import type { AvailabilityMode } from './contract.ts';
import type { DatabaseRole, EngineDatabase } from './database.ts';
import type { Link } from './link.ts';

/** Role of a side in the link. */
export type ReplicaRole = 'PRIMARY' | 'SECONDARY' | 'RESOLVING';

/** A replica of the local availability group. The first is this server. */
export interface LocalReplica {
  readonly id: string;
  readonly serverName: string;
  readonly endpointUrl: string;
  readonly mode: AvailabilityMode;
}

/** A listener of the local group. */
export interface Listener {
  readonly id: string;
  readonly dnsName: string;
  readonly port: number;
  readonly address: string;
}

/** An availability group on one server: the member that stands for it in the link. */
export class LocalGroup {
  readonly id: string;
  readonly name: string;
  readonly resourceId: string;
  readonly resourceGroupId: string;
  readonly createdAt: number;
  readonly replicas: LocalReplica[];
  readonly listeners: Listener[] = [];
  readonly databases = new Set<EngineDatabase>();
  requiredSynchronizedSecondaries = 0;
  /** SECONDARY where this server is only a secondary replica of its own group: commands on the group and its links go to the group's primary. */
  localRole: 'PRIMARY' | 'SECONDARY' = 'PRIMARY';
  /** RESOLVING once the link under a secondary was dropped: nobody owns its databases. */
  orphaned = false;
  /** Links (DAGs) in this server's catalog whose local member is this group. */
  readonly links = new Set<LinkEnd>();

  constructor(
    identity: { id: string; name: string; resourceId: string; resourceGroupId: string; createdAt: number },
    replicas: LocalReplica[],
  ) {
    this.id = identity.id;
    this.name = identity.name;
    this.resourceId = identity.resourceId;
    this.resourceGroupId = identity.resourceGroupId;
    this.createdAt = identity.createdAt;
    this.replicas = replicas;
  }

  /** What its databases may be used for. Within the group this server is primary also where it is the link's secondary. */
  get databaseRole(): DatabaseRole {
    if (this.orphaned) return 'RESOLVING';
    if (this.localRole === 'SECONDARY') return 'SECONDARY';
    for (const end of this.links) if (end.role !== 'PRIMARY') return end.role;
    return 'PRIMARY';
  }

  /** A planned failover has begun: no new transaction. */
  get closing(): boolean {
    return [...this.links].some(end => end.failoverPending);
  }
}

/** Last failed attempt to reach the other side, as last_connect_error_* shows it. */
export interface ConnectError {
  readonly number: number;
  readonly text: string;
  readonly at: number;
}

/** A member of a distributed availability group as one catalog describes it. */
export interface LinkMember {
  readonly replicaId: string;
  readonly group: string;
  readonly endpointUrl: string;
  mode: AvailabilityMode;
  seedingMode: 'AUTOMATIC' | 'MANUAL';
}

/** A distributed availability group in the catalog of one of its two servers. Each server has its own copy, and they may differ. */
export interface LinkEnd {
  readonly groupId: string;
  readonly name: string;
  readonly localGroup: LocalGroup;
  readonly local: LinkMember;
  readonly remote: LinkMember;
  readonly createdAt: number;
  role: ReplicaRole;
  failoverPending: boolean;
  requiredSynchronizedSecondaries: number;
  connected: boolean;
  connectError: ConnectError | undefined;
  /** The two ends joined; undefined for a link to a server that is not part of this practice world. */
  link: Link | undefined;
}

/** Both members commit synchronously: then, and only then, the pair does. */
export const isSynchronous = (end: LinkEnd): boolean =>
  end.local.mode === 'SYNCHRONOUS_COMMIT' && end.remote.mode === 'SYNCHRONOUS_COMMIT';
