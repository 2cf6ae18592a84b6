import type { LabClock } from '../engine/contract.ts';
import { SqlError } from '../engine/contract.ts';

/**
 * Who holds which store. SQLite locks a whole database from the first write to the end of the transaction; sessions of one server wait here for each
 * other instead of polling.
 */
export class StoreLocks {
  readonly #holders = new Map<string, number>();
  readonly #waiting = new Map<number, string>();
  readonly #wakers = new Map<string, Set<() => void>>();

  holderOf(store: string): number | undefined {
    return this.#holders.get(store);
  }

  hold(store: string, session: number): void {
    this.#holders.set(store, session);
  }

  releaseAll(session: number): void {
    for (const [store, holder] of this.#holders) {
      if (holder !== session) continue;
      this.#holders.delete(store);
      const wakers = this.#wakers.get(store);
      this.#wakers.delete(store);
      for (const wake of wakers ?? []) wake();
    }
  }

  /**
   * Resolves when the store may be free. Throws 1222 when `timeout` ms have passed (-1 = never), 1205 when the holder waits for this session.
   */
  async wait(store: string, session: number, timeout: number, clock: LabClock, signal: AbortSignal): Promise<void> {
    this.#refuseDeadlock(store, session);
    if (timeout === 0) throw lockTimeout();
    this.#waiting.set(session, store);
    try {
      await this.#released(store, timeout, clock, signal);
    } finally {
      this.#waiting.delete(session);
    }
  }

  #refuseDeadlock(store: string, session: number): void {
    let holder = this.#holders.get(store);
    for (let steps = 0; holder !== undefined && steps < 100; steps++) {
      if (holder === session) {
        throw new SqlError(
          1205,
          `Transaction (Process ID ${session}) was deadlocked on lock resources with another process and has been chosen as the deadlock victim. Rerun the transaction.`,
          13,
          51,
        );
      }
      const wanted = this.#waiting.get(holder);
      holder = wanted === undefined ? undefined : this.#holders.get(wanted);
    }
  }

  #released(store: string, timeout: number, clock: LabClock, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const wakers = this.#wakers.get(store) ?? new Set();
      this.#wakers.set(store, wakers);
      let cancelTimer = (): void => undefined;
      const finish = (settle: () => void): void => {
        wakers.delete(wake);
        cancelTimer();
        signal.removeEventListener('abort', abort);
        settle();
      };
      const wake = (): void => finish(resolve);
      const abort = (): void => finish(() => reject(signal.reason));
      if (signal.aborted) return reject(signal.reason);
      wakers.add(wake);
      signal.addEventListener('abort', abort);
      if (timeout > 0) cancelTimer = clock.setTimer(timeout, () => finish(() => reject(lockTimeout())));
    });
  }
}

/** 1222. */
export const lockTimeout = (): SqlError => new SqlError(1222, 'Lock request time out period exceeded.', 16, 51);
