// MS-TDS 2.2.5.5.1.8 Date and time types, as a client sends them.
import { type ByteReader, ProtocolViolation } from './bytes.ts';
import { dateOf, offsetText, shift, timeOf, year1900 } from './dates.ts';
import { type IncomingType, nullable } from './incoming-type.ts';
import { timeSize, typeId } from './type-ids.ts';

/** datetime (8 bytes) or smalldatetime (4). */
export function readDatetime(from: ByteReader, size: number): string {
  if (size === 4) {
    const day = dateOf(from.u16() + year1900);
    return `${day}T${timeOf(from.u16() * 60, 0)}`;
  }
  const day = dateOf(from.i32() + year1900);
  return `${day}T${timeOf(Math.round((from.u32() * 10) / 3), 3)}`;
}

/** time, datetime2 and datetimeoffset; the scale follows the id. */
export function scaledTime(
  from: ByteReader,
  id: typeof typeId.time | typeof typeId.datetime2 | typeof typeId.datetimeoffset,
): IncomingType {
  const scale = from.u8();
  if (scale > 7) throw new ProtocolViolation(`A time with ${scale} decimals`);
  const units = () => from.uint(timeSize(scale));
  switch (id) {
    case typeId.time:
      return { type: { name: 'time', scale }, read: nullable(from, () => timeOf(units(), scale)) };
    case typeId.datetime2:
      return {
        type: { name: 'datetime2', scale },
        read: nullable(from, () => dateAndTime(units(), from.uint(3), scale)),
      };
    case typeId.datetimeoffset:
      return {
        type: { name: 'datetimeoffset', scale },
        read: nullable(from, () => readDatetimeoffset(from, units(), scale)),
      };
  }
  return id satisfies never;
}

function dateAndTime(units: number, days: number, scale: number): string {
  return `${dateOf(days)}T${timeOf(units, scale)}`;
}

function readDatetimeoffset(from: ByteReader, units: number, scale: number): string {
  const days = from.uint(3);
  const offset = from.i16();
  const local = shift(days, units, scale, offset);
  return dateAndTime(local.units, local.days, scale) + offsetText(offset);
}
