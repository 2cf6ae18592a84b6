import * as l10n from '@vscode/l10n';
import type { Side } from '../../link/vocabulary.ts';
import { directionOf, nameOf } from '../choices.ts';
import { describeStep } from '../describe.ts';
import type { Plan, Step } from '../plan.ts';
import { sidesOf } from '../sync-facts.ts';

/** What every script says in the person's words, whatever its language. */

/** One line, whatever line breaks a name may hold. */
export const oneLine = (text: string): string => text.replaceAll(/[\r\n\v\f\u2028\u2029\u0085]+/g, ' ');

/** What the script is about. */
export function headerOf(plan: Plan): readonly string[] {
  const { target } = plan.intent;
  return [
    subject(plan),
    l10n.t(
      'Link {0}, availability group {1}, route {2}; made {3}',
      target.link,
      target.availabilityGroup,
      plan.route,
      new Date(plan.createdAt).toISOString(),
    ),
    ...(plan.loss ? [plan.loss.explanation] : []),
  ].map(oneLine);
}

function subject(plan: Plan): string {
  const { from, to } = sidesOf(directionOf(plan));
  const databases = plan.intent.target.databases.join(', ');
  if (plan.route === 'breakLink') return l10n.t('Removal of the link of {0}', databases);
  if (plan.route === 'splitBrainRepair')
    return l10n.t(
      'Repair of {0}: {1} is kept, {2} follows it',
      databases,
      nameOf(plan.intent, to),
      nameOf(plan.intent, from),
    );
  const [old, next] = [nameOf(plan.intent, from), nameOf(plan.intent, to)];
  return plan.intent.kind === 'planned'
    ? l10n.t('Planned failover of {0} from {1} to {2}', databases, old, next)
    : l10n.t('Forced failover of {0} from {1} to {2}', databases, old, next);
}

/** Number, title and explanation of a step, with a warning where there is no way back. */
export function headingOf(step: Step, number: number, plan: Plan): readonly string[] {
  const { title, detail } = describeStep(step, plan);
  return [
    ...(step.pointOfNoReturn
      ? [`*** ${l10n.t('POINT OF NO RETURN: after this step the only way is forward.')} ***`]
      : []),
    `${number}. ${title}`,
    `   ${detail}`,
  ].map(oneLine);
}

export const wrongServer = (side: Side, { intent: { target } }: Plan): string =>
  l10n.t(
    'Wrong server: this section is for {0}.',
    side === 'sqlServer' ? target.sqlServer.name : target.instance.fullyQualifiedDomainName,
  );

export const putBackHeading = (): string =>
  l10n.t(
    'Only when you stop before the point of no return: this puts back what the script has changed, in this order.',
  );

/** A forced failover may lose data: its script stops unless the person has typed the database's name into it. */
export const needsConfirmation = ({ intent, steps }: Plan): boolean =>
  intent.kind === 'forced' && steps.some(s => s.pointOfNoReturn);

export const confirmation = ({ intent: { target } }: Plan): string =>
  l10n.t('Data may be lost: put in the name of the database, {0}, to go on.', oneLine(target.databases[0] ?? ''));

/** The line of a heading that says which step it is. */
export const titleOf = (heading: readonly string[]): string => heading.at(-2) ?? '';
