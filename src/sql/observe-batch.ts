import { IDENTITY } from './identity.ts';

/**
 * Whether the dynamic management views may be read. Without it they raise errors 300 and 297, so they are not even named to the server then.
 * SQL Server 2022 split VIEW SERVER STATE; HAS_PERMS_BY_NAME gives NULL for a permission that a version does not know.
 */
export const MAY_SEE_STATE = `
DECLARE @see int = CASE WHEN HAS_PERMS_BY_NAME(NULL, NULL, 'VIEW SERVER STATE') = 1
  OR HAS_PERMS_BY_NAME(NULL, NULL, 'VIEW SERVER PERFORMANCE STATE') = 1 THEN 1 ELSE 0 END;`;

/** Columns available on SQL Server 2016 and later and on managed instances. COLLATE: name columns of different views may have different collations. */
export const observeBatch = (databases: string) => `${MAY_SEE_STATE}
${IDENTITY}

SELECT 1 AS partPermissions, SUSER_SNAME() AS login_name, IS_SRVROLEMEMBER('sysadmin') AS is_sysadmin, @see AS view_server_state,
  HAS_PERMS_BY_NAME(NULL, NULL, 'VIEW ANY DEFINITION') AS view_any_definition,
  CASE WHEN HAS_PERMS_BY_NAME(NULL, NULL, 'ALTER ANY AVAILABILITY GROUP') = 1 THEN 1
    WHEN HAS_PERMS_BY_NAME(QUOTENAME(@link), 'AVAILABILITY GROUP', 'ALTER') = 1
      AND HAS_PERMS_BY_NAME(QUOTENAME(@ag), 'AVAILABILITY GROUP', 'ALTER') = 1 THEN 1 ELSE 0 END AS alter_availability_group;

SELECT 1 AS partGroupNames, name FROM sys.availability_groups;

SELECT 1 AS partDatabases, name, state_desc, CONVERT(nvarchar(60), DATABASEPROPERTYEX(name, 'Updateability')) AS updateability
FROM sys.databases WHERE name IN (${databases});

SELECT 1 AS partUse, u.kind, u.name FROM (
  SELECT N'database' AS kind, database_name COLLATE DATABASE_DEFAULT AS name, group_id FROM sys.availability_databases_cluster
  UNION ALL SELECT N'replica', replica_server_name COLLATE DATABASE_DEFAULT, group_id FROM sys.availability_replicas
  UNION ALL SELECT N'listener', dns_name COLLATE DATABASE_DEFAULT, group_id FROM sys.availability_group_listeners
) AS u JOIN sys.availability_groups AS ag ON ag.group_id = u.group_id WHERE ag.name = @ag AND ag.is_distributed = 0;

SELECT 1 AS partOtherLinks, dag.name FROM sys.availability_groups AS dag
JOIN sys.availability_replicas AS member ON member.group_id = dag.group_id
WHERE dag.is_distributed = 1 AND member.replica_server_name = @ag;

IF @see = 1
BEGIN
  SELECT 1 AS partGroups, ag.name, ag.group_id, ag.is_distributed, rs.role FROM sys.availability_groups AS ag
  LEFT JOIN sys.dm_hadr_availability_replica_states AS rs ON rs.group_id = ag.group_id AND rs.is_local = 1
  WHERE (ag.name = @link AND ag.is_distributed = 1) OR (ag.name = @ag AND ag.is_distributed = 0);

  SELECT 1 AS partMembers, ar.replica_server_name, ar.endpoint_url, ar.availability_mode,
    rs.is_local, rs.role, rs.connected_state, rs.synchronization_health,
    rs.last_connect_error_number, rs.last_connect_error_description, rs.last_connect_error_timestamp
  FROM sys.availability_groups AS ag JOIN sys.availability_replicas AS ar ON ar.group_id = ag.group_id
  LEFT JOIN sys.dm_hadr_availability_replica_states AS rs ON rs.replica_id = ar.replica_id
  WHERE ag.is_distributed = 1 AND ag.name = @link;

  SELECT 1 AS partStates, d.name AS database_name, ag.name AS group_name, ag.is_distributed,
    drs.is_local, drs.is_primary_replica, drs.synchronization_state, drs.synchronization_health, drs.is_suspended, drs.suspend_reason_desc,
    CONVERT(varchar(25), drs.last_hardened_lsn) AS last_hardened_lsn, CONVERT(varchar(25), drs.end_of_log_lsn) AS end_of_log_lsn,
    CONVERT(varchar(25), drs.last_commit_lsn) AS last_commit_lsn, drs.last_commit_time, drs.last_hardened_time,
    drs.log_send_queue_size, drs.log_send_rate, drs.redo_queue_size, drs.redo_rate, drs.secondary_lag_seconds
  FROM sys.dm_hadr_database_replica_states AS drs JOIN sys.databases AS d ON d.database_id = drs.database_id
  LEFT JOIN sys.availability_groups AS ag ON ag.group_id = drs.group_id
  WHERE d.name IN (${databases});

  SELECT 1 AS partSessions, s.session_id, s.login_name, s.host_name, s.program_name, d.name AS database_name, s.open_transaction_count,
    DATEDIFF(second, tat.transaction_begin_time, GETDATE()) AS transaction_seconds, tdt.database_transaction_log_bytes_used AS log_bytes
  FROM (
    SELECT session_id, database_id FROM sys.dm_exec_sessions WHERE is_user_process = 1
    UNION SELECT tst.session_id, tdt.database_id FROM sys.dm_tran_session_transactions AS tst
      JOIN sys.dm_tran_database_transactions AS tdt ON tdt.transaction_id = tst.transaction_id
  ) AS place
  JOIN sys.databases AS d ON d.database_id = place.database_id
  JOIN sys.dm_exec_sessions AS s ON s.session_id = place.session_id AND s.is_user_process = 1
  JOIN sys.dm_exec_sessions AS me ON me.session_id = @@SPID
  LEFT JOIN sys.dm_tran_session_transactions AS tst ON tst.session_id = s.session_id
  LEFT JOIN sys.dm_tran_active_transactions AS tat ON tat.transaction_id = tst.transaction_id
  LEFT JOIN sys.dm_tran_database_transactions AS tdt ON tdt.transaction_id = tst.transaction_id AND tdt.database_id = d.database_id
  WHERE d.name IN (${databases}) AND s.session_id <> @@SPID
    AND NOT (ISNULL(s.program_name, N'') = ISNULL(me.program_name, N'') AND ISNULL(s.host_name, N'') = ISNULL(me.host_name, N'')
      AND ISNULL(s.host_process_id, -1) = ISNULL(me.host_process_id, -1));
END
ELSE
BEGIN
  SELECT 1 AS partGroups, name, group_id, is_distributed, CONVERT(int, NULL) AS role FROM sys.availability_groups
  WHERE (name = @link AND is_distributed = 1) OR (name = @ag AND is_distributed = 0);

  SELECT 1 AS partMembers, ar.replica_server_name, ar.endpoint_url, ar.availability_mode,
    CONVERT(bit, NULL) AS is_local, CONVERT(int, NULL) AS role, CONVERT(int, NULL) AS connected_state, CONVERT(int, NULL) AS synchronization_health,
    CONVERT(int, NULL) AS last_connect_error_number, CONVERT(nvarchar(1024), NULL) AS last_connect_error_description,
    CONVERT(datetime, NULL) AS last_connect_error_timestamp
  FROM sys.availability_groups AS ag JOIN sys.availability_replicas AS ar ON ar.group_id = ag.group_id
  WHERE ag.is_distributed = 1 AND ag.name = @link;
END;`;
