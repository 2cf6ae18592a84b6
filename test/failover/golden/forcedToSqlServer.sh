#!/usr/bin/env bash
# shellcheck disable=SC1112
# Forced failover of Sales from mi-prod to SQLPROD01
# Link DAG_Sales, availability group AG_Sales, route forcedToSqlServer; made 2027-01-15T08:00:00.000Z
# Needs bash, the Azure CLI (signed in by az login) and sqlcmd. Every batch refuses to run on another server.

set -euo pipefail

# How sqlcmd connects to SQL Server: -E is Windows sign-in; for a SQL login put -U here and the password in SQLCMDPASSWORD.
sql_server=(-S 'SQLPROD01' -E)
confirm_database='' # Data may be lost: put in the name of the database, Sales, to go on.

on_sql_server() {
  sqlcmd "${sql_server[@]}" -d master -b -x -h -1 -W -i /dev/stdin
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
GO
SQL

# *** POINT OF NO RETURN: after this step the only way is forward. ***
# 2. Force the failover to SQL Server
#    SQLPROD01 takes over with what it has hardened.  This cannot be taken back.
printf '%s\n' '2. Force the failover to SQL Server'
if ! [[ $confirm_database == 'Sales' ]]; then
  printf '%s\n' 'Data may be lost: put in the name of the database, Sales, to go on.' >&2
  exit 1
fi
on_sql_server <<'SQL'
SET NOCOUNT ON;
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
ALTER AVAILABILITY GROUP [DAG_Sales] FORCE_FAILOVER_ALLOW_DATA_LOSS;
GO
SQL

# 3. Wait until SQL Server’s database is writable
#    Watches Sales on SQLPROD01 until it accepts writes: this is the end of the outage.
printf '%s\n' '3. Wait until SQL Server’s database is writable'
wait_until on_sql_server 600 'Not writable in time: look at the databases; the way is only forward.' <<'SQL'
SET NOCOUNT ON;
IF CASE WHEN @@SERVERNAME = N'SQLPROD01' AND SERVERPROPERTY('EngineEdition') <> 8 THEN 1 ELSE 0 END = 0
  THROW 50000, N'Wrong server: this section is for SQLPROD01.', 1;
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

# 4. Verify the result
#    Checks that Sales is writable on SQLPROD01, what the other copy is, and that exactly the chosen groups are gone.
printf '%s\n' '4. Verify the result'
on_sql_server <<'SQL'
SET NOCOUNT ON;
IF CASE WHEN @@SERVERNAME = N'SQLPROD01' AND SERVERPROPERTY('EngineEdition') <> 8 THEN 1 ELSE 0 END = 0
  THROW 50000, N'Wrong server: this section is for SQLPROD01.', 1;
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
GO
SQL
