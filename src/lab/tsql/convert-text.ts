import { SqlError } from '../engine/contract.ts';
import type { SqlType } from '../values.ts';
import { toCodePage } from './codepage.ts';
import { type Conversion, type ConversionMode, Truncation } from './conversion.ts';
import { binaryText } from './convert-binary.ts';
import { formatWithStyle } from './date-text.ts';
import { readMoment } from './datetime.ts';
import { formatDecimal, rescale, toDecimal } from './decimal.ts';
import { notADate, overflowFrom } from './errors.ts';
import {
  type CharacterType,
  isApproximate,
  isBinary,
  isCharacter,
  isDecimal,
  isInteger,
  isOldDatetime,
  isUnicode,
  typeName,
} from './types.ts';

/** A text cut or padded to its type; varchar keeps what its code page has. */
function fitText(text: string, to: CharacterType, mode: ConversionMode = 'cast'): string {
  const kept = isUnicode(to) ? text : toCodePage(text);
  if (to.length === 'max') return kept;
  if (kept.length > to.length) {
    if (mode === 'assign' && kept.slice(to.length).trim() !== '') throw new Truncation(kept.slice(0, to.length));
    return kept.slice(0, to.length);
  }
  return to.name === 'char' || to.name === 'nchar' ? kept.padEnd(to.length) : kept;
}

/** Conversions into character types. */
export function toCharacter(from: SqlType, to: CharacterType, mode: ConversionMode): Conversion | undefined {
  if (isCharacter(from)) return value => fitText(String(value), to, mode);
  if (isBinary(from)) return (value, style = 0) => fitText(binaryText(value as Uint8Array, to, style), to, mode);
  if (isInteger(from)) return value => numberText(String(value), from, to);
  if (isDecimal(from)) return value => numberText(String(value), from, to);
  if (from.name === 'money') return (value, style = 0) => numberText(moneyText(String(value), style), from, to);
  if (isApproximate(from))
    return (value, style = 0) => numberText(floatText(Number(value), style, from.name === 'real'), from, to);
  if (from.name === 'uniqueidentifier') {
    return value => {
      if (to.length !== 'max' && to.length < 36)
        throw new SqlError(8170, `Insufficient result space to convert uniqueidentifier value to char.`, 16, 2);
      return fitText(String(value), to);
    };
  }
  return (value, style) => fitText(momentText(String(value), from, style), to, mode);
}

/** A number that does not fitted a text is '*' (integers into varchar) or an error, never cut. */
function numberText(text: string, from: SqlType, to: CharacterType): string {
  if (to.length === 'max' || text.length <= to.length) return fitText(text, to);
  if (isInteger(from) && from.name !== 'bigint' && !isUnicode(to)) return fitText('*', to);
  throw overflowFrom(isInteger(from) ? 'expression' : typeName(from), typeName(to));
}

function moneyText(text: string, style: number): string {
  const value = toDecimal(text);
  if (style === 2 || style === 126) return formatDecimal(rescale(value, 4));
  const plain = formatDecimal(rescale(value, 2));
  return style === 1 ? plain.replace(/\B(?=(\d{3})+(?!\d))/g, ',') : plain;
}

function floatText(value: number, style: number, isReal: boolean): string {
  if (style === 3) return scientific(value, isReal ? 8 : 16);
  if (style === 1) return scientific(value, 7);
  if (style === 2) return scientific(value, 15);
  return generalText(value, 6);
}

const exponentText = (exponent: number): string =>
  `${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(3, '0')}`;

function scientific(value: number, fraction: number): string {
  const [mantissa = '0', exponent = '0'] = value.toExponential(fraction).split('e');
  return `${mantissa}e${exponentText(Number(exponent))}`;
}

/** printf's %g with a three-digit exponent, SQL Server's default for float. */
function generalText(value: number, digits: number): string {
  if (value === 0) return '0';
  const [mantissa = '0', exponentPart = '0'] = value.toExponential(digits - 1).split('e');
  const exponent = Number(exponentPart);
  if (exponent < -5 || exponent >= digits)
    return `${mantissa.includes('.') ? mantissa.replace(/\.?0+$/, '') : mantissa}e${exponentText(exponent)}`;
  const fixed = value.toFixed(Math.max(0, digits - 1 - exponent));
  return fixed.includes('.') ? fixed.replace(/\.?0+$/, '') : fixed;
}

function momentText(text: string, from: SqlType, style: number | undefined): string {
  const moment = readMoment(text);
  if (!moment) throw notADate();
  const chosen = style ?? (isOldDatetime(from) ? 0 : 121);
  const result = formatWithStyle(moment, from, chosen);
  if (result === undefined)
    throw new SqlError(
      281,
      `${chosen} is not a valid style number when converting from ${typeName(from)} to a character string.`,
    );
  return result;
}
