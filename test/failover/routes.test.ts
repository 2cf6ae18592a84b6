import { describe, expect, it } from 'vitest';
import { targetFromAzure } from '../../src/failover/discover.ts';
import type { RunEvent, RunResult } from '../../src/failover/events.ts';
import { makePlan } from '../../src/failover/make-plan.ts';
import type { Intent, Plan, Route, StepKind } from '../../src/failover/plan.ts';
import { outcomeTitle, reportMarkdown } from '../../src/failover/report.ts';
import { runPlan } from '../../src/failover/run.ts';
import { observe, type Sides } from '../../src/failover/sides.ts';
import type { InstanceInAzure } from '../../src/link/observation.ts';
import { problem, SmallLink } from './small-link.ts';

const NEVER = new AbortController().signal;
const KEEP = { dropDistributedAvailabilityGroup: false, dropAvailabilityGroup: false };
const DROP = { dropDistributedAvailabilityGroup: true, dropAvailabilityGroup: true };
const BEFORE_CU13 = '16.0.4095.4';

type Choices = Partial<Intent> & Pick<Intent, 'kind'>;

async function planFor(link: SmallLink, choices: Choices, sides: Sides = link.sides): Promise<Plan> {
  const intent = { target: link.target, cleanUp: KEEP, catchUpBudgetSeconds: 300, ...choices };
  return makePlan(intent, await observe(sides, intent.target, link.clock, NEVER), link.clock);
}

async function run(
  link: SmallLink,
  plan: Plan,
  watch: (event: RunEvent, cancel: () => void) => void = () => undefined,
  more: { readonly sides?: Sides; readonly resume?: boolean } = {},
): Promise<RunResult> {
  const cancel = new AbortController();
  return runPlan(plan, more.sides ?? link.sides, {
    clock: link.clock,
    signal: cancel.signal,
    resume: more.resume ?? false,
    journal: { append: async () => undefined },
    report: event => watch(event, () => cancel.abort()),
  });
}

/** A seeded bug: a plan that lacks steps of these kinds. */
const without = (plan: Plan, ...kinds: StepKind[]): Plan => ({
  ...plan,
  steps: plan.steps.filter(s => !kinds.includes(s.kind)),
});

const roles = ({ sqlServerRole, instanceRole }: SmallLink) => [sqlServerRole, instanceRole];
const state = (link: SmallLink) => ({
  roles: roles(link),
  mode: link.mode,
  azureMode: link.azureMode,
  required: link.required,
  link: link.linkInAzure,
  groups: [...link.groups],
  writable: [link.sqlServerWritable, link.instanceWritable],
});
const ended = (result: RunResult) => [result.outcome, result.problem?.message];
const WELL = ['failedOver', undefined];

/** The routes that lose nothing and keep the link: how the link stands before, and what is chosen. */
const KEEPING: readonly (readonly [Route, () => SmallLink, Choices])[] = [
  ['tsqlFailoverToInstance', () => new SmallLink().twoWay(), { kind: 'planned', way: 'tsqlFailover' }],
  ['roleSwitchToInstance', () => new SmallLink().twoWay(BEFORE_CU13), { kind: 'planned', way: 'roleSwitch' }],
  [
    'azureFailoverToSqlServer',
    () => new SmallLink().twoWay().reversed(),
    { kind: 'planned', direction: 'toSqlServer', way: 'azureFailover' },
  ],
  [
    'tsqlFailoverToSqlServer',
    () => new SmallLink().twoWay().reversed(),
    { kind: 'planned', direction: 'toSqlServer', way: 'tsqlFailover' },
  ],
];

/** Records on the primary that the secondary does not have yet. */
function lag(link: SmallLink, records: bigint): void {
  if (link.sqlServerRole === 'primary') link.committed += records;
  else link.hardened += records;
}

describe.each(KEEPING)('%s', (route, enter, choices) => {
  it('with a queue and writers that stop later, reverses the roles and loses nothing', async () => {
    const link = enter();
    lag(link, 3_000n);
    link.writeRate = 200n;
    link.writersStopAt = link.now + 20_000;
    const before = roles(link);
    const plan = await planFor(link, choices);
    expect(plan.route).toBe(route);
    const result = await run(link, plan);
    expect(ended(result)).toEqual(WELL);
    expect(roles(link)).toEqual(before.toReversed());
    expect(link.hardened).toBe(link.committed);
    expect(link.lostAtCut ?? 0n).toBe(0n);
    expect([link.mode, link.azureMode, link.linkInAzure]).toEqual(['asynchronous', 'asynchronous', true]);
    expect([link.suspended, link.sqlServerWritable, link.instanceWritable]).toEqual([
      false,
      link.sqlServerRole === 'primary',
      link.instanceRole === 'primary',
    ]);
    expect(result.twoWritableCopies).toBe(false);
  });

  it('cancelled as any step before the point of no return starts, or right after it, puts everything back', async () => {
    const { steps } = await planFor(enter(), choices);
    const ahead = steps.slice(0, steps.findIndex(s => s.pointOfNoReturn) + 1);
    expect(ahead.length).toBeGreaterThan(5);
    for (const step of ahead)
      for (const moment of ['stepStarted', 'stepDone'] as const) {
        if (step.pointOfNoReturn && moment === 'stepDone') continue;
        const link = enter();
        const before = state(link);
        const result = await run(link, await planFor(link, choices), (event, cancel) => {
          if (event.event === moment && event.step === step.id) cancel();
        });
        expect([result.outcome, result.problem?.reason], `${step.id} ${moment}`).toEqual(['backedOut', 'cancelled']);
        expect(state(link), `${step.id} ${moment}`).toEqual(before);
      }
  });

  it('observes any lost answer, sends nothing that fails over twice, and ends either as before or failed over', async () => {
    const trial = enter();
    await run(trial, await planFor(trial, choices));
    const sent = trial.received.length;
    for (let lost = 1; lost <= sent; lost++) {
      const link = enter();
      const before = state(link);
      link.fault = () => (link.received.length === lost ? 'dropAnswer' : undefined);
      const result = await run(link, await planFor(link, choices));
      const critical = link.received.filter(text => /FAILOVER;|failoverType|"Primary"/.test(text));
      expect(critical.length, `answer ${lost} lost`).toBeLessThanOrEqual(1);
      const lostTheCutover = critical.includes(link.received[lost - 1] ?? '');
      if (result.outcome === 'backedOut' && !lostTheCutover) expect(state(link), `answer ${lost} lost`).toEqual(before);
      else expect(ended(result), `answer ${lost} lost`).toEqual(WELL);
    }
  });

  it('given writers that never stop, backs out in time', async () => {
    const link = enter();
    link.writeRate = 50n;
    const before = state(link);
    const result = await run(link, await planFor(link, { ...choices, catchUpBudgetSeconds: 30 }));
    expect([result.outcome, result.problem?.reason]).toEqual(['backedOut', 'notSynchronized']);
    expect(state(link)).toEqual(before);
  });

  it('given a session with an open transaction on the primary, names it and backs out', async () => {
    const link = enter();
    link.openTransactions = 1;
    const before = state(link);
    const result = await run(link, await planFor(link, { ...choices, catchUpBudgetSeconds: 10 }));
    expect([result.outcome, result.problem?.message]).toEqual([
      'backedOut',
      expect.stringContaining('app from WEB01 (shop, session 57)'),
    ]);
    expect(state(link)).toEqual(before);
  });

  it('given that the last command is refused, puts everything back', async () => {
    const link = enter();
    const before = state(link);
    link.fault = text => {
      if (/ FAILOVER;|"Planned"|"Primary"/.test(text)) throw problem('refused', 'not now');
      return undefined;
    };
    const result = await run(link, await planFor(link, choices));
    expect([result.outcome, result.passedPointOfNoReturn]).toEqual(['backedOut', false]);
    expect(state(link)).toEqual(before);
  });

  it('given an operation that Azure accepts and that fails later, puts everything back', async () => {
    const link = enter();
    const before = state(link);
    link.failsLater = ({ path }) => /\/(failover|setRole)$/.test(path);
    const result = await run(link, await planFor(link, choices));
    if (route.startsWith('tsql')) return expect(ended(result)).toEqual(WELL);
    expect([result.outcome, result.problem?.reason]).toEqual(['backedOut', 'refused']);
    expect(state(link)).toEqual(before);
  });

  it('given an operation that Azure loses track of and whose effect is not seen, takes nothing back', async () => {
    const link = enter();
    link.failsLater = ({ path }) => /\/(failover|setRole)$/.test(path);
    link.failure = problem('unknownOutcome', 'Azure does not know the operation any more');
    const result = await run(link, await planFor(link, choices));
    if (route.startsWith('tsql')) return expect(ended(result)).toEqual(WELL);
    expect([result.outcome, result.problem?.reason]).toEqual(['failed', 'unknownOutcome']);
    expect(link.received.filter(text => text.includes('ALLOW_DATA_LOSS'))).toEqual([]);
  });

  it('can leave the link synchronous', async () => {
    const link = enter();
    await run(link, await planFor(link, { ...choices, modeAfterwards: 'synchronous' }));
    expect([link.mode, link.azureMode]).toEqual(['synchronous', 'synchronous']);
  });

  it('a finished run taken up again sends nothing that changes roles', async () => {
    const link = enter();
    const plan = await planFor(link, choices);
    await run(link, plan);
    link.received.length = 0;
    const result = await run(link, plan, undefined, { resume: true });
    expect(result.outcome).toBe('failedOver');
    expect(link.received.filter(text => /FAILOVER|ROLE|failoverType|setRole/.test(text))).toEqual([]);
  });
});

describe('the role switch', () => {
  const choices: Choices = { kind: 'planned', way: 'roleSwitch' };
  const enter = () => new SmallLink().twoWay(BEFORE_CU13);

  it('interrupted while nobody is primary and taken up again, goes on; cancelled then, SQL Server has its role back', async () => {
    for (const cancelled of [false, true]) {
      const link = enter();
      const before = state(link);
      const plan = await planFor(link, choices);
      link.mode = 'synchronous';
      link.azureMode = 'synchronous';
      link.required = 1;
      link.sqlServerRole = 'secondary';
      const result = await run(
        link,
        plan,
        (event, cancel) => {
          if (cancelled && event.event === 'stepStarted' && event.step === 'proveEquality') cancel();
        },
        { resume: true },
      );
      expect(result.outcome).toBe(cancelled ? 'backedOut' : 'failedOver');
      if (cancelled) expect(state(link)).toEqual(before);
      else expect(roles(link)).toEqual(['secondary', 'primary']);
    }
  });

  it('whose LSNs stay unequal afterwards takes the role back', async () => {
    const link = enter();
    const before = state(link);
    const result = await run(link, await planFor(link, choices), event => {
      if (event.event !== 'stepDone' || event.step !== 'giveUpRole') return;
      link.committed += 5n;
      link.sendRate = 0n;
    });
    expect([result.outcome, result.problem?.reason]).toEqual(['backedOut', 'notSynchronized']);
    expect(state(link)).toEqual(before);
    expect(result.holds.join('\n')).toContain('Sales on SQLPROD01: ONLINE, accepts writes');
  });
});

describe('removing the link afterwards', () => {
  const choices: Choices = {
    kind: 'planned',
    way: 'tsqlFailover',
    afterwards: 'removeLink',
    cleanUp: DROP,
  };

  it('waits for the first full backup on the instance', async () => {
    const link = new SmallLink().twoWay();
    link.backupAfterMs = 600_000;
    let waited = 0;
    const result = await run(link, await planFor(link, choices), event => {
      if (event.event === 'stepDone' && event.step === 'awaitBackup') waited = link.now - (link.becamePrimaryAt ?? 0);
    });
    expect(ended(result)).toEqual(WELL);
    expect(waited).toBeGreaterThanOrEqual(600_000);
    expect([link.linkInAzure, link.groups.size, link.copyRestoring]).toEqual([false, 0, true]);
    expect(result.twoWritableCopies).toBe(false);
  });

  it('keeps the link when there is none in time', async () => {
    const link = new SmallLink().twoWay();
    link.backupAfterMs = Number.POSITIVE_INFINITY;
    const result = await run(link, await planFor(link, { ...choices, backupBudgetSeconds: 60 }));
    expect([result.outcome, result.problem?.reason, result.passedPointOfNoReturn]).toEqual(['failed', 'timeout', true]);
    expect([link.linkInAzure, link.groups.size]).toEqual([true, 2]);
    expect(result.problem?.advice).toContain('The failover itself is complete');
  });

  it('does not wait when that was overridden, and says what to wait for', async () => {
    const link = new SmallLink().twoWay();
    link.backupAfterMs = Number.POSITIVE_INFINITY;
    const result = await run(link, await planFor(link, { ...choices, override: 'removeBeforeFirstBackup' }));
    expect(ended(result)).toEqual(WELL);
    expect(result.next.join('\n')).toContain('Wait for the first full backup');
  });

  it('makes the copy usable when asked, after the availability group is gone', async () => {
    const link = new SmallLink().twoWay();
    const result = await run(link, await planFor(link, { ...choices, copyAfterwards: 'usable' }));
    expect(ended(result)).toEqual(WELL);
    expect(link.received.slice(-3)).toEqual([
      'DROP AVAILABILITY GROUP [DAG_Sales];',
      'DROP AVAILABILITY GROUP [AG_Sales];',
      'RESTORE DATABASE [Sales] WITH RECOVERY;',
    ]);
    expect([link.copyRestoring, result.twoWritableCopies]).toEqual([false, true]);
  });

  it.each<[string, Choices, RegExp]>([
    ['a usable copy in a group that stays', { ...choices, cleanUp: KEEP, copyAfterwards: 'usable' }, /in no avail/],
    ['dropping the DAG of a link that stays', { ...choices, afterwards: 'keepLink' }, /is to be kept/],
    ['keeping a link that is cut', { kind: 'planned', afterwards: 'keepLink' }, /This way cuts the link/],
    ['a usable copy where none is left', { kind: 'planned', copyAfterwards: 'usable', cleanUp: DROP }, /no copy/],
    ['a break with a direction', { kind: 'planned', purpose: 'breakLink', direction: 'toSqlServer' }, /no direction/],
  ])('refuses %s', async (_, contradictory, why) => {
    await expect(planFor(new SmallLink().twoWay(), contradictory)).rejects.toThrow(why);
  });
});

describe('what the versions allow', () => {
  it.each<[string, SmallLink, Choices, RegExp]>([
    ['2019 keeps no link', new SmallLink(), { kind: 'planned', way: 'tsqlFailover' }, /SQL Server 2019 can only/],
    ['CU10 has no FAILOVER', new SmallLink().twoWay(BEFORE_CU13), { kind: 'planned', way: 'tsqlFailover' }, /CU13/],
    [
      'CU16 needs no recipe',
      new SmallLink().twoWay(),
      { kind: 'planned', way: 'roleSwitch' },
      /FAILOVER does the same/,
    ],
    [
      'another update policy',
      new SmallLink().twoWay().reversed(),
      { kind: 'planned', direction: 'toSqlServer', databaseFormat: 'SQLServer2025' },
      /does not match/,
    ],
    [
      'a forced failover of 2019 keeps no link',
      new SmallLink(),
      { kind: 'forced', afterwards: 'keepLink' },
      /does not survive/,
    ],
  ])('%s', async (_, link, choices, why) => {
    await expect(planFor(link, choices)).rejects.toThrow(why);
  });

  it('the instance as primary is no obstacle to going back, only to going there', async () => {
    const link = new SmallLink().twoWay().reversed();
    await expect(planFor(link, { kind: 'planned', way: 'tsqlFailover' })).rejects.toThrow(/already the primary/);
    await expect(planFor(link, { kind: 'planned', direction: 'toSqlServer' })).resolves.toBeDefined();
    await expect(planFor(new SmallLink().twoWay(), { kind: 'planned', direction: 'toSqlServer' })).rejects.toThrow(
      /SQL Server is already the primary/,
    );
  });
});

describe('forced', () => {
  const typed = { kind: 'forced', typedDatabaseName: 'Sales' } as const;

  it('to the instance as a drill: backs the old primary up, makes it secondary and lets it follow', async () => {
    const link = new SmallLink().twoWay();
    lag(link, 40n);
    link.sendRate = 0n;
    const plan = await planFor(link, {
      ...typed,
      afterwards: 'keepLink',
      demoteOldPrimary: true,
      backUpTo: 'D:\\Sales.bak',
    });
    const result = await run(link, plan);
    expect(link.discarded).toBe(40n);
    expect(link.received.map(text => text.replace(/^ALTER (AVAILABILITY GROUP|DATABASE) /, '').slice(0, 30))).toEqual([
      expect.stringContaining('POST'),
      expect.stringContaining('BACKUP DATABASE [Sales]'),
      expect.stringContaining('[DAG_Sales] SET (ROLE'),
      expect.stringContaining('[Sales] SET HADR RESUME'),
    ]);
    expect(result.twoWritableCopies).toBe(false);
  });

  it('to the instance as a disaster: planned and run from Azure alone', async () => {
    const link = new SmallLink();
    link.sqlServerReachable = false;
    const sides: Sides = { sqlServer: undefined, instance: undefined, azure: link.sides.azure };
    const { azure, instance } = link.target;
    const seen = await link.sides.azure?.link(azure, 'DAG_Sales', NEVER);
    if (!seen) throw new Error('Azure has no link');
    const inAzure: InstanceInAzure = {
      id: '',
      name: instance.name,
      subscriptionId: azure.subscriptionId,
      resourceGroup: azure.resourceGroup,
      location: 'westeurope',
      fullyQualifiedDomainName: instance.fullyQualifiedDomainName,
      state: 'Ready',
      databaseFormat: undefined,
      tier: '',
    };
    const target = targetFromAzure(inAzure, seen);
    expect(target).toEqual({ ...link.target, sqlServer: { name: 'SQL Server of AG_Sales', version: '' } });
    const plan = await planFor(link, { ...typed, target }, sides);
    expect(plan.loss?.provenZero).toBe(false);
    const result = await run(link, plan, undefined, { sides });
    expect(ended(result)).toEqual(WELL);
    expect(link.received).toHaveLength(2);
    expect(reportMarkdown(plan, result)).not.toContain('()');
  });

  it('to SQL Server when the instance is gone, without Azure', async () => {
    const link = new SmallLink().twoWay().reversed();
    lag(link, 30n);
    const sides: Sides = { sqlServer: link.sides.sqlServer, instance: undefined, azure: undefined };
    const plan = await planFor(link, { ...typed, direction: 'toSqlServer' }, sides);
    expect(plan.loss).toMatchObject({ provenZero: false, explanation: expect.stringContaining('cannot be read') });
    const result = await run(link, plan, undefined, { sides });
    expect(ended(result)).toEqual(WELL);
    expect(link.sqlServerRole).toBe('primary');
    expect(outcomeTitle(plan, result)).toBe('Sales was failed over to SQLPROD01');
    expect(result.next.join('\n')).toContain('still takes itself for primary');
  });

  it('names two primaries when the old one was not made secondary', async () => {
    const link = new SmallLink().twoWay();
    const result = await run(link, await planFor(link, { ...typed, afterwards: 'keepLink' }));
    expect([result.outcome, result.twoWritableCopies]).toEqual(['failedOver', true]);
  });
});

describe('two primaries', () => {
  const split = () => {
    const link = new SmallLink().twoWay();
    link.instanceRole = 'primary';
    link.instanceWritable = true;
    link.committed += 7n;
    link.hardened += 11n;
    return link;
  };
  const repair = { kind: 'forced', purpose: 'repairSplitBrain', typedDatabaseName: 'Sales' } as const;

  it('the instance’s data is kept', async () => {
    const link = split();
    const plan = await planFor(link, { ...repair, backUpTo: 'D:\\Sales.bak' });
    const result = await run(link, plan);
    expect(ended(result)).toEqual(WELL);
    expect(roles(link)).toEqual(['secondary', 'primary']);
    expect(link.received[0]).toContain('BACKUP DATABASE [Sales]');
    expect([link.hardened, link.suspended]).toEqual([111n, false]);
  });

  it('SQL Server’s data is kept', async () => {
    const link = split();
    const result = await run(link, await planFor(link, { ...repair, direction: 'toSqlServer' }));
    expect(ended(result)).toEqual(WELL);
    expect(roles(link)).toEqual(['primary', 'secondary']);
    expect(link.committed).toBe(107n);
  });

  it('a backup that fails stops it before anything is thrown away', async () => {
    const link = split();
    link.fault = text => {
      if (text.startsWith('BACKUP')) throw problem('refused', 'no space');
      return undefined;
    };
    const result = await run(link, await planFor(link, { ...repair, backUpTo: 'D:\\Sales.bak' }));
    expect([result.outcome, ...roles(link)]).toEqual(['backedOut', 'primary', 'primary']);
  });

  it('are not repaired by a plan that is not forced, nor without the typed name', async () => {
    await expect(planFor(split(), { kind: 'planned', purpose: 'repairSplitBrain' })).rejects.toThrow(/a forced action/);
    const link = split();
    const result = await run(link, await planFor(link, { kind: 'forced', purpose: 'repairSplitBrain' }));
    expect([result.outcome, ...roles(link), link.received.length]).toEqual(['backedOut', 'primary', 'primary', 0]);
    expect(result.twoWritableCopies).toBe(true);
  });

  it('no failover is planned over them', async () => {
    await expect(planFor(split(), { kind: 'planned' })).rejects.toThrow(/Both sides are primary/);
  });
});

describe('breaking a link', () => {
  it('does not wait for equality, drops the groups, and names the copy that stays', async () => {
    const link = new SmallLink();
    lag(link, 500n);
    link.writeRate = 20n;
    const plan = await planFor(link, { kind: 'planned', purpose: 'breakLink', cleanUp: DROP });
    const result = await run(link, plan);
    expect(ended(result)).toEqual(WELL);
    expect([link.linkInAzure, link.groups.size, link.sqlServerWritable]).toEqual([false, 0, true]);
    expect([result.twoWritableCopies, outcomeTitle(plan, result)]).toEqual([true, 'The link DAG_Sales was broken']);
    expect(result.next.join('\n')).toContain('Drop the copy on mi-prod');
  });
});

describe('rule 2: nothing that can lose data is sent without the person’s word or a proof', () => {
  const stopped = (link: SmallLink, result: RunResult) => ({
    outcome: result.outcome,
    why: result.problem?.message ?? '',
    lost: link.lostAtCut ?? 0n,
    roles: roles(link),
  });

  it.each<[string, Choices]>([
    ['no name', { kind: 'forced' }],
    ['another name', { kind: 'forced', typedDatabaseName: 'sales' }],
    ['no name, link kept', { kind: 'forced', afterwards: 'keepLink' }],
  ])('forced with %s', async (_, choices) => {
    const link = new SmallLink().twoWay();
    const result = await run(link, await planFor(link, choices));
    expect(stopped(link, result)).toMatchObject({ outcome: 'backedOut', roles: ['primary', 'secondary'] });
    expect(result.problem?.message).toContain('was not typed');
    expect(link.received).toEqual([]);
  });

  it('seeded bug: a planned plan that forces is stopped', async () => {
    const link = new SmallLink();
    const plan = await planFor(link, { kind: 'planned', typedDatabaseName: 'Sales' });
    const buggy: Plan = {
      ...plan,
      steps: plan.steps.map(s =>
        s.kind === 'deleteLink' ? { ...s, id: 'forceFailover', kind: 'forceFailover' as const } : s,
      ),
    };
    const result = await run(link, buggy);
    expect([result.outcome, result.problem?.message]).toEqual([
      'backedOut',
      expect.stringContaining('the plan is not a forced one'),
    ]);
    expect(link.instanceRole).toBe('secondary');
  });

  it.each<[string, readonly StepKind[]]>([
    ['the proof after SQL Server gave up its role', ['proveEquality']],
    ['the proof before it gives up its role', ['awaitEquality', 'recheck']],
  ])('seeded bug: a role switch without %s is stopped, and SQL Server is primary', async (_, kinds) => {
    const link = new SmallLink().twoWay(BEFORE_CU13);
    const before = state(link);
    const plan = await planFor(link, { kind: 'planned', way: 'roleSwitch' });
    const result = await run(link, without(plan, ...kinds));
    expect([result.outcome, result.problem?.message]).toEqual([
      'backedOut',
      expect.stringContaining('were not proved equal'),
    ]);
    expect(state(link)).toEqual(before);
  });

  it('a role is not taken back by force once the instance is primary', async () => {
    const link = new SmallLink().twoWay(BEFORE_CU13);
    const plan = await planFor(link, { kind: 'planned', way: 'roleSwitch' });
    const result = await run(link, plan, (event, cancel) => {
      if (event.event !== 'stepDone' || event.step !== 'giveUpRole') return;
      link.instanceRole = 'primary';
      cancel();
    });
    expect(result.outcome).toBe('failed');
    expect(result.steps.find(s => s.kind === 'giveUpRole')?.state).toBe('undoFailed');
    expect(roles(link)).toEqual(['secondary', 'primary']);
    expect(link.received.filter(text => text.includes('ALLOW_DATA_LOSS'))).toEqual([]);
  });
});
