import * as l10n from '@vscode/l10n';
import type { Observation } from '../../link/observation.ts';
import { LinkError } from '../../link/problem.ts';
import { directionOf, nameOf } from '../choices.ts';
import type { Plan } from '../plan.ts';
import {
  instanceReadBy,
  type LsnPair,
  lsnPairs,
  notCaughtUp,
  notEqual,
  notSameLsn,
  pairsUnmoved,
  progressOf,
  roleOf,
  roles,
  sessionsOnPrimary,
  sidesOf,
  sightOf,
  sqlServerSight,
} from '../sync-facts.ts';
import type { StepHandler, Work } from './handler.ts';

/** Polls of the catch-up: writers are still at work, nothing is waiting for us (ms). */
const CATCH_UP_POLL_MS = 500;
/** Polls inside the outage window (ms); Azure alone cannot be asked that often. */
const EQUALITY_POLL_MS = 100;
const AZURE_POLL_MS = 1_000;
/**
 * The log must not have moved for this long before it counts as quiet (ms): a slow writer may hold no transaction open when we look. Where nobody else
 * is connected to the databases, two looks that show the same are enough.
 */
const QUIET_MS = { othersConnected: 2_000, nobodyConnected: EQUALITY_POLL_MS };

/** First wait, writers still at work: until the secondary keeps up. */
export const catchUp: StepHandler<'catchUp'> = {
  describe: (step, { intent }) => ({
    title: l10n.t('Wait until the databases are synchronized'),
    detail: l10n.t(
      'Waits until {0} has received everything and both sides show SYNCHRONIZED; at most {1} s. Otherwise everything is put back.',
      nameOf(intent, sidesOf(intent.direction ?? 'toInstance').to),
      step.budgetSeconds,
    ),
  }),
  changes: () => [],
  async run(step, work) {
    const { target } = work.plan.intent;
    const endsAt = work.clock.now() + step.budgetSeconds * 1000;
    work.notes.catchUpEndsAt = endsAt;
    await poll(work, endsAt, CATCH_UP_POLL_MS, o => notCaughtUp(o, target, directionOf(work.plan)));
    return { how: 'done', note: undefined };
  },
};

/** Second wait, workload stopped: until both sides show the same hardened LSN, nobody writes, and nothing has moved for a while. */
export const awaitEquality: StepHandler<'awaitEquality'> = {
  describe: (step, { intent }) => ({
    title: l10n.t('Wait until both sides are equal and nobody writes'),
    detail: l10n.t(
      'The workload must be stopped now. Waits until the hardened LSNs are equal and stable, the queues are empty and no transaction is open; within the same {0} s. Otherwise everything is put back and {1} stays primary.',
      step.budgetSeconds,
      nameOf(intent, sidesOf(intent.direction ?? 'toInstance').from),
    ),
  }),
  changes: () => [],
  async run(step, work) {
    const { plan, notes, clock } = work;
    const endsAt = notes.catchUpEndsAt ?? clock.now() + step.budgetSeconds * 1000;
    const observation = await poll(
      work,
      endsAt,
      EQUALITY_POLL_MS,
      o => notEqual(o, plan.intent.target, directionOf(plan)) ?? notQuiet(work, o),
    );
    const pairs = lsnPairs(observation, plan.intent.target, directionOf(plan));
    notes.proof = { at: observation.takenAt, pairs };
    noteEquality(work, pairs, observation.takenAt);
    return { how: 'done', note: undefined };
  },
};

/** After SQL Server has given up its role nothing can be committed any more: what is equal now stays equal. */
export const proveEquality: StepHandler<'proveEquality'> = {
  describe: (step, { intent }) => ({
    title: l10n.t('Prove once more that both sides are equal'),
    detail: l10n.t(
      '{0} takes no writes any more. Waits until both sides show the same hardened LSN in two looks; at most {1} s. Otherwise {0} takes its role back, which loses nothing.',
      intent.target.sqlServer.name,
      step.budgetSeconds,
    ),
  }),
  changes: () => [],
  async run(step, work) {
    const { plan, notes, clock } = work;
    const { target } = plan.intent;
    notes.quiet = undefined;
    const looks = { equal: 0 };
    const observation = await poll(work, clock.now() + step.budgetSeconds * 1000, EQUALITY_POLL_MS, o => {
      const missing = stillPrimary(o) ?? notSameLsn(o, target);
      looks.equal = missing === undefined ? looks.equal + 1 : 0;
      return missing ?? (looks.equal < 2 ? (notQuiet(work, o) ?? l10n.t('a second look')) : undefined);
    });
    const pairs = lsnPairs(observation, target);
    notes.roleSwitchProof = { at: observation.takenAt, pairs };
    noteEquality(work, pairs, observation.takenAt);
    return { how: 'done', note: undefined };
  },
};

/** A side that is primary while nobody should be; undefined = none is. */
function stillPrimary(o: Observation): string | undefined {
  const { sqlServer, instance } = roles(o);
  if (sqlServer !== 'secondary') return l10n.t('SQL Server to be secondary (it is {0})', sqlServer);
  return instance === 'secondary' ? undefined : l10n.t('the instance to be secondary (it is {0})', instance);
}

function noteEquality({ notes }: Work, pairs: readonly LsnPair[], at: number): void {
  for (const pair of pairs)
    notes.evidence.push(
      l10n.t(
        '{0}: hardened LSN {1} on SQL Server and {2} on the instance at {3}',
        pair.database,
        String(pair.sqlServer),
        String(pair.instance),
        new Date(at).toISOString(),
      ),
    );
}

/** Right before the point of no return, in one round trip per side: roles, link identity, equality, writers. */
export const recheck: StepHandler<'recheck'> = {
  describe: () => ({
    title: l10n.t('Check roles, link identity and writers once more'),
    detail: l10n.t(
      'One last look at both sides in the same breath as the cut. If anything moved, everything is put back.',
    ),
  }),
  changes: () => [],
  async run(_step, { plan, observe, notes }) {
    const { target } = plan.intent;
    const observation = await observe('ifInstanceUnseen');
    const direction = directionOf(plan);
    const moved = changedSince(plan, observation) ?? notEqual(observation, target, direction);
    if (moved)
      throw new LinkError({
        reason: 'changed',
        venue: undefined,
        message: l10n.t('Right before the cut there was still something to wait for: {0}.', moved),
        advice: l10n.t('Nothing was cut. Stop what still writes and start again.'),
      });
    const proof = notes.proof;
    if (!proof || !pairsUnmoved(proof.pairs, lsnPairs(observation, target, direction))) {
      throw new LinkError({
        reason: 'writers',
        venue: sidesOf(direction).from,
        message: l10n.t('The log moved between the proof and the cut: somebody is still writing.'),
        advice: l10n.t('Nothing was cut. Find the writer, stop it and start again.'),
      });
    }
    notes.evidence.push(
      l10n.t(
        'Roles right before the cut: {0}; link id {1}; no open transactions; read by {2} at {3}',
        direction === 'toInstance'
          ? l10n.t('SQL Server primary, instance secondary')
          : l10n.t('instance primary, SQL Server secondary'),
        plan.initial.linkId,
        instanceReadBy(observation),
        new Date(observation.takenAt).toISOString(),
      ),
    );
    return { how: 'done', note: undefined };
  },
};

/** Roles or link identity differ from what the plan was made for. */
function changedSince(plan: Plan, o: Observation): string | undefined {
  const { linkId } = plan.initial;
  const now = sqlServerSight(o)?.link?.id;
  if (now !== linkId)
    return l10n.t('the link on SQL Server has another identity ({0}, expected {1})', now ?? l10n.t('none'), linkId);
  const { from, to } = sidesOf(directionOf(plan));
  if (roleOf(o, from) === 'primary' && roleOf(o, to) === 'secondary') return undefined;
  const role = roles(o);
  return l10n.t('roles have changed (SQL Server {0}, instance {1})', role.sqlServer, role.instance);
}

/** Quiet once the log has stood still long enough. */
function notQuiet({ notes, plan }: Work, o: Observation): string | undefined {
  const others = sessionsOnPrimary(o, directionOf(plan)).length;
  // Who writes on an instance that Azure alone shows cannot be seen: then somebody is taken to be connected.
  const unseen = sightOf(o, sidesOf(directionOf(plan)).from) === undefined;
  const quietMs = others > 0 || unseen ? QUIET_MS.othersConnected : QUIET_MS.nobodyConnected;
  if (notes.quiet && o.takenAt - notes.quiet.since >= quietMs) return undefined;
  return others > 0
    ? l10n.t('the log to stand still for {0} s, since {1} session(s) are still connected', quietMs / 1000, others)
    : l10n.t('the log to stand still');
}

/** Looks again and again until `missing` has nothing to say. Throws LinkError 'notSynchronized' when the budget ends. */
async function poll(
  work: Work,
  endsAt: number,
  everyMs: number,
  missing: (o: Observation) => string | undefined,
): Promise<Observation> {
  const { plan, clock, signal } = work;
  for (;;) {
    const observation = await work.observe('ifInstanceUnseen');
    trackMovement(work, observation);
    const waitingFor = missing(observation);
    work.progress(progressOf(observation, plan.intent.target, waitingFor ?? '', directionOf(plan)));
    if (waitingFor === undefined) return observation;
    if (clock.now() >= endsAt) throw budgetSpent(plan.intent.catchUpBudgetSeconds, waitingFor);
    await clock.sleep(instanceReadBy(observation) === 'azure' ? Math.max(everyMs, AZURE_POLL_MS) : everyMs, signal);
  }
}

/** Remembers when the log last moved: what stands still already during the first wait need not be waited for again. */
function trackMovement({ notes, plan }: Work, o: Observation): void {
  const pairs = lsnPairs(o, plan.intent.target, directionOf(plan));
  if (!notes.quiet || !pairsUnmoved(notes.quiet.pairs, pairs)) notes.quiet = { since: o.takenAt, pairs };
}

const budgetSpent = (seconds: number, waitingFor: string): LinkError =>
  new LinkError({
    reason: 'notSynchronized',
    venue: 'managedInstance',
    message: l10n.t('Not equal within {0} s: still waiting for {1}.', seconds, waitingFor),
    advice: l10n.t(
      'Nothing was cut. Stop the workload or wait until the lag is small, then start again, with a larger budget if needed.',
    ),
  });
