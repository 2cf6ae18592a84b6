import * as l10n from '@vscode/l10n';
import { outcomeTitle } from '../../../failover/report.ts';
import type { Model } from '../model.ts';

/** A running failover in one line, for the notification; `increment` is left out: its length is not known. */
export function backgroundView({ run }: Model): { readonly message: string } {
  if (!run) return { message: '' };
  const { view } = run;
  if (view.phase === 'backingOut') return { message: l10n.t('Putting things back') };
  const index = view.steps.findIndex(s => s.state === 'running');
  const title = view.steps[index]?.title;
  if (title === undefined) return { message: '' };
  const step = l10n.t('{0} of {1}: {2}', index + 1, view.steps.length, title);
  if (view.cancellable) return { message: step };
  return { message: l10n.t('{0} (can no longer be cancelled)', step) };
}

/** How it ended, in one line. */
export function resultLine({ run }: Model): { readonly text: string; readonly good: boolean } {
  const result = run?.view.result;
  if (!run || !result) return { text: l10n.t('The failover broke off'), good: false };
  return { text: outcomeTitle(run.plan, result), good: result.outcome !== 'failed' };
}
