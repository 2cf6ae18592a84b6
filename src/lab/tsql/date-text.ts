import type { SqlType } from '../values.ts';
import {
  calendarDate,
  clockTime,
  dateText,
  dayNumber,
  daysInMonth,
  fractionDigits,
  type Moment,
  offsetText,
  pad,
  readOffset,
  ticksPerHour,
  ticksPerMinute,
  ticksPerSecond,
  timeText,
  toUtc,
} from './datetime.ts';

/** SET DATEFORMAT. */
export type DateOrder = 'mdy' | 'dmy' | 'ymd' | 'ydm' | 'myd' | 'dym';

/** A moment read from text, or what is wrong with the text. */
export type ParsedMoment = (Moment & { readonly hasOffset: boolean }) | 'malformed' | 'outOfRange';

/** us_english. */
export const monthNames = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

/** us_english, from Sunday. */
export const dayNames = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

const fullYear = (text: string): number =>
  text.length > 2 ? Number(text) : Number(text) < 50 ? 2000 + Number(text) : 1900 + Number(text);

function monthOfName(name: string): number | undefined {
  const lower = name.toLowerCase();
  const index = monthNames.findIndex(
    month => lower.length >= 3 && (month.toLowerCase() === lower || month.slice(0, 3).toLowerCase() === lower),
  );
  return index < 0 ? undefined : index + 1;
}

type DateFields = readonly [year: number, month: number, day: number];

function orderedFields(a: string, b: string, c: string, order: DateOrder): DateFields {
  const field = (letter: string): string => [a, b, c][order.indexOf(letter)] ?? '';
  return [fullYear(field('y')), Number(field('m')), Number(field('d'))];
}

/** Reads the date at the start of the text; the rest is the time. */
function readDate(text: string, order: DateOrder): { readonly fields: DateFields; readonly rest: string } | undefined {
  let match = /^(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?!\d)/.exec(text);
  if (match)
    return { fields: [Number(match[1]), Number(match[3]), Number(match[4])], rest: text.slice(match[0].length) };
  match = /^(\d{4})(\d\d)(\d\d)(?!\d)/.exec(text);
  if (match)
    return { fields: [Number(match[1]), Number(match[2]), Number(match[3])], rest: text.slice(match[0].length) };
  match = /^(\d\d)(\d\d)(\d\d)(?!\d)/.exec(text);
  if (match)
    return {
      fields: [fullYear(match[1] ?? ''), Number(match[2]), Number(match[3])],
      rest: text.slice(match[0].length),
    };
  match = /^(\d{4})$/.exec(text);
  if (match) return { fields: [Number(match[1]), 1, 1], rest: '' };
  match = /^(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d\d)(?!\d)/.exec(text);
  if (match)
    return {
      fields: orderedFields(match[1] ?? '', match[3] ?? '', match[4] ?? '', order),
      rest: text.slice(match[0].length),
    };
  match = /^([A-Za-z]{3,9})\.?\s+(\d{1,2}),?\s+(\d{4}|\d\d)(?!\d|:)/.exec(text);
  let month = match && monthOfName(match[1] ?? '');
  if (match && month)
    return { fields: [fullYear(match[3] ?? ''), month, Number(match[2])], rest: text.slice(match[0].length) };
  match = /^(\d{1,2})[\s-]+([A-Za-z]{3,9})[\s,-]+(\d{4}|\d\d)(?!\d|:)/.exec(text);
  month = match && monthOfName(match[2] ?? '');
  if (match && month)
    return { fields: [fullYear(match[3] ?? ''), month, Number(match[1])], rest: text.slice(match[0].length) };
  return undefined;
}

/** Reads a date, a time or both, in the notations SQL Server takes for us_english. */
export function parseMoment(text: string, order: DateOrder): ParsedMoment {
  const trimmed = text.trim();
  if (trimmed === '') return { days: dayNumber(1900, 1, 1), ticks: 0, offset: 0, hasOffset: false };
  const date = readDate(trimmed, order);
  const rest = (date ? date.rest : trimmed).replace(/^(T|\s+)/i, '');
  const time = /^(?:(\d{1,2})(?::(\d{1,2})(?::(\d{1,2})(?:[.:](\d{1,9}))?)?)?\s*(AM|PM)?)?\s*(Z|[+-]\d\d:\d\d)?$/i.exec(
    rest,
  );
  if (
    !time ||
    (!date && time[1] === undefined) ||
    (time[1] !== undefined && time[2] === undefined && time[5] === undefined)
  )
    return 'malformed';
  const [, hourText = '0', minute = '0', second = '0', fraction = '', half, zone] = time;
  const hour = half ? (Number(hourText) % 12) + (half.toUpperCase() === 'PM' ? 12 : 0) : Number(hourText);
  const [year, month, day] = date?.fields ?? [1900, 1, 1];
  const badDate = month < 1 || month > 12 || year < 1 || year > 9999 || day < 1 || day > daysInMonth(year, month);
  if (
    badDate ||
    hour > 23 ||
    Number(minute) > 59 ||
    Number(second) > 59 ||
    (half && (Number(hourText) > 12 || Number(hourText) < 1))
  )
    return 'outOfRange';
  const parts = Number(fraction.padEnd(7, '0').slice(0, 7));
  const ticks = hour * ticksPerHour + Number(minute) * ticksPerMinute + Number(second) * ticksPerSecond + parts;
  return { days: dayNumber(year, month, day), ticks, offset: readOffset(zone), hasOffset: zone !== undefined };
}

const styles: Readonly<Record<number, readonly [date: string, time: string]>> = {
  0: ['Mon _d yyyy', '_h:miAP'],
  1: ['mm/dd/yy', ''],
  2: ['yy.mm.dd', ''],
  3: ['dd/mm/yy', ''],
  4: ['dd.mm.yy', ''],
  5: ['dd-mm-yy', ''],
  6: ['dd Mon yy', ''],
  7: ['Mon dd, yy', ''],
  8: ['', 'hh:mi:ss'],
  9: ['Mon _d yyyy', '_h:mi:ss:fffAP'],
  10: ['mm-dd-yy', ''],
  11: ['yy/mm/dd', ''],
  12: ['yymmdd', ''],
  13: ['dd Mon yyyy', 'hh:mi:ss:fff'],
  14: ['', 'hh:mi:ss:fff'],
  20: ['yyyy-mm-dd', 'hh:mi:ss'],
  21: ['yyyy-mm-dd', 'hh:mi:ss.fff'],
  22: ['mm/dd/yy', '_h:mi:ss AP'],
  23: ['yyyy-mm-dd', ''],
  24: ['', 'hh:mi:ss'],
  25: ['yyyy-mm-dd', 'hh:mi:ss.fff'],
};

/** CONVERT(varchar, date or time, style). undefined = the style is not one the lab (or the server) knows. */
export function formatWithStyle(moment: Moment, type: SqlType, style: number): string | undefined {
  if (style === 126 || style === 127) return isoText(moment, type, style);
  const wideYear = style >= 100 && style <= 114;
  const masks = styles[wideYear ? style - 100 : style >= 120 && style <= 121 ? style - 100 : style];
  if (!masks) return undefined;
  const dateMask =
    type.name === 'time' ? '' : wideYear ? masks[0].replace(/\byy(?!yy)|(?<![y])yy(?!y)/, 'yyyy') : masks[0];
  const timeMask = type.name === 'date' ? '' : masks[1];
  const parts = [fillDate(dateMask, moment.days), fillTime(timeMask, moment.ticks, type)].filter(part => part !== '');
  if (type.name === 'datetimeoffset' && timeMask !== '') parts.push(offsetText(moment.offset));
  return parts.join(' ');
}

function isoText(moment: Moment, type: SqlType, style: number): string {
  const shifted = style === 127 && type.name === 'datetimeoffset' ? toUtc(moment) : moment;
  const scale = fractionDigits(type);
  const showFraction = type.name !== 'datetime' || shifted.ticks % ticksPerSecond !== 0;
  const time = timeText(shifted.ticks, showFraction ? scale : 0);
  if (type.name === 'date') return dateText(shifted.days);
  if (type.name === 'time') return time;
  const zone = type.name !== 'datetimeoffset' ? '' : style === 127 ? 'Z' : offsetText(shifted.offset);
  return `${dateText(shifted.days)}T${time}${zone}`;
}

function fillDate(mask: string, days: number): string {
  const { year, month, day } = calendarDate(days);
  return mask
    .replace('yyyy', pad(year, 4))
    .replace('yy', pad(year % 100, 2))
    .replace('mm', pad(month, 2))
    .replace('dd', pad(day, 2))
    .replace('_d', String(day).padStart(2))
    .replace('Mon', monthNames[month - 1]?.slice(0, 3) ?? '');
}

function fillTime(mask: string, ticks: number, type: SqlType): string {
  const { hour, minute, second, fraction } = clockTime(ticks);
  const scale = fractionDigits(type);
  const isOld = type.name === 'datetime' || type.name === 'smalldatetime';
  const digits = isOld ? pad(Math.floor(fraction / 10_000), 3) : pad(fraction, 7).slice(0, scale);
  return mask
    .replace(/[.:]fff/, separator => (isOld ? separator.charAt(0) + digits : scale === 0 ? '' : `.${digits}`))
    .replace('hh', pad(hour, 2))
    .replace('_h', String(hour % 12 || 12).padStart(2))
    .replace('mi', pad(minute, 2))
    .replace('ss', pad(second, 2))
    .replace('AP', hour < 12 ? 'AM' : 'PM');
}

/** The field order a CONVERT style implies when text is read. */
export function orderOfStyle(style: number, fallback: DateOrder): DateOrder {
  const plain = style >= 100 ? style - 100 : style;
  if ([1, 10, 22].includes(plain)) return 'mdy';
  if ([3, 4, 5].includes(plain)) return 'dmy';
  if ([2, 11].includes(plain)) return 'ymd';
  return fallback;
}
