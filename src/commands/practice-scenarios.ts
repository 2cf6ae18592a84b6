import * as l10n from '@vscode/l10n';
import type { Choice } from './prompter.ts';

/** The practice lab's scenarios that are worth practising, by the names of `src/lab/scenarios.ts`. */
export const practiceScenarios = (): readonly Choice<string>[] => [
  {
    label: l10n.t('Healthy link'),
    description: 'sql2019',
    detail: l10n.t('SQL Server 2019 and a managed instance, asynchronous, nothing behind.'),
    value: 'sql2019',
  },
  {
    label: l10n.t('Lagging link'),
    description: 'lagging',
    detail: l10n.t('3 MB of log are still to be sent when you begin.'),
    value: 'lagging',
  },
  {
    label: l10n.t('Busy database'),
    description: 'busy',
    detail: l10n.t('Applications keep writing: see what a planned failover does then.'),
    value: 'busy',
  },
  {
    label: l10n.t('No route to the instance'),
    description: 'unreachable',
    detail: l10n.t('The instance is seen through Azure only, as from most laptops.'),
    value: 'unreachable',
  },
];
