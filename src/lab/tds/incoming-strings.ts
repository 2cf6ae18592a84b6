// MS-TDS 2.2.5.5.1.2 Character and binary strings, 2.2.5.2.3 Partially Length-prefixed Bytes, as a client sends them.
import type { SqlValue } from '../values.ts';
import type { ByteReader } from './bytes.ts';
import { decodeText } from './codepage.ts';
import type { Dialect } from './dialect.ts';
import type { IncomingType } from './incoming-type.ts';
import { maxLength, nullLength, plpNull, typeId } from './type-ids.ts';

const sizedNames = {
  [typeId.char]: 'char',
  [typeId.varchar]: 'varchar',
  [typeId.nchar]: 'nchar',
  [typeId.nvarchar]: 'nvarchar',
  [typeId.binary]: 'binary',
  [typeId.varbinary]: 'varbinary',
} as const;

/** Types with a 2-byte length. */
export function sized(from: ByteReader, id: keyof typeof sizedNames, dialect: Dialect): IncomingType {
  const name = sizedNames[id];
  const length = from.u16();
  const decode = decoderOf(from, name);
  const inChunks = length === maxLength && dialect.wide;
  const units = name.startsWith('n') ? length / 2 : length;
  const read = (): SqlValue => {
    if (inChunks) return readChunks(from, decode);
    const size = from.u16();
    return size === nullLength ? null : decode(from.bytes(size));
  };
  return { type: { name, length: length === maxLength ? 'max' : Math.max(1, Math.floor(units)) }, read };
}

/** text, ntext and image. */
export function largeObject(
  from: ByteReader,
  id: typeof typeId.text | typeof typeId.ntext | typeof typeId.image,
): IncomingType {
  from.u32();
  const name = ({ [typeId.text]: 'varchar', [typeId.ntext]: 'nvarchar', [typeId.image]: 'varbinary' } as const)[id];
  const decode = decoderOf(from, name);
  const read = (): SqlValue => {
    const size = from.u32();
    return size === 0xffff_ffff ? null : decode(from.bytes(size));
  };
  return { type: { name, length: 'max' }, read };
}

/** Reads the collation if the type has one, and answers with how its bytes become a value. */
function decoderOf(from: ByteReader, name: (typeof sizedNames)[keyof typeof sizedNames]): (bytes: Buffer) => SqlValue {
  if (name.endsWith('binary')) return bytes => new Uint8Array(bytes);
  const collation = from.bytes(5);
  return name.startsWith('n') ? bytes => bytes.toString('utf16le') : bytes => decodeText(bytes, collation);
}

/** 2.2.5.2.3 Partially Length-prefixed Bytes. The total length in front may be unknown, so the chunks decide. */
function readChunks(from: ByteReader, decode: (bytes: Buffer) => SqlValue): SqlValue {
  if (from.u64() === plpNull) return null;
  const chunks: Buffer[] = [];
  for (let size = from.u32(); size !== 0; size = from.u32()) chunks.push(from.bytes(size));
  return decode(Buffer.concat(chunks));
}
