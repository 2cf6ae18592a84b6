import { describe, expect, it } from 'vitest';
import { createWorld } from '../../../src/lab/engine/world.ts';
import { scenarioNames } from '../../../src/lab/scenarios.ts';
import { stage } from './stage.ts';

describe('knobs', () => {
  it('are listed with unit, value and description', async () => {
    const { world } = await stage();
    const knobs = world.knobs();
    expect(knobs.map(({ name }) => name)).toEqual([
      'writers',
      'writeRate',
      'rowBytes',
      'sendRate',
      'redoRate',
      'roundTrip',
      'roleChange',
      'firstBackup',
      'certificateExpiryDays',
      'instanceTdsUp',
      'linkConnected',
      'azurePermissions',
      'azureDeniedActions',
      'retryAfterSeconds',
      'failNext',
    ]);
    for (const { unit, description } of knobs) expect(unit.length * description.length).toBeGreaterThan(0);
    expect(knobs.find(({ name }) => name === 'roundTrip')).toMatchObject({ unit: 'ms', value: 4 });
  });

  it.each([
    [{ speed: 5 }, /There is no knob "speed"\. Knobs: writers, /],
    [{ toString: 5 }, /There is no knob "toString"/],
    [{ sendRate: 'fast' }, /Knob "sendRate" takes a number of KB\/s, at least 0, not "fast"/],
    [{ writers: 2.5 }, /Knob "writers" takes a whole number from 0 to 100, not 2\.5/],
    [{ roundTrip: -1 }, /Knob "roundTrip"/],
    [{ linkConnected: 1 }, /Knob "linkConnected" takes true or false, not 1/],
    [{ failNext: [{ on: 'sqlServer', match: 'x', kind: 'error' }] }, /kind "error" needs a number/],
    [{ failNext: [{ on: 'azure', match: 'x' }] }, /exactly one of status, delayMs and dropAfter/],
    [{ failNext: [{ on: 'sqlServer', match: 'x', kind: 'hang', color: 'red' }] }, /color/],
    [{ azurePermissions: 'all' }, /Knob "azurePermissions" takes an array/],
  ])('refuse %j', async (values, message) => {
    const { world } = await stage();
    expect(() => world.setKnobs({ writeRate: 7, ...values })).toThrow(message);
    expect(world.knobs().find(({ name }) => name === 'writeRate')?.value).toBe(20);
  });

  it('turn what they say', async () => {
    const { world, clock, read } = await stage();
    world.setKnobs({
      certificateExpiryDays: -1,
      instanceTdsUp: false,
      azureDeniedActions: ['x/delete'],
      retryAfterSeconds: 9,
    });
    const expiry = String(read('sqlServer', 'sys.certificates')[0]?.expiry_date);
    expect(Date.parse(`${expiry}Z`)).toBe(clock.now() - 86_400_000);
    expect(world.instanceUnreachable).toBe(true);
    expect(world.azure.permissions('', '')).toEqual([{ actions: ['*'], notActions: ['x/delete'] }]);
    expect(world.azure.retryAfterSeconds).toBe(9);
  });
});

describe('faults', () => {
  it('wait for their statement, on their side, as often as told', async () => {
    const { world } = await stage();
    world.setKnobs({
      failNext: [
        { on: 'sqlServer', match: 'alter  AVAILABILITY group', kind: 'error', number: 41131, message: 'no', count: 2 },
        { on: 'managedInstance', match: 'SELECT', kind: 'delay', ms: 30 },
      ],
    });
    const alter = 'ALTER AVAILABILITY GROUP [DAG_Sales]\n MODIFY …';
    expect(world.sqlServer.takeFault('SELECT 1')).toBeUndefined();
    expect(world.managedInstance.takeFault(alter)).toBeUndefined();
    expect(world.sqlServer.takeFault(alter)).toEqual({ kind: 'error', number: 41131, message: 'no', class: 16 });
    expect(world.knobs().find(({ name }) => name === 'failNext')?.value).toHaveLength(2);
    expect(world.sqlServer.takeFault(alter)).toBeDefined();
    expect(world.sqlServer.takeFault(alter)).toBeUndefined();
    expect(world.managedInstance.takeFault('select 1')).toEqual({ kind: 'delay', ms: 30 });
  });

  it('of Azure match method and path', async () => {
    const { world } = await stage();
    world.setKnobs({
      failNext: [
        {
          on: 'azure',
          method: 'delete',
          match: '/DISTRIBUTEDavailabilityGroups/',
          status: 503,
          code: 'TooManyRequests',
          retryAfterSeconds: 2,
        },
      ],
    });
    const path = '/subscriptions/x/distributedAvailabilityGroups/DAG_Sales';
    expect(world.azure.takeFault('GET', path)).toBeUndefined();
    expect(world.azure.takeFault('DELETE', path)).toMatchObject({
      status: 503,
      code: 'TooManyRequests',
      retryAfterSeconds: 2,
    });
    expect(world.azure.takeFault('DELETE', path)).toBeUndefined();
  });
});

describe('worlds', () => {
  it.each(scenarioNames)('scenario %s stands up and stops', async scenario => {
    const { world } = await stage(scenario);
    expect(world.state()).toMatchObject({ scenario });
  });

  it('refuses a scenario that is not there', async () => {
    await expect(createWorld({ scenario: 'nirvana' })).rejects.toThrow(
      /There is no scenario "nirvana"\. Scenarios: sql2019, /,
    );
  });

  it('runs in real time too, and leaves nothing behind when stopped', async () => {
    const world = await createWorld({ scenario: 'busy', seed: 3 });
    world.setKnobs({ writeRate: 500 });
    await expect.poll(() => world.ledgerIds('managedInstance').length).toBeGreaterThan(45);
    world.stop();
    expect(() => world.ledgerIds('managedInstance')).toThrow();
  });

  it('many in one process do not see each other', async () => {
    const [one, two] = [await stage('sql2019', 1), await stage('sql2019', 1)];
    await one.write('sqlServer', [1000]);
    await one.clock.advance(10);
    expect(one.rows('managedInstance')).toBe(41);
    expect(two.rows('sqlServer')).toBe(40);
  });
});
