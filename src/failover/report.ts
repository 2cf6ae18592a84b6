import * as l10n from '@vscode/l10n';
import { problemSentence } from '../link/problem-text.ts';
import type { LinkTarget } from '../link/vocabulary.ts';
import { directionOf, nameOf } from './choices.ts';
import { venueName } from './describe.ts';
import type { RunResult, StepRecord } from './events.ts';
import type { Plan } from './plan.ts';
import { sidesOf } from './sync-facts.ts';

/** The report of a run as Markdown, for people. Holds no secret: neither plan nor result does. */
export function reportMarkdown(plan: Plan, result: RunResult): string {
  const { target } = plan.intent;
  const out = [
    `# ${outcomeTitle(plan, result)}`,
    '',
    `- ${l10n.t('Database')}: ${target.databases.map(escapeMarkdown).join(', ')}`,
    ...(directionOf(plan) === 'toInstance' ? ends(target) : ends(target).toReversed()).map(
      (end, i) => `- ${i === 0 ? l10n.t('From') : l10n.t('To')}: ${escapeMarkdown(end)}`,
    ),
    `- ${l10n.t('Link')}: ${escapeMarkdown(target.link)} (${plan.initial.linkId})`,
    `- ${l10n.t('Started')}: ${iso(result.startedAt)}, ${l10n.t('ended')}: ${iso(result.finishedAt)}`,
    ...(result.observedOutageMs === undefined
      ? []
      : [`- ${l10n.t('From proven equality to a writable instance')}: ${result.observedOutageMs} ms`]),
    ...(plan.loss
      ? [
          `- ${l10n.t('Estimated loss')}: ${escapeMarkdown(plan.loss.explanation)} (${plan.loss.fromLsn ?? '?'} – ${plan.loss.toLsn ?? '?'}, ${plan.loss.sendQueueKb ?? '?'} KB, ${plan.loss.seconds ?? '?'} s)`,
        ]
      : []),
    ...(result.problem
      ? ['', `**${l10n.t('Why it did not end as planned')}**: ${problemSentence(result.problem)}`]
      : []),
    '',
    `## ${l10n.t('Steps')}`,
    '',
    `| | ${l10n.t('Step')} | ${l10n.t('Where')} | ${l10n.t('Result')} | ms |`,
    '|--|--|--|--|--:|',
    ...result.steps.map(
      (s, i) =>
        `| ${i + 1} | ${escapeMarkdown(s.title)} | ${escapeMarkdown(venueName(s.venue, plan))} | ${stepText(s)} | ${s.ms ?? ''} |`,
    ),
    ...list(l10n.t('What holds now'), result.holds),
    ...(result.twoWritableCopies
      ? ['', `**${l10n.t('Both copies accept writes now. They are independent of each other.')}**`]
      : []),
    ...list(l10n.t('What to do next'), result.next),
    ...list(l10n.t('Evidence'), result.evidence),
  ];
  return `${out.join('\n')}\n`;
}

const ends = ({ sqlServer, instance }: LinkTarget): readonly string[] => [
  sqlServer.version ? `${sqlServer.name} (${sqlServer.version})` : sqlServer.name,
  instance.fullyQualifiedDomainName,
];

/** The same for machines: plan and result as they are. */
export const reportJson = (plan: Plan, result: RunResult): string =>
  `${JSON.stringify({ version: 1, plan, result }, undefined, 2)}\n`;

/** One line that says how it ended. */
export function outcomeTitle(plan: Plan, result: RunResult): string {
  const { intent } = plan;
  const names = intent.target.databases.join(', ');
  const { from, to } = sidesOf(directionOf(plan));
  const [here, there] = [nameOf(intent, from), nameOf(intent, to)];
  const { purpose = 'failOver' } = intent;
  if (purpose !== 'failOver') return otherTitle(purpose, result, intent.target.link, there);
  switch (result.outcome) {
    case 'failedOver':
      return l10n.t('{0} was failed over to {1}', names, there);
    case 'backedOut':
      return l10n.t('{0} was not failed over: everything is as it was, {1} is primary', names, here);
    case 'failed':
      return result.passedPointOfNoReturn
        ? l10n.t('The failover of {0} to {1} stopped after the point of no return', names, there)
        : l10n.t('The failover of {0} stopped, and not everything could be put back', names);
  }
}

function otherTitle(
  purpose: 'breakLink' | 'repairSplitBrain',
  { outcome, passedPointOfNoReturn }: RunResult,
  link: string,
  keeper: string,
): string {
  const breaks = purpose === 'breakLink';
  if (outcome === 'failedOver')
    return breaks
      ? l10n.t('The link {0} was broken', link)
      : l10n.t('The link {0} has one primary again: {1}', link, keeper);
  if (outcome === 'backedOut') return l10n.t('Nothing was changed on the link {0}', link);
  return passedPointOfNoReturn
    ? l10n.t('The work on the link {0} stopped after the point of no return', link)
    : l10n.t('The work on the link {0} stopped, and not everything could be put back', link);
}

const stepText = (s: StepRecord): string =>
  [
    s.state,
    ...(s.note ? [escapeMarkdown(s.note)] : []),
    ...(s.problem ? [escapeMarkdown(problemSentence(s.problem))] : []),
  ].join(': ');
const list = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : ['', `## ${title}`, '', ...lines.map(l => `- ${escapeMarkdown(l)}`)];
const iso = (ms: number): string => new Date(ms).toISOString();
const escapeMarkdown = (text: string): string =>
  text.replaceAll(/[\\`*_{}[\]<>#|]/g, c => `\\${c}`).replaceAll(/[\r\n]+/g, ' ');
