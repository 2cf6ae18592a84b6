import type { LinkEnd, LinkMember, LocalGroup } from '../groups.ts';
import {
  clusterStates,
  databaseStates,
  health,
  linkHealth,
  linkReplicaStates,
  localReplicaStates,
} from './replica-states.ts';
import { type Reading, type Row, seesAllDefinitions, view } from './view.ts';

/** Availability groups, as catalog and as dynamic management views show them. Columns: SQL Server 2019 to 2025. */

const groups = (reading: Reading): readonly LocalGroup[] =>
  seesAllDefinitions(reading) ? reading.instance.groups : [];
const links = (reading: Reading): readonly LinkEnd[] => (seesAllDefinitions(reading) ? reading.instance.links : []);

const mode = (member: { readonly mode: LinkMember['mode'] }): Row => ({
  availability_mode: member.mode === 'SYNCHRONOUS_COMMIT' ? 1 : 0,
  availability_mode_desc: member.mode,
});

const groupRows = (reading: Reading): readonly Row[] => [
  ...groups(reading).map(group => ({
    group_id: group.id,
    name: group.name,
    resource_id: group.resourceId,
    resource_group_id: group.resourceGroupId,
    required_synchronized_secondaries_to_commit: group.requiredSynchronizedSecondaries,
    is_distributed: false,
    cluster_type: 2,
    cluster_type_desc: 'NONE',
  })),
  ...links(reading).map(end => ({
    group_id: end.groupId,
    name: end.name,
    failure_condition_level: null,
    health_check_timeout: null,
    automated_backup_preference: null,
    automated_backup_preference_desc: null,
    required_synchronized_secondaries_to_commit: end.requiredSynchronizedSecondaries,
    is_distributed: true,
    cluster_type: null,
    cluster_type_desc: null,
  })),
];

const replicaRows = (reading: Reading): readonly Row[] => [
  ...groups(reading).flatMap(group =>
    group.replicas.map((replica, index) => ({
      replica_id: replica.id,
      group_id: group.id,
      replica_metadata_id: index === 0 ? 65_536 : null,
      replica_server_name: replica.serverName,
      owner_sid: Uint8Array.of(1),
      endpoint_url: replica.endpointUrl,
      ...mode(replica),
      create_date: group.createdAt,
      modify_date: group.createdAt,
    })),
  ),
  ...links(reading).flatMap(end =>
    [end.local, end.remote].map(member => ({
      replica_id: member.replicaId,
      group_id: end.groupId,
      replica_server_name: member.group,
      endpoint_url: member.endpointUrl,
      ...mode(member),
      primary_role_allow_connections: 2,
      secondary_role_allow_connections: 2,
      secondary_role_allow_connections_desc: 'ALL',
      create_date: end.createdAt,
      modify_date: end.createdAt,
      seeding_mode: member.seedingMode === 'AUTOMATIC' ? 0 : 1,
      seeding_mode_desc: member.seedingMode,
    })),
  ),
];

/** sys.availability_* and sys.dm_hadr_*. */
export const availabilityViews = [
  view(
    'sys.availability_groups',
    `group_id uniqueidentifier, name sysname, resource_id nvarchar(40), resource_group_id nvarchar(40), failure_condition_level int = 3,
     health_check_timeout int = 30000, automated_backup_preference tinyint = 0, automated_backup_preference_desc nvarchar(60) = PRIMARY,
     version smallint = 0, basic_features bit = 0, dtc_support bit = 0, db_failover bit = 1, is_distributed bit = 0, cluster_type tinyint @14,
     cluster_type_desc nvarchar(60) @14, required_synchronized_secondaries_to_commit int = 0 @14, sequence_number bigint = 1 @14,
     is_contained bit = 0 @16`,
    groupRows,
  ),
  view(
    'sys.availability_replicas',
    `replica_id uniqueidentifier, group_id uniqueidentifier, replica_metadata_id int, replica_server_name nvarchar(256), owner_sid varbinary(85),
     endpoint_url nvarchar(256), availability_mode tinyint, availability_mode_desc nvarchar(60), failover_mode tinyint = 1,
     failover_mode_desc nvarchar(60) = MANUAL, session_timeout int = 10, primary_role_allow_connections tinyint = 2,
     primary_role_allow_connections_desc nvarchar(60) = ALL, secondary_role_allow_connections tinyint = 0,
     secondary_role_allow_connections_desc nvarchar(60) = NO, create_date datetime, modify_date datetime, backup_priority int = 50,
     read_only_routing_url nvarchar(256), seeding_mode tinyint = 0, seeding_mode_desc nvarchar(60) = AUTOMATIC, read_write_routing_url nvarchar(256) @15`,
    replicaRows,
  ),
  view(
    'sys.availability_databases_cluster',
    'group_id uniqueidentifier, group_database_id uniqueidentifier, database_name sysname, truncation_lsn numeric(25,0)',
    reading =>
      groups(reading).flatMap(group =>
        [...group.databases].map(database => ({
          group_id: group.id,
          group_database_id: database.groupDatabaseId,
          database_name: database.name,
        })),
      ),
  ),
  view(
    'sys.availability_group_listeners',
    `group_id uniqueidentifier, listener_id nvarchar(36), dns_name nvarchar(63), port int, is_conformant bit = 1,
     ip_configuration_string_from_cluster nvarchar(max), is_distributed_network_name bit = 0 @15`,
    reading =>
      groups(reading).flatMap(group =>
        group.listeners.map(listener => ({
          group_id: group.id,
          listener_id: listener.id.toLowerCase(),
          dns_name: listener.dnsName,
          port: listener.port,
          ip_configuration_string_from_cluster: `('IP Address: ${listener.address}')`,
        })),
      ),
  ),
  view(
    'sys.availability_group_listener_ip_addresses',
    `listener_id nvarchar(36), ip_address nvarchar(48), ip_subnet_mask nvarchar(15), is_dhcp bit = 0, network_subnet_ip nvarchar(48),
     network_subnet_prefix_length int, network_subnet_ipv4_mask nvarchar(45), state tinyint = 1, state_desc nvarchar(60) = ONLINE`,
    reading =>
      groups(reading).flatMap(group =>
        group.listeners.map(listener => ({
          listener_id: listener.id.toLowerCase(),
          ip_address: listener.address,
          ip_subnet_mask: '255.255.255.0',
          network_subnet_prefix_length: 24,
          network_subnet_ipv4_mask: '255.255.255.0',
        })),
      ),
  ),
  view(
    'sys.availability_read_only_routing_lists',
    'replica_id uniqueidentifier, routing_priority int, read_only_replica_id uniqueidentifier',
    () => [],
  ),
  view(
    'sys.dm_hadr_availability_group_states',
    `group_id uniqueidentifier, primary_replica nvarchar(128), primary_recovery_health tinyint, primary_recovery_health_desc nvarchar(60),
     secondary_recovery_health tinyint, secondary_recovery_health_desc nvarchar(60), synchronization_health tinyint,
     synchronization_health_desc nvarchar(60)`,
    ({ instance }) => [
      ...instance.groups.map(group => ({
        group_id: group.id,
        primary_replica: group.localRole === 'PRIMARY' ? instance.name : group.replicas[1]?.serverName,
        primary_recovery_health: 1,
        primary_recovery_health_desc: 'ONLINE',
        ...health(group.orphaned ? 'NOT_HEALTHY' : 'HEALTHY'),
      })),
      ...instance.links.map(end => ({
        group_id: end.groupId,
        primary_replica: end.role === 'PRIMARY' ? end.local.group : end.remote.group,
        primary_recovery_health: 1,
        primary_recovery_health_desc: 'ONLINE',
        ...health(linkHealth(end)),
      })),
    ],
    'VIEW SERVER STATE',
  ),
  view(
    'sys.dm_hadr_availability_replica_states',
    `replica_id uniqueidentifier, group_id uniqueidentifier, is_local bit, role tinyint, role_desc nvarchar(60), operational_state tinyint,
     operational_state_desc nvarchar(60), connected_state tinyint, connected_state_desc nvarchar(60), recovery_health tinyint,
     recovery_health_desc nvarchar(60), synchronization_health tinyint, synchronization_health_desc nvarchar(60), last_connect_error_number int,
     last_connect_error_description nvarchar(1024), last_connect_error_timestamp datetime, write_lease_remaining_ticks bigint @15,
     current_configuration_commit_start_time_utc datetime @15`,
    ({ instance }) => [...instance.groups.flatMap(localReplicaStates), ...instance.links.flatMap(linkReplicaStates)],
    'VIEW SERVER STATE',
  ),
  view(
    'sys.dm_hadr_availability_replica_cluster_states',
    `replica_id uniqueidentifier, replica_server_name nvarchar(256), group_id uniqueidentifier, join_state tinyint = 1,
     join_state_desc nvarchar(60) = JOINED_STANDALONE`,
    ({ instance }) => [
      ...instance.groups.flatMap(group =>
        group.replicas.map(({ id, serverName }) => ({
          replica_id: id,
          replica_server_name: serverName,
          group_id: group.id,
        })),
      ),
      ...instance.links.flatMap(end =>
        [end.local, end.remote].map(({ replicaId, group }) => ({
          replica_id: replicaId,
          replica_server_name: group,
          group_id: end.groupId,
        })),
      ),
    ],
    'VIEW SERVER STATE',
  ),
  view(
    'sys.dm_hadr_availability_replica_cluster_nodes',
    'group_name nvarchar(256), replica_server_name nvarchar(256), node_name nvarchar(256)',
    ({ instance }) =>
      instance.groups.flatMap(group =>
        group.replicas.map(({ serverName }) => ({
          group_name: group.name,
          replica_server_name: serverName,
          node_name: serverName,
        })),
      ),
    'VIEW SERVER STATE',
  ),
  view(
    'sys.dm_hadr_database_replica_states',
    `database_id int, group_id uniqueidentifier, replica_id uniqueidentifier, group_database_id uniqueidentifier, is_local bit, is_primary_replica bit,
     synchronization_state tinyint, synchronization_state_desc nvarchar(60), is_commit_participant bit, synchronization_health tinyint,
     synchronization_health_desc nvarchar(60), database_state tinyint, database_state_desc nvarchar(60), is_suspended bit, suspend_reason tinyint,
     suspend_reason_desc nvarchar(60), recovery_lsn numeric(25,0), truncation_lsn numeric(25,0), last_sent_lsn numeric(25,0), last_sent_time datetime,
     last_received_lsn numeric(25,0), last_received_time datetime, last_hardened_lsn numeric(25,0), last_hardened_time datetime,
     last_redone_lsn numeric(25,0), last_redone_time datetime, log_send_queue_size bigint, log_send_rate bigint, redo_queue_size bigint,
     redo_rate bigint, filestream_send_rate bigint, end_of_log_lsn numeric(25,0), last_commit_lsn numeric(25,0), last_commit_time datetime,
     low_water_mark_for_ghosts bigint, secondary_lag_seconds bigint @13, quorum_commit_lsn numeric(25,0) @15, quorum_commit_time datetime @15`,
    databaseStates,
    'VIEW SERVER STATE',
  ),
  view(
    'sys.dm_hadr_database_replica_cluster_states',
    `replica_id uniqueidentifier, group_database_id uniqueidentifier, database_name sysname, is_failover_ready bit, is_pending_secondary_suspend bit = 0,
     is_database_joined bit, recovery_lsn numeric(25,0), truncation_lsn numeric(25,0)`,
    clusterStates,
    'VIEW SERVER STATE',
  ),
  view(
    'sys.dm_hadr_name_id_map',
    'ag_name nvarchar(256), ag_id uniqueidentifier, ag_resource_id nvarchar(256), ag_group_id nvarchar(256)',
    ({ instance }) => [
      ...instance.groups.map(group => ({
        ag_name: group.name,
        ag_id: group.id,
        ag_resource_id: group.resourceId,
        ag_group_id: group.resourceGroupId,
      })),
      ...instance.links.map(end => ({ ag_name: end.name, ag_id: end.groupId })),
    ],
    'VIEW SERVER STATE',
  ),
  view(
    'sys.dm_hadr_cluster',
    'cluster_name nvarchar(128), quorum_type tinyint, quorum_type_desc nvarchar(60), quorum_state tinyint, quorum_state_desc nvarchar(60)',
    () => [
      {
        cluster_name: '',
        quorum_type: 255,
        quorum_type_desc: 'UNKNOWN_QUORUM',
        quorum_state: 255,
        quorum_state_desc: 'UNKNOWN_QUORUM_STATE',
      },
    ],
    'VIEW SERVER STATE',
  ),
  view(
    'sys.dm_hadr_cluster_members',
    'member_name nvarchar(128), member_type tinyint, member_type_desc nvarchar(60), member_state tinyint, member_state_desc nvarchar(60), number_of_quorum_votes int',
    () => [],
    'VIEW SERVER STATE',
  ),
  view(
    'sys.dm_hadr_auto_page_repair',
    'database_id int, file_id int, page_id bigint, error_type int, page_status int, modification_time datetime',
    () => [],
    'VIEW SERVER STATE',
  ),
  view(
    'sys.dm_hadr_automatic_seeding',
    `start_time datetime, completion_time datetime, ag_id uniqueidentifier, ag_db_id uniqueidentifier, ag_remote_replica_id uniqueidentifier,
     operation_id uniqueidentifier, is_source bit, current_state nvarchar(60), performed_seeding bit, failure_state int, failure_state_desc nvarchar(60),
     error_code int, number_of_attempts int`,
    ({ instance }) =>
      instance.links
        .filter(end => end.link !== undefined)
        .flatMap(end =>
          [...end.localGroup.databases].map(database => ({
            start_time: end.createdAt + 60_000,
            completion_time: end.createdAt + 1_500_000,
            ag_id: end.groupId,
            ag_db_id: database.groupDatabaseId,
            ag_remote_replica_id: end.remote.replicaId,
            operation_id: database.recoveryFork,
            is_source: !instance.isManagedInstance,
            current_state: 'COMPLETED',
            performed_seeding: true,
            number_of_attempts: 1,
          })),
        ),
    'VIEW SERVER STATE',
  ),
  view(
    'sys.dm_hadr_physical_seeding_stats',
    `local_physical_seeding_id uniqueidentifier, remote_physical_seeding_id uniqueidentifier, local_database_id int, local_database_name sysname,
     remote_machine_name nvarchar(256), role int, role_desc nvarchar(60), internal_state int, internal_state_desc nvarchar(60),
     transfer_rate_bytes_per_second bigint, transferred_size_bytes bigint, database_size_bytes bigint, start_time_utc datetime, end_time_utc datetime,
     estimate_time_complete_utc datetime, total_disk_io_wait_time_ms bigint, total_network_wait_time_ms bigint, failure_code int,
     failure_message nvarchar(4000), failure_time_utc datetime, is_compression_enabled bit`,
    () => [],
    'VIEW SERVER STATE',
  ),
];
