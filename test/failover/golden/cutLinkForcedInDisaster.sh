#!/usr/bin/env bash
# shellcheck disable=SC1112
# Forced failover of Sales from SQLPROD01 to mi-prod
# Link DAG_Sales, availability group AG_Sales, route cutLinkForced; made 2027-01-15T08:00:00.000Z
# Needs bash, the Azure CLI (signed in by az login) and sqlcmd. Every batch refuses to run on another server.

set -euo pipefail

subscription='11111111-2222-3333-4444-555555555555'
resource_group='rg-prod'
instance='mi-prod'
link='DAG_Sales'
# How sqlcmd connects to the instance: -G is Microsoft Entra ID.
managed_instance=(-S 'mi-prod.abc123.database.windows.net' -G)
confirm_database='' # Data may be lost: put in the name of the database, Sales, to go on.

az account set --subscription "$subscription"

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

# 4. Delete the link in Azure
#    Removes the link DAG_Sales: from then on the databases on both sides have nothing to do with each other.
printf '%s\n' '4. Delete the link in Azure'
az sql mi link delete -g "$resource_group" --mi "$instance" -n "$link" -y

# 5. Verify the result
#    Checks that Sales is writable on mi-prod, what the other copy is, and that exactly the chosen groups are gone.
printf '%s\n' '5. Verify the result'
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
