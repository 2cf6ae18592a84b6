// MS-TDS 2.2.5.5.1 Date and time values, as ISO text on our side.

/** Days from 0001-01-01 to 1970-01-01. */
const unixEpoch = 719_162;
/** Days from 0001-01-01 to 1900-01-01, the zero of datetime and smalldatetime. */
export const year1900 = 693_595;
const msPerDay = 86_400_000;

/** "2026-11-24" as days since 0001-01-01. Throws RangeError on what is no date. */
export function daysOf(date: string): number {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(date) ?? [];
  // setUTCFullYear, because Date.UTC reads the years 0 to 99 as 1900 to 1999.
  const ms = new Date(0).setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  const days = ms / msPerDay + unixEpoch;
  if (!(days >= 0) || dateOf(days) !== date)
    throw new RangeError(`'${date}' is not a date between 0001-01-01 and 9999-12-31`);
  return days;
}

/** Inverse of `daysOf`. */
export function dateOf(days: number): string {
  const ms = (days - unixEpoch) * msPerDay;
  // Beyond 9999 toISOString would answer with a sign and six digits.
  if (days < 0 || days > 3_652_058) throw new RangeError(`Day ${days} is not between 0001-01-01 and 9999-12-31`);
  return new Date(ms).toISOString().slice(0, 10);
}

/** "13:05:01.123" in units of 10^-scale seconds. Throws RangeError on what is no time or has more digits than `scale`. */
export function unitsOf(time: string, scale: number): number {
  const [, hours, minutes, seconds, fraction = ''] =
    /^([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.(\d+))?$/.exec(time) ?? [];
  if (hours === undefined) throw new RangeError(`'${time}' is not a time of day`);
  if (/[1-9]/.test(fraction.slice(scale))) throw new RangeError(`'${time}' has more than ${scale} decimals`);
  const whole = (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds);
  return whole * 10 ** scale + Number(fraction.slice(0, scale).padEnd(scale, '0'));
}

/** Inverse of `unitsOf`, with exactly `scale` decimals. Throws RangeError from 24:00:00 on. */
export function timeOf(units: number, scale: number): string {
  const perSecond = 10 ** scale;
  const whole = Math.floor(units / perSecond);
  if (whole >= 86_400) throw new RangeError(`${units} units of 10^-${scale} seconds are not a time of day`);
  const clock = new Date(whole * 1000).toISOString().slice(11, 19);
  return scale === 0 ? clock : `${clock}.${String(units % perSecond).padStart(scale, '0')}`;
}

/** The parts of "2026-11-24T13:05:01.123" (a blank instead of the T is taken too). Throws RangeError. */
export function splitDateTime(text: string): { readonly date: string; readonly time: string } {
  const [, date, time] = /^(\d{4}-\d{2}-\d{2})[T ](\S+)$/.exec(text) ?? [];
  if (date === undefined || time === undefined) throw new RangeError(`'${text}' is not a date and time`);
  return { date, time };
}

/** The offset of "…+01:00" in minutes, and the text before it. Throws RangeError without an offset between -14:00 and +14:00. */
export function splitOffset(text: string): { readonly local: string; readonly offset: number } {
  const [, local, sign, hours, minutes] = /^(.*\d) ?([+-])(\d{2}):([0-5]\d)$/.exec(text) ?? [];
  const offset = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1);
  if (local === undefined || !(Math.abs(offset) <= 840))
    throw new RangeError(`'${text}' is not a date and time with an offset`);
  return { local, offset };
}

/** Inverse of `splitOffset`: minutes as "+01:00". */
export function offsetText(minutes: number): string {
  const size = Math.abs(minutes);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

/** Moves a day and a time of day by minutes, over midnight if need be. */
export function shift(
  days: number,
  units: number,
  scale: number,
  minutes: number,
): { readonly days: number; readonly units: number } {
  const perDay = 86_400 * 10 ** scale;
  const moved = units + minutes * 60 * 10 ** scale;
  const carry = Math.floor(moved / perDay);
  return { days: days + carry, units: moved - carry * perDay };
}
