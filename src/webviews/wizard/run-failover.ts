import * as l10n from '@vscode/l10n';
import type { RunEvent } from '../../failover/events.ts';
import type { Plan } from '../../failover/plan.ts';
import { applyEvent, initialView } from '../../failover/run-view.ts';
import { problemOf } from '../../link/problem.ts';
import { sidesOf } from './facts.ts';
import type { Store } from './model.ts';
import type { WizardPorts } from './ports.ts';

/** How often durations on the screen move on (ms). */
const TICK_MS = 500;

/** Runs the plan and shows it, event by event. `signal` cancels while that is possible. Ends on the Results page. */
export async function runFailover(store: Store, ports: WizardPorts, plan: Plan, signal: AbortSignal): Promise<void> {
  store.change({
    page: 'executing',
    now: ports.clock.now(),
    run: { plan, view: initialView(plan), cancelRequested: false, broke: undefined },
  });
  const ended = new AbortController();
  ports.onRunActivity(true);
  void tick(store, ports, ended.signal);
  try {
    const report = (event: RunEvent) => follow(store, ports, event);
    await ports.runPlan(plan, sidesOf(store.model), {
      clock: ports.clock,
      signal,
      journal: ports.journalFor(plan.id),
      report,
    });
  } catch (error) {
    const { run } = store.model;
    if (run) store.change({ run: { ...run, broke: problemOf(error) } });
  } finally {
    ended.abort();
    ports.onRunActivity(false);
    ports.refreshTree();
    store.change({ page: 'results', now: ports.clock.now() });
  }
}

function follow(store: Store, ports: WizardPorts, event: RunEvent): void {
  const { run } = store.model;
  if (!run) return;
  const view = applyEvent(run.view, event);
  store.change({ now: ports.clock.now(), run: { ...run, view } });
  const step = 'step' in event ? view.steps.find(s => s.id === event.step)?.title : undefined;
  const said = spoken(event, step ?? '');
  if (!said) return;
  store.announce(said);
  ports.log.info(`${run.plan.intent.target.databases.join(', ')}: ${said}`);
}

/** Each step once: when it begins and when it ends. Progress is shown, not read out. */
function spoken(event: RunEvent, step: string): string | undefined {
  switch (event.event) {
    case 'stepStarted':
      return l10n.t('Started: {0}', step);
    case 'stepDone':
      return l10n.t('Done: {0}', step);
    case 'stepFailed':
      return l10n.t('Failed: {0}. {1}', step, event.problem.message);
    case 'pointOfNoReturn':
      return l10n.t('Point of no return');
    case 'backingOut':
      return l10n.t('Putting things back');
    case 'undone':
      return l10n.t('Put back: {0}', step);
    case 'undoFailed':
      return l10n.t('Could not be put back: {0}. {1}', step, event.problem.message);
    case 'started':
    case 'progress':
    case 'finished':
      return undefined;
  }
}

async function tick(store: Store, ports: WizardPorts, signal: AbortSignal): Promise<void> {
  try {
    for (;;) {
      await ports.clock.sleep(TICK_MS, signal);
      store.change({ now: ports.clock.now() });
    }
  } catch {
    // The run has ended.
  }
}
