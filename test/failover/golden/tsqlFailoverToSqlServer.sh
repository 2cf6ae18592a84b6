#!/usr/bin/env bash
# shellcheck disable=SC1112
# Planned failover of Sales from mi-prod to SQLPROD01
# Link DAG_Sales, availability group AG_Sales, route tsqlFailoverToSqlServer; made 2027-01-15T08:00:00.000Z
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

lsn_on_sql_server() {
  on_sql_server <<'SQL'
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
GO
SQL
}

lsn_on_instance() {
  on_instance <<'SQL'
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
GO
SQL
}

# wait_equal_lsn SECONDS: sets proven_lsn.
wait_equal_lsn() {
  local deadline=$((SECONDS + $1)) here there times=0
  proven_lsn=''
  while true; do
    here=$(lsn_on_sql_server)
    there=$(lsn_on_instance)
    if [[ -n ${here//[[:space:]]/} && $here == "$there" && ($times -eq 0 || $here == "$proven_lsn") ]]; then
      times=$((times + 1))
    else
      times=0
    fi
    proven_lsn=$here
    if ((times >= 3)); then return 0; fi
    if ((SECONDS >= deadline)); then
      printf '%s\n' 'The two sides are not equal: stop here and put back what was changed.' >&2
      return 1
    fi
    sleep 2
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

# 2. Set the link to synchronous mode on SQL Server
#    From then on SQLPROD01 acknowledges a commit only after mi-prod has hardened it. Commits become slower by one round trip.
printf '%s\n' '2. Set the link to synchronous mode on SQL Server'
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
ALTER AVAILABILITY GROUP [DAG_Sales] MODIFY AVAILABILITY GROUP ON
  N'AG_Sales' WITH (AVAILABILITY_MODE = SYNCHRONOUS_COMMIT),
  N'mi-prod' WITH (AVAILABILITY_MODE = SYNCHRONOUS_COMMIT);
GO
SQL

# 3. Set the link to synchronous mode on the managed instance
#    Asks Azure to set the replication mode of DAG_Sales to Sync. If the instance does not need it, the failover goes on.
printf '%s\n' '3. Set the link to synchronous mode on the managed instance'
az sql mi link update -g "$resource_group" --mi "$instance" -n "$link" --replication-mode 'Sync' -o none || printf '%s\n' 'Azure did not do this; the script goes on without it.' >&2

# 4. Wait until the databases are synchronized
#    Waits until SQLPROD01 has received everything and both sides show SYNCHRONIZED; at most 300 s. Otherwise everything is put back.
printf '%s\n' '4. Wait until the databases are synchronized'
wait_until on_sql_server 300 'Not synchronized in time: stop here and put back what was changed.' <<'SQL'
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
GO
SQL

# 5. Wait until both sides are equal and nobody writes
#    The workload must be stopped now. Waits until the hardened LSNs are equal and stable, the queues are empty and no transaction is open; within the same 300 s. Otherwise everything is put back and mi-prod stays primary.
printf '%s\n' '5. Wait until both sides are equal and nobody writes'
printf '%s\n' 'The workload must be stopped now, and stay stopped.'
wait_until on_instance 300 'Somebody still has a transaction open: stop here and put back what was changed.' <<'SQL'
SET NOCOUNT ON;
IF CASE WHEN @@SERVERNAME IN (N'mi-prod.abc123.database.windows.net', N'mi-prod') AND SERVERPROPERTY('EngineEdition') = 8 THEN 1 ELSE 0 END = 0
  THROW 50000, N'Wrong server: this section is for mi-prod.abc123.database.windows.net.', 1;
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
GO
SQL
wait_equal_lsn 300
printf '%s %s\n' 'Equal on both sides, hardened LSN:' "$proven_lsn"

# 6. Check roles, link identity and writers once more
#    One last look at both sides in the same breath as the cut. If anything moved, everything is put back.
printf '%s\n' '6. Check roles, link identity and writers once more'
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
GO
SQL
on_instance <<'SQL'
SET NOCOUNT ON;
IF CASE WHEN @@SERVERNAME IN (N'mi-prod.abc123.database.windows.net', N'mi-prod') AND SERVERPROPERTY('EngineEdition') = 8 THEN 1 ELSE 0 END = 0
  THROW 50000, N'Wrong server: this section is for mi-prod.abc123.database.windows.net.', 1;
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
GO
SQL
if ! [[ $(lsn_on_instance) == "$proven_lsn" ]]; then
  printf '%s\n' 'The log has moved: somebody is still writing. Nothing was cut.' >&2
  exit 1
fi

# *** POINT OF NO RETURN: after this step the only way is forward. ***
# 7. Fail over on mi-prod
#    SQLPROD01 becomes primary and mi-prod its secondary; the link DAG_Sales stays. This cannot be taken back, only failed over again.
printf '%s\n' '7. Fail over on mi-prod'
on_instance <<'SQL'
SET NOCOUNT ON;
IF CASE WHEN @@SERVERNAME IN (N'mi-prod.abc123.database.windows.net', N'mi-prod') AND SERVERPROPERTY('EngineEdition') = 8 THEN 1 ELSE 0 END = 0
  THROW 50000, N'Wrong server: this section is for mi-prod.abc123.database.windows.net.', 1;
IF CASE WHEN
  EXISTS (
    SELECT 1 FROM sys.availability_groups AS ag
    JOIN sys.dm_hadr_availability_replica_states AS rs ON rs.group_id = ag.group_id AND rs.is_local = 1
    WHERE ag.is_distributed = 1 AND ag.name = N'DAG_Sales' AND rs.role_desc = N'PRIMARY'
  )
THEN 1 ELSE 0 END = 0
  THROW 50004, N'This server is not the primary of DAG_Sales: nothing was changed.', 1;
ALTER AVAILABILITY GROUP [DAG_Sales] FAILOVER;
GO
SQL

# 8. Wait until SQL Server’s database is writable
#    Watches Sales on SQLPROD01 until it accepts writes: this is the end of the outage.
printf '%s\n' '8. Wait until SQL Server’s database is writable'
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

# 9. Wait until both sides show their new roles
#    SQLPROD01 must show itself as primary and mi-prod as secondary.
printf '%s\n' '9. Wait until both sides show their new roles'
wait_until on_sql_server 600 'The roles have not changed in time: look at both sides before you do anything else.' <<'SQL'
SET NOCOUNT ON;
IF CASE WHEN @@SERVERNAME = N'SQLPROD01' AND SERVERPROPERTY('EngineEdition') <> 8 THEN 1 ELSE 0 END = 0
  THROW 50000, N'Wrong server: this section is for SQLPROD01.', 1;
SELECT CASE WHEN
  EXISTS (
    SELECT 1 FROM sys.availability_groups AS ag
    JOIN sys.dm_hadr_availability_replica_states AS rs ON rs.group_id = ag.group_id AND rs.is_local = 1
    WHERE ag.is_distributed = 1 AND ag.name = N'DAG_Sales' AND rs.role_desc = N'PRIMARY'
  )
THEN 1 ELSE 0 END AS answer;
GO
SQL
wait_until on_instance 600 'The roles have not changed in time: look at both sides before you do anything else.' <<'SQL'
SET NOCOUNT ON;
IF CASE WHEN @@SERVERNAME IN (N'mi-prod.abc123.database.windows.net', N'mi-prod') AND SERVERPROPERTY('EngineEdition') = 8 THEN 1 ELSE 0 END = 0
  THROW 50000, N'Wrong server: this section is for mi-prod.abc123.database.windows.net.', 1;
SELECT CASE WHEN
  EXISTS (
    SELECT 1 FROM sys.availability_groups AS ag
    JOIN sys.dm_hadr_availability_replica_states AS rs ON rs.group_id = ag.group_id AND rs.is_local = 1
    WHERE ag.is_distributed = 1 AND ag.name = N'DAG_Sales' AND rs.role_desc = N'SECONDARY'
  )
THEN 1 ELSE 0 END AS answer;
GO
SQL

# 10. Set the link to asynchronous mode on the managed instance
#    Asks Azure to set the replication mode of DAG_Sales to Async. If the instance does not need it, the failover goes on.
printf '%s\n' '10. Set the link to asynchronous mode on the managed instance'
az sql mi link update -g "$resource_group" --mi "$instance" -n "$link" --replication-mode 'Async' -o none || printf '%s\n' 'Azure did not do this; the script goes on without it.' >&2

# 11. Set the link to asynchronous mode on SQL Server
#    Commits no longer wait for the other side.
printf '%s\n' '11. Set the link to asynchronous mode on SQL Server'
on_sql_server <<'SQL'
SET NOCOUNT ON;
IF CASE WHEN @@SERVERNAME = N'SQLPROD01' AND SERVERPROPERTY('EngineEdition') <> 8 THEN 1 ELSE 0 END = 0
  THROW 50000, N'Wrong server: this section is for SQLPROD01.', 1;
ALTER AVAILABILITY GROUP [DAG_Sales] MODIFY AVAILABILITY GROUP ON
  N'AG_Sales' WITH (AVAILABILITY_MODE = ASYNCHRONOUS_COMMIT),
  N'mi-prod' WITH (AVAILABILITY_MODE = ASYNCHRONOUS_COMMIT);
GO
SQL

# 12. Verify the result
#    Checks that Sales is writable on SQLPROD01, what the other copy is, and that exactly the chosen groups are gone.
printf '%s\n' '12. Verify the result'
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

# Only when you stop before the point of no return: this puts back what the script has changed, in this order.
# [Azure]
# az sql mi link update -g "$resource_group" --mi "$instance" -n "$link" --replication-mode 'Async' -o none
# [SQLPROD01]
# on_sql_server <<'SQL'
# SET NOCOUNT ON;
# IF CASE WHEN @@SERVERNAME = N'SQLPROD01' AND SERVERPROPERTY('EngineEdition') <> 8 THEN 1 ELSE 0 END = 0
#   THROW 50000, N'Wrong server: this section is for SQLPROD01.', 1;
# ALTER AVAILABILITY GROUP [DAG_Sales] MODIFY AVAILABILITY GROUP ON
#   N'AG_Sales' WITH (AVAILABILITY_MODE = ASYNCHRONOUS_COMMIT),
#   N'mi-prod' WITH (AVAILABILITY_MODE = ASYNCHRONOUS_COMMIT);
# GO
# SQL
