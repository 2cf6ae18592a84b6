import type { LabDatabase } from '../engine/contract.ts';
import { SqlError } from '../engine/contract.ts';
import type { ResultSink } from '../tds/backend.ts';
import { assertAccess } from './access.ts';
import type { SessionContext } from './compiler.ts';
import { sameName } from './compiler.ts';
import { isStoreBusy } from './connection.ts';
import { information } from './errors.ts';
import { nameParts } from './functions/security.ts';
import { lockTimeout, type StoreLocks } from './locks.ts';
import type { Plan } from './plan.ts';
import type { Bench } from './query.ts';
import type { Frame, SessionCore } from './session-state.ts';
import type { Stores } from './stores.ts';
import { objectIdOf, type TableDefinition } from './table-definition.ts';
import type { Transactions } from './transactions.ts';

/** How long to wait before asking again for a store that someone outside this server's sessions holds (the engine's redo). */
const busyRetryMs = 3;

/** A session's means: its core, its stores and its transactions, with waiting where they are locked. */
export class Workplace {
  readonly core: SessionCore;
  readonly stores: Stores;
  readonly transactions: Transactions;
  readonly #locks: StoreLocks;
  #plans = new WeakMap<object, Plan>();
  #numbers = 0;

  constructor(core: SessionCore, stores: Stores, transactions: Transactions, locks: StoreLocks) {
    this.core = core;
    this.stores = stores;
    this.transactions = transactions;
    this.#locks = locks;
  }

  nextNumber(): number {
    return ++this.#numbers;
  }

  /** Names mean something else from now on. */
  forgetPlans(): void {
    this.#plans = new WeakMap();
  }

  bench(frame: Frame, databases: Set<LabDatabase>): Bench {
    const { core, stores } = this;
    return { core, stores, frame, databases, plans: this.#plans, context: this.#context() };
  }

  #context(): SessionContext {
    const { core, transactions, stores } = this;
    const { settings } = core;
    return {
      instance: core.instance,
      view: core.visible,
      database: core.database,
      now: core.instance.clock.now(),
      dateFirst: settings.dateFirst,
      lockTimeout: settings.lockTimeout,
      rowCount: core.rowCount,
      lastError: core.lastError,
      tranCount: transactions.count,
      xactState: transactions.state,
      identity: core.identity,
      scopeIdentity: core.scopeIdentity,
      caught: core.caught,
      optionBits: 5496 | (settings.noCount ? 512 : 0) | (settings.xactAbort ? 16_384 : 0),
      objectId: (name, type) => objectId(core, stores, name, type),
      objectName: (id, databaseId) => objectName(core, stores, id, databaseId),
    };
  }

  // ---- running ----------------------------------------------------------------------------------------------------

  /** Runs `work` in one turn, again after waiting when a store is locked. `work` notes the databases it touches. */
  read<T>(work: (databases: Set<LabDatabase>) => T, signal: AbortSignal): Promise<T> {
    return this.#unlocked(work, signal);
  }

  /** The same for a statement that writes: whole or not at all; resolves when the server would acknowledge it. */
  async write<T>(work: (databases: Set<LabDatabase>) => T, signal: AbortSignal): Promise<T> {
    const { result, acknowledged } = await this.#unlocked(
      databases => this.transactions.write(() => work(databases)),
      signal,
    );
    if (acknowledged) await this.waiting('HADR_SYNC_COMMIT', () => acknowledged);
    return result;
  }

  async #unlocked<T>(work: (databases: Set<LabDatabase>) => T, signal: AbortSignal): Promise<T> {
    const { clock } = this.core.instance;
    const started = clock.now();
    const databases = new Set<LabDatabase>();
    for (;;) {
      try {
        return work(databases);
      } catch (error) {
        if (!isStoreBusy(error)) throw error;
      }
      const timeout = this.core.settings.lockTimeout;
      const left = timeout < 0 ? -1 : Math.max(0, timeout - (clock.now() - started));
      if (left === 0) throw lockTimeout();
      await this.waiting('LCK_M_S', () => this.#released(databases, left, signal));
    }
  }

  async #released(databases: ReadonlySet<LabDatabase>, left: number, signal: AbortSignal): Promise<void> {
    const own = this.core.visible.id;
    const { clock } = this.core.instance;
    const held = [...databases].find(database => (this.#locks.holderOf(database.storeUri) ?? own) !== own);
    if (held) await this.#locks.wait(held.storeUri, own, left, clock, signal);
    else await clock.sleep(busyRetryMs, signal);
  }

  /** Shows the wait in sys.dm_exec_requests while it lasts. */
  async waiting<T>(waitType: string, wait: () => Promise<T>): Promise<T> {
    const { visible } = this.core;
    const before = visible.request;
    if (before) visible.request = { ...before, waitType };
    try {
      return await wait();
    } finally {
      if (visible.request) visible.request = before;
    }
  }

  async commit(sink: ResultSink, signal: AbortSignal): Promise<void> {
    const id = BigInt(this.core.visible.transaction?.id ?? 0);
    const wasOpen = this.transactions.isOpen;
    try {
      const { ended, acknowledged } = await this.#unlocked(() => this.transactions.commit(), signal);
      if (acknowledged) await this.waiting('HADR_SYNC_COMMIT', () => acknowledged);
      if (ended) sink.transactionChanged('commit', id);
    } catch (error) {
      if (wasOpen && !this.transactions.isOpen) sink.transactionChanged('rollback', id);
      throw error;
    }
  }

  /** Rolls back everything and tells the client; nothing happens when no transaction is open. */
  rollback(sink: ResultSink | undefined): void {
    if (!this.transactions.isOpen) return;
    const id = BigInt(this.core.visible.transaction?.id ?? 0);
    this.transactions.rollback();
    sink?.transactionChanged('rollback', id);
  }

  /** USE. Throws 911 and what the database's state says. */
  use(name: string, sink: ResultSink, line: number): void {
    const { core } = this;
    const database = core.instance.database(name);
    if (!database)
      throw new SqlError(911, `Database '${name}' does not exist. Make sure that the name is entered correctly.`);
    database.assertReadable(core.readOnlyIntent);
    assertAccess(core, database);
    this.enter(database, sink, line);
  }

  /** Makes a database current that may be: the one of before an EXEC, too. */
  enter(database: LabDatabase, sink: ResultSink, line: number): void {
    const { core } = this;
    const from = core.database.name;
    core.database = database;
    core.visible.databaseId = database.id;
    this.forgetPlans();
    sink.databaseChanged(from, database.name);
    sink.message(information(5701, `Changed database context to '${database.name}'.`, line, 2));
  }
}

// ---- object names -------------------------------------------------------------------------------------------------

const typeLetters: Readonly<Record<string, string>> = { U: 'U', 'U ': 'U' };

function definitionsOf(core: SessionCore, stores: Stores, database: LabDatabase): readonly TableDefinition[] {
  database.assertReadable(core.readOnlyIntent);
  return stores.definitions(stores.home(database));
}

function objectId(core: SessionCore, stores: Stores, text: string, type: string | null): number | null {
  const parts = nameParts(text);
  const name = parts.at(-1) ?? '';
  const schema = parts.at(-2) ?? '';
  const wantsTable = type === null || typeLetters[type.toUpperCase().trimEnd()] !== undefined;
  if (name.startsWith('#')) {
    const definition = wantsTable ? stores.definition(stores.memory, name) : undefined;
    return definition?.objectId ?? null;
  }
  const database =
    parts.length >= 3 && parts.at(-3) !== '' ? core.instance.database(parts.at(-3) ?? '') : core.database;
  if (!database) return null;
  const isSystem = sameName(schema, 'sys');
  if (isSystem || core.instance.systemView(`${database.name}.${schema === '' ? 'dbo' : schema}.${name}`)) {
    const view = core.instance.systemView(
      isSystem ? `sys.${name}` : `${database.name}.${schema === '' ? 'dbo' : schema}.${name}`,
    );
    return view && (type === null || type.trim().toUpperCase() === 'V') ? -objectIdOf(view.name) : null;
  }
  if (schema !== '' && !sameName(schema, 'dbo')) return null;
  const definition = definitionsOf(core, stores, database).find(candidate => sameName(candidate.name, name));
  return definition && wantsTable ? definition.objectId : null;
}

function objectName(
  core: SessionCore,
  stores: Stores,
  id: number,
  databaseId: number | null,
): { readonly schema: string; readonly name: string } | null {
  const database = databaseId === null ? core.database : core.instance.database(databaseId);
  if (!database) return null;
  const found = definitionsOf(core, stores, database).find(definition => definition.objectId === id);
  return found ? { schema: 'dbo', name: found.name } : null;
}
