import * as l10n from '@vscode/l10n';
import type { RunResult, StepRecord } from '../../../failover/events.ts';
import type { LossEstimate, Plan } from '../../../failover/plan.ts';
import { outcomeTitle } from '../../../failover/report.ts';
import type { Notice, PageViewOf } from '../../messages.ts';
import type { Model, Run } from '../model.ts';
import { stepLine } from './executing.ts';
import { duration, lsnDigits, problemNotice, seconds, size } from './format.ts';

type ResultsView = PageViewOf<'results'>;

export function resultsView({ run, now, savedAs, scriptProblem }: Model): ResultsView {
  if (!run?.view.result) return broken(run, now);
  const { plan, view } = run;
  const result = view.result as RunResult;
  const { target } = plan.intent;
  const onInstance = result.outcome === 'failedOver' || result.passedPointOfNoReturn;
  return {
    page: 'results',
    headline: headline(plan, result),
    scriptProblem: scriptProblem && problemNotice(scriptProblem),
    loss: onInstance && plan.loss ? loss(plan, plan.loss) : undefined,
    actions: actions(result.steps, plan, now),
    lists: [
      { title: l10n.t('What holds now'), items: [...result.holds], ordered: false },
      { title: l10n.t('What to do next'), items: [...result.next], ordered: true },
    ].filter(list => list.items.length > 0),
    copies: result.twoWritableCopies
      ? {
          tone: 'warning',
          title: l10n.t('Two writable copies'),
          detail: l10n.t(
            '{0} accepts writes on {1} and on {2}. They are independent: what is written to one never reaches the other.',
            target.databases.join(', '),
            target.sqlServer.name,
            target.instance.name,
          ),
        }
      : undefined,
    connection: onInstance
      ? {
          title: l10n.t('Server name for connection strings'),
          server: target.instance.fullyQualifiedDomainName,
          copy: l10n.t('Copy'),
          hint: l10n.t('Use it in place of {0}; the database name stays the same.', target.sqlServer.name),
        }
      : undefined,
    evidence: result.evidence.length > 0 ? { title: l10n.t('Evidence'), items: [...result.evidence] } : undefined,
    save: l10n.t('Save report…'),
    saved: savedAs === undefined ? undefined : l10n.t('Saved: {0}', savedAs),
  };
}

const actions = (steps: readonly StepRecord[], plan: Plan, now: number): ResultsView['actions'] => ({
  title: l10n.t('Actions'),
  steps: steps.map(step => stepLine(step, plan, now)),
});

function headline(plan: Plan, result: RunResult): Notice {
  const title = outcomeTitle(plan, result);
  const total = l10n.t('It took {0}.', duration(result.finishedAt - result.startedAt));
  const why = result.problem && result.problem.reason !== 'cancelled' ? problemNotice(result.problem) : undefined;
  const reason = { source: why?.source, serverText: why?.serverText, advice: why?.advice };
  switch (result.outcome) {
    case 'failedOver': {
      const outage =
        result.observedOutageMs === undefined
          ? ''
          : ` ${l10n.t('From proven equality to a writable instance: {0}.', duration(result.observedOutageMs))}`;
      return { tone: 'success', title, detail: total + outage };
    }
    case 'backedOut':
      return {
        tone: 'info',
        title,
        detail:
          result.problem?.reason === 'cancelled' ? l10n.t('You cancelled before the point of no return.') : why?.title,
        ...reason,
      };
    case 'failed':
      return { tone: 'error', title, detail: why?.title, ...reason };
  }
}

/** Never told as less than it may be: the figures are of the last look before the failover, and what was written after it comes on top. */
function loss({ intent: { target } }: Plan, estimate: LossEstimate): Notice {
  if (estimate.provenZero)
    return {
      tone: 'info',
      title: l10n.t('Right before the failover nothing was missing'),
      detail: estimate.explanation,
    };
  return {
    tone: 'warning',
    title: l10n.t('What may be lost'),
    detail: l10n.t(
      'Log from {0} to {1} (not yet sent: {2}, behind: {3}) as seen right before the failover, and what was written after that look.',
      lsnDigits(estimate.fromLsn),
      lsnDigits(estimate.toLsn),
      size(estimate.sendQueueKb),
      seconds(estimate.seconds),
    ),
    advice: l10n.t(
      'It is in the copy on {0} only. Keep that copy until you have taken over from it what is needed.',
      target.sqlServer.name,
    ),
  };
}

/** A run that broke without a result: what was seen up to then is all that can be told. */
function broken(run: Run | undefined, now: number): ResultsView {
  return {
    page: 'results',
    headline: {
      tone: 'error',
      title: l10n.t('The failover broke off'),
      detail: run?.broke?.message,
      advice: l10n.t('Look at both databases and the log before you do anything else.'),
    },
    actions: run ? actions(run.view.steps, run.plan, now) : { title: '', steps: [] },
    lists: [],
  };
}
