import { deadline } from '../../link/clock.ts';
import type { Observation } from '../../link/observation.ts';
import { problemOf } from '../../link/problem.ts';
import type { Change } from '../statements.ts';
import type { Sent, Work } from './handler.ts';

/** How long an unanswered request is watched for its effect before its outcome is called unknown (ms). */
const UNKNOWN_WATCH_MS = 60_000;
const WATCH_POLL_MS = 1_000;
/** Polls for the effect of an accepted request (ms); Azure alone cannot be asked that often. */
const EFFECT_POLL_MS = 100;

/** Sends a change once. When the answer is lost its effect is watched for; it is never sent again. */
export async function sendOrObserve(
  work: Work,
  changes: readonly Change[],
  happened: (o: Observation) => boolean,
): Promise<Sent> {
  const [change] = changes;
  if (!change) throw new RangeError('A step without a change was to be sent');
  try {
    return await work.send(change);
  } catch (error) {
    if (problemOf(error).reason !== 'unknownOutcome') throw error;
    const limit = deadline(work.clock, UNKNOWN_WATCH_MS, work.signal);
    try {
      while (!happened(await work.observe())) await work.clock.sleep(WATCH_POLL_MS, limit.signal);
      return { state: 'done' };
    } catch {
      throw error;
    } finally {
      limit.cancel();
    }
  }
}

/** Sends changes in order and waits for Azure to finish each. */
export async function sendAndFollow(work: Work, changes: readonly Change[]): Promise<void> {
  for (const change of changes) {
    const sent = await work.send(change);
    if (sent.state === 'running') await work.sides.azure?.follow(sent.operation, work.signal);
  }
}

/**
 * Waits until Azure's operation has ended or its effect is seen, whichever is first. Throws LinkError when Azure says that it failed and no effect is seen:
 * then nothing has happened, and what was prepared can still be put back. An operation that Azure loses track of is watched for its effect.
 */
export async function followOrSee(work: Work, operation: string, happened: (o: Observation) => boolean): Promise<void> {
  const { azure } = work.sides;
  if (!azure) return;
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, work.signal]);
  const ended: { succeeded?: true; failure?: unknown } = {};
  let watchedUntil = Number.POSITIVE_INFINITY;
  const followed = azure.follow(operation, signal).then(
    () => {
      ended.succeeded = true;
    },
    (error: unknown) => {
      ended.failure = error;
    },
  );
  try {
    for (;;) {
      // Asked before the look: an operation that ended meanwhile has its effect in the look.
      const { succeeded, failure } = ended;
      if (happened(await work.observe('ifInstanceUnseen')) || succeeded) return;
      if (failure === undefined) {
        const pollMs = work.sides.instance ? EFFECT_POLL_MS : WATCH_POLL_MS;
        await Promise.race([followed, work.clock.sleep(pollMs, signal)]);
        continue;
      }
      if (problemOf(failure).reason !== 'unknownOutcome') throw failure;
      watchedUntil = Math.min(watchedUntil, work.clock.now() + UNKNOWN_WATCH_MS);
      if (work.clock.now() >= watchedUntil) throw failure;
      await work.clock.sleep(WATCH_POLL_MS, signal);
    }
  } finally {
    stop.abort();
  }
}
