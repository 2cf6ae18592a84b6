import * as l10n from '@vscode/l10n';
import type { Observation } from '../../link/observation.ts';
import { LinkError, problemOf } from '../../link/problem.ts';
import type { Role, Side } from '../../link/vocabulary.ts';
import { directionOf, nameOf } from '../choices.ts';
import type { Plan } from '../plan.ts';
import {
  failOver as failOverChange,
  forceOnSqlServer as forceOnSqlServerChange,
  giveUpPrimaryRole,
  planFailover,
  requireSynchronizedSecondaries,
  resumeDataMovement,
  setInstanceRole,
} from '../statements.ts';
import {
  databaseOn,
  linkAbsentInAzure,
  progressOf,
  roleOf,
  roles,
  sidesOf,
  sightOf,
  sqlServerSight,
} from '../sync-facts.ts';
import type { StepHandler, Work } from './handler.ts';
import { followOrSee, sendAndFollow, sendOrObserve } from './send.ts';

/** Roles change in seconds; nothing is waiting for us any more (ms). */
const ROLES_POLL_MS = 500;

/** The new primary is primary and the old one follows. */
function reversed(plan: Plan, o: Observation): boolean {
  const { from, to } = sidesOf(directionOf(plan));
  return roleOf(o, to) === 'primary' && roleOf(o, from) === 'secondary';
}

/** Planned failover in one command; the link stays. */
export const failOver: StepHandler<'failOver'> = {
  describe: (step, plan) => {
    const { from, to } = sidesOf(directionOf(plan));
    return {
      title:
        step.venue === 'azure' ? l10n.t('Fail over by Azure') : l10n.t('Fail over on {0}', nameOf(plan.intent, from)),
      detail: l10n.t(
        '{0} becomes primary and {1} its secondary; the link {2} stays. This cannot be taken back, only failed over again.',
        nameOf(plan.intent, to),
        nameOf(plan.intent, from),
        plan.intent.target.link,
      ),
    };
  },
  changes: (step, { intent }) => [
    step.venue === 'azure' ? planFailover(intent.target) : failOverChange(intent.target.link, step.venue),
  ],
  isDone: (_step, plan, o) => reversed(plan, o),
  async run(step, work) {
    const happened = (o: Observation) => reversed(work.plan, o);
    const sent = await sendOrObserve(work, failOver.changes(step, work.plan), happened);
    if (sent.state === 'running') await followOrSee(work, sent.operation, happened);
    return { how: 'done', note: undefined };
  },
};

/** While SQL Server is primary no commit is acknowledged any more without the instance. Versions and roles that refuse it are tolerated: the LSNs decide. */
export const requireSynchronized: StepHandler<'requireSynchronized'> = {
  describe: (step, { intent }) => ({
    title:
      step.count === 1
        ? l10n.t('Let no commit pass without the instance')
        : l10n.t('Let commits pass without the other side again'),
    detail: l10n.t(
      'Sets REQUIRED_SYNCHRONIZED_SECONDARIES_TO_COMMIT of {0} to {1} on {2}. If the server refuses, this goes on.',
      intent.target.link,
      step.count,
      intent.target.sqlServer.name,
    ),
  }),
  changes: (step, { intent }) => [requireSynchronizedSecondaries(intent.target.link, step.count)],
  undo: (_step, { intent }) => [requireSynchronizedSecondaries(intent.target.link, 0)],
  async run(step, work) {
    try {
      await sendAndFollow(work, requireSynchronized.changes(step, work.plan));
      return { how: 'done', note: undefined };
    } catch (error) {
      work.signal.throwIfAborted();
      const problem = problemOf(error, 'sqlServer');
      if (step.count === 1 && problem.reason === 'unknownOutcome') throw error;
      return {
        how: 'tolerated',
        note:
          step.count === 1
            ? l10n.t('The server refused ({0}). The LSNs decide.', problem.message)
            : l10n.t('The server refused ({0}). Set it to 0 when SQL Server is primary again.', problem.message),
      };
    }
  },
};

/**
 * Role switch of 2022 before CU13: SQL Server takes no writes any more. Not the point of no return: while the instance is still secondary SQL Server can
 * take the role back by force, which loses nothing because nobody else could write.
 */
export const giveUpRole: StepHandler<'giveUpRole'> = {
  describe: (_step, { intent }) => ({
    title: l10n.t('Make SQL Server secondary'),
    detail: l10n.t(
      '{0} stops accepting writes; nobody is primary until the instance takes over. Put back by taking the role on {0} again.',
      intent.target.sqlServer.name,
    ),
  }),
  changes: (_step, { intent }) => [giveUpPrimaryRole(intent.target.link)],
  undo: (_step, { intent }) => [forceOnSqlServerChange(intent.target.link)],
  isDone: (_step, _plan, o) => roles(o).sqlServer === 'secondary' && roles(o).instance === 'secondary',
  isUndone: (_step, _plan, o) => roles(o).sqlServer === 'primary',
  async run(step, work) {
    await work.observe('ifInstanceUnseen');
    await sendAndFollow(work, giveUpRole.changes(step, work.plan));
    return { how: 'done', note: undefined };
  },
};

/** The instance takes the role that SQL Server gave up. The service has no planned form of it; the proof of equality makes it one. */
export const setRolePrimary: StepHandler<'setRolePrimary'> = {
  describe: (_step, { intent }) => ({
    title: l10n.t('Make the managed instance primary'),
    detail: l10n.t(
      'Asks Azure to give {0} the primary role of {1}. Both sides were proved equal, so nothing is lost. This cannot be taken back.',
      intent.target.instance.name,
      intent.target.link,
    ),
  }),
  changes: (_step, { intent }) => [setInstanceRole(intent.target, 'Primary')],
  isDone: (_step, _plan, o) => roles(o).instance === 'primary',
  async run(step, work) {
    const happened = (o: Observation) => roles(o).instance === 'primary';
    const sent = await sendOrObserve(work, setRolePrimary.changes(step, work.plan), happened);
    if (sent.state === 'running') await followOrSee(work, sent.operation, happened);
    return { how: 'done', note: undefined };
  },
};

/** SQL Server takes over without waiting for the instance. */
export const forceOnSqlServer: StepHandler<'forceOnSqlServer'> = {
  describe: (_step, { intent, loss }) => ({
    title: l10n.t('Force the failover to SQL Server'),
    detail: l10n.t(
      '{0} takes over with what it has hardened. {1} This cannot be taken back.',
      intent.target.sqlServer.name,
      loss?.explanation ?? '',
    ),
  }),
  changes: (_step, { intent }) => [forceOnSqlServerChange(intent.target.link)],
  isDone: (_step, _plan, o) => sqlServerSight(o)?.link?.localRole === 'primary',
  async run(step, work) {
    await sendOrObserve(
      work,
      forceOnSqlServer.changes(step, work.plan),
      o => sqlServerSight(o)?.link?.localRole === 'primary',
    );
    return { how: 'done', note: undefined };
  },
};

/** A side that may have gone its own way is made secondary: what it alone has is thrown away. */
export const demote: StepHandler<'demote'> = {
  describe: (step, { intent }) => ({
    title: l10n.t('Make {0} secondary', nameOf(intent, step.side)),
    detail: l10n.t(
      '{0} stops accepting writes and follows {1}. What {0} alone has committed is thrown away.',
      nameOf(intent, step.side),
      nameOf(intent, step.side === 'sqlServer' ? 'managedInstance' : 'sqlServer'),
    ),
  }),
  changes: (step, { intent }) => [
    step.side === 'sqlServer' ? giveUpPrimaryRole(intent.target.link) : setInstanceRole(intent.target, 'Secondary'),
  ],
  isDone: (step, _plan, o) => roleOf(o, step.side) === 'secondary',
  async run(step, work) {
    const sent = await sendOrObserve(work, demote.changes(step, work.plan), o => roleOf(o, step.side) === 'secondary');
    if (sent.state === 'running') await work.sides.azure?.follow(sent.operation, work.signal);
    return { how: 'done', note: undefined };
  },
};

/** The command's return is not the end: both sides must show their new role. */
export const awaitRoles: StepHandler<'awaitRoles'> = {
  describe: (_step, plan) => {
    const { from, to } = sidesOf(directionOf(plan));
    return {
      title: l10n.t('Wait until both sides show their new roles'),
      detail: l10n.t(
        '{0} must show itself as primary and {1} as secondary.',
        nameOf(plan.intent, to),
        nameOf(plan.intent, from),
      ),
    };
  },
  changes: () => [],
  async run(step, work) {
    const { from, to } = sidesOf(directionOf(work.plan));
    const missing = (o: Observation) =>
      roleMissing(o, work.plan, to, 'primary') ?? roleMissing(o, work.plan, from, 'secondary');
    await until(work, step.budgetSeconds, missing);
    return { how: 'done', note: undefined };
  },
};

const roleMissing = (o: Observation, { intent }: Plan, side: Side, wanted: Role): string | undefined =>
  roleOf(o, side) === wanted
    ? undefined
    : l10n.t('{0} to be {1} (it is {2})', nameOf(intent, side), wanted, roleOf(o, side));

/** After a forced failover data movement stays suspended on SQL Server until it is resumed there; Azure resumes its own. */
export const resumeData: StepHandler<'resumeData'> = {
  describe: (_step, { intent }) => ({
    title: l10n.t('Resume data movement'),
    detail: l10n.t(
      'Resumes {0} where it is suspended, and waits until the new secondary receives again.',
      intent.target.databases.join(', '),
    ),
  }),
  changes: (_step, plan) =>
    directionOf(plan) === 'toInstance' ? plan.intent.target.databases.map(resumeDataMovement) : [],
  isDone: (_step, plan, o) => follows(plan, o) === undefined,
  async run(step, work) {
    await until(work, step.budgetSeconds, async o => {
      const missing = follows(work.plan, o);
      if (missing !== undefined) await resumeSuspended(work, o);
      return missing;
    });
    return { how: 'done', note: undefined };
  },
};

async function resumeSuspended(work: Work, o: Observation): Promise<void> {
  if (directionOf(work.plan) !== 'toInstance') return;
  for (const name of work.plan.intent.target.databases)
    if (databaseOn(sqlServerSight(o), name)?.local?.suspended) await work.send(resumeDataMovement(name));
}

/** What still keeps the new secondary from receiving; undefined = it does. */
function follows(plan: Plan, o: Observation): string | undefined {
  const { target } = plan.intent;
  const { from } = sidesOf(directionOf(plan));
  for (const name of target.databases) {
    const local = databaseOn(sightOf(o, from), name)?.local;
    if (sightOf(o, from) === undefined) continue;
    if (!local) return l10n.t('{0} to be seen on {1}', name, nameOf(plan.intent, from));
    if (local.suspended) return l10n.t('data movement of {0} to be resumed: it is suspended', name);
    if (local.syncState !== 'synchronizing' && local.syncState !== 'synchronized')
      return l10n.t('{0} on {1} to be synchronizing (it is {2})', name, nameOf(plan.intent, from), local.syncState);
  }
  return roleMissing(o, plan, from, 'secondary');
}

/** Looks again and again until `missing` has nothing to say. Throws LinkError 'timeout' when the budget ends. */
async function until(
  work: Work,
  budgetSeconds: number,
  missing: (o: Observation) => string | undefined | Promise<string | undefined>,
): Promise<void> {
  const endsAt = work.clock.now() + budgetSeconds * 1000;
  for (;;) {
    const observation = await work.observe();
    const waitingFor = await missing(observation);
    work.progress(progressOf(observation, work.plan.intent.target, waitingFor ?? '', directionOf(work.plan)));
    if (waitingFor === undefined) return;
    if (work.clock.now() >= endsAt || linkAbsentInAzure(observation))
      throw new LinkError({
        reason: 'timeout',
        venue: undefined,
        message: l10n.t('After {0} s still waiting for {1}.', budgetSeconds, waitingFor),
        advice: l10n.t('The failover itself has happened; do not start another one. Look at both sides of the link.'),
      });
    await work.clock.sleep(ROLES_POLL_MS, work.signal);
  }
}
