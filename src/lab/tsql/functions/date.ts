import { SqlError } from '../../engine/contract.ts';
import type { SqlType } from '../../values.ts';
import type { SessionContext, Typed } from '../compiler.ts';
import { addToMoment, type DatePart, datePart, datePartOf, momentsApart } from '../date-parts.ts';
import { dayNames, monthNames, parseMoment } from '../date-text.ts';
import {
  calendarDate,
  dayNumber,
  daysInMonth,
  formatMoment,
  isInRange,
  type Moment,
  momentOfUnixTime,
  offsetText,
  readMoment,
  roundMoment,
  ticksPerHour,
  ticksPerMinute,
  ticksPerSecond,
  toUtc,
} from '../datetime.ts';
import { CompileError, dateOverflow, notADate } from '../errors.ts';
import {
  bigint,
  datetime,
  int,
  isCharacter,
  isMoment,
  isOldDatetime,
  nvarchar,
  type Stored,
  typeName,
  typeText,
} from '../types.ts';
import { asInt, asType, type Call, type Functions, lenient, literalText, operandAt, pure } from './define.ts';

/** The servers of the lab keep UTC, as Managed Instance does. */
function now(type: SqlType): {
  readonly arguments: readonly [0, 0];
  translate(operands: readonly Typed[], call: Call): Typed;
} {
  const read = (context: SessionContext): Stored =>
    formatMoment(roundMoment(momentOfUnixTime(context.now), type), type);
  return { arguments: [0, 0], translate: (_, call) => ({ sql: call.compiler.runtime(read), type, nullable: false }) };
}

function partOf(call: Call): DatePart {
  const name = literalText(call.expressions[0]) ?? '';
  const part = datePartOf(name);
  if (!part)
    throw new CompileError(155, `'${name}' is not a recognized ${call.name.toLowerCase()} option.`, call.line, 15);
  return part;
}

/** Text is read as datetime2 unless the function says otherwise. */
function asMoment(call: Call, value: Typed, fallback: SqlType = { name: 'datetime2', scale: 7 }): Typed {
  return isMoment(value.type) && !value.untyped
    ? value
    : asType(call, value, isCharacter(value.type) ? fallback : datetime);
}

const read = (value: Stored | undefined): Moment => {
  const moment = readMoment(String(value));
  if (!moment) throw notADate();
  return moment;
};

const settled = (moment: Moment, type: SqlType): string => {
  if (!Number.isFinite(moment.days) || !isInRange(moment, type)) throw dateOverflow(typeName(type));
  return formatMoment(roundMoment(moment, type), type);
};

function difference(type: SqlType) {
  return {
    arguments: [3, 3] as const,
    translate: (operands: readonly Typed[], call: Call): Typed => {
      const part = partOf(call);
      const [from, to] = [asMoment(call, operandAt(operands, 1)), asMoment(call, operandAt(operands, 2))];
      return pure(`datediff ${part} ${type.name}`, [from, to], type, ([a, b]) => {
        const apart = momentsApart(part, toUtc(read(a)), toUtc(read(b)));
        if (apart === undefined)
          throw new SqlError(
            9806,
            `The datepart ${part} is not supported by date function datediff for data type date.`,
          );
        const limit = type.name === 'int' ? 2n ** 31n : 2n ** 63n;
        if (apart >= limit || apart < -limit) {
          throw new SqlError(
            535,
            `The ${call.name.toLowerCase()} function resulted in an overflow. The number of dateparts separating two date/time instances is too large. Try to use ${call.name.toLowerCase()} with a less precise datepart.`,
            16,
            0,
          );
        }
        return type.name === 'int' ? Number(apart) : apart;
      });
    },
  };
}

function calendarPart(part: 'year' | 'month' | 'day') {
  return {
    arguments: [1, 1] as const,
    translate: (operands: readonly Typed[], call: Call): Typed =>
      pure(
        `part ${part}`,
        [asMoment(call, operandAt(operands, 0))],
        int,
        ([value]) => calendarDate(read(value).days)[part],
      ),
  };
}

function validDate(year: number, month: number, day: number): number {
  if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) {
    throw new SqlError(289, 'Cannot construct data type date, some of the arguments have values which are not valid.');
  }
  return dayNumber(year, month, day);
}

/** Date and time functions. */
export const dateFunctions: Functions = {
  GETDATE: now(datetime),
  GETUTCDATE: now(datetime),
  CURRENT_TIMESTAMP: now(datetime),
  SYSDATETIME: now({ name: 'datetime2', scale: 7 }),
  SYSUTCDATETIME: now({ name: 'datetime2', scale: 7 }),
  SYSDATETIMEOFFSET: now({ name: 'datetimeoffset', scale: 7 }),
  DATEADD: {
    arguments: [3, 3],
    translate: (operands, call) => {
      const part = partOf(call);
      const value = asMoment(call, operandAt(operands, 2), datetime);
      const { type } = value;
      const isTimePart = ['hour', 'minute', 'second', 'millisecond', 'microsecond', 'nanosecond'].includes(part);
      if (
        (type.name === 'date' && isTimePart) ||
        (type.name === 'time' && !isTimePart) ||
        (isOldDatetime(type) && (part === 'microsecond' || part === 'nanosecond'))
      ) {
        throw new CompileError(
          9810,
          `The datepart ${part} is not supported by date function dateadd for data type ${typeName(type)}.`,
          call.line,
        );
      }
      return pure(
        `dateadd ${part} ${typeText(type)}`,
        [asInt(call, operandAt(operands, 1)), value],
        type,
        ([count, moment]) => {
          const sum = addToMoment(part, Number(count), read(moment));
          if (!sum)
            throw new SqlError(
              9810,
              `The datepart ${part} is not supported by date function dateadd for data type ${typeName(type)}.`,
            );
          return settled(sum, type);
        },
      );
    },
  },
  DATEDIFF: difference(int),
  DATEDIFF_BIG: difference(bigint),
  DATEPART: {
    arguments: [2, 2],
    translate: (operands, call) => {
      const part = partOf(call);
      const value = asMoment(call, operandAt(operands, 1));
      const first: Typed = { sql: call.compiler.runtime(dateFirst), type: int, nullable: false };
      return pure(`datepart ${part}`, [value, first], int, ([moment, day]) =>
        datePart(part, read(moment), Number(day)),
      );
    },
  },
  DATENAME: {
    arguments: [2, 2],
    translate: (operands, call) => {
      const part = partOf(call);
      const value = asMoment(call, operandAt(operands, 1));
      const first: Typed = { sql: call.compiler.runtime(dateFirst), type: int, nullable: false };
      return pure(`datename ${part}`, [value, first], nvarchar(30), ([moment, day]) => {
        const at = read(moment);
        if (part === 'month') return monthNames[calendarDate(at.days).month - 1] ?? null;
        if (part === 'weekday') return dayNames[datePart('weekday', at, 7) - 1] ?? null;
        return part === 'tzoffset' ? offsetText(at.offset) : String(datePart(part, at, Number(day)));
      });
    },
  },
  YEAR: calendarPart('year'),
  MONTH: calendarPart('month'),
  DAY: calendarPart('day'),
  EOMONTH: {
    arguments: [1, 2],
    translate: (operands, call) => {
      const months = operands.length > 1 ? [asInt(call, operandAt(operands, 1))] : [];
      return pure(
        'eomonth',
        [asMoment(call, operandAt(operands, 0)), ...months],
        { name: 'date' },
        ([value, count = 0]) => {
          const start = addToMoment('month', Number(count), {
            ...read(value),
            days: read(value).days - calendarDate(read(value).days).day + 1,
          });
          const { year, month } = calendarDate(start?.days ?? 0);
          return settled(
            { days: dayNumber(year, month, daysInMonth(year, month)), ticks: 0, offset: 0 },
            { name: 'date' },
          );
        },
      );
    },
  },
  DATEFROMPARTS: {
    arguments: [3, 3],
    translate: (operands, call) =>
      pure(
        'datefromparts',
        operands.map(value => asInt(call, value)),
        { name: 'date' },
        ([year, month, day]) =>
          formatMoment(
            { days: validDate(Number(year), Number(month), Number(day)), ticks: 0, offset: 0 },
            { name: 'date' },
          ),
      ),
  },
  DATETIMEFROMPARTS: {
    arguments: [7, 7],
    translate: (operands, call) =>
      pure(
        'datetimefromparts',
        operands.map(value => asInt(call, value)),
        datetime,
        parts => {
          const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, ms = 0] = parts.map(Number);
          if (hour > 23 || minute > 59 || second > 59 || ms > 999 || Math.min(hour, minute, second, ms) < 0)
            throw new SqlError(
              289,
              'Cannot construct data type datetime, some of the arguments have values which are not valid.',
            );
          return settled(
            {
              days: validDate(year, month, day),
              ticks: hour * ticksPerHour + minute * ticksPerMinute + second * ticksPerSecond + ms * 10_000,
              offset: 0,
            },
            datetime,
          );
        },
      ),
  },
  SWITCHOFFSET: {
    arguments: [2, 2],
    translate: (operands, call) => {
      const type: SqlType = { name: 'datetimeoffset', scale: 7 };
      return pure(
        'switchoffset',
        [asType(call, operandAt(operands, 0), type), asType(call, operandAt(operands, 1), nvarchar(10))],
        type,
        ([value, zone]) => {
          const offset = zoneMinutes(String(zone));
          const utc = toUtc(read(value));
          return settled({ ...shifted(utc, offset), offset }, type);
        },
      );
    },
  },
  TODATETIMEOFFSET: {
    arguments: [2, 2],
    translate: (operands, call) => {
      const type: SqlType = { name: 'datetimeoffset', scale: 7 };
      return pure(
        'todatetimeoffset',
        [asMoment(call, operandAt(operands, 0)), asType(call, operandAt(operands, 1), nvarchar(10))],
        type,
        ([value, zone]) => settled({ ...read(value), offset: zoneMinutes(String(zone)) }, type),
      );
    },
  },
  ISDATE: {
    arguments: [1, 1],
    translate: (operands, call) => {
      const value = operandAt(operands, 0);
      if (isOldDatetime(value.type)) return lenient('is not null', [value], int, ([x]) => (x === null ? 0 : 1));
      if (!isCharacter(value.type)) return { sql: '0', type: int, nullable: false };
      const { dateOrder } = call.compiler.names;
      return lenient(`isdate ${dateOrder}`, [value], int, ([text = null]) => {
        const parsed = text === null ? 'malformed' : parseMoment(String(text), dateOrder);
        return typeof parsed !== 'string' && isInRange(parsed, datetime) && String(text).trim() !== '' ? 1 : 0;
      });
    },
  },
};

const dateFirst = (context: SessionContext): Stored => context.dateFirst;

function zoneMinutes(zone: string): number {
  const match = /^([+-])(\d\d):(\d\d)$/.exec(zone);
  const minutes = Number(match?.[2]) * 60 + Number(match?.[3]);
  if (!match || minutes > 840)
    throw new SqlError(9812, 'The timezone provided to builtin function switchoffset is invalid.', 16, 0);
  return match[1] === '-' ? -minutes : minutes;
}

function shifted(moment: Moment, minutes: number): Moment {
  return addToMoment('minute', minutes, moment) ?? moment;
}
