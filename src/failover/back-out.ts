import * as l10n from '@vscode/l10n';
import { deadline } from '../link/clock.ts';
import type { Observation } from '../link/observation.ts';
import { LinkError, problemOf } from '../link/problem.ts';
import type { RunEvent } from './events.ts';
import type { Plan, Step } from './plan.ts';
import type { Work } from './steps/handler.ts';
import { bind } from './steps/index.ts';

/** A fresh deadline: one that has expired must not leave a half back-out (ms, each step). */
const UNDO_DEADLINE_MS = 60_000;
const UNDO_TRIES = 5;
const UNDO_PAUSE_MS = 1_000;

/**
 * Puts back, in reverse order, what the started steps changed. Each step is looked at first, sent, and looked at again; an unknown outcome is observed.
 * Never throws; returns whether everything is as it was.
 */
export async function backOut(
  started: readonly Step[],
  plan: Plan,
  work: Omit<Work, 'signal'>,
  tell: (event: RunEvent) => Promise<void>,
): Promise<boolean> {
  let complete = true;
  for (const step of [...started].reverse()) {
    const bound = bind(step, plan);
    if (!bound.undo) continue;
    const limit = deadline(work.clock, UNDO_DEADLINE_MS, new AbortController().signal);
    try {
      const note = await undoStep(bound, { ...work, signal: limit.signal });
      await tell({ event: 'undone', at: work.clock.now(), step: step.id, note });
    } catch (error) {
      complete = false;
      await tell({ event: 'undoFailed', at: work.clock.now(), step: step.id, problem: problemOf(error, step.venue) });
    } finally {
      limit.cancel();
    }
  }
  return complete;
}

async function undoStep(bound: ReturnType<typeof bind>, work: Work): Promise<string | undefined> {
  let last: unknown;
  for (let attempt = 0; attempt < UNDO_TRIES; attempt++) {
    if (attempt > 0) await work.clock.sleep(UNDO_PAUSE_MS, work.signal);
    const before = await tryObserve(work);
    if (before && bound.isUndone(before)) return attempt === 0 ? l10n.t('was as before') : undefined;
    try {
      for (const change of bound.undo?.() ?? []) {
        const sent = await work.send(change);
        if (sent.state === 'running') await work.sides.azure?.follow(sent.operation, work.signal);
      }
      if (!bound.undoCanBeSeen) return undefined;
    } catch (error) {
      last = error;
    }
  }
  const after = await tryObserve(work);
  if (after && bound.isUndone(after)) return undefined;
  throw (
    last ??
    new LinkError({
      reason: 'changed',
      venue: bound.step.venue,
      message: l10n.t('It was put back, but the server still shows another state.'),
    })
  );
}

async function tryObserve(work: Work): Promise<Observation | undefined> {
  try {
    return await work.observe();
  } catch {
    return undefined;
  }
}
