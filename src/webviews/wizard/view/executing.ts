import * as l10n from '@vscode/l10n';
import { venueName } from '../../../failover/describe.ts';
import type { StepRecord, SyncProgress } from '../../../failover/events.ts';
import type { Plan } from '../../../failover/plan.ts';
import type { PageViewOf, StepLine, StepMark, WizardView } from '../../messages.ts';
import type { Model, Run } from '../model.ts';
import { duration, lsnDigits, problemNotice, seconds, size, syncState } from './format.ts';
import { pointOfNoReturn } from './summary.ts';

type ExecutingView = PageViewOf<'executing'>;

export function executingView({ run, now }: Model): ExecutingView {
  if (!run) return { page: 'executing', lead: '', steps: [] };
  const { plan, view } = run;
  return {
    page: 'executing',
    lead:
      view.phase === 'backingOut'
        ? l10n.t('Putting things back as they were.')
        : l10n.t('Failing over {0} to {1}.', plan.intent.target.databases.join(', '), plan.intent.target.instance.name),
    steps: view.steps.map(step => stepLine(step, plan, now)),
    pointOfNoReturn: { ...pointOfNoReturn(plan), passed: passed(run) },
    live: view.progress && live(view.progress),
  };
}

/** Neither cancellable nor backing out: the run has gone beyond. */
const passed = ({ view }: Run): boolean => view.phase === 'running' && !view.cancellable;

/** Cancel while it is possible; afterwards it is said why not. */
export function executingFooter({ run }: Model): WizardView['footer'] {
  if (!run) return {};
  const label = l10n.t('Cancel failover');
  if (run.view.phase === 'backingOut') return { hint: l10n.t('Putting things back. Please wait.') };
  if (passed(run))
    return {
      hint: l10n.t(
        'The point of no return is passed: the failover goes on to its end and cannot be cancelled any more.',
      ),
    };
  if (run.cancelRequested) return { cancelRun: { label, enabled: false }, hint: l10n.t('Cancelling…') };
  return {
    cancelRun: { label, enabled: true },
    hint: l10n.t('Until the point of no return you can cancel; everything is then put back as it was.'),
  };
}

function live(progress: SyncProgress): NonNullable<ExecutingView['live']> {
  const readBy = progress.instanceReadBy === 'azure' ? ` ${l10n.t('(from Azure)')}` : '';
  return {
    title: l10n.t('Right now'),
    waitingFor: l10n.t('Waiting for {0}', progress.waitingFor),
    facts: [
      { label: l10n.t('State'), value: syncState(progress.syncState) },
      { label: l10n.t('Lag'), value: seconds(progress.lagSeconds) },
      { label: l10n.t('Hardened on SQL Server'), value: lsnDigits(progress.sqlServerHardenedLsn) },
      { label: l10n.t('Hardened on the instance'), value: `${lsnDigits(progress.instanceHardenedLsn)}${readBy}` },
      { label: l10n.t('Send queue'), value: size(progress.sendQueueKb) },
      { label: l10n.t('Redo queue'), value: size(progress.redoQueueKb) },
      { label: l10n.t('Writers'), value: String(progress.writers) },
    ],
  };
}

/** One step as it stands. `now`: for how long it has been running, Unix ms. */
export function stepLine(step: StepRecord, plan: Plan, now: number): StepLine {
  const { mark, stateText } = stepState(step);
  const ms = step.ms ?? (step.state === 'running' && step.startedAt !== undefined ? now - step.startedAt : undefined);
  return {
    id: step.id,
    title: step.title,
    venue: venueName(step.venue, plan),
    mark,
    stateText,
    duration: ms === undefined || mark === 'notRun' ? undefined : duration(ms),
    note: step.note,
    problem: step.problem && step.problem.reason !== 'cancelled' ? problemNotice(step.problem) : undefined,
  };
}

function stepState(step: StepRecord): { readonly mark: StepMark; readonly stateText: string } {
  switch (step.state) {
    case 'waiting':
      return { mark: 'waiting', stateText: l10n.t('Waiting') };
    case 'running':
      return { mark: 'running', stateText: l10n.t('Running') };
    case 'done':
      return { mark: 'done', stateText: l10n.t('Done') };
    case 'alreadyDone':
      return { mark: 'done', stateText: l10n.t('Was already so') };
    case 'tolerated':
      return { mark: 'tolerated', stateText: l10n.t('Not needed') };
    case 'failed':
      return step.problem?.reason === 'cancelled'
        ? { mark: 'notRun', stateText: l10n.t('Cancelled') }
        : { mark: 'failed', stateText: l10n.t('Failed') };
    case 'undone':
      return { mark: 'undone', stateText: l10n.t('Put back') };
    case 'undoFailed':
      return { mark: 'failed', stateText: l10n.t('Could not be put back') };
    case 'notRun':
      return { mark: 'notRun', stateText: l10n.t('Not run') };
  }
}
