-- Planned failover of Sales from SQLPROD01 to mi-prod
-- Link DAG_Sales, availability group AG_Sales; made 2027-01-15T08:00:00.000Z
-- Run section by section, in order, each on the server that it names. Every section refuses to run elsewhere.

-- 1. Check both sides again  [SQLPROD01]
--    Reads SQLPROD01, mi-prod and Azure once more: roles, link identity, permissions, connection. Stops if anything speaks against the failover.
IF @@SERVERNAME <> N'SQLPROD01' OR SERVERPROPERTY('EngineEdition') = 8
  THROW 50000, N'Wrong server: this section is for SQLPROD01.', 1;
SELECT ag.name, ars.role_desc, ars.connected_state_desc, ars.synchronization_health_desc, ar.replica_server_name, ar.availability_mode_desc
FROM sys.availability_groups AS ag
JOIN sys.availability_replicas AS ar ON ar.group_id = ag.group_id
LEFT JOIN sys.dm_hadr_availability_replica_states AS ars ON ars.replica_id = ar.replica_id
WHERE ag.name = N'DAG_Sales';

-- 2. Set the link to synchronous mode on SQL Server  [SQLPROD01]
--    From then on SQLPROD01 acknowledges a commit only after mi-prod has hardened it. Commits become slower by one round trip.
IF @@SERVERNAME <> N'SQLPROD01' OR SERVERPROPERTY('EngineEdition') = 8
  THROW 50000, N'Wrong server: this section is for SQLPROD01.', 1;
ALTER AVAILABILITY GROUP [DAG_Sales] MODIFY AVAILABILITY GROUP ON
  N'AG_Sales' WITH (AVAILABILITY_MODE = SYNCHRONOUS_COMMIT),
  N'mi-prod' WITH (AVAILABILITY_MODE = SYNCHRONOUS_COMMIT);

-- 3. Set the link to synchronous mode on the managed instance  [Azure]
--    Asks Azure to set the replication mode of DAG_Sales to Sync. If the instance does not need it, the failover goes on.
-- az rest --method patch --url '/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-prod/providers/Microsoft.Sql/managedInstances/mi-prod/distributedAvailabilityGroups/DAG_Sales?api-version=2025-01-01' --body '{"properties":{"replicationMode":"Sync"}}'

-- 4. Wait until the databases are synchronized  [mi-prod]
--    Waits until mi-prod has received everything and both sides show SYNCHRONIZED; at most 300 s. Otherwise everything is put back.
IF @@SERVERNAME <> N'SQLPROD01' OR SERVERPROPERTY('EngineEdition') = 8
  THROW 50000, N'Wrong server: this section is for SQLPROD01.', 1;
DECLARE @waited int = 0;
WHILE EXISTS (
  SELECT 1
  FROM sys.dm_hadr_database_replica_states AS drs
  JOIN sys.databases AS db ON db.database_id = drs.database_id
  JOIN sys.availability_groups AS ag ON ag.group_id = drs.group_id
  WHERE ag.name = N'DAG_Sales' AND db.name IN (N'Sales')
    AND (drs.synchronization_state_desc <> N'SYNCHRONIZED' OR drs.log_send_queue_size > 0)
)
BEGIN
  IF @waited >= 300 THROW 50001, N'Not synchronized in time: stop here and set the link back to asynchronous.', 1;
  WAITFOR DELAY '00:00:01';
  SET @waited += 1;
END;

-- 5. Wait until both sides are equal and nobody writes  [mi-prod]
--    The workload must be stopped now. Waits until the hardened LSNs are equal and stable, the queues are empty and no transaction is open; within the same 300 s. Otherwise everything is put back and SQLPROD01 stays primary.
IF @@SERVERNAME <> N'SQLPROD01' OR SERVERPROPERTY('EngineEdition') = 8
  THROW 50000, N'Wrong server: this section is for SQLPROD01.', 1;
SELECT db.name, drs.is_local, drs.synchronization_state_desc, CONVERT(varchar(25), drs.last_hardened_lsn) AS last_hardened_lsn, drs.log_send_queue_size, drs.redo_queue_size
FROM sys.dm_hadr_database_replica_states AS drs
JOIN sys.databases AS db ON db.database_id = drs.database_id
JOIN sys.availability_groups AS ag ON ag.group_id = drs.group_id
WHERE ag.name = N'DAG_Sales' AND db.name IN (N'Sales');
-- Run the same query on mi-prod. Go on only when both hardened LSNs are equal and stay equal.
-- SELECT db.name, drs.synchronization_state_desc, CONVERT(varchar(25), drs.last_hardened_lsn) AS last_hardened_lsn
-- FROM sys.dm_hadr_database_replica_states AS drs
-- JOIN sys.databases AS db ON db.database_id = drs.database_id
-- WHERE db.name IN (N'Sales') AND drs.is_local = 1;

-- 6. Check roles, link identity and writers once more  [SQLPROD01]
--    One last look at both sides in the same breath as the cut. If anything moved, everything is put back.
IF @@SERVERNAME <> N'SQLPROD01' OR SERVERPROPERTY('EngineEdition') = 8
  THROW 50000, N'Wrong server: this section is for SQLPROD01.', 1;
SELECT ag.name, ars.role_desc, ars.connected_state_desc, ars.synchronization_health_desc, ar.replica_server_name, ar.availability_mode_desc
FROM sys.availability_groups AS ag
JOIN sys.availability_replicas AS ar ON ar.group_id = ag.group_id
LEFT JOIN sys.dm_hadr_availability_replica_states AS ars ON ars.replica_id = ar.replica_id
WHERE ag.name = N'DAG_Sales';

-- *** POINT OF NO RETURN: after this step the only way is forward. ***
-- 7. Delete the link in Azure  [Azure]
--    Cuts the link DAG_Sales: Sales on mi-prod becomes writable on its own. This cannot be taken back.
-- az rest --method delete --url '/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-prod/providers/Microsoft.Sql/managedInstances/mi-prod/distributedAvailabilityGroups/DAG_Sales?api-version=2025-01-01'

-- 8. Wait until the instance’s database is writable  [mi-prod]
--    Watches Sales on mi-prod until it accepts writes: this is the end of the outage.
-- On mi-prod: repeat until every row says READ_WRITE.
SELECT name, state_desc, DATABASEPROPERTYEX(name, 'Updateability') AS updateability FROM sys.databases WHERE name IN (N'Sales');

-- 9. Drop the distributed availability group on SQL Server  [SQLPROD01]
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

-- 10. Drop the availability group on SQL Server  [SQLPROD01]
--    Removes AG_Sales. Sales stays on SQLPROD01, online and writable, on its own.
IF @@SERVERNAME <> N'SQLPROD01' OR SERVERPROPERTY('EngineEdition') = 8
  THROW 50000, N'Wrong server: this section is for SQLPROD01.', 1;
DROP AVAILABILITY GROUP [AG_Sales];

-- 11. Verify the result  [mi-prod]
--    Checks that Sales is writable on mi-prod, what SQL Server’s copy is, and that exactly the chosen groups are gone.
IF @@SERVERNAME <> N'SQLPROD01' OR SERVERPROPERTY('EngineEdition') = 8
  THROW 50000, N'Wrong server: this section is for SQLPROD01.', 1;
SELECT name, state_desc, DATABASEPROPERTYEX(name, 'Updateability') AS updateability FROM sys.databases WHERE name IN (N'Sales');
SELECT name, is_distributed FROM sys.availability_groups;
