import type { Place, Typed } from '../compiler.ts';
import { comparable, convertTo } from '../emit.ts';
import { CompileError, wrongArgumentCount } from '../errors.ts';
import type { CallExpression, Expression, OrderItem, Window } from '../syntax.ts';
import { bigint, float, int } from '../types.ts';

/** Functions that exist only over a window. */
export const rankingNames: ReadonlySet<string> = new Set([
  'ROW_NUMBER',
  'RANK',
  'DENSE_RANK',
  'NTILE',
  'PERCENT_RANK',
  'CUME_DIST',
  'LAG',
  'LEAD',
  'FIRST_VALUE',
  'LAST_VALUE',
]);

/** The expression translator, handed in. */
export type Translate = (expression: Expression, place: Place) => Typed;

/** The one argument a function takes. Throws 174. */
export function onlyArgument(call: CallExpression): Expression {
  const [argument, ...more] = call.arguments;
  if (!argument || more.length > 0 || call.star) throw wrongArgumentCount(call.name, '1', call.line);
  return argument;
}

/** An ORDER BY list as SQLite text. */
export function orderSql(items: readonly OrderItem[], place: Place, translate: Translate): string {
  return items
    .map(item => `${comparable(translate(item.expression, place))}${item.descending ? ' DESC' : ''}`)
    .join(', ');
}

/** OVER (…) as SQLite text. */
export function windowSql(window: Window, place: Place, translate: Translate): string {
  const partition = window.partitionBy.length
    ? `PARTITION BY ${window.partitionBy.map(item => comparable(translate(item, place), 'equality')).join(', ')}`
    : '';
  const order = window.orderBy.length ? `ORDER BY ${orderSql(window.orderBy, place, translate)}` : '';
  return `OVER (${[partition, order, window.frame].filter(part => part !== '').join(' ')})`;
}

/** ROW_NUMBER, RANK, LAG and the like. */
export function translateRanking(call: CallExpression, place: Place, translate: Translate): Typed {
  if (!call.over) throw new CompileError(10753, `The function '${call.name}' must have an OVER clause.`, call.line, 15);
  if (call.over.orderBy.length === 0)
    throw new CompileError(4112, `The function '${call.name}' must have an OVER clause with ORDER BY.`, call.line);
  const over = windowSql(call.over, place, translate);
  const [first, second, third] = call.arguments;
  switch (call.name) {
    case 'ROW_NUMBER':
    case 'RANK':
    case 'DENSE_RANK':
      return { sql: `${call.name.toLowerCase()}() ${over}`, type: bigint, nullable: false };
    case 'PERCENT_RANK':
    case 'CUME_DIST':
      return { sql: `${call.name.toLowerCase()}() ${over}`, type: float, nullable: false };
    case 'NTILE':
      return {
        sql: `ntile(${convertTo(place.compiler, translate(onlyArgument(call), place), bigint).sql}) ${over}`,
        type: bigint,
        nullable: false,
      };
    case 'FIRST_VALUE':
    case 'LAST_VALUE': {
      const value = translate(onlyArgument(call), place);
      return {
        ...value,
        sql: `${call.name.toLowerCase()}(${value.sql}) ${over}`,
        nullable: true,
        literalDigits: undefined,
      };
    }
    default: {
      if (!first) throw wrongArgumentCount(call.name, '1 to 3', call.line);
      const value = translate(first, place);
      const offset = second ? convertTo(place.compiler, translate(second, place), int, { line: call.line }).sql : '1';
      const otherwise = third
        ? `, ${convertTo(place.compiler, translate(third, place), value.type, { line: call.line }).sql}`
        : '';
      return {
        ...value,
        sql: `${call.name.toLowerCase()}(${value.sql}, ${offset}${otherwise}) ${over}`,
        nullable: true,
        literalDigits: undefined,
      };
    }
  }
}
