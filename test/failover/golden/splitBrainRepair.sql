-- Repair of Sales: mi-prod is kept, SQLPROD01 follows it
-- Link DAG_Sales, availability group AG_Sales, route splitBrainRepair; made 2027-01-15T08:00:00.000Z
-- Run section by section, in order, each on the server that it names. Every section refuses to run elsewhere.

-- ----------------------------------------------------------------------------
-- Section 1 of 5, for SQLPROD01
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

-- 2. Back up the copy on SQLPROD01
--    A full copy-only backup of Sales to D:\Backup\Sales.bak: what SQLPROD01 alone has is thrown away afterwards.
BACKUP DATABASE [Sales] TO DISK = N'D:\Backup\Sales.bak' WITH COPY_ONLY, CHECKSUM;

-- *** POINT OF NO RETURN: after this step the only way is forward. ***
-- 3. Make SQLPROD01 secondary
--    SQLPROD01 stops accepting writes and follows mi-prod. What SQLPROD01 alone has committed is thrown away.
IF CASE WHEN
  EXISTS (
    SELECT 1 FROM sys.availability_groups AS ag
    JOIN sys.dm_hadr_availability_replica_states AS rs ON rs.group_id = ag.group_id AND rs.is_local = 1
    WHERE ag.is_distributed = 1 AND ag.name = N'DAG_Sales' AND rs.role_desc = N'PRIMARY'
  )
THEN 1 ELSE 0 END = 0
  THROW 50004, N'This server is not the primary of DAG_Sales: nothing was changed.', 1;
DECLARE @database1 nvarchar(128) = N''; -- Data may be lost: put in the name of the database, Sales, to go on.
IF CASE WHEN @database1 = N'Sales' THEN 1 ELSE 0 END = 0
  THROW 50009, N'Data may be lost: put in the name of the database, Sales, to go on.', 1;
ALTER AVAILABILITY GROUP [DAG_Sales] SET (ROLE = SECONDARY);

-- ----------------------------------------------------------------------------
-- Section 2 of 5, for mi-prod
-- ----------------------------------------------------------------------------
-- 4. Wait until both sides show their new roles
--    mi-prod must show itself as primary and SQLPROD01 as secondary.
IF CASE WHEN @@SERVERNAME IN (N'mi-prod.abc123.database.windows.net', N'mi-prod') AND SERVERPROPERTY('EngineEdition') = 8 THEN 1 ELSE 0 END = 0
  THROW 50000, N'Wrong server: this section is for mi-prod.abc123.database.windows.net.', 1;
DECLARE @waited2 int = 0;
WHILE CASE WHEN
  EXISTS (
    SELECT 1 FROM sys.availability_groups AS ag
    JOIN sys.dm_hadr_availability_replica_states AS rs ON rs.group_id = ag.group_id AND rs.is_local = 1
    WHERE ag.is_distributed = 1 AND ag.name = N'DAG_Sales' AND rs.role_desc = N'PRIMARY'
  )
THEN 1 ELSE 0 END = 0
BEGIN
  IF @waited2 >= 600 THROW 50001, N'The roles have not changed in time: look at both sides before you do anything else.', 1;
  WAITFOR DELAY '00:00:01';
  SET @waited2 += 1;
END;

-- ----------------------------------------------------------------------------
-- Section 3 of 5, for SQLPROD01
-- ----------------------------------------------------------------------------
-- 4. Wait until both sides show their new roles (continued)
IF CASE WHEN @@SERVERNAME = N'SQLPROD01' AND SERVERPROPERTY('EngineEdition') <> 8 THEN 1 ELSE 0 END = 0
  THROW 50000, N'Wrong server: this section is for SQLPROD01.', 1;
DECLARE @waited3 int = 0;
WHILE CASE WHEN
  EXISTS (
    SELECT 1 FROM sys.availability_groups AS ag
    JOIN sys.dm_hadr_availability_replica_states AS rs ON rs.group_id = ag.group_id AND rs.is_local = 1
    WHERE ag.is_distributed = 1 AND ag.name = N'DAG_Sales' AND rs.role_desc = N'SECONDARY'
  )
THEN 1 ELSE 0 END = 0
BEGIN
  IF @waited3 >= 600 THROW 50001, N'The roles have not changed in time: look at both sides before you do anything else.', 1;
  WAITFOR DELAY '00:00:01';
  SET @waited3 += 1;
END;

-- 5. Resume data movement
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
DECLARE @waited4 int = 0;
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
  IF @waited4 >= 600 THROW 50001, N'Data movement is still suspended: look at the error log of SQLPROD01.', 1;
  WAITFOR DELAY '00:00:01';
  SET @waited4 += 1;
END;

-- ----------------------------------------------------------------------------
-- Section 4 of 5, for mi-prod
-- ----------------------------------------------------------------------------
-- 6. Verify the result
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
-- Section 5 of 5, for SQLPROD01
-- ----------------------------------------------------------------------------
-- 6. Verify the result (continued)
IF CASE WHEN @@SERVERNAME = N'SQLPROD01' AND SERVERPROPERTY('EngineEdition') <> 8 THEN 1 ELSE 0 END = 0
  THROW 50000, N'Wrong server: this section is for SQLPROD01.', 1;
SELECT name, state_desc, CONVERT(nvarchar(60), DATABASEPROPERTYEX(name, 'Updateability')) AS updateability FROM sys.databases WHERE name IN (N'Sales');
IF CASE WHEN EXISTS (SELECT 1 FROM sys.availability_groups WHERE name = N'DAG_Sales') THEN 1 ELSE 0 END = 0
  THROW 50008, N'DAG_Sales is no longer listed on SQL Server.', 1;
IF CASE WHEN EXISTS (SELECT 1 FROM sys.availability_groups WHERE name = N'AG_Sales') THEN 1 ELSE 0 END = 0
  THROW 50008, N'AG_Sales is no longer listed on SQL Server.', 1;
