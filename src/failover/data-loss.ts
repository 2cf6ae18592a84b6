import * as l10n from '@vscode/l10n';
import type { Observation } from '../link/observation.ts';
import { nameWasTyped } from './choices.ts';
import type { Plan } from './plan.ts';
import { type Change, canLoseData } from './statements.ts';
import type { RunNotes } from './steps/handler.ts';
import { pairsEqual, roles } from './sync-facts.ts';

/** A proof older than this is none (ms). */
const PROOF_VALID_MS = 30_000;

/**
 * The last gate before anything that can throw committed work away: why it must not be sent; undefined = it may. It needs a forced plan and the database's
 * name as the person typed it, or the documented role switch with its proof that both sides are equal. `look` is the latest, undefined when it is stale.
 */
export function whyNotSend(
  change: Change,
  plan: Plan,
  notes: RunNotes,
  look: Observation | undefined,
  now: number,
): string | undefined {
  if (!canLoseData(change)) return undefined;
  if (plan.route === 'roleSwitchToInstance') return whyNotInRoleSwitch(change, notes, look, now);
  if (plan.intent.kind !== 'forced') return l10n.t('it can lose data, and the plan is not a forced one');
  return nameWasTyped(plan.intent)
    ? undefined
    : l10n.t('it can lose data, and the name of the database was not typed to confirm that');
}

function whyNotInRoleSwitch(
  change: Change,
  { proof, roleSwitchProof }: RunNotes,
  look: Observation | undefined,
  now: number,
): string | undefined {
  if (change.on === 'azure')
    return roleSwitchProof && now - roleSwitchProof.at <= PROOF_VALID_MS && pairsEqual(roleSwitchProof.pairs)
      ? undefined
      : l10n.t('both sides were not proved equal after SQL Server had given up its role');
  if (!look || roles(look).instance !== 'secondary')
    return l10n.t('the instance is not seen as secondary at this moment');
  const takesBack = roles(look).sqlServer === 'secondary' || roles(look).sqlServer === 'resolving';
  return takesBack || (proof && pairsEqual(proof.pairs))
    ? undefined
    : l10n.t('both sides were not proved equal before SQL Server gives up its role');
}
