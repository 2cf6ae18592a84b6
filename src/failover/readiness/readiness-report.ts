import * as l10n from '@vscode/l10n';
import type { Venue } from '../../link/vocabulary.ts';
import type { CheckResult, ReadinessReport } from './check-readiness.ts';
import type { Duty } from './duties.ts';

/** The report as Markdown, for people: what speaks against the failover first, and everything that was asked at the end. Holds no secret. */
export function readinessMarkdown(report: ReadinessReport): string {
  const { target } = report;
  const numbered = report.checks.map((check, index) => ({ check, number: index + 1 }));
  const out = [
    `# ${l10n.t('Failover readiness of {0}', escapeMarkdown(target.databases.join(', ')))}`,
    '',
    `**${overallText(report)}**`,
    '',
    `- ${l10n.t('Failover')}: ${kindText(report)}`,
    `- ${l10n.t('SQL Server')}: ${escapeMarkdown(target.sqlServer.name)} (${escapeMarkdown(target.sqlServer.version)})`,
    `- ${l10n.t('Managed instance')}: ${escapeMarkdown(target.instance.fullyQualifiedDomainName)}`,
    `- ${l10n.t('Link')}: ${escapeMarkdown(target.link)}`,
    `- ${l10n.t('Looked at')}: ${new Date(report.takenAt).toISOString()}`,
    '',
    l10n.t('Nothing was changed. What was not seen is called not known; it may be good or bad.'),
    '',
    `| # | ${l10n.t('Check')} | ${l10n.t('Result')} | ${l10n.t('Finding')} | ${l10n.t('What to do')} |`,
    '|--:|--|--|--|--|',
    ...numbered.map(
      ({ check, number }) =>
        `| ${number} | ${escapeMarkdown(check.title)} | ${resultText(check)} | ${findingText(check)} | ${escapeMarkdown(adviceOf(check) ?? '')} |`,
    ),
    '',
    `## ${l10n.t('To do after the failover')}`,
    ...report.duties.flatMap(dutyLines),
    '',
    `## ${l10n.t('What was asked')}`,
    ...numbered.flatMap(({ check, number }) => sourceLines(check, number)),
  ];
  return `${out.join('\n')}\n`;
}

/** The same for machines. Dates are Unix ms. */
export const readinessJson = (report: ReadinessReport): string =>
  `${JSON.stringify({ version: 1, ...report }, undefined, 2)}\n`;

export function overallText({ overall, checks }: ReadinessReport): string {
  const count = (wanted: (check: CheckResult) => boolean) => checks.filter(wanted).length;
  const warnings = count(check => check.status === 'fail' && check.severity === 'warn');
  const unknown = count(check => check.status === 'notKnown');
  switch (overall) {
    case 'blocked':
      return l10n.t(
        'Not ready: {0} check(s) speak against it.',
        count(check => check.status === 'fail' && check.severity === 'block'),
      );
    case 'uncertain':
      return l10n.t('Not certain: nothing seen speaks against it, but {0} check(s) are not known.', unknown);
    case 'ready':
      return l10n.t('Ready: nothing speaks against it. {0} warning(s), {1} not known.', warnings, unknown);
  }
}

function kindText({ kind, direction }: ReadinessReport): string {
  if (direction === 'toInstance')
    return kind === 'planned' ? l10n.t('planned, to the instance') : l10n.t('forced, to the instance');
  return kind === 'planned' ? l10n.t('planned, to SQL Server') : l10n.t('forced, to SQL Server');
}

function resultText(check: CheckResult): string {
  switch (check.status) {
    case 'pass':
      return l10n.t('passed');
    case 'notKnown':
      return l10n.t('not known');
    case 'fail':
      return check.severity === 'block'
        ? `**${l10n.t('blocks')}**`
        : check.severity === 'warn'
          ? l10n.t('warning')
          : l10n.t('for information');
  }
}

const adviceOf = (check: CheckResult): string | undefined => (check.status === 'pass' ? undefined : check.advice);

const findingText = (check: CheckResult): string => {
  const details = check.status === 'notKnown' ? [] : (check.details ?? []);
  return [check.finding, ...details].map(escapeMarkdown).join('<br>');
};

function dutyLines({ title, explanation, items, text }: Duty): readonly string[] {
  const copy = text && fenced(text.text, text.language);
  return [
    '',
    `### ${escapeMarkdown(title)}`,
    '',
    escapeMarkdown(explanation),
    ...(items.length > 0 ? ['', ...items.map(item => `- ${escapeMarkdown(item)}`)] : []),
    ...(copy ? ['', ...(text.on ? [`${l10n.t('On {0}', venueText(text.on))}:`, ''] : []), ...copy] : []),
  ];
}

function sourceLines(check: CheckResult, number: number): readonly string[] {
  const heading = ['', `### ${number}. ${escapeMarkdown(check.title)}`];
  if (check.sources.length === 0) return [...heading, '', l10n.t('Nothing could be asked.')];
  return [
    ...heading,
    ...check.sources.flatMap(({ venue, text }) => [
      '',
      `${venueText(venue)}:`,
      '',
      ...fenced(text, venue === 'azure' ? 'http' : 'sql'),
    ]),
  ];
}

function venueText(venue: Venue): string {
  switch (venue) {
    case 'sqlServer':
      return l10n.t('SQL Server');
    case 'managedInstance':
      return l10n.t('Managed instance');
    case 'azure':
      return l10n.t('Azure');
  }
}

/** The fence is longer than any run of backticks in the text: a database may be named like that. */
function fenced(text: string, language: string): readonly string[] {
  const fence = '`'.repeat(Math.max(3, ...[...text.matchAll(/`+/g)].map(([run]) => run.length + 1)));
  return [`${fence}${language}`, text, fence];
}

const escapeMarkdown = (text: string): string =>
  text.replaceAll(/[\\`*_{}[\]<>#|]/g, c => `\\${c}`).replaceAll(/[\r\n]+/g, ' ');
