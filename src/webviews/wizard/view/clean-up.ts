import * as l10n from '@vscode/l10n';
import type { PageViewOf } from '../../messages.ts';
import { cleanUpOf, targetOfModel } from '../facts.ts';
import type { Model } from '../model.ts';

export function cleanUpView(model: Model): PageViewOf<'cleanUp'> {
  const cleanUp = cleanUpOf(model);
  const target = targetOfModel(model);
  return {
    page: 'cleanUp',
    lead: l10n.t(
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
              explanation: cleanUp.dag.explanation,
              ticked: cleanUp.chosen.dropDistributedAvailabilityGroup,
              enabled: cleanUp.dag.available,
              whyNot: cleanUp.dag.whyNot,
            },
            {
              what: 'ag',
              label: l10n.t('Drop the availability group'),
              name: target.availabilityGroup,
              explanation: cleanUp.ag.explanation,
              ticked: cleanUp.chosen.dropAvailabilityGroup,
              enabled: cleanUp.ag.available,
              whyNot: cleanUp.ag.whyNot,
            },
          ]
        : [],
    note: l10n.t('No database is dropped on either side.'),
  };
}
