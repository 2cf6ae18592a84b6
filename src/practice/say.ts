import { describeStep, venueName } from '../failover/describe.ts';
import type { RunEvent } from '../failover/events.ts';
import type { Plan } from '../failover/plan.ts';
import { outcomeTitle } from '../failover/report.ts';
import { problemSentence } from '../link/problem-text.ts';
import type { PracticeOutcome } from './practise.ts';

type Out = NodeJS.WritableStream;

const PROGRESS_EVERY_MS = 1_000;

/** Prints the steps as they happen, one line each. */
export function narrate(out: Out): (event: RunEvent) => void {
  let plan: Plan | undefined;
  let saidAt = 0;
  const startedAt = new Map<string, number>();
  const title = (id: string) => {
    const step = plan?.steps.find(s => s.id === id);
    return step && plan ? `${describeStep(step, plan).title} [${venueName(step.venue, plan)}]` : id;
  };
  const line = (text: string) => out.write(`${text}\n`);
  return event => {
    switch (event.event) {
      case 'started':
        plan = event.plan;
        line(
          `PRACTICE: ${plan.intent.kind} failover of ${plan.intent.target.databases.join(', ')} to ${plan.intent.target.instance.name}`,
        );
        if (plan.loss) line(`  ${plan.loss.explanation}`);
        return;
      case 'stepStarted':
        startedAt.set(event.step, event.at);
        return;
      case 'progress': {
        if (event.at - saidAt < PROGRESS_EVERY_MS || event.progress.waitingFor === '') return;
        saidAt = event.at;
        line(`    waiting for ${event.progress.waitingFor}; send queue ${event.progress.sendQueueKb ?? '?'} KB`);
        return;
      }
      case 'stepDone':
        line(
          `  ✓ ${title(event.step)}  ${event.at - (startedAt.get(event.step) ?? event.at)} ms${event.note ? `  (${event.note})` : ''}`,
        );
        return;
      case 'stepFailed':
        line(`  ✗ ${title(event.step)}: ${problemSentence(event.problem)}`);
        return;
      case 'pointOfNoReturn':
        line('  — point of no return —');
        return;
      case 'backingOut':
        line(`  Putting everything back: ${event.cause.message}`);
        return;
      case 'undone':
        line(`  ↩ ${title(event.step)}`);
        return;
      case 'undoFailed':
        line(`  ✗ could not put back: ${title(event.step)}: ${problemSentence(event.problem)}`);
        return;
      case 'finished':
        return;
    }
  };
}

/** The outcome in a few lines. */
export function sayOutcome(
  out: Out,
  { plan, result, acknowledged, present, missing, countedOn, outageMs }: PracticeOutcome,
): void {
  const lines = [
    '',
    outcomeTitle(plan, result),
    ...result.holds.map(h => `  ${h}`),
    ...(result.twoWritableCopies ? ['  Both copies accept writes now; they are independent of each other.'] : []),
    `  rows acknowledged ${acknowledged}, present on ${countedOn === 'managedInstance' ? 'the instance' : 'SQL Server'} ${present}, missing ${missing}`,
    ...(outageMs === undefined ? [] : [`  last row accepted on the old primary to first on the new: ${outageMs} ms`]),
  ];
  out.write(`${lines.join('\n')}\n`);
}

/** The outcome for machines. */
export function jsonOf({ result, acknowledged, present, missing, countedOn, outageMs }: PracticeOutcome): object {
  return {
    outcome: result.outcome,
    kind: result.kind,
    acknowledged,
    present,
    missing,
    countedOn,
    outageMs: outageMs ?? null,
    passedPointOfNoReturn: result.passedPointOfNoReturn,
    steps: result.steps.map(s => ({
      id: s.id,
      kind: s.kind,
      side: s.venue,
      state: s.state,
      ms: s.ms ?? null,
      ...(s.problem ? { problem: s.problem } : {}),
      ...(s.note ? { note: s.note } : {}),
    })),
    problem: result.problem ?? null,
    holds: result.holds,
    next: result.next,
    evidence: result.evidence,
    twoWritableCopies: result.twoWritableCopies,
  };
}
