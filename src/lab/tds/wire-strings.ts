// MS-TDS 2.2.5.5.1.2 Character and binary strings, 2.2.5.2.3 Partially Length-prefixed Bytes.
import type { SqlValue } from '../values.ts';
import type { ByteWriter } from './bytes.ts';
import { encodeWindows1252, serverCollation } from './codepage.ts';
import type { Dialect } from './dialect.ts';
import { maxLength, nullLength, plpNull, typeId } from './type-ids.ts';
import { asBytes, asText, type WireType } from './wire-type.ts';

const sizedIds = {
  char: typeId.char,
  varchar: typeId.varchar,
  nchar: typeId.nchar,
  nvarchar: typeId.nvarchar,
  binary: typeId.binary,
  varbinary: typeId.varbinary,
};

/** char, varchar, nchar, nvarchar, binary, varbinary. `length` counts characters for n(var)char, else bytes. */
export function sized(name: keyof typeof sizedIds, length: number | 'max', dialect: Dialect): WireType {
  const bytesPerUnit = name === 'nchar' || name === 'nvarchar' ? 2 : 1;
  const limit = length === 'max' ? Number.POSITIVE_INFINITY : Math.max(1, length) * bytesPerUnit;
  if (length !== 'max' && limit > 8000) throw new RangeError(`${name}(${length}) is larger than 8000 bytes`);
  const encode = encoderOf(name, limit);
  if (length === 'max' && !dialect.wide) return largeObject(name, encode);
  return {
    info: out => {
      out.u8(sizedIds[name]);
      out.u16(length === 'max' ? maxLength : limit);
      if (!name.endsWith('binary')) out.bytes(serverCollation);
    },
    write: (out, value) => {
      const bytes = encode(value);
      if (length === 'max') return writeChunk(out, bytes);
      out.u16(bytes.length);
      out.bytes(bytes);
    },
    writeNull: out => (length === 'max' ? out.u64(plpNull) : out.u16(nullLength)),
  };
}

function encoderOf(name: keyof typeof sizedIds, limit: number): (value: NonNullable<SqlValue>) => Uint8Array {
  const toBytes = (value: NonNullable<SqlValue>): Uint8Array => {
    if (name.endsWith('binary')) return asBytes(value);
    return name.startsWith('n') ? Buffer.from(asText(value), 'utf16le') : encodeWindows1252(asText(value));
  };
  const padding = { char: ' ', nchar: ' \0', binary: '\0' }[name as string];
  return value => {
    const bytes = toBytes(value);
    if (bytes.length > limit) throw new RangeError(`a value of ${bytes.length} bytes is too long for ${limit}`);
    if (padding === undefined || bytes.length === limit || limit === Number.POSITIVE_INFINITY) return bytes;
    return Buffer.concat([bytes, Buffer.alloc(limit - bytes.length, padding, 'latin1')]);
  };
}

function writeChunk(out: ByteWriter, bytes: Uint8Array): void {
  out.u64(BigInt(bytes.length));
  if (bytes.length > 0) {
    out.u32(bytes.length);
    out.bytes(bytes);
  }
  out.u32(0);
}

/** Before 7.2 the (max) types travel as text, ntext and image: 2.2.5.5.2 TEXT, NTEXT, IMAGE. */
function largeObject(name: keyof typeof sizedIds, encode: (value: NonNullable<SqlValue>) => Uint8Array): WireType {
  const binary = name.endsWith('binary');
  const wide = name.startsWith('n');
  return {
    info: out => {
      out.u8(binary ? typeId.image : wide ? typeId.ntext : typeId.text);
      out.u32(wide ? 0x7fff_fffe : 0x7fff_ffff);
      if (!binary) out.bytes(serverCollation);
      out.usVarchar(''); // the table's name
    },
    write: (out, value) => {
      const bytes = encode(value);
      out.u8(16);
      out.fill(0x64, 16); // a text pointer and a timestamp, which no one can use
      out.fill(0, 8);
      out.u32(bytes.length);
      out.bytes(bytes);
    },
    writeNull: out => out.u8(0),
  };
}

/** For clients that do not know the date types: nvarchar, with a blank between date and time. */
export const textInstead = (length: number, dialect: Dialect): WireType => {
  const text = sized('nvarchar', length, dialect);
  return { ...text, write: (out, value) => text.write(out, asText(value).replace('T', ' ')) };
};
