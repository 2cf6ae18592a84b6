import type { LabDatabase, LogPayload, SystemView } from '../engine/contract.ts';
import { SqlError } from '../engine/contract.ts';
import { type ChangeRecorder, recordChanges } from '../engine/sqlite.ts';
import type { SqlValue } from '../values.ts';
import { nameKey, type TableAccess } from './compiler.ts';
import type { Connection } from './connection.ts';
import { toStored } from './stored.ts';
import { objectIdOf, quoteSql, readDeclaredType, type TableDefinition } from './table-definition.ts';
import { isExactText } from './types.ts';

/** Table definitions beside the tables; no dot in the name, so that nobody takes it for a user table. */
const definitionTable = 'tsql_tables';
const identityTable = 'tsql_identities';

/** Where tables live: a database's store, or the session's own memory for #temporary tables and table variables. */
export interface Home {
  readonly alias: string;
  readonly database: LabDatabase | undefined;
}

/** A schema change: the same SQLite statements here (with a schema name) and on the other side (without). */
export type SchemaStatement = (schema: string) => string;

const memory: Home = { alias: 'main', database: undefined };
const attachable = 9;

/** The databases one session's SQLite connection sees, their tables, and what it changed in them since its transaction began. */
export class Stores {
  readonly connection: Connection;
  readonly #attached = new Map<number, string>();
  readonly #parsed = new Map<string, TableDefinition>();
  readonly #recorders = new Map<
    string,
    { readonly home: Home; recorder: ChangeRecorder; readonly payload: LogPayload[]; schemaChanges: number }
  >();
  readonly #views = new Map<string, readonly string[]>();
  /** Last identity values handed out: SQL Server does not take them back on rollback. */
  readonly #identities: Map<string, bigint>;

  constructor(connection: Connection, identities: Map<string, bigint>) {
    this.connection = connection;
    this.#identities = identities;
    this.#prepareHome(memory);
  }

  get memory(): Home {
    return memory;
  }

  /** Attaches the database's store if need be. At most nine are attached at a time; the longest unused one goes. */
  home(database: LabDatabase): Home {
    const known = this.#attached.get(database.id);
    if (known === database.storeUri) {
      this.#attached.delete(database.id);
      this.#attached.set(database.id, known);
      return { alias: `u${database.id}`, database };
    }
    if (known !== undefined) this.#detach(database.id);
    if (this.#attached.size >= attachable) {
      const [oldest] = this.#attached.keys();
      if (oldest !== undefined) this.#detach(oldest);
    }
    this.connection.query(`ATTACH ? AS u${database.id}`, [database.storeUri]);
    this.#attached.set(database.id, database.storeUri);
    return { alias: `u${database.id}`, database };
  }

  #detach(id: number): void {
    if (this.connection.inTransaction)
      throw new SqlError(49999, 'The practice server does not support more than nine databases in one transaction.');
    this.connection.forgetStatements();
    this.connection.query(`DETACH u${id}`);
    this.#attached.delete(id);
  }

  /** The names of the tables of a home, as they were written. */
  tableNames(home: Home): readonly string[] {
    const rows = this.connection.query(`SELECT name FROM ${home.alias}.sqlite_schema WHERE type = 'table'`);
    return rows
      .map(([name]) => String(name))
      .filter(name => (home.database ? name.startsWith('dbo.') : /^[#@]/.test(name)));
  }

  /** The SQLite name of a table, found as T-SQL compares names. */
  storedName(home: Home, table: string): string | undefined {
    const wanted = nameKey(home.database ? `dbo.${table}` : table);
    return this.tableNames(home).find(name => nameKey(name) === wanted);
  }

  definition(home: Home, table: string): TableDefinition | undefined {
    const stored = this.storedName(home, table);
    return stored === undefined ? undefined : this.#definitionOf(home, stored);
  }

  definitions(home: Home): readonly TableDefinition[] {
    return this.tableNames(home).map(name => this.#definitionOf(home, name));
  }

  #definitionOf(home: Home, stored: string): TableDefinition {
    const hasTable =
      this.connection.query(`SELECT 1 FROM ${home.alias}.sqlite_schema WHERE name = '${definitionTable}'`).length > 0;
    const [row] = hasTable
      ? this.connection.query(`SELECT definition FROM ${home.alias}.${definitionTable} WHERE name = ?`, [stored])
      : [];
    if (!row) return this.#definitionFromSchema(home, stored);
    const text = String(row[0]);
    const known = this.#parsed.get(text);
    if (known) return known;
    const parsed = JSON.parse(text) as TableDefinition;
    this.#parsed.set(text, parsed);
    return parsed;
  }

  /** A table the engine made: its declared types are T-SQL's, its primary key is the only index. */
  #definitionFromSchema(home: Home, stored: string): TableDefinition {
    const [created] = this.connection.query(`SELECT sql FROM ${home.alias}.sqlite_schema WHERE name = ?`, [stored]);
    const cacheKey = `sql ${String(created?.[0])}`;
    const known = this.#parsed.get(cacheKey);
    if (known) return known;
    const rows = this.connection.query(`SELECT name, type, "notnull", pk FROM pragma_table_info(?, ?) ORDER BY cid`, [
      stored,
      home.alias,
    ]);
    const name = stored.replace(/^dbo\./, '');
    const columns = rows.map(([column, declared, notNull]) => {
      const { type, isText } = readDeclaredType(String(declared));
      return {
        name: String(column),
        type,
        nullable: notNull !== 1,
        collation: undefined,
        identity: undefined,
        default: undefined,
        hasNumericAffinity: isExactText(type) && !isText,
      };
    });
    const keys = rows
      .filter(row => Number(row[3]) > 0)
      .sort((a, b) => Number(a[3]) - Number(b[3]))
      .map(row => String(row[0]));
    const primary = {
      name: `PK_${name}`,
      columns: keys,
      unique: true,
      clustered: true,
      constraint: 'primary',
    } as const;
    const definition: TableDefinition = {
      name,
      objectId: objectIdOf(name),
      createdAt: 0,
      columns,
      indexes: keys.length ? [primary] : [],
      checks: [],
      foreignKeys: [],
      hasRowKey: false,
    };
    this.#parsed.set(cacheKey, definition);
    return definition;
  }

  /** SQLite's name for the table, with its schema. */
  place(home: Home, table: string): string {
    return `${home.alias}.${quoteSql(this.storedName(home, table) ?? table)}`;
  }

  // ---- changes ----------------------------------------------------------------------------------------------------

  /** Must be called before the first write to a home in a transaction. */
  record(home: Home): void {
    if (!home.database || this.#recorders.has(home.alias)) return;
    this.#recorders.set(home.alias, {
      home,
      recorder: recordChanges(this.connection.database, home.alias),
      payload: [],
      schemaChanges: 0,
    });
  }

  /** Runs a schema change, keeping its place in the log among the row changes. */
  changeSchema(home: Home, statements: readonly SchemaStatement[]): void {
    this.record(home);
    const entry = this.#recorders.get(home.alias);
    const rows = entry?.recorder.take() ?? new Uint8Array();
    for (const statement of statements) this.connection.query(statement(`${home.alias}.`));
    if (!entry) return;
    if (rows.length > 0) entry.payload.push({ kind: 'rows', changeset: rows });
    entry.payload.push({ kind: 'schema', statements: statements.map(statement => statement('')) });
    entry.recorder.close();
    entry.recorder = recordChanges(this.connection.database, home.alias);
    entry.schemaChanges++;
  }

  /** Schema changes so far: a savepoint cannot be returned to across one. */
  get schemaChanges(): number {
    return [...this.#recorders.values()].reduce((sum, entry) => sum + entry.schemaChanges, 0);
  }

  /** Databases written to in this transaction. */
  get written(): readonly LabDatabase[] {
    return [...this.#recorders.values()].flatMap(entry => entry.home.database ?? []);
  }

  /** What the transaction did, per database. To be taken before SQLite commits. */
  takeChanges(): readonly { readonly database: LabDatabase; readonly payload: readonly LogPayload[] }[] {
    const changes = [...this.#recorders.values()].flatMap(({ home, recorder, payload }) => {
      const rows = recorder.take();
      if (rows.length > 0) payload.push({ kind: 'rows', changeset: rows });
      return home.database && payload.length > 0 ? [{ database: home.database, payload }] : [];
    });
    return changes;
  }

  forgetChanges(): void {
    for (const { recorder } of this.#recorders.values()) recorder.close();
    this.#recorders.clear();
  }

  /** After a SQLite rollback: tables made meanwhile are gone. */
  rolledBack(): void {
    this.forgetChanges();
    this.#views.clear();
    this.#prepareHome(memory);
  }

  #prepareHome(home: Home): void {
    for (const statement of homeStatements) this.connection.query(statement(`${home.alias}.`));
  }

  /** The statements that keep a definition; the tables for it are made on first use. */
  definitionStatements(
    home: Home,
    stored: string,
    definition: TableDefinition | undefined,
  ): readonly SchemaStatement[] {
    const name = literal(stored);
    if (!definition) return [schema => `DELETE FROM ${schema}${definitionTable} WHERE name = ${name}`];
    const text = literal(JSON.stringify(definition));
    return [
      ...(home.database ? homeStatements : []),
      schema => `INSERT OR REPLACE INTO ${schema}${definitionTable} (name, definition) VALUES (${name}, ${text})`,
    ];
  }

  /** The next identity values of a table, never one that was handed out before. */
  nextIdentity(home: Home, table: TableDefinition, column: string, seed: bigint, increment: bigint): bigint {
    const stored = this.storedName(home, table.name) ?? table.name;
    const key = this.#identityKey(home, stored);
    const last = this.#lastIdentity(home, stored, column, increment);
    const next = last === undefined ? seed : last + increment;
    this.#identities.set(key, next);
    this.connection.query(`INSERT OR REPLACE INTO ${home.alias}.${identityTable} (name, last) VALUES (?, ?)`, [
      stored,
      String(next),
    ]);
    return next;
  }

  /** An explicit identity value moves the counter on when it is beyond it. */
  noteIdentity(home: Home, table: TableDefinition, column: string, value: bigint, increment: bigint): void {
    const stored = this.storedName(home, table.name) ?? table.name;
    const last = this.#lastIdentity(home, stored, column, increment);
    if (last !== undefined && (increment > 0n ? value <= last : value >= last)) return;
    this.#identities.set(this.#identityKey(home, stored), value);
    this.connection.query(`INSERT OR REPLACE INTO ${home.alias}.${identityTable} (name, last) VALUES (?, ?)`, [
      stored,
      String(value),
    ]);
  }

  lastIdentity(home: Home, table: TableDefinition): bigint | undefined {
    const column = table.columns.find(candidate => candidate.identity);
    return column
      ? this.#lastIdentity(
          home,
          this.storedName(home, table.name) ?? table.name,
          column.name,
          BigInt(column.identity?.increment ?? 1),
        )
      : undefined;
  }

  forgetIdentity(home: Home, stored: string): void {
    this.#identities.delete(this.#identityKey(home, stored));
    if (this.connection.query(`SELECT 1 FROM ${home.alias}.sqlite_schema WHERE name = '${identityTable}'`).length > 0) {
      this.connection.query(`DELETE FROM ${home.alias}.${identityTable} WHERE name = ?`, [stored]);
    }
  }

  #identityKey(home: Home, stored: string): string {
    return `${home.database?.storeUri ?? ''} ${stored}`;
  }

  #lastIdentity(home: Home, stored: string, column: string, increment: bigint): bigint | undefined {
    const candidates: bigint[] = [];
    const remembered = home.database ? this.#identities.get(this.#identityKey(home, stored)) : undefined;
    if (remembered !== undefined) candidates.push(remembered);
    const [row] = this.connection.query(`SELECT last FROM ${home.alias}.${identityTable} WHERE name = ?`, [stored]);
    if (row) candidates.push(BigInt(String(row[0])));
    if (candidates.length === 0) {
      const [extreme] = this.connection.query(
        `SELECT ${increment > 0n ? 'max' : 'min'}(${quoteSql(column)}) FROM ${home.alias}.${quoteSql(stored)}`,
      );
      if (extreme?.[0] != null) candidates.push(BigInt(String(extreme[0])));
    }
    return candidates.length === 0
      ? undefined
      : candidates.reduce((a, b) => ((increment > 0n ? b > a : b < a) ? b : a));
  }

  // ---- views ------------------------------------------------------------------------------------------------------

  /** Where the rows of a view of this name will be; `fillView` puts them there. */
  viewAccess(key: string, view: SystemView): TableAccess {
    return {
      sql: `main.${quoteSql(key)}`,
      columns: view.columns.map(column => ({
        name: column.name,
        type: column.type,
        nullable: column.nullable,
        read: (alias: string) => `${alias}.${quoteSql(column.name)}`,
      })),
    };
  }

  fillView(key: string, view: SystemView, rows: readonly (readonly SqlValue[])[]): void {
    const table = `main.${quoteSql(key)}`;
    const names = view.columns.map(column => column.name);
    if (!this.#views.has(key)) {
      this.connection.query(`CREATE TABLE IF NOT EXISTS ${table} (${names.map(quoteSql).join(', ')})`);
      this.#views.set(key, names);
    }
    this.connection.query(`DELETE FROM ${table}`);
    const insert = `INSERT INTO ${table} VALUES (${names.map(() => '?').join(', ')})`;
    for (const row of rows)
      this.connection.query(
        insert,
        row.map((value, index) => toStored(value, view.columns[index]?.type)),
      );
  }

  /** Drops the session's #temporary tables. */
  dropTemporary(): void {
    for (const name of this.tableNames(memory)) {
      this.connection.query(`DROP TABLE main.${quoteSql(name)}`);
      this.connection.query(`DELETE FROM main.${definitionTable} WHERE name = ?`, [name]);
      this.connection.query(`DELETE FROM main.${identityTable} WHERE name = ?`, [name]);
    }
  }

  close(): void {
    this.forgetChanges();
    this.connection.close();
  }
}

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

const homeStatements: readonly SchemaStatement[] = [
  schema => `CREATE TABLE IF NOT EXISTS ${schema}${definitionTable} (name TEXT PRIMARY KEY, definition TEXT NOT NULL)`,
  schema => `CREATE TABLE IF NOT EXISTS ${schema}${identityTable} (name TEXT PRIMARY KEY, last TEXT NOT NULL)`,
];
