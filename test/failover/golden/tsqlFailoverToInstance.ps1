#Requires -Modules Az.Accounts, Az.Sql, SqlServer
# Planned failover of Sales from SQLPROD01 to mi-prod
# Link DAG_Sales, availability group AG_Sales, route tsqlFailoverToInstance; made 2027-01-15T08:00:00.000Z
# Every batch refuses to run on another server. For Windows PowerShell 5.1 save this file as UTF-8 with BOM.

$ErrorActionPreference = 'Stop'
Set-StrictMode -Version 2.0

$SubscriptionId = '11111111-2222-3333-4444-555555555555'
$ResourceGroup = 'rg-prod'
$InstanceName = 'mi-prod'
$LinkName = 'DAG_Sales'
# What Invoke-Sqlcmd connects to; add a port or another name if yours differs.
$SqlServer = 'SQLPROD01'
$ManagedInstance = 'mi-prod.abc123.database.windows.net'

if (-not (Get-AzContext)) { Connect-AzAccount | Out-Null }
Set-AzContext -Subscription $SubscriptionId | Out-Null

function Invoke-OnSqlServer([string] $Query) {
  Invoke-Sqlcmd -ServerInstance $SqlServer -Database 'master' -Query $Query -Encrypt Mandatory -DisableVariables -DisableCommands
}

function Invoke-OnInstance([string] $Query) {
  $suffix = (Get-AzContext).Environment.SqlDatabaseDnsSuffix.TrimStart('.')
  $token = (Get-AzAccessToken -ResourceUrl "https://$suffix/").Token
  if ($token -is [securestring]) { $token = [System.Net.NetworkCredential]::new('', $token).Password }
  Invoke-Sqlcmd -ServerInstance $ManagedInstance -Database 'master' -AccessToken $token -Query $Query -Encrypt Mandatory -DisableVariables -DisableCommands
}

function Invoke-OnAzure([string] $Method, [string] $Path, [string] $Payload) {
  $request = @{ Method = $Method; Path = $Path }
  if ($Payload) { $request.Payload = $Payload }
  $response = Invoke-AzRestMethod @request
  if ($response.StatusCode -ge 400) { throw "Azure answered $($response.StatusCode): $($response.Content)" }
}

function Wait-Until([int] $Seconds, [string] $Otherwise, [scriptblock] $Condition) {
  $deadline = (Get-Date).AddSeconds($Seconds)
  while ($true) {
    $problem = ''
    try { if (& $Condition) { return } } catch { $problem = $_.Exception.Message }
    if ((Get-Date) -ge $deadline) { throw "$Otherwise $problem" }
    Start-Sleep -Seconds 1
  }
}

function Get-LsnOnSqlServer {
  (Invoke-OnSqlServer @'
SET NOCOUNT ON;
IF CASE WHEN @@SERVERNAME = N'SQLPROD01' AND SERVERPROPERTY('EngineEdition') <> 8 THEN 1 ELSE 0 END = 0
  THROW 50000, N'Wrong server: this section is for SQLPROD01.', 1;
SELECT ISNULL(
(
  SELECT TOP (1) CONVERT(varchar(25), drs.last_hardened_lsn)
  FROM sys.dm_hadr_database_replica_states AS drs
  JOIN sys.databases AS db ON db.database_id = drs.database_id
  JOIN sys.availability_groups AS ag ON ag.group_id = drs.group_id
  WHERE ag.name = N'DAG_Sales' AND db.name = N'Sales' AND drs.is_local = 1
)
, '') AS answer;
'@).answer
}

function Get-LsnOnInstance {
  (Invoke-OnInstance @'
SET NOCOUNT ON;
IF CASE WHEN @@SERVERNAME IN (N'mi-prod.abc123.database.windows.net', N'mi-prod') AND SERVERPROPERTY('EngineEdition') = 8 THEN 1 ELSE 0 END = 0
  THROW 50000, N'Wrong server: this section is for mi-prod.abc123.database.windows.net.', 1;
SELECT ISNULL(
(
  SELECT TOP (1) CONVERT(varchar(25), drs.last_hardened_lsn)
  FROM sys.dm_hadr_database_replica_states AS drs
  JOIN sys.databases AS db ON db.database_id = drs.database_id
  WHERE db.name = N'Sales' AND drs.is_local = 1
  ORDER BY CASE WHEN drs.is_primary_replica = 1 THEN 0 ELSE 1 END
)
, '') AS answer;
'@).answer
}

function Wait-EqualLsn([int] $Seconds) {
  $deadline = (Get-Date).AddSeconds($Seconds)
  $last = ''
  $times = 0
  while ($times -lt 3) {
    $here = Get-LsnOnSqlServer
    $there = Get-LsnOnInstance
    if ($here -and $here -eq $there -and ($times -eq 0 -or $here -eq $last)) { $times += 1 } else { $times = 0 }
    $last = $here
    if ($times -lt 3) {
      if ((Get-Date) -ge $deadline) { throw 'The two sides are not equal: stop here and put back what was changed.' }
      Start-Sleep -Seconds 2
    }
  }
  return $last
}

# 1. Check both sides again
#    Reads SQLPROD01, mi-prod and Azure once more: roles, link identity, permissions, connection. Stops if anything speaks against the failover.
Write-Host '1. Check both sides again'
Invoke-OnSqlServer @'
SET NOCOUNT ON;
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
'@ | Format-Table -AutoSize

# 2. Set the link to synchronous mode on SQL Server
#    From then on SQLPROD01 acknowledges a commit only after mi-prod has hardened it. Commits become slower by one round trip.
Write-Host '2. Set the link to synchronous mode on SQL Server'
Invoke-OnSqlServer @'
SET NOCOUNT ON;
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
ALTER AVAILABILITY GROUP [DAG_Sales] MODIFY AVAILABILITY GROUP ON
  N'AG_Sales' WITH (AVAILABILITY_MODE = SYNCHRONOUS_COMMIT),
  N'mi-prod' WITH (AVAILABILITY_MODE = SYNCHRONOUS_COMMIT);
'@ | Format-Table -AutoSize

# 3. Set the link to synchronous mode on the managed instance
#    Asks Azure to set the replication mode of DAG_Sales to Sync. If the instance does not need it, the failover goes on.
Write-Host '3. Set the link to synchronous mode on the managed instance'
try {
  Update-AzSqlInstanceLink -ResourceGroupName $ResourceGroup -InstanceName $InstanceName -Name $LinkName -ReplicationMode 'Sync' | Out-Null
} catch {
  Write-Warning $_.Exception.Message
}

# 4. Wait until the databases are synchronized
#    Waits until mi-prod has received everything and both sides show SYNCHRONIZED; at most 300 s. Otherwise everything is put back.
Write-Host '4. Wait until the databases are synchronized'
Wait-Until -Seconds 300 -Otherwise 'Not synchronized in time: stop here and put back what was changed.' -Condition {
  (Invoke-OnSqlServer @'
SET NOCOUNT ON;
IF CASE WHEN @@SERVERNAME = N'SQLPROD01' AND SERVERPROPERTY('EngineEdition') <> 8 THEN 1 ELSE 0 END = 0
  THROW 50000, N'Wrong server: this section is for SQLPROD01.', 1;
SELECT CASE WHEN
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
THEN 1 ELSE 0 END AS answer;
'@).answer -eq 1
}

# 5. Wait until both sides are equal and nobody writes
#    The workload must be stopped now. Waits until the hardened LSNs are equal and stable, the queues are empty and no transaction is open; within the same 300 s. Otherwise everything is put back and SQLPROD01 stays primary.
Write-Host '5. Wait until both sides are equal and nobody writes'
Write-Warning 'The workload must be stopped now, and stay stopped.'
Wait-Until -Seconds 300 -Otherwise 'Somebody still has a transaction open: stop here and put back what was changed.' -Condition {
  (Invoke-OnSqlServer @'
SET NOCOUNT ON;
IF CASE WHEN @@SERVERNAME = N'SQLPROD01' AND SERVERPROPERTY('EngineEdition') <> 8 THEN 1 ELSE 0 END = 0
  THROW 50000, N'Wrong server: this section is for SQLPROD01.', 1;
SELECT CASE WHEN
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
THEN 1 ELSE 0 END AS answer;
'@).answer -eq 1
}
$ProvenLsn = Wait-EqualLsn -Seconds 300
Write-Host 'Equal on both sides, hardened LSN:' $ProvenLsn

# 6. Check roles, link identity and writers once more
#    One last look at both sides in the same breath as the cut. If anything moved, everything is put back.
Write-Host '6. Check roles, link identity and writers once more'
Invoke-OnSqlServer @'
SET NOCOUNT ON;
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
'@ | Format-Table -AutoSize
if ((Get-LsnOnSqlServer) -ne $ProvenLsn) { throw 'The log has moved: somebody is still writing. Nothing was cut.' }

# *** POINT OF NO RETURN: after this step the only way is forward. ***
# 7. Fail over on SQLPROD01
#    mi-prod becomes primary and SQLPROD01 its secondary; the link DAG_Sales stays. This cannot be taken back, only failed over again.
Write-Host '7. Fail over on SQLPROD01'
Invoke-OnSqlServer @'
SET NOCOUNT ON;
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
ALTER AVAILABILITY GROUP [DAG_Sales] FAILOVER;
'@ | Format-Table -AutoSize

# 8. Wait until the instance’s database is writable
#    Watches Sales on mi-prod until it accepts writes: this is the end of the outage.
Write-Host '8. Wait until the instance’’s database is writable'
Wait-Until -Seconds 600 -Otherwise 'Not writable in time: look at the databases; the way is only forward.' -Condition {
  (Invoke-OnInstance @'
SET NOCOUNT ON;
IF CASE WHEN @@SERVERNAME IN (N'mi-prod.abc123.database.windows.net', N'mi-prod') AND SERVERPROPERTY('EngineEdition') = 8 THEN 1 ELSE 0 END = 0
  THROW 50000, N'Wrong server: this section is for mi-prod.abc123.database.windows.net.', 1;
SELECT CASE WHEN
  (
    SELECT COUNT(*) FROM sys.databases WHERE name IN (N'Sales') AND state_desc = N'ONLINE'
      AND CONVERT(nvarchar(60), DATABASEPROPERTYEX(name, 'Updateability')) = N'READ_WRITE'
  ) = 1 AND NOT EXISTS (
    SELECT 1 FROM sys.availability_groups AS ag
    JOIN sys.dm_hadr_availability_replica_states AS rs ON rs.group_id = ag.group_id AND rs.is_local = 1
    WHERE ag.is_distributed = 1 AND ag.name = N'DAG_Sales' AND rs.role_desc = N'SECONDARY'
  )
THEN 1 ELSE 0 END AS answer;
'@).answer -eq 1
}

# 9. Wait until both sides show their new roles
#    mi-prod must show itself as primary and SQLPROD01 as secondary.
Write-Host '9. Wait until both sides show their new roles'
Wait-Until -Seconds 600 -Otherwise 'The roles have not changed in time: look at both sides before you do anything else.' -Condition {
  (Invoke-OnInstance @'
SET NOCOUNT ON;
IF CASE WHEN @@SERVERNAME IN (N'mi-prod.abc123.database.windows.net', N'mi-prod') AND SERVERPROPERTY('EngineEdition') = 8 THEN 1 ELSE 0 END = 0
  THROW 50000, N'Wrong server: this section is for mi-prod.abc123.database.windows.net.', 1;
SELECT CASE WHEN
  EXISTS (
    SELECT 1 FROM sys.availability_groups AS ag
    JOIN sys.dm_hadr_availability_replica_states AS rs ON rs.group_id = ag.group_id AND rs.is_local = 1
    WHERE ag.is_distributed = 1 AND ag.name = N'DAG_Sales' AND rs.role_desc = N'PRIMARY'
  )
THEN 1 ELSE 0 END AS answer;
'@).answer -eq 1
}
Wait-Until -Seconds 600 -Otherwise 'The roles have not changed in time: look at both sides before you do anything else.' -Condition {
  (Invoke-OnSqlServer @'
SET NOCOUNT ON;
IF CASE WHEN @@SERVERNAME = N'SQLPROD01' AND SERVERPROPERTY('EngineEdition') <> 8 THEN 1 ELSE 0 END = 0
  THROW 50000, N'Wrong server: this section is for SQLPROD01.', 1;
SELECT CASE WHEN
  EXISTS (
    SELECT 1 FROM sys.availability_groups AS ag
    JOIN sys.dm_hadr_availability_replica_states AS rs ON rs.group_id = ag.group_id AND rs.is_local = 1
    WHERE ag.is_distributed = 1 AND ag.name = N'DAG_Sales' AND rs.role_desc = N'SECONDARY'
  )
THEN 1 ELSE 0 END AS answer;
'@).answer -eq 1
}

# 10. Set the link to asynchronous mode on the managed instance
#    Asks Azure to set the replication mode of DAG_Sales to Async. If the instance does not need it, the failover goes on.
Write-Host '10. Set the link to asynchronous mode on the managed instance'
try {
  Update-AzSqlInstanceLink -ResourceGroupName $ResourceGroup -InstanceName $InstanceName -Name $LinkName -ReplicationMode 'Async' | Out-Null
} catch {
  Write-Warning $_.Exception.Message
}

# 11. Set the link to asynchronous mode on SQL Server
#    Commits no longer wait for the other side.
Write-Host '11. Set the link to asynchronous mode on SQL Server'
Invoke-OnSqlServer @'
SET NOCOUNT ON;
IF CASE WHEN @@SERVERNAME = N'SQLPROD01' AND SERVERPROPERTY('EngineEdition') <> 8 THEN 1 ELSE 0 END = 0
  THROW 50000, N'Wrong server: this section is for SQLPROD01.', 1;
ALTER AVAILABILITY GROUP [DAG_Sales] MODIFY AVAILABILITY GROUP ON
  N'AG_Sales' WITH (AVAILABILITY_MODE = ASYNCHRONOUS_COMMIT),
  N'mi-prod' WITH (AVAILABILITY_MODE = ASYNCHRONOUS_COMMIT);
'@ | Format-Table -AutoSize

# 12. Verify the result
#    Checks that Sales is writable on mi-prod, what the other copy is, and that exactly the chosen groups are gone.
Write-Host '12. Verify the result'
Invoke-OnInstance @'
SET NOCOUNT ON;
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
'@ | Format-Table -AutoSize
Invoke-OnSqlServer @'
SET NOCOUNT ON;
IF CASE WHEN @@SERVERNAME = N'SQLPROD01' AND SERVERPROPERTY('EngineEdition') <> 8 THEN 1 ELSE 0 END = 0
  THROW 50000, N'Wrong server: this section is for SQLPROD01.', 1;
SELECT name, state_desc, CONVERT(nvarchar(60), DATABASEPROPERTYEX(name, 'Updateability')) AS updateability FROM sys.databases WHERE name IN (N'Sales');
IF CASE WHEN EXISTS (SELECT 1 FROM sys.availability_groups WHERE name = N'DAG_Sales') THEN 1 ELSE 0 END = 0
  THROW 50008, N'DAG_Sales is no longer listed on SQL Server.', 1;
IF CASE WHEN EXISTS (SELECT 1 FROM sys.availability_groups WHERE name = N'AG_Sales') THEN 1 ELSE 0 END = 0
  THROW 50008, N'AG_Sales is no longer listed on SQL Server.', 1;
'@ | Format-Table -AutoSize

# Only when you stop before the point of no return: this puts back what the script has changed, in this order.
# [Azure]
# Update-AzSqlInstanceLink -ResourceGroupName $ResourceGroup -InstanceName $InstanceName -Name $LinkName -ReplicationMode 'Async' | Out-Null
# [SQLPROD01]
# Invoke-OnSqlServer @'
# SET NOCOUNT ON;
# IF CASE WHEN @@SERVERNAME = N'SQLPROD01' AND SERVERPROPERTY('EngineEdition') <> 8 THEN 1 ELSE 0 END = 0
#   THROW 50000, N'Wrong server: this section is for SQLPROD01.', 1;
# ALTER AVAILABILITY GROUP [DAG_Sales] MODIFY AVAILABILITY GROUP ON
#   N'AG_Sales' WITH (AVAILABILITY_MODE = ASYNCHRONOUS_COMMIT),
#   N'mi-prod' WITH (AVAILABILITY_MODE = ASYNCHRONOUS_COMMIT);
# '@ | Format-Table -AutoSize
