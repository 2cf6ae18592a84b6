import { parseInstanceEndpoint } from '../link/endpoint.ts';
import { sameName } from '../link/names.ts';
import type { DatabaseSummary, LinkSummary } from '../link/observation.ts';
import { MAY_SEE_STATE } from './observe-batch.ts';
import { isWritable } from './replicas.ts';
import { type Answer, bigint, bit, guid, int, orNull, text } from './rows.ts';
import type { Session } from './session.ts';
import { commitModeOf, healthOf, roleOf, syncStateOf } from './states.ts';

/** The user databases of a server (the four system databases can be in no link) with their links, in one round trip. */
export async function readDatabases(session: Session, signal: AbortSignal): Promise<readonly DatabaseSummary[]> {
  const answer = await session.read(BATCH, {}, signal);
  const links = linksIn(answer);
  return answer
    .rows('partDatabases', { database_id: int, name: text, state_desc: text, updateability: orNull(text) })
    .map(row => ({
      name: row.name,
      state: row.state_desc,
      writable: isWritable(row.state_desc, row.updateability),
      links: links(row.database_id, row.name),
    }));
}

const BATCH = `${MAY_SEE_STATE}

SELECT 1 AS partDatabases, database_id, name, state_desc, CONVERT(nvarchar(60), DATABASEPROPERTYEX(name, 'Updateability')) AS updateability
FROM sys.databases WHERE database_id > 4 ORDER BY name;

SELECT 1 AS partGroups, group_id, name, is_distributed FROM sys.availability_groups;

SELECT 1 AS partHeld, group_id, database_name FROM sys.availability_databases_cluster;

IF @see = 1
BEGIN
  SELECT 1 AS partMembers, ar.group_id, ar.replica_server_name, ar.endpoint_url, ar.availability_mode, rs.is_local, rs.role, rs.connected_state
  FROM sys.availability_groups AS ag JOIN sys.availability_replicas AS ar ON ar.group_id = ag.group_id
  LEFT JOIN sys.dm_hadr_availability_replica_states AS rs ON rs.replica_id = ar.replica_id WHERE ag.is_distributed = 1;

  SELECT 1 AS partStates, drs.group_id, drs.database_id, drs.is_local, drs.synchronization_state, drs.synchronization_health,
    drs.log_send_queue_size, drs.redo_queue_size, drs.secondary_lag_seconds
  FROM sys.dm_hadr_database_replica_states AS drs JOIN sys.availability_groups AS ag ON ag.group_id = drs.group_id WHERE ag.is_distributed = 1;
END
ELSE
  SELECT 1 AS partMembers, ar.group_id, ar.replica_server_name, ar.endpoint_url, ar.availability_mode,
    CONVERT(bit, NULL) AS is_local, CONVERT(int, NULL) AS role, CONVERT(int, NULL) AS connected_state
  FROM sys.availability_groups AS ag JOIN sys.availability_replicas AS ar ON ar.group_id = ag.group_id WHERE ag.is_distributed = 1;`;

/** Joined here rather than by the server: the views' name columns may differ in collation. */
function linksIn(answer: Answer): (databaseId: number, name: string) => readonly LinkSummary[] {
  const groups = answer.rows('partGroups', { group_id: guid, name: text, is_distributed: bit });
  const held = answer.rows('partHeld', { group_id: guid, database_name: text });
  const members = answer.rows('partMembers', {
    group_id: guid,
    replica_server_name: text,
    endpoint_url: orNull(text),
    availability_mode: orNull(int),
    is_local: orNull(bit),
    role: orNull(int),
    connected_state: orNull(int),
  });
  const states = answer.rows('partStates', {
    group_id: guid,
    database_id: int,
    is_local: bit,
    synchronization_state: orNull(int),
    synchronization_health: orNull(int),
    log_send_queue_size: orNull(bigint),
    redo_queue_size: orNull(bigint),
    secondary_lag_seconds: orNull(bigint),
  });

  return (databaseId, name) =>
    groups
      .filter(group => group.is_distributed)
      .flatMap((link): readonly LinkSummary[] => {
        const ends = members.filter(row => row.group_id === link.group_id);
        const localGroup = (row: (typeof ends)[number]) =>
          groups.find(group => !group.is_distributed && sameName(group.name, row.replica_server_name));
        const local = ends.find(row => row.is_local === true) ?? ends.find(row => localGroup(row) !== undefined);
        const heldByLocal =
          local && held.some(row => row.group_id === localGroup(local)?.group_id && sameName(row.database_name, name));
        const own = states.filter(row => row.group_id === link.group_id && row.database_id === databaseId);
        if (!heldByLocal && own.length === 0) return [];
        const instanceEnd =
          ends.find(row => parseInstanceEndpoint(row.endpoint_url ?? '')) ?? ends.find(row => row !== local);
        const serverEnd = ends.find(row => row !== instanceEnd);
        // Seen from the primary the partner's row tells how far behind it is; a secondary knows only itself.
        const state = own.find(row => !row.is_local) ?? own[0];
        const other = ends.find(row => row !== local);
        return [
          {
            name: link.name,
            id: link.group_id,
            availabilityGroup: serverEnd?.replica_server_name ?? '',
            instanceAvailabilityGroup: instanceEnd?.replica_server_name ?? '',
            instance: parseInstanceEndpoint(instanceEnd?.endpoint_url ?? ''),
            localRole: roleOf(local?.role),
            commitMode: commitModeOf(slowest(ends.map(row => row.availability_mode))),
            syncState: syncStateOf(state?.synchronization_state),
            health: healthOf(state?.synchronization_health),
            connected: other?.connected_state === undefined ? undefined : other.connected_state === 1,
            sendQueueKb: state?.log_send_queue_size,
            redoQueueKb: state?.redo_queue_size,
            lagSeconds: state?.secondary_lag_seconds,
          },
        ];
      });
}

/** A link commits synchronously only when both members are set so; asynchronous is 0. */
const slowest = (modes: readonly (number | undefined)[]): number | undefined => {
  const known = modes.filter(mode => mode !== undefined);
  return known.length === 0 || known.length < modes.length ? undefined : Math.min(...known);
};
