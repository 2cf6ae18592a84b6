import * as l10n from '@vscode/l10n';
import type { Venue } from '../link/vocabulary.ts';
import type { Plan, Step } from './plan.ts';
import { bind } from './steps/index.ts';

/** A step in the person's words. */
export const describeStep = (step: Step, plan: Plan): { readonly title: string; readonly detail: string } =>
  bind(step, plan).describe();

/** The name a person knows a place by. */
export function venueName(venue: Venue, plan: Plan): string {
  switch (venue) {
    case 'sqlServer':
      return plan.intent.target.sqlServer.name;
    case 'managedInstance':
      return plan.intent.target.instance.name;
    case 'azure':
      return l10n.t('Azure');
  }
}
