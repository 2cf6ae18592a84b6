import type { Backup, Job } from '../catalog.ts';
import { type Reading, type Row, view } from './view.ts';

/** Agent jobs, backup history and mail in msdb. */

/** SQLAgentReader and above see all jobs; here that is sysadmin, and otherwise a job's owner. */
const jobs = ({ instance, viewer }: Reading): readonly Job[] =>
  instance.jobs.filter(job => viewer.login.sysadmin || sameBytes(job.ownerSid, viewer.login.sid));

const sameBytes = (a: Uint8Array, b: Uint8Array) =>
  a.length === b.length && a.every((byte, index) => byte === b[index]);

/** Dates and times of msdb are integers: 20261124 and 130501. */
const dateNumber = (ms: number) => Number(new Date(ms).toISOString().slice(0, 10).replaceAll('-', ''));
const timeNumber = (ms: number) => Number(new Date(ms).toISOString().slice(11, 19).replaceAll(':', ''));

const backups = ({ instance, viewer }: Reading): readonly Backup[] =>
  viewer.login.sysadmin || instance.hasServerPermission(viewer.login, 'VIEW ANY DEFINITION') ? instance.backups : [];

function backupRow({ instance }: Reading, backup: Backup): Row {
  return {
    backup_set_id: backup.id,
    backup_set_uuid: instance.database(backup.database)?.guid,
    media_set_id: backup.id,
    user_name: backup.user,
    database_creation_date: instance.database(backup.database)?.createdAt,
    backup_start_date: backup.startedAt,
    backup_finish_date: backup.finishedAt,
    type: backup.type,
    first_lsn: backup.firstLsn,
    last_lsn: backup.lastLsn,
    checkpoint_lsn: backup.firstLsn,
    backup_size: backup.sizeBytes,
    compressed_backup_size: Math.round(backup.sizeBytes / 3),
    database_name: backup.database,
    server_name: instance.name,
    machine_name: instance.machineName,
    is_copy_only: backup.copyOnly,
    recovery_model: instance.database(backup.database)?.recoveryModel,
    database_guid: instance.database(backup.database)?.guid,
    software_major_version: Number(instance.personality.productVersion.split('.')[0]),
    compatibility_level: instance.personality.compatibilityLevel,
  };
}

/** Tables of msdb.dbo. */
export const msdbViews = [
  view(
    'msdb.dbo.sysjobs',
    `job_id uniqueidentifier, originating_server_id int = 0, name sysname, enabled tinyint, description nvarchar(512), start_step_id int = 1,
     category_id int = 0, owner_sid varbinary(85), notify_level_eventlog int = 0, notify_level_email int = 0, notify_level_netsend int = 0,
     notify_level_page int = 0, notify_email_operator_id int = 0, notify_netsend_operator_id int = 0, notify_page_operator_id int = 0,
     delete_level int = 0, date_created datetime, date_modified datetime, version_number int = 3`,
    reading =>
      jobs(reading).map(job => ({
        job_id: job.id,
        name: job.name,
        enabled: job.enabled ? 1 : 0,
        description: job.description,
        owner_sid: job.ownerSid,
        date_created: job.createdAt,
        date_modified: job.createdAt,
      })),
  ),
  view(
    'msdb.dbo.sysjobsteps',
    `job_id uniqueidentifier, step_id int, step_name sysname, subsystem nvarchar(40) = TSQL, command nvarchar(max), flags int = 0,
     additional_parameters nvarchar(max), cmdexec_success_code int = 0, on_success_action tinyint = 1, on_success_step_id int = 0,
     on_fail_action tinyint = 2, on_fail_step_id int = 0, server sysname, database_name sysname, database_user_name sysname, retry_attempts int = 0,
     retry_interval int = 0, os_run_priority int = 0, output_file_name nvarchar(200), last_run_outcome int = 1, last_run_duration int = 4,
     last_run_retries int = 0, last_run_date int = 0, last_run_time int = 0, proxy_id int, step_uid uniqueidentifier`,
    reading =>
      jobs(reading).flatMap(job =>
        job.steps.map((step, index) => ({
          job_id: job.id,
          step_id: index + 1,
          step_name: step.name,
          command: step.command,
          database_name: step.database,
        })),
      ),
  ),
  view(
    'msdb.dbo.sysjobactivity',
    `session_id int = 19, job_id uniqueidentifier, run_requested_date datetime, run_requested_source sysname, queued_date datetime,
     start_execution_date datetime, last_executed_step_id int, last_executed_step_date datetime, stop_execution_date datetime,
     job_history_id int, next_scheduled_run_date datetime`,
    reading =>
      jobs(reading).map(job => ({
        job_id: job.id,
        run_requested_date: job.lastRunAt,
        run_requested_source: job.lastRunAt === undefined ? null : '1',
        start_execution_date: job.lastRunAt,
        stop_execution_date:
          job.runningSince === undefined && job.lastRunAt !== undefined ? job.lastRunAt + 4000 : null,
        next_scheduled_run_date: job.enabled ? (job.lastRunAt ?? reading.now) + job.everyMinutes * 60_000 : null,
      })),
  ),
  view('msdb.dbo.syssessions', 'session_id int, agent_start_date datetime', ({ instance }) => [
    { session_id: 19, agent_start_date: instance.startedAt },
  ]),
  view(
    'msdb.dbo.sysschedules',
    `schedule_id int, schedule_uid uniqueidentifier, originating_server_id int = 0, name sysname, owner_sid varbinary(85), enabled int, freq_type int = 4,
     freq_interval int = 1, freq_subday_type int = 4, freq_subday_interval int, freq_relative_interval int = 0, freq_recurrence_factor int = 0,
     active_start_date int = 20240101, active_end_date int = 99991231, active_start_time int = 0, active_end_time int = 235959,
     date_created datetime, date_modified datetime, version_number int = 1`,
    reading =>
      jobs(reading).map((job, index) => ({
        schedule_id: index + 1,
        schedule_uid: job.id,
        name: `Every ${job.everyMinutes} minutes`,
        owner_sid: job.ownerSid,
        enabled: 1,
        freq_subday_interval: job.everyMinutes,
        date_created: job.createdAt,
        date_modified: job.createdAt,
      })),
  ),
  view(
    'msdb.dbo.sysjobschedules',
    'schedule_id int, job_id uniqueidentifier, next_run_date int, next_run_time int',
    reading =>
      jobs(reading).map((job, index) => {
        const next = (job.lastRunAt ?? reading.now) + job.everyMinutes * 60_000;
        return {
          schedule_id: index + 1,
          job_id: job.id,
          next_run_date: dateNumber(next),
          next_run_time: timeNumber(next),
        };
      }),
  ),
  view(
    'msdb.dbo.syscategories',
    'category_id int, category_class int = 1, category_type tinyint = 1, name sysname',
    () => [
      { category_id: 0, name: '[Uncategorized (Local)]' },
      { category_id: 3, name: 'Database Maintenance' },
    ],
  ),
  view(
    'msdb.dbo.sysjobhistory',
    `instance_id int, job_id uniqueidentifier, step_id int, step_name sysname, sql_message_id int = 0, sql_severity int = 0, message nvarchar(4000),
     run_status int = 1, run_date int, run_time int, run_duration int = 4, operator_id_emailed int = 0, operator_id_netsent int = 0,
     operator_id_paged int = 0, retries_attempted int = 0, server sysname`,
    reading =>
      jobs(reading)
        .filter(job => job.lastRunAt !== undefined && job.runningSince === undefined)
        .map((job, index) => ({
          instance_id: index + 1,
          job_id: job.id,
          step_id: 0,
          step_name: '(Job outcome)',
          message: 'The job succeeded.',
          run_date: dateNumber(job.lastRunAt ?? 0),
          run_time: timeNumber(job.lastRunAt ?? 0),
          server: reading.instance.name,
        })),
  ),
  view(
    'msdb.dbo.backupset',
    `backup_set_id int, backup_set_uuid uniqueidentifier, media_set_id int, first_family_number tinyint = 1, first_media_number smallint = 1,
     last_family_number tinyint = 1, last_media_number smallint = 1, catalog_family_number tinyint, catalog_media_number smallint, position int = 1,
     expiration_date datetime, software_vendor_id int = 4608, name nvarchar(128), description nvarchar(255), user_name nvarchar(128),
     software_major_version tinyint, software_minor_version tinyint = 0, software_build_version smallint, time_zone smallint = 0,
     mtf_minor_version tinyint = 0, first_lsn numeric(25,0), last_lsn numeric(25,0), checkpoint_lsn numeric(25,0), database_backup_lsn numeric(25,0),
     database_creation_date datetime, backup_start_date datetime, backup_finish_date datetime, type char(1), sort_order smallint = 52,
     code_page smallint = 0, compatibility_level tinyint, database_version int = 904, backup_size numeric(20,0), database_name nvarchar(128),
     server_name nvarchar(128), machine_name nvarchar(128), flags int = 512, unicode_locale int = 1033, unicode_compare_style int = 196609,
     collation_name nvarchar(128) = SQL_Latin1_General_CP1_CI_AS, is_password_protected bit = 0, recovery_model nvarchar(60), has_bulk_logged_data bit = 0,
     is_snapshot bit = 0, is_readonly bit = 0, is_single_user bit = 0, has_backup_checksums bit = 1, is_damaged bit = 0, begins_log_chain bit = 0,
     has_incomplete_metadata bit = 0, is_force_offline bit = 0, is_copy_only bit, first_recovery_fork_guid uniqueidentifier,
     last_recovery_fork_guid uniqueidentifier, fork_point_lsn numeric(25,0), database_guid uniqueidentifier, family_guid uniqueidentifier,
     differential_base_lsn numeric(25,0), differential_base_guid uniqueidentifier, compressed_backup_size numeric(20,0), key_algorithm nvarchar(32),
     encryptor_thumbprint varbinary(20), encryptor_type nvarchar(32)`,
    reading => backups(reading).map(backup => backupRow(reading, backup)),
  ),
  view(
    'msdb.dbo.backupmediafamily',
    `media_set_id int, family_sequence_number tinyint = 1, media_family_id uniqueidentifier, media_count int = 1, logical_device_name nvarchar(128),
     physical_device_name nvarchar(260), device_type tinyint, physical_block_size int = 512, mirror tinyint = 0`,
    reading =>
      backups(reading).map(backup => ({
        media_set_id: backup.id,
        physical_device_name: backup.to,
        device_type: backup.to.startsWith('http') ? 9 : 2,
      })),
  ),
  view(
    'msdb.dbo.backupmediaset',
    `media_set_id int, media_uuid uniqueidentifier, media_family_count tinyint = 1, name nvarchar(128), description nvarchar(255),
     software_name nvarchar(128) = Microsoft SQL Server, software_vendor_id int = 4608, MTF_major_version tinyint = 1, mirror_count tinyint = 1,
     is_password_protected bit = 0, is_compressed bit = 1, is_encrypted bit = 0`,
    reading => backups(reading).map(backup => ({ media_set_id: backup.id })),
  ),
  view(
    'msdb.dbo.restorehistory',
    `restore_history_id int, restore_date datetime, destination_database_name nvarchar(128), user_name nvarchar(128), backup_set_id int,
     restore_type char(1), replace bit, recovery bit, restart bit, stop_at datetime, device_count tinyint, stop_at_mark_name nvarchar(128), stop_before bit`,
    () => [],
  ),
  view(
    'msdb.dbo.sysmail_profile',
    'profile_id int, name sysname, description nvarchar(256), last_mod_datetime datetime, last_mod_user sysname',
    () => [],
  ),
  view(
    'msdb.dbo.sysmail_account',
    `account_id int, name sysname, description nvarchar(256), email_address nvarchar(128), display_name nvarchar(128), replyto_address nvarchar(128),
     last_mod_datetime datetime, last_mod_user sysname`,
    () => [],
  ),
  view(
    'msdb.dbo.sysoperators',
    `id int, name sysname, enabled tinyint, email_address nvarchar(100), last_email_date int = 0, last_email_time int = 0, pager_address nvarchar(100)`,
    () => [],
  ),
];
