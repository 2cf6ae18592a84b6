-- Planned failover of Sales from mi-prod to SQLPROD01
-- Link DAG_Sales, availability group AG_Sales, route azureFailoverToSqlServer; made 2027-01-15T08:00:00.000Z
-- Run section by section, in order, each on the server that it names. Every section refuses to run elsewhere.

-- ----------------------------------------------------------------------------
-- Section 1 of 11, for SQLPROD01
-- ----------------------------------------------------------------------------
-- 1. Check both sides again
--    Reads SQLPROD01, mi-prod and Azure once more: roles, link identity, permissions, connection. Stops if anything speaks against the failover.
IF CASE WHEN @@SERVERNAME = N'SQLPROD01' AND SERVERPROPERTY('EngineEdition') <> 8 THEN 1 ELSE 0 END = 0
  THROW 50000, N'Wrong server: this section is for SQLPROD01.', 1;
IF CASE WHEN
  EXISTS (
    SELECT 1 FROM sys.availability_groups AS ag
    JOIN sys.dm_hadr_availability_replica_states AS rs ON rs.group_id = ag.group_id AND rs.is_local = 1
    WHERE ag.is_distributed = 1 AND ag.name = N'DAG_Sales' AND rs.role_desc = N'SECONDARY'
  )
THEN 1 ELSE 0 END = 0
  THROW 50004, N'This server is not the secondary of DAG_Sales: nothing was changed.', 1;
IF CASE WHEN EXISTS (SELECT 1 FROM sys.availability_groups WHERE name = N'DAG_Sales' AND CONVERT(nvarchar(36), group_id) = N'C856CFF5-A6FE-418E-8894-17799CC20F5D') THEN 1 ELSE 0 END = 0
  THROW 50004, N'DAG_Sales is not the link that this script was made for.', 1;
SELECT ag.name, ar.replica_server_name, rs.role_desc, rs.connected_state_desc, rs.synchronization_health_desc, ar.availability_mode_desc
FROM sys.availability_groups AS ag
JOIN sys.availability_replicas AS ar ON ar.group_id = ag.group_id
LEFT JOIN sys.dm_hadr_availability_replica_states AS rs ON rs.replica_id = ar.replica_id
WHERE ag.name = N'DAG_Sales';

-- 2. Set the link to synchronous mode on SQL Server
--    From then on SQLPROD01 acknowledges a commit only after mi-prod has hardened it. Commits become slower by one round trip.
IF CASE WHEN
  EXISTS (
    SELECT 1 FROM sys.availability_groups AS ag
    JOIN sys.dm_hadr_availability_replica_states AS rs ON rs.group_id = ag.group_id AND rs.is_local = 1
    WHERE ag.is_distributed = 1 AND ag.name = N'DAG_Sales' AND rs.role_desc = N'SECONDARY'
  )
THEN 1 ELSE 0 END = 0
  THROW 50004, N'This server is not the secondary of DAG_Sales: nothing was changed.', 1;
ALTER AVAILABILITY GROUP [DAG_Sales] MODIFY AVAILABILITY GROUP ON
  N'AG_Sales' WITH (AVAILABILITY_MODE = SYNCHRONOUS_COMMIT),
  N'mi-prod' WITH (AVAILABILITY_MODE = SYNCHRONOUS_COMMIT);

-- ----------------------------------------------------------------------------
-- Section 2 of 11, for Azure
-- ----------------------------------------------------------------------------
-- 3. Set the link to synchronous mode on the managed instance
--    Asks Azure to set the replication mode of DAG_Sales to Sync. If the instance does not need it, the failover goes on.
-- az rest --method patch --url '/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-prod/providers/Microsoft.Sql/managedInstances/mi-prod/distributedAvailabilityGroups/DAG_Sales?api-version=2025-01-01' --body '{"properties":{"replicationMode":"Sync"}}'

-- ----------------------------------------------------------------------------
-- Section 3 of 11, for SQLPROD01
-- ----------------------------------------------------------------------------
-- 4. Wait until the databases are synchronized
--    Waits until SQLPROD01 has received everything and both sides show SYNCHRONIZED; at most 300 s. Otherwise everything is put back.
IF CASE WHEN @@SERVERNAME = N'SQLPROD01' AND SERVERPROPERTY('EngineEdition') <> 8 THEN 1 ELSE 0 END = 0
  THROW 50000, N'Wrong server: this section is for SQLPROD01.', 1;
DECLARE @waited1 int = 0;
WHILE CASE WHEN
  EXISTS (
    SELECT 1
    FROM sys.dm_hadr_database_replica_states AS drs
    JOIN sys.databases AS db ON db.database_id = drs.database_id
    JOIN sys.availability_groups AS ag ON ag.group_id = drs.group_id
    WHERE ag.name = N'DAG_Sales' AND db.name IN (N'Sales')
  ) AND NOT EXISTS (
    SELECT 1
    FROM sys.dm_hadr_database_replica_states AS drs
    JOIN sys.databases AS db ON db.database_id = drs.database_id
    JOIN sys.availability_groups AS ag ON ag.group_id = drs.group_id
    WHERE ag.name = N'DAG_Sales' AND db.name IN (N'Sales')
      AND (drs.synchronization_state_desc <> N'SYNCHRONIZED' OR drs.log_send_queue_size > 0)
  )
THEN 1 ELSE 0 END = 0
BEGIN
  IF @waited1 >= 300 THROW 50001, N'Not synchronized in time: stop here and put back what was changed.', 1;
  WAITFOR DELAY '00:00:01';
  SET @waited1 += 1;
END;

-- ----------------------------------------------------------------------------
-- Section 4 of 11, for mi-prod
-- ----------------------------------------------------------------------------
-- 5. Wait until both sides are equal and nobody writes
--    The workload must be stopped now. Waits until the hardened LSNs are equal and stable, the queues are empty and no transaction is open; within the same 300 s. Otherwise everything is put back and mi-prod stays primary.
-- The workload must be stopped now, and stay stopped.
IF CASE WHEN @@SERVERNAME IN (N'mi-prod.abc123.database.windows.net', N'mi-prod') AND SERVERPROPERTY('EngineEdition') = 8 THEN 1 ELSE 0 END = 0
  THROW 50000, N'Wrong server: this section is for mi-prod.abc123.database.windows.net.', 1;
DECLARE @waited2 int = 0;
WHILE CASE WHEN
  NOT EXISTS (
    SELECT 1 FROM sys.dm_exec_sessions AS s JOIN sys.databases AS db ON db.database_id = s.database_id
    WHERE s.is_user_process = 1 AND s.session_id <> @@SPID AND s.open_transaction_count > 0
      AND db.name IN (N'Sales')
  ) AND NOT EXISTS (
    SELECT 1 FROM sys.dm_tran_session_transactions AS st
    JOIN sys.dm_tran_database_transactions AS dt ON dt.transaction_id = st.transaction_id
    JOIN sys.databases AS db ON db.database_id = dt.database_id
    WHERE st.session_id <> @@SPID AND db.name IN (N'Sales')
  )
THEN 1 ELSE 0 END = 0
BEGIN
  IF @waited2 >= 300 THROW 50001, N'Somebody still has a transaction open: stop here and put back what was changed.', 1;
  WAITFOR DELAY '00:00:01';
  SET @waited2 += 1;
END;
DECLARE @lsn3 varchar(25) = (
  SELECT TOP (1) CONVERT(varchar(25), drs.last_hardened_lsn)
  FROM sys.dm_hadr_database_replica_states AS drs
  JOIN sys.databases AS db ON db.database_id = drs.database_id
  WHERE db.name = N'Sales' AND drs.is_local = 1
  ORDER BY CASE WHEN drs.is_primary_replica = 1 THEN 0 ELSE 1 END
);
WAITFOR DELAY '00:00:02';
IF CASE WHEN
  (
    SELECT TOP (1) CONVERT(varchar(25), drs.last_hardened_lsn)
    FROM sys.dm_hadr_database_replica_states AS drs
    JOIN sys.databases AS db ON db.database_id = drs.database_id
    WHERE db.name = N'Sales' AND drs.is_local = 1
    ORDER BY CASE WHEN drs.is_primary_replica = 1 THEN 0 ELSE 1 END
  ) = @lsn3
THEN 1 ELSE 0 END = 0
  THROW 50005, N'The log of Sales has moved: somebody is still writing. Nothing was cut.', 1;
SELECT N'Sales' AS database_name, @lsn3 AS hardened_lsn;

-- ----------------------------------------------------------------------------
-- Section 5 of 11, for SQLPROD01
-- ----------------------------------------------------------------------------
-- 5. Wait until both sides are equal and nobody writes (continued)
IF CASE WHEN @@SERVERNAME = N'SQLPROD01' AND SERVERPROPERTY('EngineEdition') <> 8 THEN 1 ELSE 0 END = 0
  THROW 50000, N'Wrong server: this section is for SQLPROD01.', 1;
DECLARE @lsn4 varchar(25) = ''; -- put in the hardened LSN of Sales that mi-prod has shown
IF CASE WHEN @lsn4 <> '' THEN 1 ELSE 0 END = 0
  THROW 50003, N'Put in the hardened LSN of Sales that mi-prod has shown.', 1;
DECLARE @waited5 int = 0;
WHILE CASE WHEN
  (
    SELECT TOP (1) CONVERT(varchar(25), drs.last_hardened_lsn)
    FROM sys.dm_hadr_database_replica_states AS drs
    JOIN sys.databases AS db ON db.database_id = drs.database_id
    JOIN sys.availability_groups AS ag ON ag.group_id = drs.group_id
    WHERE ag.name = N'DAG_Sales' AND db.name = N'Sales' AND drs.is_local = 1
  ) = @lsn4
THEN 1 ELSE 0 END = 0
BEGIN
  IF @waited5 >= 300 THROW 50001, N'Sales is not equal on both sides: do not go on.', 1;
  WAITFOR DELAY '00:00:01';
  SET @waited5 += 1;
END;

-- 6. Check roles, link identity and writers once more
--    One last look at both sides in the same breath as the cut. If anything moved, everything is put back.
IF CASE WHEN
  EXISTS (
    SELECT 1 FROM sys.availability_groups AS ag
    JOIN sys.dm_hadr_availability_replica_states AS rs ON rs.group_id = ag.group_id AND rs.is_local = 1
    WHERE ag.is_distributed = 1 AND ag.name = N'DAG_Sales' AND rs.role_desc = N'SECONDARY'
  )
THEN 1 ELSE 0 END = 0
  THROW 50004, N'This server is not the secondary of DAG_Sales: nothing was changed.', 1;
IF CASE WHEN EXISTS (SELECT 1 FROM sys.availability_groups WHERE name = N'DAG_Sales' AND CONVERT(nvarchar(36), group_id) = N'C856CFF5-A6FE-418E-8894-17799CC20F5D') THEN 1 ELSE 0 END = 0
  THROW 50004, N'DAG_Sales is not the link that this script was made for.', 1;

-- ----------------------------------------------------------------------------
-- Section 6 of 11, for mi-prod
-- ----------------------------------------------------------------------------
-- 6. Check roles, link identity and writers once more (continued)
IF CASE WHEN @@SERVERNAME IN (N'mi-prod.abc123.database.windows.net', N'mi-prod') AND SERVERPROPERTY('EngineEdition') = 8 THEN 1 ELSE 0 END = 0
  THROW 50000, N'Wrong server: this section is for mi-prod.abc123.database.windows.net.', 1;
IF CASE WHEN
  NOT EXISTS (
    SELECT 1 FROM sys.dm_exec_sessions AS s JOIN sys.databases AS db ON db.database_id = s.database_id
    WHERE s.is_user_process = 1 AND s.session_id <> @@SPID AND s.open_transaction_count > 0
      AND db.name IN (N'Sales')
  ) AND NOT EXISTS (
    SELECT 1 FROM sys.dm_tran_session_transactions AS st
    JOIN sys.dm_tran_database_transactions AS dt ON dt.transaction_id = st.transaction_id
    JOIN sys.databases AS db ON db.database_id = dt.database_id
    WHERE st.session_id <> @@SPID AND db.name IN (N'Sales')
  )
THEN 1 ELSE 0 END = 0
  THROW 50005, N'Somebody still has a transaction open: stop here and put back what was changed.', 1;
DECLARE @lsn6 varchar(25) = ''; -- put in the hardened LSN of Sales that mi-prod has shown
IF CASE WHEN @lsn6 <> '' THEN 1 ELSE 0 END = 0
  THROW 50003, N'Put in the hardened LSN of Sales that mi-prod has shown.', 1;
IF CASE WHEN
  (
    SELECT TOP (1) CONVERT(varchar(25), drs.last_hardened_lsn)
    FROM sys.dm_hadr_database_replica_states AS drs
    JOIN sys.databases AS db ON db.database_id = drs.database_id
    WHERE db.name = N'Sales' AND drs.is_local = 1
    ORDER BY CASE WHEN drs.is_primary_replica = 1 THEN 0 ELSE 1 END
  ) = @lsn6
THEN 1 ELSE 0 END = 0
  THROW 50005, N'The log of Sales has moved: somebody is still writing. Nothing was cut.', 1;

-- ----------------------------------------------------------------------------
-- Section 7 of 11, for Azure
-- ----------------------------------------------------------------------------
-- *** POINT OF NO RETURN: after this step the only way is forward. ***
-- 7. Fail over by Azure
--    SQLPROD01 becomes primary and mi-prod its secondary; the link DAG_Sales stays. This cannot be taken back, only failed over again.
-- az rest --method post --url '/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-prod/providers/Microsoft.Sql/managedInstances/mi-prod/distributedAvailabilityGroups/DAG_Sales/failover?api-version=2025-01-01' --body '{"failoverType":"Planned"}'

-- ----------------------------------------------------------------------------
-- Section 8 of 11, for SQLPROD01
-- ----------------------------------------------------------------------------
-- 8. Wait until SQL Server’s database is writable
--    Watches Sales on SQLPROD01 until it accepts writes: this is the end of the outage.
IF CASE WHEN @@SERVERNAME = N'SQLPROD01' AND SERVERPROPERTY('EngineEdition') <> 8 THEN 1 ELSE 0 END = 0
  THROW 50000, N'Wrong server: this section is for SQLPROD01.', 1;
DECLARE @sent8 bit = 0; -- set to 1 when Azure has accepted the request above
IF CASE WHEN @sent8 = 1 THEN 1 ELSE 0 END = 0
  THROW 50006, N'Send the request above to Azure first, then set @sent8 to 1.', 1;
DECLARE @waited7 int = 0;
WHILE CASE WHEN
  (
    SELECT COUNT(*) FROM sys.databases WHERE name IN (N'Sales') AND state_desc = N'ONLINE'
      AND CONVERT(nvarchar(60), DATABASEPROPERTYEX(name, 'Updateability')) = N'READ_WRITE'
  ) = 1 AND NOT EXISTS (
    SELECT 1 FROM sys.availability_groups AS ag
    JOIN sys.dm_hadr_availability_replica_states AS rs ON rs.group_id = ag.group_id AND rs.is_local = 1
    WHERE ag.is_distributed = 1 AND ag.name = N'DAG_Sales' AND rs.role_desc = N'SECONDARY'
  )
THEN 1 ELSE 0 END = 0
BEGIN
  IF @waited7 >= 600 THROW 50001, N'Not writable in time: look at the databases; the way is only forward.', 1;
  WAITFOR DELAY '00:00:01';
  SET @waited7 += 1;
END;

-- 9. Wait until both sides show their new roles
--    SQLPROD01 must show itself as primary and mi-prod as secondary.
DECLARE @waited9 int = 0;
WHILE CASE WHEN
  EXISTS (
    SELECT 1 FROM sys.availability_groups AS ag
    JOIN sys.dm_hadr_availability_replica_states AS rs ON rs.group_id = ag.group_id AND rs.is_local = 1
    WHERE ag.is_distributed = 1 AND ag.name = N'DAG_Sales' AND rs.role_desc = N'PRIMARY'
  )
THEN 1 ELSE 0 END = 0
BEGIN
  IF @waited9 >= 600 THROW 50001, N'The roles have not changed in time: look at both sides before you do anything else.', 1;
  WAITFOR DELAY '00:00:01';
  SET @waited9 += 1;
END;

-- ----------------------------------------------------------------------------
-- Section 9 of 11, for mi-prod
-- ----------------------------------------------------------------------------
-- 9. Wait until both sides show their new roles (continued)
IF CASE WHEN @@SERVERNAME IN (N'mi-prod.abc123.database.windows.net', N'mi-prod') AND SERVERPROPERTY('EngineEdition') = 8 THEN 1 ELSE 0 END = 0
  THROW 50000, N'Wrong server: this section is for mi-prod.abc123.database.windows.net.', 1;
DECLARE @waited10 int = 0;
WHILE CASE WHEN
  EXISTS (
    SELECT 1 FROM sys.availability_groups AS ag
    JOIN sys.dm_hadr_availability_replica_states AS rs ON rs.group_id = ag.group_id AND rs.is_local = 1
    WHERE ag.is_distributed = 1 AND ag.name = N'DAG_Sales' AND rs.role_desc = N'SECONDARY'
  )
THEN 1 ELSE 0 END = 0
BEGIN
  IF @waited10 >= 600 THROW 50001, N'The roles have not changed in time: look at both sides before you do anything else.', 1;
  WAITFOR DELAY '00:00:01';
  SET @waited10 += 1;
END;

-- ----------------------------------------------------------------------------
-- Section 10 of 11, for Azure
-- ----------------------------------------------------------------------------
-- 10. Set the link to asynchronous mode on the managed instance
--    Asks Azure to set the replication mode of DAG_Sales to Async. If the instance does not need it, the failover goes on.
-- az rest --method patch --url '/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-prod/providers/Microsoft.Sql/managedInstances/mi-prod/distributedAvailabilityGroups/DAG_Sales?api-version=2025-01-01' --body '{"properties":{"replicationMode":"Async"}}'

-- ----------------------------------------------------------------------------
-- Section 11 of 11, for SQLPROD01
-- ----------------------------------------------------------------------------
-- 11. Set the link to asynchronous mode on SQL Server
--    Commits no longer wait for the other side.
IF CASE WHEN @@SERVERNAME = N'SQLPROD01' AND SERVERPROPERTY('EngineEdition') <> 8 THEN 1 ELSE 0 END = 0
  THROW 50000, N'Wrong server: this section is for SQLPROD01.', 1;
ALTER AVAILABILITY GROUP [DAG_Sales] MODIFY AVAILABILITY GROUP ON
  N'AG_Sales' WITH (AVAILABILITY_MODE = ASYNCHRONOUS_COMMIT),
  N'mi-prod' WITH (AVAILABILITY_MODE = ASYNCHRONOUS_COMMIT);

-- 12. Verify the result
--    Checks that Sales is writable on SQLPROD01, what the other copy is, and that exactly the chosen groups are gone.
SELECT name, state_desc, CONVERT(nvarchar(60), DATABASEPROPERTYEX(name, 'Updateability')) AS updateability FROM sys.databases WHERE name IN (N'Sales');
IF CASE WHEN
  (
    SELECT COUNT(*) FROM sys.databases WHERE name IN (N'Sales') AND state_desc = N'ONLINE'
      AND CONVERT(nvarchar(60), DATABASEPROPERTYEX(name, 'Updateability')) = N'READ_WRITE'
  ) = 1
THEN 1 ELSE 0 END = 0
  THROW 50008, N'Not every database is writable here.', 1;
IF CASE WHEN EXISTS (SELECT 1 FROM sys.availability_groups WHERE name = N'DAG_Sales') THEN 1 ELSE 0 END = 0
  THROW 50008, N'DAG_Sales is no longer listed on SQL Server.', 1;
IF CASE WHEN EXISTS (SELECT 1 FROM sys.availability_groups WHERE name = N'AG_Sales') THEN 1 ELSE 0 END = 0
  THROW 50008, N'AG_Sales is no longer listed on SQL Server.', 1;

-- Only when you stop before the point of no return: this puts back what the script has changed, in this order.
-- [Azure]
-- az rest --method patch --url '/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-prod/providers/Microsoft.Sql/managedInstances/mi-prod/distributedAvailabilityGroups/DAG_Sales?api-version=2025-01-01' --body '{"properties":{"replicationMode":"Async"}}'
-- [SQLPROD01]
-- ALTER AVAILABILITY GROUP [DAG_Sales] MODIFY AVAILABILITY GROUP ON
--   N'AG_Sales' WITH (AVAILABILITY_MODE = ASYNCHRONOUS_COMMIT),
--   N'mi-prod' WITH (AVAILABILITY_MODE = ASYNCHRONOUS_COMMIT);
