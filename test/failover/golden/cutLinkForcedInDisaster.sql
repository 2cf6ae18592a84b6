-- Forced failover of Sales from SQLPROD01 to mi-prod
-- Link DAG_Sales, availability group AG_Sales, route cutLinkForced; made 2027-01-15T08:00:00.000Z
-- Run section by section, in order, each on the server that it names. Every section refuses to run elsewhere.

-- ----------------------------------------------------------------------------
-- Section 1 of 4, for Azure
-- ----------------------------------------------------------------------------
-- 1. Check both sides again
--    Reads SQLPROD01, mi-prod and Azure once more: roles, link identity, permissions, connection. Stops if anything speaks against the failover.

-- *** POINT OF NO RETURN: after this step the only way is forward. ***
-- 2. Force the failover to the managed instance
--    mi-prod takes over with what it has hardened.  This cannot be taken back.
-- az rest --method post --url '/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-prod/providers/Microsoft.Sql/managedInstances/mi-prod/distributedAvailabilityGroups/DAG_Sales/failover?api-version=2025-01-01' --body '{"failoverType":"ForcedAllowDataLoss"}'

-- ----------------------------------------------------------------------------
-- Section 2 of 4, for mi-prod
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
-- Section 3 of 4, for Azure
-- ----------------------------------------------------------------------------
-- 4. Delete the link in Azure
--    Removes the link DAG_Sales: from then on the databases on both sides have nothing to do with each other.
-- az rest --method delete --url '/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-prod/providers/Microsoft.Sql/managedInstances/mi-prod/distributedAvailabilityGroups/DAG_Sales?api-version=2025-01-01'

-- ----------------------------------------------------------------------------
-- Section 4 of 4, for mi-prod
-- ----------------------------------------------------------------------------
-- 5. Verify the result
--    Checks that Sales is writable on mi-prod, what the other copy is, and that exactly the chosen groups are gone.
IF CASE WHEN @@SERVERNAME IN (N'mi-prod.abc123.database.windows.net', N'mi-prod') AND SERVERPROPERTY('EngineEdition') = 8 THEN 1 ELSE 0 END = 0
  THROW 50000, N'Wrong server: this section is for mi-prod.abc123.database.windows.net.', 1;
DECLARE @sent3 bit = 0; -- set to 1 when Azure has accepted the request above
IF CASE WHEN @sent3 = 1 THEN 1 ELSE 0 END = 0
  THROW 50006, N'Send the request above to Azure first, then set @sent3 to 1.', 1;
SELECT name, state_desc, CONVERT(nvarchar(60), DATABASEPROPERTYEX(name, 'Updateability')) AS updateability FROM sys.databases WHERE name IN (N'Sales');
IF CASE WHEN
  (
    SELECT COUNT(*) FROM sys.databases WHERE name IN (N'Sales') AND state_desc = N'ONLINE'
      AND CONVERT(nvarchar(60), DATABASEPROPERTYEX(name, 'Updateability')) = N'READ_WRITE'
  ) = 1
THEN 1 ELSE 0 END = 0
  THROW 50008, N'Not every database is writable here.', 1;
