import * as l10n from '@vscode/l10n';
import { sameName } from '../link/names.ts';
import type { AvailabilityGroupUse, Observation } from '../link/observation.ts';
import type { FailoverKind, LinkTarget } from '../link/vocabulary.ts';
import { copyIsLeftBehind, settle } from './choices.ts';
import type { RouteChoices } from './plan.ts';
import { roles, sqlServerSight } from './sync-facts.ts';

/** One clean-up box: whether it can be ticked, what it does, and why not. */
export interface CleanUpChoice {
  readonly available: boolean;
  readonly recommended: boolean;
  readonly explanation: string;
  readonly whyNot: string | undefined;
}

/** What may be dropped on SQL Server afterwards: nothing of a link that stays, and the AG only when nothing else lives in it. */
export function cleanUpChoices(
  o: Observation,
  target: LinkTarget,
  choices: RouteChoices & { readonly kind?: FailoverKind } = {},
): { readonly dag: CleanUpChoice; readonly ag: CleanUpChoice } {
  const server = sqlServerSight(o);
  const unreachable = server ? undefined : l10n.t('SQL Server cannot be reached, so nothing can be dropped there.');
  const settled = settle(choices.kind ?? 'planned', choices);
  const stays = settled.keepsLink
    ? l10n.t('The link {0} is to be kept, and it needs these groups.', target.link)
    : unreachable;
  const leftBehind = copyIsLeftBehind(settled, roles(o).sqlServer);
  const agWhyNot = stays ?? whyAvailabilityGroupStays(server?.availabilityGroup, target);
  return {
    dag: {
      available: stays === undefined,
      recommended: stays === undefined,
      explanation: l10n.t(
        'Drops the distributed availability group {0} on SQL Server. Once the link is cut it has no partner any more and only reports errors.',
        target.link,
      ),
      whyNot: stays,
    },
    ag: {
      available: agWhyNot === undefined,
      recommended: false,
      explanation: leftBehind
        ? l10n.t(
            'Drops the availability group {0} on SQL Server. Choose this if it was created only for the link. The copy stays, restoring: nobody can read it before it is recovered.',
            target.availabilityGroup,
          )
        : l10n.t(
            'Drops the availability group {0} on SQL Server. Choose this if it was created only for the link. The database stays, online and writable, on its own.',
            target.availabilityGroup,
          ),
      whyNot: agWhyNot,
    },
  };
}

/** Why an AG must not be dropped with this link; undefined = nothing else uses it. */
export function whyAvailabilityGroupStays(
  group: AvailabilityGroupUse | undefined,
  target: LinkTarget,
): string | undefined {
  if (!group) return l10n.t('The availability group {0} cannot be read on SQL Server.', target.availabilityGroup);
  const otherDatabases = group.databases.filter(d => !target.databases.some(t => sameName(t, d)));
  if (otherDatabases.length > 0) return l10n.t('It also holds {0}.', otherDatabases.join(', '));
  const otherLinks = group.links.filter(l => !sameName(l, target.link));
  if (otherLinks.length > 0)
    return l10n.t('The distributed availability group {0} uses it too.', otherLinks.join(', '));
  if (group.replicas.length > 1)
    return l10n.t('It has {0} replicas: {1}.', group.replicas.length, group.replicas.join(', '));
  if (group.listeners.length > 0)
    return l10n.t('Applications may connect through its listener {0}.', group.listeners.join(', '));
  return undefined;
}
