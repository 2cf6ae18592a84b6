import type { SessionView } from '../contract.ts';
import { type Reading, type Row, view } from './view.ts';

/** Sessions, requests, connections and transactions. */

/** All sessions for those with VIEW SERVER STATE, else the reader's own. */
const visible = ({ instance, viewer }: Reading): readonly SessionView[] =>
  instance.hasServerPermission(viewer.login, 'VIEW SERVER STATE')
    ? instance.sessions()
    : instance.sessions().filter(session => session.id === viewer.id);

const seesAll = ({ instance, viewer }: Reading) => instance.hasServerPermission(viewer.login, 'VIEW SERVER STATE');

const inTransaction = (reading: Reading) => reading.instance.sessions().filter(session => session.transaction);

/** Background sessions that every server has: they hold database 1 and never go away. */
const systemSessions = [
  [4, 'UNKNOWN TOKEN'],
  [9, 'RECOVERY WRITER'],
  [11, 'LAZY WRITER'],
  [12, 'LOG WRITER'],
  [22, 'CHECKPOINT'],
  [26, 'TASK MANAGER'],
] as const;

/** A stable 16-byte handle for a text, so that equal statements share it. */
function handle(text: string): Uint8Array {
  let hash = 2166136261;
  return Uint8Array.from({ length: 20 }, (_, index) => {
    hash = Math.imul(hash ^ text.charCodeAt(index % Math.max(1, text.length)) ^ index, 16777619) >>> 0;
    return hash & 0xff;
  });
}

const status = (session: SessionView): string => {
  if (!session.request) return 'sleeping';
  return session.request.waitType ? 'suspended' : 'running';
};

function sessionRow(reading: Reading, session: SessionView): Row {
  return {
    session_id: session.id,
    login_time: session.connectedAt,
    host_name: session.hostName,
    program_name: session.programName,
    host_process_id: 4000 + session.id,
    security_id: session.login.sid,
    login_name: session.login.name,
    nt_domain: '',
    nt_user_name: '',
    status: status(session) === 'sleeping' ? 'sleeping' : 'running',
    last_request_start_time: session.lastRequestStartedAt,
    last_request_end_time: session.lastRequestEndedAt || null,
    original_security_id: session.login.sid,
    original_login_name: session.login.name,
    database_id: session.databaseId,
    authenticating_database_id: 1,
    open_transaction_count: session.transaction ? 1 : 0,
    total_elapsed_time: Math.max(0, reading.now - session.connectedAt),
  };
}

const systemSessionRows = ({ instance }: Reading): readonly Row[] =>
  systemSessions.map(([id]) => ({
    session_id: id,
    login_time: instance.startedAt,
    security_id: Uint8Array.of(1),
    login_name: 'sa',
    status: 'sleeping',
    is_user_process: false,
    last_request_start_time: instance.startedAt,
    original_security_id: Uint8Array.of(1),
    original_login_name: 'sa',
    database_id: 1,
    authenticating_database_id: null,
    open_transaction_count: 0,
  }));

const usedIn = (session: SessionView, databaseId: number) => session.transaction?.logBytes.get(databaseId) ?? 0;

/** A session holds a shared lock on its database; a writing transaction also locks what it wrote. */
const lockRows = (session: SessionView): readonly Row[] => {
  const base = { request_session_id: session.id, request_owner_type: 'SHARED_TRANSACTION_WORKSPACE' };
  const shared = { ...base, resource_type: 'DATABASE', resource_database_id: session.databaseId, request_mode: 'S' };
  const written = [...(session.transaction?.logBytes ?? [])].map(([databaseId]) => ({
    ...base,
    resource_type: 'OBJECT',
    resource_database_id: databaseId,
    request_mode: 'IX',
    request_owner_type: 'TRANSACTION',
    request_owner_id: session.transaction?.id,
  }));
  return [shared, ...written];
};

/** sys.dm_exec_*, sys.dm_tran_* and their old forms. */
export const sessionViews = [
  view(
    'sys.dm_exec_sessions',
    `session_id smallint, login_time datetime, host_name nvarchar(128), program_name nvarchar(128), host_process_id int, client_version int = 7,
     client_interface_name nvarchar(32) = .Net SqlClient Data Provider, security_id varbinary(85), login_name nvarchar(128), nt_domain nvarchar(128),
     nt_user_name nvarchar(128), status nvarchar(30), context_info varbinary(128), cpu_time int = 0, memory_usage int = 2,
     total_scheduled_time int = 0, total_elapsed_time int = 0, endpoint_id int = 4, last_request_start_time datetime, last_request_end_time datetime,
     reads bigint = 0, writes bigint = 0, logical_reads bigint = 0, is_user_process bit = 1, text_size int = 2147483647,
     language nvarchar(128) = us_english, date_format nvarchar(3) = mdy, date_first smallint = 7, quoted_identifier bit = 1, arithabort bit = 1,
     ansi_null_dflt_on bit = 1, ansi_defaults bit = 0, ansi_warnings bit = 1, ansi_padding bit = 1, ansi_nulls bit = 1,
     concat_null_yields_null bit = 1, transaction_isolation_level smallint = 2, lock_timeout int = -1, deadlock_priority int = 0,
     row_count bigint = 0, prev_error int = 0, original_security_id varbinary(85), original_login_name nvarchar(128),
     last_successful_logon datetime, last_unsuccessful_logon datetime, unsuccessful_logons bigint, group_id int = 2, database_id smallint,
     authenticating_database_id int, open_transaction_count int, page_server_reads bigint = 0 @15, contained_availability_group_id uniqueidentifier @16`,
    reading => [
      ...(seesAll(reading) ? systemSessionRows(reading) : []),
      ...visible(reading).map(session => sessionRow(reading, session)),
    ],
  ),
  view(
    'sys.dm_exec_requests',
    `session_id smallint, request_id int = 0, start_time datetime, status nvarchar(30), command nvarchar(32), sql_handle varbinary(64),
     statement_start_offset int = 0, statement_end_offset int = -1, plan_handle varbinary(64), database_id smallint, user_id int = 1,
     connection_id uniqueidentifier, blocking_session_id smallint = 0, wait_type nvarchar(60), wait_time int = 0, last_wait_type nvarchar(60) = MISCELLANEOUS,
     wait_resource nvarchar(256) = , open_transaction_count int = 0, open_resultset_count int = 1, transaction_id bigint, context_info varbinary(128),
     percent_complete real = 0, estimated_completion_time bigint = 0, cpu_time int = 0, total_elapsed_time int, scheduler_id int = 0,
     task_address varbinary(8), reads bigint = 0, writes bigint = 0, logical_reads bigint = 0, text_size int = 2147483647,
     language nvarchar(128) = us_english, date_format nvarchar(3) = mdy, date_first smallint = 7, quoted_identifier bit = 1, arithabort bit = 1,
     ansi_null_dflt_on bit = 1, ansi_defaults bit = 0, ansi_warnings bit = 1, ansi_padding bit = 1, ansi_nulls bit = 1,
     concat_null_yields_null bit = 1, transaction_isolation_level smallint = 2, lock_timeout int = -1, deadlock_priority int = 0,
     row_count bigint = 0, prev_error int = 0, nest_level int = 0, granted_query_memory int = 0, executing_managed_code bit = 0, group_id int = 2,
     query_hash binary(8), query_plan_hash binary(8), statement_sql_handle varbinary(64), statement_context_id bigint, dop int = 1,
     parallel_worker_count int, external_script_request_id uniqueidentifier, is_resumable bit = 0 @14, page_resource binary(8) @15,
     page_server_reads bigint = 0 @15, dist_statement_id uniqueidentifier @16`,
    reading =>
      visible(reading).flatMap(session => {
        const { request } = session;
        if (!request) return [];
        return [
          {
            session_id: session.id,
            start_time: request.startedAt,
            status: status(session),
            command: request.command,
            sql_handle: handle(request.text),
            database_id: request.databaseId,
            wait_type: request.waitType,
            wait_time: request.waitType ? Math.max(0, reading.now - request.startedAt) : 0,
            open_transaction_count: session.transaction ? 1 : 0,
            transaction_id: session.transaction?.id,
            total_elapsed_time: Math.max(0, reading.now - request.startedAt),
          },
        ];
      }),
  ),
  view(
    'sys.dm_exec_connections',
    `session_id int, most_recent_session_id int, connect_time datetime, net_transport nvarchar(40) = TCP, protocol_type nvarchar(40) = TSQL,
     protocol_version int = 1946157060, endpoint_id int = 4, encrypt_option nvarchar(40), auth_scheme nvarchar(40) = SQL, node_affinity smallint = 0,
     num_reads int = 1, num_writes int = 1, last_read datetime, last_write datetime, net_packet_size int = 4096, client_net_address nvarchar(48),
     client_tcp_port int, local_net_address nvarchar(48), local_tcp_port int = 1433, connection_id uniqueidentifier, parent_connection_id uniqueidentifier,
     most_recent_sql_handle varbinary(64)`,
    reading =>
      reading.instance.sessions().map(session => ({
        session_id: session.id,
        most_recent_session_id: session.id,
        connect_time: session.connectedAt,
        encrypt_option: session.encrypted ? 'TRUE' : 'FALSE',
        last_read: session.lastRequestStartedAt,
        last_write: session.lastRequestEndedAt,
        client_net_address: session.clientAddress,
        local_net_address: '10.20.0.10',
      })),
    'VIEW SERVER STATE',
  ),
  view(
    'sys.dm_tran_active_transactions',
    `transaction_id bigint, name nvarchar(32) = user_transaction, transaction_begin_time datetime, transaction_type int = 1,
     transaction_uow uniqueidentifier, transaction_state int = 2, transaction_status int = 0, transaction_status2 int = 258, dtc_state int = 0,
     dtc_status int = 0, dtc_isolation_level int = -1, filestream_transaction_id varbinary(128)`,
    reading =>
      inTransaction(reading).map(({ transaction }) => ({
        transaction_id: transaction?.id,
        transaction_begin_time: transaction?.begunAt,
      })),
    'VIEW SERVER STATE',
  ),
  view(
    'sys.dm_tran_session_transactions',
    `session_id int, transaction_id bigint, transaction_descriptor binary(8), enlist_count int = 1, is_user_transaction bit = 1, is_local bit = 1,
     is_enlisted bit = 0, is_bound bit = 0, open_transaction_count int = 1`,
    reading =>
      inTransaction(reading).map(({ id, transaction }) => ({
        session_id: id,
        transaction_id: transaction?.id,
        transaction_descriptor: Uint8Array.of(id & 0xff, 0, 0, 0, 0x34, 0, 0, 0),
      })),
    'VIEW SERVER STATE',
  ),
  view(
    'sys.dm_tran_database_transactions',
    `transaction_id bigint, database_id int, database_transaction_begin_time datetime, database_transaction_type int = 1,
     database_transaction_state int, database_transaction_status int = 0, database_transaction_status2 int = 258,
     database_transaction_log_record_count bigint, database_transaction_replicate_record_count int = 0,
     database_transaction_log_bytes_used bigint, database_transaction_log_bytes_reserved bigint, database_transaction_log_bytes_used_system int = 0,
     database_transaction_log_bytes_reserved_system int = 0, database_transaction_begin_lsn numeric(25,0), database_transaction_last_lsn numeric(25,0),
     database_transaction_most_recent_savepoint_lsn numeric(25,0), database_transaction_commit_lsn numeric(25,0),
     database_transaction_last_rollback_lsn numeric(25,0), database_transaction_next_undo_lsn numeric(25,0)`,
    reading =>
      inTransaction(reading).flatMap(session => {
        const databases = new Set([session.databaseId, ...(session.transaction?.logBytes.keys() ?? [])]);
        return [...databases].map(databaseId => {
          const bytes = usedIn(session, databaseId);
          const begin = reading.instance.database(databaseId)?.log.end;
          return {
            transaction_id: session.transaction?.id,
            database_id: databaseId,
            // NULL until the transaction writes here.
            database_transaction_begin_time: bytes > 0 ? session.transaction?.begunAt : null,
            database_transaction_state: bytes > 0 ? 4 : 3,
            database_transaction_log_record_count: bytes > 0 ? 1 + Math.ceil(bytes / 200) : 0,
            database_transaction_log_bytes_used: bytes,
            database_transaction_log_bytes_reserved: bytes,
            database_transaction_begin_lsn: bytes > 0 ? begin : null,
            database_transaction_last_lsn: bytes > 0 ? begin : null,
          };
        });
      }),
    'VIEW SERVER STATE',
  ),
  view(
    'sys.dm_tran_locks',
    `resource_type nvarchar(60), resource_subtype nvarchar(60) = , resource_database_id int, resource_description nvarchar(256) = ,
     resource_associated_entity_id bigint = 0, resource_lock_partition int = 0, request_mode nvarchar(60), request_type nvarchar(60) = LOCK,
     request_status nvarchar(60) = GRANT, request_reference_count smallint = 1, request_lifetime int = 0, request_session_id int,
     request_exec_context_id int = 0, request_request_id int = 0, request_owner_type nvarchar(60), request_owner_id bigint = 0,
     request_owner_guid uniqueidentifier, request_owner_lockspace_id nvarchar(32), lock_owner_address varbinary(8)`,
    reading => reading.instance.sessions().flatMap(lockRows),
    'VIEW SERVER STATE',
  ),
  view(
    'sys.dm_os_waiting_tasks',
    `waiting_task_address varbinary(8), session_id smallint, exec_context_id int = 0, wait_duration_ms bigint, wait_type nvarchar(60),
     resource_address varbinary(8), blocking_task_address varbinary(8), blocking_session_id smallint, blocking_exec_context_id int,
     resource_description nvarchar(3072)`,
    reading =>
      reading.instance
        .sessions()
        .filter(session => session.request?.waitType !== undefined)
        .map(session => ({
          session_id: session.id,
          wait_duration_ms: Math.max(0, reading.now - (session.request?.startedAt ?? reading.now)),
          wait_type: session.request?.waitType,
        })),
    'VIEW SERVER STATE',
  ),
  view(
    'sys.sysprocesses',
    `spid smallint, kpid smallint = 0, blocked smallint = 0, waittype binary(2), waittime bigint = 0, lastwaittype nchar(32) = MISCELLANEOUS,
     waitresource nchar(256) = , dbid smallint, uid smallint = 1, cpu int = 0, physical_io bigint = 0, memusage int = 2, login_time datetime,
     last_batch datetime, ecid smallint = 0, open_tran smallint, status nchar(30), sid binary(86), hostname nchar(128), program_name nchar(128),
     hostprocess nchar(10) = , cmd nchar(26), nt_domain nchar(128) = , nt_username nchar(128) = , net_address nchar(12) = , net_library nchar(12) = TCP/IP,
     loginame nchar(128), context_info binary(128), sql_handle binary(20), stmt_start int = 0, stmt_end int = 0, request_id int = 0`,
    reading =>
      visible(reading).map(session => ({
        spid: session.id,
        dbid: session.databaseId,
        login_time: session.connectedAt,
        last_batch: session.lastRequestStartedAt,
        open_tran: session.transaction ? 1 : 0,
        status: status(session),
        hostname: session.hostName,
        program_name: session.programName,
        cmd: session.request?.command ?? 'AWAITING COMMAND',
        loginame: session.login.name,
      })),
  ),
];
