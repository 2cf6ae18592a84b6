import * as l10n from '@vscode/l10n';
import type { Observation, ServerSight } from '../../link/observation.ts';
import { LinkError, problemOf } from '../../link/problem.ts';
import type { LinkTarget } from '../../link/vocabulary.ts';
import { directionOf, nameOf } from '../choices.ts';
import type { Plan } from '../plan.ts';
import { deleteLink as deleteLinkChange, forceFailover as forceFailoverChange } from '../statements.ts';
import { azureLink, databaseOn, instanceSight, linkAbsentInAzure, progressOf, sqlServerSight } from '../sync-facts.ts';
import type { StepHandler, Work } from './handler.ts';
import { followOrSee, sendOrObserve } from './send.ts';

/** Polls for the first sight of a writable instance: the end of the outage (ms). */
const WRITABLE_POLL_MS = 100;
const AZURE_POLL_MS = 1_000;

/** Cuts the link. In the planned route this is the point of no return; after a forced failover it only tidies up. */
export const deleteLink: StepHandler<'deleteLink'> = {
  describe: (step, { intent }) => ({
    title: l10n.t('Delete the link in Azure'),
    detail: step.pointOfNoReturn
      ? l10n.t(
          'Cuts the link {0}: {1} on {2} is writable on its own afterwards. This cannot be taken back.',
          intent.target.link,
          intent.target.databases.join(', '),
          intent.target.instance.name,
        )
      : l10n.t(
          'Removes the link {0}: from then on the databases on both sides have nothing to do with each other.',
          intent.target.link,
        ),
  }),
  changes: (_step, { intent }) => [deleteLinkChange(intent.target)],
  isDone: (_step, _plan, o) => linkAbsentInAzure(o),
  async run(step, work) {
    const cut = (o: Observation) => linkAbsentInAzure(o) || instanceIsIndependent(o, work.plan.intent.target);
    const sent = await sendOrObserve(work, deleteLink.changes(step, work.plan), cut);
    if (sent.state === 'running') await followOrSee(work, sent.operation, cut);
    return { how: 'done', note: sent.state === 'absent' ? l10n.t('Azure had no such link any more.') : undefined };
  },
};

/** The instance takes over without waiting for SQL Server. */
export const forceFailover: StepHandler<'forceFailover'> = {
  describe: (_step, { intent, loss }) => ({
    title: l10n.t('Force the failover to the managed instance'),
    detail: l10n.t(
      '{0} takes over with what it has hardened. {1} This cannot be taken back.',
      intent.target.instance.name,
      loss?.explanation ?? '',
    ),
  }),
  changes: (_step, { intent }) => [forceFailoverChange(intent.target)],
  isDone: (_step, { intent }, o) => azureLink(o)?.instanceRole === 'primary' || instanceIsIndependent(o, intent.target),
  async run(step, work) {
    const sent = await sendOrObserve(
      work,
      forceFailover.changes(step, work.plan),
      o => forceFailover.isDone?.(step, work.plan, o) ?? false,
    );
    work.notes.operation = sent.state === 'running' ? sent.operation : undefined;
    return { how: 'done', note: undefined };
  },
};

/** The end of the outage is a writable database, not a command's return. */
export const awaitWritable: StepHandler<'awaitWritable'> = {
  describe: (_step, plan) => ({
    title: toInstance(plan)
      ? l10n.t('Wait until the instance’s database is writable')
      : l10n.t('Wait until SQL Server’s database is writable'),
    detail: l10n.t(
      'Watches {0} on {1} until it accepts writes: this is the end of the outage.',
      plan.intent.target.databases.join(', '),
      newPrimary(plan),
    ),
  }),
  changes: () => [],
  async run(step, work) {
    const { clock, notes } = work;
    const endsAt = clock.now() + step.budgetSeconds * 1000;
    const operation = followInBackground(work);
    try {
      for (;;) {
        const seen = await writableNow(work, operation);
        if (seen === 'yes') break;
        if (clock.now() >= endsAt) throw notWritable(work.plan, step.budgetSeconds, operation.failure);
        await clock.sleep(
          work.sides.instance || !toInstance(work.plan) ? WRITABLE_POLL_MS : AZURE_POLL_MS,
          work.signal,
        );
      }
    } finally {
      operation.stop();
    }
    notes.writableAt = clock.now();
    notes.evidence.push(
      l10n.t(
        'The database on {0} was seen writable at {1}',
        newPrimary(work.plan),
        new Date(notes.writableAt).toISOString(),
      ),
    );
    return { how: 'done', note: undefined };
  },
};

const toInstance = (plan: Plan): boolean => directionOf(plan) === 'toInstance';

const newPrimary = (plan: Plan): string => nameOf(plan.intent, toInstance(plan) ? 'managedInstance' : 'sqlServer');

/** Azure's own long-running operation, followed beside the data plane: it is waited for only where the data plane cannot be seen. */
interface Followed {
  state: 'none' | 'running' | 'succeeded' | 'failed';
  failure: unknown;
  stop(): void;
}

function followInBackground({ notes, sides, signal }: Work): Followed {
  const stop = new AbortController();
  const followed: Followed = { state: 'none', failure: undefined, stop: () => stop.abort() };
  if (!notes.operation || !sides.azure) return followed;
  followed.state = 'running';
  void sides.azure.follow(notes.operation, AbortSignal.any([stop.signal, signal])).then(
    () => (followed.state = 'succeeded'),
    (error: unknown) => {
      followed.failure = error;
      followed.state = 'failed';
    },
  );
  return followed;
}

async function writableNow(work: Work, operation: Followed): Promise<'yes' | 'no'> {
  const { plan, sides } = work;
  const { target } = plan.intent;
  const observation = await work.observe('ifInstanceUnseen');
  work.progress(
    progressOf(
      observation,
      target,
      operation.state === 'running'
        ? l10n.t('Azure to finish and {0} to become writable', newPrimary(plan))
        : l10n.t('{0} to become writable', newPrimary(plan)),
      directionOf(plan),
    ),
  );
  if (!toInstance(plan)) {
    if (operation.state === 'failed') throw operation.failure;
    const here = sqlServerSight(observation);
    return here && tookOver(here, target) ? 'yes' : 'no';
  }
  const sight = instanceSight(observation);
  if (sight) return tookOver(sight, target) ? 'yes' : 'no';
  if (operation.state === 'failed') throw operation.failure;
  if (operation.state === 'running' || !sides.azure) return 'no';
  const azure = azureLink(observation);
  if (azure ? azure.instanceRole !== 'primary' : !linkAbsentInAzure(observation)) return 'no';
  const statuses = await Promise.all(
    target.databases.map(name => sides.azure?.databaseStatus(target.azure, name, work.signal)),
  );
  return statuses.every(status => status?.toLowerCase() === 'online') ? 'yes' : 'no';
}

/** Every database is writable, and the instance is no secondary of the link any more: while roles change, one alone may show first. */
const tookOver = (sight: ServerSight, target: LinkTarget): boolean =>
  (sight.link === undefined || sight.link.localRole === 'primary') &&
  target.databases.every(name => databaseOn(sight, name)?.writable);

/** The instance has the database, writable, and knows no such link any more. */
function instanceIsIndependent(o: Observation, target: LinkTarget): boolean {
  const sight = instanceSight(o);
  return sight !== undefined && sight.link === undefined && tookOver(sight, target);
}

function notWritable(plan: Plan, seconds: number, failure: unknown): LinkError {
  const { target } = plan.intent;
  const azure = failure === undefined ? undefined : problemOf(failure, 'azure');
  return new LinkError(
    {
      reason: 'timeout',
      venue: toInstance(plan) ? 'managedInstance' : 'sqlServer',
      message: l10n.t(
        '{0} on {1} was not seen writable within {2} s.',
        target.databases.join(', '),
        newPrimary(plan),
        seconds,
      ),
      ...(azure ? { serverText: azure.serverText ?? azure.message, ...(azure.code ? { code: azure.code } : {}) } : {}),
      advice: toInstance(plan)
        ? l10n.t(
            'There is no way back. Look at the database in the Azure portal; when it is online there, run the remaining steps of the script.',
          )
        : l10n.t(
            'There is no way back. Look at the database and the error log of {0}; when it is online, run the remaining steps of the script.',
            target.sqlServer.name,
          ),
    },
    { cause: failure },
  );
}
