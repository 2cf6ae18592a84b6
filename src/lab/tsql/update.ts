import type { TableAction } from './access.ts';
import { type OutputColumn, rowKeyName, sameName } from './compiler.ts';
import { assertConstraints } from './constraints.ts';
import { columnDefault, type DmlResult, runOutput, target } from './dml.ts';
import { CompileError, invalidColumn, unsupported } from './errors.ts';
import type { FoundTable } from './plan.ts';
import { assignment, type Bench, evaluateQuery } from './query.ts';
import { assertNotNull, columnAssignment, deleteRows, type TableRow, updateRows } from './rows.ts';
import type { DmlTarget, Expression, Query, Select, SelectItem, Statement, TableSource } from './syntax.ts';
import { type ColumnDefinition, findColumn, type TableDefinition } from './table-definition.ts';
import type { Stored } from './types.ts';

type Update = Extract<Statement, { kind: 'update' }>;

type Delete = Extract<Statement, { kind: 'delete' }>;

// ---- UPDATE and DELETE --------------------------------------------------------------------------------------------

interface Located {
  readonly table: FoundTable;
  readonly from: readonly TableSource[];
  /** What qualifies the target's columns. */
  readonly qualifier: readonly string[];
}

/** The table that is changed: named directly, or by an alias of FROM. */
function locate(bench: Bench, given: DmlTarget, from: readonly TableSource[], action: TableAction): Located {
  const named = given.kind === 'table' && given.name.length === 1 ? findAlias(from, given.name[0] ?? '') : undefined;
  if (named && (named.kind === 'table' || named.kind === 'tableVariable')) {
    const table = target(
      bench,
      named.kind === 'table' ? { kind: 'table', name: named.name, line: given.line } : named,
      action,
    );
    return { table, from, qualifier: [named.alias ?? ''] };
  }
  if (named) throw unsupported('changing a derived table or a common table expression', given.line);
  const table = target(bench, given, action);
  const inFrom = from.flatMap(tablesOf).find(source => isSameTable(source, given));
  if (inFrom)
    return {
      table,
      from,
      qualifier: inFrom.alias ? [inFrom.alias] : inFrom.kind === 'table' ? inFrom.name : [inFrom.name],
    };
  const own: TableSource =
    given.kind === 'table'
      ? { kind: 'table', name: given.name, alias: undefined, line: given.line }
      : { kind: 'tableVariable', name: given.name, alias: undefined, line: given.line };
  return { table, from: [own, ...from], qualifier: given.kind === 'table' ? given.name : [given.name] };
}

function assertNoCommonTable({ with: tables, target: given, line }: Update | Delete): void {
  const [name = ''] = given.kind === 'table' && given.name.length === 1 ? given.name : [];
  if (tables.some(table => sameName(table.name, name)))
    throw unsupported('changing rows through a common table expression', line);
}

type Named = Extract<TableSource, { kind: 'table' | 'tableVariable' }>;

function tablesOf(source: TableSource): readonly Named[] {
  if (source.kind === 'table' || source.kind === 'tableVariable') return [source];
  return source.kind === 'join' || source.kind === 'apply' ? [...tablesOf(source.left), ...tablesOf(source.right)] : [];
}

function isSameTable(source: Named, given: DmlTarget): boolean {
  if (given.kind === 'tableVariable' || source.kind === 'tableVariable')
    return source.kind === given.kind && source.name === given.name;
  return (
    sameName(source.name.at(-1) ?? '', given.name.at(-1) ?? '') &&
    sameName(source.name.at(-3) ?? '', given.name.at(-3) ?? '')
  );
}

function findAlias(sources: readonly TableSource[], alias: string): TableSource | undefined {
  for (const source of sources) {
    if (source.kind === 'join' || source.kind === 'apply') {
      const found = findAlias([source.left, source.right], alias);
      if (found) return found;
    } else if (source.alias !== undefined && sameName(source.alias, alias)) return source;
  }
  return undefined;
}

/** The rows a statement will change: key, old values, and the values of further expressions; each row once. */
interface FoundRows {
  readonly columns: readonly OutputColumn[];
  readonly rows: readonly {
    readonly key: Stored;
    readonly before: readonly Stored[];
    readonly extra: readonly Stored[];
  }[];
}

const selections = new WeakMap<object, { readonly definition: TableDefinition; readonly query: Query }>();

function findRows(
  bench: Bench,
  statement: Update | Delete,
  { table, from, qualifier }: Located,
  extra: readonly Expression[],
): FoundRows {
  const { definition } = table;
  const column = (name: string): SelectItem => ({
    kind: 'expression',
    alias: undefined,
    expression: { kind: 'column', parts: [...qualifier, name], line: statement.line },
  });
  let known = selections.get(statement);
  if (known?.definition !== definition) {
    const items = [
      column(rowKeyName),
      ...definition.columns.map(({ name }) => column(name)),
      ...extra.map((expression): SelectItem => ({ kind: 'expression', alias: undefined, expression })),
    ];
    const body: Select = {
      kind: 'select',
      distinct: false,
      top: statement.top,
      items,
      into: undefined,
      from,
      where: statement.where,
      groupBy: undefined,
      having: undefined,
      line: statement.line,
    };
    known = {
      definition,
      query: { with: statement.with, body, orderBy: [], offset: undefined, fetch: undefined, maxRecursion: 100 },
    };
    selections.set(statement, known);
  }
  const { columns, rows } = evaluateQuery(bench, known.query);
  const width = definition.columns.length;
  const seen = new Set<Stored>();
  const found = rows.flatMap(row => {
    const key = row[0] ?? null;
    // Outer joins bring rows without a target; joins bring a target several times, of which one counts.
    if (key === null || seen.has(key)) return [];
    seen.add(key);
    return [{ key, before: row.slice(1, width + 1), extra: row.slice(width + 1) }];
  });
  return { columns: columns.slice(width + 1), rows: found };
}

/** UPDATE. */
export function runUpdate(bench: Bench, statement: Update): DmlResult {
  assertNoCommonTable(statement);
  const located = locate(bench, statement.target, statement.from, 'UPDATE');
  const { table, qualifier } = located;
  const sets = statement.sets.map(set => ({
    ...set,
    target: set.column === undefined ? undefined : updatedColumn(table, set.column, set.line),
  }));
  const repeated = sets.find(
    (set, index) => set.target && sets.findIndex(other => other.target === set.target) < index,
  );
  if (repeated)
    throw new CompileError(
      264,
      `The column name '${repeated.column}' is specified more than once in the SET clause or column list of an INSERT. A column cannot be assigned more than one value in the same clause.`,
      statement.line,
    );
  const expressions = sets.map(set => assignedExpression(set, qualifier));
  const found = findRows(bench, statement, located, expressions);
  const { definition } = table;
  const converts = sets.map((set, index) => {
    const from = found.columns[index];
    if (!set.target || !from || from.untyped) return (value: Stored) => value;
    return columnAssignment(bench, table, set.target, from.type, set.line);
  });
  const changes = found.rows.map(row => {
    const after = [...row.before];
    sets.forEach((set, index) => {
      if (!set.target) return;
      const value = assertNotNull(table, set.target, (converts[index] ?? (v => v))(row.extra[index] ?? null), 'UPDATE');
      after[definition.columns.indexOf(set.target)] = value;
    });
    return { key: row.key, before: row.before, after };
  });
  const changed = sets.flatMap(set => set.target ?? []);
  updateRows(
    bench,
    table,
    changes.map(({ key, after }): TableRow => ({ key, values: after })),
    changed,
  );
  assertConstraints(
    bench,
    table,
    changes.map(change => change.key),
    'UPDATE',
  );
  setVariables(bench, sets, found);
  return { count: changes.length, output: runOutput(bench, table, statement.output, changes) };
}

function updatedColumn({ definition }: FoundTable, name: string, line: number): ColumnDefinition {
  const column = findColumn(definition, name);
  if (!column) throw invalidColumn(name, line);
  if (column.identity) throw new CompileError(8102, `Cannot update identity column '${column.name}'.`, line);
  return column;
}

const assigned = new WeakMap<object, Expression>();

/** "x += 1" is "x = x + 1". */
function assignedExpression(
  set: Update['sets'][number] & { readonly target: ColumnDefinition | undefined },
  qualifier: readonly string[],
): Expression {
  if (set.value.kind === 'default') return columnDefault(set.target, set.line);
  if (set.operator === '=') return set.value;
  const known = assigned.get(set.value);
  if (known) return known;
  const left: Expression =
    set.column === undefined
      ? { kind: 'variable', name: set.variable ?? '', line: set.line }
      : { kind: 'column', parts: [...qualifier, set.column], line: set.line };
  const expression: Expression = {
    kind: 'arithmetic',
    operator: set.operator.charAt(0) as '+',
    left,
    right: set.value,
    line: set.line,
  };
  assigned.set(set.value, expression);
  return expression;
}

function setVariables(bench: Bench, sets: Update['sets'], found: FoundRows): void {
  const last = found.rows.at(-1);
  sets.forEach((set, index) => {
    const variable = set.variable === undefined ? undefined : bench.frame.variables.get(set.variable);
    if (!variable || !last) return;
    if (set.operator !== '=' && found.rows.length > 1)
      throw unsupported('UPDATE … SET @variable += … over several rows', set.line);
    variable.value = assignment(
      bench,
      found.columns[index]?.type ?? variable.type,
      variable.type,
      'cast',
      set.line,
    )(last.extra[index] ?? null);
  });
}

/** DELETE. */
export function runDelete(bench: Bench, statement: Delete): DmlResult {
  assertNoCommonTable(statement);
  const located = locate(bench, statement.target, statement.from, 'DELETE');
  const { rows } = findRows(bench, statement, located, []);
  const keys = rows.map(row => row.key);
  deleteRows(bench, located.table, keys);
  assertConstraints(bench, located.table, keys, 'DELETE');
  return {
    count: rows.length,
    output: runOutput(
      bench,
      located.table,
      statement.output,
      rows.map(row => ({ before: row.before, after: undefined })),
    ),
  };
}
