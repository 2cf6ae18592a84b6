import { afterEach, describe, expect, it } from 'vitest';
import { targetFromAzure } from '../../src/failover/discover.ts';
import type { RunEvent, RunResult } from '../../src/failover/events.ts';
import { makePlan } from '../../src/failover/make-plan.ts';
import type { Intent, Plan } from '../../src/failover/plan.ts';
import { runPlan } from '../../src/failover/run.ts';
import { observe, type Sides } from '../../src/failover/sides.ts';
import { startLab } from '../../src/lab/lab.ts';
import { systemClock } from '../../src/link/clock.ts';
import type { SqlSide } from '../../src/link/ports.ts';
import type { LinkTarget, Side } from '../../src/link/vocabulary.ts';
import { connectToLab } from '../../src/practice/connect.ts';
import { parseLabDescription } from '../../src/practice/lab-description.ts';

/** Every route against the practice lab over its sockets: what the lab itself holds afterwards decides. */
const NEVER = new AbortController().signal;
const KEEP = { dropDistributedAvailabilityGroup: false, dropAvailabilityGroup: false };
const DROP = { dropDistributedAvailabilityGroup: true, dropAvailabilityGroup: true };
const undo: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function enter(scenario: string) {
  const lab = await startLab({ scenario, seed: 7 });
  undo.push(() => lab.stop());
  const closing = new AsyncDisposableStack();
  undo.push(() => closing.disposeAsync());
  const { sides, target } = await connectToLab(parseLabDescription(JSON.stringify(lab.description)), closing, NEVER);
  const [database = ''] = target.databases;
  const { world } = lab;
  return {
    lab,
    world,
    sides,
    target,
    database,
    rows: (side: Side) => world.ledgerIds(side),
    insert: (on: SqlSide | undefined, id: number) =>
      on?.execute(
        {
          text: `INSERT INTO [${database}].dbo.Ledger (id, writer, note, written_at) VALUES (${id}, 0, N'route', SYSUTCDATETIME());`,
          timeoutMs: 10_000,
        },
        NEVER,
      ),
  };
}

type Entered = Awaited<ReturnType<typeof enter>>;
type Choices = Partial<Intent> & Pick<Intent, 'kind'>;

async function planFor(
  { sides, target }: { readonly sides: Sides; readonly target: LinkTarget },
  choices: Choices,
): Promise<Plan> {
  const intent = { target, cleanUp: KEEP, catchUpBudgetSeconds: 30, ...choices };
  return makePlan(intent, await observe(sides, target, systemClock, NEVER), systemClock);
}

async function carryOut(
  plan: Plan,
  sides: Sides,
  watch: (event: RunEvent, cancel: () => void) => void = () => undefined,
): Promise<RunResult> {
  const cancel = new AbortController();
  return runPlan(plan, sides, {
    clock: systemClock,
    signal: cancel.signal,
    journal: { append: async () => undefined },
    report: event => watch(event, () => cancel.abort()),
  });
}

async function rolesNow({ sides, target }: Pick<Entered, 'sides' | 'target'>) {
  const o = await observe(sides, target, systemClock, NEVER);
  const of = (sight: typeof o.sqlServer) => (sight.state === 'seen' ? sight.value.link?.localRole : sight.state);
  return { sqlServer: of(o.sqlServer), instance: of(o.managedInstance) };
}

const REVERSED = { sqlServer: 'secondary', instance: 'primary' };
const FORWARD = { sqlServer: 'primary', instance: 'secondary' };

/** Stops the lab's writers when the failover asks for it. */
const stopWriters =
  ({ lab }: Entered) =>
  (event: RunEvent) => {
    if (event.event === 'stepStarted' && event.step === 'awaitEquality') void lab.setKnobs({ writers: 0 });
  };

const ended = (result: RunResult) => ({ outcome: result.outcome, why: result.problem?.message });
const WELL = { outcome: 'failedOver', why: undefined };

describe('planned, the link is kept', { timeout: 60_000 }, () => {
  it.each([
    ['sql2022', 'tsqlFailover'],
    ['sql2025', 'tsqlFailover'],
    ['sql2022BeforeCu13', 'roleSwitch'],
  ] as const)('%s to the instance by %s loses no row and reverses the roles', async (scenario, way) => {
    const place = await enter(scenario);
    await place.lab.setKnobs({ writers: 2 });
    const result = await carryOut(await planFor(place, { kind: 'planned', way }), place.sides, stopWriters(place));
    expect(ended(result)).toEqual(WELL);
    expect(await rolesNow(place)).toEqual(REVERSED);
    expect(result.twoWritableCopies).toBe(false);
    const acknowledged = place.world.acknowledgedIds();
    expect(acknowledged.length).toBeGreaterThan(0);
    expect(place.rows('managedInstance')).toEqual(expect.arrayContaining([...acknowledged]));
    await place.insert(place.sides.instance, 900_001);
    await expect.poll(() => place.rows('sqlServer')).toContain(900_001);
  });

  it('the role switch, cancelled while nobody is primary, gives SQL Server its role back', async () => {
    const place = await enter('sql2022BeforeCu13');
    const plan = await planFor(place, { kind: 'planned', way: 'roleSwitch' });
    const result = await carryOut(plan, place.sides, (event, cancel) => {
      if (event.event === 'stepDone' && event.step === 'giveUpRole') cancel();
    });
    expect(result.outcome).toBe('backedOut');
    expect(await rolesNow(place)).toEqual(FORWARD);
    await place.insert(place.sides.sqlServer, 900_001);
    expect(place.rows('sqlServer')).toContain(900_001);
  });

  it('2019 cannot keep the link, and says why', async () => {
    const place = await enter('sql2019');
    await expect(planFor(place, { kind: 'planned', way: 'tsqlFailover' })).rejects.toThrow(/SQL Server 2019/);
  });
});

describe('where answers are lost or the instance is seen through Azure only', { timeout: 60_000 }, () => {
  it.each([
    ['sql2022', 'tsqlFailover', { on: 'sqlServer', match: '] FAILOVER', kind: 'dropAfter' }],
    ['sql2022BeforeCu13', 'roleSwitch', { on: 'azure', method: 'POST', match: 'setRole', dropAfter: true }],
  ] as const)('%s by %s: the lost answer to the cutover is observed', async (scenario, way, fault) => {
    const place = await enter(scenario);
    const plan = await planFor(place, { kind: 'planned', way });
    await place.lab.setKnobs({ failNext: [fault] });
    const result = await carryOut(plan, place.sides);
    expect(ended(result)).toEqual(WELL);
    expect(await rolesNow(place)).toEqual(REVERSED);
  });

  it.each([
    ['sql2022', 'tsqlFailover'],
    ['sql2022BeforeCu13', 'roleSwitch'],
  ] as const)('%s by %s proves everything by what Azure shows, the backup too', async (scenario, way) => {
    const place = await enter(scenario);
    await place.insert(place.sides.sqlServer, 900_001);
    const blind = { ...place, sides: { ...place.sides, instance: undefined } };
    const plan = await planFor(blind, { kind: 'planned', way, afterwards: 'removeLink', cleanUp: DROP });
    const result = await carryOut(plan, blind.sides);
    expect(ended(result)).toEqual(WELL);
    expect(result.evidence.join('\n')).toContain('A full backup made by');
    expect(place.rows('managedInstance')).toContain(900_001);
    await place.insert(place.sides.instance, 900_002);
  });
});

describe('planned, back to SQL Server', { timeout: 60_000 }, () => {
  it.each(['azureFailover', 'tsqlFailover'] as const)('by %s loses no row', async way => {
    const place = await enter('sql2022Reversed');
    await place.insert(place.sides.instance, 900_001);
    const plan = await planFor(place, { kind: 'planned', way, direction: 'toSqlServer' });
    const result = await carryOut(plan, place.sides);
    expect(ended(result)).toEqual(WELL);
    expect(await rolesNow(place)).toEqual(FORWARD);
    expect(place.rows('sqlServer')).toContain(900_001);
    expect(place.rows('sqlServer')).toEqual(place.rows('managedInstance'));
  });

  it('is refused while SQL Server is primary', async () => {
    const place = await enter('sql2022');
    await expect(planFor(place, { kind: 'planned', direction: 'toSqlServer' })).rejects.toThrow(
      /SQL Server is already the primary/,
    );
  });
});

describe('planned, and the link is removed afterwards', { timeout: 60_000 }, () => {
  it('waits for the first full backup, drops both groups and makes the copy usable', async () => {
    const place = await enter('sql2022');
    await place.lab.setKnobs({ firstBackup: 500 });
    const plan = await planFor(place, {
      kind: 'planned',
      way: 'tsqlFailover',
      afterwards: 'removeLink',
      cleanUp: DROP,
      copyAfterwards: 'usable',
      backupBudgetSeconds: 30,
    });
    const result = await carryOut(plan, place.sides);
    expect(ended(result)).toEqual(WELL);
    expect(result.twoWritableCopies).toBe(true);
    expect(result.evidence.join('\n')).toContain('A full backup made by');
    await place.insert(place.sides.sqlServer, 900_001);
    await place.insert(place.sides.instance, 900_002);
    expect(place.rows('sqlServer')).not.toContain(900_002);
  });

  it('keeps the link when no backup comes in time', async () => {
    const place = await enter('sql2022');
    await place.lab.setKnobs({ firstBackup: 600_000 });
    const plan = await planFor(place, {
      kind: 'planned',
      way: 'tsqlFailover',
      afterwards: 'removeLink',
      cleanUp: DROP,
      backupBudgetSeconds: 1,
    });
    const result = await carryOut(plan, place.sides);
    expect([result.outcome, result.problem?.reason]).toEqual(['failed', 'timeout']);
    expect(await rolesNow(place)).toEqual(REVERSED);
  });

  it('does not wait when the person overrode it', async () => {
    const place = await enter('sql2022BeforeCu13');
    await place.lab.setKnobs({ firstBackup: 600_000 });
    const plan = await planFor(place, {
      kind: 'planned',
      way: 'roleSwitch',
      afterwards: 'removeLink',
      cleanUp: DROP,
      override: 'removeBeforeFirstBackup',
    });
    const result = await carryOut(plan, place.sides);
    expect(ended(result)).toEqual(WELL);
    expect(result.twoWritableCopies).toBe(false);
  });
});

describe('forced', { timeout: 60_000 }, () => {
  it('to the instance as a drill: the old primary follows afterwards', async () => {
    const place = await enter('sql2022');
    const plan = await planFor(place, {
      kind: 'forced',
      afterwards: 'keepLink',
      demoteOldPrimary: true,
      typedDatabaseName: place.database,
    });
    const result = await carryOut(plan, place.sides);
    expect(ended(result)).toEqual(WELL);
    expect(await rolesNow(place)).toEqual(REVERSED);
    await place.insert(place.sides.instance, 900_001);
    await expect.poll(() => place.rows('sqlServer')).toContain(900_001);
  });

  it('to the instance as a disaster: everything comes from Azure alone', async () => {
    const place = await enter('sql2022');
    const sides: Sides = { sqlServer: undefined, instance: undefined, azure: place.sides.azure };
    const { azure } = place.target;
    const found = await sides.azure?.findInstance(
      azure.subscriptionId,
      azure.instance,
      place.target.instance.fullyQualifiedDomainName,
      NEVER,
    );
    const [link] = (await sides.azure?.links(azure, NEVER)) ?? [];
    if (!found || !link) throw new Error('Azure does not show the link');
    const target = targetFromAzure(found, link);
    expect({ ...target, sqlServer: place.target.sqlServer }).toEqual(place.target);
    const plan = await planFor({ sides, target }, { kind: 'forced', typedDatabaseName: place.database });
    expect(plan.loss?.provenZero).toBe(false);
    const result = await carryOut(plan, sides);
    expect(ended(result)).toEqual(WELL);
    await place.insert(place.sides.instance, 900_001);
    expect(place.rows('managedInstance')).toContain(900_001);
  });

  it('to SQL Server when the instance is gone', async () => {
    const place = await enter('sql2022Reversed');
    const before = place.rows('sqlServer');
    await place.lab.setKnobs({ linkConnected: false });
    const sides: Sides = { sqlServer: place.sides.sqlServer, instance: undefined, azure: undefined };
    const plan = await planFor(
      { sides, target: place.target },
      { kind: 'forced', direction: 'toSqlServer', typedDatabaseName: place.database },
    );
    const result = await carryOut(plan, sides);
    expect(ended(result)).toEqual(WELL);
    expect(place.rows('sqlServer')).toEqual(before);
    await place.insert(place.sides.sqlServer, 900_001);
    expect(place.rows('sqlServer')).toContain(900_001);
  });

  it('sends nothing without the typed name', async () => {
    const place = await enter('sql2022');
    const result = await carryOut(await planFor(place, { kind: 'forced' }), place.sides);
    expect([result.outcome, result.problem?.message]).toEqual([
      'backedOut',
      expect.stringContaining('the name of the database was not typed'),
    ]);
    expect(await rolesNow(place)).toEqual(FORWARD);
  });
});

describe('two primaries', { timeout: 60_000 }, () => {
  it('the instance’s data is kept: SQL Server is backed up, made secondary and follows', async () => {
    const place = await enter('splitBrain');
    await place.insert(place.sides.sqlServer, 900_001);
    await place.insert(place.sides.instance, 900_002);
    const plan = await planFor(place, {
      kind: 'forced',
      purpose: 'repairSplitBrain',
      backUpTo: 'D:\\Backup\\Sales.bak',
      typedDatabaseName: place.database,
    });
    const result = await carryOut(plan, place.sides);
    expect(ended(result)).toEqual(WELL);
    expect(await rolesNow(place)).toEqual(REVERSED);
    await expect.poll(() => place.rows('sqlServer')).toContain(900_002);
    expect(place.rows('sqlServer')).not.toContain(900_001);
  });

  it('SQL Server’s data is kept: the instance is made secondary and follows', async () => {
    const place = await enter('splitBrain');
    await place.insert(place.sides.sqlServer, 900_001);
    await place.insert(place.sides.instance, 900_002);
    const plan = await planFor(place, {
      kind: 'forced',
      purpose: 'repairSplitBrain',
      direction: 'toSqlServer',
      typedDatabaseName: place.database,
    });
    const result = await carryOut(plan, place.sides);
    expect(ended(result)).toEqual(WELL);
    expect(await rolesNow(place)).toEqual(FORWARD);
    await expect.poll(() => place.rows('managedInstance')).toContain(900_001);
    expect(place.rows('managedInstance')).not.toContain(900_002);
  });

  it('is refused where there is one', async () => {
    const place = await enter('sql2022');
    await expect(
      planFor(place, { kind: 'forced', purpose: 'repairSplitBrain', typedDatabaseName: place.database }),
    ).rejects.toThrow(/There are not two primaries/);
  });
});

describe('breaking the link', { timeout: 60_000 }, () => {
  it('leaves SQL Server primary, with the warning about the writable copy', async () => {
    const place = await enter('sql2019');
    const plan = await planFor(place, { kind: 'planned', purpose: 'breakLink', cleanUp: DROP });
    const result = await carryOut(plan, place.sides);
    expect(ended(result)).toEqual(WELL);
    expect(result.twoWritableCopies).toBe(true);
    expect(result.next.join('\n')).toContain('Drop the copy on');
    await place.insert(place.sides.sqlServer, 900_001);
  });

  it('leaves the instance primary, and SQL Server’s copy usable when that was asked', async () => {
    const place = await enter('sql2022Reversed');
    const plan = await planFor(place, {
      kind: 'planned',
      purpose: 'breakLink',
      cleanUp: DROP,
      copyAfterwards: 'usable',
    });
    const result = await carryOut(plan, place.sides);
    expect(ended(result)).toEqual(WELL);
    await place.insert(place.sides.sqlServer, 900_001);
    await place.insert(place.sides.instance, 900_002);
    expect(place.rows('sqlServer')).not.toContain(900_002);
  });
});
