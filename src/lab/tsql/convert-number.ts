import { SqlError } from '../engine/contract.ts';
import type { SqlType } from '../values.ts';
import type { Conversion } from './conversion.ts';
import { integerBytes } from './convert-binary.ts';
import { daysSince1900 } from './convert-moment.ts';
import {
  type Decimal,
  decimalOfDouble,
  decimalToNumber,
  fitsPrecision,
  formatDecimal,
  parseDecimal,
  rescale,
  toDecimal,
} from './decimal.ts';
import { cannotConvertText, cannotConvertType, outOfRangeValue, overflowFrom, overflowTo } from './errors.ts';
import {
  type DecimalType,
  isApproximate,
  isBinary,
  isCharacter,
  isExactText,
  isInteger,
  isOldDatetime,
  typeName,
} from './types.ts';

// ---- numbers ------------------------------------------------------------------------------------------------------

const integerRange: Readonly<Record<string, readonly [min: bigint, max: bigint]>> = {
  bit: [0n, 1n],
  tinyint: [0n, 255n],
  smallint: [-32_768n, 32_767n],
  int: [-2_147_483_648n, 2_147_483_647n],
  bigint: [-(2n ** 63n), 2n ** 63n - 1n],
};

/** SQLite and JavaScript share integers up to 2^53 as numbers, beyond as bigint. */
export const narrow = (value: bigint): number | bigint =>
  value >= -9_007_199_254_740_991n && value <= 9_007_199_254_740_991n ? Number(value) : value;

/** Whether an integer type can hold the value. */
export function fitsInteger(value: bigint, type: SqlType): boolean {
  const [min, max] = integerRange[type.name] ?? [0n, 0n];
  return value >= min && value <= max;
}

function checkedInteger(value: bigint, from: SqlType, to: SqlType): number | bigint {
  if (to.name === 'bit') return value === 0n ? 0 : 1;
  if (fitsInteger(value, to)) return narrow(value);
  if (isInteger(from) && (to.name === 'tinyint' || to.name === 'smallint'))
    throw outOfRangeValue(to.name, String(value));
  throw isInteger(from) ? overflowTo(to.name) : overflowFrom(typeName(from), to.name);
}

/** Conversions into bit and the integer types. */
export function toInteger(from: SqlType, to: SqlType): Conversion | undefined {
  if (isInteger(from)) return value => checkedInteger(BigInt(value as number), from, to);
  if (isExactText(from)) {
    if (to.name === 'bit') return value => (toDecimal(String(value)).unscaled === 0n ? 0 : 1);
    // money rounds, numeric is cut.
    return value =>
      checkedInteger(
        rescale(toDecimal(String(value)), 0, from.name === 'money' ? 'round' : 'truncate').unscaled,
        from,
        to,
      );
  }
  if (isApproximate(from)) {
    return value => {
      if (to.name === 'bit') return Number(value) === 0 ? 0 : 1;
      if (Math.abs(Number(value)) >= 2 ** 64) throw overflowTo(to.name);
      return checkedInteger(BigInt(Math.trunc(Number(value))), from, to);
    };
  }
  if (isCharacter(from)) return value => integerOfText(String(value), from, to);
  if (isBinary(from)) return value => integerOfBytes(value as Uint8Array, to);
  if (isOldDatetime(from)) return value => checkedInteger(BigInt(Math.round(daysSince1900(String(value)))), from, to);
  return undefined;
}

function integerOfText(text: string, from: SqlType, to: SqlType): number | bigint {
  const trimmed = text.trim();
  if (to.name === 'bit' && /^(true|false)$/i.test(trimmed)) return /^true$/i.test(trimmed) ? 1 : 0;
  if (!/^[+-]?\d*$/.test(trimmed) || trimmed === '+' || trimmed === '-') {
    throw to.name === 'bigint'
      ? cannotConvertType(typeName(from), 'bigint')
      : cannotConvertText(typeName(from), text, to.name);
  }
  const value = BigInt(trimmed.replace(/^\+/, '') || '0');
  if (to.name === 'bit') return value === 0n ? 0 : 1;
  if (fitsInteger(value, to)) return narrow(value);
  if (to.name === 'bigint') throw overflowFrom(typeName(from), 'bigint');
  if (to.name === 'int')
    throw new SqlError(248, `The conversion of the ${typeName(from)} value '${trimmed}' overflowed an int column.`);
  throw new SqlError(
    244,
    `The conversion of the ${typeName(from)} value '${trimmed}' overflowed an ${to.name === 'tinyint' ? 'INT1' : 'INT2'} column. Use a larger integer column.`,
    16,
    2,
  );
}

function integerOfBytes(bytes: Uint8Array, to: SqlType): number | bigint {
  const size = integerBytes[to.name] ?? 4;
  let value = 0n;
  for (const byte of bytes.slice(-size)) value = (value << 8n) | BigInt(byte);
  if (to.name === 'bit') return value === 0n ? 0 : 1;
  return narrow(to.name === 'tinyint' || bytes.length < size ? value : BigInt.asIntN(size * 8, value));
}

function fitDecimal(value: Decimal, from: SqlType, to: DecimalType): string {
  const scaled = rescale(value, to.scale);
  if (fitsPrecision(scaled, to.precision)) return formatDecimal(scaled);
  throw overflowFrom(isInteger(from) ? from.name : typeName(from), 'numeric');
}

/** Conversions into decimal and numeric. */
export function toDecimalType(from: SqlType, to: DecimalType): Conversion | undefined {
  if (isInteger(from) || isExactText(from)) return value => fitDecimal(toDecimal(value as string), from, to);
  if (isApproximate(from)) return value => fitDecimal(decimalOfDouble(Number(value)), from, to);
  if (isCharacter(from)) {
    return value => {
      const parsed = parseDecimal(String(value));
      if (!parsed) throw cannotConvertType(typeName(from), 'numeric');
      return fitDecimal(parsed, from, to);
    };
  }
  if (isOldDatetime(from)) return value => fitDecimal(decimalOfDouble(daysSince1900(String(value))), from, to);
  return undefined;
}

/** Conversions into money. */
export function toMoney(from: SqlType): Conversion | undefined {
  const fitted = (value: Decimal): string => {
    const scaled = rescale(value, 4);
    if (scaled.unscaled >= 2n ** 63n || scaled.unscaled < -(2n ** 63n)) throw overflowTo('money');
    return formatDecimal(scaled);
  };
  if (isInteger(from) || isExactText(from)) return value => fitted(toDecimal(value as string));
  if (isApproximate(from)) return value => fitted(decimalOfDouble(Number(value)));
  if (!isCharacter(from)) return undefined;
  return value => {
    const text = String(value)
      .trim()
      .replace(/^([+-]?)\s*[$€£]?/, '$1')
      .replaceAll(',', '');
    const parsed = text === '' ? { unscaled: 0n, scale: 0 } : parseDecimal(text);
    if (!parsed)
      throw new SqlError(235, 'Cannot convert a char value to money. The char value has incorrect syntax.', 16, 0);
    return fitted(parsed);
  };
}

/** Conversions into float and real. */
export function toFloat(from: SqlType, to: SqlType): Conversion | undefined {
  const fitted = (value: number): number => {
    const rounded = to.name === 'real' ? Math.fround(value) : value;
    if (!Number.isFinite(rounded)) throw overflowTo(to.name);
    return rounded;
  };
  if (isInteger(from) || isApproximate(from)) return value => fitted(Number(value));
  if (isExactText(from)) return value => fitted(decimalToNumber(toDecimal(String(value))));
  if (isOldDatetime(from)) return value => fitted(daysSince1900(String(value)));
  if (!isCharacter(from)) return undefined;
  return value => {
    const text = String(value).trim();
    if (text === '') return 0;
    if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) throw cannotConvertType(typeName(from), to.name);
    return fitted(Number(text));
  };
}
