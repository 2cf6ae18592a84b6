import { describe, expect, it } from 'vitest';
import { openConnection } from '../../../src/lab/engine/sqlite.ts';
import { setMode, stage } from './stage.ts';

const ids = (from: number, count: number) => Array.from({ length: count }, (_, index) => from + index);

describe('log on its way to the instance', () => {
  it('redoes a row on the instance half a round trip after the commit', async () => {
    const { world, clock, write, rows } = await stage();
    await write('sqlServer', [1000]);
    expect(rows('managedInstance')).toBe(40);
    await clock.advance(1);
    expect(rows('managedInstance')).toBe(40);
    await clock.advance(1);
    expect(rows('managedInstance')).toBe(41);
    expect(world.ledgerIds('managedInstance').at(-1)).toBe(1000);
  });

  it('gives both sides the same LSN for the same log, in the shape of numeric(25,0)', async () => {
    const { clock, write, hardened } = await stage();
    await write('sqlServer', [1000]);
    await clock.advance(10);
    expect(hardened('managedInstance')).toBe(hardened('sqlServer'));
    expect(hardened('sqlServer')).toMatch(/^37\d{10}00001$/);
  });

  it('with 3 MB in the send queue and 300 KB/s, has every row on the instance after ten seconds and not before', async () => {
    const { world, clock, rows } = await stage('lagging');
    const written = world.acknowledgedIds().length + 40;
    expect(world.state().sqlServer.databases.Sales?.sendQueueKb).toBe(3072);
    await clock.advance(5000);
    expect(rows('managedInstance')).toBeLessThan(written);
    expect(world.state().sqlServer.databases.Sales?.sendQueueKb).toBeCloseTo(1572, -1);
    await clock.advance(5300);
    expect(rows('managedInstance')).toBe(written);
    expect(world.state().sqlServer.databases.Sales?.sendQueueKb).toBe(0);
    expect(world.ledgerIds('managedInstance')).toEqual(world.ledgerIds('sqlServer'));
  });

  it('lets a slow redo fill the redo queue while the log is hardened at once', async () => {
    const { world, clock, write, rows, hardened } = await stage();
    world.setKnobs({ redoRate: 10 });
    for (const id of ids(1000, 50)) await write('sqlServer', [id]);
    await clock.advance(10);
    expect(hardened('managedInstance')).toBe(hardened('sqlServer'));
    expect(world.state().managedInstance.databases.Sales?.redoQueueKb).toBeGreaterThan(10);
    expect(rows('managedInstance')).toBeLessThan(60);
    world.setKnobs({ redoRate: 10_000 });
    await clock.advance(50);
    expect(rows('managedInstance')).toBe(90);
  });

  it('carries a change of the schema in its place between the rows', async () => {
    const { world, clock } = await stage();
    const primary = world.sqlServer.database('Sales');
    const connection = openConnection(primary?.storeUri);
    const statement = 'CREATE TABLE "dbo.Later" ("id" int NOT NULL PRIMARY KEY)';
    connection.exec(statement);
    connection.close();
    await primary?.commit([{ kind: 'schema', statements: [statement] }], 51);
    await clock.advance(10);
    expect(world.state().managedInstance.databases.Sales?.rows).toHaveProperty(['dbo.Later'], 0);
  });

  it('waits with redo while a reader holds a transaction open on the instance', async () => {
    const { world, clock, write, rows } = await stage();
    const reader = openConnection(world.managedInstance.database('Sales')?.storeUri);
    reader.exec('BEGIN; SELECT count(*) FROM "dbo.Ledger"');
    await write('sqlServer', [1000]);
    await clock.advance(100);
    expect(rows('managedInstance')).toBe(40);
    reader.exec('COMMIT');
    reader.close();
    await clock.advance(10);
    expect(rows('managedInstance')).toBe(41);
  });
});

describe('asynchronous commit', () => {
  it('acknowledges at once and reports no hardened LSN on the primary', async () => {
    const { clock, write, read } = await stage();
    await write('sqlServer', [1000]);
    await clock.advance(10);
    const link = read('sqlServer', 'sys.availability_groups').find(row => row.name === 'DAG_Sales');
    const states = read('sqlServer', 'sys.dm_hadr_database_replica_states');
    const [local, remote] = states.filter(row => row.group_id === link?.group_id);
    expect(local).toMatchObject({
      is_local: true,
      last_hardened_lsn: null,
      synchronization_state_desc: 'SYNCHRONIZING',
    });
    expect(remote).toMatchObject({ is_local: false, synchronization_state_desc: 'SYNCHRONIZING' });
    expect(remote?.last_hardened_lsn).toMatch(/00001$/);
  });
});

describe('synchronous commit', () => {
  const synchronized = async () => {
    const on = await stage();
    await on.run('sqlServer', setMode('SYNCHRONOUS_COMMIT'));
    await on.clock.advance(20);
    return on;
  };

  it('is SYNCHRONIZED on both sides after a handshake', async () => {
    const { world } = await synchronized();
    const { sqlServer, managedInstance } = world.state();
    expect(sqlServer.databases.Sales?.remoteSynchronizationState).toBe('SYNCHRONIZED');
    expect(managedInstance.databases.Sales?.synchronizationState).toBe('SYNCHRONIZED');
  });

  it('acknowledges after one round trip', async () => {
    const { world, clock, write } = await synchronized();
    world.setKnobs({ roundTrip: 40 });
    let acknowledged = false;
    const commit = write('sqlServer', [1000]).then(() => {
      acknowledged = true;
    });
    await clock.advance(39);
    expect(acknowledged).toBe(false);
    await clock.advance(1);
    expect(acknowledged).toBe(true);
    await commit;
  });

  it('stays SYNCHRONIZING until the backlog is sent, then waits for the instance', async () => {
    const { world, clock, run } = await stage('lagging');
    await run('sqlServer', setMode('SYNCHRONOUS_COMMIT'));
    await clock.advance(9000);
    expect(world.state().sqlServer.databases.Sales?.remoteSynchronizationState).toBe('SYNCHRONIZING');
    await clock.advance(1500);
    expect(world.state().sqlServer.databases.Sales?.remoteSynchronizationState).toBe('SYNCHRONIZED');
  });

  it('reaches SYNCHRONIZED although writers do not stop', async () => {
    const { world, clock, run } = await stage('busy');
    await clock.advance(500);
    await run('sqlServer', setMode('SYNCHRONOUS_COMMIT'));
    await clock.advance(500);
    expect(world.state().sqlServer.databases.Sales?.remoteSynchronizationState).toBe('SYNCHRONIZED');
    expect(world.state().workload.acknowledged).toBeGreaterThan(40);
  });

  it('goes on alone when the instance has been silent for the session timeout', async () => {
    const { world, clock, write } = await synchronized();
    world.setKnobs({ linkConnected: false });
    let acknowledged = false;
    const commit = write('sqlServer', [1000]).then(() => {
      acknowledged = true;
    });
    await clock.advance(9900);
    expect(acknowledged).toBe(false);
    await clock.advance(200);
    expect(acknowledged).toBe(true);
    await commit;
    expect(world.state().sqlServer.databases.Sales?.remoteSynchronizationState).toBe('NOT SYNCHRONIZING');
    expect(world.state().managedInstance.databases.Sales?.synchronizationState).toBe('NOT SYNCHRONIZING');
  });

  it('loses nothing in a partition shorter than the session timeout', async () => {
    const { world, clock, write, rows } = await synchronized();
    world.setKnobs({ linkConnected: false });
    const commit = write('sqlServer', [1000]);
    await clock.advance(5000);
    expect(rows('managedInstance')).toBe(40);
    world.setKnobs({ linkConnected: true });
    await clock.finish(commit);
    expect(rows('managedInstance')).toBe(41);
    expect(world.state().sqlServer.databases.Sales?.remoteSynchronizationState).toBe('SYNCHRONIZED');
  });

  it('catches up and is SYNCHRONIZED again after a long partition', async () => {
    const { world, clock, write, rows } = await synchronized();
    world.setKnobs({ linkConnected: false });
    await clock.advance(11_000);
    await write('sqlServer', ids(1000, 20));
    world.setKnobs({ linkConnected: true });
    await clock.advance(100);
    expect(rows('managedInstance')).toBe(60);
    expect(world.state().sqlServer.databases.Sales?.remoteSynchronizationState).toBe('SYNCHRONIZED');
  });

  it('after a restart of the instance, catches up again', async () => {
    const { world, clock, write, rows, connect } = await synchronized();
    const session = connect('managedInstance');
    world.restart('managedInstance');
    expect(session.endedWith).toBe(6005);
    await write('sqlServer', [1000]);
    expect(world.state().sqlServer.databases.Sales?.remoteSynchronizationState).toBe('NOT SYNCHRONIZING');
    await clock.advance(2900);
    expect(rows('managedInstance')).toBe(40);
    await clock.advance(200);
    expect(rows('managedInstance')).toBe(41);
    expect(world.state().sqlServer.databases.Sales?.remoteSynchronizationState).toBe('SYNCHRONIZED');
  });

  it('what was on the wire when a side restarted never arrives, and is sent again', async () => {
    const { world, clock, write, rows } = await stage();
    await write('sqlServer', [1000]);
    world.restart('managedInstance');
    await clock.advance(2900);
    expect(rows('managedInstance')).toBe(40);
    await clock.advance(200);
    expect(rows('managedInstance')).toBe(41);
  });

  it('back to asynchronous, lets waiting commits go', async () => {
    const { world, clock, write, run } = await synchronized();
    world.setKnobs({ linkConnected: false });
    const commit = write('sqlServer', [1000]);
    await run('sqlServer', setMode('ASYNCHRONOUS_COMMIT'));
    await clock.finish(commit);
    expect(clock.now()).toBeLessThan(Date.UTC(2026, 2, 2, 8, 0, 1));
  });
});

describe('determinism', () => {
  const story = async (seed: number) => {
    const { world, clock } = await stage('busy', seed);
    await clock.advance(2000);
    const { sqlServer, managedInstance, workload, accounts } = world.state();
    return JSON.stringify({ sqlServer, managedInstance, workload, accounts });
  };

  it('gives the same LSNs, rows and secrets for the same seed, and others for another', async () => {
    const first = await story(7);
    expect(await story(7)).toBe(first);
    expect(await story(8)).not.toBe(first);
  });
});
