import type { LabClock, LoginView, SessionView } from './contract.ts';
import type { EngineDatabase } from './database.ts';
import type { EngineInstance } from './instance.ts';
import type { Random } from './random.ts';
import { type Connection, isBusy, openConnection, recordChanges, run } from './sqlite.ts';
import { rollBack } from './store.ts';

/** What the writers do; the knobs change it while they run. */
export interface WorkloadSettings {
  writers: number;
  /** Rows per second of each writer. */
  writeRate: number;
  /** Log bytes of each row. */
  rowBytes: number;
}

/** What the workload is made from. */
export interface WorkloadParts {
  readonly clock: LabClock;
  readonly random: Random;
  readonly instance: EngineInstance;
  readonly database: string;
  readonly login: LoginView;
  readonly settings: WorkloadSettings;
  /** Highest id in dbo.Ledger before the first row. */
  readonly lastId: number;
}

const insertRow = 'INSERT INTO "dbo.Ledger" ("id", "writer", "note", "written_at") VALUES (?, ?, ?, ?)';

interface WorkloadFigures {
  readonly acknowledged: number;
  readonly maxAcknowledgedId: number | null;
  /** Rows whose commit was refused: surely not there. */
  readonly refused: number;
  /** Rows written whose acknowledgement has not come. */
  readonly unanswered: number;
}

/** Application sessions that insert numbered rows and remember which were acknowledged: the truth that "nothing lost" is measured by. */
export class Workload {
  readonly #parts: WorkloadParts;
  readonly #connection: Connection;
  readonly #stopped = new AbortController();
  readonly #writers: Writer[] = [];
  readonly #acknowledged: number[] = [];
  readonly #unanswered = new Set<number>();
  #refused = 0;
  #lastId: number;

  constructor(parts: WorkloadParts) {
    this.#parts = parts;
    this.#lastId = parts.lastId;
    this.#connection = openConnection(this.#database.storeUri);
  }

  /** Starts or stops writers so that as many run as the settings say. */
  adjust(): void {
    const wanted = this.#parts.settings.writers;
    while (this.#writers.length > wanted) this.#writers.pop()?.leave();
    while (this.#writers.length < wanted) {
      const writer = new Writer(this.#writers.length + 1, this.#parts, this.#stopped.signal, number =>
        this.#write(number),
      );
      this.#writers.push(writer);
      void writer.work();
    }
  }

  /** Ids whose commit was acknowledged, in the order of the acknowledgements. */
  get acknowledgedIds(): readonly number[] {
    return this.#acknowledged;
  }

  get figures(): WorkloadFigures {
    return {
      acknowledged: this.#acknowledged.length,
      maxAcknowledgedId: this.#acknowledged.reduce<number | null>((most, id) => Math.max(most ?? id, id), null),
      refused: this.#refused,
      unanswered: this.#unanswered.size,
    };
  }

  /** Writes rows whose log together takes `kb` at once, as a load job would: the send queue then has that much to do. */
  async writeBacklog(kb: number): Promise<void> {
    const kbPerTransaction = 32;
    const rowsPerTransaction = 40;
    const commits: Promise<void>[] = [];
    for (let done = 0; done < kb; done += kbPerTransaction) {
      const bytes = Math.min(kbPerTransaction, kb - done) * 1024;
      commits.push(this.#commitRows(0, rowsPerTransaction, bytes));
    }
    await Promise.all(commits);
  }

  stop(): void {
    this.#stopped.abort();
    for (const writer of this.#writers.splice(0)) writer.leave();
    this.#connection.close();
  }

  get #database(): EngineDatabase {
    const database = this.#parts.instance.database(this.#parts.database);
    if (!database) throw new Error(`The workload's database ${this.#parts.database} is gone.`);
    return database;
  }

  /** One row of one writer. false = refused or locked. */
  async #write(writer: number): Promise<boolean> {
    try {
      this.#database.assertWritable();
      await this.#commitRows(writer, 1, this.#parts.settings.rowBytes);
      return true;
    } catch (error) {
      if (!isBusy(error)) this.#refused++;
      return false;
    }
  }

  async #commitRows(writer: number, count: number, bytes: number): Promise<void> {
    const ids = Array.from({ length: count }, (_, index) => this.#lastId + 1 + index);
    const changeset = this.#insert(writer, ids);
    this.#lastId += count;
    for (const id of ids) this.#unanswered.add(id);
    try {
      await this.#database.commit([{ kind: 'rows', changeset }], 0, Math.max(bytes, changeset.length));
      this.#acknowledged.push(...ids);
    } finally {
      for (const id of ids) this.#unanswered.delete(id);
    }
  }

  #insert(writer: number, ids: readonly number[]): Uint8Array {
    const connection = this.#connection;
    const at = new Date(this.#parts.clock.now()).toISOString().slice(0, 23);
    run(connection, 'BEGIN IMMEDIATE');
    const recorder = recordChanges(connection);
    try {
      for (const id of ids) run(connection, insertRow, [id, writer, `order line ${id} of writer ${writer}`, at]);
      run(connection, 'COMMIT');
      return recorder.take();
    } catch (error) {
      rollBack(connection);
      throw error;
    } finally {
      recorder.close();
    }
  }
}

/** One application session. It reconnects when it is ended, as an application with a retry loop does. */
class Writer {
  readonly #number: number;
  readonly #parts: WorkloadParts;
  readonly #stopped: AbortSignal;
  readonly #write: (writer: number) => Promise<boolean>;
  #session: SessionView | undefined;
  #leaving = false;
  #request: SessionView['request'];
  #lastStarted = 0;
  #lastEnded = 0;

  constructor(number: number, parts: WorkloadParts, stopped: AbortSignal, write: (writer: number) => Promise<boolean>) {
    this.#number = number;
    this.#parts = parts;
    this.#stopped = stopped;
    this.#write = write;
  }

  /** Ends after the row that is under way. */
  leave(): void {
    this.#leaving = true;
    this.#disconnect();
  }

  async work(): Promise<void> {
    const { clock, random, settings } = this.#parts;
    try {
      while (!this.#leaving) {
        if (!this.#connect()) {
          await clock.sleep(1000, this.#stopped);
          continue;
        }
        const written = await this.#insertRow();
        const pause = written ? (1000 / settings.writeRate) * (0.5 + random.next()) : 100;
        await clock.sleep(pause, this.#stopped);
      }
    } catch (error) {
      if (!this.#stopped.aborted) throw error;
    }
  }

  async #insertRow(): Promise<boolean> {
    const now = this.#parts.clock.now();
    const databaseId = this.#parts.instance.database(this.#parts.database)?.id ?? 0;
    const text = 'INSERT INTO dbo.Ledger (id, writer, note, written_at) VALUES (@id, @writer, @note, SYSUTCDATETIME())';
    this.#lastStarted = now;
    this.#request = { command: 'INSERT', text, startedAt: now, databaseId, waitType: 'HADR_SYNC_COMMIT' };
    try {
      return await this.#write(this.#number);
    } finally {
      this.#request = undefined;
      this.#lastEnded = this.#parts.clock.now();
    }
  }

  /** Opens a session unless there is one; false = the login or the database does not let it in. */
  #connect(): boolean {
    if (this.#session) return true;
    const { instance, login, clock } = this.#parts;
    const database = instance.database(this.#parts.database);
    if (login.disabled || !database) return false;
    try {
      database.assertReadable(false);
    } catch {
      return false;
    }
    const writer = this;
    const connectedAt = clock.now();
    this.#session = instance.sessionOpened(id => ({
      id,
      login,
      hostName: `APPSRV0${1 + (this.#number % 3)}`,
      programName: 'Sales Order Entry',
      connectedAt,
      encrypted: true,
      clientAddress: `10.20.4.${10 + this.#number}`,
      databaseId: database.id,
      get request() {
        return writer.#request;
      },
      transaction: undefined,
      get lastRequestStartedAt() {
        return writer.#lastStarted || connectedAt;
      },
      get lastRequestEndedAt() {
        return writer.#lastEnded || connectedAt;
      },
      kill: () => this.#disconnect(),
    }));
    return true;
  }

  #disconnect(): void {
    if (this.#session) this.#parts.instance.sessionClosed(this.#session.id);
    this.#session = undefined;
  }
}
