import { SqlError } from '../engine/contract.ts';
import type { StoreLocks } from './locks.ts';
import type { SessionCore } from './session-state.ts';
import { SqliteFailure } from './sqlite-memory.ts';
import type { Stores } from './stores.ts';
import { quoteSql, type TableDefinition } from './table-definition.ts';
import type { Stored } from './types.ts';

/** Numbers transactions in a server, as sys.dm_tran_active_transactions shows them. */
export interface TransactionNumbers {
  next(): number;
}

interface SavedVariables {
  readonly name: string;
  readonly definition: TableDefinition;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Stored[])[];
}

/** A session's transactions: T-SQL's counting over SQLite's, and the hand-over of what was committed to the databases' logs. */
export class Transactions {
  readonly #core: SessionCore;
  readonly #stores: Stores;
  readonly #locks: StoreLocks;
  readonly #numbers: TransactionNumbers;
  readonly #savepoints = new Map<string, number>();
  #count = 0;
  #doomed = false;

  constructor(core: SessionCore, stores: Stores, locks: StoreLocks, numbers: TransactionNumbers) {
    this.#core = core;
    this.#stores = stores;
    this.#locks = locks;
    this.#numbers = numbers;
  }

  /** @@TRANCOUNT. */
  get count(): number {
    return this.#count;
  }
  /** XACT_STATE(). */
  get state(): number {
    return this.#count === 0 ? 0 : this.#doomed ? -1 : 1;
  }
  get isOpen(): boolean {
    return this.#count > 0;
  }
  get isDoomed(): boolean {
    return this.#doomed;
  }

  /** From now on the transaction can only be rolled back. */
  doom(): void {
    if (this.#count > 0) this.#doomed = true;
  }

  /** Returns whether a transaction began (and not only the count grew). */
  begin(): boolean {
    this.#count++;
    if (this.#count > 1) return false;
    const { visible, instance } = this.#core;
    visible.transaction = { id: this.#numbers.next(), begunAt: instance.clock.now(), logBytes: new Map() };
    return true;
  }

  /**
   * Runs a statement that writes, whole or not at all. Outside a transaction it commits at once: `acknowledged` then settles when the server would
   * answer. Throws SQLITE_BUSY failures for the caller to wait and try again.
   */
  write<T>(work: () => T): { readonly result: T; readonly acknowledged: Promise<void> | undefined } {
    if (this.#doomed) throw uncommittable();
    return this.#count === 0 ? this.#autocommit(work) : { result: this.#inside(work), acknowledged: undefined };
  }

  #autocommit<T>(work: () => T): { readonly result: T; readonly acknowledged: Promise<void> | undefined } {
    const { connection } = this.#stores;
    connection.query('BEGIN');
    try {
      const result = work();
      const acknowledged = this.#commitStores();
      return { result, acknowledged };
    } catch (error) {
      if (connection.inTransaction) connection.query('ROLLBACK');
      this.#stores.rolledBack();
      throw error;
    }
  }

  #inside<T>(work: () => T): T {
    const { connection } = this.#stores;
    if (!connection.inTransaction) connection.query('BEGIN');
    connection.query('SAVEPOINT statement');
    try {
      const result = work();
      connection.query('RELEASE statement');
      for (const database of this.#stores.written) this.#locks.hold(database.storeUri, this.#core.visible.id);
      return result;
    } catch (error) {
      if (!connection.inTransaction) this.#forget();
      else {
        connection.query('ROLLBACK TO statement');
        connection.query('RELEASE statement');
        for (const database of this.#stores.written) this.#locks.hold(database.storeUri, this.#core.visible.id);
      }
      throw error;
    }
  }

  /** Commits in SQLite and hands the changes to the logs in the same turn, so that log order is store order. */
  #commitStores(): Promise<void> | undefined {
    const { connection } = this.#stores;
    const changes = this.#stores.takeChanges();
    for (const { database } of changes) database.assertWritable();
    if (connection.inTransaction) connection.query('COMMIT');
    this.#stores.forgetChanges();
    if (changes.length === 0) return undefined;
    const waits = changes.map(({ database, payload }) => database.commit(payload, this.#core.visible.id));
    return Promise.all(waits).then(() => undefined);
  }

  /** COMMIT. `ended` = the outermost one. Throws 3902, 3930; on an error of the database's role everything is rolled back. */
  commit(): { readonly ended: boolean; readonly acknowledged: Promise<void> | undefined } {
    if (this.#count === 0)
      throw new SqlError(3902, 'The COMMIT TRANSACTION request has no corresponding BEGIN TRANSACTION.');
    if (this.#doomed) throw uncommittable();
    if (this.#count > 1) {
      this.#count--;
      return { ended: false, acknowledged: undefined };
    }
    try {
      const acknowledged = this.#commitStores();
      this.#end();
      return { ended: true, acknowledged };
    } catch (error) {
      if (!(error instanceof SqliteFailure)) this.rollback();
      throw error;
    }
  }

  /** ROLLBACK of everything. Table variables keep their rows, as SQL Server has it. */
  rollback(): void {
    const { connection } = this.#stores;
    if (connection.inTransaction) {
      const variables = this.#saveVariables();
      connection.query('ROLLBACK');
      this.#stores.rolledBack();
      this.#restoreVariables(variables);
    }
    this.#stores.forgetChanges();
    this.#end();
  }

  /** SQLite has rolled back by itself. */
  #forget(): void {
    this.#stores.rolledBack();
    this.#end();
  }

  #end(): void {
    this.#count = 0;
    this.#doomed = false;
    this.#savepoints.clear();
    this.#core.visible.transaction = undefined;
    this.#locks.releaseAll(this.#core.visible.id);
  }

  save(name: string): void {
    if (this.#count === 0)
      throw new SqlError(628, 'Cannot issue SAVE TRANSACTION when there is no active transaction.', 16, 0);
    if (this.#doomed) throw uncommittable();
    const { connection } = this.#stores;
    if (!connection.inTransaction) connection.query('BEGIN');
    connection.query(`SAVEPOINT ${quoteSql(`t ${name}`)}`);
    this.#savepoints.set(name.toLowerCase(), this.#stores.schemaChanges);
  }

  /** Whether the name is a savepoint; otherwise ROLLBACK TRAN name means the whole transaction. */
  hasSavepoint(name: string): boolean {
    return this.#savepoints.has(name.toLowerCase());
  }

  rollbackTo(name: string): void {
    if (this.#doomed) throw uncommittable();
    if (this.#savepoints.get(name.toLowerCase()) !== this.#stores.schemaChanges) {
      throw new SqlError(
        49999,
        'The practice server does not support ROLLBACK to a savepoint across a change of a table’s definition.',
      );
    }
    const variables = this.#saveVariables();
    this.#stores.connection.query(`ROLLBACK TO ${quoteSql(`t ${name}`)}`);
    this.#restoreVariables(variables);
  }

  #saveVariables(): readonly SavedVariables[] {
    const { memory, connection } = this.#stores;
    return this.#stores
      .tableNames(memory)
      .filter(name => name.startsWith('@'))
      .flatMap(name => {
        const definition = this.#stores.definition(memory, name);
        if (!definition) return [];
        const columns = connection.query('SELECT name FROM pragma_table_info(?)', [name]).map(row => String(row[0]));
        return [
          {
            name,
            definition,
            columns,
            rows: connection.query(`SELECT ${columns.map(quoteSql).join(', ')} FROM ${quoteSql(name)}`),
          },
        ];
      });
  }

  #restoreVariables(variables: readonly SavedVariables[]): void {
    const { memory, connection } = this.#stores;
    for (const { name, columns, rows, definition } of variables) {
      if (this.#stores.storedName(memory, name) === undefined) {
        // Declared inside the transaction that is gone: made again, without its unique indexes, which its rows have passed already.
        connection.query(
          `CREATE TABLE ${quoteSql(name)} (${columns.map((column, index) => quoteSql(column) + (index === 0 ? ' INTEGER PRIMARY KEY' : '')).join(', ')})`,
        );
        for (const statement of this.#stores.definitionStatements(memory, name, definition))
          connection.query(statement('main.'));
      }
      connection.query(`DELETE FROM ${quoteSql(name)}`);
      for (const row of rows)
        connection.query(`INSERT INTO ${quoteSql(name)} VALUES (${row.map(() => '?').join(', ')})`, row);
    }
  }
}

const uncommittable = (): SqlError =>
  new SqlError(
    3930,
    'The current transaction cannot be committed and cannot support operations that write to the log file. Roll back the transaction.',
  );
