import type { SqlValue } from '../values.ts';
import type { ByteWriter } from './bytes.ts';

/** How one type looks on the wire. `write` and `writeNull` include the length; `write` throws RangeError or TypeError on a value the type cannot hold. */
export interface WireType {
  readonly info: (out: ByteWriter) => void;
  readonly write: (out: ByteWriter, value: NonNullable<SqlValue>) => void;
  readonly writeNull: (out: ByteWriter) => void;
}

/** How the bytes of one value are written. */
export type Write = WireType['write'];

/** A type whose nulls have length 0 and whose other values all have the same length. */
export function fixed(id: number, size: number, writeValue: Write): WireType {
  return {
    info: out => {
      out.u8(id);
      out.u8(size);
    },
    write: (out, value) => {
      out.u8(size);
      writeValue(out, value);
    },
    writeNull: out => out.u8(0),
  };
}

/** A whole number, or TypeError. */
export function asNumber(value: SqlValue): number {
  if (typeof value === 'number' && Number.isInteger(value)) return value;
  throw new TypeError(`${describe(value)} is not a whole number`);
}

/** A finite number, or TypeError. */
export function asFinite(value: SqlValue): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new TypeError(`${describe(value)} is not a finite number`);
}

/** A bigint, or TypeError. */
export function asBigint(value: SqlValue): bigint {
  if (typeof value === 'bigint') return value;
  throw new TypeError(`${describe(value)} is not a bigint`);
}

/** A boolean as 0 or 1, or TypeError. */
export function asBoolean(value: SqlValue): 0 | 1 {
  if (typeof value === 'boolean') return value ? 1 : 0;
  throw new TypeError(`${describe(value)} is not a boolean`);
}

/** A text, or TypeError. */
export function asText(value: SqlValue): string {
  if (typeof value === 'string') return value;
  throw new TypeError(`${describe(value)} is not a text`);
}

/** Bytes, or TypeError. */
export function asBytes(value: SqlValue): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new TypeError(`${describe(value)} is not a Uint8Array`);
}

const describe = (value: SqlValue): string => `${typeof value} ${String(value).slice(0, 40)}`;
