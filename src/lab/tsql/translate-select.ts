import { SqlError } from '../engine/contract.ts';
import {
  type Compiler,
  findSources,
  newScope,
  type OutputColumn,
  type Place,
  type Scope,
  sameName,
  type TranslatedQuery,
  type Typed,
} from './compiler.ts';
import { collate, comparable, convertTo, operation, strict } from './emit.ts';
import { CompileError, unsupported } from './errors.ts';
import { hasAggregate } from './has-aggregate.ts';
import type { CommonTable, Expression, OrderItem, Select, SelectItem, Top } from './syntax.ts';
import { translateCondition, translateExpression } from './translate-expression.ts';
import { type Translators, translateFrom } from './translate-from.ts';
import { bigint, float, isInteger, sameType } from './types.ts';

const translators: Translators = {
  query: (compiler, query, scope) => compiler.translateQuery(compiler, query, scope),
  expression: translateExpression,
  condition: translateCondition,
};

/** "c1, c2, …". */
export const columnNames = (count: number): string =>
  Array.from({ length: count }, (_, index) => `c${index + 1}`).join(', ');

/** Which output column an ORDER BY item names: by ordinal, or by name alone. */
export function outputIndex(item: OrderItem, columns: readonly { readonly name: string }[]): number | undefined {
  const { expression } = item;
  if (expression.kind === 'literal' && isInteger(expression.type) && expression.value !== null) {
    const ordinal = Number(expression.value);
    if (ordinal < 1 || ordinal > columns.length)
      throw new CompileError(
        108,
        `The ORDER BY position number ${ordinal} is out of range of the number of items in the select list.`,
        expression.line,
      );
    return ordinal - 1;
  }
  if (expression.kind !== 'column' || expression.parts.length !== 1) return undefined;
  const index = columns.findIndex(column => sameName(column.name, expression.parts[0] ?? ''));
  return index < 0 ? undefined : index;
}

interface SelectOptions {
  readonly scope: Scope | undefined;
  readonly orderBy: readonly OrderItem[];
  readonly offset?: Expression | undefined;
  readonly fetch?: Expression | undefined;
  readonly atTop?: boolean;
  /** The depth column of a recursive CTE. */
  readonly hiddenColumn?: { readonly table: string; readonly sql: (aliases: readonly string[]) => string };
  /** Types that the columns must have (the anchor's, in a recursive CTE). */
  readonly columnTypes?: readonly OutputColumn[];
  readonly recursiveTable?: CommonTable;
}

/** A column of a select list. */
export interface Item extends Typed {
  readonly name: string;
}

/** One SELECT as SQLite text. */
export function translateSelect(compiler: Compiler, select: Select, options: SelectOptions): TranslatedQuery {
  const scope = newScope(options.scope);
  const place: Place = { compiler, scope };
  const from = translateFrom(select.from, scope, compiler, translators);
  const where = select.where ? ` WHERE ${translateCondition(select.where, place)}` : '';
  const groupBy = openGrouping(select, options.orderBy, place);
  const having = select.having
    ? ` HAVING ${translateCondition(select.having, { ...place, clause: 'HAVING clause' })}`
    : '';
  const items = typedItems(
    select.items.flatMap(item => translateItem(item, place)),
    options,
    compiler,
  );
  const order = options.orderBy.map(item => orderKey(item, items, select, place));
  const hidden = options.hiddenColumn
    ? `, ${options.hiddenColumn.sql(aliasesOf(from, options.hiddenColumn.table))} AS c${items.length + 1}`
    : '';
  const list = items
    .map((item, index) => `${select.distinct ? comparable(item, 'equality') : item.sql} AS c${index + 1}`)
    .join(', ');
  const rest = `${from ? ` FROM ${from}` : ''}${where}${groupBy}${having}`;
  const columns: readonly OutputColumn[] = items.map(({ name, type, nullable, order: textOrder, untyped }) => ({
    name,
    type,
    nullable,
    order: textOrder,
    untyped,
  }));
  const { top } = select;
  if (top && (top.percent || top.withTies)) {
    return {
      sql: rankedTop(top, { list, rest, order, count: items.length, distinct: select.distinct }, place),
      columns,
      singleRow: false,
    };
  }
  const orderSql = order.length ? ` ORDER BY ${order.join(', ')}` : '';
  const limit = limitSql(top, options.offset, options.fetch, place);
  const isAggregate = scope.grouping !== undefined && select.groupBy === undefined;
  const isFirst = top?.count.kind === 'literal' && Number(top.count.value) <= 1;
  return {
    sql: `SELECT ${select.distinct ? 'DISTINCT ' : ''}${list}${hidden}${rest}${options.atTop || limit ? orderSql : ''}${limit}`,
    columns,
    singleRow: select.from.length === 0 || isAggregate || isFirst,
  };
}

/** "q1 AS t2" → t2: how the recursive part calls the CTE itself. */
const aliasesOf = (from: string, table: string): readonly string[] =>
  [...from.matchAll(new RegExp(`\\b${table} AS (t\\d+)`, 'g'))].map(match => match[1] ?? '');

function typedItems(
  items: readonly Item[],
  { columnTypes, recursiveTable }: SelectOptions,
  compiler: Compiler,
): readonly Item[] {
  if (!columnTypes) return items;
  if (items.length !== columnTypes.length) {
    throw new CompileError(
      205,
      'All queries combined using a UNION, INTERSECT or EXCEPT operator must have an equal number of expressions in their target lists.',
      recursiveTable?.line ?? 0,
    );
  }
  return items.map((item, index) => {
    const wanted = columnTypes[index]?.type ?? item.type;
    const isSameKind =
      item.untyped ||
      sameType(item.type, wanted) ||
      (isInteger(item.type) && isInteger(wanted) && item.literalDigits !== undefined);
    if (!isSameKind) {
      throw new CompileError(
        240,
        `Types don't match between the anchor and the recursive part in column "${columnTypes[index]?.name}" of recursive query "${recursiveTable?.name}".`,
        recursiveTable?.line ?? 0,
      );
    }
    return { ...convertTo(compiler, item, wanted), name: item.name };
  });
}

/** GROUP BY as SQLite text. From here on the scope knows which expressions stand for groups. */
function openGrouping(select: Select, orderBy: readonly OrderItem[], place: Place): string {
  const { scope } = place;
  const isGrouped =
    select.groupBy !== undefined ||
    select.having !== undefined ||
    select.items.some(item => item.kind !== 'star' && hasAggregate(item.expression)) ||
    orderBy.some(item => hasAggregate(item.expression));
  if (!isGrouped || !scope) return '';
  const keys = (select.groupBy ?? []).map(item => {
    if (item.kind === 'literal')
      throw new CompileError(
        164,
        'Each GROUP BY expression must contain at least one column that is not an outer reference.',
        item.line,
        15,
      );
    if (hasAggregate(item))
      throw new CompileError(
        144,
        'Cannot use an aggregate or a subquery in an expression used for the group by list of a GROUP BY clause.',
        item.line,
        15,
      );
    return translateExpression(item, place);
  });
  scope.grouping = { keys: new Set(keys.map(key => key.sql)), insideAggregate: 0 };
  return keys.length === 0 ? '' : ` GROUP BY ${keys.map(key => comparable(key, 'equality')).join(', ')}`;
}

/** One item of a select list; * gives several columns. */
export function translateItem(item: SelectItem, place: Place): readonly Item[] {
  switch (item.kind) {
    case 'star':
      return expandStar(item.qualifier, place, item.line);
    case 'assign':
    case 'expression': {
      const typed = translateExpression(item.expression, { ...place, clause: 'select list' });
      const own = item.expression.kind === 'column' ? (item.expression.parts.at(-1) ?? '') : '';
      return [
        { ...typed, name: item.kind === 'assign' ? '' : (item.alias ?? columnName(item.expression, place) ?? own) },
      ];
    }
  }
}

/** A column keeps the name it was defined with, whatever case the query wrote it in. */
function columnName(expression: Expression, { scope }: Place): string | undefined {
  if (expression.kind !== 'column') return undefined;
  const name = expression.parts.at(-1) ?? '';
  for (let at = scope; at; at = at.parent) {
    for (const source of at.sources) {
      const found = source.columns.find(column => sameName(column.name, name));
      if (found) return found.name;
    }
  }
  return undefined;
}

function expandStar(qualifier: readonly string[], place: Place, line: number): readonly Item[] {
  const { scope } = place;
  const sources = !scope ? [] : qualifier.length ? findSources(scope, qualifier) : scope.sources;
  if (sources.length === 0) {
    if (qualifier.length)
      throw new CompileError(
        107,
        `The column prefix '${qualifier.join('.')}' does not match with a table name or alias name used in the query.`,
        line,
        15,
        3,
      );
    throw new CompileError(263, 'Must specify table to select from.', line);
  }
  return sources.flatMap(source =>
    source.columns
      .filter(column => !column.hidden)
      .map(column => {
        const grouping = scope?.grouping;
        if (grouping && !grouping.keys.has(column.sql)) {
          throw new CompileError(
            8120,
            `Column '${column.name}' is invalid in the select list because it is not contained in either an aggregate function or the GROUP BY clause.`,
            line,
          );
        }
        return {
          sql: column.sql,
          type: column.type,
          nullable: column.nullable,
          order: column.order,
          name: column.name,
        };
      }),
  );
}

function orderKey(item: OrderItem, items: readonly Item[], select: Select, place: Place): string {
  const direction = item.descending ? ' DESC' : '';
  const index = outputIndex(item, items);
  const output = index === undefined ? undefined : items[index];
  if (output) return `c${(index ?? 0) + 1}${collate(output.type, output.order)}${direction}`;
  const key = translateExpression(item.expression, { ...place, clause: 'ORDER BY clause' });
  const listed = items.findIndex(candidate => candidate.sql === key.sql);
  if (listed >= 0) return `c${listed + 1}${collate(key.type, key.order)}${direction}`;
  if (select.distinct)
    throw new CompileError(
      145,
      'ORDER BY items must appear in the select list if SELECT DISTINCT is specified.',
      item.expression.line,
      15,
    );
  return `${comparable(key)}${direction}`;
}

/** A row count of TOP or FETCH: not NULL, not negative. */
function rowCount(expression: Expression, place: Place): string {
  const value = convertTo(
    place.compiler,
    translateExpression(expression, { compiler: place.compiler, scope: undefined }),
    bigint,
    { explicit: true, line: expression.line },
  );
  return operation(
    'row count',
    () =>
      ([count = null]) => {
        if (count === null)
          throw new SqlError(
            1060,
            'The number of rows provided for a TOP or FETCH clauses row count parameter must be an integer.',
          );
        if (Number(count) < 0) throw new SqlError(1014, 'A TOP or FETCH clause contains an invalid value.');
        return count;
      },
    [value.sql],
  );
}

/** TOP, OFFSET and FETCH as LIMIT. Throws 10741. */
export function limitSql(
  top: Top | undefined,
  offset: Expression | undefined,
  fetch: Expression | undefined,
  place: Place,
): string {
  if (top && offset)
    throw new CompileError(10741, 'A TOP can not be used in the same query or sub-query as a OFFSET.', offset.line, 15);
  if (top) return ` LIMIT ${rowCount(top.count, place)}`;
  if (!offset) return '';
  return ` LIMIT ${fetch ? rowCount(fetch, place) : '-1'} OFFSET ${rowCount(offset, place)}`;
}

interface RankedParts {
  readonly list: string;
  readonly rest: string;
  readonly order: readonly string[];
  readonly count: number;
  readonly distinct: boolean;
}

/** TOP … PERCENT and WITH TIES need every row's place before they can choose. */
function rankedTop(top: Top, parts: RankedParts, place: Place): string {
  if (parts.distinct) throw unsupported('DISTINCT together with TOP … PERCENT or WITH TIES', top.count.line);
  if (top.withTies && parts.order.length === 0)
    throw new CompileError(
      1062,
      'The TOP N WITH TIES clause is not allowed without a corresponding ORDER BY clause.',
      top.count.line,
    );
  const columns = columnNames(parts.count);
  const inner = `SELECT ${parts.list}${parts.rest}`;
  const order = parts.order.length ? `ORDER BY ${parts.order.join(', ')}` : '';
  const outside = parts.order.every(key => /^c\d+\b/.test(key));
  if (!outside)
    throw unsupported('TOP … PERCENT or WITH TIES ordered by something that is not in the select list', top.count.line);
  const rank = top.withTies ? 'rank()' : 'row_number()';
  const limit = top.percent ? percentOf(top.count, place) : rowCount(top.count, place);
  return `SELECT ${columns} FROM (SELECT *, ${rank} OVER (${order}) AS place, row_number() OVER (${order}) AS line, count(*) OVER () AS total FROM (${inner})) WHERE place <= ${limit} ORDER BY line`;
}

function percentOf(expression: Expression, place: Place): string {
  const percent = convertTo(
    place.compiler,
    translateExpression(expression, { compiler: place.compiler, scope: undefined }),
    float,
    { explicit: true },
  );
  return operation(
    'percent of rows',
    () =>
      strict(([share, total]) => {
        if (Number(share) < 0 || Number(share) > 100)
          throw new SqlError(1031, 'Percent values must be between 0 and 100.', 15);
        return Math.ceil((Number(share) * Number(total)) / 100);
      }),
    [percent.sql, 'total'],
  );
}
