import type { EngineDatabase } from '../database.ts';
import { isSynchronous, type LinkEnd, type LocalGroup } from '../groups.ts';
import type { LogStream, SyncState } from '../stream.ts';
import type { Reading, Row } from './view.ts';

/** Replicas of groups, links and databases as rows of the dynamic management views. Codes as SQL Server documents them. */

const roleCodes = { RESOLVING: 0, PRIMARY: 1, SECONDARY: 2 } as const;
const syncCodes: Readonly<Record<SyncState, number>> = {
  'NOT SYNCHRONIZING': 0,
  SYNCHRONIZING: 1,
  SYNCHRONIZED: 2,
  REVERTING: 3,
};
const healthCodes = { NOT_HEALTHY: 0, PARTIALLY_HEALTHY: 1, HEALTHY: 2 } as const;
const suspendCodes = ['USER', 'PARTNER', 'REDO', 'CAPTURE', 'APPLY', 'RESTART', 'UNDO', 'REVALIDATION', 'XRF_UPDATE'];
const databaseStateCodes = { ONLINE: 0, RESTORING: 1, OFFLINE: 6 } as const;

/** synchronization_health_desc. */
export type Health = keyof typeof healthCodes;

/** A synchronous pair that is only SYNCHRONIZING is not yet as safe as it should be. */
export function healthOf(state: SyncState, synchronous: boolean): Health {
  if (state === 'SYNCHRONIZED') return 'HEALTHY';
  if (state === 'SYNCHRONIZING') return synchronous ? 'PARTIALLY_HEALTHY' : 'HEALTHY';
  return 'NOT_HEALTHY';
}

/** The two columns of a health. */
export const health = (value: Health): Row => ({
  synchronization_health: healthCodes[value],
  synchronization_health_desc: value,
});

const worst = (values: readonly Health[]): Health => {
  if (values.includes('NOT_HEALTHY')) return 'NOT_HEALTHY';
  return values.includes('PARTIALLY_HEALTHY') ? 'PARTIALLY_HEALTHY' : 'HEALTHY';
};

/** The stream that carries a database over this link, whichever way. */
const streamOf = (end: LinkEnd, database: EngineDatabase): LogStream | undefined =>
  end.link?.streams.find(stream => stream.source === database || stream.target === database);

/** The state of this server's own replica of a database in the link, by its own knowledge. */
export function localState(end: LinkEnd, database: EngineDatabase): SyncState {
  if (end.role === 'PRIMARY') {
    // A primary shows its own readiness, not how far the other side is.
    if (!end.link) return 'NOT SYNCHRONIZING';
    return end.local.mode === 'SYNCHRONOUS_COMMIT' ? 'SYNCHRONIZED' : 'SYNCHRONIZING';
  }
  return database.syncState;
}

/** How healthy the link is as this server sees it: by the secondary where it is primary, else by itself. */
export function linkHealth(end: LinkEnd): Health {
  const synchronous = isSynchronous(end);
  const states = [...end.localGroup.databases].map(database => {
    const stream = end.role === 'PRIMARY' ? streamOf(end, database) : undefined;
    return stream ? stream.state : end.role === 'PRIMARY' ? 'NOT SYNCHRONIZING' : database.syncState;
  });
  return worst(states.map(state => healthOf(state, synchronous)));
}

const onlineReplica = {
  operational_state: 2,
  operational_state_desc: 'ONLINE',
  connected_state: 1,
  connected_state_desc: 'CONNECTED',
  recovery_health: 1,
  recovery_health_desc: 'ONLINE',
} as const;

const roleOf = (role: keyof typeof roleCodes): Row => ({ role: roleCodes[role], role_desc: role });

/** sys.dm_hadr_availability_replica_states of a local group. */
export function localReplicaStates(group: LocalGroup): readonly Row[] {
  const [own, ...others] = group.replicas;
  const states: Row[] = [];
  if (own && group.localRole === 'SECONDARY')
    return [
      {
        replica_id: own.id,
        group_id: group.id,
        is_local: true,
        ...roleOf('SECONDARY'),
        ...onlineReplica,
        ...health('HEALTHY'),
      },
    ];
  if (own)
    states.push({
      replica_id: own.id,
      group_id: group.id,
      is_local: true,
      ...roleOf(group.orphaned ? 'RESOLVING' : 'PRIMARY'),
      ...onlineReplica,
      ...health(group.orphaned ? 'NOT_HEALTHY' : 'HEALTHY'),
    });
  for (const replica of others)
    states.push({
      replica_id: replica.id,
      group_id: group.id,
      is_local: false,
      ...roleOf('SECONDARY'),
      connected_state: 1,
      connected_state_desc: 'CONNECTED',
      ...health('HEALTHY'),
    });
  return states;
}

/** On the primary a row for each member, on a secondary only its own. */
export function linkReplicaStates(end: LinkEnd): readonly Row[] {
  if (end.localGroup.localRole === 'SECONDARY')
    return [
      {
        replica_id: end.local.replicaId,
        group_id: end.groupId,
        is_local: true,
        ...roleOf('SECONDARY'),
        ...onlineReplica,
        ...health('HEALTHY'),
      },
    ];
  const linked = linkHealth(end);
  const error = end.connectError;
  const connection: Row = {
    connected_state: end.connected ? 1 : 0,
    connected_state_desc: end.connected ? 'CONNECTED' : 'DISCONNECTED',
    last_connect_error_number: error?.number,
    last_connect_error_description: error?.text,
    last_connect_error_timestamp: error?.at,
  };
  const pending = end.failoverPending || end.link?.changing === true;
  const local: Row = {
    replica_id: end.local.replicaId,
    group_id: end.groupId,
    is_local: true,
    ...roleOf(end.role),
    ...onlineReplica,
    ...(pending ? { operational_state: 0, operational_state_desc: 'PENDING_FAILOVER' } : {}),
    ...(end.role === 'PRIMARY' ? {} : connection),
    ...health(linked),
  };
  if (end.role !== 'PRIMARY') return [local];
  const remote: Row = {
    replica_id: end.remote.replicaId,
    group_id: end.groupId,
    is_local: false,
    ...roleOf(end.connected ? 'SECONDARY' : 'RESOLVING'),
    ...connection,
    ...health(linked),
  };
  return [local, remote];
}

const suspension = (stream: LogStream | undefined): Row => {
  const reason = stream?.suspended;
  if (reason === undefined) return { is_suspended: false };
  const code = suspendCodes.indexOf(reason.replace('SUSPEND_FROM_', ''));
  return { is_suspended: true, suspend_reason: code, suspend_reason_desc: reason };
};

const databaseIdentity = (database: EngineDatabase, groupId: string, replicaId: string): Row => ({
  database_id: database.id,
  group_id: groupId,
  replica_id: replicaId,
  group_database_id: database.groupDatabaseId,
});

const syncState = (state: SyncState, synchronous: boolean): Row => ({
  synchronization_state: syncCodes[state],
  synchronization_state_desc: state,
  ...health(healthOf(state, synchronous)),
});

const stateOf = (database: EngineDatabase): Row => ({
  database_state: databaseStateCodes[database.state],
  database_state_desc: database.state,
});

/** A database in the local group, of which this server's replica is the primary. */
function localDatabaseState(group: LocalGroup, database: EngineDatabase): Row {
  const progress = database.progress();
  return {
    ...databaseIdentity(database, group.id, group.replicas[0]?.id ?? ''),
    is_local: true,
    is_primary_replica: !group.orphaned && group.localRole === 'PRIMARY',
    is_commit_participant: true,
    ...syncState(group.orphaned ? 'NOT SYNCHRONIZING' : 'SYNCHRONIZED', true),
    ...stateOf(database),
    is_suspended: false,
    last_hardened_lsn: progress.hardened,
    last_hardened_time: progress.hardenedAt,
    end_of_log_lsn: progress.endOfLog,
    last_commit_lsn: progress.lastCommit?.lsn,
    last_commit_time: progress.lastCommit?.at,
  };
}

function primaryLinkState(reading: Reading, end: LinkEnd, database: EngineDatabase): readonly Row[] {
  const stream = streamOf(end, database);
  const own = database.progress();
  const synchronous = isSynchronous(end);
  const local: Row = {
    ...databaseIdentity(database, end.groupId, end.local.replicaId),
    is_local: true,
    is_primary_replica: true,
    is_commit_participant: true,
    ...syncState(localState(end, database), false),
    ...stateOf(database),
    ...suspension(stream),
    // Documented: NULL on a primary that commits asynchronously.
    last_hardened_lsn: end.local.mode === 'SYNCHRONOUS_COMMIT' ? own.hardened : null,
    last_hardened_time: end.local.mode === 'SYNCHRONOUS_COMMIT' ? own.hardenedAt : null,
    end_of_log_lsn: own.endOfLog,
    last_commit_lsn: own.lastCommit?.lsn,
    last_commit_time: own.lastCommit?.at,
    low_water_mark_for_ghosts: 0,
  };
  if (!stream) return [local];
  const { remote, state } = stream;
  const remoteRow: Row = {
    ...databaseIdentity(database, end.groupId, end.remote.replicaId),
    is_local: false,
    is_primary_replica: false,
    is_commit_participant: state === 'SYNCHRONIZED',
    ...syncState(state, synchronous),
    ...suspension(stream),
    ...receivedColumns(remote),
    last_sent_lsn: stream.lastSent?.block,
    last_sent_time: stream.lastSent?.at,
    log_send_queue_size: stream.sendQueueKb,
    log_send_rate: Math.round(reading.instance.conditions.sendRateKbPerSecond),
    redo_queue_size: remote.redoQueueKb,
    redo_rate: Math.round(reading.instance.conditions.redoRateKbPerSecond),
    secondary_lag_seconds: lagSeconds(stream, reading.now),
  };
  return [local, remoteRow];
}

const receivedColumns = (progress: ReturnType<EngineDatabase['progress']>): Row => ({
  last_received_lsn: progress.received?.block,
  last_received_time: progress.received?.at,
  last_hardened_lsn: progress.hardened,
  last_hardened_time: progress.hardenedAt,
  last_redone_lsn: progress.redone?.lsn,
  last_redone_time: progress.redone?.at,
  end_of_log_lsn: progress.endOfLog,
  last_commit_lsn: progress.lastCommit?.lsn,
  last_commit_time: progress.lastCommit?.at,
});

/** Seconds by which the last commit known to be redone on the secondary is older than the primary's. */
export function lagSeconds(stream: LogStream, now: number): number {
  const newest = stream.source.progress().lastCommit;
  const known = stream.remote.lastCommit;
  if (!newest || newest.lsn === known?.lsn) return 0;
  const oldestMissing = stream.source.log.after(stream.remote.hardened)[0]?.committedAt;
  const since = known?.at ?? oldestMissing ?? newest.at;
  return Math.max(0, Math.floor((Math.min(now, newest.at) - since) / 1000));
}

function secondaryLinkState(reading: Reading, end: LinkEnd, database: EngineDatabase): Row {
  const progress = database.progress();
  return {
    ...databaseIdentity(database, end.groupId, end.local.replicaId),
    is_local: true,
    is_primary_replica: false,
    is_commit_participant: database.syncState === 'SYNCHRONIZED',
    ...syncState(database.syncState, isSynchronous(end)),
    ...stateOf(database),
    ...suspension(database.feed),
    ...receivedColumns(progress),
    redo_queue_size: progress.redoQueueKb,
    redo_rate: Math.round(reading.instance.conditions.redoRateKbPerSecond),
  };
}

/** sys.dm_hadr_database_replica_states. */
export function databaseStates(reading: Reading): readonly Row[] {
  const { instance } = reading;
  return instance.groups.flatMap(group =>
    [...group.databases].flatMap(database => [
      // On the instance the local group is Azure's own affair; one row, the link's, is what its administrators see.
      ...(instance.isManagedInstance ? [] : [localDatabaseState(group, database)]),
      ...(group.localRole === 'SECONDARY' ? [] : [...group.links]).flatMap(end =>
        end.role === 'PRIMARY'
          ? primaryLinkState(reading, end, database)
          : [secondaryLinkState(reading, end, database)],
      ),
    ]),
  );
}

/** sys.dm_hadr_database_replica_cluster_states. */
export function clusterStates(reading: Reading): readonly Row[] {
  return reading.instance.groups.flatMap(group =>
    [...group.databases].flatMap(database => {
      const row = (replicaId: string, ready: boolean): Row => ({
        replica_id: replicaId,
        group_database_id: database.groupDatabaseId,
        database_name: database.name,
        is_failover_ready: ready,
        is_database_joined: true,
        recovery_lsn: 0,
        truncation_lsn: database.log.kept[0]?.block ?? database.log.end,
      });
      return [
        row(group.replicas[0]?.id ?? '', true),
        ...[...group.links].flatMap(end => [
          row(end.local.replicaId, localState(end, database) === 'SYNCHRONIZED'),
          ...(end.role === 'PRIMARY'
            ? [row(end.remote.replicaId, streamOf(end, database)?.state === 'SYNCHRONIZED')]
            : []),
        ]),
      ];
    }),
  );
}
