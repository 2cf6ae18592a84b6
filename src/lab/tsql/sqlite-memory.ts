import { sqlite } from '../engine/sqlite.ts';
import type { Stored } from './types.ts';

/**
 * SQLite as a T-SQL session uses it. It calls the WebAssembly exports directly: the wrappers of the package cost more than the statements here do.
 * Callbacks are installed once per process; a connection only registers their addresses.
 */

/** The C functions used here (sqlite3.h); pointers are numbers, 64-bit integers are bigint. */
export interface Exports {
  sqlite3_malloc(size: number): number;
  sqlite3_free(pointer: number): void;
  sqlite3_prepare_v3(db: number, sql: number, size: number, flags: number, statement: number, tail: number): number;
  sqlite3_step(statement: number): number;
  sqlite3_reset(statement: number): number;
  sqlite3_clear_bindings(statement: number): number;
  sqlite3_finalize(statement: number): number;
  sqlite3_column_count(statement: number): number;
  sqlite3_column_type(statement: number, index: number): number;
  sqlite3_column_int64(statement: number, index: number): bigint;
  sqlite3_column_double(statement: number, index: number): number;
  sqlite3_column_text(statement: number, index: number): number;
  sqlite3_column_blob(statement: number, index: number): number;
  sqlite3_column_bytes(statement: number, index: number): number;
  sqlite3_bind_null(statement: number, index: number): number;
  sqlite3_bind_int64(statement: number, index: number, value: bigint): number;
  sqlite3_bind_double(statement: number, index: number, value: number): number;
  sqlite3_bind_text(statement: number, index: number, text: number, size: number, destructor: number): number;
  sqlite3_bind_blob(statement: number, index: number, data: number, size: number, destructor: number): number;
  sqlite3_value_type(value: number): number;
  sqlite3_value_int64(value: number): bigint;
  sqlite3_value_double(value: number): number;
  sqlite3_value_text(value: number): number;
  sqlite3_value_blob(value: number): number;
  sqlite3_value_bytes(value: number): number;
  sqlite3_result_null(context: number): void;
  sqlite3_result_int64(context: number, value: bigint): void;
  sqlite3_result_double(context: number, value: number): void;
  sqlite3_result_text(context: number, text: number, size: number, destructor: number): void;
  sqlite3_result_blob(context: number, data: number, size: number, destructor: number): void;
  sqlite3_result_error(context: number, text: number, size: number): void;
  sqlite3_user_data(context: number): number;
  sqlite3_aggregate_context(context: number, size: number): number;
  sqlite3_create_function_v2(
    db: number,
    name: number,
    arity: number,
    flags: number,
    data: number,
    scalar: number,
    step: number,
    final: number,
    destroy: number,
  ): number;
  sqlite3_create_window_function(
    db: number,
    name: number,
    arity: number,
    flags: number,
    data: number,
    step: number,
    final: number,
    value: number,
    inverse: number,
    destroy: number,
  ): number;
  sqlite3_create_collation_v2(
    db: number,
    name: number,
    encoding: number,
    data: number,
    compare: number,
    destroy: number,
  ): number;
  sqlite3_changes(db: number): number;
  sqlite3_get_autocommit(db: number): number;
  sqlite3_extended_errcode(db: number): number;
  sqlite3_errmsg(db: number): number;
  sqlite3_progress_handler(db: number, operations: number, callback: number, data: number): void;
}

/** SQLITE_TRANSIENT: SQLite copies the value at once. */
export const TRANSIENT = -1;

/** A failure of SQLite itself. `code` is the extended result code (sqlite.org/rescode.html). */
export class SqliteFailure extends Error {
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

let heap: Buffer = Buffer.alloc(0);

/** SQLite's memory; it moves when it grows. */
export function memory(): Buffer {
  const current = sqlite().wasm.heap8u();
  if (heap.buffer !== current.buffer) heap = Buffer.from(current.buffer);
  return heap;
}

let scratch = 0;

let scratchSize = 0;

/** A block of WebAssembly memory that is overwritten by the next call: SQLite copies from it at once (SQLITE_TRANSIENT). */
function scratchOf(exports: Exports, size: number): number {
  if (size > scratchSize) {
    if (scratch !== 0) exports.sqlite3_free(scratch);
    scratchSize = Math.max(size, 65_536);
    scratch = exports.sqlite3_malloc(scratchSize);
    if (scratch === 0) throw new SqliteFailure(7, 'out of memory');
  }
  return scratch;
}

/** Puts a text where SQLite can read it, until the next call. */
export function writeText(exports: Exports, text: string): { readonly pointer: number; readonly size: number } {
  const pointer = scratchOf(exports, text.length * 3 + 1);
  const buffer = memory();
  const size = buffer.write(text, pointer, 'utf8');
  buffer[pointer + size] = 0;
  return { pointer, size };
}

/** Puts bytes where SQLite can read them, until the next call. */
export function writeBytes(exports: Exports, bytes: Uint8Array): number {
  const pointer = scratchOf(exports, Math.max(1, bytes.length));
  memory().set(bytes, pointer);
  return pointer;
}

/** A 64-bit integer as a number where that is exact. */
export const asNumber = (value: bigint): number | bigint =>
  value >= -9_007_199_254_740_991n && value <= 9_007_199_254_740_991n ? Number(value) : value;

function readValue(exports: Exports, value: number): Stored {
  switch (exports.sqlite3_value_type(value)) {
    case 1:
      return asNumber(exports.sqlite3_value_int64(value));
    case 2:
      return exports.sqlite3_value_double(value);
    case 3: {
      const start = exports.sqlite3_value_text(value);
      return memory().toString('utf8', start, start + exports.sqlite3_value_bytes(value));
    }
    case 4: {
      const start = exports.sqlite3_value_blob(value);
      return Uint8Array.from(memory().subarray(start, start + exports.sqlite3_value_bytes(value)));
    }
    default:
      return null;
  }
}

/** The arguments of a SQL function. */
export function readArguments(exports: Exports, count: number, pointer: number): Stored[] {
  const values: Stored[] = [];
  for (let i = 0; i < count; i++) values.push(readValue(exports, memory().readUInt32LE(pointer + 4 * i)));
  return values;
}

/** The result of a SQL function. */
export function giveResult(exports: Exports, context: number, value: Stored): void {
  if (value === null) exports.sqlite3_result_null(context);
  else if (typeof value === 'number') {
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) exports.sqlite3_result_int64(context, BigInt(value));
    else exports.sqlite3_result_double(context, value);
  } else if (typeof value === 'bigint') exports.sqlite3_result_int64(context, value);
  else if (typeof value === 'string') {
    const { pointer, size } = writeText(exports, value);
    exports.sqlite3_result_text(context, pointer, size, TRANSIENT);
  } else exports.sqlite3_result_blob(context, writeBytes(exports, value), value.length, TRANSIENT);
}
