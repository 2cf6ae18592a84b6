import type { LabDatabase, LabInstance } from '../engine/contract.ts';
import { SqlError } from '../engine/contract.ts';
import type { ResultSink, RpcParameter, TdsSession } from '../tds/backend.ts';
import type { ServerMessage } from '../values.ts';
import { Connection } from './connection.ts';
import { ConnectionDropped, errorMessage } from './errors.ts';
import { BatchEnded, failureOf, Raised } from './failure.ts';
import { Interpreter } from './interpreter.ts';
import type { StoreLocks } from './locks.ts';
import { defaultSettings, type Frame, type SessionCore, type VisibleSession } from './session-state.ts';
import { toStored } from './stored.ts';
import { Stores } from './stores.ts';
import { type TransactionNumbers, Transactions } from './transactions.ts';
import { Workplace } from './workplace.ts';

/** What the sessions of one server share. */
export interface ServerShare {
  readonly instance: LabInstance;
  readonly locks: StoreLocks;
  readonly identities: Map<string, bigint>;
  readonly transactionNumbers: TransactionNumbers;
}

/** One logged-in connection to a practice server. */
export class TsqlSession implements TdsSession {
  readonly #core: SessionCore;
  readonly #initial: LabDatabase;
  readonly #workplace: Workplace;
  readonly #killed = new AbortController();
  #killReason: ServerMessage | undefined;
  #closed = false;
  #running = false;
  #released = false;

  constructor(share: ServerShare, visible: VisibleSession, database: LabDatabase, readOnlyIntent: boolean) {
    const core: SessionCore = {
      instance: share.instance,
      visible,
      readOnlyIntent,
      database,
      settings: defaultSettings(),
      rowCount: 0,
      lastError: 0,
      identity: null,
      scopeIdentity: null,
      caught: undefined,
    };
    this.#core = core;
    this.#initial = database;
    const stores = new Stores(new Connection(), share.identities);
    const transactions = new Transactions(core, stores, share.locks, share.transactionNumbers);
    this.#workplace = new Workplace(core, stores, transactions, share.locks);
  }

  get sessionId(): number {
    return this.#core.visible.id;
  }
  get serverName(): string {
    return this.#core.instance.name;
  }
  get database(): string {
    return this.#core.database.name;
  }

  batch(sql: string, sink: ResultSink, signal: AbortSignal): Promise<void> {
    return this.#request(sql, sink, signal, run => new Interpreter(run, emptyFrame()).runText(sql));
  }

  executeSql(sql: string, parameters: readonly RpcParameter[], sink: ResultSink, signal: AbortSignal): Promise<void> {
    return this.#request(sql, sink, signal, run => {
      const frame = emptyFrame();
      for (const [index, { name, type, value }] of parameters.entries()) {
        frame.variables.set((name === '' ? `@p${index + 1}` : name).toLowerCase(), {
          type,
          value: toStored(value, type),
        });
      }
      return new Interpreter(run, frame, { nested: true, outerTry: false }).runText(sql);
    });
  }

  transaction(request: 'begin' | 'commit' | 'rollback', sink: ResultSink, signal: AbortSignal): Promise<void> {
    const text = {
      begin: 'BEGIN TRANSACTION',
      commit: 'COMMIT TRANSACTION',
      rollback: 'IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION',
    }[request];
    return this.#request(undefined, sink, signal, run => new Interpreter(run, emptyFrame()).runText(text));
  }

  /** One request from start to end: faults, KILL, what the views show, and the transaction's end where the request leaves it uncommittable. */
  async #request(
    text: string | undefined,
    sink: ResultSink,
    given: AbortSignal,
    work: (run: { workplace: Workplace; sink: ResultSink; signal: AbortSignal }) => Promise<void>,
  ): Promise<void> {
    if (this.#killReason) throw new ConnectionDropped('the session was killed');
    const { clock } = this.#core.instance;
    const signal = AbortSignal.any([given, this.#killed.signal]);
    const now = clock.now();
    this.#core.visible.lastRequestStartedAt = now;
    this.#core.visible.request = {
      command: commandOf(text ?? ''),
      text: text ?? '',
      startedAt: now,
      databaseId: this.#core.database.id,
    };
    this.#running = true;
    try {
      const dropAfter = text === undefined ? false : await this.#fault(text, sink, signal);
      if (dropAfter === 'answered') return;
      await work({ workplace: this.#workplace, sink, signal });
      this.#endRequest(sink);
      if (dropAfter) throw new ConnectionDropped('a fault drops the connection after the batch');
    } catch (thrown) {
      await this.#requestFailed(thrown, sink, signal, given);
    } finally {
      this.#running = false;
      this.#core.visible.request = undefined;
      this.#core.visible.lastRequestEndedAt = clock.now();
      if (this.#closed || this.#killReason) this.#release();
    }
  }

  /** Plays an injected fault. 'answered' = it was the answer. */
  async #fault(text: string, sink: ResultSink, signal: AbortSignal): Promise<boolean | 'answered'> {
    this.#core.instance.recordStatement(this.#core.visible.id, text);
    const fault = this.#core.instance.takeFault(text);
    switch (fault?.kind) {
      case undefined:
        return false;
      case 'error':
        sink.message(errorMessage(new SqlError(fault.number, fault.message, fault.class), 1));
        sink.statementDone(undefined);
        this.#core.lastError = fault.number;
        return 'answered';
      case 'dropBefore':
        throw new ConnectionDropped('a fault drops the connection before the batch');
      case 'dropAfter':
        return true;
      case 'delay':
        await this.#core.instance.clock.sleep(fault.ms, signal);
        return false;
      case 'hang':
        return new Promise((_, reject) => {
          if (signal.aborted) return reject(signal.reason);
          signal.addEventListener('abort', () => reject(signal.reason), { once: true });
        });
    }
  }

  #endRequest(sink: ResultSink): void {
    const { transactions } = this.#workplace;
    if (!transactions.isDoomed) return;
    this.#workplace.rollback(sink);
    sink.message(
      errorMessage(
        new SqlError(
          3998,
          'Uncommittable transaction is detected at the end of the batch. The transaction is rolled back.',
        ),
        1,
      ),
    );
  }

  async #requestFailed(thrown: unknown, sink: ResultSink, signal: AbortSignal, given: AbortSignal): Promise<void> {
    if (this.#killReason) {
      this.#workplace.rollback(undefined);
      sink.message(this.#killReason);
      throw new ConnectionDropped('the session was killed');
    }
    if (thrown instanceof ConnectionDropped) {
      this.#workplace.rollback(undefined);
      throw thrown;
    }
    if (given.aborted || signal.aborted) {
      // Attention stops the batch; the transaction stays open unless XACT_ABORT is on.
      if (this.#core.settings.xactAbort || this.#workplace.transactions.isDoomed) this.#workplace.rollback(sink);
      return;
    }
    if (thrown instanceof BatchEnded || thrown instanceof Raised) return this.#endRequest(sink);
    const failure = failureOf(thrown, 1);
    if (!failure) {
      this.#workplace.rollback(sink);
      throw thrown;
    }
    sink.message(errorMessage(failure.error, failure.line));
    sink.statementDone(undefined);
    this.#endRequest(sink);
  }

  /** KILL, or a role change that ends this session's transaction. */
  kill(reason: ServerMessage): void {
    if (this.#killReason) return;
    this.#killReason = reason;
    this.#killed.abort(new ConnectionDropped('the session was killed'));
    if (!this.#running) this.#release();
  }

  reset(): void {
    if (this.#released) return;
    this.#workplace.rollback(undefined);
    this.#core.settings = defaultSettings();
    this.#core.database = this.#initial;
    this.#core.visible.databaseId = this.#initial.id;
    this.#core.rowCount = 0;
    this.#core.lastError = 0;
    this.#core.identity = null;
    this.#core.scopeIdentity = null;
    this.#workplace.forgetPlans();
    this.#workplace.stores.dropTemporary();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#killed.abort(new ConnectionDropped('the client went away'));
    if (!this.#running) this.#release();
  }

  #release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#workplace.rollback(undefined);
    this.#workplace.stores.close();
    this.#core.instance.sessionClosed(this.#core.visible.id);
  }
}

const emptyFrame = (): Frame => ({ variables: new Map(), tableVariables: new Map() });

/** The command that sys.dm_exec_requests shows for a text: its first word, or two for DDL. */
function commandOf(text: string): string {
  const words =
    text
      .replace(/--[^\n]*|\/\*[\s\S]*?\*\//g, ' ')
      .toUpperCase()
      .match(/[A-Z_@]+/g) ?? [];
  const [first = 'SELECT', second = ''] = words;
  if (first === 'BACKUP' || first === 'RESTORE') return `${first} ${second}`.trim();
  if (first === 'ALTER' || first === 'CREATE' || first === 'DROP') return `${first} ${second}`.trim();
  if (first === 'WITH' || first === 'DECLARE' || first === 'IF' || first === 'SET')
    return words.find(word => ['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'WAITFOR'].includes(word)) ?? first;
  return first === 'EXEC' ? 'EXECUTE' : first;
}
