import type { SqlType } from '../values.ts';
import type { Conversion, ConversionContext } from './conversion.ts';
import { orderOfStyle, parseMoment } from './date-text.ts';
import { dayNumber, formatMoment, isInRange, type Moment, readMoment, roundMoment, ticksPerDay } from './datetime.ts';
import { dateOutOfRange, notADate } from './errors.ts';
import { isApproximate, isCharacter, isExactText, isInteger, isMoment, isOldDatetime, typeName } from './types.ts';

// ---- dates --------------------------------------------------------------------------------------------------------

const epoch1900 = dayNumber(1900, 1, 1);

/** The number SQL Server makes of a datetime: days and fractions since 1900-01-01. */
export function daysSince1900(text: string): number {
  const moment = readMoment(text);
  return moment ? moment.days - epoch1900 + moment.ticks / ticksPerDay : 0;
}

/** The date that a number of days since 1900 means. */
export function momentOfDays(days: number): Moment {
  const whole = Math.floor(days);
  return { days: epoch1900 + whole, ticks: Math.round((days - whole) * ticksPerDay), offset: 0 };
}

function fitMoment(moment: Moment, from: SqlType, to: SqlType): string {
  if (!isInRange(moment, to)) throw dateOutOfRange(typeName(from), typeName(to));
  return formatMoment(roundMoment(moment, to), to);
}

/** Conversions into date and time types. */
export function toMoment(from: SqlType, to: SqlType, context: ConversionContext): Conversion | undefined {
  if (isCharacter(from)) {
    return (value, style) => {
      const parsed = parseMoment(
        String(value),
        style === undefined ? context.dateOrder : orderOfStyle(style, context.dateOrder),
      );
      if (parsed === 'malformed') throw notADate();
      if (parsed === 'outOfRange') throw isOldDatetime(to) ? dateOutOfRange(typeName(from), typeName(to)) : notADate();
      if (parsed.hasOffset && isOldDatetime(to) && !/T.*Z$/i.test(String(value))) throw notADate();
      return fitMoment(to.name === 'datetimeoffset' ? parsed : { ...parsed, offset: 0 }, from, to);
    };
  }
  if (isMoment(from)) {
    if ((from.name === 'date' && to.name === 'time') || (from.name === 'time' && to.name === 'date')) return undefined;
    return value => {
      const moment = readMoment(String(value));
      if (!moment) throw notADate();
      return fitMoment(moment, from, to);
    };
  }
  if (isOldDatetime(to) && (isInteger(from) || isExactText(from) || isApproximate(from))) {
    return value => fitMoment(momentOfDays(Number(value)), from, to);
  }
  return undefined;
}
