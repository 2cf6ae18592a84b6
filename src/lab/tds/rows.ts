// MS-TDS 2.2.7.4 COLMETADATA, 2.2.7.15 NBCROW, 2.2.7.18 RETURNVALUE, 2.2.7.19 ROW.
import type { Column, SqlType, SqlValue } from '../values.ts';
import type { ByteWriter } from './bytes.ts';
import type { Dialect } from './dialect.ts';
import { token } from './tokens.ts';
import type { WireType } from './wire-type.ts';
import { wireType } from './wire-types.ts';

/** 2.2.7.18 RETURNVALUE of an output parameter; `ordinal` counts the call's parameters from 0. */
export function writeReturnValue(
  out: ByteWriter,
  dialect: Dialect,
  ordinal: number,
  name: string,
  type: SqlType,
  value: SqlValue,
): void {
  const wire = wireType(type, dialect);
  out.u8(token.returnValue);
  out.u16(ordinal);
  out.bVarchar(name);
  out.u8(1); // an output parameter
  writeUserTypeAndFlags(out, dialect, true);
  wire.info(out);
  if (value === null) wire.writeNull(out);
  else wire.write(out, value);
}

/** A value that does not fit its column's type: a mistake of the lab, never of the client. `message` names the column and the type. */
export class ValueDoesNotFit extends Error {
  override readonly name = 'ValueDoesNotFit';
}

/** The rows of one result set. */
export class RowFormat {
  readonly #columns: readonly Column[];
  readonly #wires: readonly WireType[];
  readonly #dialect: Dialect;

  /** Throws ValueDoesNotFit for a type that does not exist, such as decimal(39,0). */
  constructor(columns: readonly Column[], dialect: Dialect) {
    this.#columns = columns;
    this.#dialect = dialect;
    this.#wires = columns.map((column, index) => this.#orMisfit(index, () => wireType(column.type, dialect)));
  }

  /** 2.2.7.4 COLMETADATA. */
  writeMetadata(out: ByteWriter): void {
    out.u8(token.colMetadata);
    out.u16(this.#columns.length === 0 ? 0xffff : this.#columns.length);
    for (const [index, column] of this.#columns.entries()) {
      writeUserTypeAndFlags(out, this.#dialect, column.nullable);
      this.#wires[index]?.info(out);
      out.bVarchar(column.name);
    }
  }

  /** 2.2.7.19 ROW, or 2.2.7.15 NBCROW when nulls are among the values and the client can read it. Writes nothing when it throws (ValueDoesNotFit). */
  writeRow(out: ByteWriter, values: readonly SqlValue[]): void {
    if (values.length !== this.#columns.length)
      throw new ValueDoesNotFit(`A row of ${values.length} values for ${this.#columns.length} columns`);
    const start = out.length;
    const bitmap = this.#dialect.nullBitmaps && values.includes(null);
    out.u8(bitmap ? token.nbcRow : token.row);
    if (bitmap) out.bytes(nullBitmap(values));
    try {
      for (const [index, wire] of this.#wires.entries()) {
        const value = values[index] ?? null;
        if (value !== null) this.#orMisfit(index, () => wire.write(out, value));
        else if (!bitmap) wire.writeNull(out);
      }
    } catch (error) {
      out.truncate(start);
      throw error;
    }
  }

  #orMisfit<T>(index: number, work: () => T): T {
    try {
      return work();
    } catch (error) {
      const column = this.#columns[index];
      const reason = error instanceof Error ? error.message : String(error);
      throw new ValueDoesNotFit(`Column ${index + 1} '${column?.name}' (${column?.type.name}): ${reason}`, {
        cause: error,
      });
    }
  }
}

function nullBitmap(values: readonly SqlValue[]): Uint8Array {
  const bitmap = new Uint8Array(Math.ceil(values.length / 8));
  for (const [index, value] of values.entries()) {
    if (value === null) bitmap[index >> 3] = (bitmap[index >> 3] ?? 0) | (1 << (index & 7));
  }
  return bitmap;
}

/** 2.2.7.4: no user type; whether it can be updated is unknown (bit 3), as for any expression. */
function writeUserTypeAndFlags(out: ByteWriter, dialect: Dialect, nullable: boolean): void {
  if (dialect.wide) out.u32(0);
  else out.u16(0);
  out.u16(nullable ? 0x0009 : 0x0008);
}
