import type { LogPayload } from './contract.ts';
import { applyChangeset, type Connection, isBusy, openConnection, quoteIdentifier, run } from './sqlite.ts';

let storesMade = 0;

/** The rows of one database on one instance: an in-memory SQLite file that lives until `close`. */
export class Store {
  readonly uri: string;
  readonly #connection: Connection;

  constructor() {
    this.uri = `file:/practice-${++storesMade}?vfs=memdb`;
    this.#connection = openConnection(this.uri);
  }

  /** The engine's own connection; T-SQL sessions open theirs by `uri`. */
  get connection(): Connection {
    return this.#connection;
  }

  /** Redoes one transaction. false = a session holds the store's lock; try again. Throws when the rows are not as the log expects them. */
  apply(payload: readonly LogPayload[]): boolean {
    return this.#locked(connection => {
      for (const part of payload) {
        if (part.kind === 'rows') applyChangeset(connection, part.changeset);
        else for (const statement of part.statements) connection.exec(statement);
      }
    });
  }

  /** Becomes a copy of `source`, whatever it held. false = a session holds one of the locks; try again. */
  copyFrom(source: Store): boolean {
    this.#connection.exec({ sql: 'ATTACH ? AS source', bind: [source.uri] });
    try {
      return this.#locked(connection => copyObjects(connection));
    } finally {
      this.#connection.exec('DETACH source');
    }
  }

  /** Row counts by table name as T-SQL sees it ("dbo.Orders"); undefined while a session holds the lock. */
  rowCounts(): Readonly<Record<string, number>> | undefined {
    try {
      const tables = this.#connection.selectValues(
        `SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE '%.%' ORDER BY name`,
      ) as string[];
      return Object.fromEntries(
        tables.map(name => [
          name,
          Number(this.#connection.selectValue(`SELECT count(*) FROM ${quoteIdentifier(name)}`)),
        ]),
      );
    } catch (error) {
      if (isBusy(error)) return undefined;
      throw error;
    }
  }

  close(): void {
    this.#connection.close();
  }

  /** Runs `work` in a write transaction; false when the lock is taken. */
  #locked(work: (connection: Connection) => void): boolean {
    const connection = this.#connection;
    try {
      run(connection, 'BEGIN IMMEDIATE');
      work(connection);
      run(connection, 'COMMIT');
      return true;
    } catch (error) {
      rollBack(connection);
      if (isBusy(error)) return false;
      throw error;
    }
  }
}

/** Undoes what is open; SQLite may have rolled back by itself already. */
export function rollBack(connection: Connection): void {
  try {
    connection.exec('ROLLBACK');
  } catch {
    // "no transaction is active": nothing to undo.
  }
}

function copyObjects(connection: Connection): void {
  const own = connection.selectArrays(
    `SELECT type, name FROM main.sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY type = 'table'`,
  ) as [string, string][];
  for (const [type, name] of own) connection.exec(`DROP ${type} IF EXISTS main.${quoteIdentifier(name)}`);
  const wanted = connection.selectArrays(
    `SELECT type, name, sql FROM source.sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY type <> 'table'`,
  ) as [string, string, string][];
  for (const [type, name, sql] of wanted) {
    connection.exec(sql);
    if (type !== 'table') continue;
    const table = quoteIdentifier(name);
    const columns = copiedColumns(connection, name).map(quoteIdentifier).join(', ');
    connection.exec(`INSERT INTO main.${table} (${columns}) SELECT ${columns} FROM source.${table}`);
  }
}

/** All stored columns, and the rowid where the table has one of its own: the log addresses rows of keyless tables by it. */
function copiedColumns(connection: Connection, table: string): string[] {
  const columns = connection.selectObjects(`SELECT name, pk, lower(type) AS type FROM pragma_table_info(?)`, [table]);
  const names = columns.map(column => String(column.name));
  const withoutRowid = connection.selectValue(`SELECT wr FROM pragma_table_list(?) WHERE schema = 'main'`, [table]);
  const keyIsRowid =
    columns.filter(column => column.pk !== 0).length === 1 &&
    columns.some(column => column.pk !== 0 && column.type === 'integer');
  const shadowed = names.some(name => name.toLowerCase() === 'rowid');
  return withoutRowid === 1 || keyIsRowid || shadowed ? names : ['rowid', ...names];
}
