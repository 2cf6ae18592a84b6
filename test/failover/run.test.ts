import { describe, expect, it } from 'vitest';
import type { RunEvent, RunResult } from '../../src/failover/events.ts';
import { makePlan } from '../../src/failover/make-plan.ts';
import type { Intent, Plan, StepKind } from '../../src/failover/plan.ts';
import { runPlan } from '../../src/failover/run.ts';
import { observe } from '../../src/failover/sides.ts';
import { problem, SmallLink } from './small-link.ts';

const NEVER = new AbortController().signal;

const intentFor = (link: SmallLink, change: Partial<Intent> = {}): Intent => ({
  kind: 'planned',
  target: link.target,
  cleanUp: { dropDistributedAvailabilityGroup: true, dropAvailabilityGroup: false },
  catchUpBudgetSeconds: 300,
  typedDatabaseName: 'Sales',
  ...change,
});

async function planFor(link: SmallLink, change: Partial<Intent> = {}): Promise<Plan> {
  return makePlan(intentFor(link, change), await observe(link.sides, link.target, link.clock, NEVER), link.clock);
}

interface Run {
  readonly result: RunResult;
  readonly journal: readonly RunEvent[];
  readonly events: readonly RunEvent[];
}

async function run(
  link: SmallLink,
  plan: Plan,
  watch: (event: RunEvent, cancel: () => void) => void = () => undefined,
  resume = false,
): Promise<Run> {
  const journal: RunEvent[] = [];
  const events: RunEvent[] = [];
  const cancel = new AbortController();
  const result = await runPlan(plan, link.sides, {
    clock: link.clock,
    signal: cancel.signal,
    resume,
    journal: { append: async entry => void journal.push(entry as RunEvent) },
    report(event) {
      events.push(event);
      watch(event, () => cancel.abort());
    },
  });
  return { result, journal, events };
}

/** A seeded bug: a plan that lacks steps of these kinds. */
const without = (plan: Plan, ...kinds: StepKind[]): Plan => ({
  ...plan,
  steps: plan.steps.filter(s => !kinds.includes(s.kind)),
});

const changesIn = (link: SmallLink): string[] =>
  link.received.map(text => text.replace(/^(\w+( AVAILABILITY GROUP| DISTRIBUTED)?).*$/s, '$1'));

describe('a planned failover', () => {
  it('given a quiet link, sends exactly the four changes, in order, and ends failed over', async () => {
    const link = new SmallLink();
    const { result } = await run(link, await planFor(link));
    expect(result.problem).toBeUndefined();
    expect(result.outcome).toBe('failedOver');
    expect(changesIn(link)).toEqual(['ALTER AVAILABILITY GROUP', 'PATCH', 'DELETE', 'DROP AVAILABILITY GROUP']);
    expect(link.lostAtCut).toBe(0n);
    expect([...link.groups]).toEqual(['AG_Sales']);
    expect(result.twoWritableCopies).toBe(true);
    expect(result.steps.map(s => s.state)).not.toContain('failed');
  });

  it('given 3,000 records in the send queue and writers that stop later, loses none of them', async () => {
    const link = new SmallLink();
    link.committed += 3_000n;
    link.writeRate = 200n;
    link.writersStopAt = link.now + 20_000;
    const { result } = await run(link, await planFor(link));
    expect(result.outcome).toBe('failedOver');
    expect(link.lostAtCut).toBe(0n);
    expect(link.committed).toBeGreaterThan(3_100n);
  });

  it('given writers that never stop, gives up at the budget and puts the link back to asynchronous', async () => {
    const link = new SmallLink();
    link.writeRate = 50n;
    const plan = await planFor(link, { catchUpBudgetSeconds: 30 });
    const startedAt = link.now;
    const { result } = await run(link, plan);
    expect(result.outcome).toBe('backedOut');
    expect(result.problem?.reason).toBe('notSynchronized');
    expect(link.now - startedAt).toBeLessThan(40_000);
    expect([link.mode, link.azureMode, link.linkInAzure]).toEqual(['asynchronous', 'asynchronous', true]);
  });

  it('given a session with an open transaction, waits and names it', async () => {
    const link = new SmallLink();
    link.openTransactions = 1;
    const { result } = await run(link, await planFor(link, { catchUpBudgetSeconds: 10 }));
    expect(result.outcome).toBe('backedOut');
    expect(result.problem?.message).toContain('app from WEB01 (shop, session 57)');
  });

  it('given an instance that is reachable through Azure only, still proves equality', async () => {
    const link = new SmallLink();
    link.instanceReachable = false;
    link.committed += 500n;
    const { result } = await run(link, await planFor(link));
    expect(result.outcome).toBe('failedOver');
    expect(link.lostAtCut).toBe(0n);
  });

  it('drops the availability group only when chosen, after the DAG', async () => {
    const link = new SmallLink();
    await run(
      link,
      await planFor(link, { cleanUp: { dropDistributedAvailabilityGroup: true, dropAvailabilityGroup: true } }),
    );
    expect(link.received.slice(-2)).toEqual([
      'DROP AVAILABILITY GROUP [DAG_Sales];',
      'DROP AVAILABILITY GROUP [AG_Sales];',
    ]);
    expect(link.groups.size).toBe(0);
  });

  it('is not planned when dropping the availability group would hit another database', async () => {
    const link = new SmallLink();
    link.otherDatabases = ['HR'];
    await expect(
      planFor(link, { cleanUp: { dropDistributedAvailabilityGroup: true, dropAvailabilityGroup: true } }),
    ).rejects.toThrow(/also holds HR/);
  });

  it('tolerates Azure refusing the replication mode', async () => {
    const link = new SmallLink();
    link.fault = text => {
      if (text.startsWith('PATCH')) throw problem('refused', 'not needed');
      return undefined;
    };
    const { result } = await run(link, await planFor(link));
    expect(result.outcome).toBe('failedOver');
    expect(result.steps.find(s => s.kind === 'setReplicationMode')?.state).toBe('tolerated');
  });
});

describe('before the point of no return', () => {
  const initial = (link: SmallLink) => ({
    mode: link.mode,
    azureMode: link.azureMode,
    link: link.linkInAzure,
    groups: [...link.groups],
    writable: link.instanceWritable,
  });

  it.each(['setCommitMode', 'setReplicationMode', 'catchUp', 'awaitEquality', 'recheck', 'deleteLink'] as const)(
    'a cancel as %s starts puts everything back',
    async kind => {
      const link = new SmallLink();
      const plan = await planFor(link);
      const before = initial(link);
      const { result } = await run(link, plan, (event, cancel) => {
        if (event.event === 'stepStarted' && event.step === kind) cancel();
      });
      expect(result.outcome).toBe('backedOut');
      expect(result.problem?.reason).toBe('cancelled');
      expect(initial(link)).toEqual(before);
    },
  );

  it('a refused deletion of the link puts everything back', async () => {
    const link = new SmallLink();
    link.fault = text => {
      if (text.startsWith('DELETE')) throw problem('permission', 'AuthorizationFailed');
      return undefined;
    };
    const before = initial(link);
    const { result } = await run(link, await planFor(link));
    expect([result.outcome, result.passedPointOfNoReturn]).toEqual(['backedOut', false]);
    expect(initial(link)).toEqual(before);
  });

  it('a lost answer to the first statement is observed, not sent again', async () => {
    const link = new SmallLink();
    link.fault = text => (text.startsWith('ALTER') && link.received.length === 1 ? 'dropAnswer' : undefined);
    const before = initial(link);
    const { result } = await run(link, await planFor(link));
    expect(result.outcome).toBe('backedOut');
    expect(initial(link)).toEqual(before);
    expect(link.received.filter(t => t.includes('= SYNCHRONOUS_COMMIT'))).toHaveLength(1);
  });

  it('says so when something could not be put back', async () => {
    const link = new SmallLink();
    link.openTransactions = 1;
    link.fault = text => {
      if (text.includes('ASYNCHRONOUS_COMMIT')) throw problem('permission', 'revoked meanwhile');
      return undefined;
    };
    const { result } = await run(link, await planFor(link, { catchUpBudgetSeconds: 10 }));
    expect(result.outcome).toBe('failed');
    expect(result.steps.find(s => s.kind === 'setCommitMode')?.state).toBe('undoFailed');
    expect(result.holds.join('\n')).toContain('Commit mode of AG_Sales: synchronous (before: asynchronous)');
  });

  it('a link that was created anew meanwhile is not cut', async () => {
    const link = new SmallLink();
    const plan = await planFor(link);
    const { result } = await run(link, plan, event => {
      if (event.event === 'stepDone' && event.step === 'awaitEquality')
        link.linkId = 'AAAAAAAA-0000-0000-0000-000000000000';
    });
    expect(result.outcome).toBe('backedOut');
    expect(link.linkInAzure).toBe(true);
  });

  it('a commit between the proof and the cut is noticed', async () => {
    const link = new SmallLink();
    const { result } = await run(link, await planFor(link), event => {
      if (event.event === 'stepDone' && event.step === 'awaitEquality') {
        link.committed += 1n;
        link.hardened += 1n;
      }
    });
    expect([result.outcome, result.problem?.reason]).toEqual(['backedOut', 'writers']);
  });
});

describe('a deletion of the link that Azure accepts', () => {
  it('and that fails later is backed out: nothing was cut', async () => {
    const link = new SmallLink();
    link.failsLater = ({ method }) => method === 'DELETE';
    const { result } = await run(link, await planFor(link));
    expect([result.outcome, result.problem?.reason]).toEqual(['backedOut', 'refused']);
    expect([link.mode, link.azureMode, link.linkInAzure]).toEqual(['asynchronous', 'asynchronous', true]);
  });

  it('and whose operation Azure loses track of is neither repeated nor taken back', async () => {
    const link = new SmallLink();
    let deletions = 0;
    link.failsLater = ({ method }) => method === 'DELETE' && ++deletions > 0;
    link.failure = problem('unknownOutcome', 'Azure does not know the operation any more');
    const { result } = await run(link, await planFor(link));
    expect([result.outcome, result.passedPointOfNoReturn, link.mode]).toEqual(['failed', true, 'synchronous']);
    expect(deletions).toBe(1);
  });
});

describe('after the point of no return', () => {
  it('a lost answer to the deletion is observed and the run goes on', async () => {
    const link = new SmallLink();
    link.fault = text => (text.startsWith('DELETE') ? 'dropAnswer' : undefined);
    const { result } = await run(link, await planFor(link));
    expect(result.outcome).toBe('failedOver');
    expect(link.received.filter(t => t.startsWith('DELETE'))).toHaveLength(1);
  });

  it('a deletion whose outcome stays unknown is neither repeated nor backed out', async () => {
    const link = new SmallLink();
    link.fault = text => {
      if (text.startsWith('DELETE')) throw problem('unknownOutcome', 'connection reset');
      return undefined;
    };
    const { result } = await run(link, await planFor(link));
    expect([result.outcome, result.passedPointOfNoReturn]).toEqual(['failed', true]);
    expect(link.received.filter(t => t.startsWith('DELETE'))).toHaveLength(1);
    expect(link.mode).toBe('synchronous');
  });

  it('cancel is without effect', async () => {
    const link = new SmallLink();
    const { result } = await run(link, await planFor(link), (event, cancel) => {
      if (event.event === 'stepStarted' && event.step === 'awaitWritable') cancel();
    });
    expect(result.outcome).toBe('failedOver');
  });

  it('a drop that fails leaves a result that says what holds', async () => {
    const link = new SmallLink();
    link.fault = text => {
      if (text.startsWith('DROP')) throw problem('permission', 'not allowed');
      return undefined;
    };
    const { result } = await run(link, await planFor(link));
    expect([result.outcome, result.passedPointOfNoReturn]).toEqual(['failed', true]);
    expect(result.next[0]).toContain('no way back');
    expect(result.twoWritableCopies).toBe(true);
  });

  it('a screen that throws does not stop the run', async () => {
    const link = new SmallLink();
    const { result } = await run(link, await planFor(link), () => {
      throw new Error('panel closed');
    });
    expect(result.outcome).toBe('failedOver');
  });
});

describe('the journal', () => {
  it('has every event before the screen, except live figures', async () => {
    const link = new SmallLink();
    const { journal, events } = await run(link, await planFor(link));
    expect(journal).toEqual(events.filter(e => e.event !== 'progress'));
  });

  it('that cannot be written stops a run while it can be backed out', async () => {
    const link = new SmallLink();
    let lines = 0;
    const plan = await planFor(link);
    const journal = { append: async () => (++lines > 6 ? Promise.reject(new Error('disk full')) : undefined) };
    const result = await runPlan(plan, link.sides, {
      clock: link.clock,
      signal: NEVER,
      journal,
      report: () => undefined,
    });
    expect(result.outcome).toBe('backedOut');
    expect(link.mode).toBe('asynchronous');
  });
});

describe('a finished run taken up again', () => {
  it('sends nothing', async () => {
    const link = new SmallLink();
    const plan = await planFor(link);
    await run(link, plan);
    link.received.length = 0;
    const again = await run(link, plan, undefined, true);
    expect(again.result.outcome).toBe('failedOver');
    expect(link.received).toEqual([]);
  });
});

describe('a forced failover', () => {
  it('takes over at once, tidies up, and states the loss beforehand', async () => {
    const link = new SmallLink();
    link.committed += 700n;
    link.sendRate = 0n;
    const plan = await planFor(link, { kind: 'forced' });
    expect(plan.loss).toMatchObject({ provenZero: false, sendQueueKb: 700 });
    const { result } = await run(link, plan);
    expect(result.outcome).toBe('failedOver');
    expect(link.lostAtCut).toBe(700n);
    expect(changesIn(link)).toEqual(['POST', 'DELETE', 'DROP AVAILABILITY GROUP']);
  });

  it('works from Azure alone when SQL Server is gone, and does not claim a loss of zero', async () => {
    const link = new SmallLink();
    link.sqlServerReachable = false;
    const plan = await planFor(link, {
      kind: 'forced',
      cleanUp: { dropDistributedAvailabilityGroup: false, dropAvailabilityGroup: false },
    });
    expect(plan.loss?.provenZero).toBe(false);
    const { result } = await run(link, plan);
    expect(result.outcome).toBe('failedOver');
    expect(result.holds.join('\n')).toContain('not seen, SQL Server does not answer');
  });
});

describe('the checks above can fail', () => {
  it('rule 1: a plan that does not wait for equality loses rows, and that is seen', async () => {
    const link = new SmallLink();
    link.committed += 3_000n;
    const plan = await planFor(link);
    await run(link, without(plan, 'catchUp', 'awaitEquality', 'recheck'));
    expect(link.lostAtCut).toBeGreaterThan(0n);
  });

  it('rule 3: a plan whose undo is lost does not restore the mode, and that is seen', async () => {
    const link = new SmallLink();
    link.openTransactions = 1;
    const plan = await planFor(link, { catchUpBudgetSeconds: 5 });
    const forgetful: Plan = {
      ...plan,
      steps: plan.steps.map(s =>
        s.kind === 'setCommitMode'
          ? { ...s, members: s.members.map(m => ({ ...m, before: 'synchronous' as const })) }
          : s,
      ),
    };
    await run(link, forgetful);
    expect(link.mode).toBe('synchronous');
  });
});
