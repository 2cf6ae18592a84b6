// MS-TDS 2.2.5.6 TYPE_INFO and the values that follow it, as a server sends them.
import type { SqlType } from '../values.ts';
import { unscaled } from './decimals.ts';
import type { Dialect } from './dialect.ts';
import { decimalSize, typeId } from './type-ids.ts';
import { date, datetime2, datetimeoffset, time, writeDatetime, writeSmalldatetime } from './wire-dates.ts';
import { sized, textInstead } from './wire-strings.ts';
import { asBigint, asBoolean, asFinite, asNumber, asText, fixed, type WireType, type Write } from './wire-type.ts';

/** The wire form of `type` for a client of this dialect; types it does not know become what SQL Server makes of them. */
export function wireType(type: SqlType, dialect: Dialect): WireType {
  switch (type.name) {
    case 'bit':
      return fixed(typeId.bitN, 1, (out, value) => out.u8(asBoolean(value)));
    case 'tinyint':
      return fixed(typeId.intN, 1, (out, value) => out.u8(asNumber(value)));
    case 'smallint':
      return fixed(typeId.intN, 2, (out, value) => out.i16(asNumber(value)));
    case 'int':
      return fixed(typeId.intN, 4, (out, value) => out.i32(asNumber(value)));
    case 'bigint':
      return fixed(typeId.intN, 8, (out, value) => out.i64(asBigint(value)));
    case 'real':
      return fixed(typeId.floatN, 4, (out, value) => out.f32(asFinite(value)));
    case 'float':
      return fixed(typeId.floatN, 8, (out, value) => out.f64(asFinite(value)));
    case 'money':
      return fixed(typeId.moneyN, 8, writeMoney);
    case 'decimal':
    case 'numeric':
      return decimal(type.name, type.precision, type.scale);
    case 'char':
    case 'varchar':
    case 'nchar':
    case 'nvarchar':
    case 'binary':
    case 'varbinary':
      return sized(type.name, type.length, dialect);
    case 'uniqueidentifier':
      return fixed(typeId.uniqueidentifier, 16, (out, value) => out.bytes(uniqueidentifierBytes(asText(value))));
    case 'smalldatetime':
      return fixed(typeId.datetimeN, 4, writeSmalldatetime);
    case 'datetime':
      return fixed(typeId.datetimeN, 8, writeDatetime);
    case 'date':
      return dialect.dateTypes ? date : textInstead(10, dialect);
    case 'time':
      return dialect.dateTypes ? time(type.scale) : textInstead(16, dialect);
    case 'datetime2':
      return dialect.dateTypes ? datetime2(type.scale) : textInstead(27, dialect);
    case 'datetimeoffset':
      return dialect.dateTypes ? datetimeoffset(type.scale) : textInstead(34, dialect);
  }
  return type satisfies never;
}

/** 2.2.5.5.1.4: the 8 bytes are two halves, the high one first. */
const writeMoney: Write = (out, value) => {
  const units = unscaled(asText(value), 19, 4);
  out.i32(Number(units >> 32n));
  out.u32(Number(units & 0xffff_ffffn));
};

/** 2.2.5.5.1.6: a sign (1 = not negative) and a little-endian magnitude whose size follows from the precision. */
function decimal(name: 'decimal' | 'numeric', precision: number, scale: number): WireType {
  const size = decimalSize(precision);
  return {
    info: out => {
      out.u8(name === 'decimal' ? typeId.decimalN : typeId.numericN);
      out.u8(size);
      out.u8(precision);
      out.u8(scale);
    },
    write: (out, value) => {
      const units = unscaled(asText(value), precision, scale);
      let magnitude = units < 0n ? -units : units;
      out.u8(size);
      out.u8(units < 0n ? 0 : 1);
      for (let left = size - 1; left > 0; left -= 4) {
        out.u32(Number(magnitude & 0xffff_ffffn));
        magnitude >>= 32n;
      }
    },
    writeNull: out => out.u8(0),
  };
}

/** 2.2.5.5.1.7: the first three groups little-endian, the rest as written. Throws RangeError on what is no uniqueidentifier. */
function uniqueidentifierBytes(text: string): Buffer {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text))
    throw new RangeError(`'${text}' is not a uniqueidentifier`);
  const bytes = Buffer.from(text.replaceAll('-', ''), 'hex');
  bytes.subarray(0, 4).reverse();
  bytes.subarray(4, 6).reverse();
  bytes.subarray(6, 8).reverse();
  return bytes;
}
