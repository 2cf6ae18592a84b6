import * as l10n from '@vscode/l10n';
import { makePlan } from '../../failover/make-plan.ts';
import type { InitialState, Intent, Plan } from '../../failover/plan.ts';
import { observe } from '../../failover/sides.ts';
import type { Clock } from '../../link/clock.ts';
import type { Observation } from '../../link/observation.ts';
import { LinkError, problemOf } from '../../link/problem.ts';
import { intentOf, sidesOf } from './facts.ts';
import type { Store } from './model.ts';
import type { WizardPorts } from './ports.ts';

/**
 * Looks at both sides afresh and makes the plan from that. `before` is what the person last saw: what is different now is told.
 * Gives the plan; undefined when it was refused (the summary says why) or stopped.
 */
export async function preparePlan(
  store: Store,
  ports: WizardPorts,
  before: Plan | undefined,
  signal: AbortSignal,
): Promise<Plan | undefined> {
  const intent = intentOf(store.model);
  if (!intent) return undefined;
  store.change({ summary: { state: 'looking', plan: before } });
  try {
    const observation = await observe(sidesOf(store.model), intent.target, ports.clock, signal);
    const plan = makePlan(intent, observation, ports.clock);
    store.change({ observation, summary: { state: 'ready', plan, changes: before ? whatChanged(before, plan) : [] } });
    return plan;
  } catch (error) {
    if (!signal.aborted) store.change({ summary: { state: 'refused', problem: problemOf(error) } });
    return undefined;
  }
}

/** The plan as it would have been made from an earlier look; undefined when that look was not good enough for one. */
export function planFrom(intent: Intent, observation: Observation, clock: Clock): Plan | undefined {
  try {
    return makePlan(intent, observation, clock);
  } catch (error) {
    if (error instanceof LinkError) return undefined;
    throw error;
  }
}

/** In words, what differs between two plans for the same choices; empty = they do the same. */
export function whatChanged(before: Plan, after: Plan): readonly string[] {
  const changes = initialChanges(before.initial, after.initial);
  const steps = (plan: Plan) => JSON.stringify(plan.steps);
  if (changes.length === 0 && steps(before) !== steps(after)) return [l10n.t('The steps are not the same any more.')];
  return changes;
}

function initialChanges(before: InitialState, after: InitialState): readonly string[] {
  const changes: string[] = [];
  const compare = (what: string, old: string | undefined, now: string | undefined): void => {
    if (old !== now)
      changes.push(l10n.t('{0}: {1}, now {2}', what, old ?? l10n.t('unknown'), now ?? l10n.t('unknown')));
  };
  if (before.linkId !== after.linkId) changes.push(l10n.t('The link was created anew: its id is another.'));
  compare(l10n.t('Role of SQL Server'), before.sqlServerRole, after.sqlServerRole);
  compare(l10n.t('Role of the instance'), before.instanceRole, after.instanceRole);
  compare(l10n.t('Replication mode in Azure'), before.replicationMode, after.replicationMode);
  for (const member of new Set([...before.members, ...after.members].map(m => m.availabilityGroup))) {
    const mode = (state: InitialState) => state.members.find(m => m.availabilityGroup === member)?.commitMode;
    compare(l10n.t('Commit mode of {0}', member), mode(before), mode(after));
  }
  if (before.sqlServerReachable !== after.sqlServerReachable)
    changes.push(
      after.sqlServerReachable
        ? l10n.t('SQL Server can be reached again.')
        : l10n.t('SQL Server can no longer be reached.'),
    );
  return changes;
}
