import { SqlError } from '../engine/contract.ts';
import type { SqlType } from '../values.ts';
import { decodeCodePage, encodeCodePage } from './codepage.ts';
import { type Conversion, type ConversionMode, Truncation } from './conversion.ts';
import { cannotConvertType, notAGuid } from './errors.ts';
import { type CharacterType, isBinary, isCharacter, isInteger, isUnicode, typeName } from './types.ts';

// ---- binary -------------------------------------------------------------------------------------------------------

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex').toUpperCase();

/** Bytes as text, by CONVERT's binary styles 0, 1 and 2. Throws 281. */
export function binaryText(bytes: Uint8Array, to: CharacterType, style: number): string {
  if (style === 1 || style === 2) return (style === 1 ? '0x' : '') + hex(bytes);
  if (style !== 0)
    throw new SqlError(
      281,
      `${style} is not a valid style number when converting from varbinary to a character string.`,
    );
  return isUnicode(to)
    ? Buffer.from(bytes.length % 2 ? [...bytes, 0] : bytes).toString('utf16le')
    : decodeCodePage(bytes);
}

function fitBytes(bytes: Uint8Array, to: SqlType, side: 'left' | 'right', mode: ConversionMode): Uint8Array {
  const length = 'length' in to ? to.length : 'max';
  if (length === 'max') return bytes;
  if (bytes.length > length) {
    if (mode === 'assign') throw new Truncation(`0x${hex(bytes.slice(0, length))}`);
    return side === 'left' ? bytes.slice(0, length) : bytes.slice(bytes.length - length);
  }
  if (to.name === 'varbinary') return bytes;
  const padded = new Uint8Array(length);
  padded.set(bytes, side === 'left' ? 0 : length - bytes.length);
  return padded;
}

/** Bytes that an integer type takes. */
export const integerBytes: Readonly<Record<string, number>> = { bit: 1, tinyint: 1, smallint: 2, int: 4, bigint: 8 };

function bytesOfInteger(value: bigint, size: number): Uint8Array {
  const buffer = Buffer.alloc(8);
  buffer.writeBigInt64BE(BigInt.asIntN(64, value));
  return Uint8Array.from(buffer.subarray(8 - size));
}

/** Conversions into binary and varbinary. */
export function toBinary(from: SqlType, to: SqlType, mode: ConversionMode): Conversion | undefined {
  if (isBinary(from)) return value => fitBytes(value as Uint8Array, to, 'left', mode);
  if (isInteger(from))
    return value =>
      fitBytes(bytesOfInteger(BigInt(value as number), integerBytes[from.name] ?? 4), to, 'right', 'cast');
  if (from.name === 'uniqueidentifier') return value => fitBytes(guidBytes(String(value)), to, 'left', mode);
  if (!isCharacter(from)) return undefined;
  return (value, style = 0) => {
    const text = String(value);
    if (style === 0)
      return fitBytes(
        isUnicode(from) ? Uint8Array.from(Buffer.from(text, 'utf16le')) : encodeCodePage(text),
        to,
        'left',
        mode,
      );
    const digits = style === 1 ? (/^0x/i.test(text) ? text.slice(2) : undefined) : text;
    if (digits === undefined || !/^([0-9a-f]{2})*$/i.test(digits))
      throw cannotConvertType(typeName(from), typeName(to));
    return fitBytes(Uint8Array.from(Buffer.from(digits, 'hex')), to, 'left', mode);
  };
}

/** The first three groups of a GUID are little-endian on disk. */
export function guidBytes(text: string): Uint8Array {
  const plain = Buffer.from(text.replaceAll('-', ''), 'hex');
  return Uint8Array.from([3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15], index => plain[index] ?? 0);
}

/** Sixteen bytes as SQL Server writes a GUID. */
function guidText(bytes: Uint8Array): string {
  const digits = hex(
    Uint8Array.from([3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15], index => bytes[index] ?? 0),
  );
  return [digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16), digits.slice(16, 20), digits.slice(20)].join(
    '-',
  );
}

/** Conversions into uniqueidentifier. */
export function toGuid(from: SqlType): Conversion | undefined {
  if (isBinary(from)) return value => guidText(value as Uint8Array);
  if (!isCharacter(from)) return undefined;
  return value => {
    const match = /^\s*(\{?)([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})/i.exec(String(value));
    if (!match?.[2]) throw notAGuid();
    return match[2].toUpperCase();
  };
}
