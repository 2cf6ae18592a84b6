import { quoteLiteral, quoteName } from '../link/names.ts';
import type { LinkQuery } from '../link/ports.ts';

/** A permission without which a catalog view leaves rows out instead of refusing: what it then shows must not be taken for all there is. */
export type Needed = 'viewAnyDefinition' | 'viewServerState' | 'sysadmin';

/** One reading, to be shown to the person as it is sent. Its first column is named after it ("SELECT 1 AS partLogins"). */
export interface Question {
  readonly text: string;
  readonly needs: Needed | undefined;
}

/** Databases in a list of literals; NULL where there is none. */
const among = (databases: readonly string[]): string => databases.map(quoteLiteral).join(', ') || 'NULL';

/** What is asked of a server as a whole. Columns exist on SQL Server 2016 and later and on managed instances, but for acceleratedRecovery (2019). */
export const serverQuestions = ({ link, availabilityGroup, databases }: LinkQuery) =>
  ({
    logins: {
      needs: 'viewAnyDefinition',
      text: `SELECT 1 AS partLogins, name, type, CONVERT(varchar(172), sid, 1) AS sid FROM sys.server_principals
WHERE type IN ('S', 'U', 'G', 'E', 'X') AND name NOT LIKE N'##%' AND name NOT LIKE N'NT %';`,
    },
    // Rows of msdb are for sysadmin; other logins may see their own jobs only.
    jobs: {
      needs: 'sysadmin',
      text: `SELECT 1 AS partJobs, j.name, j.enabled, s.database_name FROM msdb.dbo.sysjobs AS j
LEFT JOIN msdb.dbo.sysjobsteps AS s ON s.job_id = j.job_id ORDER BY j.name, s.step_id;`,
    },
    linkedServers: {
      needs: 'viewAnyDefinition',
      text: 'SELECT 1 AS partLinkedServers, name, product, provider, data_source FROM sys.servers WHERE is_linked = 1 ORDER BY name;',
    },
    serverObjects: {
      needs: 'viewAnyDefinition',
      text: `SELECT 1 AS partServerObjects, N'trigger' AS kind, name COLLATE DATABASE_DEFAULT AS name FROM sys.server_triggers WHERE is_ms_shipped = 0
UNION ALL SELECT 1, N'credential', name COLLATE DATABASE_DEFAULT FROM sys.credentials;`,
    },
    endpoint: {
      needs: 'viewAnyDefinition',
      text: `SELECT 1 AS partEndpoint, e.name, e.state_desc, t.port, c.name AS certificate, DATEDIFF(hour, SYSUTCDATETIME(), c.expiry_date) AS hours_left
FROM sys.database_mirroring_endpoints AS e LEFT JOIN sys.tcp_endpoints AS t ON t.endpoint_id = e.endpoint_id
LEFT JOIN master.sys.certificates AS c ON c.certificate_id = e.certificate_id;`,
    },
    certificates: {
      needs: 'viewAnyDefinition',
      text: `SELECT 1 AS partCertificates, name, pvt_key_encryption_type FROM master.sys.certificates WHERE name NOT LIKE N'##%' ORDER BY name;`,
    },
    backups: {
      needs: 'viewServerState',
      text: `SELECT 1 AS partBackups, r.session_id, r.command, d.name AS database_name FROM sys.dm_exec_requests AS r
LEFT JOIN sys.databases AS d ON d.database_id = r.database_id WHERE r.command LIKE N'BACKUP%' OR r.command LIKE N'RESTORE%';`,
    },
    traceFlags: { needs: undefined, text: 'DBCC TRACESTATUS(-1) WITH NO_INFOMSGS;' },
    seeding: {
      needs: 'viewServerState',
      text: `SELECT 1 AS partSeeding, c.database_name, s.current_state FROM sys.dm_hadr_automatic_seeding AS s
JOIN sys.availability_groups AS ag ON ag.group_id = s.ag_id LEFT JOIN sys.availability_databases_cluster AS c ON c.group_database_id = s.ag_db_id
WHERE ag.name = ${quoteLiteral(link)} AND s.completion_time IS NULL;`,
    },
    logSpace: {
      needs: 'viewServerState',
      text: `SELECT 1 AS partLogSpace, RTRIM(instance_name) AS database_name, cntr_value FROM sys.dm_os_performance_counters
WHERE counter_name = N'Percent Log Used' AND instance_name IN (${among(databases)});`,
    },
    databaseOptions: {
      needs: undefined,
      text: `SELECT 1 AS partDatabaseOptions, name, log_reuse_wait_desc, is_encrypted, is_cdc_enabled, is_published, is_merge_published, is_subscribed, is_broker_enabled
FROM sys.databases WHERE name IN (${among(databases)});`,
    },
    acceleratedRecovery: {
      needs: undefined,
      text: `SELECT 1 AS partAcceleratedRecovery, name, is_accelerated_database_recovery_on FROM sys.databases WHERE name IN (${among(databases)});`,
    },
    files: {
      needs: 'viewAnyDefinition',
      text: `SELECT 1 AS partFiles, d.name, f.type_desc, COUNT(*) AS files FROM sys.master_files AS f JOIN sys.databases AS d ON d.database_id = f.database_id
WHERE d.name IN (${among(databases)}) GROUP BY d.name, f.type_desc;`,
    },
    localReplicas: {
      needs: 'viewServerState',
      text: `SELECT 1 AS partLocalReplicas, ar.replica_server_name, ar.availability_mode_desc, rs.is_local, rs.role_desc, rs.connected_state_desc, rs.synchronization_health_desc
FROM sys.availability_groups AS ag JOIN sys.availability_replicas AS ar ON ar.group_id = ag.group_id
LEFT JOIN sys.dm_hadr_availability_replica_states AS rs ON rs.replica_id = ar.replica_id
WHERE ag.is_distributed = 0 AND ag.name = ${quoteLiteral(availabilityGroup)};`,
    },
    logShipping: {
      needs: undefined,
      text: `SELECT 1 AS partLogShipping, primary_database FROM msdb.dbo.log_shipping_primary_databases WHERE primary_database IN (${among(databases)});`,
    },
  }) as const satisfies Readonly<Record<string, Question>>;

/** What is asked of each database's own catalog. */
export const databaseQuestions = (database: string) =>
  ({
    users: {
      needs: 'viewAnyDefinition',
      text: `SELECT 1 AS partUsers, name, type, CONVERT(varchar(172), sid, 1) AS sid FROM ${quoteName(database)}.sys.database_principals
WHERE type IN ('S', 'U', 'G', 'E', 'X') AND principal_id > 4 AND sid IS NOT NULL AND authentication_type_desc <> N'NONE' AND authentication_type_desc <> N'DATABASE';`,
    },
    specialFilegroups: {
      needs: 'viewAnyDefinition',
      text: `SELECT 1 AS partSpecialFilegroups, name, type FROM ${quoteName(database)}.sys.filegroups WHERE type IN ('FD', 'FX');`,
    },
  }) as const satisfies Readonly<Record<string, Question>>;
