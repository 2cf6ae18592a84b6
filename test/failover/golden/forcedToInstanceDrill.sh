#!/usr/bin/env bash
# shellcheck disable=SC1112
# Forced failover of Sales from SQLPROD01 to mi-prod
# Link DAG_Sales, availability group AG_Sales, route forcedToInstance; made 2027-01-15T08:00:00.000Z
# Needs bash, the Azure CLI (signed in by az login) and sqlcmd. Every batch refuses to run on another server.

set -euo pipefail

subscription='11111111-2222-3333-4444-555555555555'
resource_group='rg-prod'
instance='mi-prod'
link='DAG_Sales'
# How sqlcmd connects to SQL Server: -E is Windows sign-in; for a SQL login put -U here and the password in SQLCMDPASSWORD.
sql_server=(-S 'SQLPROD01' -E)
# How sqlcmd connects to the instance: -G is Microsoft Entra ID.
managed_instance=(-S 'mi-prod.abc123.database.windows.net' -G)
confirm_database='' # Data may be lost: put in the name of the database, Sales, to go on.

az account set --subscription "$subscription"

on_sql_server() {
  sqlcmd "${sql_server[@]}" -d master -b -x -h -1 -W -i /dev/stdin
}

on_instance() {
  sqlcmd "${managed_instance[@]}" -d master -b -x -h -1 -W -i /dev/stdin
}

# wait_until SERVER SECONDS OTHERWISE: repeats the query of standard input until it answers 1.
wait_until() {
  local server=$1 deadline=$((SECONDS + $2)) otherwise=$3 query answer
  query=$(cat)
  while true; do
    answer=$("$server" <<<"$query") || answer="($answer)"
    if [[ ${answer//[[:space:]]/} == 1 ]]; then return 0; fi
    if ((SECONDS >= deadline)); then
      printf '%s %s\n' "$otherwise" "$answer" >&2
      return 1
    fi
    sleep 1
  done
}

# 1. Check both sides again
#    Reads SQLPROD01, mi-prod and Azure once more: roles, link identity, permissions, connection. Stops if anything speaks against the failover.
printf '%s\n' '1. Check both sides again'
on_sql_server <<'SQL'
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
GO
SQL

# *** POINT OF NO RETURN: after this step the only way is forward. ***
# 2. Force the failover to the managed instance
#    mi-prod takes over with what it has hardened.  This cannot be taken back.
printf '%s\n' '2. Force the failover to the managed instance'
if ! [[ $confirm_database == 'Sales' ]]; then
  printf '%s\n' 'Data may be lost: put in the name of the database, Sales, to go on.' >&2
  exit 1
fi
az sql mi link failover -g "$resource_group" --mi "$instance" -n "$link" --failover-type 'ForcedAllowDataLoss' -y -o none

# 3. Wait until the instance’s database is writable
#    Watches Sales on mi-prod until it accepts writes: this is the end of the outage.
printf '%s\n' '3. Wait until the instance’s database is writable'
wait_until on_instance 600 'Not writable in time: look at the databases; the way is only forward.' <<'SQL'
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
GO
SQL

# 4. Back up the copy on SQLPROD01
#    A full copy-only backup of Sales to D:\Backup\Sales.bak: what SQLPROD01 alone has is thrown away afterwards.
printf '%s\n' '4. Back up the copy on SQLPROD01'
on_sql_server <<'SQL'
SET NOCOUNT ON;
IF CASE WHEN @@SERVERNAME = N'SQLPROD01' AND SERVERPROPERTY('EngineEdition') <> 8 THEN 1 ELSE 0 END = 0
  THROW 50000, N'Wrong server: this section is for SQLPROD01.', 1;
BACKUP DATABASE [Sales] TO DISK = N'D:\Backup\Sales.bak' WITH COPY_ONLY, CHECKSUM;
GO
SQL

# 5. Make SQLPROD01 secondary
#    SQLPROD01 stops accepting writes and follows mi-prod. What SQLPROD01 alone has committed is thrown away.
printf '%s\n' '5. Make SQLPROD01 secondary'
on_sql_server <<'SQL'
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
GO
SQL

# 6. Wait until both sides show their new roles
#    mi-prod must show itself as primary and SQLPROD01 as secondary.
printf '%s\n' '6. Wait until both sides show their new roles'
wait_until on_instance 600 'The roles have not changed in time: look at both sides before you do anything else.' <<'SQL'
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
GO
SQL
wait_until on_sql_server 600 'The roles have not changed in time: look at both sides before you do anything else.' <<'SQL'
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
GO
SQL

# 7. Resume data movement
#    Resumes Sales where it is suspended, and waits until the new secondary receives again.
printf '%s\n' '7. Resume data movement'
on_sql_server <<'SQL'
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
GO
SQL
wait_until on_sql_server 600 'Data movement is still suspended: look at the error log of SQLPROD01.' <<'SQL'
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
GO
SQL

# 8. Verify the result
#    Checks that Sales is writable on mi-prod, what the other copy is, and that exactly the chosen groups are gone.
printf '%s\n' '8. Verify the result'
on_instance <<'SQL'
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
GO
SQL
on_sql_server <<'SQL'
SET NOCOUNT ON;
IF CASE WHEN @@SERVERNAME = N'SQLPROD01' AND SERVERPROPERTY('EngineEdition') <> 8 THEN 1 ELSE 0 END = 0
  THROW 50000, N'Wrong server: this section is for SQLPROD01.', 1;
SELECT name, state_desc, CONVERT(nvarchar(60), DATABASEPROPERTYEX(name, 'Updateability')) AS updateability FROM sys.databases WHERE name IN (N'Sales');
IF CASE WHEN EXISTS (SELECT 1 FROM sys.availability_groups WHERE name = N'DAG_Sales') THEN 1 ELSE 0 END = 0
  THROW 50008, N'DAG_Sales is no longer listed on SQL Server.', 1;
IF CASE WHEN EXISTS (SELECT 1 FROM sys.availability_groups WHERE name = N'AG_Sales') THEN 1 ELSE 0 END = 0
  THROW 50008, N'AG_Sales is no longer listed on SQL Server.', 1;
GO
SQL
