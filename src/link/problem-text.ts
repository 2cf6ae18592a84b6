import * as l10n from '@vscode/l10n';
import type { Problem } from './problem.ts';
import type { Venue } from './vocabulary.ts';

/** What kind of place a venue is. */
export function venueKind(venue: Venue): string {
  switch (venue) {
    case 'sqlServer':
      return l10n.t('SQL Server');
    case 'managedInstance':
      return l10n.t('Managed instance');
    case 'azure':
      return l10n.t('Azure');
  }
}

/** A problem in the order a person needs it: what happened; whose words, with the number; what to do. One part each, none empty. */
export function problemParts(problem: Problem): readonly string[] {
  const code = problem.number === undefined ? problem.code : l10n.t('error {0}', problem.number);
  const source = [problem.venue && venueKind(problem.venue), code].filter(Boolean).join(', ');
  const theirs = problem.serverText && !problem.message.includes(problem.serverText) ? problem.serverText : undefined;
  const said = theirs ? (source ? `${source}: ${theirs}` : theirs) : code ? `${source}.` : undefined;
  return [problem.message, said, problem.advice].filter((part): part is string => Boolean(part));
}

/** For a notification: one paragraph. */
export const problemSentence = (problem: Problem): string => problemParts(problem).join(' ');
