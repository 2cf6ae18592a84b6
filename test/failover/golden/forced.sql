-- Forced failover of Sales from SQLPROD01 to mi-prod
-- Link DAG_Sales, availability group AG_Sales; made 2027-01-15T08:00:00.000Z
-- Run section by section, in order, each on the server that it names. Every section refuses to run elsewhere.
-- Log from the instance’s last hardened LSN to the end of the log on SQL Server, as seen at this moment; the queue size is SQL Server’s own. What is written between this look and the failover comes on top.

-- 1. Check both sides again  [Azure]
--    Reads SQLPROD01, mi-prod and Azure once more: roles, link identity, permissions, connection. Stops if anything speaks against the failover.
IF @@SERVERNAME <> N'SQLPROD01' OR SERVERPROPERTY('EngineEdition') = 8
  THROW 50000, N'Wrong server: this section is for SQLPROD01.', 1;
SELECT ag.name, ars.role_desc, ars.connected_state_desc, ars.synchronization_health_desc, ar.replica_server_name, ar.availability_mode_desc
FROM sys.availability_groups AS ag
JOIN sys.availability_replicas AS ar ON ar.group_id = ag.group_id
LEFT JOIN sys.dm_hadr_availability_replica_states AS ars ON ars.replica_id = ar.replica_id
WHERE ag.name = N'DAG_Sales';

-- *** POINT OF NO RETURN: after this step the only way is forward. ***
-- 2. Force the failover to the managed instance  [Azure]
--    mi-prod takes over with what it has hardened. Log from the instance’s last hardened LSN to the end of the log on SQL Server, as seen at this moment; the queue size is SQL Server’s own. What is written between this look and the failover comes on top. This cannot be taken back.
-- az rest --method post --url '/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-prod/providers/Microsoft.Sql/managedInstances/mi-prod/distributedAvailabilityGroups/DAG_Sales/failover?api-version=2025-01-01' --body '{"failoverType":"ForcedAllowDataLoss"}'

-- 3. Wait until the instance’s database is writable  [mi-prod]
--    Watches Sales on mi-prod until it accepts writes: this is the end of the outage.
-- On mi-prod: repeat until every row says READ_WRITE.
SELECT name, state_desc, DATABASEPROPERTYEX(name, 'Updateability') AS updateability FROM sys.databases WHERE name IN (N'Sales');

-- 4. Delete the link in Azure  [Azure]
--    The link DAG_Sales is of no more use: after a forced failover both databases are independent.
-- az rest --method delete --url '/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-prod/providers/Microsoft.Sql/managedInstances/mi-prod/distributedAvailabilityGroups/DAG_Sales?api-version=2025-01-01'

-- 5. Drop the distributed availability group on SQL Server  [SQLPROD01]
--    Removes DAG_Sales, which has no partner any more. The database on SQLPROD01 is not touched.
IF @@SERVERNAME <> N'SQLPROD01' OR SERVERPROPERTY('EngineEdition') = 8
  THROW 50000, N'Wrong server: this section is for SQLPROD01.', 1;
IF EXISTS (
  SELECT 1 FROM sys.availability_groups AS ag
  JOIN sys.dm_hadr_availability_replica_states AS ars ON ars.group_id = ag.group_id
  WHERE ag.name = N'DAG_Sales' AND ars.is_local = 0 AND ars.connected_state_desc = N'CONNECTED'
)
  THROW 50002, N'The link is still connected: delete it in Azure first.', 1;
DROP AVAILABILITY GROUP [DAG_Sales];

-- 6. Drop the availability group on SQL Server  [SQLPROD01]
--    Removes AG_Sales. Sales stays on SQLPROD01, online and writable, on its own.
IF @@SERVERNAME <> N'SQLPROD01' OR SERVERPROPERTY('EngineEdition') = 8
  THROW 50000, N'Wrong server: this section is for SQLPROD01.', 1;
DROP AVAILABILITY GROUP [AG_Sales];

-- 7. Verify the result  [mi-prod]
--    Checks that Sales is writable on mi-prod, what SQL Server’s copy is, and that exactly the chosen groups are gone.
IF @@SERVERNAME <> N'SQLPROD01' OR SERVERPROPERTY('EngineEdition') = 8
  THROW 50000, N'Wrong server: this section is for SQLPROD01.', 1;
SELECT name, state_desc, DATABASEPROPERTYEX(name, 'Updateability') AS updateability FROM sys.databases WHERE name IN (N'Sales');
SELECT name, is_distributed FROM sys.availability_groups;
