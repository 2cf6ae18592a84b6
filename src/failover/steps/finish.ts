import * as l10n from '@vscode/l10n';
import { sameName } from '../../link/names.ts';
import type { Observation } from '../../link/observation.ts';
import { LinkError } from '../../link/problem.ts';
import type { Side } from '../../link/vocabulary.ts';
import { nameOf, settle } from '../choices.ts';
import { whyAvailabilityGroupStays } from '../clean-up.ts';
import type { Plan } from '../plan.ts';
import { dropGroup } from '../statements.ts';
import { databaseOn, instanceSight, sidesOf, sightOf, sqlServerSight } from '../sync-facts.ts';
import type { StepHandler, Work } from './handler.ts';

const hasGroup = (o: Observation, name: string): boolean | undefined =>
  sqlServerSight(o)?.groupNames.some(g => sameName(g, name));

export const dropDistributedAvailabilityGroup: StepHandler<'dropDistributedAvailabilityGroup'> = {
  describe: (_step, { intent }) => ({
    title: l10n.t('Drop the distributed availability group on SQL Server'),
    detail: l10n.t(
      'Removes {0}, which has no partner any more. The database on {1} is not touched.',
      intent.target.link,
      intent.target.sqlServer.name,
    ),
  }),
  changes: (_step, { intent }) => [dropGroup(intent.target.link)],
  isDone: (_step, { intent }, o) => hasGroup(o, intent.target.link) === false,
  run: async (step, work) => drop(work, dropDistributedAvailabilityGroup.changes(step, work.plan)),
};

/** Only chosen when nothing else uses the AG; looked at again right before, because that may have changed. */
export const dropAvailabilityGroup: StepHandler<'dropAvailabilityGroup'> = {
  describe: (_step, { intent }) => ({
    title: l10n.t('Drop the availability group on SQL Server'),
    detail: l10n.t(
      'Removes {0}. {1} stays on {2}, on its own.',
      intent.target.availabilityGroup,
      intent.target.databases.join(', '),
      intent.target.sqlServer.name,
    ),
  }),
  changes: (_step, { intent }) => [dropGroup(intent.target.availabilityGroup)],
  isDone: (_step, { intent }, o) => hasGroup(o, intent.target.availabilityGroup) === false,
  async run(step, work) {
    const { target } = work.plan.intent;
    const stays = whyAvailabilityGroupStays(
      sqlServerSight(await work.observe('ifInstanceUnseen'))?.availabilityGroup,
      target,
    );
    if (stays)
      throw new LinkError({
        reason: 'changed',
        venue: 'sqlServer',
        message: l10n.t('{0} was not dropped. {1}', target.availabilityGroup, stays),
        advice: l10n.t('The failover itself is complete. Drop the availability group yourself when it is free.'),
      });
    return drop(work, dropAvailabilityGroup.changes(step, work.plan));
  },
};

async function drop(work: Work, changes: readonly Parameters<Work['send']>[0][]) {
  for (const change of changes) await work.send(change);
  return { how: 'done' as const, note: undefined };
}

/** Looks at the result with the servers' own eyes. */
export const verify: StepHandler<'verify'> = {
  describe: (_step, { intent }) => ({
    title: l10n.t('Verify the result'),
    detail: l10n.t(
      'Checks that {0} is writable on {1}, what the other copy is, and that exactly the chosen groups are gone.',
      intent.target.databases.join(', '),
      nameOf(intent, sidesOf(intent.direction ?? 'toInstance').to),
    ),
  }),
  changes: () => [],
  async run(step, { plan, observe, notes }) {
    const observation = await observe();
    const wrong = [
      ...whatIsWrong(observation, plan),
      ...step.gone
        .filter(name => hasGroup(observation, name) === true)
        .map(name => l10n.t('{0} is still listed on SQL Server', name)),
      ...step.kept
        .filter(name => keptButGone(observation, name))
        .map(name => l10n.t('{0} is no longer listed on SQL Server', name)),
    ];
    if (wrong.length > 0)
      throw new LinkError({
        reason: 'badAnswer',
        venue: undefined,
        message: l10n.t('The result is not as planned: {0}.', wrong.join('; ')),
        advice: l10n.t('The failover itself has happened; do not start another one. Look at both databases.'),
      });
    notes.evidence.push(l10n.t('Verified at {0}', new Date(observation.takenAt).toISOString()));
    const unseen = [
      ...(instanceSight(observation) ? [] : [l10n.t('the instance (read through Azure)')]),
      ...(sqlServerSight(observation) ? [] : [l10n.t('SQL Server')]),
    ];
    return {
      how: 'done',
      note: unseen.length > 0 ? l10n.t('Not seen with its own eyes: {0}.', unseen.join(', ')) : undefined,
    };
  },
};

const keptButGone = (o: Observation, name: string): boolean => hasGroup(o, name) === false;

function whatIsWrong(o: Observation, plan: Plan): readonly string[] {
  const { target } = plan.intent;
  const wanted = writableAfterwards(plan);
  return (['managedInstance', 'sqlServer'] as const).flatMap(side => {
    const sight = sightOf(o, side);
    const expected = wanted[side];
    if (!sight || expected === undefined) return [];
    const place = nameOf(plan.intent, side);
    return target.databases
      .filter(d => (databaseOn(sight, d)?.writable ?? false) !== expected)
      .map(d =>
        expected
          ? l10n.t('{0} on {1} is not writable', d, place)
          : l10n.t('{0} on {1} accepts writes, but must not', d, place),
      );
  });
}

/** Which copies accept writes when all went as planned; undefined: either is right. */
function writableAfterwards(plan: Plan): { readonly [S in Side]: boolean | undefined } {
  const { intent, initial, route } = plan;
  const settled = settle(intent.kind, intent);
  const usable = intent.copyAfterwards === 'usable';
  switch (route) {
    case 'cutLinkPlanned':
    case 'cutLinkForced':
      return { sqlServer: true, managedInstance: true };
    case 'tsqlFailoverToInstance':
    case 'roleSwitchToInstance':
      return { sqlServer: !settled.keepsLink && usable, managedInstance: true };
    case 'tsqlFailoverToSqlServer':
    case 'azureFailoverToSqlServer':
      return { sqlServer: true, managedInstance: !settled.keepsLink };
    case 'forcedToInstance':
      return { sqlServer: intent.demoteOldPrimary ? false : undefined, managedInstance: true };
    case 'forcedToSqlServer':
      return { sqlServer: true, managedInstance: settled.keepsLink && intent.demoteOldPrimary ? false : undefined };
    case 'splitBrainRepair':
      return settled.direction === 'toInstance'
        ? { sqlServer: false, managedInstance: true }
        : { sqlServer: true, managedInstance: false };
    case 'breakLink':
      return { sqlServer: initial.sqlServerRole === 'primary' || usable, managedInstance: true };
  }
}
