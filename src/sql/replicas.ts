import { sameName } from '../link/names.ts';
import type { DatabaseOnServer, ReplicaState } from '../link/observation.ts';
import type { LinkQuery } from '../link/ports.ts';
import type { Side } from '../link/vocabulary.ts';
import type { Identified } from './identity.ts';
import { type Answer, bigint, bit, date, int, lsn, orNull, text } from './rows.ts';
import { healthOf, syncStateOf } from './states.ts';

type StateRow = ReturnType<typeof statesIn>[number];

const statesIn = (answer: Answer) =>
  answer.rows('partStates', {
    database_name: text,
    group_name: orNull(text),
    is_distributed: orNull(bit),
    is_local: bit,
    is_primary_replica: orNull(bit),
    synchronization_state: orNull(int),
    synchronization_health: orNull(int),
    is_suspended: orNull(bit),
    suspend_reason_desc: orNull(text),
    last_hardened_lsn: orNull(lsn),
    end_of_log_lsn: orNull(lsn),
    last_commit_lsn: orNull(lsn),
    last_commit_time: orNull(date),
    last_hardened_time: orNull(date),
    log_send_queue_size: orNull(bigint),
    log_send_rate: orNull(bigint),
    redo_queue_size: orNull(bigint),
    redo_rate: orNull(bigint),
    secondary_lag_seconds: orNull(bigint),
  });

/** The databases asked for that the server has, each with its own replica and the other side as the server knows it. */
export function databasesOf(
  answer: Answer,
  side: Side,
  query: LinkQuery,
  identified: Identified,
): readonly DatabaseOnServer[] {
  const databases = answer.rows('partDatabases', { name: text, state_desc: text, updateability: orNull(text) });
  const states = statesIn(answer);
  return query.databases.flatMap(name => {
    const database = databases.find(row => sameName(row.name, name));
    if (!database) return [];
    const rows = states.filter(row => sameName(row.database_name, name));
    return {
      name: database.name,
      state: database.state_desc,
      writable: isWritable(database.state_desc, database.updateability),
      local: replicaState(localRow(rows, side, query), identified),
      remote: replicaState(
        rows.find(row => !row.is_local && isOfLink(row, query)),
        identified,
      ),
    };
  });
}

/** Updateability alone does not tell: a database that is not online may still be READ_WRITE. */
export const isWritable = (state: string, updateability: string | undefined) =>
  state === 'ONLINE' && updateability === 'READ_WRITE';

const isOfLink = (row: StateRow, query: LinkQuery) =>
  row.is_distributed === true && row.group_name !== undefined && sameName(row.group_name, query.link);
const isOfGroup = (row: StateRow, query: LinkQuery) =>
  row.is_distributed === false && row.group_name !== undefined && sameName(row.group_name, query.availabilityGroup);

/**
 * This server's own row. SQL Server: that of the DAG, else that of the local AG. Managed instance: rows are told by database, not by group; on Business
 * Critical there are several and the one with is_primary_replica counts (Microsoft Learn, "Failover a link").
 */
function localRow(rows: readonly StateRow[], side: Side, query: LinkQuery): StateRow | undefined {
  const local = rows.filter(row => row.is_local);
  const ofLink = local.find(row => isOfLink(row, query));
  if (side === 'sqlServer') return ofLink ?? local.find(row => isOfGroup(row, query));
  return local.find(row => row.is_primary_replica === true) ?? ofLink ?? local[0];
}

function replicaState(row: StateRow | undefined, identified: Identified): ReplicaState | undefined {
  return (
    row && {
      syncState: syncStateOf(row.synchronization_state),
      health: healthOf(row.synchronization_health),
      suspended: row.is_suspended === true,
      suspendReason: row.suspend_reason_desc,
      hardenedLsn: row.last_hardened_lsn,
      endOfLogLsn: row.end_of_log_lsn,
      lastCommitLsn: row.last_commit_lsn,
      lastCommitTime: identified.toUnixMs(row.last_commit_time),
      lastHardenedTime: identified.toUnixMs(row.last_hardened_time),
      sendQueueKb: row.log_send_queue_size,
      sendRateKbPerSecond: row.log_send_rate,
      redoQueueKb: row.redo_queue_size,
      redoRateKbPerSecond: row.redo_rate,
      lagSeconds: row.secondary_lag_seconds,
    }
  );
}
