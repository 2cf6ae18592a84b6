import { describe, expect, it } from 'vitest';
import type { AdminCommand, LabSide } from '../../../src/lab/engine/contract.ts';
import { dropGroup, setMode, stage } from './stage.ts';

const failOver = (group = 'DAG_Sales'): AdminCommand => ({ kind: 'failOver', group });
const force: AdminCommand = { kind: 'forceFailoverAllowDataLoss', group: 'DAG_Sales' };
const demote = (group = 'DAG_Sales'): AdminCommand => ({ kind: 'setRoleSecondary', group });
const modify = (group: string, name: string): AdminCommand => ({
  kind: 'modifyAvailabilityGroup',
  group,
  members: [{ name, availabilityMode: 'SYNCHRONOUS_COMMIT' }],
});
const required = (count: number, group = 'DAG_Sales'): AdminCommand => ({
  kind: 'setRequiredSynchronizedSecondaries',
  group,
  count,
});

describe('what ALTER and DROP AVAILABILITY GROUP refuse', () => {
  it.each<[string, string, LabSide, AdminCommand, number]>([
    ['MODIFY of a group that is not there', 'sql2019', 'sqlServer', modify('DAG_Nope', 'AG_Sales'), 19510],
    ['MODIFY of a group that is not distributed', 'sql2019', 'sqlServer', modify('AG_Sales', 'AG_Sales'), 19512],
    ['MODIFY of a member that is not there', 'sql2019', 'sqlServer', modify('DAG_Sales', 'AG_Nope'), 19508],
    ['FAILOVER of the link before SQL Server 2022 CU13', 'sql2019', 'sqlServer', failOver(), 19504],
    ['FAILOVER of the link on SQL Server 2022 CU10', 'sql2022BeforeCu13', 'sqlServer', failOver(), 19504],
    ['FAILOVER of the link while it is asynchronous', 'sql2022', 'sqlServer', failOver(), 41142],
    ['FAILOVER of the link on its secondary', 'sql2022Reversed', 'sqlServer', failOver(), 41195],
    ['FAILOVER of the local group, already primary', 'sql2019', 'sqlServer', failOver('AG_Sales'), 41122],
    ['FAILOVER of a group that is not there', 'sql2019', 'sqlServer', failOver('AG_Nope'), 41100],
    ['FORCE on the primary', 'sql2019', 'sqlServer', force, 41122],
    ['SET ROLE of a group that is not distributed', 'sql2019', 'sqlServer', demote('AG_Sales'), 19512],
    ['SET ROLE of a group that is not there', 'sql2019', 'sqlServer', demote('AG_Nope'), 41100],
    ['REQUIRED_… on a link before SQL Server 2022', 'sql2019', 'sqlServer', required(1), 41190],
    ['REQUIRED_… above the number of secondaries', 'sql2022', 'sqlServer', required(2), 47104],
    ['DROP of a group that is not there', 'sql2019', 'sqlServer', dropGroup('AG_Nope'), 15151],
    ['DROP of the group that the link stands on', 'sql2019', 'sqlServer', dropGroup('AG_Sales'), 41172],
    [
      'MODIFY on a secondary replica of the local group',
      'localSecondary',
      'sqlServer',
      setMode('SYNCHRONOUS_COMMIT'),
      41140,
    ],
    ['DROP on a secondary replica of the local group', 'localSecondary', 'sqlServer', dropGroup('DAG_Sales'), 41190],
    ['REQUIRED_… on the secondary of the link', 'sql2022Reversed', 'sqlServer', required(1), 41140],
    ['DROP on the instance, where Azure owns the groups', 'sql2019', 'managedInstance', dropGroup('DAG_Sales'), 40510],
    ['SET ROLE on the instance', 'sql2019', 'managedInstance', demote(), 40510],
  ])('%s', async (_, scenario, side, command, number) => {
    const { run, world } = await stage(scenario);
    const before = JSON.stringify(world.state());
    await expect(run(side, command)).rejects.toMatchObject({ number, class: 16 });
    const { now: _now, ...after } = world.state();
    const { now: _then, ...unchanged } = JSON.parse(before);
    expect(JSON.parse(JSON.stringify(after))).toEqual(unchanged);
  });

  it('tells nothing to a login without ALTER on the group', async () => {
    const { run, world } = await stage();
    const watcher = world.accounts.watcher.name;
    await expect(run('sqlServer', setMode('SYNCHRONOUS_COMMIT'), watcher)).rejects.toMatchObject({
      number: 15151,
      message:
        "Cannot alter the availability group 'DAG_Sales', because it does not exist or you do not have permission.",
    });
    await expect(run('sqlServer', dropGroup('DAG_Sales'), watcher)).rejects.toMatchObject({ number: 15151 });
  });

  it('lets a login with ALTER ANY AVAILABILITY GROUP do it without sysadmin', async () => {
    const { run, world } = await stage();
    await run('sqlServer', setMode('SYNCHRONOUS_COMMIT'), world.accounts.operator.name);
    expect(world.state().sqlServer.databases.Sales?.availabilityMode).toBe('SYNCHRONOUS_COMMIT');
  });
});

describe('MODIFY AVAILABILITY GROUP ON', () => {
  it('changes both members in the catalog of this server only', async () => {
    const { run, world } = await stage();
    await run('sqlServer', setMode('SYNCHRONOUS_COMMIT'));
    const modes = (side: LabSide) => world.state()[side].availabilityGroups.find(({ distributed }) => distributed);
    expect(modes('sqlServer')).toMatchObject({ localMode: 'SYNCHRONOUS_COMMIT', remoteMode: 'SYNCHRONOUS_COMMIT' });
    expect(modes('managedInstance')).toMatchObject({ localMode: 'ASYNCHRONOUS_COMMIT' });
  });

  it('does not make a pair synchronous when only one member is', async () => {
    const { run, world, clock } = await stage();
    await run('sqlServer', modify('DAG_Sales', 'mi-prod-weu'));
    await clock.advance(1000);
    expect(world.state().sqlServer.databases.Sales?.remoteSynchronizationState).toBe('SYNCHRONIZING');
  });

  it('says so when nothing changes', async () => {
    const { run } = await stage();
    expect(await run('sqlServer', setMode('ASYNCHRONOUS_COMMIT'))).toMatchObject([{ number: 41185, class: 10 }]);
  });

  it('finds names whatever their case', async () => {
    const { run, world } = await stage();
    await run('sqlServer', modify('dag_SALES', 'ag_sales'));
    expect(world.state().sqlServer.databases.Sales?.availabilityMode).toBe('SYNCHRONOUS_COMMIT');
  });
});

describe('DROP AVAILABILITY GROUP', () => {
  it('of the link leaves the local group and a writable database', async () => {
    const { run, world, write, clock } = await stage();
    await run('sqlServer', dropGroup('DAG_Sales'));
    expect(world.state().sqlServer.availabilityGroups.map(({ name }) => name)).toEqual(['AG_Sales']);
    await write('sqlServer', [1000]);
    await clock.advance(1000);
    expect(world.state().managedInstance.databases.Sales).toMatchObject({
      role: 'SECONDARY',
      synchronizationState: 'NOT SYNCHRONIZING',
      writable: false,
    });
  });

  it('of the local group afterwards leaves a database of its own', async () => {
    const { run, world, write } = await stage();
    await run('sqlServer', dropGroup('DAG_Sales'));
    await run('sqlServer', dropGroup('AG_Sales'));
    expect(world.state().sqlServer).toMatchObject({
      availabilityGroups: [],
      databases: { Sales: { role: 'STANDALONE', writable: true } },
    });
    await write('sqlServer', [1000]);
  });

  it('under a secondary leaves a database that recovery opens', async () => {
    const { run, world, write } = await stage('sql2022Reversed');
    await run('sqlServer', dropGroup('DAG_Sales'));
    await expect(write('sqlServer', [1000])).rejects.toMatchObject({ number: 983 });
    await run('sqlServer', dropGroup('AG_Sales'));
    await expect(write('sqlServer', [1000])).rejects.toMatchObject({ number: 927 });
    await run('sqlServer', { kind: 'restoreWithRecovery', database: 'Sales' });
    expect(world.state().sqlServer.databases.Sales?.writable).toBe(true);
  });

  it('is refused for a group that carries a second link', async () => {
    const { run, world } = await stage('sharedAg');
    expect(world.link.databases).toEqual(['Sales', 'Stock']);
    await run('sqlServer', dropGroup('DAG_Sales'));
    await expect(run('sqlServer', dropGroup('AG_Sales'))).rejects.toMatchObject({ number: 41172 });
  });
});

describe('planned failover by T-SQL (SQL Server 2022 CU13)', () => {
  it('swaps the roles, loses nothing, and log flows the other way', async () => {
    const { run, world, clock, write, rows } = await stage('sql2022');
    await run('sqlServer', setMode('SYNCHRONOUS_COMMIT'));
    await clock.finish(write('sqlServer', [1000, 1001]));
    await run('sqlServer', failOver());
    expect(world.state().sqlServer.databases.Sales?.writable).toBe(false);
    await clock.advance(1000);
    expect(world.state()).toMatchObject({
      sqlServer: { databases: { Sales: { role: 'SECONDARY', writable: false } } },
      managedInstance: { databases: { Sales: { role: 'PRIMARY', writable: true } } },
    });
    await write('managedInstance', [2000]);
    await clock.advance(100);
    expect(rows('managedInstance')).toBe(43);
    expect(rows('sqlServer')).toBe(43);
    expect(world.ledgerIds('sqlServer')).toEqual(world.ledgerIds('managedInstance'));
  });

  it('waits for commits that are on their way', async () => {
    const { run, world, clock, write } = await stage('sql2022');
    await run('sqlServer', setMode('SYNCHRONOUS_COMMIT'));
    await clock.advance(100);
    world.setKnobs({ roundTrip: 200, roleChange: 0 });
    const commit = write('sqlServer', [1000]);
    await run('sqlServer', failOver());
    await clock.finish(commit);
    await clock.advance(1000);
    expect(world.ledgerIds('managedInstance')).toContain(1000);
    expect(world.ledgerIds('managedInstance')).toEqual(world.ledgerIds('sqlServer'));
  });

  it('gives up when the last log cannot be sent, and the primary goes on', async () => {
    const { run, world, clock, write } = await stage('sql2022');
    await run('sqlServer', setMode('SYNCHRONOUS_COMMIT'));
    await clock.advance(100);
    world.setKnobs({ sendRate: 0 });
    const commit = write('sqlServer', [1000]);
    await expect(run('sqlServer', failOver())).rejects.toMatchObject({ number: 41149 });
    expect(world.state().sqlServer.databases.Sales).toMatchObject({ role: 'PRIMARY', writable: true });
    world.setKnobs({ sendRate: 1000 });
    await clock.finish(commit);
  });

  it('cancelled by its client, may still come to its end', async () => {
    const { run, world, clock, write, connect } = await stage('sql2022');
    await run('sqlServer', setMode('SYNCHRONOUS_COMMIT'));
    await clock.advance(100);
    world.setKnobs({ sendRate: 0 });
    const commit = write('sqlServer', [1000]);
    const attention = new AbortController();
    const outcome = expect(world.sqlServer.execute(failOver(), connect('sqlServer'), attention.signal)).rejects.toThrow(
      'attention',
    );
    await clock.advance(100);
    attention.abort(new Error('attention'));
    await outcome;
    world.setKnobs({ sendRate: 1000 });
    await clock.finish(commit);
    await clock.advance(1000);
    expect(world.state().managedInstance.databases.Sales).toMatchObject({ role: 'PRIMARY', writable: true });
  });

  it('with REQUIRED_SYNCHRONIZED_SECONDARIES_TO_COMMIT no commit is acknowledged without the other side', async () => {
    const { run, world, clock, write } = await stage('sql2022');
    await run('sqlServer', setMode('SYNCHRONOUS_COMMIT'));
    await run('sqlServer', required(1));
    world.setKnobs({ linkConnected: false });
    let acknowledged = false;
    const commit = write('sqlServer', [1000]).then(() => {
      acknowledged = true;
    });
    await clock.advance(60_000);
    expect(acknowledged).toBe(false);
    world.setKnobs({ linkConnected: true });
    await clock.finish(commit);
    expect(world.ledgerIds('managedInstance')).toContain(1000);
  });

  it('ends the sessions of the database that stops being writable', async () => {
    const { run, connect } = await stage('sql2022');
    await run('sqlServer', setMode('SYNCHRONOUS_COMMIT'));
    const application = connect('sqlServer', { database: 'Sales' });
    const elsewhere = connect('sqlServer', { database: 'Archive' });
    await run('sqlServer', failOver());
    expect(application.endedWith).toBe(983);
    expect(elsewhere.endedWith).toBeUndefined();
  });

  it('fails back from the instance', async () => {
    const { run, world, clock } = await stage('sql2022Reversed');
    for (const end of [world.azure]) {
      await clock.finish(
        end.setReplicationMode(
          end.instances(end.subscriptions[0]?.subscriptionId ?? '')[0]?.id ?? '',
          'DAG_Sales',
          'Sync',
        ),
      );
    }
    await clock.advance(100);
    await run('managedInstance', failOver());
    await clock.advance(1000);
    expect(world.state().sqlServer.databases.Sales).toMatchObject({ role: 'PRIMARY', writable: true });
    expect(world.state().managedInstance.databases.Sales).toMatchObject({ role: 'SECONDARY', writable: false });
  });
});

describe('forced failover', () => {
  it('makes two primaries when the old one is not asked, and says what was left behind', async () => {
    const { run, world, clock, write } = await stage('sql2022');
    world.setKnobs({ sendRate: 0 });
    await write('sqlServer', [1000, 1001]);
    await write('sqlServer', [1002]);
    await run('managedInstance', force);
    await write('managedInstance', [2000]);
    await write('sqlServer', [1003]);
    await clock.advance(100);
    expect(world.state()).toMatchObject({
      sqlServer: { databases: { Sales: { role: 'PRIMARY', writable: true } } },
      managedInstance: { databases: { Sales: { role: 'PRIMARY', writable: true } } },
      partings: [{ cause: 'forcedFailover', behind: 'sqlServer', lostTransactions: 2, writtenSince: 1 }],
    });
  });

  it('the old primary, demoted, waits for RESUME and then throws its own log away', async () => {
    const { run, world, clock, write } = await stage('sql2022');
    world.setKnobs({ sendRate: 0 });
    await write('sqlServer', [1000]);
    await run('managedInstance', force);
    await write('managedInstance', [2000]);
    world.setKnobs({ sendRate: 10_000 });
    await run('sqlServer', demote());
    await clock.advance(100);
    expect(world.state().sqlServer.databases.Sales).toMatchObject({
      suspended: 'SUSPEND_FROM_PARTNER',
      writable: false,
    });
    await run('sqlServer', { kind: 'setDatabase', database: 'Sales', option: 'HADR RESUME', termination: 'wait' });
    await clock.advance(100);
    expect(world.ledgerIds('sqlServer')).toEqual(world.ledgerIds('managedInstance'));
    expect(world.ledgerIds('sqlServer')).not.toContain(1000);
    expect(world.ledgerIds('sqlServer')).toContain(2000);
  });

  it('SQL Server 2019 cannot follow an instance of a later format', async () => {
    const { run, world, clock, read } = await stage('sql2019');
    await run('managedInstance', force);
    await run('sqlServer', demote());
    await clock.advance(100);
    expect(world.state().sqlServer.databases.Sales?.synchronizationState).toBe('NOT SYNCHRONIZING');
    const errors = read('sqlServer', 'sys.dm_hadr_availability_replica_states').map(
      row => row.last_connect_error_number,
    );
    expect(errors).toContain(41191);
  });

  it('the documented recipe before CU13: demote, compare, force, without loss', async () => {
    const { run, world, clock, write, hardened } = await stage('sql2022BeforeCu13');
    await run('sqlServer', setMode('SYNCHRONOUS_COMMIT'));
    await clock.finish(write('sqlServer', [1000]));
    await run('sqlServer', demote());
    expect(world.state().sqlServer.databases.Sales?.writable).toBe(false);
    await clock.advance(100);
    expect(hardened('sqlServer')).toBe(hardened('managedInstance'));
    await run('managedInstance', force);
    await clock.advance(1000);
    expect(world.ledgerIds('managedInstance')).toContain(1000);
    expect(world.state().partings.at(-1)).toMatchObject({ lostTransactions: 0 });
    expect(world.state().managedInstance.databases.Sales).toMatchObject({ role: 'PRIMARY', writable: true });
  });

  it('and its back-out: force on the old primary takes the role back', async () => {
    const { run, world, clock, write } = await stage('sql2022BeforeCu13');
    world.setKnobs({ sendRate: 0 });
    await write('sqlServer', [1000]);
    await run('sqlServer', demote());
    await run('sqlServer', force);
    await clock.advance(1000);
    world.setKnobs({ sendRate: 10_000 });
    await clock.advance(100);
    expect(world.state().sqlServer.databases.Sales).toMatchObject({ role: 'PRIMARY', writable: true });
    expect(world.ledgerIds('managedInstance')).toContain(1000);
  });

  it('a split brain can be stood on stage', async () => {
    const { world, clock } = await stage('splitBrain');
    await clock.advance(100);
    const { sqlServer, managedInstance, partings } = world.state();
    expect(sqlServer.databases.Sales?.writable && managedInstance.databases.Sales?.writable).toBe(true);
    expect(partings).toMatchObject([{ behind: 'sqlServer', writtenSince: 2 }]);
  });
});
