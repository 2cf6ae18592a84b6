import initSqlite, {
  type BindableValue,
  type Database,
  type PreparedStatement,
  type Sqlite3Static,
} from '@sqlite.org/sqlite-wasm';

/** One open connection; several connections may open the same `file:/name?vfs=memdb` store. */
export type Connection = Database;

/** Collects what a connection changes in one schema until `take` is called. */
export interface ChangeRecorder {
  /** The changes since the recorder began, as a SQLite changeset (empty when nothing changed). */
  take(): Uint8Array;
  close(): void;
}

let loading: Promise<Sqlite3Static> | undefined;
let loaded: Sqlite3Static | undefined;

/** Loads SQLite (WebAssembly) once per process; await it before anything else here. */
export async function loadSqlite(): Promise<Sqlite3Static> {
  loading ??= initSqlite();
  loaded = await loading;
  // Every failed step is reported on the console otherwise; a busy store is everyday here and stdout may carry JSON.
  loaded.config.warn = () => undefined;
  return loaded;
}

/** The loaded library. Throws when `loadSqlite` has not been awaited. */
export function sqlite(): Sqlite3Static {
  if (!loaded) throw new Error('SQLite is not loaded: await loadSqlite() first.');
  return loaded;
}

/** Opens (and creates) a database: a `file:/…?vfs=memdb` store or ':memory:'. The store lives while any connection to it is open. */
export function openConnection(uri = ':memory:'): Connection {
  return new (sqlite().oo1.DB)(uri, 'c');
}

const prepared = new WeakMap<Connection, Map<string, PreparedStatement>>();

/** Runs a statement that is needed again and again; it stays prepared until the connection is closed. */
export function run(connection: Connection, sql: string, values?: readonly BindableValue[]): void {
  const statements = prepared.get(connection) ?? new Map<string, PreparedStatement>();
  prepared.set(connection, statements);
  const statement = statements.get(sql) ?? connection.prepare(sql);
  statements.set(sql, statement);
  if (values) statement.bind([...values]);
  try {
    statement.step();
  } finally {
    statement.reset();
  }
}

/** SQLITE_BUSY in any of its forms: another connection holds the store's lock. */
export function isBusy(error: unknown): boolean {
  const { SQLite3Error, capi } = sqlite();
  return error instanceof SQLite3Error && (error.resultCode & 0xff) === capi.SQLITE_BUSY;
}

/** SQLITE_SESSION_OBJCONFIG_ROWID (sqlite3.h): also record tables without a primary key, by rowid. */
const recordByRowid = 2;

/** Records every change that `connection` makes in `schema` ('main', or the name given to ATTACH). Session extension: virtual and temporary tables are left out. */
export function recordChanges(connection: Connection, schema = 'main'): ChangeRecorder {
  const { capi, wasm } = sqlite();
  const session = scoped(() => {
    const out = wasm.scopedAlloc(8);
    check(connection, capi.sqlite3session_create(connection, schema, out));
    return wasm.peekPtr(out);
  });
  scoped(() => {
    const on = wasm.scopedAlloc(4);
    wasm.poke32(on, 1);
    // The typings leave out the third argument of sqlite3session_object_config(session, op, pArg).
    const configure = capi.sqlite3session_object_config as (session: number, op: number, argument: number) => number;
    check(connection, configure(session, recordByRowid, on));
    check(connection, capi.sqlite3session_attach(session, null));
  });
  return {
    take: () => readOut(connection, (size, data) => capi.sqlite3session_changeset(session, size, data)),
    close: () => {
      capi.sqlite3session_delete(session);
    },
  };
}

/** Applies a changeset to the connection's `main`. Throws when the rows it changes are not as the changeset found them: two stores that should be equal are not. */
export function applyChangeset(connection: Connection, changeset: Uint8Array): void {
  if (changeset.length === 0) return;
  const { capi, wasm } = sqlite();
  const pointer = wasm.allocFromTypedArray(changeset);
  try {
    const result = capi.sqlite3changeset_apply(
      connection,
      changeset.length,
      pointer,
      0,
      () => capi.SQLITE_CHANGESET_ABORT,
      0,
    );
    check(connection, result);
  } finally {
    wasm.dealloc(pointer);
  }
}

/** `name` as an SQLite identifier. */
export const quoteIdentifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;

function scoped<T>(run: () => T): T {
  const { wasm } = sqlite();
  const mark = wasm.scopedAllocPush();
  try {
    return run();
  } finally {
    wasm.scopedAllocPop(mark);
  }
}

/** Calls a C function that returns a buffer through (int *size, void **data), copies the buffer out and frees it. */
function readOut(connection: Connection | undefined, call: (size: number, data: number) => number): Uint8Array {
  const { capi, wasm } = sqlite();
  return scoped(() => {
    const size = wasm.scopedAlloc(8);
    const data = wasm.scopedAlloc(8);
    check(connection, call(size, data));
    const start = wasm.peekPtr(data);
    if (start === 0) return new Uint8Array();
    const bytes = wasm.heap8u().slice(start, start + wasm.peek32(size));
    capi.sqlite3_free(start);
    return bytes;
  });
}

function check(connection: Connection | undefined, result: number): void {
  const { capi, SQLite3Error } = sqlite();
  if (result === capi.SQLITE_OK) return;
  const error = new SQLite3Error(result);
  if (connection) error.message += `: ${capi.sqlite3_errmsg(connection)}`;
  throw error;
}
