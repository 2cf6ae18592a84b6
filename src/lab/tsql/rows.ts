import { SqlError } from '../engine/contract.ts';
import type { SqlType } from '../values.ts';
import { equalityKey } from './collation.ts';
import { sameName } from './compiler.ts';
import type { Verb } from './constraints.ts';
import { Truncation } from './conversion.ts';
import { parseStoredExpression } from './parse-stored.ts';
import type { FoundTable } from './plan.ts';
import { assignment, type Bench, evaluateAs } from './query.ts';
import { SqliteFailure } from './sqlite-memory.ts';
import type { Expression } from './syntax.ts';
import {
  type ColumnDefinition,
  findColumn,
  type IndexDefinition,
  keyColumn,
  quoteSql,
  rowColumn,
  type TableDefinition,
  textOrderOf,
} from './table-definition.ts';
import { isCharacter, type Stored } from './types.ts';

/** A row of a user table as it is stored: its key and its columns' values in table order. */
export interface TableRow {
  readonly key: Stored;
  readonly values: readonly Stored[];
}

/** "Sales.dbo.T", as messages name a table. */
const fullName = ({ home, definition }: FoundTable): string =>
  home.database
    ? `${home.database.name}.dbo.${definition.name}`
    : /^@/.test(definition.name)
      ? definition.name.replace(/ .*$/, '')
      : `tempdb.dbo.${definition.name}`;

/** Throws 3906 and what else the database's state says. */
export function assertWritable({ home }: FoundTable): void {
  home.database?.assertWritable();
}

// ---- values -------------------------------------------------------------------------------------------------------

/** The conversion of a value into a column, with 2628 naming the column. */
export function columnAssignment(
  bench: Bench,
  table: FoundTable,
  column: ColumnDefinition,
  from: SqlType,
  line: number,
): (value: Stored) => Stored {
  const convert = assignment(bench, from, column.type, 'assign', line);
  return value => {
    try {
      return convert(value);
    } catch (error) {
      if (!(error instanceof Truncation)) throw error;
      throw new SqlError(
        2628,
        `String or binary data would be truncated in table '${fullName(table)}', column '${column.name}'. Truncated value: '${error.value}'.`,
      );
    }
  };
}

/** The value, or 515. */
export function assertNotNull(table: FoundTable, column: ColumnDefinition, value: Stored, verb: Verb): Stored {
  if (value !== null || column.nullable) return value;
  throw new SqlError(
    515,
    `Cannot insert the value NULL into column '${column.name}', table '${fullName(table)}'; column does not allow nulls. ${verb} fails.`,
    16,
    2,
  );
}

const parsedDefaults = new Map<string, Expression>();

/** The syntax tree of a stored DEFAULT; the same object each time, so that its plan is kept. */
export function defaultExpression(text: string): Expression {
  const known = parsedDefaults.get(text);
  if (known) return known;
  const parsed = parseStoredExpression(text);
  parsedDefaults.set(text, parsed);
  return parsed;
}

/** The value of a column's DEFAULT, now. */
export const defaultValue = (bench: Bench, column: ColumnDefinition): Stored =>
  column.default ? evaluateAs(bench, defaultExpression(column.default.text), column.type) : null;

/** Columns that have an equality key beside them: texts in unique indexes. */
export function keyedColumns(definition: TableDefinition): readonly ColumnDefinition[] {
  if (!definition.hasRowKey) return [];
  return definition.columns.filter(
    column =>
      isCharacter(column.type) &&
      definition.indexes.some(index => index.unique && index.columns.some(name => sameName(name, column.name))),
  );
}

/** What is kept beside a unique text. */
export const equalityKeyOf = (column: ColumnDefinition, value: Stored): Stored =>
  value === null ? null : equalityKey(String(value), textOrderOf(column) ?? 'CI_AS');

// ---- writing ------------------------------------------------------------------------------------------------------

/** Inserts rows given in table order; identity and defaults are already in them. Returns their keys. */
export function insertRows(
  bench: Bench,
  table: FoundTable,
  rows: readonly (readonly Stored[])[],
  keys?: readonly Stored[],
): readonly Stored[] {
  const { definition, home } = table;
  const keyed = keyedColumns(definition);
  const places = keyed.map(column => definition.columns.indexOf(column));
  const names = [
    ...definition.columns.map(column => quoteSql(column.name)),
    ...keyed.map(column => quoteSql(keyColumn(column.name))),
  ];
  if (keys) names.push(rowColumn(definition));
  const sql = `INSERT INTO ${bench.stores.place(home, definition.name)} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')}) RETURNING ${rowColumn(definition)}`;
  bench.stores.record(home);
  return rows.map((row, index) => {
    const values = [
      ...row,
      ...keyed.map((column, at) => equalityKeyOf(column, row[places[at] ?? 0] ?? null)),
      ...(keys ? [keys[index] ?? null] : []),
    ];
    countLogBytes(bench, table, values);
    return writing(table, row, () => bench.stores.connection.query(sql, values))[0]?.[0] ?? null;
  });
}

/** Deletes rows by their keys. */
export function deleteRows(bench: Bench, table: FoundTable, keys: readonly Stored[]): void {
  const { definition, home } = table;
  bench.stores.record(home);
  const sql = `DELETE FROM ${bench.stores.place(home, definition.name)} WHERE ${rowColumn(definition)} = ?`;
  for (const key of keys) {
    countLogBytes(bench, table, [key]);
    bench.stores.connection.query(sql, [key]);
  }
}

/** Replaces rows by new values in table order. Uniqueness is judged at the end, as in SQL Server. */
export function updateRows(
  bench: Bench,
  table: FoundTable,
  rows: readonly TableRow[],
  changed: readonly ColumnDefinition[],
): void {
  const { definition, home } = table;
  const touchesUnique = definition.indexes.some(
    index => index.unique && index.columns.some(name => changed.some(column => sameName(column.name, name))),
  );
  if (touchesUnique && rows.length > 1) {
    deleteRows(
      bench,
      table,
      rows.map(row => row.key),
    );
    insertRows(
      bench,
      table,
      rows.map(row => row.values),
      rows.map(row => row.key),
    );
    return;
  }
  bench.stores.record(home);
  const keyed = keyedColumns(definition).filter(column => changed.includes(column));
  const sets = [
    ...changed.map(column => `${quoteSql(column.name)} = ?`),
    ...keyed.map(column => `${quoteSql(keyColumn(column.name))} = ?`),
  ];
  const sql = `UPDATE ${bench.stores.place(home, definition.name)} SET ${sets.join(', ')} WHERE ${rowColumn(definition)} = ?`;
  const cell = (row: TableRow, column: ColumnDefinition): Stored =>
    row.values[definition.columns.indexOf(column)] ?? null;
  for (const row of rows) {
    const values = [
      ...changed.map(column => cell(row, column)),
      ...keyed.map(column => equalityKeyOf(column, cell(row, column))),
      row.key,
    ];
    countLogBytes(bench, table, values);
    writing(table, row.values, () => bench.stores.connection.query(sql, values));
  }
}

function countLogBytes({ core }: Bench, { home }: FoundTable, values: readonly Stored[]): void {
  const bytes = core.visible.transaction?.logBytes;
  if (!bytes || !home.database) return;
  const size = values.reduce<number>(
    (sum, value) => sum + (typeof value === 'string' ? value.length : value instanceof Uint8Array ? value.length : 8),
    96,
  );
  bytes.set(home.database.id, (bytes.get(home.database.id) ?? 0) + size);
}

/** Turns SQLite's uniqueness failure into 2627 or 2601. */
function writing<T>(table: FoundTable, row: readonly Stored[], write: () => T): T {
  try {
    return write();
  } catch (error) {
    if (!(error instanceof SqliteFailure) || (error.code & 0xff) !== 19) throw error;
    throw duplicateKey(table, row, error.message);
  }
}

function duplicateKey({ definition, home }: FoundTable, row: readonly Stored[], message: string): SqlError {
  const unique = definition.indexes.filter(index => index.unique);
  const index =
    unique.find(
      candidate =>
        message.endsWith(`index '${physicalIndexName(definition, candidate)}'`) ||
        message.endsWith(`: ${physicalColumns(home, definition, candidate)}`),
    ) ?? unique[0];
  const object = home.database ? `dbo.${definition.name}` : `dbo.${definition.name.replace(/ .*$/, '')}`;
  const shown = (index?.columns ?? []).map(
    name => row[definition.columns.findIndex(column => sameName(column.name, name))] ?? '<NULL>',
  );
  const value = ` The duplicate key value is (${shown.join(', ')}).`;
  if (index?.constraint) {
    const kind = index.constraint === 'primary' ? 'PRIMARY KEY' : 'UNIQUE KEY';
    return new SqlError(
      2627,
      `Violation of ${kind} constraint '${index.name}'. Cannot insert duplicate key in object '${object}'.${value}`,
      14,
    );
  }
  return new SqlError(
    2601,
    `Cannot insert duplicate key row in object '${object}' with unique index '${index?.name}'.${value}`,
    14,
  );
}

/** "dbo.T.a, dbo.T.$key b": how SQLite names the columns of the index that refused a row. */
function physicalColumns(home: FoundTable['home'], definition: TableDefinition, index: IndexDefinition): string {
  const table = home.database ? `dbo.${definition.name}` : definition.name;
  return index.columns
    .map(name => {
      const column = findColumn(definition, name);
      return `${table}.${column && definition.hasRowKey && isCharacter(column.type) ? keyColumn(column.name) : (column?.name ?? name)}`;
    })
    .join(', ');
}

/** SQLite's name of an index. */
export const physicalIndexName = (definition: TableDefinition, index: IndexDefinition): string =>
  `${definition.name} ${index.name}`;

/** The terms of a unique index: NULLs are equal in T-SQL, texts compare by their keys. */
export function uniqueTerms(definition: TableDefinition, index: IndexDefinition): string {
  return index.columns
    .flatMap(name => {
      const column = findColumn(definition, name);
      if (!column) return [];
      const sql = quoteSql(isCharacter(column.type) ? keyColumn(column.name) : column.name);
      return column.nullable ? [`${quoteSql(column.name)} IS NULL`, `ifnull(${sql}, 0)`] : [sql];
    })
    .join(', ');
}
