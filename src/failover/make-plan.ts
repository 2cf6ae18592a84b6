import { randomUUID } from 'node:crypto';
import * as l10n from '@vscode/l10n';
import type { Clock } from '../link/clock.ts';
import type { Observation } from '../link/observation.ts';
import { LinkError } from '../link/problem.ts';
import { assess } from './assess.ts';
import { copyIsLeftBehind, type Settled, settle } from './choices.ts';
import { cleanUpChoices } from './clean-up.ts';
import { estimateLoss } from './loss.ts';
import type { InitialState, Intent, Plan } from './plan.ts';
import { stepsOf } from './routes.ts';
import { azureLink, roles, sqlServerSight } from './sync-facts.ts';

/**
 * The ordered steps for what the person chose, given a fresh look at both sides. Throws LinkError when a blocking finding stands,
 * or a clean-up was chosen that must not be done.
 */
export function makePlan(intent: Intent, o: Observation, clock: Clock): Plan {
  const block = assess(o, intent.target, intent.kind, intent).find(f => f.severity === 'block');
  if (block)
    throw new LinkError({
      reason: 'refused',
      venue: undefined,
      message: `${block.title}. ${block.detail}`,
      ...(block.advice ? { advice: block.advice } : {}),
    });
  const settled = settle(intent.kind, intent);
  const initial = initialState(o);
  refuseUnsafeCleanUp(intent, o);
  refuseContradictions(intent, settled, initial);
  return {
    version: 1,
    id: randomUUID(),
    createdAt: clock.now(),
    route: settled.route,
    intent,
    initial,
    loss:
      intent.kind === 'forced' && settled.purpose === 'failOver'
        ? estimateLoss(o, intent.target, settled.direction)
        : undefined,
    steps: stepsOf(intent, settled, initial),
  };
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
  const { dag, ag } = cleanUpChoices(o, intent.target, intent);
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

/** Choices that cannot all be had. */
function refuseContradictions(intent: Intent, settled: Settled, initial: InitialState): void {
  const { cleanUp, target, copyAfterwards } = intent;
  if (settled.purpose === 'repairSplitBrain' && intent.kind !== 'forced')
    throw refused(
      l10n.t('Making one of two primaries secondary throws away what it alone has: it is a forced action.'),
      l10n.t('Choose forced, and confirm it with the name of the database.'),
    );
  if (settled.route === 'breakLink' && settled.direction !== 'toInstance')
    throw refused(
      l10n.t('Breaking a link has no direction: each side keeps what it has.'),
      l10n.t('Leave the direction out.'),
    );
  if (copyAfterwards !== 'usable') return;
  if (!copyIsLeftBehind(settled, initial.sqlServerRole))
    throw refused(
      l10n.t('There is no copy on SQL Server that would have to be made usable.'),
      l10n.t('Leave SQL Server’s copy as it is.'),
    );
  if (!cleanUp.dropAvailabilityGroup)
    throw refused(
      l10n.t('The copy on SQL Server can be recovered only when it is in no availability group.'),
      l10n.t('Drop the availability group {0} too, or leave the copy as it is.', target.availabilityGroup),
    );
}

const refused = (message: string, advice: string): LinkError =>
  new LinkError({ reason: 'refused', venue: 'sqlServer', message, advice });

const cleanUpRefused = (name: string, why: string | undefined): LinkError =>
  new LinkError({
    reason: 'refused',
    venue: 'sqlServer',
    message: l10n.t('{0} must not be dropped. {1}', name, why ?? ''),
    advice: l10n.t('Clear the box on the Clean-up page.'),
  });
