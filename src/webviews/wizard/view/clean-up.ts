import * as l10n from '@vscode/l10n';
import type { CleanUpChoice } from '../../../failover/clean-up.ts';
import type { PageViewOf } from '../../messages.ts';
import { cleanUpOf, keepsLink, targetOfModel } from '../facts.ts';
import type { Model } from '../model.ts';

export function cleanUpView(model: Model): PageViewOf<'cleanUp'> {
  const cleanUp = cleanUpOf(model);
  const target = targetOfModel(model);
  const kept = keepsLink(model);
  return {
    page: 'cleanUp',
    lead: kept
      ? l10n.t('Nothing is dropped: the link is kept, and it needs its groups on {0}.', target?.sqlServer.name ?? '')
      : l10n.t(
          'Once the databases are independent, these are left over on {0}. Choose what to drop there.',
          target?.sqlServer.name ?? '',
        ),
    boxes:
      cleanUp && target
        ? [
            {
              what: 'dag',
              label: l10n.t('Drop the distributed availability group'),
              name: target.link,
              ...why(cleanUp.dag, kept),
              ticked: cleanUp.chosen.dropDistributedAvailabilityGroup,
              enabled: cleanUp.dag.available,
            },
            {
              what: 'ag',
              label: l10n.t('Drop the availability group'),
              name: target.availabilityGroup,
              ...why(cleanUp.ag, kept),
              ticked: cleanUp.chosen.dropAvailabilityGroup,
              enabled: cleanUp.ag.available,
            },
          ]
        : [],
    note: l10n.t('No database is dropped on either side.'),
  };
}

/** What dropping it does is about a link that was cut; where the link is kept, only the reason against it is told. */
const why = (
  { explanation, whyNot }: CleanUpChoice,
  kept: boolean,
): { explanation: string; whyNot: string | undefined } =>
  kept && whyNot !== undefined ? { explanation: whyNot, whyNot: undefined } : { explanation, whyNot };
