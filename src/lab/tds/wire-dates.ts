// MS-TDS 2.2.5.5.1.8 Date and time types.
import { daysOf, shift, splitDateTime, splitOffset, unitsOf, year1900 } from './dates.ts';
import { timeSize, typeId } from './type-ids.ts';
import { asText, type WireType, type Write } from './wire-type.ts';

/** 300ths of a second, to which datetime rounds, and days since 1900-01-01. */
export const writeDatetime: Write = (out, value) => {
  const { date: day, time: clock } = splitDateTime(asText(value));
  const ticks = Math.round((unitsOf(clock, 7) * 3) / 100_000);
  const carry = ticks === 86_400 * 300 ? 1 : 0;
  out.i32(daysOf(day) - year1900 + carry);
  out.u32(carry ? 0 : ticks);
};

/** Minutes, rounded from 30 s up, and days since 1900-01-01. */
export const writeSmalldatetime: Write = (out, value) => {
  const { date: day, time: clock } = splitDateTime(asText(value));
  const minutes = Math.round(unitsOf(clock, 7) / 600_000_000);
  const carry = minutes === 1440 ? 1 : 0;
  out.u16(daysOf(day) - year1900 + carry);
  out.u16(carry ? 0 : minutes);
};

/** Days since 0001-01-01. */
export const date: WireType = {
  info: out => out.u8(typeId.date),
  write: (out, value) => {
    out.u8(3);
    out.uint(daysOf(asText(value)), 3);
  },
  writeNull: out => out.u8(0),
};

function scaledTime(id: number, scale: number, extraBytes: number, writeValue: Write): WireType {
  const size = timeSize(scale) + extraBytes;
  return {
    info: out => {
      out.u8(id);
      out.u8(scale);
    },
    write: (out, value) => {
      out.u8(size);
      writeValue(out, value);
    },
    writeNull: out => out.u8(0),
  };
}

/** Units of 10^-scale seconds. */
export const time = (scale: number): WireType =>
  scaledTime(typeId.time, scale, 0, (out, value) => out.uint(unitsOf(asText(value), scale), timeSize(scale)));

/** The time, then the date. */
export const datetime2 = (scale: number): WireType =>
  scaledTime(typeId.datetime2, scale, 3, (out, value) => {
    const { date: day, time: clock } = splitDateTime(asText(value));
    out.uint(unitsOf(clock, scale), timeSize(scale));
    out.uint(daysOf(day), 3);
  });

/** Date and time in UTC, then the offset in minutes. */
export const datetimeoffset = (scale: number): WireType =>
  scaledTime(typeId.datetimeoffset, scale, 5, (out, value) => {
    const { local, offset } = splitOffset(asText(value));
    const { date: day, time: clock } = splitDateTime(local);
    const utc = shift(daysOf(day), unitsOf(clock, scale), scale, -offset);
    out.uint(utc.units, timeSize(scale));
    out.uint(utc.days, 3);
    out.i16(offset);
  });
