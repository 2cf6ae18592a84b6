import type { Conditions } from './conditions.ts';
import type { LabClock, LabDatabase, LabSide, LogPayload } from './contract.ts';
import type { LocalGroup } from './groups.ts';
import { type LogPosition, type LogRecord, TransactionLog } from './log.ts';
import * as messages from './messages.ts';
import { Pump } from './pump.ts';
import { Store } from './store.ts';
import type { LogStream, SyncState } from './stream.ts';

/** How far a database's copy is. LSNs as in sys.dm_hadr_database_replica_states; times Unix ms. */
export interface Progress {
  readonly received: { readonly block: bigint; readonly at: number } | undefined;
  /** Start of the next block: all below is on disk. */
  readonly hardened: bigint;
  readonly hardenedAt: number | undefined;
  readonly redone: { readonly lsn: bigint; readonly at: number } | undefined;
  readonly lastCommit: { readonly lsn: bigint; readonly at: number } | undefined;
  readonly endOfLog: bigint;
  readonly redoQueueKb: number;
}

/** What a database may be used for now, by the role of its replica in the link. */
export type DatabaseRole = 'STANDALONE' | 'PRIMARY' | 'SECONDARY' | 'RESOLVING';

/** state_desc of sys.databases, as far as the practice servers reach it. */
export type DatabaseState = 'ONLINE' | 'RESTORING' | 'OFFLINE';
/** user_access_desc of sys.databases. */
export type UserAccess = 'MULTI_USER' | 'SINGLE_USER' | 'RESTRICTED_USER';

/** What a database is made from. */
export interface DatabaseOptions {
  readonly id: number;
  readonly name: string;
  readonly side: LabSide;
  readonly isUser: boolean;
  readonly clock: LabClock;
  readonly conditions: Conditions;
  readonly logStart: LogPosition;
  readonly createdAt: number;
  readonly recoveryModel?: 'FULL' | 'SIMPLE';
  readonly uuid: () => string;
  /** ALL, READ_ONLY or NO: secondary_role_allow_connections of this server's replicas. */
  readonly secondaryConnections: 'ALL' | 'READ_ONLY' | 'NO';
}

/** A database on one instance: its rows, its log, and how far its copy of the other side's log is redone. */
export class EngineDatabase implements LabDatabase {
  readonly id: number;
  readonly name: string;
  readonly side: LabSide;
  readonly isUser: boolean;
  readonly createdAt: number;
  readonly log: TransactionLog;
  readonly redo: Pump<LogRecord>;
  readonly recoveryModel: 'FULL' | 'SIMPLE';
  readonly secondaryConnections: 'ALL' | 'READ_ONLY' | 'NO';
  /** As primary: where its log goes. */
  readonly streams = new Set<LogStream>();
  /** As secondary: where its log comes from. */
  feed: LogStream | undefined;
  /** As secondary: what it has been told. */
  syncState: SyncState = 'NOT SYNCHRONIZING';
  group: LocalGroup | undefined;
  groupDatabaseId: string | undefined;
  readonly guid: string;
  readonly recoveryFork: string;
  state: DatabaseState = 'ONLINE';
  readOnly = false;
  userAccess: UserAccess = 'MULTI_USER';
  /** Text of the error that stopped redo: the copy does not match its log. */
  redoFailure: string | undefined;
  readonly #clock: LabClock;
  #store: Store | undefined;
  #received: Progress['received'];
  #hardenedAt: number | undefined;
  #redone: Progress['redone'];
  #lastCommit: Progress['lastCommit'];

  constructor(options: DatabaseOptions) {
    this.id = options.id;
    this.name = options.name;
    this.side = options.side;
    this.isUser = options.isUser;
    this.createdAt = options.createdAt;
    this.recoveryModel = options.recoveryModel ?? 'FULL';
    this.secondaryConnections = options.secondaryConnections;
    this.guid = options.uuid();
    this.recoveryFork = options.uuid();
    this.#clock = options.clock;
    this.log = new TransactionLog(options.logStart);
    this.redo = new Pump(
      options.clock,
      options.conditions.redoRateKbPerSecond,
      record => this.#redo(record),
      () => this.feed?.report(),
    );
  }

  /** Made at first use: most worlds never look into msdb. */
  get store(): Store {
    this.#store ??= new Store();
    return this.#store;
  }

  get storeUri(): string {
    return this.store.uri;
  }

  get role(): DatabaseRole {
    return this.group?.databaseRole ?? 'STANDALONE';
  }

  get writable(): boolean {
    try {
      this.assertWritable();
      return true;
    } catch {
      return false;
    }
  }

  assertReadable(readOnlyIntent: boolean): void {
    if (this.state === 'OFFLINE') throw messages.offline(this.name);
    if (this.state === 'RESTORING') throw messages.restoring(this.name);
    if (this.role === 'RESOLVING') throw messages.noRole(this.name);
    if (this.role !== 'SECONDARY') return;
    if (this.secondaryConnections === 'NO') throw messages.secondaryNotReadable(this.name);
    if (this.secondaryConnections === 'READ_ONLY' && !readOnlyIntent) throw messages.readIntentNeeded(this.name);
  }

  assertWritable(): void {
    this.assertReadable(true);
    if (this.role === 'SECONDARY' || this.readOnly) throw messages.readOnlyDatabase(this.name);
    if (this.group?.closing) throw messages.noRole(this.name);
  }

  async commit(payload: readonly LogPayload[], _sessionId: number, bytes?: number): Promise<void> {
    this.assertWritable();
    const record = this.writeLog(payload, this.#clock.now(), bytes);
    const waits: Promise<void>[] = [];
    for (const stream of this.streams) {
      stream.enqueue(record);
      if (stream.holdsCommits) waits.push(stream.hardened(record.next));
    }
    if (this.streams.size === 0 && !this.group?.links.size) this.log.truncate(record.next);
    await Promise.all(waits);
  }

  /** Appends a transaction to this database's own log without anybody waiting for it. */
  writeLog(payload: readonly LogPayload[], at: number, bytes?: number): LogRecord {
    const record = this.log.append(payload, at, bytes);
    this.#lastCommit = { lsn: record.commit, at };
    this.#hardenedAt = at;
    return record;
  }

  /** How far this copy is, by its own knowledge. */
  progress(): Progress {
    return {
      received: this.#received,
      hardened: this.log.end,
      hardenedAt: this.#hardenedAt,
      redone: this.#redone,
      lastCommit: this.#lastCommit,
      endOfLog: this.log.last?.block ?? this.log.end,
      redoQueueKb: this.redo.queuedKb,
    };
  }

  /** A log block came in from the primary: harden it, queue it for redo, acknowledge. */
  receive(record: LogRecord): void {
    const now = this.#clock.now();
    this.#received = { block: record.block, at: now };
    this.log.harden(record);
    this.#hardenedAt = now;
    const redoneBefore = this.#redone;
    this.redo.push(record);
    // Redo that finished within the push has reported already.
    if (this.#redone === redoneBefore) this.feed?.report();
  }

  /** Log and progress are the primary's, after the rows have been made so. */
  adoptLog(primary: EngineDatabase): void {
    this.redo.clear();
    this.log.restartAt(primary.log);
    const { lastCommit, endOfLog } = primary.progress();
    const now = this.#clock.now();
    this.#received = { block: endOfLog, at: now };
    this.#hardenedAt = now;
    this.#lastCommit = lastCommit;
    this.#redone = lastCommit;
  }

  close(): void {
    this.redo.clear();
    this.#store?.close();
  }

  #redo(record: LogRecord): boolean {
    try {
      if (!this.store.apply(record.payload)) return false;
    } catch (error) {
      this.redoFailure = error instanceof Error ? error.message : String(error);
      this.feed?.suspend('SUSPEND_FROM_REDO');
      return false;
    }
    const at = this.#clock.now();
    this.#redone = { lsn: record.commit, at };
    this.#lastCommit = { lsn: record.commit, at: record.committedAt };
    this.log.truncate(record.next);
    return true;
  }
}
