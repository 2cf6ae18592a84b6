import { createClock } from '@sinonjs/fake-timers';
import type { LabClock } from './engine/contract.ts';

/** The machine's own time. */
export function realClock(): LabClock {
  return clockOf(
    () => Date.now(),
    (ms, run) => {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
  );
}

/** Time that stands still until it is advanced. */
export interface VirtualClock extends LabClock {
  /** Runs every timer due within `ms`, in order; what each one starts (promises, further timers) has settled before the next. */
  advance(ms: number): Promise<void>;
  /** Advances as far as `work` needs to settle. Throws when it waits for something that no timer will bring. */
  finish<T>(work: Promise<T>): Promise<T>;
}

/** A clock for tests. `start` is a Unix time in ms. */
export function virtualClock(start: number): VirtualClock {
  const clock = createClock(start);
  /** Due time of each pending timer: fake-timers does not tell when its next one is due. */
  const due = new Map<object, number>();
  const base = clockOf(
    () => clock.now,
    (ms, run) => {
      const key = {};
      const forget = () => due.delete(key);
      const timer = clock.setTimeout(() => {
        forget();
        run();
      }, ms);
      due.set(key, clock.now + Math.round(ms));
      return () => {
        forget();
        clock.clearTimeout(timer);
      };
    },
  );
  const nextDue = () => Math.min(...due.values());

  return {
    ...base,
    async advance(ms) {
      const until = clock.now + ms;
      await settled();
      while (nextDue() <= until) {
        clock.next();
        await settled();
      }
      clock.tick(until - clock.now);
    },
    async finish(work) {
      let pending = true;
      const noted = work.finally(() => {
        pending = false;
      });
      noted.catch(() => undefined);
      await settled();
      while (pending) {
        if (due.size === 0) throw new Error('Nothing is left to happen, but the work has not finished.');
        clock.next();
        await settled();
      }
      return noted;
    },
  };
}

/** Resolves when all promise reactions that are ready have run. */
const settled = () => new Promise<void>(resolve => setImmediate(resolve));

/** The timers of a clock, whole milliseconds, and sleep made of them. */
function clockOf(now: () => number, setTimer: (ms: number, run: () => void) => () => void): LabClock {
  const whole = (ms: number) => Math.max(0, Math.ceil(ms));
  return {
    now,
    setTimer: (ms, run) => setTimer(whole(ms), run),
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const stop = () => {
          cancel();
          reject(signal?.reason);
        };
        const cancel = setTimer(whole(ms), () => {
          signal?.removeEventListener('abort', stop);
          resolve();
        });
        signal?.addEventListener('abort', stop, { once: true });
      }),
  };
}
