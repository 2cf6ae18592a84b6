import type { LabClock } from './contract.ts';

/** Resolves as `work` does, or rejects with the signal's reason as soon as it aborts: the work itself goes on, its outcome unknown to the caller. */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

/** The same clock, but all timers set through it end together: nothing of a stopped world runs on. */
export function timerScope(clock: LabClock): { readonly clock: LabClock; stop(): void } {
  const pending = new Set<() => void>();
  let stopped = false;
  const setTimer = (ms: number, run: () => void) => {
    if (stopped) return () => undefined;
    const cancel = clock.setTimer(ms, () => {
      pending.delete(cancel);
      run();
    });
    pending.add(cancel);
    return () => {
      pending.delete(cancel);
      cancel();
    };
  };
  return {
    clock: {
      now: () => clock.now(),
      setTimer,
      sleep: (ms, signal) =>
        new Promise((resolve, reject) => {
          if (signal?.aborted) return reject(signal.reason);
          const abort = () => {
            cancel();
            reject(signal?.reason);
          };
          const cancel = setTimer(ms, () => {
            signal?.removeEventListener('abort', abort);
            resolve();
          });
          signal?.addEventListener('abort', abort, { once: true });
        }),
    },
    stop() {
      stopped = true;
      for (const cancel of [...pending]) cancel();
      pending.clear();
    },
  };
}
