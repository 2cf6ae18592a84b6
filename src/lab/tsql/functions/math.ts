import { randomUUID } from 'node:crypto';
import { SqlError } from '../../engine/contract.ts';
import type { SqlType } from '../../values.ts';
import type { Typed } from '../compiler.ts';
import { fitsInteger, narrow } from '../convert-number.ts';
import { decimalOfDouble, fitsPrecision, formatDecimal, powerOfTen, rescale, toDecimal } from '../decimal.ts';
import { CompileError, overflowFrom, overflowTo, unsupported } from '../errors.ts';
import {
  asDecimalType,
  type DecimalType,
  float,
  int,
  isApproximate,
  isCharacter,
  isDecimal,
  isInteger,
  isNumber,
  type Stored,
  typeName,
  typeText,
  uniqueidentifier,
} from '../types.ts';
import { asInt, asType, type Call, type Functions, lenient, operandAt, pure, volatile } from './define.ts';

/** A number argument: text is taken as float. */
function asNumber(call: Call, value: Typed): Typed {
  if (value.untyped) return asType(call, value, int);
  if (isCharacter(value.type)) return asType(call, value, float);
  if (!isNumber(value.type))
    throw new CompileError(
      8116,
      `Argument data type ${typeName(value.type)} is invalid for argument 1 of ${call.name.toLowerCase()} function.`,
      call.line,
    );
  return value.type.name === 'bit' || value.type.name === 'tinyint' || value.type.name === 'smallint'
    ? asType(call, value, int)
    : value;
}

const scaleOf = (type: SqlType): number => (isDecimal(type) ? type.scale : type.name === 'money' ? 4 : 0);

function checked(value: bigint, type: SqlType): number | bigint {
  if (!fitsInteger(value, type)) throw overflowTo(type.name);
  return narrow(value);
}

function onFloat(name: string, run: (x: number) => number) {
  return {
    arguments: [1, 1] as const,
    translate: (operands: readonly Typed[], call: Call): Typed =>
      pure(name, [asType(call, operandAt(operands, 0), float)], float, ([x]) => {
        const result = run(Number(x));
        if (!Number.isFinite(result)) throw new SqlError(3623, 'An invalid floating point operation occurred.');
        return result;
      }),
  };
}

/** CEILING and FLOOR. */
function toWhole(name: string, onDouble: (x: number) => number, step: 1n | -1n) {
  return {
    arguments: [1, 1] as const,
    translate: (operands: readonly Typed[], call: Call): Typed => {
      const value = asNumber(call, operandAt(operands, 0));
      if (isInteger(value.type)) return value;
      if (isApproximate(value.type)) return pure(`${name} float`, [value], float, ([x]) => onDouble(Number(x)));
      const type: SqlType = isDecimal(value.type) ? { ...value.type, scale: 0 } : value.type;
      return pure(`${name} ${typeText(type)}`, [value], type, ([x]) => {
        const exact = toDecimal(String(x));
        const unit = powerOfTen(exact.scale);
        const cut = exact.unscaled / unit;
        const rest = exact.unscaled % unit;
        const whole = (step > 0n ? rest > 0n : rest < 0n) ? cut + step : cut;
        return formatDecimal(rescale({ unscaled: whole, scale: 0 }, scaleOf(type)));
      });
    },
  };
}

function roundInteger(value: bigint, digits: number, truncate: boolean): bigint {
  if (digits >= 0) return value;
  return (
    rescale({ unscaled: value, scale: -digits }, 0, truncate ? 'truncate' : 'round').unscaled * powerOfTen(-digits)
  );
}

function roundDouble(value: number, digits: number, truncate: boolean): number {
  const exact = decimalOfDouble(value);
  const kept = rescale(exact, Math.max(0, digits), truncate ? 'truncate' : 'round');
  const whole =
    digits < 0 ? { unscaled: roundInteger(rescale(exact, 0, 'truncate').unscaled, digits, truncate), scale: 0 } : kept;
  return Number(formatDecimal(whole));
}

function roundExact(text: string, digits: number, truncate: boolean, type: DecimalType): string {
  const value = toDecimal(text);
  const rounded =
    digits >= 0
      ? rescale(value, Math.min(digits, value.scale), truncate ? 'truncate' : 'round')
      : wholeRounded(value, digits, truncate);
  const result = rescale(rounded, type.scale);
  if (!fitsPrecision(result, type.precision)) throw overflowFrom('expression', 'numeric');
  return formatDecimal(result);
}

function wholeRounded(value: { readonly unscaled: bigint; readonly scale: number }, digits: number, truncate: boolean) {
  const rounded = rescale(
    { unscaled: value.unscaled, scale: value.scale - digits },
    0,
    truncate ? 'truncate' : 'round',
  );
  return { unscaled: rounded.unscaled * powerOfTen(-digits), scale: 0 };
}

function isNumericText(value: Stored): number {
  const text = String(value).trim();
  return /^[+-]?[$€£]?(\d[\d,]*\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) || /^[+\-.$,]$/.test(text) ? 1 : 0;
}

/** Mathematical functions. */
export const mathFunctions: Functions = {
  ABS: {
    arguments: [1, 1],
    translate: (operands, call) => {
      const value = asNumber(call, operandAt(operands, 0));
      if (isInteger(value.type))
        return pure(`abs ${value.type.name}`, [value], value.type, ([x = 0]) =>
          checked(BigInt(x as number) < 0n ? -BigInt(x as number) : BigInt(x as number), value.type),
        );
      if (isApproximate(value.type)) return pure('abs float', [value], value.type, ([x]) => Math.abs(Number(x)));
      return pure('abs exact', [value], value.type, ([x]) => String(x).replace('-', ''));
    },
  },
  SIGN: {
    arguments: [1, 1],
    translate: (operands, call) => {
      const value = asNumber(call, operandAt(operands, 0));
      const scale = scaleOf(value.type);
      return pure(`sign ${typeText(value.type)}`, [value], value.type, ([x]) => {
        const sign = Math.sign(Number(x));
        return isInteger(value.type) || isApproximate(value.type)
          ? sign
          : formatDecimal(rescale({ unscaled: BigInt(sign), scale: 0 }, scale));
      });
    },
  },
  CEILING: toWhole('ceiling', Math.ceil, 1n),
  FLOOR: toWhole('floor', Math.floor, -1n),
  ROUND: {
    arguments: [2, 3],
    translate: (operands, call) => {
      const value = asNumber(call, operandAt(operands, 0));
      const rest = operands.slice(1).map(operand => asInt(call, operand));
      const truncates = (mode: Stored | undefined) => mode !== undefined && Number(mode) !== 0;
      if (isInteger(value.type))
        return pure(`round ${value.type.name}`, [value, ...rest], value.type, ([x = 0, digits, mode]) =>
          checked(roundInteger(BigInt(x as number), Number(digits), truncates(mode)), value.type),
        );
      if (isApproximate(value.type))
        return pure('round float', [value, ...rest], float, ([x, digits, mode]) =>
          roundDouble(Number(x), Number(digits), truncates(mode)),
        );
      const exact = asDecimalType(value.type);
      return pure(`round ${typeText(exact)}`, [value, ...rest], value.type, ([x, digits, mode]) =>
        roundExact(String(x), Number(digits), truncates(mode), exact),
      );
    },
  },
  POWER: {
    arguments: [2, 2],
    translate: (operands, call) => {
      const value = asNumber(call, operandAt(operands, 0));
      const type: SqlType = isDecimal(value.type) ? { ...value.type, precision: 38 } : value.type;
      return pure(
        `power ${typeText(type)}`,
        [value, asType(call, operandAt(operands, 1), float)],
        type,
        ([x = 0, y]) => {
          const exponent = Number(y);
          if (isInteger(type)) {
            if (Number.isInteger(exponent) && exponent >= 0 && exponent < 64)
              return checked(BigInt(x as number) ** BigInt(exponent), type);
            return checked(BigInt(Math.trunc(Number(x) ** exponent)), type);
          }
          const result = Number(x) ** exponent;
          if (!Number.isFinite(result)) throw new SqlError(3623, 'An invalid floating point operation occurred.');
          return isApproximate(type) ? result : formatDecimal(rescale(decimalOfDouble(result), scaleOf(type)));
        },
      );
    },
  },
  SQRT: onFloat('sqrt', Math.sqrt),
  SQUARE: onFloat('square', x => x * x),
  EXP: onFloat('exp', Math.exp),
  LOG10: onFloat('log10', Math.log10),
  SIN: onFloat('sin', Math.sin),
  COS: onFloat('cos', Math.cos),
  TAN: onFloat('tan', Math.tan),
  ASIN: onFloat('asin', Math.asin),
  ACOS: onFloat('acos', Math.acos),
  ATAN: onFloat('atan', Math.atan),
  LOG: {
    arguments: [1, 2],
    translate: (operands, call) =>
      pure(
        'log',
        operands.map(value => asType(call, value, float)),
        float,
        ([x, base]) => {
          const result = base === undefined ? Math.log(Number(x)) : Math.log(Number(x)) / Math.log(Number(base));
          if (!Number.isFinite(result)) throw new SqlError(3623, 'An invalid floating point operation occurred.');
          return result;
        },
      ),
  },
  PI: { arguments: [0, 0], translate: () => ({ sql: String(Math.PI), type: float, nullable: false }) },
  RAND: {
    arguments: [0, 1],
    translate: (operands, call) => {
      // The server's generator is its own: a seeded value could not be the same.
      if (operands.length > 0) throw unsupported('RAND with a seed', call.line);
      return { sql: call.compiler.runtime(() => Math.random()), type: float, nullable: false };
    },
  },
  NEWID: {
    arguments: [0, 0],
    translate: () => ({
      ...volatile('newid', [], uniqueidentifier, () => randomUUID().toUpperCase()),
      nullable: false,
    }),
  },
  ISNUMERIC: {
    arguments: [1, 1],
    translate: operands => {
      const value = operandAt(operands, 0);
      if (isNumber(value.type) && !value.untyped)
        return lenient('is not null', [value], int, ([x]) => (x === null ? 0 : 1));
      if (isCharacter(value.type))
        return lenient('isnumeric', [value], int, ([x = null]) => (x === null ? 0 : isNumericText(x)));
      return { sql: '0', type: int, nullable: false };
    },
  },
};
