import { SqlError } from '../engine/contract.ts';
import { parseMoment } from './date-text.ts';
import { ticksPerDay } from './datetime.ts';
import { CompileError } from './errors.ts';
import type { Stored } from './types.ts';

/** RAISERROR's printf: %d %i %u %o %x %X %s with width, precision and the flags - + 0 # and blank. */
export function formatRaiserror(message: string, values: readonly Stored[]): string {
  let next = 0;
  const take = (): Stored | undefined => values[next++];
  const text = message.replace(
    /%([-+0# ]*)(\*|\d+)?(?:\.(\*|\d+))?(?:I64|[hl])?([diouxXs%])/g,
    (_, flags: string, width: string | undefined, precision: string | undefined, kind: string) => {
      if (kind === '%') return '%';
      const size = width === '*' ? Number(take()) : Number(width ?? 0);
      const digits = precision === '*' ? Number(take()) : precision === undefined ? undefined : Number(precision);
      const value = take();
      return padded(
        value === undefined || value === null ? '(null)' : formatOne(value, kind, flags, digits),
        size,
        flags,
      );
    },
  );
  return text.slice(0, 2047);
}

function formatOne(value: Exclude<Stored, null>, kind: string, flags: string, digits: number | undefined): string {
  if (kind === 's') {
    if (typeof value !== 'string')
      throw new SqlError(
        2786,
        'The data type of substitution parameter 1 does not match the expected type of the format specification.',
        16,
        1,
      );
    return digits === undefined ? value : value.slice(0, digits);
  }
  if (typeof value !== 'number' && typeof value !== 'bigint')
    throw new SqlError(
      2786,
      'The data type of substitution parameter 1 does not match the expected type of the format specification.',
      16,
      1,
    );
  const whole = BigInt(value);
  const unsigned = whole < 0n ? BigInt.asUintN(32, whole) : whole;
  switch (kind) {
    case 'd':
    case 'i':
      return flags.includes('+') && whole >= 0n ? `+${whole}` : String(whole);
    case 'u':
      return String(unsigned);
    case 'o':
      return (flags.includes('#') ? '0' : '') + unsigned.toString(8);
    default:
      return (
        (flags.includes('#') ? `0${kind}` : '') +
        (kind === 'X' ? unsigned.toString(16).toUpperCase() : unsigned.toString(16))
      );
  }
}

function padded(text: string, size: number, flags: string): string {
  if (flags.includes('-')) return text.padEnd(size);
  return text.padStart(size, flags.includes('0') ? '0' : ' ');
}

/** How long WAITFOR waits. `value` = 'hh:mm[:ss[.fff]]', or a datetime's text of which the time counts. Throws 148 and 9815. */
export function waitMilliseconds(what: 'DELAY' | 'TIME', value: Stored, now: number, line: number): number {
  if (value === null) return 0;
  const parsed = parseMoment(String(value).replace('T', ' '), 'mdy');
  if (typeof parsed === 'string')
    throw new CompileError(148, `Incorrect time syntax in time string '${String(value)}' used with WAITFOR.`, line, 15);
  const wanted = parsed.ticks / 10_000;
  if (what === 'DELAY') return wanted;
  const day = ticksPerDay / 10_000;
  return (((wanted - (now % day)) % day) + day) % day;
}
