import type { FailoverKind } from '../link/vocabulary.ts';
import type { Settled } from './choices.ts';
import type { RouteChoices } from './plan.ts';

/** One thing that speaks against failing over now (block), that one should know (warn), or that is merely good to know (info). */
export interface Finding {
  readonly id: string;
  readonly severity: 'block' | 'warn' | 'info';
  readonly title: string;
  readonly detail: string;
  readonly advice: string | undefined;
}

/** What is judged: the choices, with everything left out filled in. */
export interface Asked extends Settled {
  readonly kind: FailoverKind;
  readonly choices: RouteChoices;
}

/** Whether a thing that only a careful failover needs stands in the way, or is merely worth knowing. */
export const carefully = ({ kind, purpose }: Asked): 'block' | 'warn' =>
  kind === 'planned' && purpose === 'failOver' ? 'block' : 'warn';

/** A finding from its parts. */
export const finding = (
  severity: Finding['severity'],
  id: string,
  title: string,
  detail: string,
  advice?: string,
): Finding => ({ id, severity, title, detail, advice });
