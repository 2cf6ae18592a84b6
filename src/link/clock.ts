import { setTimeout as delay } from 'node:timers/promises';

/** Time as an argument, so that tests never wait. Times in ms. */
export interface Clock {
  /** Unix time, ms. */
  now(): number;
  /** Rejects with the signal's reason as soon as it aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  async sleep(ms, signal) {
    try {
      await delay(ms, undefined, { signal });
    } catch {
      signal.throwIfAborted();
    }
  },
};

/** Aborts with TimeoutError after `ms` of this clock, or when `signal` does; call `cancel` when it is no longer needed. */
export function deadline(
  clock: Clock,
  ms: number,
  signal: AbortSignal,
): { readonly signal: AbortSignal; cancel(): void } {
  const expired = new AbortController();
  const cancelled = new AbortController();
  void clock.sleep(ms, AbortSignal.any([cancelled.signal, signal])).then(
    () => expired.abort(new DOMException(`Not finished within ${ms} ms`, 'TimeoutError')),
    () => undefined,
  );
  return { signal: AbortSignal.any([expired.signal, signal]), cancel: () => cancelled.abort() };
}
