import type { Conditions, Network } from './conditions.ts';
import type { LabClock } from './contract.ts';
import type { EngineDatabase, Progress } from './database.ts';
import type { LogRecord } from './log.ts';
import { Pump } from './pump.ts';

/** synchronization_state of a database replica; REVERTING throws its diverged log away. */
export type SyncState = 'NOT SYNCHRONIZING' | 'SYNCHRONIZING' | 'SYNCHRONIZED' | 'REVERTING';

interface CommitWaiter {
  readonly lsn: bigint;
  readonly resolve: () => void;
}

/** What a stream is made from. */
export interface StreamOptions {
  readonly clock: LabClock;
  readonly conditions: Conditions;
  readonly network: Network;
  readonly source: EngineDatabase;
  readonly target: EngineDatabase;
  /** Both members are SYNCHRONOUS_COMMIT in the catalog of the source. */
  readonly synchronous: () => boolean;
  /** REQUIRED_SYNCHRONIZED_SECONDARIES_TO_COMMIT is 1: no commit without the other side. */
  readonly required: () => boolean;
}

/**
 * Log of one database on its way from the primary to the secondary: send → harden → redo, and acknowledgements back. What the primary knows of the
 * secondary (`remote`) is as old as the last acknowledgement.
 */
export class LogStream {
  readonly source: EngineDatabase;
  readonly target: EngineDatabase;
  readonly #options: StreamOptions;
  readonly #send: Pump<LogRecord>;
  readonly #unsubscribe: () => void;
  #open = true;
  #suspended: string | undefined;
  #state: SyncState = 'NOT SYNCHRONIZING';
  /** The secondary has all but what is on the wire: commits wait already, the answer to a handshake makes it SYNCHRONIZED. */
  #joining = false;
  #waiters: CommitWaiter[] = [];
  #drained: (() => void)[] = [];
  remote: Progress;
  lastSent: { readonly block: bigint; readonly at: number } | undefined;

  constructor(options: StreamOptions) {
    this.#options = options;
    this.source = options.source;
    this.target = options.target;
    this.remote = this.target.progress();
    this.#send = new Pump(options.clock, options.conditions.sendRateKbPerSecond, record => this.#sent(record));
    this.#unsubscribe = options.network.onChange(connected => (connected ? this.#connect() : this.#disconnect()));
    this.source.streams.add(this);
    this.target.feed = this;
    if (options.network.connected) this.#connect();
  }

  /** As the primary sees it. */
  get state(): SyncState {
    return this.#state;
  }

  /** suspend_reason, e.g. 'SUSPEND_FROM_USER'; undefined while data moves. */
  get suspended(): string | undefined {
    return this.#suspended;
  }

  get open(): boolean {
    return this.#open;
  }

  get active(): boolean {
    return this.#open && this.#suspended === undefined && this.#options.network.connected;
  }

  /** log_send_queue_size, KB: the log of the primary that has not been sent. */
  get sendQueueKb(): number {
    if (this.active) return this.#send.queuedKb;
    const unsent = this.source.log.after(this.remote.hardened);
    return Math.ceil(unsent.reduce((sum, record) => sum + record.bytes, 0) / 1024);
  }

  /** Commits must wait for `hardened` of this stream. */
  get holdsCommits(): boolean {
    if (!this.#open) return false;
    return this.#options.required() || this.#joining || this.#state === 'SYNCHRONIZED';
  }

  /** A transaction was written to the primary's log. */
  enqueue(record: LogRecord): void {
    if (this.active) this.#send.push(record);
  }

  /** Resolves when the secondary has acknowledged everything up to `lsn`, or when commits stop waiting for it. */
  hardened(lsn: bigint): Promise<void> {
    return new Promise(resolve => {
      if (this.remote.hardened >= lsn) resolve();
      else this.#waiters.push({ lsn, resolve });
    });
  }

  /** Resolves when the secondary has hardened and redone all log there is. No commit may be added meanwhile. */
  whenDrained(): Promise<void> {
    return new Promise(resolve => {
      this.#drained.push(resolve);
      this.#tellDrained();
    });
  }

  /** The commit mode or the send rate was changed. */
  conditionsChanged(): void {
    this.#send.setRate(this.#options.conditions.sendRateKbPerSecond);
    this.#evaluate();
  }

  suspend(reason: string): void {
    this.#suspended = reason;
    this.#disconnect();
    this.target.redo.pause();
  }

  resume(): void {
    if (this.#suspended === undefined) return;
    this.#suspended = undefined;
    this.target.redo.resume();
    if (this.#open && this.#options.network.connected) this.#connect();
  }

  /** Ends it for good. With `by: 'target'` the primary learns of it half a round trip later. */
  close(by: 'source' | 'target'): void {
    if (!this.#open) return;
    this.#open = false;
    this.#unsubscribe();
    this.#send.clear();
    if (this.target.feed === this) this.target.feed = undefined;
    const leave = () => {
      this.source.streams.delete(this);
      this.#setState('NOT SYNCHRONIZING');
      this.#release();
    };
    if (by === 'source' || !this.#options.network.connected) {
      leave();
      return;
    }
    const forget = this.#options.network.onChange(() => {
      forget();
      leave();
    });
    this.#options.network.send(this.target.side, () => {
      forget();
      leave();
    });
  }

  /** What arrives back: the secondary's progress, half a round trip old. */
  acknowledge(progress: Progress): void {
    if (!this.#open) return;
    this.remote = progress;
    this.source.log.truncate(progress.hardened);
    const still: CommitWaiter[] = [];
    for (const waiter of this.#waiters) {
      if (waiter.lsn <= progress.hardened) waiter.resolve();
      else still.push(waiter);
    }
    this.#waiters = still;
    this.#evaluate();
    this.#tellDrained();
  }

  /** The secondary tells how far it is. */
  report(): void {
    if (!this.#open) return;
    const progress = this.target.progress();
    this.#options.network.send(this.target.side, () => this.acknowledge(progress));
  }

  #sent(record: LogRecord): boolean {
    this.lastSent = { block: record.block, at: this.#options.clock.now() };
    this.#options.network.send(this.source.side, () => {
      if (this.#open && this.#suspended === undefined) this.target.receive(record);
    });
    return true;
  }

  #connect(): void {
    if (!this.#open || this.#suspended !== undefined) return;
    this.remote = this.target.progress();
    this.#send.clear();
    this.#setState('SYNCHRONIZING');
    for (const record of this.source.log.after(this.target.log.end)) this.#send.push(record);
    this.#evaluate();
  }

  #disconnect(): void {
    this.#send.clear();
    this.#joining = false;
    this.#setState('NOT SYNCHRONIZING');
    if (!this.#options.required()) this.#release();
  }

  /** Decides whether the secondary may be called synchronized. */
  #evaluate(): void {
    if (!this.active) return;
    if (!this.#options.synchronous()) {
      this.#joining = false;
      this.#setState('SYNCHRONIZING');
      if (!this.#options.required()) this.#release();
      return;
    }
    if (this.#state === 'SYNCHRONIZED' || this.#joining || !this.#send.empty) return;
    this.#joining = true;
    const { network } = this.#options;
    network.send(this.source.side, () => {
      const progress = this.target.progress();
      network.send(this.target.side, () => this.#joined(progress));
    });
  }

  /** The handshake is back: the connection keeps order, so all that was sent before it has been hardened. */
  #joined(progress: Progress): void {
    if (!this.active || !this.#joining) return;
    this.#joining = false;
    this.#setState('SYNCHRONIZED');
    this.acknowledge(progress);
  }

  #setState(state: SyncState): void {
    if (state === this.#state) return;
    this.#state = state;
    if (state === 'NOT SYNCHRONIZING') this.target.syncState = state;
    else this.#options.network.send(this.source.side, () => this.#tellTarget(state));
  }

  #tellTarget(state: SyncState): void {
    if (this.active) this.target.syncState = state;
  }

  #release(): void {
    for (const waiter of this.#waiters.splice(0)) waiter.resolve();
  }

  #tellDrained(): void {
    const caughtUp = this.remote.hardened >= this.source.log.end && this.remote.redoQueueKb === 0;
    if (caughtUp) for (const tell of this.#drained.splice(0)) tell();
  }
}
