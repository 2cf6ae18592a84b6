import { SqlError } from '../engine/contract.ts';
import { assertMay, mayDo } from './access.ts';
import { nameKey, sameName } from './compiler.ts';
import { CompileError, unsupported } from './errors.ts';
import type { FoundTable } from './plan.ts';
import { type Bench, resolutionOf } from './query.ts';
import { assertWritable, equalityKeyOf, keyedColumns, physicalIndexName, uniqueTerms } from './rows.ts';
import type { Home, SchemaStatement } from './stores.ts';
import type { ObjectName } from './syntax.ts';
import {
  type ColumnDefinition,
  declaredType,
  findColumn,
  type IndexDefinition,
  keyColumn,
  quoteSql,
  rowColumn,
  type TableDefinition,
} from './table-definition.ts';
import { isCharacter } from './types.ts';

/** Where CREATE TABLE puts a table: a database, or the session's memory for #names. Throws 2760 for schemas other than dbo. */
export function homeFor(bench: Bench, name: ObjectName, line: number): { readonly home: Home; readonly table: string } {
  const table = name.at(-1) ?? '';
  if (table.startsWith('##')) throw unsupported('global temporary tables (##)', line);
  if (table.startsWith('#')) return { home: bench.stores.memory, table };
  const schema = name.at(-2) ?? '';
  if (schema !== '' && !sameName(schema, 'dbo')) {
    throw new CompileError(
      2760,
      `The specified schema name "${schema}" either does not exist or you do not have permission to use it.`,
      line,
    );
  }
  const resolution = resolutionOf(bench);
  const home = resolution.homeOf(resolution.databaseOf(name, line));
  if (home.database && !mayDo(bench.core, home.database, 'ALTER')) {
    throw new SqlError(262, `CREATE TABLE permission denied in database '${home.database.name}'.`, 14);
  }
  home.database?.assertWritable();
  return { home, table };
}

/** The name under which the store keeps the table. */
export const storedAs = (home: Home, table: string): string => (home.database ? `dbo.${table}` : table);

// ---- statements ---------------------------------------------------------------------------------------------------

/** A column in SQLite's CREATE TABLE. */
export const columnSql = (column: ColumnDefinition): string => `${quoteSql(column.name)} ${declaredType(column.type)}`;

/** Makes a unique index. */
export function indexStatement(stored: string, definition: TableDefinition, index: IndexDefinition): SchemaStatement {
  return schema =>
    `CREATE UNIQUE INDEX ${schema}${quoteSql(physicalIndexName(definition, index))} ON ${quoteSql(stored)} (${uniqueTerms(definition, index)})`;
}

/** The table of a definition statement. Throws 4902 or 3701 when there is none. */
export function find(bench: Bench, name: ObjectName, line: number, action: string): FoundTable {
  try {
    const found = resolutionOf(bench).userTable(name, line);
    if (found.home.database) assertMay(bench.core, found.home.database, 'ALTER', found.definition.name);
    assertWritable(found);
    return found;
  } catch (error) {
    if (!(error instanceof CompileError) || error.number !== 208) throw error;
    throw new CompileError(
      action === 'alter' ? 4902 : 3701,
      action === 'alter'
        ? `Cannot find the object "${name.join('.')}" because it does not exist or you do not have permissions.`
        : `Cannot ${action} the table '${name.join('.')}', because it does not exist or you do not have permission.`,
      line,
      action === 'alter' ? 16 : 11,
      5,
    );
  }
}

/** Throws the given error when a foreign key leads to the table. */
export function assertUnreferenced(
  bench: Bench,
  { home, definition }: FoundTable,
  number: number,
  message: string,
): void {
  const others = bench.stores.definitions(home).filter(other => other.name !== definition.name);
  if (others.some(other => other.foreignKeys.some(key => nameKey(key.table) === nameKey(definition.name))))
    throw new SqlError(number, message);
}

/** The keys of all rows. */
export const rowKeys = (bench: Bench, { home, definition }: FoundTable) =>
  bench.stores.connection
    .query(`SELECT ${rowColumn(definition)} FROM ${bench.stores.place(home, definition.name)}`)
    .map(row => row[0] ?? null);

/** Keeps a changed definition beside its table. */
export function keep(
  bench: Bench,
  { home }: FoundTable,
  definition: TableDefinition,
  statements: readonly SchemaStatement[] = [],
): FoundTable {
  const stored = bench.stores.storedName(home, definition.name) ?? storedAs(home, definition.name);
  bench.stores.changeSchema(home, [...statements, ...bench.stores.definitionStatements(home, stored, definition)]);
  return { home, definition };
}

/** Adds the key columns it needs, fills them, then builds the index over what is there. Throws 1505 for duplicates. */
export function addUniqueIndex(
  bench: Bench,
  table: FoundTable,
  definition: TableDefinition,
  index: IndexDefinition,
): FoundTable {
  const { home } = table;
  const stored = bench.stores.storedName(home, definition.name) ?? '';
  const place = bench.stores.place(home, definition.name);
  if (
    !definition.hasRowKey &&
    index.columns.some(name => isCharacter(findColumn(definition, name)?.type ?? { name: 'int' }))
  ) {
    throw unsupported('a unique index over text on a table that T-SQL did not create');
  }
  const before = keyedColumns(table.definition).map(column => column.name);
  const missing = keyedColumns(definition).filter(column => !before.includes(column.name));
  if (missing.length > 0) {
    bench.stores.changeSchema(
      home,
      missing.map(
        column => schema =>
          `ALTER TABLE ${schema}${quoteSql(stored)} ADD COLUMN ${quoteSql(keyColumn(column.name))} TEXT`,
      ),
    );
    for (const column of missing) {
      for (const [key = null, value = null] of bench.stores.connection.query(
        `SELECT ${rowColumn(definition)}, ${quoteSql(column.name)} FROM ${place}`,
      )) {
        bench.stores.connection.query(
          `UPDATE ${place} SET ${quoteSql(keyColumn(column.name))} = ? WHERE ${rowColumn(definition)} = ?`,
          [equalityKeyOf(column, value), key],
        );
      }
    }
  }
  const [duplicate] = bench.stores.connection.query(
    `SELECT count(*) FROM ${place} GROUP BY ${uniqueTerms(definition, index)} HAVING count(*) > 1 LIMIT 1`,
  );
  if (duplicate)
    throw new SqlError(
      1505,
      `The CREATE UNIQUE INDEX statement terminated because a duplicate key was found for the object name 'dbo.${definition.name}' and the index name '${index.name}'.`,
    );
  return keep(bench, table, definition, [indexStatement(stored, definition, index)]);
}
