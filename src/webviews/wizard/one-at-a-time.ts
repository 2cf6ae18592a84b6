/**
 * Runs one piece of work per slot. A new one aborts the one before it, and whatever an aborted one still throws is not heard.
 * Work is expected to turn its own failures into state; what it throws nevertheless goes to `onBug`.
 */
export class OneAtATime<Slot extends string> {
  readonly #running = new Map<Slot, AbortController>();
  readonly #onBug: (error: unknown) => void;
  constructor(onBug: (error: unknown) => void) {
    this.#onBug = onBug;
  }

  start(slot: Slot, work: (signal: AbortSignal) => Promise<void>): void {
    this.stop(slot);
    const controller = new AbortController();
    this.#running.set(slot, controller);
    void work(controller.signal)
      .catch((error: unknown) => {
        if (!controller.signal.aborted) this.#onBug(error);
      })
      .finally(() => {
        if (this.#running.get(slot) === controller) this.#running.delete(slot);
      });
  }

  isRunning(slot: Slot): boolean {
    return this.#running.has(slot);
  }

  stop(slot: Slot): void {
    this.#running.get(slot)?.abort();
    this.#running.delete(slot);
  }

  stopAll(): void {
    for (const controller of this.#running.values()) controller.abort();
    this.#running.clear();
  }
}
