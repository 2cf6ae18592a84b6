import * as l10n from '@vscode/l10n';
import { settle } from '../../../failover/choices.ts';
import { describeStep, venueName } from '../../../failover/describe.ts';
import type { Plan } from '../../../failover/plan.ts';
import type { Notice, PageViewOf } from '../../messages.ts';
import type { Model } from '../model.ts';
import { problemNotice } from './format.ts';

type SummaryView = PageViewOf<'summary'>;

export function summaryView({ summary, scriptProblem }: Model): SummaryView {
  const plan = summary.state === 'ready' || summary.state === 'looking' ? summary.plan : undefined;
  return {
    page: 'summary',
    lead: l10n.t('These steps run, in this order, when you press Finish. Nothing has been changed so far.'),
    busy: summary.state === 'looking' ? l10n.t('Looking at both sides again…') : undefined,
    notices: [...(scriptProblem ? [problemNotice(scriptProblem)] : []), ...notices(summary)],
    retry: summary.state === 'refused' ? l10n.t('Look again') : undefined,
    steps: plan ? plan.steps.map(step => ({ ...describeStep(step, plan), venue: venueName(step.venue, plan) })) : [],
    pointOfNoReturn: plan && pointOfNoReturn(plan),
    lists: plan ? [undoable(plan), expectations(plan)] : [],
  };
}

/** The line stands before the step that cannot be taken back. */
export function pointOfNoReturn(plan: Plan): { before: number; label: string } {
  return { before: plan.steps.findIndex(s => s.pointOfNoReturn), label: l10n.t('Point of no return') };
}

function notices(summary: Model['summary']): Notice[] {
  if (summary.state === 'refused') return [problemNotice(summary.problem)];
  if (summary.state !== 'ready' || summary.changes.length === 0) return [];
  return [
    {
      tone: 'warning',
      title: l10n.t('Something changed since you last looked, so the steps were made anew'),
      detail: summary.changes.join(' · '),
      advice: l10n.t('Read them again before you press Finish.'),
    },
  ];
}

const keepsTheLink = (intent: Plan['intent']): boolean => settle(intent.kind, intent).keepsLink;

function undoable({ intent }: Plan): SummaryView['lists'][number] {
  const { target, cleanUp } = intent;
  return {
    title: l10n.t('What cannot be undone'),
    items: [
      keepsTheLink(intent)
        ? l10n.t(
            'After the point of no return {0} is the primary: the way back is another failover, in the other direction.',
            target.instance.name,
          )
        : l10n.t('After the point of no return the link is gone: a way back means setting up and seeding a new link.'),
      ...(intent.kind === 'forced'
        ? [
            l10n.t(
              'What {0} committed and {1} had not hardened stays in the copy on {0} only.',
              target.sqlServer.name,
              target.instance.name,
            ),
          ]
        : []),
      ...(cleanUp.dropAvailabilityGroup
        ? [l10n.t('The availability group {0} is dropped; its databases stay.', target.availabilityGroup)]
        : []),
    ],
  };
}

function expectations({ intent }: Plan): SummaryView['lists'][number] {
  const { target, cleanUp } = intent;
  const databases = target.databases.join(', ');
  const kept = [
    ...(cleanUp.dropDistributedAvailabilityGroup ? [] : [target.link]),
    ...(cleanUp.dropAvailabilityGroup ? [] : [target.availabilityGroup]),
  ];
  if (keepsTheLink(intent)) return expectationsWhenKept(intent);
  const before =
    intent.kind === 'planned'
      ? l10n.t(
          'Nothing is lost: the link is cut only when both sides are proven equal. If they are not within {0} s, or you cancel, everything is put back.',
          intent.catchUpBudgetSeconds,
        )
      : l10n.t('{0} takes over at once with what it has hardened.', target.instance.name);
  return {
    title: l10n.t('What to expect'),
    items: [
      before,
      l10n.t(
        '{0} is then writable on {1} and on {2}, independently of each other.',
        databases,
        target.sqlServer.name,
        target.instance.name,
      ),
      l10n.t(
        'Applications go on using {0} until they are pointed to {1}.',
        target.sqlServer.name,
        target.instance.fullyQualifiedDomainName,
      ),
      ...(kept.length > 0 ? [l10n.t('Kept on {0}: {1}.', target.sqlServer.name, kept.join(', '))] : []),
    ],
  };
}

function expectationsWhenKept({ target, catchUpBudgetSeconds }: Plan['intent']): SummaryView['lists'][number] {
  const databases = target.databases.join(', ');
  const { sqlServer, instance } = target;
  return {
    title: l10n.t('What to expect'),
    items: [
      l10n.t(
        'Nothing is lost: the roles are reversed only when both sides are equal. If they are not within {0} s, or you cancel, everything is put back.',
        catchUpBudgetSeconds,
      ),
      l10n.t(
        '{0} is then writable on {1}. The copy on {2} follows it and accepts no writes.',
        databases,
        instance.name,
        sqlServer.name,
      ),
      l10n.t(
        'Point the applications to {0}: {1} refuses their writes.',
        instance.fullyQualifiedDomainName,
        sqlServer.name,
      ),
      l10n.t('The link {0} and its groups are kept on {1}.', target.link, sqlServer.name),
    ],
  };
}
