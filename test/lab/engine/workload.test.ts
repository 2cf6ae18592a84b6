import { describe, expect, it } from 'vitest';
import { instanceId, setMode, stage } from './stage.ts';

describe('the writers', () => {
  it('write at their rate, and every acknowledged row is there', async () => {
    const { world, clock } = await stage();
    world.setKnobs({ writers: 3, writeRate: 10 });
    await clock.advance(10_000);
    world.setKnobs({ writers: 0 });
    await clock.advance(100);
    const { acknowledged, maxAcknowledgedId, unanswered, refused } = world.state().workload;
    expect(acknowledged).toBeGreaterThan(250);
    expect(acknowledged).toBeLessThan(350);
    expect({ unanswered, refused }).toEqual({ unanswered: 0, refused: 0 });
    expect(world.ledgerIds('sqlServer')).toEqual(expect.arrayContaining([...world.acknowledgedIds()]));
    expect(maxAcknowledgedId).toBe(world.ledgerIds('sqlServer').at(-1));
  });

  it('are seen as sessions of the application', async () => {
    const { world, clock, read } = await stage('busy');
    await clock.advance(100);
    const sessions = read('sqlServer', 'sys.dm_exec_sessions').filter(row => row.program_name === 'Sales Order Entry');
    expect(sessions).toHaveLength(4);
    expect(sessions[0]).toMatchObject({ login_name: world.accounts.salesApp.name, database_id: 5 });
  });

  it('come back after KILL, but not while their login is disabled', async () => {
    const { world, clock, run, read } = await stage('busy');
    const count = () =>
      read('sqlServer', 'sys.dm_exec_sessions').filter(row => row.program_name === 'Sales Order Entry').length;
    const killAll = async () => {
      for (const { id, programName } of world.state().sqlServer.sessions)
        if (programName === 'Sales Order Entry') await run('sqlServer', { kind: 'kill', sessionId: id });
    };
    await clock.advance(100);
    await killAll();
    expect(count()).toBe(0);
    await clock.advance(2000);
    expect(count()).toBe(4);
    await run('sqlServer', { kind: 'alterLogin', login: world.accounts.salesApp.name, enable: false });
    await killAll();
    await clock.advance(200);
    const { acknowledged } = world.state().workload;
    await clock.advance(5000);
    expect(world.state().workload.acknowledged).toBe(acknowledged);
    expect(count()).toBe(0);
  });

  it('go on writing to SQL Server after an unannounced cut: those rows are not on the instance', async () => {
    const { world, clock, run } = await stage('busy');
    await run('sqlServer', setMode('SYNCHRONOUS_COMMIT'));
    await clock.advance(1000);
    await clock.finish(world.azure.deleteLink(instanceId(world), 'DAG_Sales'));
    await clock.advance(1000);
    const there = new Set(world.ledgerIds('managedInstance'));
    const missing = world.acknowledgedIds().filter(id => !there.has(id));
    const parting = world.state().partings[0];
    expect(missing.length).toBeGreaterThan(20);
    expect(missing.length).toBeLessThanOrEqual((parting?.lostTransactions ?? 0) + (parting?.writtenSince ?? 0));
  });

  it('stopped before the cut, lose nothing', async () => {
    const { world, clock, run, hardened } = await stage('busy');
    await run('sqlServer', setMode('SYNCHRONOUS_COMMIT'));
    await clock.advance(1000);
    world.setKnobs({ writers: 0 });
    await clock.advance(100);
    expect(hardened('sqlServer')).toBe(hardened('managedInstance'));
    await clock.finish(world.azure.deleteLink(instanceId(world), 'DAG_Sales'));
    const there = new Set(world.ledgerIds('managedInstance'));
    expect(world.acknowledgedIds().filter(id => !there.has(id))).toEqual([]);
    expect(world.acknowledgedIds().length).toBeGreaterThan(50);
  });
});
