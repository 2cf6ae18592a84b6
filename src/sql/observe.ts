import { parseInstanceEndpoint } from '../link/endpoint.ts';
import type {
  AvailabilityGroupUse,
  LinkMember,
  LinkOnServer,
  ServerPermissions,
  ServerSight,
  SessionInDatabase,
} from '../link/observation.ts';
import type { LinkQuery } from '../link/ports.ts';
import type { Side } from '../link/vocabulary.ts';
import { type Identified, identityOf } from './identity.ts';
import { observeBatch } from './observe-batch.ts';
import { databasesOf } from './replicas.ts';
import { type Answer, bigint, bit, date, guid, int, orNull, text } from './rows.ts';
import type { Session } from './session.ts';
import { commitModeOf, healthOf, roleOf } from './states.ts';

/** One look at a link: one round trip, no temporary objects, nothing locked or changed. What the login may not see is left out and said in `permissions`. */
export async function observeLink(
  session: Session,
  side: Side,
  query: LinkQuery,
  signal: AbortSignal,
): Promise<ServerSight> {
  const names = query.databases.map((_, i) => `@db${i}`);
  const parameters = Object.fromEntries(query.databases.map((name, i) => [`db${i}`, name]));
  const answer = await session.read(
    observeBatch(names.length > 0 ? names.join(', ') : 'NULL'),
    { ...parameters, link: query.link, ag: query.availabilityGroup },
    signal,
  );
  const identified = identityOf(answer, session);
  return {
    identity: identified.identity,
    permissions: permissionsOf(answer),
    link: linkOf(answer, identified),
    databases: databasesOf(answer, side, query, identified),
    sessions: sessionsOf(answer),
    availabilityGroup: groupOf(answer),
    groupNames: answer.rows('partGroupNames', { name: text }).map(row => row.name),
  };
}

function permissionsOf(answer: Answer): ServerPermissions {
  const flag = orNull(bit);
  const [row] = answer.rows('partPermissions', {
    login_name: orNull(text),
    is_sysadmin: flag,
    view_server_state: flag,
    view_any_definition: flag,
    alter_availability_group: flag,
  });
  return {
    login: row?.login_name ?? '',
    sysadmin: row?.is_sysadmin === true,
    viewServerState: row?.view_server_state === true,
    viewAnyDefinition: row?.view_any_definition === true,
    alterAvailabilityGroup: row?.alter_availability_group === true,
  };
}

const groupsIn = (answer: Answer) =>
  answer.rows('partGroups', { name: text, group_id: guid, is_distributed: bit, role: orNull(int) });

function linkOf(answer: Answer, identified: Identified): LinkOnServer | undefined {
  const group = groupsIn(answer).find(row => row.is_distributed);
  if (!group) return undefined;
  const members = answer.rows('partMembers', {
    replica_server_name: text,
    endpoint_url: orNull(text),
    availability_mode: orNull(int),
    is_local: orNull(bit),
    role: orNull(int),
    connected_state: orNull(int),
    synchronization_health: orNull(int),
    last_connect_error_number: orNull(int),
    last_connect_error_description: orNull(text),
    last_connect_error_timestamp: orNull(date),
  });
  return {
    name: group.name,
    id: group.group_id,
    localRole: roleOf(group.role),
    members: members.map(
      (row): LinkMember => ({
        availabilityGroup: row.replica_server_name,
        endpointUrl: row.endpoint_url ?? '',
        commitMode: commitModeOf(row.availability_mode),
        isLocal: row.is_local,
        role: roleOf(row.role),
        connected: row.connected_state === undefined ? undefined : row.connected_state === 1,
        health: healthOf(row.synchronization_health),
        lastConnectError: connectErrorOf(
          row.last_connect_error_number,
          row.last_connect_error_description,
          identified.toUnixMs(row.last_connect_error_timestamp),
        ),
      }),
    ),
    instance: members
      .map(row => parseInstanceEndpoint(row.endpoint_url ?? ''))
      .find(endpoint => endpoint !== undefined),
  };
}

const connectErrorOf = (
  number: number | undefined,
  description: string | undefined,
  at: number | undefined,
): LinkMember['lastConnectError'] =>
  number === undefined || number === 0
    ? undefined
    : { number, text: description ?? '', at: at === undefined ? '' : new Date(at).toISOString() };

/** One entry per session and database; a session may have several transactions there. */
function sessionsOf(answer: Answer): readonly SessionInDatabase[] {
  const rows = answer.rows('partSessions', {
    session_id: int,
    login_name: orNull(text),
    host_name: orNull(text),
    program_name: orNull(text),
    database_name: text,
    open_transaction_count: orNull(int),
    transaction_seconds: orNull(int),
    log_bytes: orNull(bigint),
  });
  const sessions = new Map<string, SessionInDatabase>();
  for (const row of rows) {
    const key = `${row.session_id} ${row.database_name}`;
    const before = sessions.get(key);
    sessions.set(key, {
      id: row.session_id,
      login: row.login_name ?? '',
      host: row.host_name ?? '',
      program: row.program_name ?? '',
      database: row.database_name,
      openTransactions: row.open_transaction_count ?? 0,
      transactionSeconds: greatest(before?.transactionSeconds, row.transaction_seconds),
      logUsedKb: greatest(before?.logUsedKb, row.log_bytes === undefined ? undefined : row.log_bytes / 1024),
    });
  }
  return [...sessions.values()];
}

const greatest = (a: number | undefined, b: number | undefined) =>
  a === undefined ? b : b === undefined ? a : Math.max(a, b);

function groupOf(answer: Answer): AvailabilityGroupUse | undefined {
  const group = groupsIn(answer).find(row => !row.is_distributed);
  if (!group) return undefined;
  const use = answer.rows('partUse', { kind: text, name: orNull(text) });
  const namesOf = (kind: string) => use.flatMap(row => (row.kind === kind && row.name !== undefined ? [row.name] : []));
  return {
    name: group.name,
    id: group.group_id,
    databases: namesOf('database'),
    replicas: namesOf('replica'),
    localRole: roleOf(group.role),
    listeners: namesOf('listener'),
    links: answer.rows('partOtherLinks', { name: text }).map(row => row.name),
  };
}
