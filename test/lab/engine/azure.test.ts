import { describe, expect, it } from 'vitest';
import { dropGroup, instanceId, setMode, stage } from './stage.ts';

describe('deleting the link', () => {
  it('after catching up loses nothing: both databases are independent and writable', async () => {
    const { world, clock, write, run, rows } = await stage();
    await write('sqlServer', [1000]);
    await clock.advance(100);
    expect(await clock.finish(world.azure.deleteLink(instanceId(world), 'DAG_Sales'))).toBe(true);
    const { sqlServer, managedInstance, partings } = world.state();
    expect(managedInstance).toMatchObject({
      availabilityGroups: [{ name: 'mi-prod-weu' }],
      databases: { Sales: { role: 'STANDALONE', writable: true } },
    });
    expect(sqlServer.databases.Sales).toMatchObject({ role: 'PRIMARY', writable: true });
    expect(partings).toMatchObject([{ lostTransactions: 0, lostKb: 0, lostLsns: null }]);
    await write('managedInstance', [2000]);
    expect(rows('managedInstance')).toBe(42);
    await run('sqlServer', dropGroup('DAG_Sales'));
  });

  it('with unsent log loses exactly those rows, and counts them', async () => {
    const { world, clock, write } = await stage();
    await write('sqlServer', [1000]);
    await clock.advance(100);
    world.setKnobs({ sendRate: 0 });
    for (const id of [1001, 1002, 1003]) await write('sqlServer', [id]);
    await clock.finish(world.azure.deleteLink(instanceId(world), 'DAG_Sales'));
    const missing = world.ledgerIds('sqlServer').filter(id => !world.ledgerIds('managedInstance').includes(id));
    expect(missing).toEqual([1001, 1002, 1003]);
    expect(world.state().partings).toMatchObject([
      { cause: 'linkDeleted', behind: 'sqlServer', lostTransactions: 3, writtenSince: 0 },
    ]);
  });

  it('counts what SQL Server goes on writing as writes to the past', async () => {
    const { world, clock, write } = await stage();
    await clock.finish(world.azure.deleteLink(instanceId(world), 'DAG_Sales'));
    await write('sqlServer', [1001]);
    expect(world.state().partings).toMatchObject([{ lostTransactions: 0, writtenSince: 1 }]);
  });

  it('takes the role-change time; until then the database is in no role', async () => {
    const { world, clock, write } = await stage();
    world.setKnobs({ roleChange: 3000 });
    const deletion = world.azure.deleteLink(instanceId(world), 'DAG_Sales');
    await clock.advance(2900);
    await expect(write('managedInstance', [2000])).rejects.toMatchObject({ number: 983 });
    expect(world.azure.links(instanceId(world))[0]?.databases[0]?.replicaState).toBe('LinkFailoverInProgress');
    await clock.finish(deletion);
    await write('managedInstance', [2000]);
    expect(world.azure.links(instanceId(world))).toEqual([]);
  });

  it('redoes what the instance has hardened before it opens', async () => {
    const { world, clock, write, rows } = await stage();
    world.setKnobs({ redoRate: 0 });
    for (const id of [1001, 1002, 1003]) await write('sqlServer', [id]);
    await clock.advance(100);
    expect(rows('managedInstance')).toBe(40);
    await clock.finish(world.azure.deleteLink(instanceId(world), 'DAG_Sales'));
    expect(rows('managedInstance')).toBe(43);
  });

  it('is shown on SQL Server as a disconnected link, and lets waiting commits go', async () => {
    const { world, clock, run, write, read } = await stage();
    await run('sqlServer', setMode('SYNCHRONOUS_COMMIT'));
    await clock.advance(50);
    await clock.finish(world.azure.deleteLink(instanceId(world), 'DAG_Sales'));
    await clock.finish(write('sqlServer', [1001]));
    const remote = read('sqlServer', 'sys.dm_hadr_availability_replica_states').find(row => row.is_local === false);
    expect(remote).toMatchObject({
      role_desc: 'RESOLVING',
      connected_state_desc: 'DISCONNECTED',
      synchronization_health_desc: 'NOT_HEALTHY',
      last_connect_error_number: 35267,
    });
  });

  it('answers false when there is no such link, and refuses a second operation meanwhile', async () => {
    const { world, clock } = await stage();
    expect(await world.azure.deleteLink(instanceId(world), 'DAG_Nope')).toBe(false);
    const deletion = world.azure.deleteLink(instanceId(world), 'DAG_Sales');
    await expect(world.azure.deleteLink(instanceId(world), 'DAG_Sales')).rejects.toMatchObject({
      status: 409,
      code: 'ManagedInstanceIsBusy',
    });
    await clock.finish(deletion);
    expect(await world.azure.deleteLink(instanceId(world), 'DAG_Sales')).toBe(false);
  });

  it('is followed by the first automatic full backup', async () => {
    const { world, clock, read } = await stage();
    await clock.finish(world.azure.deleteLink(instanceId(world), 'DAG_Sales'));
    expect(read('managedInstance', 'msdb.dbo.backupset')).toEqual([]);
    await clock.advance(3000);
    expect(read('managedInstance', 'msdb.dbo.backupset')).toMatchObject([{ database_name: 'Sales', type: 'D' }]);
  });
});

describe('the other operations', () => {
  it('replication mode is the instance’s own and does not make the primary wait', async () => {
    const { world, clock } = await stage();
    await clock.finish(world.azure.setReplicationMode(instanceId(world), 'DAG_Sales', 'Sync'));
    await clock.advance(100);
    expect(world.azure.links(instanceId(world))[0]?.replicationMode).toBe('Sync');
    expect(world.state().sqlServer.databases.Sales?.availabilityMode).toBe('ASYNCHRONOUS_COMMIT');
  });

  it('refuses a planned failover while the instance is the secondary', async () => {
    const { world } = await stage('sql2022');
    await expect(world.azure.failOver(instanceId(world), 'DAG_Sales', 'Planned')).rejects.toMatchObject({
      status: 400,
      code: 'InvalidDistributedAvailabilityGroupFailoverInstanceRole',
    });
  });

  it('forces the instance to be primary', async () => {
    const { world, clock } = await stage();
    await clock.finish(world.azure.failOver(instanceId(world), 'DAG_Sales', 'ForcedAllowDataLoss'));
    expect(world.azure.links(instanceId(world))[0]).toMatchObject({
      instanceLinkRole: 'Primary',
      partnerLinkRole: 'Secondary',
    });
    expect(world.state().managedInstance.databases.Sales?.writable).toBe(true);
  });

  it.each([
    ['Secondary', 'Forced', 'DistributedAvailabilityGroupSetRoleInstanceAlreadyInRequestedRole'],
    ['Primary', 'Planned', 'DistributedAvailabilityGroupSetRolePrimaryPlannedNotSupported'],
  ] as const)('setRole %s %s is refused while the instance is the secondary', async (role, change, code) => {
    const { world } = await stage('sql2022');
    await expect(world.azure.setRole(instanceId(world), 'DAG_Sales', role, change)).rejects.toMatchObject({
      status: 409,
      code,
    });
  });

  it('setRole Secondary demotes the instance, and log flows from SQL Server again', async () => {
    const { world, clock, write, rows } = await stage('splitBrain');
    await clock.advance(100);
    await clock.finish(world.azure.setRole(instanceId(world), 'DAG_Sales', 'Secondary', 'Forced'));
    await write('sqlServer', [9000]);
    await clock.advance(100);
    expect(world.state().managedInstance.databases.Sales).toMatchObject({ role: 'SECONDARY', writable: false });
    expect(rows('managedInstance')).toBe(rows('sqlServer'));
  });

  it('knows no link by another name', async () => {
    const { world } = await stage();
    await expect(world.azure.failOver(instanceId(world), 'DAG_Nope', 'Planned')).rejects.toMatchObject({
      status: 404,
      code: 'ResourceNotFound',
    });
  });

  it('describes the link with what the instance knows', async () => {
    const { world, clock, write, hardened } = await stage();
    await write('sqlServer', [1000]);
    await clock.advance(10);
    expect(world.azure.links(instanceId(world))).toMatchObject([
      {
        name: 'DAG_Sales',
        replicationMode: 'Async',
        instanceLinkRole: 'Secondary',
        partnerLinkRole: 'Primary',
        partnerAvailabilityGroupName: 'AG_Sales',
        instanceAvailabilityGroupName: 'mi-prod-weu',
        failoverMode: 'None',
        databases: [
          {
            databaseName: 'Sales',
            connectedState: 'CONNECTED',
            synchronizationHealth: 'HEALTHY',
            lastHardenedLsn: hardened('managedInstance'),
            partnerAuthCertValidity: { certificateName: 'Cert_SQLPROD01_endpoint' },
          },
        ],
      },
    ]);
  });
});
