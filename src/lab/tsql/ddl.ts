import { SqlError } from '../engine/contract.ts';
import { sameName } from './compiler.ts';
import { define, withReferences } from './define-table.ts';
import { CompileError } from './errors.ts';
import type { FoundTable } from './plan.ts';
import type { Bench, Rowset } from './query.ts';
import { deleteRows, insertRows, keyedColumns } from './rows.ts';
import type { Home } from './stores.ts';
import type { ObjectName, TableSyntax } from './syntax.ts';
import { assertUnreferenced, columnSql, find, homeFor, indexStatement, rowKeys, storedAs } from './table-change.ts';
import { keyColumn, quoteSql, rowKey } from './table-definition.ts';

/** CREATE TABLE. Throws 2714, 2760, 262 and what the definition has wrong. */
export function createTable(bench: Bench, name: ObjectName, syntax: TableSyntax, line: number): FoundTable {
  const { home, table } = homeFor(bench, name, line);
  if (bench.stores.storedName(home, table) !== undefined)
    throw new CompileError(2714, `There is already an object named '${table}' in the database.`, line, 16, 6);
  return createIn(bench, home, table, syntax, line);
}

/** Also for table variables, whose name in memory is the session's choice. */
export function createIn(bench: Bench, home: Home, table: string, syntax: TableSyntax, line: number): FoundTable {
  const definition = withReferences(bench, home, define(bench, table, syntax, line), line);
  const stored = storedAs(home, table);
  const keys = keyedColumns(definition).map(column => `${quoteSql(keyColumn(column.name))} TEXT`);
  const parts = [`${quoteSql(rowKey)} INTEGER PRIMARY KEY`, ...definition.columns.map(columnSql), ...keys];
  bench.stores.changeSchema(home, [
    schema => `CREATE TABLE ${schema}${quoteSql(stored)} (${parts.join(', ')})`,
    ...definition.indexes.filter(index => index.unique).map(index => indexStatement(stored, definition, index)),
    ...bench.stores.definitionStatements(home, stored, definition),
  ]);
  return { home, definition };
}

/** DROP TABLE. Throws 3701 and 3726. */
export function dropTable(bench: Bench, name: ObjectName, ifExists: boolean, line: number): void {
  let found: FoundTable;
  try {
    found = find(bench, name, line, 'drop');
  } catch (error) {
    if (ifExists && error instanceof SqlError && error.number === 3701) return;
    throw error;
  }
  const { home, definition } = found;
  if (home.database)
    assertUnreferenced(
      bench,
      found,
      3726,
      `Could not drop object '${name.join('.')}' because it is referenced by a FOREIGN KEY constraint.`,
    );
  dropIn(bench, home, definition.name);
}

/** Drops a table of a home by its name there. */
export function dropIn(bench: Bench, home: Home, table: string): void {
  const stored = bench.stores.storedName(home, table);
  if (stored === undefined) return;
  const hadDefinition = bench.stores.definition(home, table)?.hasRowKey === true;
  if (hadDefinition) {
    bench.stores.record(home);
    bench.stores.forgetIdentity(home, stored);
  }
  bench.stores.changeSchema(home, [
    schema => `DROP TABLE ${schema}${quoteSql(stored)}`,
    ...(hadDefinition ? bench.stores.definitionStatements(home, stored, undefined) : []),
  ]);
}

/** TRUNCATE TABLE: no rows, identity from its seed. Throws 4712. */
export function truncateTable(bench: Bench, name: ObjectName, line: number): void {
  const table = find(bench, name, line, 'truncate');
  if (table.home.database)
    assertUnreferenced(
      bench,
      table,
      4712,
      `Cannot truncate table '${name.join('.')}' because it is being referenced by a FOREIGN KEY constraint.`,
    );
  deleteRows(bench, table, rowKeys(bench, table));
  const stored = bench.stores.storedName(table.home, table.definition.name);
  if (stored !== undefined) bench.stores.forgetIdentity(table.home, stored);
}

/** SELECT … INTO: a new table of the query's columns with its rows. */
export function selectInto(bench: Bench, name: ObjectName, { columns, rows }: Rowset, line: number): number {
  columns.forEach((column, index) => {
    if (column.name === '')
      throw new CompileError(
        1038,
        'An object or column name is missing or empty. For SELECT INTO statements, verify each column has a name. For other statements, look for empty alias names. Aliases defined as "" or [] are not allowed. Change the alias to a valid name.',
        line,
        15,
        5,
      );
    if (columns.findIndex(other => sameName(other.name, column.name)) < index)
      throw new CompileError(
        2705,
        `Column names in each table must be unique. Column name '${column.name}' in table '${name.at(-1)}' is specified more than once.`,
        line,
        16,
        3,
      );
  });
  const syntax: TableSyntax = {
    columns: columns.map(column => ({
      name: column.name,
      type: column.type,
      collation: undefined,
      nullable: column.nullable,
      identity: undefined,
      default: undefined,
      line,
    })),
    constraints: [],
  };
  const table = createTable(bench, name, syntax, line);
  insertRows(bench, table, rows);
  return rows.length;
}
