#Requires -Modules Az.Accounts, Az.Sql, SqlServer
# Forced failover of Sales from SQLPROD01 to mi-prod
# Link DAG_Sales, availability group AG_Sales, route forcedToInstance; made 2027-01-15T08:00:00.000Z
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
$ConfirmDatabase = ''  # Data may be lost: put in the name of the database, Sales, to go on.

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

# *** POINT OF NO RETURN: after this step the only way is forward. ***
# 2. Force the failover to the managed instance
#    mi-prod takes over with what it has hardened.  This cannot be taken back.
Write-Host '2. Force the failover to the managed instance'
if ('Sales' -cne $ConfirmDatabase) { throw 'Data may be lost: put in the name of the database, Sales, to go on.' }
Start-AzSqlInstanceLinkFailover -ResourceGroupName $ResourceGroup -InstanceName $InstanceName -Name $LinkName -FailoverType 'ForcedAllowDataLoss' -Force | Out-Null

# 3. Wait until the instance’s database is writable
#    Watches Sales on mi-prod until it accepts writes: this is the end of the outage.
Write-Host '3. Wait until the instance’’s database is writable'
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

# 4. Back up the copy on SQLPROD01
#    A full copy-only backup of Sales to D:\Backup\Sales.bak: what SQLPROD01 alone has is thrown away afterwards.
Write-Host '4. Back up the copy on SQLPROD01'
Invoke-OnSqlServer @'
SET NOCOUNT ON;
IF CASE WHEN @@SERVERNAME = N'SQLPROD01' AND SERVERPROPERTY('EngineEdition') <> 8 THEN 1 ELSE 0 END = 0
  THROW 50000, N'Wrong server: this section is for SQLPROD01.', 1;
BACKUP DATABASE [Sales] TO DISK = N'D:\Backup\Sales.bak' WITH COPY_ONLY, CHECKSUM;
'@ | Format-Table -AutoSize

# 5. Make SQLPROD01 secondary
#    SQLPROD01 stops accepting writes and follows mi-prod. What SQLPROD01 alone has committed is thrown away.
Write-Host '5. Make SQLPROD01 secondary'
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
ALTER AVAILABILITY GROUP [DAG_Sales] SET (ROLE = SECONDARY);
'@ | Format-Table -AutoSize

# 6. Wait until both sides show their new roles
#    mi-prod must show itself as primary and SQLPROD01 as secondary.
Write-Host '6. Wait until both sides show their new roles'
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

# 7. Resume data movement
#    Resumes Sales where it is suspended, and waits until the new secondary receives again.
Write-Host '7. Resume data movement'
Invoke-OnSqlServer @'
SET NOCOUNT ON;
IF CASE WHEN @@SERVERNAME = N'SQLPROD01' AND SERVERPROPERTY('EngineEdition') <> 8 THEN 1 ELSE 0 END = 0
  THROW 50000, N'Wrong server: this section is for SQLPROD01.', 1;
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
'@ | Format-Table -AutoSize
Wait-Until -Seconds 600 -Otherwise 'Data movement is still suspended: look at the error log of SQLPROD01.' -Condition {
  (Invoke-OnSqlServer @'
SET NOCOUNT ON;
IF CASE WHEN @@SERVERNAME = N'SQLPROD01' AND SERVERPROPERTY('EngineEdition') <> 8 THEN 1 ELSE 0 END = 0
  THROW 50000, N'Wrong server: this section is for SQLPROD01.', 1;
SELECT CASE WHEN
  NOT EXISTS (
    SELECT 1
    FROM sys.dm_hadr_database_replica_states AS drs
    JOIN sys.databases AS db ON db.database_id = drs.database_id
    JOIN sys.availability_groups AS ag ON ag.group_id = drs.group_id
    WHERE ag.name = N'DAG_Sales' AND db.name IN (N'Sales')
      AND drs.is_suspended = 1
  )
THEN 1 ELSE 0 END AS answer;
'@).answer -eq 1
}

# 8. Verify the result
#    Checks that Sales is writable on mi-prod, what the other copy is, and that exactly the chosen groups are gone.
Write-Host '8. Verify the result'
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
