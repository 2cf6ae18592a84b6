import { SqlError } from '../../engine/contract.ts';
import type { SqlType } from '../../values.ts';
import type { Place, Typed } from '../compiler.ts';
import { narrow } from '../convert-number.ts';
import { fitsPrecision, formatDecimal, powerOfTen, rescale, toDecimal } from '../decimal.ts';
import { aggregateCall, comparable, convertTo, operation, strict } from '../emit.ts';
import { CompileError, overflowFrom, overflowTo, unsupported, wrongArgumentCount } from '../errors.ts';
import type { Aggregate } from '../operations.ts';
import type { CallExpression } from '../syntax.ts';
import {
  asDecimalType,
  bigint,
  type DecimalType,
  float,
  int,
  isApproximate,
  isCharacter,
  isDecimal,
  isInteger,
  isNumber,
  isUnicode,
  nvarchar,
  type Stored,
  typeName,
  typeText,
  varchar,
} from '../types.ts';
import { onlyArgument, orderSql, type Translate, windowSql } from './windows.ts';

/** Aggregates the lab has. */
export const aggregateNames: ReadonlySet<string> = new Set([
  'COUNT',
  'COUNT_BIG',
  'SUM',
  'AVG',
  'MIN',
  'MAX',
  'STRING_AGG',
  'STDEV',
  'STDEVP',
  'VAR',
  'VARP',
]);

/** Aggregates and window functions that the lab refuses by name. */
export const refusedAggregates: ReadonlySet<string> = new Set([
  'CHECKSUM_AGG',
  'APPROX_COUNT_DISTINCT',
  'GROUPING',
  'GROUPING_ID',
  'PERCENTILE_CONT',
  'PERCENTILE_DISC',
]);

/** An aggregate, over the group or over a window. Throws 147, 130, 8117. */
export function translateAggregate(call: CallExpression, place: Place, translate: Translate): Typed {
  const grouping = place.scope?.grouping;
  if (!call.over && !grouping) {
    throw new CompileError(
      147,
      'An aggregate may not appear in the WHERE clause unless it is in a subquery contained in a HAVING clause or a select list, and the column being aggregated is an outer reference.',
      call.line,
      15,
    );
  }
  if (call.over && call.distinct)
    throw new CompileError(10759, 'Use of DISTINCT is not allowed with the OVER clause.', call.line, 15);
  if (grouping && !call.over) {
    if (grouping.insideAggregate > 0)
      throw new CompileError(
        130,
        'Cannot perform an aggregate function on an expression containing an aggregate or a subquery.',
        call.line,
        15,
      );
    grouping.insideAggregate++;
  }
  try {
    return aggregate(call, place, translate);
  } finally {
    if (grouping && !call.over) grouping.insideAggregate--;
  }
}

function aggregate(call: CallExpression, place: Place, translate: Translate): Typed {
  const over = call.over ? ` ${windowSql(call.over, place, translate)}` : '';
  const counts = call.name === 'COUNT' ? int : bigint;
  if (call.name === 'COUNT' || call.name === 'COUNT_BIG') {
    if (call.star) return { sql: `count(*)${over}`, type: counts, nullable: false };
    const value = translate(onlyArgument(call), place);
    return {
      sql: `count(${call.distinct ? `DISTINCT ${comparable(value, 'equality')}` : value.sql})${over}`,
      type: counts,
      nullable: false,
    };
  }
  if (call.name === 'STRING_AGG') return stringAggregate(call, place, translate);
  const value = translate(onlyArgument(call), place);
  if (value.untyped)
    throw new CompileError(
      8117,
      `Operand data type NULL is invalid for ${call.name.toLowerCase()} operator.`,
      call.line,
    );
  switch (call.name) {
    case 'MIN':
    case 'MAX':
      if (value.type.name === 'bit') throw invalidOperand(value.type, call);
      return {
        ...value,
        sql: `${call.name.toLowerCase()}(${comparable(value)})${over}`,
        nullable: true,
        literalDigits: undefined,
      };
    case 'SUM':
      return sum(value, call, over);
    case 'AVG':
      return average(value, call, over);
    default:
      return spread(value, call, place, over);
  }
}

const invalidOperand = (type: SqlType, call: CallExpression): CompileError =>
  new CompileError(
    8117,
    `Operand data type ${typeName(type)} is invalid for ${call.name.toLowerCase()} operator.`,
    call.line,
  );

function sum(value: Typed, call: CallExpression, over: string): Typed {
  const { type } = value;
  if (!isNumber(type) || type.name === 'bit') throw invalidOperand(type, call);
  const distinct = call.distinct ? 'DISTINCT ' : '';
  if (isApproximate(type))
    return { sql: `sum(${distinct}CAST(${value.sql} AS REAL))${over}`, type: float, nullable: true };
  if (isInteger(type)) {
    const result = type.name === 'bigint' ? bigint : int;
    return { sql: fitInteger(`${exactSum(value.sql, call.distinct)}${over}`, result), type: result, nullable: true };
  }
  const result: SqlType = isDecimal(type) ? { name: 'numeric', precision: 38, scale: type.scale } : type;
  return {
    sql: operation(`fit ${typeText(result)}`, () => strict(([total]) => fitted(String(total), result)), [
      `${exactSum(value.sql, call.distinct)}${over}`,
    ]),
    type: result,
    nullable: true,
  };
}

function fitted(total: string, type: SqlType): string {
  const exact = asDecimalType(type);
  const value = rescale(toDecimal(total), exact.scale);
  if (!fitsPrecision(value, exact.precision)) throw overflowFrom('expression', typeName(type));
  return formatDecimal(value);
}

const integerLimits: Readonly<Record<string, bigint>> = { int: 2n ** 31n, bigint: 2n ** 63n };

function fitInteger(sql: string, type: SqlType): string {
  const limit = integerLimits[type.name] ?? 2n ** 31n;
  return operation(
    `sum to ${type.name}`,
    () =>
      strict(([total]) => {
        const value = BigInt(String(total));
        if (value >= limit || value < -limit) throw overflowTo(type.name);
        return narrow(value);
      }),
    [sql],
  );
}

interface Total {
  readonly unscaled: bigint;
  readonly scale: number;
  readonly count: number;
}

/** Sums exactly, as decimal text; NULL for no rows. DISTINCT is kept by value. */
function exactSum(sql: string, distinct: boolean): string {
  return aggregateCall(
    `sum exact ${distinct}`,
    () => (distinct ? distinctTotals(formatDecimal) : totals(formatDecimal)) as Aggregate,
    [sql],
  );
}

const nothing: Total = { unscaled: 0n, scale: 0, count: 0 };

function accumulate(total: Total, value: Stored, sign: 1n | -1n): Total {
  if (value === null) return total;
  const added = toDecimal(value as string);
  const scale = Math.max(total.scale, added.scale);
  const unscaled =
    total.unscaled * powerOfTen(scale - total.scale) + sign * added.unscaled * powerOfTen(scale - added.scale);
  return { unscaled, scale, count: total.count + Number(sign) };
}

function totals(finish: (total: Total) => Stored): Aggregate<Total> {
  return {
    start: () => nothing,
    step: (total, [value = null]) => accumulate(total, value, 1n),
    inverse: (total, [value = null]) => accumulate(total, value, -1n),
    result: total => (total.count === 0 ? null : finish(total)),
  };
}

function distinctTotals(finish: (total: Total) => Stored): Aggregate<{ readonly seen: Set<string>; total: Total }> {
  return {
    start: () => ({ seen: new Set<string>(), total: nothing }),
    step: (state, [value = null]) => {
      if (value === null) return state;
      const { unscaled, scale } = toDecimal(value as string);
      const key = formatDecimal({ unscaled, scale })
        .replace(/(\.\d*?)0+$/, '$1')
        .replace(/\.$/, '');
      if (state.seen.has(key)) return state;
      state.seen.add(key);
      return { ...state, total: accumulate(state.total, value, 1n) };
    },
    result: ({ total }) => (total.count === 0 ? null : finish(total)),
  };
}

function average(value: Typed, call: CallExpression, over: string): Typed {
  const { type } = value;
  if (!isNumber(type) || type.name === 'bit') throw invalidOperand(type, call);
  if (isApproximate(type))
    return {
      sql: `avg(${call.distinct ? 'DISTINCT ' : ''}CAST(${value.sql} AS REAL))${over}`,
      type: float,
      nullable: true,
    };
  const result: SqlType = isInteger(type)
    ? type.name === 'bigint'
      ? bigint
      : int
    : type.name === 'money'
      ? type
      : averageType(asDecimalType(type));
  const scale = isDecimal(result) ? result.scale : result.name === 'money' ? 4 : 0;
  const finish = (total: Total): Stored => {
    const extra = powerOfTen(Math.max(0, scale - total.scale));
    const mean = { unscaled: (total.unscaled * extra) / BigInt(total.count), scale: Math.max(scale, total.scale) };
    const text = formatDecimal(rescale(mean, scale, 'truncate'));
    return isInteger(result) ? narrow(BigInt(text)) : text;
  };
  const key = `avg ${typeText(result)} ${call.distinct}`;
  return {
    sql: `${aggregateCall(key, () => (call.distinct ? distinctTotals(finish) : totals(finish)) as Aggregate, [value.sql])}${over}`,
    type: result,
    nullable: true,
  };
}

const averageType = (type: DecimalType): DecimalType => ({
  name: 'numeric',
  precision: 38,
  scale: Math.max(6, type.scale),
});

interface Moments {
  readonly count: number;
  readonly sum: number;
  readonly squares: number;
}

/** STDEV, STDEVP, VAR and VARP. */
function spread(value: Typed, call: CallExpression, place: Place, over: string): Typed {
  if (!isNumber(value.type)) throw invalidOperand(value.type, call);
  if (call.distinct) throw unsupported(`${call.name}(DISTINCT …)`, call.line);
  const isSample = call.name === 'STDEV' || call.name === 'VAR';
  const isRoot = call.name.startsWith('STDEV');
  const move = (state: Moments, given: Stored | undefined, sign: 1 | -1): Moments => {
    if (given === null || given === undefined) return state;
    const x = Number(given);
    return { count: state.count + sign, sum: state.sum + sign * x, squares: state.squares + sign * x * x };
  };
  const make = (): Aggregate<Moments> => ({
    start: () => ({ count: 0, sum: 0, squares: 0 }),
    step: (state, [given]) => move(state, given, 1),
    inverse: (state, [given]) => move(state, given, -1),
    result: ({ count, sum: total, squares }) => {
      const divisor = isSample ? count - 1 : count;
      if (divisor <= 0) return null;
      const variance = Math.max(0, (squares - (total * total) / count) / divisor);
      return isRoot ? Math.sqrt(variance) : variance;
    },
  });
  return {
    sql: `${aggregateCall(call.name, make, [convertTo(place.compiler, value, float).sql])}${over}`,
    type: float,
    nullable: true,
  };
}

function stringAggregate(call: CallExpression, place: Place, translate: Translate): Typed {
  if (call.over)
    throw new CompileError(
      4113,
      "The function 'STRING_AGG' is not a valid windowing function, and cannot be used with the OVER clause.",
      call.line,
    );
  if (call.distinct) throw unsupported('STRING_AGG(DISTINCT …)', call.line);
  const [given, separator] = call.arguments;
  if (!given || !separator || call.arguments.length !== 2) throw wrongArgumentCount('STRING_AGG', '2', call.line);
  const translated = translate(given, place);
  const value = isCharacter(translated.type)
    ? translated
    : convertTo(place.compiler, translated, nvarchar(4000), { line: call.line });
  const isMax = isCharacter(value.type) && value.type.length === 'max';
  const limit = isMax ? 'max' : isUnicode(value.type) ? 4000 : 8000;
  const type = isUnicode(value.type) ? nvarchar(limit) : varchar(limit);
  const order = call.withinGroup?.length ? ` ORDER BY ${orderSql(call.withinGroup, place, translate)}` : '';
  const joined = `group_concat(${value.sql}, ${translate(separator, place).sql}${order})`;
  const fit = strict(([text]) => {
    if (limit !== 'max' && String(text).length > limit)
      throw new SqlError(
        9829,
        'STRING_AGG aggregation result exceeded the limit of 8000 bytes. Use LOB types to avoid result truncation.',
      );
    return text ?? null;
  });
  return { sql: operation(`string_agg ${limit}`, () => fit, [joined]), type, nullable: true };
}
