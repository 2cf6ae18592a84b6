import { sameName } from './compiler.ts';
import { assertConstraints } from './constraints.ts';
import { columnCount, columnDefault, completeRows, type DmlResult, type Insert, runOutput, target } from './dml.ts';
import { CompileError, invalidColumn, unsupported } from './errors.ts';
import type { FoundTable } from './plan.ts';
import { type Bench, evaluateQuery, type Rowset } from './query.ts';
import { insertRows } from './rows.ts';
import type { Expression, Query, Select, SelectItem, TableSource } from './syntax.ts';
import { type ColumnDefinition, findColumn } from './table-definition.ts';

// ---- INSERT -------------------------------------------------------------------------------------------------------

/** `rows` are given when they come from EXEC. */
export function runInsert(bench: Bench, statement: Insert, executed?: Rowset): DmlResult {
  const table = target(bench, statement.target, 'INSERT');
  const columns = insertedColumns(bench, table, statement);
  const source = executed ?? insertSource(bench, statement, columns);
  if (statement.source.kind !== 'defaults' && source.columns.length !== columns.length)
    throw columnCount(statement, source.columns.length, columns.length);
  const rows = completeRows(bench, table, columns, source, statement.line);
  const keys = insertRows(bench, table, rows);
  assertConstraints(bench, table, keys, 'INSERT');
  return {
    count: rows.length,
    output: runOutput(
      bench,
      table,
      statement.output,
      rows.map(row => ({ before: undefined, after: row })),
    ),
  };
}

function hasIdentityInsert({ core }: Bench, { home, definition }: FoundTable): boolean {
  const allowed = core.settings.identityInsert;
  return (
    allowed !== undefined && allowed.databaseId === (home.database?.id ?? 0) && sameName(allowed.table, definition.name)
  );
}

function insertedColumns(bench: Bench, table: FoundTable, statement: Insert): readonly ColumnDefinition[] {
  const { definition } = table;
  const explicit = hasIdentityInsert(bench, table);
  if (statement.source.kind === 'defaults') return [];
  const columns = statement.columns?.map(name => {
    const column = findColumn(definition, name);
    if (!column) throw invalidColumn(name, statement.line);
    return column;
  });
  const repeated = columns?.find((column, index) => columns.indexOf(column) < index);
  if (repeated)
    throw new CompileError(
      264,
      `The column name '${repeated.name}' is specified more than once in the SET clause or column list of an INSERT. A column cannot be assigned more than one value in the same clause.`,
      statement.line,
    );
  const identity = definition.columns.find(column => column.identity);
  if (identity && columns?.includes(identity) && !explicit) {
    throw new CompileError(
      544,
      `Cannot insert explicit value for identity column in table '${definition.name}' when IDENTITY_INSERT is set to OFF.`,
      statement.line,
    );
  }
  if (identity && explicit && !columns?.includes(identity)) {
    throw new CompileError(
      545,
      `Explicit value must be specified for identity column in table '${definition.name}' either when IDENTITY_INSERT is set to ON or when a replication user is inserting into a NOT FOR REPLICATION identity column.`,
      statement.line,
    );
  }
  return columns ?? definition.columns.filter(column => !column.identity);
}

function insertSource(bench: Bench, statement: Insert, columns: readonly ColumnDefinition[]): Rowset {
  const { source } = statement;
  if (source.kind === 'defaults') return { columns: [], rows: [[]] };
  if (source.kind === 'execute') throw unsupported('INSERT … EXEC', statement.line);
  const query = withDefaults(source.query, columns);
  const limited = statement.top ? topOf(query, statement) : query;
  // The syntax tree's own node keeps the plan; one made here for defaults would be new each time.
  return evaluateQuery(
    bench,
    statement.with.length > 0 ? { ...limited, with: [...statement.with, ...limited.with] } : limited,
  );
}

function topOf(query: Query, statement: Insert): Query {
  const items: readonly SelectItem[] = [{ kind: 'star', qualifier: [], line: statement.line }];
  const names = query.body.kind === 'values' ? query.body.rows[0]?.map((_, index) => `c${index + 1}`) : undefined;
  const from: readonly TableSource[] = [
    { kind: 'derived', query, alias: 'source', columns: names, line: statement.line },
  ];
  const body: Select = {
    kind: 'select',
    distinct: false,
    top: statement.top,
    items,
    into: undefined,
    from,
    where: undefined,
    groupBy: undefined,
    having: undefined,
    line: statement.line,
  };
  return { with: [], body, orderBy: [], offset: undefined, fetch: undefined, maxRecursion: 100 };
}

/** DEFAULT in VALUES stands for the column's own default. */
function withDefaults(query: Query, columns: readonly ColumnDefinition[]): Query {
  const { body } = query;
  if (body.kind !== 'values' || !body.rows.some(row => row.some(cell => cell.kind === 'default'))) return query;
  const rows = body.rows.map(row =>
    row.map((cell, index): Expression => (cell.kind === 'default' ? columnDefault(columns[index], cell.line) : cell)),
  );
  return { ...query, body: { ...body, rows } };
}
