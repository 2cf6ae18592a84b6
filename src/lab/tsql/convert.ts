import type { SqlType } from '../values.ts';
import { type Conversion, type ConversionContext, type ConversionMode, usEnglish, type Value } from './conversion.ts';
import { toBinary, toGuid } from './convert-binary.ts';
import { toMoment } from './convert-moment.ts';
import { narrow, toDecimalType, toFloat, toInteger, toMoney } from './convert-number.ts';
import { toCharacter } from './convert-text.ts';
import { formatMoment, readMoment, roundMoment } from './datetime.ts';
import { formatDecimal, rescale, toDecimal } from './decimal.ts';
import {
  isApproximate,
  isBinary,
  isCharacter,
  isDecimal,
  isExactText,
  isInteger,
  isMoment,
  isOldDatetime,
  type Stored,
  sameType,
} from './types.ts';

/** The conversion between two types, or undefined where SQL Server has none. */
export function conversion(
  from: SqlType,
  to: SqlType,
  mode: ConversionMode = 'cast',
  context: ConversionContext = usEnglish,
): Conversion | undefined {
  if (sameType(from, to)) return value => value;
  if (isCharacter(to)) return toCharacter(from, to, mode);
  if (isBinary(to)) return toBinary(from, to, mode);
  if (isInteger(to)) return toInteger(from, to);
  if (isDecimal(to)) return toDecimalType(from, to);
  if (to.name === 'money') return toMoney(from);
  if (isApproximate(to)) return toFloat(from, to);
  if (to.name === 'uniqueidentifier') return toGuid(from);
  return toMoment(from, to, context);
}

/** Whether values of `from` become `to` without CAST (else error 257 or 206). */
export function isImplicit(from: SqlType, to: SqlType): boolean {
  if (isCharacter(to)) return true;
  if (isBinary(to)) return isBinary(from) || isInteger(from) || isDecimal(from) || from.name === 'uniqueidentifier';
  if (isMoment(to)) {
    if (isCharacter(from)) return true;
    if (isMoment(from))
      return !(from.name === 'date' && to.name === 'time') && !(from.name === 'time' && to.name === 'date');
    return isOldDatetime(to) && (isInteger(from) || isExactText(from) || isApproximate(from));
  }
  if (isMoment(from)) return false;
  if (to.name === 'uniqueidentifier') return isCharacter(from) || isBinary(from);
  if (from.name === 'uniqueidentifier') return false;
  if (isBinary(from)) return !isApproximate(to);
  return true;
}

/** `value` in the form the type fixes, whatever close form it came in (a Date's ISO text with Z, more or fewer fraction digits…). */
export function normalized(value: Value, type: SqlType): Stored {
  if (isMoment(type)) {
    const moment = readMoment(String(value));
    return moment ? formatMoment(roundMoment(moment, type), type) : String(value);
  }
  if (isDecimal(type)) return formatDecimal(rescale(toDecimal(value as string), type.scale));
  if (type.name === 'money') return formatDecimal(rescale(toDecimal(value as string), 4));
  if (type.name === 'uniqueidentifier') return String(value).toUpperCase();
  if (typeof value === 'bigint') return narrow(value);
  return value;
}
