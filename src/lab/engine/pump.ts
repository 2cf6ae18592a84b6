import type { LabClock } from './contract.ts';

/**
 * Works through a queue at a rate: the send thread and the redo thread. Event-driven: one timer for the head of the queue; what is ready within half
 * a millisecond is done at once, so that a fast pump needs no timer at all.
 */
export class Pump<Item extends { readonly bytes: number }> {
  readonly #clock: LabClock;
  readonly #finish: (item: Item) => boolean;
  readonly #finished: () => void;
  #rate: number;
  #queue: Item[] = [];
  #queuedBytes = 0;
  /** When work on the head (or on what is left of it) began. */
  #since = 0;
  #left = 0;
  #paused = false;
  #working = false;
  #cancelTimer: (() => void) | undefined;

  /** `finish` gets each item when its bytes are through; false = cannot now, try again shortly. `finished` is told when it has left the queue. Rate in KB/s. */
  constructor(
    clock: LabClock,
    kbPerSecond: number,
    finish: (item: Item) => boolean,
    finished: () => void = () => undefined,
  ) {
    this.#clock = clock;
    this.#rate = kbPerSecond;
    this.#finish = finish;
    this.#finished = finished;
  }

  get empty(): boolean {
    return this.#queue.length === 0;
  }

  /** KB still to go, rounded up. */
  get queuedKb(): number {
    return Math.ceil(Math.max(0, this.#queuedBytes - this.#done()) / 1024);
  }

  push(item: Item): void {
    if (this.empty) this.#begin(item, this.#clock.now());
    this.#queue.push(item);
    this.#queuedBytes += item.bytes;
    this.#work();
  }

  setRate(kbPerSecond: number): void {
    this.#settle();
    this.#rate = kbPerSecond;
    this.#work();
  }

  pause(): void {
    this.#settle();
    this.#paused = true;
    this.#cancel();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#since = this.#clock.now();
    this.#work();
  }

  /** Does all the rest at once, as recovery does. Returns false when an item cannot be finished now. */
  flush(): boolean {
    this.#cancel();
    for (let item = this.#queue[0]; item; item = this.#queue[0]) {
      if (!this.#finish(item)) return false;
      this.#drop(this.#clock.now());
    }
    return true;
  }

  clear(): void {
    this.#cancel();
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#left = 0;
  }

  #begin(item: Item, since: number): void {
    this.#since = since;
    this.#left = item.bytes;
  }

  /** Bytes of the head done since `#since`. */
  #done(): number {
    if (this.#paused || this.empty) return 0;
    return Math.min(this.#left, ((this.#clock.now() - this.#since) * this.#rate * 1024) / 1000);
  }

  #settle(): void {
    const done = this.#done();
    this.#left -= done;
    this.#queuedBytes -= done;
    this.#since = this.#clock.now();
  }

  #drop(finishedAt: number): void {
    this.#queuedBytes -= this.#left;
    this.#queue.shift();
    const head = this.#queue[0];
    if (head) this.#begin(head, finishedAt);
    else this.#queuedBytes = 0;
    this.#finished();
  }

  #work(): void {
    if (this.#working || this.#paused) return;
    this.#cancel();
    this.#working = true;
    try {
      for (let item = this.#queue[0]; item; item = this.#queue[0]) {
        // What was done before the pump was stalled (rate 0) is finished all the same: 0 bytes at rate 0 take no time.
        const finishedAt = this.#since + (this.#left === 0 ? 0 : (this.#left * 1000) / (this.#rate * 1024));
        const wait = finishedAt - this.#clock.now();
        if (wait > 0.5) {
          if (Number.isFinite(wait)) this.#later(wait);
          return;
        }
        if (!this.#finish(item)) {
          this.#later(5);
          return;
        }
        if (this.#queue[0] !== item) continue;
        this.#drop(finishedAt);
        if (this.#paused) return;
      }
    } finally {
      this.#working = false;
    }
  }

  #later(ms: number): void {
    this.#cancelTimer = this.#clock.setTimer(ms, () => {
      this.#cancelTimer = undefined;
      this.#work();
    });
  }

  #cancel(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }
}
