import * as l10n from '@vscode/l10n';
import { sameName } from '../../link/names.ts';
import { LinkError, problemOf } from '../../link/problem.ts';
import { assess } from '../assess.ts';
import { setReplicationMode as replicationModeChange, setCommitModes } from '../statements.ts';
import { azureLink, linkAbsentInAzure, sqlServerSight } from '../sync-facts.ts';
import type { StepHandler } from './handler.ts';

/** Looks at everything again, fresh: what the plan was made from may have changed while the person was reading. */
export const validate: StepHandler<'validate'> = {
  describe: (_step, { intent }) => ({
    title: l10n.t('Check both sides again'),
    detail: l10n.t(
      'Reads {0}, {1} and Azure once more: roles, link identity, permissions, connection. Stops if anything speaks against the failover.',
      intent.target.sqlServer.name,
      intent.target.instance.name,
    ),
  }),
  changes: () => [],
  async run(_step, { plan, observe }) {
    const observation = await observe();
    const block = assess(observation, plan.intent.target, plan.intent.kind, plan.intent).find(
      f => f.severity === 'block',
    );
    if (block)
      throw new LinkError({
        reason: 'changed',
        venue: undefined,
        message: `${block.title}. ${block.detail}`,
        ...(block.advice ? { advice: block.advice } : {}),
      });
    return { how: 'done', note: undefined };
  },
};

/** Synchronous commit on SQL Server: from then on a commit is acknowledged only when the instance has hardened it. */
export const setCommitMode: StepHandler<'setCommitMode'> = {
  describe: (step, { intent }) =>
    step.members.some(m => m.wanted === 'synchronous')
      ? {
          title: l10n.t('Set the link to synchronous mode on SQL Server'),
          detail: l10n.t(
            'From then on {0} acknowledges a commit only after {1} has hardened it. Commits become slower by one round trip.',
            intent.target.sqlServer.name,
            intent.target.instance.name,
          ),
        }
      : {
          title: l10n.t('Set the link to asynchronous mode on SQL Server'),
          detail: l10n.t('Commits no longer wait for the other side.'),
        },
  changes: (step, { intent }) => [
    setCommitModes(
      intent.target.link,
      step.members.map(m => ({ availabilityGroup: m.availabilityGroup, mode: m.wanted })),
    ),
  ],
  undo: (step, { intent }) => [
    setCommitModes(
      intent.target.link,
      step.members.map(m => ({
        availabilityGroup: m.availabilityGroup,
        mode: m.before === 'synchronous' ? 'synchronous' : 'asynchronous',
      })),
    ),
  ],
  isDone: (step, _plan, o) => step.members.every(m => commitModeNow(o, m.availabilityGroup) === m.wanted),
  isUndone: (step, _plan, o) => step.members.every(m => commitModeNow(o, m.availabilityGroup) === m.before),
  async run(step, { plan, send }) {
    for (const change of setCommitMode.changes(step, plan)) await send(change);
    return { how: 'done', note: undefined };
  },
};

const commitModeNow = (o: Parameters<typeof sqlServerSight>[0], group: string) =>
  sqlServerSight(o)?.link?.members.find(m => sameName(m.availabilityGroup, group))?.commitMode;

/**
 * The same on the instance, through Azure. The documentation of 2022 has this step, that of 2024 leaves it out: an instance that refuses is tolerated,
 * because only the equality that is proved later decides.
 */
export const setReplicationMode: StepHandler<'setReplicationMode'> = {
  describe: (step, { intent }) => ({
    title:
      step.mode === 'Sync'
        ? l10n.t('Set the link to synchronous mode on the managed instance')
        : l10n.t('Set the link to asynchronous mode on the managed instance'),
    detail: l10n.t(
      'Asks Azure to set the replication mode of {0} to {1}. If the instance does not need it, the failover goes on.',
      intent.target.link,
      step.mode,
    ),
  }),
  changes: (step, { intent }) => [replicationModeChange(intent.target, step.mode)],
  undo: (step, { intent }) => [replicationModeChange(intent.target, step.before)],
  isDone: (step, _plan, o) => modeNow(o) === step.mode,
  isUndone: (step, _plan, o) => modeNow(o) === step.before || linkAbsentInAzure(o),
  async run(step, { plan, send, sides, signal }) {
    try {
      for (const change of setReplicationMode.changes(step, plan)) {
        const sent = await send(change);
        if (sent.state === 'running') await sides.azure?.follow(sent.operation, signal);
      }
      return { how: 'done', note: undefined };
    } catch (error) {
      signal.throwIfAborted();
      const problem = problemOf(error, 'azure');
      return {
        how: 'tolerated',
        note: l10n.t('Azure did not change the mode ({0}). SQL Server’s own mode decides.', problem.message),
      };
    }
  },
};

function modeNow(o: Parameters<typeof azureLink>[0]): 'Sync' | 'Async' | undefined {
  const mode = azureLink(o)?.commitMode;
  return mode === 'synchronous' ? 'Sync' : mode === 'asynchronous' ? 'Async' : undefined;
}
