import { quoteLiteral } from '../../link/names.ts';
import type { LinkTarget, Side } from '../../link/vocabulary.ts';

/**
 * What scripts ask the servers, as T-SQL expressions: read-only, for SQL Server 2016 and later and managed instances. A condition may come out as UNKNOWN
 * (NULL): whoever uses one must treat that as "no" (see `failsUnless`).
 */

export type Sql = string;

const names = (values: readonly string[]): Sql => values.map(quoteLiteral).join(', ');

/** This is the server that is meant: by name, and by being a managed instance or not. */
export const isServer = (side: Side, { sqlServer, instance }: LinkTarget): Sql =>
  side === 'sqlServer'
    ? `@@SERVERNAME = ${quoteLiteral(sqlServer.name)} AND SERVERPROPERTY('EngineEdition') <> 8`
    : `@@SERVERNAME IN (${names([instance.fullyQualifiedDomainName, instance.name])}) AND SERVERPROPERTY('EngineEdition') = 8`;

/** The server's own role in the link. */
export const hasRole = (role: 'PRIMARY' | 'SECONDARY', { link }: LinkTarget): Sql =>
  lines(
    'EXISTS (',
    '  SELECT 1 FROM sys.availability_groups AS ag',
    '  JOIN sys.dm_hadr_availability_replica_states AS rs ON rs.group_id = ag.group_id AND rs.is_local = 1',
    `  WHERE ag.is_distributed = 1 AND ag.name = ${quoteLiteral(link)} AND rs.role_desc = N'${role}'`,
    ')',
  );

/** The link is still the one that the plan was made for. */
export const hasIdentity = (linkId: string, { link }: LinkTarget): Sql =>
  `EXISTS (SELECT 1 FROM sys.availability_groups WHERE name = ${quoteLiteral(link)} AND CONVERT(nvarchar(36), group_id) = ${quoteLiteral(linkId)})`;

export const groupExists = (name: string): Sql =>
  `EXISTS (SELECT 1 FROM sys.availability_groups WHERE name = ${quoteLiteral(name)})`;

/** Nobody is connected at the other end of the link any more. */
export const isDisconnected = ({ link }: LinkTarget): Sql =>
  lines(
    'NOT EXISTS (',
    '  SELECT 1 FROM sys.availability_groups AS ag',
    '  JOIN sys.dm_hadr_availability_replica_states AS rs ON rs.group_id = ag.group_id',
    `  WHERE ag.name = ${quoteLiteral(link)} AND rs.is_local = 0 AND rs.connected_state_desc = N'CONNECTED'`,
    ')',
  );

const linkStates = ({ link, databases }: LinkTarget): Sql =>
  lines(
    'FROM sys.dm_hadr_database_replica_states AS drs',
    'JOIN sys.databases AS db ON db.database_id = drs.database_id',
    'JOIN sys.availability_groups AS ag ON ag.group_id = drs.group_id',
    `WHERE ag.name = ${quoteLiteral(link)} AND db.name IN (${names(databases)})`,
  );

/** Every replica of the link's databases is shown, SYNCHRONIZED and with nothing left to send. */
export const isSynchronized = (target: LinkTarget): Sql =>
  lines(
    'EXISTS (',
    '  SELECT 1',
    indent(linkStates(target)),
    ') AND NOT EXISTS (',
    '  SELECT 1',
    indent(linkStates(target)),
    "    AND (drs.synchronization_state_desc <> N'SYNCHRONIZED' OR drs.log_send_queue_size > 0)",
    ')',
  );

/** Data movement of no database of the link is suspended. */
export const isMoving = (target: LinkTarget): Sql =>
  lines('NOT EXISTS (', '  SELECT 1', indent(linkStates(target)), '    AND drs.is_suspended = 1', ')');

export const isSuspended = (database: string, target: LinkTarget): Sql =>
  lines(
    'EXISTS (',
    '  SELECT 1',
    indent(linkStates({ ...target, databases: [database] })),
    '    AND drs.is_local = 1 AND drs.is_suspended = 1',
    ')',
  );

export const isNotOnline = (database: string): Sql =>
  `EXISTS (SELECT 1 FROM sys.databases WHERE name = ${quoteLiteral(database)} AND state_desc <> N'ONLINE')`;

/** Nobody but this session has a transaction open in the databases. */
export const hasNoWriters = ({ databases }: LinkTarget): Sql =>
  lines(
    'NOT EXISTS (',
    '  SELECT 1 FROM sys.dm_exec_sessions AS s JOIN sys.databases AS db ON db.database_id = s.database_id',
    '  WHERE s.is_user_process = 1 AND s.session_id <> @@SPID AND s.open_transaction_count > 0',
    `    AND db.name IN (${names(databases)})`,
    ') AND NOT EXISTS (',
    '  SELECT 1 FROM sys.dm_tran_session_transactions AS st',
    '  JOIN sys.dm_tran_database_transactions AS dt ON dt.transaction_id = st.transaction_id',
    '  JOIN sys.databases AS db ON db.database_id = dt.database_id',
    `  WHERE st.session_id <> @@SPID AND db.name IN (${names(databases)})`,
    ')',
  );

/** Every database is online and accepts writes. */
export const isWritable = ({ databases }: LinkTarget): Sql =>
  lines(
    '(',
    `  SELECT COUNT(*) FROM sys.databases WHERE name IN (${names(databases)}) AND state_desc = N'ONLINE'`,
    "    AND CONVERT(nvarchar(60), DATABASEPROPERTYEX(name, 'Updateability')) = N'READ_WRITE'",
    `) = ${databases.length}`,
  );

/** The AG holds nothing but the link's databases, has no listener, one replica, and no other DAG names it. */
export const isUnused = ({ availabilityGroup, databases }: LinkTarget): Sql => {
  const ag = quoteLiteral(availabilityGroup);
  return lines(
    'NOT EXISTS (',
    '  SELECT 1 FROM sys.availability_groups AS ag',
    '  JOIN sys.availability_databases_cluster AS held ON held.group_id = ag.group_id',
    `  WHERE ag.name = ${ag} AND held.database_name NOT IN (${names(databases)})`,
    ') AND NOT EXISTS (',
    '  SELECT 1 FROM sys.availability_groups AS ag',
    '  JOIN sys.availability_group_listeners AS l ON l.group_id = ag.group_id',
    `  WHERE ag.name = ${ag}`,
    ') AND (',
    '  SELECT COUNT(*) FROM sys.availability_groups AS ag',
    '  JOIN sys.availability_replicas AS ar ON ar.group_id = ag.group_id',
    `  WHERE ag.name = ${ag}`,
    ') <= 1 AND NOT EXISTS (',
    '  SELECT 1 FROM sys.availability_groups AS dag',
    '  JOIN sys.availability_replicas AS member ON member.group_id = dag.group_id',
    `  WHERE dag.is_distributed = 1 AND member.replica_server_name = ${ag}`,
    ')',
  );
};

/** A full backup of every database has ended after `since` (Unix ms). msdb keeps the server's local time. */
export const hasFullBackup = (since: number, { databases }: LinkTarget): Sql =>
  lines(
    '(',
    '  SELECT COUNT(DISTINCT database_name) FROM msdb.dbo.backupset',
    `  WHERE type = 'D' AND database_name IN (${names(databases)})`,
    `    AND DATEADD(minute, DATEDIFF(minute, GETDATE(), GETUTCDATE()), backup_finish_date) > CONVERT(datetime, ${quoteLiteral(new Date(since).toISOString().slice(0, 19))}, 126)`,
    `) = ${databases.length}`,
  );

/**
 * Hardened LSN of a database as its server itself says, as text: read as a number its last digits could be lost. On a Business Critical instance there are
 * several rows and the primary replica's counts.
 */
export const hardenedLsn = (side: Side, database: string, { link }: LinkTarget): Sql =>
  side === 'sqlServer'
    ? lines(
        '(',
        '  SELECT TOP (1) CONVERT(varchar(25), drs.last_hardened_lsn)',
        '  FROM sys.dm_hadr_database_replica_states AS drs',
        '  JOIN sys.databases AS db ON db.database_id = drs.database_id',
        '  JOIN sys.availability_groups AS ag ON ag.group_id = drs.group_id',
        `  WHERE ag.name = ${quoteLiteral(link)} AND db.name = ${quoteLiteral(database)} AND drs.is_local = 1`,
        ')',
      )
    : lines(
        '(',
        '  SELECT TOP (1) CONVERT(varchar(25), drs.last_hardened_lsn)',
        '  FROM sys.dm_hadr_database_replica_states AS drs',
        '  JOIN sys.databases AS db ON db.database_id = drs.database_id',
        `  WHERE db.name = ${quoteLiteral(database)} AND drs.is_local = 1`,
        '  ORDER BY CASE WHEN drs.is_primary_replica = 1 THEN 0 ELSE 1 END',
        ')',
      );

/** Both members of the link with role, connection and mode, to look at. */
export const membersQuery = ({ link }: LinkTarget): Sql =>
  lines(
    'SELECT ag.name, ar.replica_server_name, rs.role_desc, rs.connected_state_desc, rs.synchronization_health_desc, ar.availability_mode_desc',
    'FROM sys.availability_groups AS ag',
    'JOIN sys.availability_replicas AS ar ON ar.group_id = ag.group_id',
    'LEFT JOIN sys.dm_hadr_availability_replica_states AS rs ON rs.replica_id = ar.replica_id',
    `WHERE ag.name = ${quoteLiteral(link)};`,
  );

/** State and updateability of the databases, to look at. */
export const databasesQuery = ({ databases }: LinkTarget): Sql =>
  `SELECT name, state_desc, CONVERT(nvarchar(60), DATABASEPROPERTYEX(name, 'Updateability')) AS updateability FROM sys.databases WHERE name IN (${names(databases)});`;

/** Ends the batch with an error when the condition does not hold, or cannot be told. */
export const failsUnless = (condition: Sql, error: number, message: string): Sql =>
  lines(`IF ${isTrue(condition)} = 0`, `  THROW ${error}, ${quoteLiteral(message)}, 1;`);

/** 1 when the condition holds, 0 when it does not or cannot be told. */
export const isTrue = (condition: Sql): Sql =>
  condition.includes('\n')
    ? lines('CASE WHEN', indent(condition), 'THEN 1 ELSE 0 END')
    : `CASE WHEN ${condition} THEN 1 ELSE 0 END`;

/** A statement that is sent only when the condition holds, or whose failure does not end the batch. The statement itself stays as it is. */
export function statement(text: Sql, when: Sql | undefined, tolerated: boolean): Sql {
  const guarded = when === undefined ? text : lines(`IF ${isTrue(when)} = 1`, text);
  return tolerated
    ? lines('BEGIN TRY', guarded, 'END TRY', 'BEGIN CATCH', '  PRINT ERROR_MESSAGE();', 'END CATCH;')
    : guarded;
}

/** Indents lines, but not what a literal or a name holds. */
const indent = (text: string): string =>
  text.replaceAll(/('(?:[^']|'')*'|\[(?:[^\]]|\]\])*\])|^/gm, (_match, quoted?: string) => quoted ?? '  ');

const lines = (...text: readonly string[]): Sql => text.join('\n');
