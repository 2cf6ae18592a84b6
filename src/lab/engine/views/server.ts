import { configurations } from '../catalog.ts';
import { type Row, view } from './view.ts';

/** The server itself: configuration, host, counters, linked servers, trace flags. */

const linkedServerRow = (name: string, id: number): Row => ({ server_id: id, name });

/** Configuration, host, counters and linked servers. */
export const serverViews = [
  view(
    'sys.configurations',
    `configuration_id int, name nvarchar(35), value int, minimum int, maximum int, value_in_use int, description nvarchar(255), is_dynamic bit = 1,
     is_advanced bit = 0`,
    () => configurations.map(({ id, ...rest }) => ({ configuration_id: id, ...rest, value_in_use: rest.value })),
  ),
  view(
    'sys.servers',
    `server_id int, name sysname, product sysname = SQL Server, provider sysname = SQLNCLI, data_source nvarchar(4000), location nvarchar(4000),
     provider_string nvarchar(4000), catalog sysname, connect_timeout int = 0, query_timeout int = 0, is_linked bit = 1,
     is_remote_login_enabled bit = 1, is_rpc_out_enabled bit = 0, is_data_access_enabled bit = 1, is_collation_compatible bit = 0,
     uses_remote_collation bit = 1, collation_name sysname, lazy_schema_validation bit = 0, is_system bit = 0, is_publisher bit = 0,
     is_subscriber bit = 0, is_distributor bit = 0, is_nonsql_subscriber bit = 0, is_remote_proc_transaction_promotion_enabled bit = 1,
     modify_date datetime, is_rda_server bit = 0`,
    reading => [
      {
        ...linkedServerRow(reading.instance.name, 0),
        data_source: reading.instance.name,
        is_linked: false,
        is_rpc_out_enabled: true,
        is_data_access_enabled: false,
        modify_date: reading.instance.startedAt,
      },
      ...reading.instance.linkedServers.map((server, index) => ({
        ...linkedServerRow(server.name, index + 1),
        product: server.product,
        provider: server.provider,
        data_source: server.dataSource,
        modify_date: server.modifiedAt,
      })),
    ],
  ),
  view(
    'sys.linked_logins',
    'server_id int, local_principal_id int = 0, uses_self_credential bit = 1, remote_name sysname, modify_date datetime',
    ({ instance }) =>
      instance.linkedServers.map((server, index) => ({ server_id: index + 1, modify_date: server.modifiedAt })),
  ),
  view(
    'sys.credentials',
    `credential_id int, name sysname, credential_identity nvarchar(4000), create_date datetime, modify_date datetime, target_type nvarchar(100), target_id int`,
    () => [],
  ),
  view(
    'sys.server_triggers',
    `name sysname, object_id int, parent_class tinyint = 100, parent_class_desc nvarchar(60) = SERVER, parent_id int = 0, type char(2) = TR,
     type_desc nvarchar(60) = SQL_TRIGGER, create_date datetime, modify_date datetime, is_ms_shipped bit = 0, is_disabled bit = 0`,
    () => [],
  ),
  view(
    'sys.dm_os_sys_info',
    `cpu_ticks bigint, ms_ticks bigint, cpu_count int = 8, hyperthread_ratio int = 8, physical_memory_kb bigint = 33553968,
     virtual_memory_kb bigint = 137438953344, committed_kb bigint = 8123456, committed_target_kb bigint = 29360128, visible_target_kb bigint = 29360128,
     stack_size_in_bytes int = 2093056, os_quantum bigint = 4, os_error_mode int = 5, os_priority_class int = 32, max_workers_count int = 576,
     scheduler_count int = 8, scheduler_total_count int = 21, deadlock_monitor_serial_number int = 0, sqlserver_start_time_ms_ticks bigint,
     sqlserver_start_time datetime, affinity_type int = 2, affinity_type_desc nvarchar(60) = AUTO, process_kernel_time_ms bigint = 81234,
     process_user_time_ms bigint = 512345, time_source int = 0, time_source_desc nvarchar(60) = QUERY_PERFORMANCE_COUNTER,
     virtual_machine_type int = 1, virtual_machine_type_desc nvarchar(60) = HYPERVISOR, softnuma_configuration int = 0,
     softnuma_configuration_desc nvarchar(60) = OFF, process_physical_affinity nvarchar(3072), sql_memory_model int = 1,
     sql_memory_model_desc nvarchar(60) = CONVENTIONAL, socket_count int = 1, cores_per_socket int = 8, numa_node_count int = 1,
     container_type int = 0 @15, container_type_desc nvarchar(60) = NONE @15`,
    ({ instance, now }) => [
      {
        cpu_ticks: BigInt(Math.max(0, now - instance.startedAt)) * 2_500_000n,
        ms_ticks: Math.max(0, Math.floor(now - instance.startedAt)) + 60_000,
        sqlserver_start_time_ms_ticks: 60_000,
        sqlserver_start_time: instance.startedAt,
      },
    ],
    'VIEW SERVER STATE',
  ),
  view(
    'sys.dm_os_host_info',
    `host_platform nvarchar(256) = Windows, host_distribution nvarchar(256) = Windows Server 2022 Standard, host_release nvarchar(256) = 10.0,
     host_service_pack_level nvarchar(256) = , host_sku int = 7, os_language_version int = 1033, host_architecture nvarchar(256) = X64 @15`,
    () => [{}],
    'VIEW SERVER STATE',
  ),
  view(
    'sys.dm_server_services',
    `servicename nvarchar(256), startup_type int = 2, startup_type_desc nvarchar(256) = Automatic, status int = 4, status_desc nvarchar(256) = Running,
     process_id int, last_startup_time datetimeoffset(7), service_account nvarchar(256), filename nvarchar(256), is_clustered nvarchar(1) = N,
     cluster_nodename nvarchar(256), instant_file_initialization_enabled nvarchar(1) = Y`,
    ({ instance }) =>
      instance.isManagedInstance
        ? []
        : [
            {
              servicename: 'SQL Server (MSSQLSERVER)',
              process_id: 4316,
              last_startup_time: instance.startedAt,
              service_account: 'NT Service\\MSSQLSERVER',
            },
            {
              servicename: 'SQL Server Agent (MSSQLSERVER)',
              process_id: 5120,
              last_startup_time: instance.startedAt,
              service_account: 'NT Service\\SQLSERVERAGENT',
            },
          ],
    'VIEW SERVER STATE',
  ),
  view(
    'sys.dm_tcp_listener_states',
    `listener_id int, ip_address nvarchar(48), is_ipv4 bit, port int, type smallint, type_desc nvarchar(20), state smallint = 0,
     state_desc nvarchar(16) = ONLINE, start_time datetime`,
    ({ instance }) => {
      const listeners = [
        [1, '::', 1433, 0, 'TSQL'],
        [2, '0.0.0.0', 1433, 0, 'TSQL'],
        [3, '::', 5022, 2, 'DATABASE_MIRRORING'],
        [4, '0.0.0.0', 5022, 2, 'DATABASE_MIRRORING'],
      ] as const;
      return listeners.map(([id, address, port, type, text]) => ({
        listener_id: id,
        ip_address: address,
        is_ipv4: address !== '::',
        port,
        type,
        type_desc: text,
        start_time: instance.startedAt,
      }));
    },
    'VIEW SERVER STATE',
  ),
  view(
    'sys.dm_os_performance_counters',
    'object_name nchar(128), counter_name nchar(128), instance_name nchar(128), cntr_value bigint, cntr_type int',
    ({ instance }) =>
      instance
        .databases()
        .filter(database => database.isUser)
        .flatMap(database => {
          const outbound = [...database.streams].reduce((sum, stream) => sum + stream.sendQueueKb, 0);
          const kept = database.log.kept.reduce((sum, record) => sum + record.bytes, 0);
          const counter = (object: string, name: string, value: number): Row => ({
            object_name: `SQLServer:${object}`.padEnd(128),
            counter_name: name.padEnd(128),
            instance_name: database.name.padEnd(128),
            cntr_value: Math.round(value),
            cntr_type: 65_792,
          });
          return [
            counter('Databases', 'Log File(s) Used Size (KB)', 49_152 + kept / 1024),
            counter('Databases', 'Log File(s) Size (KB)', 2_097_152),
            counter('Databases', 'Percent Log Used', ((49_152 + kept / 1024) / 2_097_152) * 100),
            counter('Database Replica', 'Log Send Queue', outbound),
            counter('Database Replica', 'Recovery Queue', database.progress().redoQueueKb),
          ];
        }),
    'VIEW SERVER STATE',
  ),
  view(
    'sys.dm_os_wait_stats',
    'wait_type nvarchar(60), waiting_tasks_count bigint, wait_time_ms bigint, max_wait_time_ms bigint, signal_wait_time_ms bigint',
    () => [
      {
        wait_type: 'HADR_SYNC_COMMIT',
        waiting_tasks_count: 18_422,
        wait_time_ms: 91_230,
        max_wait_time_ms: 241,
        signal_wait_time_ms: 412,
      },
      {
        wait_type: 'WRITELOG',
        waiting_tasks_count: 91_001,
        wait_time_ms: 44_120,
        max_wait_time_ms: 89,
        signal_wait_time_ms: 1_933,
      },
    ],
    'VIEW SERVER STATE',
  ),
];
