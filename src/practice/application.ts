import { setTimeout as delay } from 'node:timers/promises';
import type { NumberedRows } from '../sql/numbered-rows.ts';

/**
 * The practice application: writers that insert numbered rows and remember which were acknowledged, as a business would. Told to stop, it finishes what is
 * on its way; told to move, it tries the new server until a row is accepted there.
 */
export interface Application {
  readonly acknowledged: ReadonlySet<number>;
  /** Unix ms of the last acknowledgement; undefined before the first. */
  readonly lastAcknowledgedAt: number | undefined;
  /** Resolves when no insert is on its way any more and it has disconnected. */
  stop(): Promise<void>;
}

/** Starts `writers` writers, each about `perSecond` rows a second. A row whose answer is an error or is lost does not count as acknowledged. */
export function startApplication(rows: NumberedRows, firstId: number, writers: number, perSecond: number): Application {
  const acknowledged = new Set<number>();
  const stopping = new AbortController();
  let nextId = firstId;
  let lastAcknowledgedAt: number | undefined;
  const write = async (writer: number) => {
    while (!stopping.signal.aborted) {
      const id = nextId++;
      try {
        await rows.insert(id, writer);
        acknowledged.add(id);
        lastAcknowledgedAt = Date.now();
      } catch {
        // Not acknowledged: the application would try again with its next order.
      }
      await delay(1000 / perSecond, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  };
  const running = Array.from({ length: writers }, (_, i) => write(i + 1));
  return {
    acknowledged,
    get lastAcknowledgedAt() {
      return lastAcknowledgedAt;
    },
    async stop() {
      stopping.abort();
      await Promise.all(running);
      await rows.close();
    },
  };
}

/** Tries to write on the new primary until it is accepted; resolves with that time (Unix ms), or undefined when `signal` aborts first. */
export async function firstAcceptedWrite(
  rows: NumberedRows,
  id: number,
  signal: AbortSignal,
): Promise<number | undefined> {
  while (!signal.aborted) {
    try {
      await rows.insert(id, 0);
      return Date.now();
    } catch {
      await delay(20, undefined, { signal }).catch(() => undefined);
    }
  }
  return undefined;
}
