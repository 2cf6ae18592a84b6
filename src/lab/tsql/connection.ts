import { type Connection as Database, isBusy, openConnection, sqlite } from '../engine/sqlite.ts';
import { compareText, type TextOrder } from './collation.ts';
import { guidBytes } from './convert-binary.ts';
import { compareInstants } from './datetime.ts';
import { compareDecimals, toDecimal } from './decimal.ts';
import { aggregateAt, type OperationContext, operationAt } from './operations.ts';
import {
  asNumber,
  type Exports,
  giveResult,
  memory,
  readArguments,
  SqliteFailure,
  TRANSIENT,
  writeBytes,
  writeText,
} from './sqlite-memory.ts';
import type { Stored } from './types.ts';

const OK = 0;

const BUSY = 5;

const INTERRUPT = 9;

const ROW = 100;

const DONE = 101;

const UTF8 = 1;

const DETERMINISTIC = 0x800;

/** Another connection holds the store's lock. */
export const isStoreBusy = (error: unknown): boolean =>
  (error instanceof SqliteFailure && (error.code & 0xff) === BUSY) || isBusy(error);

interface Callbacks {
  readonly exports: Exports;
  readonly scalar: number;
  readonly step: number;
  readonly final: number;
  readonly value: number;
  readonly inverse: number;
  readonly progress: number;
  readonly collations: readonly { readonly name: string; readonly compare: number }[];
  readonly scalarName: number;
  readonly volatileName: number;
  readonly aggregateName: number;
}

let callbacks: Callbacks | undefined;

/** The connection whose statement is running: SQLite is synchronous, so there is at most one. */
let running: Connection | undefined;

/** SQLite can carry only a text out of a failed callback: the error itself waits on the connection. */
function giveError(exports: Exports, context: number, error: unknown): void {
  if (running) running.callbackError ??= error;
  const { pointer, size } = writeText(exports, error instanceof Error ? error.message : String(error));
  exports.sqlite3_result_error(context, pointer, size);
}

const aggregateStates = new Map<number, { readonly number: number; state: unknown }>();

function install(): Callbacks {
  const { wasm } = sqlite();
  // The package types its exports loosely; the interface above lists what is used of sqlite3.h.
  const exports = wasm.exports as unknown as Exports;
  const guarded = (context: number, run: () => void): void => {
    try {
      run();
    } catch (error) {
      giveError(exports, context, error);
    }
  };
  const scalar = (context: number, count: number, pointer: number): void =>
    guarded(context, () => {
      const [number, ...values] = readArguments(exports, count, pointer);
      giveResult(exports, context, operationAt(number as number)(values, running?.context));
    });
  const change = (kind: 'step' | 'inverse') => (context: number, count: number, pointer: number) =>
    guarded(context, () => {
      const [number, ...values] = readArguments(exports, count, pointer);
      const aggregate = aggregateAt(number as number);
      const key = exports.sqlite3_aggregate_context(context, 8);
      const entry = aggregateStates.get(key) ?? { number: number as number, state: aggregate.start() };
      aggregateStates.set(key, entry);
      entry.state = kind === 'step' ? aggregate.step(entry.state, values) : aggregate.inverse?.(entry.state, values);
    });
  const result = (isFinal: boolean) => (context: number) =>
    guarded(context, () => {
      const key = exports.sqlite3_aggregate_context(context, isFinal ? 0 : 8);
      const entry = key === 0 ? undefined : aggregateStates.get(key);
      if (isFinal && key !== 0) aggregateStates.delete(key);
      giveResult(exports, context, entry ? aggregateAt(entry.number).result(entry.state) : null);
    });
  const collation = (compare: (a: string, b: string) => number) =>
    wasm.installFunction('i(pipip)', (_: number, sizeA: number, a: number, sizeB: number, b: number) => {
      const buffer = memory();
      return compare(buffer.toString('utf8', a, a + sizeA), buffer.toString('utf8', b, b + sizeB));
    });
  const textOrder = (order: TextOrder) => ({ name: order, compare: collation((a, b) => compareText(a, b, order)) });
  const name = (text: string): number => wasm.allocCString(text, false);
  return {
    exports,
    scalar: wasm.installFunction('v(pip)', scalar),
    step: wasm.installFunction('v(pip)', change('step')),
    inverse: wasm.installFunction('v(pip)', change('inverse')),
    final: wasm.installFunction('v(p)', result(true)),
    value: wasm.installFunction('v(p)', result(false)),
    progress: wasm.installFunction('i(p)', () =>
      running !== undefined && performance.now() > running.deadline ? 1 : 0,
    ),
    collations: [
      ...(['CI_AS', 'CS_AS', 'CI_AI', 'CS_AI', 'BIN'] as const).map(textOrder),
      { name: 'EXACT', compare: collation((a, b) => compareDecimals(toDecimal(a), toDecimal(b))) },
      { name: 'INSTANT', compare: collation(compareInstants) },
      { name: 'GUID', compare: collation(compareGuids) },
    ],
    scalarName: name('x'),
    volatileName: name('v'),
    aggregateName: name('agg'),
  };
}

/** SQL Server orders GUIDs from the last group to the first. */
function compareGuids(a: string, b: string): number {
  const left = Buffer.from(guidBytes(a));
  const right = Buffer.from(guidBytes(b));
  for (const [from, to] of [
    [10, 16],
    [8, 10],
    [6, 8],
    [4, 6],
    [0, 4],
  ] as const) {
    const order = left.compare(right, from, to, from, to);
    if (order !== 0) return order;
  }
  return 0;
}

/** A prepared statement; `all` runs it to its end. */
export class Statement {
  readonly #connection: Connection;
  readonly #exports: Exports;
  readonly #pointer: number;
  constructor(connection: Connection, exports: Exports, pointer: number) {
    this.#connection = connection;
    this.#exports = exports;
    this.#pointer = pointer;
  }

  #bind(values: readonly Stored[]): void {
    const { sqlite3_bind_null, sqlite3_bind_int64, sqlite3_bind_double, sqlite3_bind_text, sqlite3_bind_blob } =
      this.#exports;
    values.forEach((value, index) => {
      const place = index + 1;
      if (value === null) sqlite3_bind_null(this.#pointer, place);
      else if (typeof value === 'bigint') sqlite3_bind_int64(this.#pointer, place, value);
      else if (typeof value === 'number') {
        if (Number.isSafeInteger(value) && !Object.is(value, -0))
          sqlite3_bind_int64(this.#pointer, place, BigInt(value));
        else sqlite3_bind_double(this.#pointer, place, value);
      } else if (typeof value === 'string') {
        const { pointer, size } = writeText(this.#exports, value);
        sqlite3_bind_text(this.#pointer, place, pointer, size, TRANSIENT);
      } else sqlite3_bind_blob(this.#pointer, place, writeBytes(this.#exports, value), value.length, TRANSIENT);
    });
  }

  #column(index: number): Stored {
    const exports = this.#exports;
    switch (exports.sqlite3_column_type(this.#pointer, index)) {
      case 1:
        return asNumber(exports.sqlite3_column_int64(this.#pointer, index));
      case 2:
        return exports.sqlite3_column_double(this.#pointer, index);
      case 3: {
        const start = exports.sqlite3_column_text(this.#pointer, index);
        return memory().toString('utf8', start, start + exports.sqlite3_column_bytes(this.#pointer, index));
      }
      case 4: {
        const start = exports.sqlite3_column_blob(this.#pointer, index);
        return Uint8Array.from(memory().subarray(start, start + exports.sqlite3_column_bytes(this.#pointer, index)));
      }
      default:
        return null;
    }
  }

  /** Every row. Throws what a callback threw, or SqliteFailure. */
  all(values: readonly Stored[] = []): Stored[][] {
    const outer = running;
    running = this.#connection;
    this.#connection.callbackError = undefined;
    try {
      this.#bind(values);
      const rows: Stored[][] = [];
      const width = this.#exports.sqlite3_column_count(this.#pointer);
      for (;;) {
        const result = this.#exports.sqlite3_step(this.#pointer);
        if (result === DONE) return rows;
        if (result !== ROW) throw this.#connection.failure(result);
        const row: Stored[] = [];
        for (let i = 0; i < width; i++) row.push(this.#column(i));
        rows.push(row);
      }
    } finally {
      running = outer;
      this.#exports.sqlite3_reset(this.#pointer);
    }
  }

  finalize(): void {
    this.#exports.sqlite3_finalize(this.#pointer);
  }
}

/** How long one SQLite statement may hold the process before it is refused as too much for the practice server. */
const statementBudgetMs = 20_000;

/** One session's private SQLite connection (':memory:'), with T-SQL's operations and collations registered. */
export class Connection {
  readonly database: Database;
  /** What operations get as their context: the session. */
  context: OperationContext;
  callbackError: unknown;
  deadline = Number.POSITIVE_INFINITY;
  readonly #exports: Exports;
  readonly #pointer: number;
  readonly #prepared = new Map<string, Statement>();

  /** `loadSqlite` must have been awaited. */
  constructor() {
    callbacks ??= install();
    const { exports, ...known } = callbacks;
    this.database = openConnection(':memory:');
    this.#exports = exports;
    this.#pointer = this.database.pointer as number;
    const db = this.#pointer;
    exports.sqlite3_create_function_v2(db, known.scalarName, -1, UTF8 | DETERMINISTIC, 0, known.scalar, 0, 0, 0);
    exports.sqlite3_create_function_v2(db, known.volatileName, -1, UTF8, 0, known.scalar, 0, 0, 0);
    exports.sqlite3_create_window_function(
      db,
      known.aggregateName,
      -1,
      UTF8,
      0,
      known.step,
      known.final,
      known.value,
      known.inverse,
      0,
    );
    for (const collation of known.collations) {
      const { pointer } = writeText(exports, collation.name);
      exports.sqlite3_create_collation_v2(db, pointer, UTF8, 0, collation.compare, 0);
    }
    exports.sqlite3_progress_handler(db, 200_000, known.progress, 0);
  }

  /** What the last call failed with: a callback's own error before SQLite's. */
  failure(result: number): unknown {
    const thrown = this.callbackError;
    this.callbackError = undefined;
    if (thrown !== undefined) return thrown;
    const code = this.#exports.sqlite3_extended_errcode(this.#pointer) || result;
    const start = this.#exports.sqlite3_errmsg(this.#pointer);
    const buffer = memory();
    const message = buffer.toString('utf8', start, buffer.indexOf(0, start));
    return new SqliteFailure(code, (result & 0xff) === INTERRUPT ? 'the query ran for too long' : message);
  }

  #prepare(sql: string): Statement {
    const { pointer, size } = writeText(this.#exports, sql);
    const out = this.#exports.sqlite3_malloc(8);
    const result = this.#exports.sqlite3_prepare_v3(this.#pointer, pointer, size, 1, out, 0);
    const statement = memory().readUInt32LE(out);
    this.#exports.sqlite3_free(out);
    if (result !== OK) throw this.failure(result);
    return new Statement(this, this.#exports, statement);
  }

  /** Runs one SQLite statement; its prepared form is kept for the next time. */
  query(sql: string, values: readonly Stored[] = []): Stored[][] {
    let statement = this.#prepared.get(sql);
    if (!statement) {
      // A callback of a running statement may ask for more: that one must not be finalized under it.
      if (this.#prepared.size >= 200 && running === undefined) this.forgetStatements();
      statement = this.#prepare(sql);
      this.#prepared.set(sql, statement);
    }
    this.deadline = performance.now() + statementBudgetMs;
    return statement.all(values);
  }

  get changes(): number {
    return this.#exports.sqlite3_changes(this.#pointer);
  }

  get inTransaction(): boolean {
    return this.#exports.sqlite3_get_autocommit(this.#pointer) === 0;
  }

  /** Needed before DETACH: a prepared statement keeps its databases. */
  forgetStatements(): void {
    for (const statement of this.#prepared.values()) statement.finalize();
    this.#prepared.clear();
  }

  close(): void {
    this.forgetStatements();
    this.database.close();
  }
}
