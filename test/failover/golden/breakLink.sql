-- Removal of the link of Sales
-- Link DAG_Sales, availability group AG_Sales, route breakLink; made 2027-01-15T08:00:00.000Z
-- Run section by section, in order, each on the server that it names. Every section refuses to run elsewhere.

-- ----------------------------------------------------------------------------
-- Section 1 of 6, for SQLPROD01
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

-- ----------------------------------------------------------------------------
-- Section 2 of 6, for Azure
-- ----------------------------------------------------------------------------
-- *** POINT OF NO RETURN: after this step the only way is forward. ***
-- 2. Delete the link in Azure
--    Cuts the link DAG_Sales: Sales on mi-prod is writable on its own afterwards. This cannot be taken back.
-- az rest --method delete --url '/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-prod/providers/Microsoft.Sql/managedInstances/mi-prod/distributedAvailabilityGroups/DAG_Sales?api-version=2025-01-01'

-- ----------------------------------------------------------------------------
-- Section 3 of 6, for mi-prod
-- ----------------------------------------------------------------------------
-- 3. Wait until the instance’s database is writable
--    Watches Sales on mi-prod until it accepts writes: this is the end of the outage.
IF CASE WHEN @@SERVERNAME IN (N'mi-prod.abc123.database.windows.net', N'mi-prod') AND SERVERPROPERTY('EngineEdition') = 8 THEN 1 ELSE 0 END = 0
  THROW 50000, N'Wrong server: this section is for mi-prod.abc123.database.windows.net.', 1;
DECLARE @sent2 bit = 0; -- set to 1 when Azure has accepted the request above
IF CASE WHEN @sent2 = 1 THEN 1 ELSE 0 END = 0
  THROW 50006, N'Send the request above to Azure first, then set @sent2 to 1.', 1;
DECLARE @waited1 int = 0;
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
  IF @waited1 >= 600 THROW 50001, N'Not writable in time: look at the databases; the way is only forward.', 1;
  WAITFOR DELAY '00:00:01';
  SET @waited1 += 1;
END;

-- ----------------------------------------------------------------------------
-- Section 4 of 6, for SQLPROD01
-- ----------------------------------------------------------------------------
-- 4. Drop the distributed availability group on SQL Server
--    Removes DAG_Sales, which has no partner any more. The database on SQLPROD01 is not touched.
IF CASE WHEN @@SERVERNAME = N'SQLPROD01' AND SERVERPROPERTY('EngineEdition') <> 8 THEN 1 ELSE 0 END = 0
  THROW 50000, N'Wrong server: this section is for SQLPROD01.', 1;
IF CASE WHEN
  NOT EXISTS (
    SELECT 1 FROM sys.availability_groups AS ag
    JOIN sys.dm_hadr_availability_replica_states AS rs ON rs.group_id = ag.group_id
    WHERE ag.name = N'DAG_Sales' AND rs.is_local = 0 AND rs.connected_state_desc = N'CONNECTED'
  )
THEN 1 ELSE 0 END = 0
  THROW 50002, N'The link is still connected: delete it in Azure first.', 1;
DROP AVAILABILITY GROUP [DAG_Sales];

-- 5. Drop the availability group on SQL Server
--    Removes AG_Sales. Sales stays on SQLPROD01, on its own.
IF CASE WHEN
  NOT EXISTS (
    SELECT 1 FROM sys.availability_groups AS ag
    JOIN sys.availability_databases_cluster AS held ON held.group_id = ag.group_id
    WHERE ag.name = N'AG_Sales' AND held.database_name NOT IN (N'Sales')
  ) AND NOT EXISTS (
    SELECT 1 FROM sys.availability_groups AS ag
    JOIN sys.availability_group_listeners AS l ON l.group_id = ag.group_id
    WHERE ag.name = N'AG_Sales'
  ) AND (
    SELECT COUNT(*) FROM sys.availability_groups AS ag
    JOIN sys.availability_replicas AS ar ON ar.group_id = ag.group_id
    WHERE ag.name = N'AG_Sales'
  ) <= 1 AND NOT EXISTS (
    SELECT 1 FROM sys.availability_groups AS dag
    JOIN sys.availability_replicas AS member ON member.group_id = dag.group_id
    WHERE dag.is_distributed = 1 AND member.replica_server_name = N'AG_Sales'
  )
THEN 1 ELSE 0 END = 0
  THROW 50007, N'AG_Sales is still used: it was not dropped.', 1;
DROP AVAILABILITY GROUP [AG_Sales];

-- ----------------------------------------------------------------------------
-- Section 5 of 6, for mi-prod
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
-- Section 6 of 6, for SQLPROD01
-- ----------------------------------------------------------------------------
-- 6. Verify the result (continued)
IF CASE WHEN @@SERVERNAME = N'SQLPROD01' AND SERVERPROPERTY('EngineEdition') <> 8 THEN 1 ELSE 0 END = 0
  THROW 50000, N'Wrong server: this section is for SQLPROD01.', 1;
SELECT name, state_desc, CONVERT(nvarchar(60), DATABASEPROPERTYEX(name, 'Updateability')) AS updateability FROM sys.databases WHERE name IN (N'Sales');
IF CASE WHEN NOT EXISTS (SELECT 1 FROM sys.availability_groups WHERE name = N'DAG_Sales') THEN 1 ELSE 0 END = 0
  THROW 50008, N'DAG_Sales is still listed on SQL Server.', 1;
IF CASE WHEN NOT EXISTS (SELECT 1 FROM sys.availability_groups WHERE name = N'AG_Sales') THEN 1 ELSE 0 END = 0
  THROW 50008, N'AG_Sales is still listed on SQL Server.', 1;
