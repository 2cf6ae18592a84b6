import type { LabClock, LabSide } from './contract.ts';

/** How fast things go between and on the two instances; the knobs change it while the world runs. */
export interface Conditions {
  sendRateKbPerSecond: number;
  redoRateKbPerSecond: number;
  roundTripMs: number;
  /** From the start of a role change (or a cut) to the database being writable on its new side. */
  roleChangeMs: number;
}

/** A side is told down or gone when nothing has come from it for this long (session_timeout of a replica, ms). */
const sessionTimeoutMs = 10_000;

/**
 * The network between the two instances: half a round trip each way, order kept. While it is partitioned, messages wait, as TCP retransmits;
 * after the session timeout both sides give the connection up and what was under way is lost.
 */
export class Network {
  readonly #clock: LabClock;
  readonly #conditions: Conditions;
  readonly #listeners = new Set<(connected: boolean) => void>();
  #partitioned = false;
  #connected = true;
  #held: (() => void)[] = [];
  #latest: Record<LabSide, number> = { sqlServer: 0, managedInstance: 0 };
  /** Counts connections: a message of an earlier one never arrives. */
  #generation = 0;
  #cancelTimeout: (() => void) | undefined;

  constructor(clock: LabClock, conditions: Conditions) {
    this.#clock = clock;
    this.#conditions = conditions;
  }

  /** What both sides believe: stays true for the session timeout after a partition began. */
  get connected(): boolean {
    return this.#connected;
  }

  get partitioned(): boolean {
    return this.#partitioned;
  }

  /** Calls `change` when the connection is given up or made again. Returns the unsubscribe function. */
  onChange(change: (connected: boolean) => void): () => void {
    this.#listeners.add(change);
    return () => this.#listeners.delete(change);
  }

  /** Delivers half a round trip later, after everything sent before from the same side. */
  send(from: LabSide, deliver: () => void): void {
    if (!this.#connected) return;
    const now = this.#clock.now();
    const due = Math.max(this.#latest[from], now + this.#conditions.roundTripMs / 2);
    this.#latest[from] = due;
    const generation = this.#generation;
    this.#clock.setTimer(due - now, () => {
      if (generation !== this.#generation) return;
      if (this.#partitioned) this.#held.push(deliver);
      else deliver();
    });
  }

  setPartitioned(partitioned: boolean): void {
    if (partitioned === this.#partitioned) return;
    this.#partitioned = partitioned;
    this.#cancelTimeout?.();
    this.#cancelTimeout = undefined;
    if (partitioned) {
      this.#cancelTimeout = this.#clock.setTimer(sessionTimeoutMs, () => this.#giveUp());
    } else if (this.#connected) {
      for (const deliver of this.#held.splice(0)) deliver();
    } else {
      // Reconnecting: handshake and authentication take two round trips.
      this.#cancelTimeout = this.#clock.setTimer(2 * this.#conditions.roundTripMs, () => this.#reconnect());
    }
  }

  /** One side restarts: the connection breaks at once and is made again after `ms`. */
  interrupt(ms: number): void {
    if (!this.#connected) return;
    this.#giveUp();
    if (this.#partitioned) return;
    this.#cancelTimeout?.();
    this.#cancelTimeout = this.#clock.setTimer(ms, () => this.#reconnect());
  }

  #giveUp(): void {
    this.#connected = false;
    this.#generation++;
    this.#held = [];
    for (const tell of [...this.#listeners]) tell(false);
  }

  #reconnect(): void {
    this.#connected = true;
    for (const tell of [...this.#listeners]) tell(true);
  }
}
