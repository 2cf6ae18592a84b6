import { describe, expect, it } from 'vitest';
import { virtualClock } from '../../../src/lab/clock.ts';
import { type Client, errorsOf, type Practice, practice } from './practice.ts';

/** The statements that administrators of a link use, as Microsoft's documentation and this product's facts have them. */

const discoverLinks = `
SELECT dag.group_id, dag.name AS link_name, dar.replica_id, dar.replica_server_name AS member_ag,
       dar.endpoint_url, dar.availability_mode_desc, dar.session_timeout,
       ars.is_local, ars.role_desc, ars.connected_state_desc, ars.synchronization_health_desc,
       ars.operational_state_desc, ars.last_connect_error_number, ars.last_connect_error_description,
       ars.last_connect_error_timestamp,
       lag.group_id AS local_ag_id, lag.name AS local_ag
FROM sys.availability_groups dag
JOIN sys.availability_replicas dar ON dar.group_id = dag.group_id
LEFT JOIN sys.dm_hadr_availability_replica_states ars ON ars.replica_id = dar.replica_id
LEFT JOIN sys.availability_groups lag ON lag.name = dar.replica_server_name AND lag.is_distributed = 0
WHERE dag.is_distributed = 1;
-- database of the local AG: sys.availability_databases_cluster adc WHERE adc.group_id = lag.group_id`;

const role = `
DECLARE @dag sysname = N'DAG_Sales';
SELECT ag.name, rs.role_desc FROM sys.availability_groups ag
JOIN sys.dm_hadr_availability_replica_states rs ON ag.group_id = rs.group_id
WHERE rs.is_local = 1 AND ag.is_distributed = 1 AND ag.name = @dag;`;

const lsns = `
SELECT ag.name, db.name AS db, drs.replica_id, drs.is_local, drs.is_primary_replica, drs.synchronization_state_desc,
       CONVERT(varchar(25),drs.end_of_log_lsn) end_of_log_lsn, CONVERT(varchar(25),drs.last_hardened_lsn) last_hardened_lsn,
       CONVERT(varchar(25),drs.last_commit_lsn) last_commit_lsn, drs.log_send_queue_size, drs.redo_queue_size,
       drs.secondary_lag_seconds, drs.is_suspended, drs.suspend_reason_desc
FROM sys.dm_hadr_database_replica_states drs
JOIN sys.databases db ON db.database_id = drs.database_id
JOIN sys.availability_groups ag ON ag.group_id = drs.group_id
WHERE ag.is_distributed = 1 AND ag.name = @dag AND db.name = @db;`;

const lag = `
SELECT ag.name, drs.secondary_lag_seconds
FROM sys.availability_groups ag
JOIN sys.dm_hadr_availability_replica_states ars1 ON ag.group_id = ars1.group_id AND ars1.is_local = 1
JOIN sys.dm_hadr_availability_replica_states ars2 ON ag.group_id = ars2.group_id AND ars2.is_local = 0
JOIN sys.dm_hadr_database_replica_states drs ON ars2.replica_id = drs.replica_id
WHERE ag.is_distributed = 1;`;

const setMode = (mode: string): string => `ALTER AVAILABILITY GROUP [DAG_Sales] MODIFY AVAILABILITY GROUP ON
  N'AG_Sales' WITH (AVAILABILITY_MODE = ${mode}), N'mi-prod-weu' WITH (AVAILABILITY_MODE = ${mode});`;

const rowsAsObjects = async (client: Client, sql: string, parameters: Parameters<Client['execute']>[1] = {}) => {
  const answer = await client.execute(sql, parameters);
  expect(errorsOf(answer)).toEqual([]);
  const [result] = answer.results;
  return (result?.rows ?? []).map(row =>
    Object.fromEntries(result?.columns.map((column, index) => [column.name, row[index]]) ?? []),
  );
};

const sales = {
  '@dag': [{ name: 'nvarchar', length: 128 }, 'DAG_Sales'],
  '@db': [{ name: 'nvarchar', length: 128 }, 'Sales'],
} as const;

describe('the link', () => {
  it('is discovered with its members and roles, from both sides', async () => {
    const { connect, connectTo, world } = await practice();
    const client = await connect('master');
    const members = await rowsAsObjects(client, discoverLinks);
    expect(
      members
        .sort((a, b) => String(a.member_ag).localeCompare(String(b.member_ag)))
        .map(({ link_name, member_ag, local_ag, role_desc }) => ({ link_name, member_ag, local_ag, role_desc })),
    ).toEqual([
      { link_name: 'DAG_Sales', member_ag: 'AG_Sales', local_ag: 'AG_Sales', role_desc: 'PRIMARY' },
      { link_name: 'DAG_Sales', member_ag: 'mi-prod-weu', local_ag: null, role_desc: 'SECONDARY' },
    ]);
    expect(await client.rows(role)).toEqual([['DAG_Sales', 'PRIMARY']]);
    expect(await (await connectTo(world.managedInstance, 'master')).rows(role)).toEqual([['DAG_Sales', 'SECONDARY']]);
    expect(
      await client.rows(
        'SELECT adc.database_name FROM sys.availability_databases_cluster adc JOIN sys.availability_groups ag ON ag.group_id = adc.group_id WHERE ag.is_distributed = 0',
      ),
    ).toEqual([['Sales']]);
  });

  it('shows LSNs with every digit, and none hardened on an asynchronous primary', async () => {
    const { connect, connectTo, world } = await practice();
    const rows = await rowsAsObjects(await connect('master'), lsns, sales);
    expect(rows.length).toBeGreaterThan(0);
    const own = rows.find(row => row.is_local === true);
    expect(own).toMatchObject({ db: 'Sales', is_primary_replica: true, last_hardened_lsn: null });
    expect(own?.end_of_log_lsn).toMatch(/^\d{17,25}$/);
    const [copy] = await rowsAsObjects(
      await connectTo(world.managedInstance, 'master'),
      `SELECT CONVERT(varchar(25), drs.last_hardened_lsn) lsn FROM sys.dm_hadr_database_replica_states drs JOIN sys.databases db ON db.database_id = drs.database_id WHERE db.name = @db`,
      { '@db': sales['@db'] },
    );
    expect(copy?.lsn).toMatch(/^\d{17,25}$/);
  });

  it('turns synchronous by MODIFY, catches up, and is dropped', async () => {
    const clock = virtualClock(Date.UTC(2026, 10, 24));
    const { connect } = await practice({ clock });
    const client = await connect('master');
    expect(errorsOf(await clock.finish(client.run(setMode('SYNCHRONOUS_COMMIT'))))).toEqual([]);
    await clock.advance(5000);
    expect(
      await client.rows(
        "SELECT DISTINCT availability_mode_desc FROM sys.availability_replicas ar JOIN sys.availability_groups ag ON ag.group_id = ar.group_id WHERE ag.name = N'DAG_Sales'",
      ),
    ).toEqual([['SYNCHRONOUS_COMMIT']]);
    const rows = await rowsAsObjects(client, lsns, sales);
    expect(new Set(rows.map(row => `${row.synchronization_state_desc} ${row.last_hardened_lsn}`)).size).toBe(1);
    expect(rows[0]).toMatchObject({ synchronization_state_desc: 'SYNCHRONIZED' });
    expect((await client.rows(lag)).length).toBe(1);
    expect(await clock.finish(client.error('DROP AVAILABILITY GROUP [AG_Sales]'))).toBe(41172);
    expect(errorsOf(await clock.finish(client.run('DROP AVAILABILITY GROUP [DAG_Sales]')))).toEqual([]);
    expect(await client.rows('SELECT name, is_distributed FROM sys.availability_groups')).toEqual([
      ['AG_Sales', false],
    ]);
    expect(
      errorsOf(
        await clock.finish(
          client.run(
            'DROP AVAILABILITY GROUP [AG_Sales]; ALTER DATABASE [Sales] SET READ_ONLY WITH ROLLBACK IMMEDIATE',
          ),
        ),
      ),
    ).toEqual([]);
    expect(await client.error("INSERT Sales.dbo.Orders VALUES (9999, 1, SYSDATETIME(), N'x', 1)")).toBe(3906);
  });

  it('answers the readiness questions', async () => {
    const { connect } = await practice();
    const client = await connect('Sales');
    const questions = [
      "SELECT IS_SRVROLEMEMBER('sysadmin'), HAS_PERMS_BY_NAME(NULL,NULL,'CONTROL SERVER'), HAS_PERMS_BY_NAME(NULL,NULL,'ALTER ANY AVAILABILITY GROUP'), HAS_PERMS_BY_NAME(NULL,NULL,'VIEW SERVER STATE')",
      "SELECT s.session_id, s.login_name, s.host_name, s.program_name, s.open_transaction_count, c.client_net_address FROM sys.dm_exec_sessions s LEFT JOIN sys.dm_exec_connections c ON c.session_id = s.session_id WHERE s.database_id = DB_ID(N'Sales') AND s.is_user_process = 1 AND s.session_id <> @@SPID",
      "SELECT command, percent_complete FROM sys.dm_exec_requests WHERE command LIKE 'BACKUP%' OR command LIKE 'RESTORE%'",
      'SELECT log_reuse_wait_desc, is_encrypted, is_cdc_enabled, is_published, is_merge_published, is_broker_enabled, recovery_model_desc, is_read_only, is_accelerated_database_recovery_on FROM sys.databases WHERE database_id = DB_ID()',
      'SELECT c.name, c.expiry_date, DATEDIFF(day, GETUTCDATE(), c.expiry_date) FROM sys.database_mirroring_endpoints e JOIN master.sys.certificates c ON c.certificate_id = e.certificate_id',
      'SELECT e.state_desc, t.port FROM sys.database_mirroring_endpoints e JOIN sys.tcp_endpoints t ON t.endpoint_id = e.endpoint_id',
      "SELECT dp.name FROM sys.database_principals dp LEFT JOIN sys.server_principals sp ON sp.sid = dp.sid WHERE dp.type IN ('S','U') AND sp.sid IS NULL AND dp.principal_id > 4",
      "SELECT j.name, j.enabled FROM msdb.dbo.sysjobs j WHERE EXISTS (SELECT 1 FROM msdb.dbo.sysjobsteps s WHERE s.job_id = j.job_id AND s.database_name = N'Sales')",
      "SELECT TOP (1) type, backup_finish_date FROM msdb.dbo.backupset WHERE database_name = N'Sales' AND type = 'D' ORDER BY backup_finish_date DESC",
      'SELECT * FROM sys.dm_hadr_automatic_seeding; SELECT * FROM sys.dm_hadr_physical_seeding_stats',
      'SELECT name, is_linked FROM sys.servers WHERE is_linked = 1',
      'SELECT COUNT(*) FROM sys.tables t JOIN sys.dm_db_partition_stats p ON p.object_id = t.object_id AND p.index_id < 2',
      'SELECT * FROM sys.databases; SELECT * FROM sys.availability_replicas; SELECT * FROM sys.dm_hadr_database_replica_states; SELECT * FROM sys.dm_exec_sessions; SELECT * FROM sys.server_principals',
    ];
    for (const sql of questions) expect({ sql, errors: errorsOf(await client.run(sql)) }).toEqual({ sql, errors: [] });
    const flags = await client.run('DBCC TRACESTATUS(-1) WITH NO_INFOMSGS');
    expect(flags.results[0]?.columns.map(column => column.name)).toEqual(['TraceFlag', 'Status', 'Global', 'Session']);
    expect(flags.results[0]?.rows.length).toBeGreaterThan(0);
    const space = await client.run('DBCC SQLPERF(LOGSPACE)');
    expect(space.results[0]?.rows.map(row => row[0])).toContain('Sales');
    expect(Number(space.results[0]?.rows[0]?.[1])).toBeGreaterThan(0);
  });

  it('every view of the engine can be read whole', async () => {
    const { connect, world } = await practice();
    const client = await connect('msdb');
    for (const name of world.sqlServer.systemViewNames)
      expect({
        name,
        errors: errorsOf(await client.run(`SELECT * FROM ${name}; SELECT COUNT(*) FROM ${name}`)),
      }).toEqual({ name, errors: [] });
  });

  it('obeys the administrative commands of the clean-up', async () => {
    const { connect } = await practice();
    const client = await connect('master');
    const [job] = await client.rows('SELECT TOP 1 name FROM msdb.dbo.sysjobs WHERE enabled = 1 ORDER BY name');
    const name = String(job?.[0]);
    expect(errorsOf(await client.run(`EXEC msdb.dbo.sp_update_job @job_name = N'${name}', @enabled = 0`))).toEqual([]);
    expect(await client.value(`SELECT enabled FROM msdb.dbo.sysjobs WHERE name = N'${name}'`)).toBe(0);
    expect(
      errorsOf(
        await client.run(
          "BACKUP LOG [Sales] TO DISK = N'nul' WITH COPY_ONLY; CHECKPOINT; CREATE DATABASE Extra; ALTER DATABASE Extra SET OFFLINE WITH ROLLBACK IMMEDIATE; ALTER DATABASE Extra SET ONLINE; DROP DATABASE Extra",
        ),
      ),
    ).toEqual([]);
  });
});

describe('logins with less than everything', () => {
  const as = async (stage: Practice, account: string, database = ''): Promise<Client> => {
    const { accounts } = stage.world.state() as {
      readonly accounts: Readonly<Record<string, { readonly name: string; readonly password: string }>>;
    };
    return stage.connectAs(accounts[account]?.name ?? '', accounts[account]?.password ?? '', database);
  };

  it('are told which permission a management view needs, and that they may not change the link', async () => {
    const stage = await practice();
    const client = await as(stage, 'withoutViewServerState');
    expect(errorsOf(await client.run('SELECT * FROM sys.dm_hadr_database_replica_states'))[0]).toMatchObject({
      number: 300,
      message: expect.stringContaining('VIEW SERVER STATE'),
    });
    const watcher = await as(stage, 'watcher');
    expect(
      await watcher.rows(
        "SELECT HAS_PERMS_BY_NAME(NULL, NULL, 'VIEW SERVER STATE'), HAS_PERMS_BY_NAME('DAG_Sales', 'AVAILABILITY GROUP', 'ALTER'), IS_SRVROLEMEMBER('sysadmin'), HAS_DBACCESS('Sales')",
      ),
    ).toEqual([[1, 0, 0, 0]]);
    expect(errorsOf(await watcher.run(setMode('SYNCHRONOUS_COMMIT')))).not.toEqual([]);
    expect(
      await (await as(stage, 'operator')).value("SELECT HAS_PERMS_BY_NAME('DAG_Sales', 'AVAILABILITY GROUP', 'ALTER')"),
    ).toBe(1);
  });

  it('reach only the databases that know them, and do there what their roles allow', async () => {
    const stage = await practice();
    const reader = await as(stage, 'salesReader', 'Sales');
    expect(await reader.rows("SELECT COUNT(*), USER_NAME(), IS_MEMBER('db_datareader') FROM dbo.Orders")).toEqual([
      [480, 'sales_reader', 1],
    ]);
    expect(await reader.error('DELETE dbo.Orders')).toBe(229);
    expect(await reader.error('CREATE TABLE dbo.T (a int)')).toBe(262);
    expect(await reader.error('USE Archive')).toBe(916);
    expect(await reader.error('SELECT * FROM Archive.dbo.OldOrders')).toBe(916);
    const app = await as(stage, 'salesApp', 'Sales');
    expect((await app.run('DELETE dbo.Orders WHERE OrderId = 1')).counts).toEqual([1]);
    await expect(as(stage, 'watcher', 'Sales')).rejects.toThrow('Cannot open database "Sales"');
  });
});
