import type { EngineDatabase } from '../database.ts';
import { serverCollation } from '../properties.ts';
import { type Reading, type Row, seesAllDefinitions, view } from './view.ts';

/** Databases and their files. */

const stateCodes = { ONLINE: 0, RESTORING: 1, OFFLINE: 6 } as const;
const accessCodes = { MULTI_USER: 0, SINGLE_USER: 1, RESTRICTED_USER: 2 } as const;

const mb = 128; // 8-KB pages in a megabyte

interface DatabaseFile {
  readonly id: number;
  readonly isLog: boolean;
  readonly name: string;
  readonly path: string;
  readonly pages: number;
  readonly growthPages: number;
}

/** The files of a database; sizes are those of a mid-sized database, as no real file is behind it. */
function filesOf({ instance }: Reading, database: EngineDatabase): readonly DatabaseFile[] {
  const data = instance.isManagedInstance
    ? `https://practice.blob.core.windows.net/managed/${database.id}/`
    : 'D:\\Data\\';
  const log = instance.isManagedInstance ? data : 'E:\\Log\\';
  return [
    {
      id: 1,
      isLog: false,
      name: database.isUser ? database.name : `${database.name}dev`,
      path: `${data}${database.name}.mdf`,
      pages: (database.isUser ? 8192 : 64) * mb,
      growthPages: 256 * mb,
    },
    {
      id: 2,
      isLog: true,
      name: `${database.name}_log`,
      path: `${log}${database.name}_log.ldf`,
      pages: (database.isUser ? 2048 : 32) * mb,
      growthPages: 64 * mb,
    },
  ];
}

/** Why the log cannot be truncated. */
function logReuse(database: EngineDatabase): readonly [number, string] {
  const waits = [...database.streams].some(stream => stream.sendQueueKb > 0);
  if (waits) return [12, 'AVAILABILITY_REPLICA'];
  return database.isUser ? [2, 'LOG_BACKUP'] : [0, 'NOTHING'];
}

function databaseRow({ instance }: Reading, database: EngineDatabase): Row {
  const [reuse, reuseText] = logReuse(database);
  return {
    name: database.name,
    database_id: database.id,
    owner_sid: Uint8Array.of(1),
    create_date: database.createdAt,
    compatibility_level: instance.personality.compatibilityLevel,
    user_access: accessCodes[database.userAccess],
    user_access_desc: database.userAccess,
    is_read_only: database.readOnly,
    state: stateCodes[database.state],
    state_desc: database.state,
    recovery_model: database.recoveryModel === 'FULL' ? 1 : 3,
    recovery_model_desc: database.recoveryModel,
    log_reuse_wait: reuse,
    log_reuse_wait_desc: reuseText,
    service_broker_guid: database.guid,
    is_broker_enabled: database.name === 'msdb',
    replica_id: database.group?.replicas[0]?.id,
    group_database_id: database.groupDatabaseId,
    is_encrypted: instance.isManagedInstance && database.isUser,
    physical_database_name: instance.isManagedInstance && database.isUser ? database.guid.toLowerCase() : database.name,
  };
}

/** Without VIEW ANY DATABASE (public has it) still all rows; only master, tempdb and the current one are certain. */
const databases = ({ instance }: Reading): readonly EngineDatabase[] => instance.databases();

const current = ({ instance, viewer }: Reading): readonly EngineDatabase[] => {
  const database = instance.database(viewer.databaseId);
  return database ? [database] : [];
};

function fileRow(reading: Reading, database: EngineDatabase, file: DatabaseFile): Row {
  return {
    file_id: file.id,
    file_guid: database.guid,
    type: file.isLog ? 1 : 0,
    type_desc: file.isLog ? 'LOG' : 'ROWS',
    data_space_id: file.isLog ? 0 : 1,
    name: file.name,
    physical_name: file.path,
    state: stateCodes[database.state],
    state_desc: database.state,
    size: file.pages,
    growth: file.growthPages,
    is_read_only: database.readOnly,
    max_size: file.isLog ? 268_435_456 : -1,
    credential_id: reading.instance.isManagedInstance ? 1 : null,
  };
}

const fileColumns = `file_id int, file_guid uniqueidentifier, type tinyint, type_desc nvarchar(60), data_space_id int, name sysname,
  physical_name nvarchar(260), state tinyint, state_desc nvarchar(60), size int, max_size int, growth int, is_media_read_only bit = 0,
  is_read_only bit, is_sparse bit = 0, is_percent_growth bit = 0, is_name_reserved bit = 0, is_persistent_log_buffer bit = 0,
  create_lsn numeric(25,0), drop_lsn numeric(25,0), read_only_lsn numeric(25,0), read_write_lsn numeric(25,0), differential_base_lsn numeric(25,0),
  differential_base_guid uniqueidentifier, differential_base_time datetime, redo_start_lsn numeric(25,0), redo_start_fork_guid uniqueidentifier,
  redo_target_lsn numeric(25,0), redo_target_fork_guid uniqueidentifier, backup_lsn numeric(25,0)`;

/** Log bytes in use: what is still kept, above the floor that an idle log shows. */
const usedLogBytes = (database: EngineDatabase): number =>
  database.log.kept.reduce((sum, record) => sum + record.bytes, 48 * 1024 * 1024);

/** sys.databases, files, log space and encryption. */
export const databaseViews = [
  view(
    'sys.databases',
    `name sysname, database_id int, source_database_id int, owner_sid varbinary(85), create_date datetime, compatibility_level tinyint,
     collation_name sysname = ${serverCollation}, user_access tinyint, user_access_desc nvarchar(60), is_read_only bit, is_auto_close_on bit = 0,
     is_auto_shrink_on bit = 0, state tinyint, state_desc nvarchar(60), is_in_standby bit = 0, is_cleanly_shutdown bit = 0,
     is_supplemental_logging_enabled bit = 0, snapshot_isolation_state tinyint = 0, snapshot_isolation_state_desc nvarchar(60) = OFF,
     is_read_committed_snapshot_on bit = 0, recovery_model tinyint, recovery_model_desc nvarchar(60), page_verify_option tinyint = 2,
     page_verify_option_desc nvarchar(60) = CHECKSUM, is_auto_create_stats_on bit = 1, is_auto_create_stats_incremental_on bit = 0,
     is_auto_update_stats_on bit = 1, is_auto_update_stats_async_on bit = 0, is_ansi_null_default_on bit = 0, is_ansi_nulls_on bit = 0,
     is_ansi_padding_on bit = 0, is_ansi_warnings_on bit = 0, is_arithabort_on bit = 0, is_concat_null_yields_null_on bit = 0,
     is_numeric_roundabort_on bit = 0, is_quoted_identifier_on bit = 0, is_recursive_triggers_on bit = 0, is_cursor_close_on_commit_on bit = 0,
     is_local_cursor_default bit = 0, is_fulltext_enabled bit = 1, is_trustworthy_on bit = 0, is_db_chaining_on bit = 0,
     is_parameterization_forced bit = 0, is_master_key_encrypted_by_server bit = 0, is_query_store_on bit = 1, is_published bit = 0,
     is_subscribed bit = 0, is_merge_published bit = 0, is_distributor bit = 0, is_sync_with_backup bit = 0, service_broker_guid uniqueidentifier,
     is_broker_enabled bit, log_reuse_wait tinyint, log_reuse_wait_desc nvarchar(60), is_date_correlation_on bit = 0, is_cdc_enabled bit = 0,
     is_encrypted bit, is_honor_broker_priority_on bit = 0, replica_id uniqueidentifier, group_database_id uniqueidentifier, resource_pool_id int,
     default_language_lcid smallint, default_language_name nvarchar(128), default_fulltext_language_lcid int,
     default_fulltext_language_name nvarchar(128), is_nested_triggers_on bit, is_transform_noise_words_on bit, two_digit_year_cutoff smallint,
     containment tinyint = 0, containment_desc nvarchar(60) = NONE, target_recovery_time_in_seconds int = 60, delayed_durability int = 0,
     delayed_durability_desc nvarchar(60) = DISABLED, is_memory_optimized_elevate_to_snapshot_on bit = 0, is_federation_member bit = 0,
     is_remote_data_archive_enabled bit = 0, is_mixed_page_allocation_on bit = 0, is_temporal_history_retention_enabled bit = 1 @14,
     catalog_collation_type int = 0 @15, catalog_collation_type_desc nvarchar(60) = DATABASE_DEFAULT @15, physical_database_name nvarchar(128) @15,
     is_result_set_caching_on bit = 0 @15, is_accelerated_database_recovery_on bit = 1 @15, is_tempdb_spill_to_remote_store bit = 0 @15,
     is_stale_page_detection_on bit = 0 @15, is_memory_optimized_enabled bit = 1 @15, is_data_retention_enabled bit = 0 @16, is_ledger_on bit = 0 @16,
     is_change_feed_enabled bit = 0 @16`,
    reading => databases(reading).map(database => databaseRow(reading, database)),
  ),
  view('sys.database_files', fileColumns, reading =>
    current(reading).flatMap(database =>
      filesOf(reading, database).map(file => {
        const { credential_id: _, ...row } = fileRow(reading, database, file);
        return row;
      }),
    ),
  ),
  view('sys.master_files', `database_id int, ${fileColumns}, credential_id int`, reading =>
    seesAllDefinitions(reading)
      ? databases(reading).flatMap(database =>
          filesOf(reading, database).map(file => ({ database_id: database.id, ...fileRow(reading, database, file) })),
        )
      : [],
  ),
  view(
    'sys.filegroups',
    `name sysname, data_space_id int, type char(2) = FG, type_desc nvarchar(60) = ROWS_FILEGROUP, is_default bit = 1, is_system bit = 0,
     filegroup_guid uniqueidentifier, log_filegroup_id int, is_read_only bit = 0, is_autogrow_all_files bit = 0`,
    () => [{ name: 'PRIMARY', data_space_id: 1 }],
  ),
  view(
    'sys.dm_db_log_space_usage',
    'database_id int, total_log_size_in_bytes bigint, used_log_space_in_bytes bigint, used_log_space_in_percent real, log_space_in_bytes_since_last_backup bigint',
    reading =>
      current(reading).map(database => {
        const total = 2048 * 1024 * 1024;
        const used = usedLogBytes(database);
        return {
          database_id: database.id,
          total_log_size_in_bytes: total,
          used_log_space_in_bytes: used,
          used_log_space_in_percent: Math.round((used / total) * 1e6) / 1e4,
          log_space_in_bytes_since_last_backup: used - 40 * 1024 * 1024,
        };
      }),
    'VIEW SERVER STATE',
  ),
  view(
    'sys.dm_db_file_space_usage',
    `database_id smallint, file_id smallint, filegroup_id smallint, total_page_count bigint, allocated_extent_page_count bigint,
     unallocated_extent_page_count bigint, version_store_reserved_page_count bigint = 0, user_object_reserved_page_count bigint = 0,
     internal_object_reserved_page_count bigint = 0, mixed_extent_page_count bigint = 0, modified_extent_page_count bigint = 0`,
    reading =>
      current(reading).map(database => ({
        database_id: database.id,
        file_id: 1,
        filegroup_id: 1,
        total_page_count: 8192 * mb,
        allocated_extent_page_count: 6200 * mb,
        unallocated_extent_page_count: 1992 * mb,
      })),
    'VIEW SERVER STATE',
  ),
  view(
    'sys.database_recovery_status',
    `database_id int, database_guid uniqueidentifier, family_guid uniqueidentifier, last_log_backup_lsn numeric(25,0),
     recovery_fork_guid uniqueidentifier, first_recovery_fork_guid uniqueidentifier, fork_point_lsn numeric(25,0)`,
    reading =>
      databases(reading).map(database => ({
        database_id: database.id,
        database_guid: database.guid,
        family_guid: database.guid,
        last_log_backup_lsn: database.isUser ? (database.log.kept[0]?.block ?? database.log.end) : null,
        recovery_fork_guid: database.recoveryFork,
      })),
    'VIEW SERVER STATE',
  ),
  view(
    'sys.dm_database_encryption_keys',
    `database_id int, encryption_state int = 3, create_date datetime, regenerate_date datetime, modify_date datetime, set_date datetime,
     opened_date datetime, key_algorithm nvarchar(32) = AES, key_length int = 256, encryptor_thumbprint varbinary(20), encryptor_type nvarchar(32),
     percent_complete real = 0, encryption_state_desc nvarchar(32) = ENCRYPTED @15, encryption_scan_state int = 4 @15,
     encryption_scan_state_desc nvarchar(32) = COMPLETE @15, encryption_scan_modify_date datetime @15`,
    ({ instance }) =>
      instance.isManagedInstance
        ? instance
            .databases()
            .filter(database => database.isUser)
            .map(database => ({
              database_id: database.id,
              create_date: database.createdAt,
              encryptor_type: 'CERTIFICATE',
            }))
        : [],
    'VIEW SERVER STATE',
  ),
  view(
    'sys.database_mirroring',
    `database_id int, mirroring_guid uniqueidentifier, mirroring_state tinyint, mirroring_state_desc nvarchar(60), mirroring_role tinyint,
     mirroring_role_desc nvarchar(60), mirroring_partner_name nvarchar(128), mirroring_partner_instance nvarchar(128)`,
    reading => databases(reading).map(database => ({ database_id: database.id })),
  ),
];
