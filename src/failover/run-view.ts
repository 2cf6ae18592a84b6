import { describeStep } from './describe.ts';
import type { RunEvent, RunResult, StepRecord, StepState, SyncProgress } from './events.ts';
import type { Plan } from './plan.ts';

/** A run as it is shown: by the wizard, the notification, the terminal and the report. Made only from events. */
export interface RunView {
  readonly plan: Plan;
  readonly phase: 'running' | 'backingOut' | 'finished';
  /** False from the point of no return on, and once backing out. */
  readonly cancellable: boolean;
  readonly steps: readonly StepRecord[];
  readonly progress: SyncProgress | undefined;
  readonly result: RunResult | undefined;
}

export const initialView = (plan: Plan): RunView => ({
  plan,
  phase: 'running',
  cancellable: true,
  progress: undefined,
  result: undefined,
  steps: plan.steps.map(step => ({
    id: step.id,
    kind: step.kind,
    venue: step.venue,
    title: describeStep(step, plan).title,
    state: 'waiting',
    startedAt: undefined,
    ms: undefined,
    problem: undefined,
    note: undefined,
  })),
});

/** The view after one more event. */
export function applyEvent(view: RunView, event: RunEvent): RunView {
  switch (event.event) {
    case 'started':
      return initialView(event.plan);
    case 'stepStarted':
      return { ...withStep(view, event.step, { state: 'running', startedAt: event.at }), progress: undefined };
    case 'progress':
      return { ...view, progress: event.progress };
    case 'stepDone':
      return endStep(view, event.step, event.at, { state: event.how, note: event.note });
    case 'stepFailed':
      return endStep(view, event.step, event.at, { state: 'failed', problem: event.problem });
    case 'pointOfNoReturn':
      return { ...view, cancellable: false };
    case 'backingOut':
      return { ...view, phase: 'backingOut', cancellable: false, progress: undefined };
    case 'undone':
      return withStep(view, event.step, { state: 'undone', note: event.note });
    case 'undoFailed':
      return withStep(view, event.step, { state: 'undoFailed', problem: event.problem });
    case 'finished':
      return {
        ...view,
        phase: 'finished',
        cancellable: false,
        progress: undefined,
        result: event.result,
        steps: event.result.steps,
      };
  }
}

function endStep(
  view: RunView,
  id: string,
  at: number,
  change: { readonly state: StepState } & Partial<StepRecord>,
): RunView {
  const started = view.steps.find(s => s.id === id)?.startedAt;
  return withStep(view, id, { ...change, ms: started === undefined ? 0 : at - started });
}

const withStep = (view: RunView, id: string, change: Partial<StepRecord>): RunView => ({
  ...view,
  steps: view.steps.map(s => (s.id === id ? { ...s, ...change } : s)),
});
