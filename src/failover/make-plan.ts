import { randomUUID } from 'node:crypto';
import * as l10n from '@vscode/l10n';
import type { Clock } from '../link/clock.ts';
import type { Observation } from '../link/observation.ts';
import { LinkError } from '../link/problem.ts';
import { assess } from './assess.ts';
import { cleanUpChoices } from './clean-up.ts';
import { estimateLoss } from './loss.ts';
import type { InitialState, Intent, Plan, Step } from './plan.ts';
import { azureLink, roles, sqlServerSight } from './sync-facts.ts';

/** How long the instance may take to become writable after the cut, s. No service promise exists; after this the person is told to look. */
const ROLE_CHANGE_BUDGET_SECONDS = 600;

/**
 * The ordered steps for what the person chose, given a fresh look at both sides. Throws LinkError when a blocking finding stands,
 * or a clean-up was chosen that must not be done.
 */
export function makePlan(intent: Intent, o: Observation, clock: Clock): Plan {
  const block = assess(o, intent.target, intent.kind).find(f => f.severity === 'block');
  if (block)
    throw new LinkError({
      reason: 'refused',
      venue: undefined,
      message: `${block.title}. ${block.detail}`,
      ...(block.advice ? { advice: block.advice } : {}),
    });
  refuseUnsafeCleanUp(intent, o);
  const initial = initialState(o);
  return {
    version: 1,
    id: randomUUID(),
    createdAt: clock.now(),
    route: intent.kind === 'planned' ? 'cutLinkPlanned' : 'cutLinkForced',
    intent,
    initial,
    loss: intent.kind === 'forced' ? estimateLoss(o, intent.target) : undefined,
    steps: intent.kind === 'planned' ? plannedSteps(intent, initial) : forcedSteps(intent, initial),
  };
}

function plannedSteps(intent: Intent, initial: InitialState): readonly Step[] {
  const budgetSeconds = intent.catchUpBudgetSeconds;
  return [
    { id: 'validate', kind: 'validate', phase: 'prepare', venue: 'sqlServer' },
    {
      id: 'setCommitMode',
      kind: 'setCommitMode',
      phase: 'prepare',
      venue: 'sqlServer',
      members: initial.members.map(m => ({
        availabilityGroup: m.availabilityGroup,
        before: m.commitMode,
        wanted: 'synchronous',
      })),
    },
    {
      id: 'setReplicationMode',
      kind: 'setReplicationMode',
      phase: 'prepare',
      venue: 'azure',
      mode: 'Sync',
      before: initial.replicationMode ?? 'Async',
    },
    { id: 'catchUp', kind: 'catchUp', phase: 'catchUp', venue: 'managedInstance', budgetSeconds },
    { id: 'awaitEquality', kind: 'awaitEquality', phase: 'fence', venue: 'managedInstance', budgetSeconds },
    { id: 'recheck', kind: 'recheck', phase: 'fence', venue: 'sqlServer' },
    { id: 'deleteLink', kind: 'deleteLink', phase: 'cutover', venue: 'azure', pointOfNoReturn: true },
    {
      id: 'awaitWritable',
      kind: 'awaitWritable',
      phase: 'cutover',
      venue: 'managedInstance',
      budgetSeconds: ROLE_CHANGE_BUDGET_SECONDS,
    },
    ...dropSteps(intent),
    verifyStep(intent),
  ];
}

function forcedSteps(intent: Intent, initial: InitialState): readonly Step[] {
  return [
    { id: 'validate', kind: 'validate', phase: 'prepare', venue: 'azure' },
    { id: 'forceFailover', kind: 'forceFailover', phase: 'cutover', venue: 'azure', pointOfNoReturn: true },
    {
      id: 'awaitWritable',
      kind: 'awaitWritable',
      phase: 'cutover',
      venue: 'managedInstance',
      budgetSeconds: ROLE_CHANGE_BUDGET_SECONDS,
    },
    { id: 'deleteLink', kind: 'deleteLink', phase: 'cleanUp', venue: 'azure' },
    ...(initial.sqlServerReachable ? dropSteps(intent) : []),
    verifyStep(intent),
  ];
}

function dropSteps(intent: Intent): readonly Step[] {
  const steps: Step[] = [];
  if (intent.cleanUp.dropDistributedAvailabilityGroup)
    steps.push({
      id: 'dropDistributedAvailabilityGroup',
      kind: 'dropDistributedAvailabilityGroup',
      phase: 'cleanUp',
      venue: 'sqlServer',
    });
  if (intent.cleanUp.dropAvailabilityGroup)
    steps.push({ id: 'dropAvailabilityGroup', kind: 'dropAvailabilityGroup', phase: 'cleanUp', venue: 'sqlServer' });
  return steps;
}

function verifyStep({ target, cleanUp }: Intent): Step {
  const gone = [
    ...(cleanUp.dropDistributedAvailabilityGroup ? [target.link] : []),
    ...(cleanUp.dropAvailabilityGroup ? [target.availabilityGroup] : []),
  ];
  const kept = [
    ...(cleanUp.dropDistributedAvailabilityGroup ? [] : [target.link]),
    ...(cleanUp.dropAvailabilityGroup ? [] : [target.availabilityGroup]),
  ];
  return { id: 'verify', kind: 'verify', phase: 'verify', venue: 'managedInstance', gone, kept };
}

function initialState(o: Observation): InitialState {
  const role = roles(o);
  const link = sqlServerSight(o)?.link;
  const azure = azureLink(o);
  return {
    sqlServerRole: role.sqlServer,
    instanceRole: role.instance,
    members: (link?.members ?? []).map(m => ({ availabilityGroup: m.availabilityGroup, commitMode: m.commitMode })),
    replicationMode:
      azure?.commitMode === 'synchronous' ? 'Sync' : azure?.commitMode === 'asynchronous' ? 'Async' : undefined,
    linkId: link?.id ?? azure?.id ?? '',
    sqlServerReachable: link !== undefined,
  };
}

function refuseUnsafeCleanUp(intent: Intent, o: Observation): void {
  const { dag, ag } = cleanUpChoices(o, intent.target);
  const { cleanUp } = intent;
  if (cleanUp.dropDistributedAvailabilityGroup && !dag.available) throw cleanUpRefused(intent.target.link, dag.whyNot);
  if (cleanUp.dropAvailabilityGroup && !ag.available) throw cleanUpRefused(intent.target.availabilityGroup, ag.whyNot);
  if (cleanUp.dropAvailabilityGroup && !cleanUp.dropDistributedAvailabilityGroup) {
    throw cleanUpRefused(
      intent.target.availabilityGroup,
      l10n.t('The distributed availability group {0} must be dropped too: it uses it.', intent.target.link),
    );
  }
}

const cleanUpRefused = (name: string, why: string | undefined): LinkError =>
  new LinkError({
    reason: 'refused',
    venue: 'sqlServer',
    message: l10n.t('{0} must not be dropped. {1}', name, why ?? ''),
    advice: l10n.t('Clear the box on the Clean-up page.'),
  });
