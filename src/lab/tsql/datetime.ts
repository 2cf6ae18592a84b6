import type { SqlType } from '../values.ts';

/** A point on the calendar: days since 1970-01-01 (proleptic Gregorian), 100 ns ticks of that day, and the offset in minutes it was written with. Local time, not UTC. */
export interface Moment {
  readonly days: number;
  readonly ticks: number;
  readonly offset: number;
}

/** A tick is 100 ns. */
export const ticksPerSecond = 10_000_000;

/** A tick is 100 ns. */
export const ticksPerMinute = 60 * ticksPerSecond;

/** A tick is 100 ns. */
export const ticksPerHour = 60 * ticksPerMinute;

/** A tick is 100 ns. */
export const ticksPerDay = 24 * ticksPerHour;

/** Days since 1970-01-01. `month` is 1…12 but may overflow; `day` may be any number. */
export function dayNumber(year: number, month: number, day: number): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, 1);
  return date.getTime() / 86_400_000 + day - 1;
}

/** Month and day count from 1. */
export interface CalendarDate {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

/** The date of a day number. */
export function calendarDate(days: number): CalendarDate {
  const date = new Date(days * 86_400_000);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}

/** 28 to 31. */
export const daysInMonth = (year: number, month: number): number =>
  dayNumber(year, month + 1, 1) - dayNumber(year, month, 1);

/** The Moment of a Unix time in ms, in UTC. `ticksOfMs` adds what a clock in ms cannot tell. */
export function momentOfUnixTime(ms: number): Moment {
  const days = Math.floor(ms / 86_400_000);
  return { days, ticks: Math.round((ms - days * 86_400_000) * 10_000), offset: 0 };
}

/** A number with leading zeros. */
export const pad = (value: number, width: number): string => String(value).padStart(width, '0');

/** A time of day in its parts. */
export interface ClockTime {
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** 0…9,999,999 (100 ns). */
  readonly fraction: number;
}

/** The time of day of a tick count. */
export function clockTime(ticks: number): ClockTime {
  return {
    hour: Math.floor(ticks / ticksPerHour),
    minute: Math.floor(ticks / ticksPerMinute) % 60,
    second: Math.floor(ticks / ticksPerSecond) % 60,
    fraction: ticks % ticksPerSecond,
  };
}

/** "2026-11-24". */
export const dateText = (days: number): string => {
  const { year, month, day } = calendarDate(days);
  return `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}`;
};

/** "13:05:01.123" with `scale` digits of the second. */
export function timeText(ticks: number, scale: number): string {
  const { hour, minute, second, fraction } = clockTime(ticks);
  const digits = scale === 0 ? '' : `.${pad(fraction, 7).slice(0, scale)}`;
  return `${pad(hour, 2)}:${pad(minute, 2)}:${pad(second, 2)}${digits}`;
}

/** "+01:00" for 60 minutes. */
export function offsetText(offset: number): string {
  const magnitude = Math.abs(offset);
  return `${offset < 0 ? '-' : '+'}${pad(Math.floor(magnitude / 60), 2)}:${pad(magnitude % 60, 2)}`;
}

/** Digits of the second that the type's text shows. */
export const fractionDigits = (type: SqlType): number =>
  'scale' in type ? type.scale : type.name === 'datetime' ? 3 : 0;

/** A moment whose ticks may be more or fewer than a day's. */
export function carryDay(days: number, ticks: number, offset: number): Moment {
  const carried = Math.floor(ticks / ticksPerDay);
  return { days: days + carried, ticks: ticks - carried * ticksPerDay, offset };
}

/** To what the type can hold: datetime counts 1/300 s, smalldatetime minutes, the others decimal fractions. */
export function roundMoment(moment: Moment, type: SqlType): Moment {
  const { days, ticks, offset } = moment;
  switch (type.name) {
    case 'date':
      return { days, ticks: 0, offset: 0 };
    case 'smalldatetime':
      return carryDay(
        days,
        Math.floor(ticks / ticksPerMinute + (ticks % ticksPerMinute > 29.998 * ticksPerSecond ? 1 : 0)) *
          ticksPerMinute,
        0,
      );
    case 'datetime': {
      const units = Math.round((ticks * 300) / ticksPerSecond);
      return carryDay(days, Math.round((units * 10) / 3) * 10_000, 0);
    }
    case 'time': {
      const unit = 10 ** (7 - type.scale);
      const rounded = Math.round(ticks / unit) * unit;
      return { days: 0, ticks: rounded >= ticksPerDay ? rounded - ticksPerDay : rounded, offset: 0 };
    }
    case 'datetime2':
    case 'datetimeoffset': {
      const unit = 10 ** (7 - type.scale);
      return carryDay(days, Math.round(ticks / unit) * unit, type.name === 'datetimeoffset' ? offset : 0);
    }
    default:
      return moment;
  }
}

const firstDay = dayNumber(1, 1, 1);

const lastDay = dayNumber(9999, 12, 31);

/** Whether the type's calendar reaches that far (datetime starts in 1753, smalldatetime spans 1900 to 2079). */
export function isInRange(moment: Moment, type: SqlType): boolean {
  if (type.name === 'datetime') return moment.days >= dayNumber(1753, 1, 1) && moment.days <= lastDay;
  if (type.name === 'smalldatetime')
    return moment.days >= dayNumber(1900, 1, 1) && moment.days <= dayNumber(2079, 6, 6);
  return type.name === 'time' || (moment.days >= firstDay && moment.days <= lastDay);
}

/** The one text form in which the lab stores and sends a value of this type. The moment must already be rounded to it. */
export function formatMoment(moment: Moment, type: SqlType): string {
  switch (type.name) {
    case 'date':
      return dateText(moment.days);
    case 'time':
      return timeText(moment.ticks, type.scale);
    case 'datetimeoffset':
      return `${dateText(moment.days)}T${timeText(moment.ticks, type.scale)}${offsetText(moment.offset)}`;
    default:
      return `${dateText(moment.days)}T${timeText(moment.ticks, fractionDigits(type))}`;
  }
}

const stored = /^(?:(\d{4})-(\d\d)-(\d\d))?T? ?(?:(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?(Z|[+-]\d\d:\d\d)?$/;

/** Reads the stored form (and ISO text in general). A time alone has the day 1900-01-01. */
export function readMoment(text: string): Moment | undefined {
  const match = stored.exec(text);
  if (!match || text.length === 0) return undefined;
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone] = match;
  const days = year === undefined ? dayNumber(1900, 1, 1) : dayNumber(Number(year), Number(month), Number(day));
  if (year !== undefined && calendarDate(days).day !== Number(day)) return undefined;
  const ticks =
    Number(hour) * ticksPerHour +
    Number(minute) * ticksPerMinute +
    Number(second) * ticksPerSecond +
    Number(fraction.padEnd(7, '0').slice(0, 7));
  return ticks >= ticksPerDay ? undefined : { days, ticks, offset: readOffset(zone) };
}

/** Minutes of "+01:00" or "Z". */
export function readOffset(zone: string | undefined): number {
  if (zone === undefined || zone === 'Z' || zone === 'z') return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4, 6));
  return zone.startsWith('-') ? -minutes : minutes;
}

/** The same instant without its offset. */
export function toUtc(moment: Moment): Moment {
  return carryDay(moment.days, moment.ticks - moment.offset * ticksPerMinute, 0);
}

/** Ticks since 1970-01-01. */
export const absolute = (moment: Moment): bigint => BigInt(moment.days) * BigInt(ticksPerDay) + BigInt(moment.ticks);

/** Order of datetimeoffset values: by the instant, whatever the offset. */
export function compareInstants(a: string, b: string): number {
  const left = readMoment(a);
  const right = readMoment(b);
  if (!left || !right) return a < b ? -1 : a > b ? 1 : 0;
  const difference = absolute(toUtc(left)) - absolute(toUtc(right));
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}
