import { SqlError } from '../engine/contract.ts';
import { assertMay, type TableAction } from './access.ts';
import { newScope, type SourceColumn, sameName } from './compiler.ts';
import { assertConstraints } from './constraints.ts';
import { CompileError } from './errors.ts';
import type { FoundTable } from './plan.ts';
import { assignment, type Bench, evaluate, type Rowset, resolutionOf } from './query.ts';
import {
  assertNotNull,
  assertWritable,
  columnAssignment,
  defaultExpression,
  defaultValue,
  insertRows,
} from './rows.ts';
import type { DmlTarget, Expression, Output, Statement } from './syntax.ts';
import { type ColumnDefinition, findColumn, textOrderOf } from './table-definition.ts';
import { translateItem } from './translate-select.ts';
import { int, type Stored } from './types.ts';

/** INSERT as parsed. */
export type Insert = Extract<Statement, { kind: 'insert' }>;

/** What INSERT, UPDATE or DELETE did; `output` = the rows of its OUTPUT clause, for the client. */
export interface DmlResult {
  readonly count: number;
  readonly output: Rowset | undefined;
}

interface Change {
  readonly before: readonly Stored[] | undefined;
  readonly after: readonly Stored[] | undefined;
}

/** The table a statement may change. Throws 208, 229, 259, 3906 and what else forbids it. */
export function target(bench: Bench, given: DmlTarget, action: TableAction): FoundTable {
  const resolution = resolutionOf(bench);
  if (given.kind === 'tableVariable') return resolution.variableTable(given.name, given.line);
  const schema = given.name.at(-2) ?? '';
  if (sameName(schema, 'sys') || sameName(schema, 'INFORMATION_SCHEMA'))
    throw new SqlError(259, 'Ad hoc updates to system catalogs are not allowed.');
  const found = resolution.userTable(given.name, given.line);
  if (found.home.database) assertMay(bench.core, found.home.database, action, found.definition.name);
  assertWritable(found);
  return found;
}

/** 120, 121 or 213: more or fewer values than columns. */
export function columnCount(statement: Insert, given: number, wanted: number): CompileError {
  if (!statement.columns)
    return new CompileError(
      213,
      'Column name or number of supplied values does not match table definition.',
      statement.line,
    );
  const more = given < wanted;
  return new CompileError(
    more ? 120 : 121,
    `The select list for the INSERT statement contains ${more ? 'fewer' : 'more'} items than the insert list. The number of SELECT values must match the number of INSERT columns.`,
    statement.line,
    15,
  );
}

/** What DEFAULT stands for in a column. */
export function columnDefault(column: ColumnDefinition | undefined, line: number): Expression {
  return column?.default
    ? defaultExpression(column.default.text)
    : { kind: 'literal', type: int, value: null, untyped: true, line };
}

/** Values in table order, converted; identity and defaults filled in. */
export function completeRows(
  bench: Bench,
  table: FoundTable,
  columns: readonly ColumnDefinition[],
  source: Rowset,
  line: number,
): readonly (readonly Stored[])[] {
  const { definition } = table;
  const plans = definition.columns.map(column => {
    const index = columns.indexOf(column);
    const from = index < 0 ? undefined : source.columns[index];
    const convert =
      from && !from.untyped ? columnAssignment(bench, table, column, from.type, line) : (value: Stored) => value;
    return { column, index, convert };
  });
  return source.rows.map(row =>
    plans.map(({ column, index, convert }) => {
      if (index >= 0)
        return noteExplicitIdentity(
          bench,
          table,
          column,
          assertNotNull(table, column, convert(row[index] ?? null), 'INSERT'),
        );
      if (column.identity) return nextIdentity(bench, table, column);
      return assertNotNull(table, column, defaultValue(bench, column), 'INSERT');
    }),
  );
}

function nextIdentity(bench: Bench, { home, definition }: FoundTable, column: ColumnDefinition): Stored {
  const { seed = '1', increment = '1' } = column.identity ?? {};
  bench.stores.record(home);
  const next = bench.stores.nextIdentity(home, definition, column.name, BigInt(seed), BigInt(increment));
  bench.core.identity = String(next);
  bench.core.scopeIdentity = String(next);
  return assignment(bench, { name: 'bigint' }, column.type, 'assign', 0)(next);
}

function noteExplicitIdentity(
  bench: Bench,
  { home, definition }: FoundTable,
  column: ColumnDefinition,
  value: Stored,
): Stored {
  if (!column.identity || value === null) return value;
  bench.stores.record(home);
  bench.stores.noteIdentity(home, definition, column.name, BigInt(String(value)), BigInt(column.identity.increment));
  bench.core.identity = String(value);
  bench.core.scopeIdentity = String(value);
  return value;
}

// ---- OUTPUT -------------------------------------------------------------------------------------------------------

/** Evaluates OUTPUT over the changed rows, or puts them INTO a table. */
export function runOutput(
  bench: Bench,
  table: FoundTable,
  output: Output | undefined,
  changes: readonly Change[],
): Rowset | undefined {
  if (!output) return undefined;
  const { columns } = table.definition;
  const { connection } = bench.stores;
  const names = ['i', 'd'].flatMap(side => columns.map((_, index) => `${side}${index + 1}`));
  connection.query('DROP TABLE IF EXISTS main."~output"');
  connection.query(`CREATE TABLE main."~output" (${names.join(', ')})`);
  const insert = `INSERT INTO main."~output" VALUES (${names.map(() => '?').join(', ')})`;
  const nulls = columns.map(() => null);
  for (const change of changes) connection.query(insert, [...(change.after ?? nulls), ...(change.before ?? nulls)]);
  const side = (prefix: 'i' | 'd'): readonly SourceColumn[] =>
    columns.map((column, index) => ({
      name: column.name,
      type: column.type,
      nullable: true,
      order: textOrderOf(column),
      sql: `${prefix}${index + 1}`,
    }));
  const sources = [
    ...(changes.some(change => change.after) || changes.length === 0
      ? [{ names: ['inserted'], columns: side('i') }]
      : []),
    ...(changes.some(change => change.before) || changes.length === 0
      ? [{ names: ['deleted'], columns: side('d') }]
      : []),
  ];
  const rowset = evaluate(bench, { output }, compiler => {
    const place = { compiler, scope: newScope(undefined, sources) };
    const items = output.items.flatMap(item => translateItem(item, place));
    const list = items.map((item, index) => `${item.sql} AS c${index + 1}`).join(', ');
    return {
      sql: `SELECT ${list} FROM main."~output" ORDER BY rowid`,
      columns: items.map(({ name, type, nullable }) => ({ name, type, nullable })),
    };
  });
  if (!output.into) return rowset;
  const destination = target(bench, output.into.target, 'INSERT');
  const insertion: Insert = {
    kind: 'insert',
    with: [],
    top: undefined,
    target: output.into.target,
    columns: output.into.columns,
    source: { kind: 'defaults' },
    output: undefined,
    line: output.into.target.line,
  };
  const wanted = output.into.columns
    ? output.into.columns.map(name => findColumn(destination.definition, name))
    : destination.definition.columns.filter(column => !column.identity);
  if (wanted.length !== rowset.columns.length)
    throw columnCount({ ...insertion }, rowset.columns.length, wanted.length);
  const complete = completeRows(
    bench,
    destination,
    wanted.filter(column => column !== undefined),
    rowset,
    insertion.line,
  );
  assertConstraints(bench, destination, insertRows(bench, destination, complete), 'INSERT');
  return undefined;
}
