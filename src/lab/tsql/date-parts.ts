import {
  absolute,
  calendarDate,
  carryDay,
  clockTime,
  dayNumber,
  daysInMonth,
  type Moment,
  ticksPerDay,
  ticksPerHour,
  ticksPerMinute,
  ticksPerSecond,
} from './datetime.ts';

/** The parts that DATEPART, DATEADD and DATEDIFF know. */
export type DatePart =
  | 'year'
  | 'quarter'
  | 'month'
  | 'dayofyear'
  | 'day'
  | 'week'
  | 'weekday'
  | 'hour'
  | 'minute'
  | 'second'
  | 'millisecond'
  | 'microsecond'
  | 'nanosecond'
  | 'tzoffset'
  | 'iso_week';

const partNames: Readonly<Record<string, DatePart>> = {
  year: 'year',
  yy: 'year',
  yyyy: 'year',
  quarter: 'quarter',
  qq: 'quarter',
  q: 'quarter',
  month: 'month',
  mm: 'month',
  m: 'month',
  dayofyear: 'dayofyear',
  dy: 'dayofyear',
  y: 'dayofyear',
  day: 'day',
  dd: 'day',
  d: 'day',
  week: 'week',
  wk: 'week',
  ww: 'week',
  weekday: 'weekday',
  dw: 'weekday',
  w: 'weekday',
  hour: 'hour',
  hh: 'hour',
  minute: 'minute',
  mi: 'minute',
  n: 'minute',
  second: 'second',
  ss: 'second',
  s: 'second',
  millisecond: 'millisecond',
  ms: 'millisecond',
  microsecond: 'microsecond',
  mcs: 'microsecond',
  nanosecond: 'nanosecond',
  ns: 'nanosecond',
  tzoffset: 'tzoffset',
  tz: 'tzoffset',
  iso_week: 'iso_week',
  isowk: 'iso_week',
  isoww: 'iso_week',
};

/** The part a name or abbreviation means. */
export const datePartOf = (name: string): DatePart | undefined => partNames[name.toLowerCase()];

/** 1 = Sunday when DATEFIRST is 7. */
const weekday = (days: number, dateFirst: number): number => ((((days + 4 - dateFirst) % 7) + 7) % 7) + 1;

function isoWeek(days: number): number {
  const thursday = days - ((((days + 3) % 7) + 7) % 7) + 3;
  const { year } = calendarDate(thursday);
  return Math.floor((thursday - dayNumber(year, 1, 1)) / 7) + 1;
}

/** DATEPART. `dateFirst` = the first day of the week, 1 = Monday. */
export function datePart(part: DatePart, moment: Moment, dateFirst: number): number {
  const { year, month, day } = calendarDate(moment.days);
  const time = clockTime(moment.ticks);
  switch (part) {
    case 'year':
      return year;
    case 'quarter':
      return Math.floor((month - 1) / 3) + 1;
    case 'month':
      return month;
    case 'dayofyear':
      return moment.days - dayNumber(year, 1, 1) + 1;
    case 'day':
      return day;
    case 'week': {
      const first = dayNumber(year, 1, 1);
      return Math.floor((moment.days - first + weekday(first, dateFirst) - 1) / 7) + 1;
    }
    case 'weekday':
      return weekday(moment.days, dateFirst);
    case 'hour':
      return time.hour;
    case 'minute':
      return time.minute;
    case 'second':
      return time.second;
    case 'millisecond':
      return Math.floor(time.fraction / 10_000);
    case 'microsecond':
      return Math.floor(time.fraction / 10);
    case 'nanosecond':
      return time.fraction * 100;
    case 'tzoffset':
      return moment.offset;
    case 'iso_week':
      return isoWeek(moment.days);
  }
}

const tickUnits: Partial<Record<DatePart, number>> = {
  hour: ticksPerHour,
  minute: ticksPerMinute,
  second: ticksPerSecond,
  millisecond: 10_000,
  microsecond: 10,
  nanosecond: 0.01,
};

/** DATEADD. Months keep the day where the month has it, else its last day. undefined = no such part to add. */
export function addToMoment(part: DatePart, count: number, moment: Moment): Moment | undefined {
  const unit = tickUnits[part];
  if (unit !== undefined) {
    const wholeDays = Math.trunc((count * unit) / ticksPerDay);
    const rest = Number(
      (BigInt(Math.trunc(count)) * BigInt(Math.round(unit * 100))) / 100n - BigInt(wholeDays) * BigInt(ticksPerDay),
    );
    return carryDay(moment.days + wholeDays, moment.ticks + rest, moment.offset);
  }
  if (part === 'day' || part === 'dayofyear' || part === 'weekday') return { ...moment, days: moment.days + count };
  if (part === 'week') return { ...moment, days: moment.days + 7 * count };
  const months = part === 'year' ? 12 : part === 'quarter' ? 3 : part === 'month' ? 1 : 0;
  if (months === 0) return undefined;
  const { year, month, day } = calendarDate(moment.days);
  const target = year * 12 + (month - 1) + months * count;
  const targetYear = Math.floor(target / 12);
  const targetMonth = (target % 12) + 1;
  return { ...moment, days: dayNumber(targetYear, targetMonth, Math.min(day, daysInMonth(targetYear, targetMonth))) };
}

/** DATEDIFF counts the boundaries crossed, not the time elapsed. */
export function momentsApart(part: DatePart, from: Moment, to: Moment): bigint | undefined {
  const start = calendarDate(from.days);
  const end = calendarDate(to.days);
  const months = (end.year - start.year) * 12 + end.month - start.month;
  switch (part) {
    case 'year':
      return BigInt(end.year - start.year);
    case 'quarter':
      return BigInt((end.year - start.year) * 4 + Math.floor((end.month - 1) / 3) - Math.floor((start.month - 1) / 3));
    case 'month':
      return BigInt(months);
    case 'day':
    case 'dayofyear':
    case 'weekday':
      return BigInt(to.days - from.days);
    // Weeks begin on Sunday whatever DATEFIRST says.
    case 'week':
      return BigInt(Math.floor((to.days + 4) / 7) - Math.floor((from.days + 4) / 7));
    default: {
      const unit = tickUnits[part];
      if (unit === undefined) return undefined;
      if (part === 'nanosecond') return 100n * (absolute(to) - absolute(from));
      const size = BigInt(unit);
      return floorDivide(absolute(to), size) - floorDivide(absolute(from), size);
    }
  }
}

const floorDivide = (a: bigint, b: bigint): bigint => (a % b < 0n ? a / b - 1n : a / b);
