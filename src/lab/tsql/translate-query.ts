import { SqlError } from '../engine/contract.ts';
import {
  type CommonTableAccess,
  Compiler,
  type Names,
  type OutputColumn,
  type Place,
  type Scope,
  sameName,
  type TranslatedQuery,
  type Typed,
} from './compiler.ts';
import { collate, meetingOrder, operation, strict, toCommonType } from './emit.ts';
import { CompileError, unsupported } from './errors.ts';
import type { CommonTable, Expression, Query, QueryBody, Select } from './syntax.ts';
import { translateExpression } from './translate-expression.ts';
import { renamed } from './translate-from.ts';
import { columnNames, limitSql, outputIndex, translateSelect } from './translate-select.ts';
import { isCharacter } from './types.ts';

/** A compiler for one statement of a session. */
export const newCompiler = (names: Names): Compiler => new Compiler(names, translateInner);

/** The query of a statement: ORDER BY is always allowed. */
export function translateStatementQuery(compiler: Compiler, query: Query): TranslatedQuery {
  return translateWith(compiler, query, undefined, true);
}

/** A subquery, derived table or CTE: its order matters only with TOP or OFFSET. */
function translateInner(compiler: Compiler, query: Query, scope: Scope | undefined): TranslatedQuery {
  const hasTop = query.body.kind === 'select' && query.body.top !== undefined;
  if (query.orderBy.length > 0 && !hasTop && !query.offset) {
    throw new CompileError(
      1033,
      'The ORDER BY clause is invalid in views, inline functions, derived tables, subqueries, and common table expressions, unless TOP, OFFSET or FOR XML is also specified.',
      query.orderBy[0]?.expression.line ?? 0,
      15,
    );
  }
  return translateWith(compiler, query, scope, false);
}

function translateWith(compiler: Compiler, query: Query, scope: Scope | undefined, atTop: boolean): TranslatedQuery {
  const outer = compiler.commonTables;
  const definitions = query.with.map(table => defineCommonTable(compiler, table, scope, query.maxRecursion));
  const result = translateOrdered(compiler, query, scope, atTop);
  compiler.commonTables = outer;
  return definitions.length === 0
    ? result
    : { ...result, sql: `WITH RECURSIVE ${definitions.join(', ')} ${result.sql}` };
}

function defineCommonTable(
  compiler: Compiler,
  table: CommonTable,
  scope: Scope | undefined,
  maxRecursion: number,
): string {
  const sqlName = `q${compiler.newAlias()}`;
  const register = (columns: readonly OutputColumn[], recursive: boolean): void => {
    const entry: CommonTableAccess = {
      name: table.name,
      sqlName,
      columns: renamed(columns, table.columns, table.name, table.line),
      recursive,
    };
    compiler.commonTables = [...compiler.commonTables, entry];
  };
  const { body } = table.query;
  if (body.kind === 'set' && body.operator === 'UNION ALL' && mentions(body.right, table.name)) {
    return defineRecursive(compiler, table, {
      anchor: body.left,
      step: body.right,
      sqlName,
      scope,
      maxRecursion,
      register,
    });
  }
  const { sql, columns } = translateInner(compiler, table.query, scope);
  register(columns, false);
  return `${sqlName}(${columnNames(columns.length)}) AS (${sql})`;
}

interface Recursion {
  readonly anchor: QueryBody;
  readonly step: QueryBody;
  readonly sqlName: string;
  readonly scope: Scope | undefined;
  readonly maxRecursion: number;
  readonly register: (columns: readonly OutputColumn[], recursive: boolean) => void;
}

/** A hidden last column counts the depth, so that MAXRECURSION ends what would never end. */
function defineRecursive(compiler: Compiler, table: CommonTable, recursion: Recursion): string {
  const { anchor, step, sqlName, scope, maxRecursion, register } = recursion;
  if (step.kind !== 'select')
    throw unsupported('a recursive common table expression whose recursive part is not a single SELECT', table.line);
  const start = translateBody(compiler, anchor, scope);
  const depth = `c${start.columns.length + 1}`;
  register(start.columns, true);
  const deeper = (aliases: readonly string[]): string => {
    const [alias] = aliases;
    if (!alias || aliases.length > 1)
      throw new CompileError(
        253,
        `Recursive member of a common table expression '${table.name}' has multiple recursive references.`,
        table.line,
      );
    const next = strict(([value, limit]) => {
      if (Number(limit) > 0 && Number(value) >= Number(limit)) {
        throw new SqlError(
          530,
          `The statement terminated. The maximum recursion ${limit} has been exhausted before statement completion.`,
        );
      }
      return Number(value) + 1;
    });
    return operation('recursion depth', () => next, [`${alias}.${depth}`, String(maxRecursion)]);
  };
  const again = translateSelect(compiler, step, {
    scope,
    orderBy: [],
    hiddenColumn: { table: sqlName, sql: deeper },
    columnTypes: start.columns,
    recursiveTable: table,
  });
  return `${sqlName}(${columnNames(start.columns.length + 1)}) AS (SELECT ${columnNames(start.columns.length)}, 0 FROM (${start.sql}) UNION ALL ${again.sql})`;
}

/** Whether a query reads a table of that name in its FROM. */
function mentions(body: QueryBody, name: string): boolean {
  if (body.kind === 'values') return false;
  if (body.kind === 'set') return mentions(body.left, name) || mentions(body.right, name);
  const inSource = (source: Select['from'][number]): boolean => {
    switch (source.kind) {
      case 'table':
        return source.name.length === 1 && sameName(source.name[0] ?? '', name);
      case 'join':
      case 'apply':
        return inSource(source.left) || inSource(source.right);
      case 'derived':
        return mentions(source.query.body, name);
      default:
        return false;
    }
  };
  return body.from.some(inSource);
}

function translateOrdered(compiler: Compiler, query: Query, scope: Scope | undefined, atTop: boolean): TranslatedQuery {
  const { body, orderBy, offset, fetch } = query;
  if (body.kind === 'select') {
    return translateSelect(compiler, body, { scope, orderBy, offset, fetch, atTop });
  }
  const result = translateBody(compiler, body, scope);
  if (orderBy.length === 0) return result;
  const place: Place = { compiler, scope };
  const keys = orderBy.map(item => {
    const index = outputIndex(item, result.columns);
    const column = index === undefined ? undefined : result.columns[index];
    if (!column)
      throw new CompileError(
        104,
        'ORDER BY items must appear in the select list if the statement contains a UNION, INTERSECT or EXCEPT operator.',
        item.expression.line,
      );
    return `c${(index ?? 0) + 1}${collate(column.type, column.order)}${item.descending ? ' DESC' : ''}`;
  });
  return {
    ...result,
    sql: `SELECT * FROM (${result.sql}) ORDER BY ${keys.join(', ')}${limitSql(undefined, offset, fetch, place)}`,
  };
}

function translateBody(compiler: Compiler, body: QueryBody, scope: Scope | undefined): TranslatedQuery {
  switch (body.kind) {
    case 'select':
      return translateSelect(compiler, body, { scope, orderBy: [] });
    case 'values':
      return translateValues(compiler, body.rows, scope, body.line);
    case 'set':
      return translateSet(compiler, body, scope);
  }
}

function translateValues(
  compiler: Compiler,
  rows: readonly (readonly Expression[])[],
  scope: Scope | undefined,
  line: number,
): TranslatedQuery {
  const place: Place = { compiler, scope };
  const values = rows.map(row => row.map(item => translateExpression(item, place)));
  const columns = (values[0] ?? []).map((_, index) => {
    const cells = values.map(row => row[index]).filter(cell => cell !== undefined);
    return {
      untyped: cells.every(cell => cell.untyped),
      cells: toCommonType(compiler, cells, line),
      order: cells[0] && isCharacter(cells[0].type) ? meetingOrder(cells, line) : undefined,
    };
  });
  const texts = values.map((_, row) => `(${columns.map(column => column.cells.values[row]?.sql).join(', ')})`);
  const names = columns.map((_, index) => `column${index + 1} AS c${index + 1}`);
  return {
    sql: `SELECT ${names.join(', ')} FROM (VALUES ${texts.join(', ')})`,
    columns: columns.map(column => ({
      name: '',
      type: column.cells.type,
      nullable: column.cells.values.some(cell => cell.nullable),
      order: column.order,
      untyped: column.untyped,
    })),
    singleRow: rows.length === 1,
  };
}

function translateSet(
  compiler: Compiler,
  body: Extract<QueryBody, { kind: 'set' }>,
  scope: Scope | undefined,
): TranslatedQuery {
  const left = translateBody(compiler, body.left, scope);
  const right = translateBody(compiler, body.right, scope);
  if (left.columns.length !== right.columns.length) {
    throw new CompileError(
      205,
      'All queries combined using a UNION, INTERSECT or EXCEPT operator must have an equal number of expressions in their target lists.',
      body.line,
    );
  }
  const pairs = left.columns.map((column, index) => {
    const other = right.columns[index] ?? column;
    const values: readonly Typed[] = [
      { ...column, sql: `c${index + 1}` },
      { ...other, sql: `c${index + 1}` },
    ];
    const common = toCommonType(compiler, values, body.line);
    return {
      column,
      common,
      order: isCharacter(common.type) ? meetingOrder(values, body.line) : undefined,
      nullable: column.nullable || other.nullable,
    };
  });
  // UNION ALL compares nothing; the others compare under the left side's collations.
  const select = (side: 0 | 1): string =>
    pairs
      .map(
        ({ common, order }, index) =>
          `${common.values[side]?.sql}${body.operator === 'UNION ALL' ? '' : collate(common.type, order, 'equality')} AS c${index + 1}`,
      )
      .join(', ');
  return {
    sql: `SELECT ${select(0)} FROM (${left.sql}) ${body.operator} SELECT ${select(1)} FROM (${right.sql})`,
    columns: pairs.map(({ column, common, order, nullable }) => ({
      name: column.name,
      type: common.type,
      nullable,
      order,
      untyped: column.untyped && common.values.every(value => value.untyped),
    })),
    singleRow: false,
  };
}
