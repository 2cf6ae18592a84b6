import type { SqlType } from '../values.ts';

/** A value as it is kept in SQLite: bit and integers as INTEGER, float as REAL, decimal and money as exact text, dates as ISO text, binary as BLOB. */
export type Stored = null | number | bigint | string | Uint8Array;

/** A text type. */
export interface CharacterType {
  readonly name: 'char' | 'varchar' | 'nchar' | 'nvarchar';
  readonly length: number | 'max';
}
/** A type of bytes. */
export interface BinaryType {
  readonly name: 'binary' | 'varbinary';
  readonly length: number | 'max';
}
/** decimal and numeric are the same but for the name. */
export interface DecimalType {
  readonly name: 'decimal' | 'numeric';
  readonly precision: number;
  readonly scale: number;
}

export const int: SqlType = { name: 'int' };
export const bigint: SqlType = { name: 'bigint' };
export const bit: SqlType = { name: 'bit' };
export const float: SqlType = { name: 'float' };
export const datetime: SqlType = { name: 'datetime' };
export const uniqueidentifier: SqlType = { name: 'uniqueidentifier' };
/** A Unicode text type. */
export const nvarchar = (length: number | 'max'): CharacterType => ({ name: 'nvarchar', length });
/** A text type of the code page. */
export const varchar = (length: number | 'max'): CharacterType => ({ name: 'varchar', length });
/** The type of names. */
export const sysname: SqlType = nvarchar(128);

const integerNames = ['bit', 'tinyint', 'smallint', 'int', 'bigint'];
/** bit counts as one. */
export const isInteger = (type: SqlType): boolean => integerNames.includes(type.name);
/** Text of either kind. */
export const isCharacter = (type: SqlType): type is CharacterType =>
  type.name === 'char' || type.name === 'varchar' || type.name === 'nchar' || type.name === 'nvarchar';
/** nchar and nvarchar. */
export const isUnicode = (type: SqlType): boolean => type.name === 'nchar' || type.name === 'nvarchar';
/** binary and varbinary. */
export const isBinary = (type: SqlType): type is BinaryType => type.name === 'binary' || type.name === 'varbinary';
/** decimal and numeric. */
export const isDecimal = (type: SqlType): type is DecimalType => type.name === 'decimal' || type.name === 'numeric';
/** Kept as exact decimal text. */
export const isExactText = (type: SqlType): boolean => isDecimal(type) || type.name === 'money';
/** float and real. */
export const isApproximate = (type: SqlType): boolean => type.name === 'float' || type.name === 'real';
/** Any number, exact or not. */
export const isNumber = (type: SqlType): boolean => isInteger(type) || isExactText(type) || isApproximate(type);
/** Any date or time. */
export const isMoment = (type: SqlType): boolean =>
  ['date', 'time', 'smalldatetime', 'datetime', 'datetime2', 'datetimeoffset'].includes(type.name);
/** The two types that have arithmetic and 1900 as their zero. */
export const isOldDatetime = (type: SqlType): boolean => type.name === 'datetime' || type.name === 'smalldatetime';

/** As error messages name it. */
export const typeName = (type: SqlType): string => type.name;

/** As T-SQL writes it: "nvarchar(100)", "numeric(25,0)". */
export function typeText(type: SqlType): string {
  if ('precision' in type) return `${type.name}(${type.precision},${type.scale})`;
  if ('scale' in type) return `${type.name}(${type.scale})`;
  if ('length' in type) return `${type.name}(${type.length})`;
  return type.name;
}

/** Equal in name, length, precision and scale. */
export const sameType = (a: SqlType, b: SqlType): boolean => typeText(a) === typeText(b);

/** Low to high; an operation converts to the higher of its operands. */
const precedence = [
  'binary',
  'varbinary',
  'char',
  'varchar',
  'nchar',
  'nvarchar',
  'uniqueidentifier',
  'bit',
  'tinyint',
  'smallint',
  'int',
  'bigint',
  'money',
  'numeric',
  'decimal',
  'real',
  'float',
  'time',
  'date',
  'smalldatetime',
  'datetime',
  'datetime2',
  'datetimeoffset',
];
/** Place in the order of precedence. */
export const rank = (type: SqlType): number => precedence.indexOf(type.name);

const integerDigits: Readonly<Record<string, number>> = { bit: 1, tinyint: 3, smallint: 5, int: 10, bigint: 19 };

/** The decimal type that holds every value of a number type. */
export function asDecimalType(type: SqlType): DecimalType {
  if (isDecimal(type)) return type;
  if (type.name === 'money') return { name: 'numeric', precision: 19, scale: 4 };
  return { name: 'numeric', precision: integerDigits[type.name] ?? 38, scale: 0 };
}

const longer = (a: number | 'max', b: number | 'max'): number | 'max' =>
  a === 'max' || b === 'max' ? 'max' : Math.max(a, b);

/** The length of a text that shows any value of the type. */
export function displayLength(type: SqlType): number | 'max' {
  if ('length' in type) return isBinary(type) && type.length !== 'max' ? type.length * 2 : type.length;
  if ('precision' in type) return type.precision + 2;
  const widths: Readonly<Record<string, number>> = {
    bit: 1,
    tinyint: 3,
    smallint: 6,
    int: 11,
    bigint: 20,
    float: 24,
    real: 14,
    money: 21,
    uniqueidentifier: 36,
    date: 10,
    time: 16,
    smalldatetime: 19,
    datetime: 23,
    datetime2: 27,
    datetimeoffset: 34,
  };
  return widths[type.name] ?? 30;
}

function unifyDecimals(a: DecimalType, b: DecimalType): DecimalType {
  const scale = Math.max(a.scale, b.scale);
  const whole = Math.max(a.precision - a.scale, b.precision - b.scale);
  const precision = Math.min(38, whole + scale);
  return { name: 'numeric', precision, scale: Math.min(scale, Math.max(0, precision - Math.min(whole, precision))) };
}

/** The type of CASE, UNION, COALESCE and comparisons over two types (data type precedence). */
export function unify(a: SqlType, b: SqlType): SqlType {
  if (sameType(a, b)) return a;
  const [low, high] = rank(a) <= rank(b) ? [a, b] : [b, a];
  if (isCharacter(high) && isCharacter(low)) {
    const name = isUnicode(high)
      ? low.name === 'nchar' && high.name === 'nchar'
        ? 'nchar'
        : 'nvarchar'
      : low.name === 'char' && high.name === 'char'
        ? 'char'
        : 'varchar';
    const length = longer(low.length, high.length);
    return {
      name: name as CharacterType['name'],
      length: length !== 'max' && name.startsWith('n') ? Math.min(length, 4000) : length,
    };
  }
  if (isCharacter(high) && isBinary(low)) return { ...high, length: longer(high.length, low.length) };
  if (isBinary(high) && isBinary(low)) return { name: 'varbinary', length: longer(high.length, low.length) };
  if (isDecimal(high) && (isInteger(low) || isExactText(low))) return unifyDecimals(high, asDecimalType(low));
  if ((high.name === 'datetime2' || high.name === 'datetimeoffset' || high.name === 'time') && isMoment(low)) {
    const scale = 'scale' in low ? low.scale : low.name === 'datetime' ? 3 : 0;
    return { name: high.name, scale: Math.max(high.scale, scale) };
  }
  return high;
}

/** numeric result of an arithmetic operator, with SQL Server's rule for what is cut when 38 digits are not enough. */
export function decimalResult(operator: '+' | '-' | '*' | '/' | '%', a: DecimalType, b: DecimalType): DecimalType {
  const wholeA = a.precision - a.scale;
  const wholeB = b.precision - b.scale;
  const scale = Math.max(a.scale, b.scale);
  switch (operator) {
    case '+':
    case '-':
      return cutToMaximum(Math.max(wholeA, wholeB) + scale + 1, scale, Math.max(wholeA, wholeB) + 1, false);
    case '*':
      return cutToMaximum(a.precision + b.precision + 1, a.scale + b.scale, wholeA + wholeB + 1, true);
    case '/': {
      const digits = Math.max(6, a.scale + b.precision + 1);
      return cutToMaximum(wholeA + b.scale + digits, digits, wholeA + b.scale, true);
    }
    case '%':
      return cutToMaximum(Math.min(wholeA, wholeB) + scale, scale, Math.min(wholeA, wholeB), false);
  }
}

function cutToMaximum(precision: number, scale: number, whole: number, keepSix: boolean): DecimalType {
  if (precision <= 38) return { name: 'numeric', precision, scale };
  const room = Math.max(0, 38 - whole);
  return {
    name: 'numeric',
    precision: 38,
    scale: keepSix ? Math.min(scale, Math.max(room, Math.min(scale, 6))) : Math.min(scale, room),
  };
}
