import type { SqlType } from '../values.ts';
import type { Compiler, Typed } from './compiler.ts';
import { daysSince1900, momentOfDays } from './convert-moment.ts';
import { fitsInteger, narrow } from './convert-number.ts';
import { formatMoment, isInRange, readMoment, roundMoment, ticksPerDay } from './datetime.ts';
import { type Decimal, fitsPrecision, formatDecimal, powerOfTen, rescale, toDecimal } from './decimal.ts';
import { convertTo, meetingOrder, operation, strict } from './emit.ts';
import {
  dateOutOfRange,
  divideByZero,
  invalidOperands,
  operandClash,
  outOfRangeValue,
  overflowFrom,
  overflowTo,
} from './errors.ts';
import type { ArithmeticOperator } from './syntax.ts';
import {
  asDecimalType,
  type CharacterType,
  type DecimalType,
  decimalResult,
  isApproximate,
  isBinary,
  isCharacter,
  isExactText,
  isInteger,
  isMoment,
  isNumber,
  isOldDatetime,
  isUnicode,
  type Stored,
  typeName,
  typeText,
  unify,
} from './types.ts';

const operatorNames: Readonly<Record<ArithmeticOperator, string>> = {
  '+': 'add',
  '-': 'subtract',
  '*': 'multiply',
  '/': 'divide',
  '%': 'modulo',
  '&': "'&'",
  '|': "'|'",
  '^': "'^'",
};

/** a operator b, with T-SQL's result type, overflow and division rules. */
export function arithmetic(
  compiler: Compiler,
  operator: ArithmeticOperator,
  left: Typed,
  right: Typed,
  line: number,
): Typed {
  const refuse = () => invalidOperands(typeName(left.type), typeName(right.type), operatorNames[operator], line);
  const [a, b] = [
    left.untyped ? { ...left, type: right.type } : left,
    right.untyped ? { ...right, type: left.type } : right,
  ];
  const nullable = left.nullable || right.nullable;
  if (operator === '+' && isCharacter(a.type) && isCharacter(b.type)) return concatenate(a, b, line);
  if (operator === '+' && isBinary(a.type) && isBinary(b.type)) return joinBytes(a, b);
  if (isMoment(a.type) || isMoment(b.type)) return momentArithmetic(compiler, operator, a, b, line);
  const common = unify(a.type, b.type);
  if (!isNumber(common) || (isBinary(a.type) && isBinary(b.type))) throw refuse();
  if (operator === '&' || operator === '|' || operator === '^') {
    if (!isInteger(common)) throw refuse();
    return {
      sql: bitwise(
        operator,
        convertTo(compiler, a, common, { line }).sql,
        convertTo(compiler, b, common, { line }).sql,
      ),
      type: common,
      nullable,
    };
  }
  if (common.name === 'bit') throw refuse();
  if (isApproximate(common)) {
    if (operator === '%') throw refuse();
    const operands = [a, b].map(value => convertTo(compiler, value, common, { line }).sql);
    return {
      sql: operation(`float ${operator} ${common.name}`, () => floatOperation(operator, common), operands),
      type: common,
      nullable,
    };
  }
  if (isInteger(common)) {
    const operands = [a, b].map(value => convertTo(compiler, value, common, { line }).sql);
    return {
      sql: operation(`integer ${operator} ${common.name}`, () => integerOperation(operator, common), operands),
      type: common,
      nullable,
    };
  }
  return exactArithmetic(compiler, operator, a, b, common, line);
}

function bitwise(operator: '&' | '|' | '^', a: string, b: string): string {
  return operator === '^' ? `((${a} | ${b}) - (${a} & ${b}))` : `(${a} ${operator} ${b})`;
}

const limits: Readonly<Record<string, readonly [number, number]>> = {
  tinyint: [0, 255],
  smallint: [-32_768, 32_767],
  int: [-2_147_483_648, 2_147_483_647],
};

function integerOperation(operator: '+' | '-' | '*' | '/' | '%', type: SqlType) {
  const limit = limits[type.name];
  return strict(([a = 0, b = 0]) => {
    if ((operator === '/' || operator === '%') && Number(b) === 0) throw divideByZero();
    if (limit && typeof a === 'number' && typeof b === 'number') {
      const result = smallInteger(operator, a, b);
      if (result >= limit[0] && result <= limit[1]) return result;
      throw overflowTo(type.name);
    }
    const result = bigInteger(operator, BigInt(a as number), BigInt(b as number));
    if (!fitsInteger(result, type)) throw overflowTo(type.name);
    return narrow(result);
  });
}

function smallInteger(operator: '+' | '-' | '*' | '/' | '%', a: number, b: number): number {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    // -0 would leave as a float.
    case '/':
      return Math.trunc(a / b) + 0;
    case '%':
      return (a % b) + 0;
  }
}

function bigInteger(operator: '+' | '-' | '*' | '/' | '%', a: bigint, b: bigint): bigint {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return a / b;
    case '%':
      return a % b;
  }
}

function floatOperation(operator: '+' | '-' | '*' | '/', type: SqlType) {
  return strict(([left = 0, right = 0]) => {
    const [a, b] = [Number(left), Number(right)];
    if (operator === '/' && b === 0) throw divideByZero();
    const exact = operator === '+' ? a + b : operator === '-' ? a - b : operator === '*' ? a * b : a / b;
    const result = type.name === 'real' ? Math.fround(exact) : exact;
    if (!Number.isFinite(result)) throw overflowTo(type.name);
    return result;
  });
}

function exactArithmetic(
  compiler: Compiler,
  operator: '+' | '-' | '*' | '/' | '%',
  a: Typed,
  b: Typed,
  common: SqlType,
  line: number,
): Typed {
  const nullable = a.nullable || b.nullable;
  if (common.name === 'money') {
    const operands = [a, b].map(value => convertTo(compiler, value, common, { line }).sql);
    return { sql: operation(`money ${operator}`, () => moneyOperation(operator), operands), type: common, nullable };
  }
  const exact = [a, b].map(value => {
    const own =
      value.literalDigits === undefined
        ? asDecimalType(isNumber(value.type) ? value.type : common)
        : ({ name: 'numeric', precision: value.literalDigits, scale: 0 } as const);
    return { type: own, sql: convertTo(compiler, { ...value, literalDigits: undefined }, own, { line }).sql };
  });
  const [x, y] = exact;
  if (!x || !y) throw invalidOperands(typeName(a.type), typeName(b.type), operator, line);
  const type = decimalResult(operator, x.type, y.type);
  return {
    sql: operation(`decimal ${operator} ${typeText(type)}`, () => decimalOperation(operator, type), [x.sql, y.sql]),
    type,
    nullable,
  };
}

function decimalOperation(operator: '+' | '-' | '*' | '/' | '%', type: DecimalType) {
  return strict(([left = 0, right = 0]) => {
    const result = rescale(
      exactResult(operator, toDecimal(left as string), toDecimal(right as string), type.scale),
      type.scale,
      operator === '/' ? 'truncate' : 'round',
    );
    if (!fitsPrecision(result, type.precision)) throw overflowFrom('expression', 'numeric');
    return formatDecimal(result);
  });
}

function exactResult(operator: '+' | '-' | '*' | '/' | '%', a: Decimal, b: Decimal, scale: number): Decimal {
  if (operator === '*') return { unscaled: a.unscaled * b.unscaled, scale: a.scale + b.scale };
  if ((operator === '/' || operator === '%') && b.unscaled === 0n) throw divideByZero();
  if (operator === '/')
    return { unscaled: (a.unscaled * powerOfTen(scale + b.scale)) / (b.unscaled * powerOfTen(a.scale)), scale };
  const common = Math.max(a.scale, b.scale);
  const [x, y] = [rescale(a, common).unscaled, rescale(b, common).unscaled];
  return { unscaled: operator === '+' ? x + y : operator === '-' ? x - y : x % y, scale: common };
}

function moneyOperation(operator: '+' | '-' | '*' | '/' | '%') {
  return strict(([left = 0, right = 0]) => {
    const result = rescale(exactResult(operator, toDecimal(left as string), toDecimal(right as string), 4), 4);
    if (result.unscaled >= 2n ** 63n || result.unscaled < -(2n ** 63n)) throw overflowTo('money');
    return formatDecimal(result);
  });
}

const added = (a: number | 'max', b: number | 'max', limit: number): number | 'max' =>
  a === 'max' || b === 'max' ? 'max' : Math.min(limit, a + b);

function concatenate(a: Typed, b: Typed, line: number): Typed {
  const [x, y] = [a.type as CharacterType, b.type as CharacterType];
  const unicode = isUnicode(x) || isUnicode(y);
  const limit = unicode ? 4000 : 8000;
  const length = added(x.length, y.length, limit);
  const type: CharacterType = { name: unicode ? 'nvarchar' : 'varchar', length };
  const canOverflow = x.length !== 'max' && y.length !== 'max' && x.length + y.length > limit;
  const sql = canOverflow
    ? operation(`cut ${limit}`, () => strict(([text]) => String(text).slice(0, limit)), [`(${a.sql} || ${b.sql})`])
    : `(${a.sql} || ${b.sql})`;
  return {
    sql,
    type,
    nullable: a.nullable || b.nullable,
    order: meetingOrder([a, b], line),
    explicitOrder: a.explicitOrder || b.explicitOrder,
  };
}

function joinBytes(a: Typed, b: Typed): Typed {
  const lengthOf = (type: SqlType) => ('length' in type ? type.length : 'max');
  const join = strict(([left, right]) => Uint8Array.from([...(left as Uint8Array), ...(right as Uint8Array)]));
  return {
    sql: operation('join bytes', () => join, [a.sql, b.sql]),
    type: { name: 'varbinary', length: added(lengthOf(a.type), lengthOf(b.type), 8000) },
    nullable: a.nullable || b.nullable,
  };
}

/** datetime and smalldatetime add and subtract as days since 1900; the newer types have no arithmetic. */
function momentArithmetic(compiler: Compiler, operator: ArithmeticOperator, a: Typed, b: Typed, line: number): Typed {
  const newer = [a.type, b.type].find(type => isMoment(type) && !isOldDatetime(type));
  const other = newer === a.type ? b.type : a.type;
  if (newer && (isInteger(other) || isExactText(other) || isApproximate(other)))
    throw operandClash(typeName(a.type), typeName(b.type), line);
  if (newer || (operator !== '+' && operator !== '-'))
    throw invalidOperands(typeName(a.type), typeName(b.type), operatorNames[operator], line);
  const type: SqlType = [a, b].some(value => value.type.name === 'datetime')
    ? { name: 'datetime' }
    : { name: 'smalldatetime' };
  const operands = [a, b].map(value =>
    isMoment(value.type)
      ? value
      : convertTo(compiler, value, isCharacter(value.type) ? type : { name: 'float' }, { line }),
  );
  return {
    sql: operation(
      `days ${operator} ${type.name}`,
      () => dayOperation(operator, type),
      operands.map(value => value.sql),
    ),
    type,
    nullable: a.nullable || b.nullable,
  };
}

function dayOperation(operator: '+' | '-', type: SqlType) {
  // Ticks, not fractions of days: a double would lose milliseconds.
  const ticksOf = (value: Stored): bigint => {
    if (typeof value !== 'string') return BigInt(Math.round(Number(value) * ticksPerDay));
    const moment = readMoment(value);
    return BigInt(Math.floor(daysSince1900(value))) * BigInt(ticksPerDay) + BigInt(moment?.ticks ?? 0);
  };
  return strict(([left = 0, right = 0]) => {
    const total = operator === '+' ? ticksOf(left) + ticksOf(right) : ticksOf(left) - ticksOf(right);
    const day = BigInt(ticksPerDay);
    const days = total >= 0n ? total / day : (total - day + 1n) / day;
    const moment = { ...momentOfDays(Number(days)), ticks: Number(total - days * day) };
    if (!isInRange(moment, type)) throw dateOutOfRange('datetime', type.name);
    return formatMoment(roundMoment(moment, type), type);
  });
}

/** Unary minus. */
export function negate(compiler: Compiler, operand: Typed, line: number): Typed {
  const { type, nullable } = operand;
  if (operand.untyped) return operand;
  if (isExactText(type))
    return {
      sql: operation('negate exact', () => strict(([value]) => negatedText(String(value))), [operand.sql]),
      type,
      nullable,
    };
  if (isApproximate(type)) return { sql: `(-${operand.sql})`, type, nullable };
  if (!isInteger(type) || type.name === 'bit') {
    if (isCharacter(type)) return negate(compiler, convertTo(compiler, operand, { name: 'int' }, { line }), line);
    throw invalidOperands(typeName(type), typeName(type), 'minus', line);
  }
  const check = strict(([value = 0]) => {
    const result = -BigInt(value as number);
    if (!fitsInteger(result, type))
      throw type.name === 'tinyint' ? outOfRangeValue('tinyint', String(result)) : overflowTo(type.name);
    return narrow(result);
  });
  return {
    sql: operation(`negate ${type.name}`, () => check, [operand.sql]),
    type,
    nullable,
    literalDigits: operand.literalDigits,
  };
}

const negatedText = (text: string): string => {
  const value = toDecimal(text);
  return formatDecimal({ unscaled: -value.unscaled, scale: value.scale });
};
