import { describe, expect, it } from 'vitest';
import { scenarioNames } from '../../../src/lab/scenarios.ts';
import type { SqlType, SqlValue } from '../../../src/lab/values.ts';
import { setMode, stage } from './stage.ts';

/** Whether a value has the form that values.ts fixes for its type. */
function fits(value: SqlValue, type: SqlType): boolean {
  if (value === null) return true;
  switch (type.name) {
    case 'bit':
      return typeof value === 'boolean';
    case 'tinyint':
      return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 255;
    case 'smallint':
    case 'int':
      return Number.isInteger(value) && Math.abs(Number(value)) < 2 ** 31;
    case 'float':
    case 'real':
      return typeof value === 'number';
    case 'bigint':
      return typeof value === 'bigint';
    case 'decimal':
    case 'numeric':
    case 'money':
      return typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value);
    case 'uniqueidentifier':
      return typeof value === 'string' && /^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$/.test(value);
    case 'binary':
    case 'varbinary':
      return value instanceof Uint8Array;
    case 'char':
    case 'varchar':
    case 'nchar':
    case 'nvarchar':
      return typeof value === 'string' && (type.length === 'max' || value.length <= type.length);
    case 'datetime':
      return typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}$/.test(value);
    default:
      return typeof value === 'string' && /^\d{4}-\d\d-\d\d/.test(value);
  }
}

describe('every view of every scenario', () => {
  it.each(scenarioNames)('%s: values have the form of their types, and times are sane', async scenario => {
    const { world, clock, connect } = await stage(scenario);
    await clock.advance(300);
    for (const side of ['sqlServer', 'managedInstance'] as const) {
      const viewer = connect(side, {
        database: 'Sales',
        transaction: { id: 4711, begunAt: clock.now(), logBytes: new Map([[5, 2048]]) },
      });
      for (const name of world[side].systemViewNames) {
        const view = world[side].systemView(name.toUpperCase());
        for (const row of view?.rows(viewer) ?? []) {
          expect(row, name).toHaveLength(view?.columns.length ?? -1);
          for (const [index, column] of (view?.columns ?? []).entries())
            expect(fits(row[index] ?? null, column.type), `${name}.${column.name} = ${String(row[index])}`).toBe(true);
        }
      }
    }
  });

  it('knows all that the readiness checks and the link statements read', async () => {
    const { world } = await stage();
    const wanted =
      'sys.availability_groups sys.availability_replicas sys.availability_databases_cluster sys.availability_group_listeners sys.dm_hadr_availability_group_states sys.dm_hadr_availability_replica_states sys.dm_hadr_availability_replica_cluster_states sys.dm_hadr_database_replica_states sys.dm_hadr_database_replica_cluster_states sys.dm_hadr_automatic_seeding sys.dm_hadr_physical_seeding_stats sys.databases sys.master_files sys.database_files sys.dm_exec_sessions sys.dm_exec_requests sys.dm_exec_connections sys.dm_tran_active_transactions sys.dm_tran_session_transactions sys.dm_tran_database_transactions sys.dm_tran_locks sys.certificates sys.endpoints sys.database_mirroring_endpoints sys.tcp_endpoints sys.server_principals sys.server_permissions sys.server_role_members sys.database_principals sys.servers sys.configurations sys.dm_os_sys_info sys.dm_os_performance_counters sys.dm_db_log_space_usage sys.dm_hadr_cluster sys.dm_tcp_listener_states sys.credentials sys.server_triggers msdb.dbo.sysjobs msdb.dbo.sysjobsteps msdb.dbo.sysjobactivity msdb.dbo.sysjobschedules msdb.dbo.backupset msdb.dbo.backupmediafamily msdb.dbo.sysmail_profile';
    expect(wanted.split(' ').filter(name => !world.sqlServer.systemView(name))).toEqual([]);
  });

  it('has the columns of its version', async () => {
    const columns = async (scenario: string, side: 'sqlServer' | 'managedInstance') => {
      const { world } = await stage(scenario);
      return world[side].systemView('sys.availability_groups')?.columns.map(({ name }) => name) ?? [];
    };
    expect(await columns('sql2019', 'sqlServer')).not.toContain('is_contained');
    expect(await columns('sql2022', 'sqlServer')).toContain('is_contained');
    expect(await columns('sql2019', 'managedInstance')).toContain('is_contained');
  });
});

describe('the link in the catalog', () => {
  it('joins link, members, local group and database as the discovery statement does', async () => {
    const { read } = await stage();
    const groups = read('sqlServer', 'sys.availability_groups');
    const dag = groups.find(row => row.is_distributed === true);
    const members = read('sqlServer', 'sys.availability_replicas').filter(row => row.group_id === dag?.group_id);
    expect(members.map(row => [row.replica_server_name, row.endpoint_url])).toEqual([
      ['AG_Sales', 'TCP://SQLPROD01.corp.example:5022'],
      ['mi-prod-weu', 'tcp://mi-prod-weu.8f7a3c21d9e4.database.windows.net:5022;Server=[mi-prod-weu]'],
    ]);
    const local = groups.find(row => row.name === members[0]?.replica_server_name);
    const [database] = read('sqlServer', 'sys.availability_databases_cluster').filter(
      row => row.group_id === local?.group_id,
    );
    expect(database).toMatchObject({ database_name: 'Sales' });
    const sales = read('sqlServer', 'sys.databases').find(row => row.name === 'Sales');
    expect(sales?.group_database_id).toBe(database?.group_database_id);
    expect(read('sqlServer', 'sys.databases').find(row => row.name === 'Archive')?.group_database_id).toBeNull();
  });

  it('shows both members on the primary and only itself on the secondary', async () => {
    const { read } = await stage();
    const states = (side: 'sqlServer' | 'managedInstance') => {
      const dag = read(side, 'sys.availability_groups').find(row => row.is_distributed === true);
      return read(side, 'sys.dm_hadr_availability_replica_states')
        .filter(row => row.group_id === dag?.group_id)
        .map(row => [row.is_local, row.role_desc, row.connected_state_desc, row.synchronization_health_desc]);
    };
    expect(states('sqlServer')).toEqual([
      [true, 'PRIMARY', 'CONNECTED', 'HEALTHY'],
      [false, 'SECONDARY', 'CONNECTED', 'HEALTHY'],
    ]);
    expect(states('managedInstance')).toEqual([[true, 'SECONDARY', 'CONNECTED', 'HEALTHY']]);
  });

  it('is PARTIALLY_HEALTHY while a synchronous pair catches up', async () => {
    const { read, run, clock } = await stage('lagging');
    await run('sqlServer', setMode('SYNCHRONOUS_COMMIT'));
    const remote = () => read('sqlServer', 'sys.dm_hadr_database_replica_states').find(row => row.is_local === false);
    expect(remote()).toMatchObject({
      synchronization_state_desc: 'SYNCHRONIZING',
      synchronization_health_desc: 'PARTIALLY_HEALTHY',
    });
    await clock.advance(11_000);
    expect(remote()).toMatchObject({
      synchronization_state_desc: 'SYNCHRONIZED',
      synchronization_health_desc: 'HEALTHY',
      log_send_queue_size: 0n,
    });
  });

  it('tells the lag in seconds and the queue in KB', async () => {
    const { read, world, clock, write } = await stage();
    await write('sqlServer', [1000]);
    await clock.advance(10);
    world.setKnobs({ sendRate: 0 });
    await clock.advance(30_000);
    await write('sqlServer', [1001]);
    const remote = read('sqlServer', 'sys.dm_hadr_database_replica_states').find(row => row.is_local === false);
    expect(remote).toMatchObject({ log_send_queue_size: 1n, secondary_lag_seconds: 30n });
    expect(read('sqlServer', 'sys.databases').find(row => row.name === 'Sales')?.log_reuse_wait_desc).toBe(
      'AVAILABILITY_REPLICA',
    );
  });
});

describe('who sees what', () => {
  it('refuses dynamic management views without VIEW SERVER STATE', async () => {
    const { read, world } = await stage();
    const name = world.accounts.withoutViewServerState.name;
    expect(() => read('sqlServer', 'sys.dm_hadr_database_replica_states', name)).toThrow(
      "VIEW SERVER STATE permission was denied on object 'server', database 'master'.",
    );
    expect(read('sqlServer', 'sys.availability_groups', name)).toHaveLength(2);
  });

  it('shows an application login an empty catalog and its own session', async () => {
    const { read, world, connect } = await stage();
    connect('sqlServer');
    const { name } = world.accounts.salesApp;
    expect(read('sqlServer', 'sys.availability_groups', name)).toEqual([]);
    expect(read('sqlServer', 'sys.certificates', name)).toEqual([]);
    expect(read('sqlServer', 'sys.dm_exec_sessions', name).map(row => row.login_name)).toEqual([name]);
    expect(read('sqlServer', 'sys.databases', name).length).toBeGreaterThan(5);
  });

  it('shows an orphan user on the instance: its SID has no login there', async () => {
    const { world, connect } = await stage();
    const orphans = (side: 'sqlServer' | 'managedInstance') => {
      const viewer = connect(side, { database: 'Sales' });
      const view = (name: string) => {
        const { columns, rows } = world[side].systemView(name) ?? { columns: [], rows: () => [] };
        return rows(viewer).map(row =>
          Object.fromEntries(columns.map((column, index) => [column.name, row[index] ?? null])),
        );
      };
      const sids = view('sys.server_principals').map(row => String(row.sid));
      return view('sys.database_principals')
        .filter(row => row.type === 'S' && row.authentication_type === 1 && !sids.includes(String(row.sid)))
        .map(row => row.name);
    };
    expect(orphans('sqlServer')).toEqual(['old_etl']);
    expect(orphans('managedInstance')).toEqual(['sales_reader', 'old_etl']);
  });

  it('shows sessions with their transactions and the log they have used', async () => {
    const { read, connect, clock } = await stage();
    const writing = connect('sqlServer', {
      database: 'Sales',
      transaction: { id: 900, begunAt: clock.now(), logBytes: new Map([[5, 4096]]) },
    });
    expect(read('sqlServer', 'sys.dm_exec_sessions').find(row => row.session_id === writing.id)).toMatchObject({
      database_id: 5,
      open_transaction_count: 1,
      is_user_process: true,
    });
    expect(read('sqlServer', 'sys.dm_tran_database_transactions')).toMatchObject([
      { transaction_id: 900n, database_id: 5, database_transaction_log_bytes_used: 4096n },
    ]);
  });
});
