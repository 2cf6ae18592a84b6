-- Planned failover of Sales from SQLPROD01 to mi-prod
-- Link DAG_Sales, availability group AG_Sales, route roleSwitchToInstance; made 2027-01-15T08:00:00.000Z
-- Run section by section, in order, each on the server that it names. Every section refuses to run elsewhere.

-- ----------------------------------------------------------------------------
-- Section 1 of 13, for SQLPROD01
-- ----------------------------------------------------------------------------
-- 1. Check both sides again
--    Reads SQLPROD01, mi-prod and Azure once more: roles, link identity, permissions, connection. Stops if anything speaks against the failover.
IF CASE WHEN @@SERVERNAME = N'SQLPROD01' AND SERVERPROPERTY('EngineEdition') <> 8 THEN 1 ELSE 0 END = 0
  THROW 50000, N'Wrong server: this section is for SQLPROD01.', 1;
IF CASE WHEN
  EXISTS (
    SELECT 1 FROM sys.availability_groups AS ag
    JOIN sys.dm_hadr_availability_replica_states AS rs ON rs.group_id = ag.group_id AND rs.is_local = 1
    WHERE ag.is_distributed = 1 AND ag.name = N'DAG_Sales' AND rs.role_desc = N'PRIMARY'
  )
THEN 1 ELSE 0 END = 0
  THROW 50004, N'This server is not the primary of DAG_Sales: nothing was changed.', 1;
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
    WHERE ag.is_distributed = 1 AND ag.name = N'DAG_Sales' AND rs.role_desc = N'PRIMARY'
  )
THEN 1 ELSE 0 END = 0
  THROW 50004, N'This server is not the primary of DAG_Sales: nothing was changed.', 1;
ALTER AVAILABILITY GROUP [DAG_Sales] MODIFY AVAILABILITY GROUP ON
  N'AG_Sales' WITH (AVAILABILITY_MODE = SYNCHRONOUS_COMMIT),
  N'mi-prod' WITH (AVAILABILITY_MODE = SYNCHRONOUS_COMMIT);

-- ----------------------------------------------------------------------------
-- Section 2 of 13, for Azure
-- ----------------------------------------------------------------------------
-- 3. Set the link to synchronous mode on the managed instance
--    Asks Azure to set the replication mode of DAG_Sales to Sync. If the instance does not need it, the failover goes on.
-- az rest --method patch --url '/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-prod/providers/Microsoft.Sql/managedInstances/mi-prod/distributedAvailabilityGroups/DAG_Sales?api-version=2025-01-01' --body '{"properties":{"replicationMode":"Sync"}}'

-- ----------------------------------------------------------------------------
-- Section 3 of 13, for SQLPROD01
-- ----------------------------------------------------------------------------
-- 4. Wait until the databases are synchronized
--    Waits until mi-prod has received everything and both sides show SYNCHRONIZED; at most 300 s. Otherwise everything is put back.
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

-- 5. Wait until both sides are equal and nobody writes
--    The workload must be stopped now. Waits until the hardened LSNs are equal and stable, the queues are empty and no transaction is open; within the same 300 s. Otherwise everything is put back and SQLPROD01 stays primary.
-- The workload must be stopped now, and stay stopped.
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
  JOIN sys.availability_groups AS ag ON ag.group_id = drs.group_id
  WHERE ag.name = N'DAG_Sales' AND db.name = N'Sales' AND drs.is_local = 1
);
WAITFOR DELAY '00:00:02';
IF CASE WHEN
  (
    SELECT TOP (1) CONVERT(varchar(25), drs.last_hardened_lsn)
    FROM sys.dm_hadr_database_replica_states AS drs
    JOIN sys.databases AS db ON db.database_id = drs.database_id
    JOIN sys.availability_groups AS ag ON ag.group_id = drs.group_id
    WHERE ag.name = N'DAG_Sales' AND db.name = N'Sales' AND drs.is_local = 1
  ) = @lsn3
THEN 1 ELSE 0 END = 0
  THROW 50005, N'The log of Sales has moved: somebody is still writing. Nothing was cut.', 1;
SELECT N'Sales' AS database_name, @lsn3 AS hardened_lsn;

-- ----------------------------------------------------------------------------
-- Section 4 of 13, for mi-prod
-- ----------------------------------------------------------------------------
-- 5. Wait until both sides are equal and nobody writes (continued)
IF CASE WHEN @@SERVERNAME IN (N'mi-prod.abc123.database.windows.net', N'mi-prod') AND SERVERPROPERTY('EngineEdition') = 8 THEN 1 ELSE 0 END = 0
  THROW 50000, N'Wrong server: this section is for mi-prod.abc123.database.windows.net.', 1;
DECLARE @lsn4 varchar(25) = ''; -- put in the hardened LSN of Sales that SQLPROD01 has shown
IF CASE WHEN @lsn4 <> '' THEN 1 ELSE 0 END = 0
  THROW 50003, N'Put in the hardened LSN of Sales that SQLPROD01 has shown.', 1;
DECLARE @waited5 int = 0;
WHILE CASE WHEN
  (
    SELECT TOP (1) CONVERT(varchar(25), drs.last_hardened_lsn)
    FROM sys.dm_hadr_database_replica_states AS drs
    JOIN sys.databases AS db ON db.database_id = drs.database_id
    WHERE db.name = N'Sales' AND drs.is_local = 1
    ORDER BY CASE WHEN drs.is_primary_replica = 1 THEN 0 ELSE 1 END
  ) = @lsn4
THEN 1 ELSE 0 END = 0
BEGIN
  IF @waited5 >= 300 THROW 50001, N'Sales is not equal on both sides: do not go on.', 1;
  WAITFOR DELAY '00:00:01';
  SET @waited5 += 1;
END;

-- ----------------------------------------------------------------------------
-- Section 5 of 13, for SQLPROD01
-- ----------------------------------------------------------------------------
-- 6. Check roles, link identity and writers once more
--    One last look at both sides in the same breath as the cut. If anything moved, everything is put back.
IF CASE WHEN @@SERVERNAME = N'SQLPROD01' AND SERVERPROPERTY('EngineEdition') <> 8 THEN 1 ELSE 0 END = 0
  THROW 50000, N'Wrong server: this section is for SQLPROD01.', 1;
IF CASE WHEN
  EXISTS (
    SELECT 1 FROM sys.availability_groups AS ag
    JOIN sys.dm_hadr_availability_replica_states AS rs ON rs.group_id = ag.group_id AND rs.is_local = 1
    WHERE ag.is_distributed = 1 AND ag.name = N'DAG_Sales' AND rs.role_desc = N'PRIMARY'
  )
THEN 1 ELSE 0 END = 0
  THROW 50004, N'This server is not the primary of DAG_Sales: nothing was changed.', 1;
IF CASE WHEN EXISTS (SELECT 1 FROM sys.availability_groups WHERE name = N'DAG_Sales' AND CONVERT(nvarchar(36), group_id) = N'C856CFF5-A6FE-418E-8894-17799CC20F5D') THEN 1 ELSE 0 END = 0
  THROW 50004, N'DAG_Sales is not the link that this script was made for.', 1;
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
DECLARE @lsn6 varchar(25) = ''; -- put in the hardened LSN of Sales that SQLPROD01 has shown
IF CASE WHEN @lsn6 <> '' THEN 1 ELSE 0 END = 0
  THROW 50003, N'Put in the hardened LSN of Sales that SQLPROD01 has shown.', 1;
IF CASE WHEN
  (
    SELECT TOP (1) CONVERT(varchar(25), drs.last_hardened_lsn)
    FROM sys.dm_hadr_database_replica_states AS drs
    JOIN sys.databases AS db ON db.database_id = drs.database_id
    JOIN sys.availability_groups AS ag ON ag.group_id = drs.group_id
    WHERE ag.name = N'DAG_Sales' AND db.name = N'Sales' AND drs.is_local = 1
  ) = @lsn6
THEN 1 ELSE 0 END = 0
  THROW 50005, N'The log of Sales has moved: somebody is still writing. Nothing was cut.', 1;

-- 7. Let no commit pass without the instance
--    Sets REQUIRED_SYNCHRONIZED_SECONDARIES_TO_COMMIT of DAG_Sales to 1 on SQLPROD01. If the server refuses, this goes on.
BEGIN TRY
ALTER AVAILABILITY GROUP [DAG_Sales] SET (REQUIRED_SYNCHRONIZED_SECONDARIES_TO_COMMIT = 1);
END TRY
BEGIN CATCH
  PRINT ERROR_MESSAGE();
END CATCH;

-- 8. Make SQL Server secondary
--    SQLPROD01 stops accepting writes; nobody is primary until the instance takes over. Put back by taking the role on SQLPROD01 again.
IF CASE WHEN
  EXISTS (
    SELECT 1 FROM sys.availability_groups AS ag
    JOIN sys.dm_hadr_availability_replica_states AS rs ON rs.group_id = ag.group_id AND rs.is_local = 1
    WHERE ag.is_distributed = 1 AND ag.name = N'DAG_Sales' AND rs.role_desc = N'PRIMARY'
  )
THEN 1 ELSE 0 END = 0
  THROW 50004, N'This server is not the primary of DAG_Sales: nothing was changed.', 1;
ALTER AVAILABILITY GROUP [DAG_Sales] SET (ROLE = SECONDARY);

-- 9. Prove once more that both sides are equal
--    SQLPROD01 takes no writes any more. Waits until both sides show the same hardened LSN in two looks; at most 60 s. Otherwise SQLPROD01 takes its role back, which loses nothing.
DECLARE @lsn7 varchar(25) = (
  SELECT TOP (1) CONVERT(varchar(25), drs.last_hardened_lsn)
  FROM sys.dm_hadr_database_replica_states AS drs
  JOIN sys.databases AS db ON db.database_id = drs.database_id
  JOIN sys.availability_groups AS ag ON ag.group_id = drs.group_id
  WHERE ag.name = N'DAG_Sales' AND db.name = N'Sales' AND drs.is_local = 1
);
WAITFOR DELAY '00:00:02';
IF CASE WHEN
  (
    SELECT TOP (1) CONVERT(varchar(25), drs.last_hardened_lsn)
    FROM sys.dm_hadr_database_replica_states AS drs
    JOIN sys.databases AS db ON db.database_id = drs.database_id
    JOIN sys.availability_groups AS ag ON ag.group_id = drs.group_id
    WHERE ag.name = N'DAG_Sales' AND db.name = N'Sales' AND drs.is_local = 1
  ) = @lsn7
THEN 1 ELSE 0 END = 0
  THROW 50005, N'The log of Sales has moved: somebody is still writing. Nothing was cut.', 1;
SELECT N'Sales' AS database_name, @lsn7 AS hardened_lsn;

-- ----------------------------------------------------------------------------
-- Section 6 of 13, for mi-prod
-- ----------------------------------------------------------------------------
-- 9. Prove once more that both sides are equal (continued)
IF CASE WHEN @@SERVERNAME IN (N'mi-prod.abc123.database.windows.net', N'mi-prod') AND SERVERPROPERTY('EngineEdition') = 8 THEN 1 ELSE 0 END = 0
  THROW 50000, N'Wrong server: this section is for mi-prod.abc123.database.windows.net.', 1;
DECLARE @lsn8 varchar(25) = ''; -- put in the hardened LSN of Sales that SQLPROD01 has shown
IF CASE WHEN @lsn8 <> '' THEN 1 ELSE 0 END = 0
  THROW 50003, N'Put in the hardened LSN of Sales that SQLPROD01 has shown.', 1;
DECLARE @waited9 int = 0;
WHILE CASE WHEN
  (
    SELECT TOP (1) CONVERT(varchar(25), drs.last_hardened_lsn)
    FROM sys.dm_hadr_database_replica_states AS drs
    JOIN sys.databases AS db ON db.database_id = drs.database_id
    WHERE db.name = N'Sales' AND drs.is_local = 1
    ORDER BY CASE WHEN drs.is_primary_replica = 1 THEN 0 ELSE 1 END
  ) = @lsn8
THEN 1 ELSE 0 END = 0
BEGIN
  IF @waited9 >= 60 THROW 50001, N'Sales is not equal on both sides: do not go on.', 1;
  WAITFOR DELAY '00:00:01';
  SET @waited9 += 1;
END;

-- ----------------------------------------------------------------------------
-- Section 7 of 13, for Azure
-- ----------------------------------------------------------------------------
-- *** POINT OF NO RETURN: after this step the only way is forward. ***
-- 10. Make the managed instance primary
--    Asks Azure to give mi-prod the primary role of DAG_Sales. Both sides were proved equal, so nothing is lost. This cannot be taken back.
-- az rest --method post --url '/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-prod/providers/Microsoft.Sql/managedInstances/mi-prod/distributedAvailabilityGroups/DAG_Sales/setRole?api-version=2025-01-01' --body '{"instanceRole":"Primary","roleChangeType":"Forced"}'

-- ----------------------------------------------------------------------------
-- Section 8 of 13, for mi-prod
-- ----------------------------------------------------------------------------
-- 11. Wait until the instance’s database is writable
--    Watches Sales on mi-prod until it accepts writes: this is the end of the outage.
IF CASE WHEN @@SERVERNAME IN (N'mi-prod.abc123.database.windows.net', N'mi-prod') AND SERVERPROPERTY('EngineEdition') = 8 THEN 1 ELSE 0 END = 0
  THROW 50000, N'Wrong server: this section is for mi-prod.abc123.database.windows.net.', 1;
DECLARE @sent11 bit = 0; -- set to 1 when Azure has accepted the request above
IF CASE WHEN @sent11 = 1 THEN 1 ELSE 0 END = 0
  THROW 50006, N'Send the request above to Azure first, then set @sent11 to 1.', 1;
DECLARE @waited10 int = 0;
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
  IF @waited10 >= 600 THROW 50001, N'Not writable in time: look at the databases; the way is only forward.', 1;
  WAITFOR DELAY '00:00:01';
  SET @waited10 += 1;
END;

-- 12. Wait until both sides show their new roles
--    mi-prod must show itself as primary and SQLPROD01 as secondary.
DECLARE @waited12 int = 0;
WHILE CASE WHEN
  EXISTS (
    SELECT 1 FROM sys.availability_groups AS ag
    JOIN sys.dm_hadr_availability_replica_states AS rs ON rs.group_id = ag.group_id AND rs.is_local = 1
    WHERE ag.is_distributed = 1 AND ag.name = N'DAG_Sales' AND rs.role_desc = N'PRIMARY'
  )
THEN 1 ELSE 0 END = 0
BEGIN
  IF @waited12 >= 600 THROW 50001, N'The roles have not changed in time: look at both sides before you do anything else.', 1;
  WAITFOR DELAY '00:00:01';
  SET @waited12 += 1;
END;

-- ----------------------------------------------------------------------------
-- Section 9 of 13, for SQLPROD01
-- ----------------------------------------------------------------------------
-- 12. Wait until both sides show their new roles (continued)
IF CASE WHEN @@SERVERNAME = N'SQLPROD01' AND SERVERPROPERTY('EngineEdition') <> 8 THEN 1 ELSE 0 END = 0
  THROW 50000, N'Wrong server: this section is for SQLPROD01.', 1;
DECLARE @waited13 int = 0;
WHILE CASE WHEN
  EXISTS (
    SELECT 1 FROM sys.availability_groups AS ag
    JOIN sys.dm_hadr_availability_replica_states AS rs ON rs.group_id = ag.group_id AND rs.is_local = 1
    WHERE ag.is_distributed = 1 AND ag.name = N'DAG_Sales' AND rs.role_desc = N'SECONDARY'
  )
THEN 1 ELSE 0 END = 0
BEGIN
  IF @waited13 >= 600 THROW 50001, N'The roles have not changed in time: look at both sides before you do anything else.', 1;
  WAITFOR DELAY '00:00:01';
  SET @waited13 += 1;
END;

-- 13. Let commits pass without the other side again
--    Sets REQUIRED_SYNCHRONIZED_SECONDARIES_TO_COMMIT of DAG_Sales to 0 on SQLPROD01. If the server refuses, this goes on.
BEGIN TRY
ALTER AVAILABILITY GROUP [DAG_Sales] SET (REQUIRED_SYNCHRONIZED_SECONDARIES_TO_COMMIT = 0);
END TRY
BEGIN CATCH
  PRINT ERROR_MESSAGE();
END CATCH;

-- 14. Resume data movement
--    Resumes Sales where it is suspended, and waits until the new secondary receives again.
IF CASE WHEN
  EXISTS (
    SELECT 1
    FROM sys.dm_hadr_database_replica_states AS drs
    JOIN sys.databases AS db ON db.database_id = drs.database_id
    JOIN sys.availability_groups AS ag ON ag.group_id = drs.group_id
    WHERE ag.name = N'DAG_Sales' AND db.name IN (N'Sales')
      AND drs.is_local = 1 AND drs.is_suspended = 1
  )
THEN 1 ELSE 0 END = 1
ALTER DATABASE [Sales] SET HADR RESUME;
DECLARE @waited14 int = 0;
WHILE CASE WHEN
  NOT EXISTS (
    SELECT 1
    FROM sys.dm_hadr_database_replica_states AS drs
    JOIN sys.databases AS db ON db.database_id = drs.database_id
    JOIN sys.availability_groups AS ag ON ag.group_id = drs.group_id
    WHERE ag.name = N'DAG_Sales' AND db.name IN (N'Sales')
      AND drs.is_suspended = 1
  )
THEN 1 ELSE 0 END = 0
BEGIN
  IF @waited14 >= 600 THROW 50001, N'Data movement is still suspended: look at the error log of SQLPROD01.', 1;
  WAITFOR DELAY '00:00:01';
  SET @waited14 += 1;
END;

-- ----------------------------------------------------------------------------
-- Section 10 of 13, for Azure
-- ----------------------------------------------------------------------------
-- 15. Set the link to asynchronous mode on the managed instance
--    Asks Azure to set the replication mode of DAG_Sales to Async. If the instance does not need it, the failover goes on.
-- az rest --method patch --url '/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-prod/providers/Microsoft.Sql/managedInstances/mi-prod/distributedAvailabilityGroups/DAG_Sales?api-version=2025-01-01' --body '{"properties":{"replicationMode":"Async"}}'

-- ----------------------------------------------------------------------------
-- Section 11 of 13, for SQLPROD01
-- ----------------------------------------------------------------------------
-- 16. Set the link to asynchronous mode on SQL Server
--    Commits no longer wait for the other side.
IF CASE WHEN @@SERVERNAME = N'SQLPROD01' AND SERVERPROPERTY('EngineEdition') <> 8 THEN 1 ELSE 0 END = 0
  THROW 50000, N'Wrong server: this section is for SQLPROD01.', 1;
ALTER AVAILABILITY GROUP [DAG_Sales] MODIFY AVAILABILITY GROUP ON
  N'AG_Sales' WITH (AVAILABILITY_MODE = ASYNCHRONOUS_COMMIT),
  N'mi-prod' WITH (AVAILABILITY_MODE = ASYNCHRONOUS_COMMIT);

-- ----------------------------------------------------------------------------
-- Section 12 of 13, for mi-prod
-- ----------------------------------------------------------------------------
-- 17. Verify the result
--    Checks that Sales is writable on mi-prod, what the other copy is, and that exactly the chosen groups are gone.
IF CASE WHEN @@SERVERNAME IN (N'mi-prod.abc123.database.windows.net', N'mi-prod') AND SERVERPROPERTY('EngineEdition') = 8 THEN 1 ELSE 0 END = 0
  THROW 50000, N'Wrong server: this section is for mi-prod.abc123.database.windows.net.', 1;
SELECT name, state_desc, CONVERT(nvarchar(60), DATABASEPROPERTYEX(name, 'Updateability')) AS updateability FROM sys.databases WHERE name IN (N'Sales');
IF CASE WHEN
  (
    SELECT COUNT(*) FROM sys.databases WHERE name IN (N'Sales') AND state_desc = N'ONLINE'
      AND CONVERT(nvarchar(60), DATABASEPROPERTYEX(name, 'Updateability')) = N'READ_WRITE'
  ) = 1
THEN 1 ELSE 0 END = 0
  THROW 50008, N'Not every database is writable here.', 1;

-- ----------------------------------------------------------------------------
-- Section 13 of 13, for SQLPROD01
-- ----------------------------------------------------------------------------
-- 17. Verify the result (continued)
IF CASE WHEN @@SERVERNAME = N'SQLPROD01' AND SERVERPROPERTY('EngineEdition') <> 8 THEN 1 ELSE 0 END = 0
  THROW 50000, N'Wrong server: this section is for SQLPROD01.', 1;
SELECT name, state_desc, CONVERT(nvarchar(60), DATABASEPROPERTYEX(name, 'Updateability')) AS updateability FROM sys.databases WHERE name IN (N'Sales');
IF CASE WHEN EXISTS (SELECT 1 FROM sys.availability_groups WHERE name = N'DAG_Sales') THEN 1 ELSE 0 END = 0
  THROW 50008, N'DAG_Sales is no longer listed on SQL Server.', 1;
IF CASE WHEN EXISTS (SELECT 1 FROM sys.availability_groups WHERE name = N'AG_Sales') THEN 1 ELSE 0 END = 0
  THROW 50008, N'AG_Sales is no longer listed on SQL Server.', 1;

-- Only when you stop before the point of no return: this puts back what the script has changed, in this order.
-- [SQLPROD01]
-- ALTER AVAILABILITY GROUP [DAG_Sales] FORCE_FAILOVER_ALLOW_DATA_LOSS;
-- [SQLPROD01]
-- ALTER AVAILABILITY GROUP [DAG_Sales] SET (REQUIRED_SYNCHRONIZED_SECONDARIES_TO_COMMIT = 0);
-- [Azure]
-- az rest --method patch --url '/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-prod/providers/Microsoft.Sql/managedInstances/mi-prod/distributedAvailabilityGroups/DAG_Sales?api-version=2025-01-01' --body '{"properties":{"replicationMode":"Async"}}'
-- [SQLPROD01]
-- ALTER AVAILABILITY GROUP [DAG_Sales] MODIFY AVAILABILITY GROUP ON
--   N'AG_Sales' WITH (AVAILABILITY_MODE = ASYNCHRONOUS_COMMIT),
--   N'mi-prod' WITH (AVAILABILITY_MODE = ASYNCHRONOUS_COMMIT);
