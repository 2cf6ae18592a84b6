import { quoteName } from '../link/names.ts';
import { openSession, type SqlConnectOptions } from './connect.ts';
import { bigint } from './rows.ts';

/** A table of numbered rows in a database: what a practice application writes, so that afterwards every acknowledged row can be looked for. */
export interface NumberedRows {
  /** Creates the table if it is not there. */
  prepare(): Promise<void>;
  /** Resolves when the server has acknowledged the row. Throws LinkError. */
  insert(id: number, writer: number): Promise<void>;
  ids(): Promise<readonly number[]>;
  close(): Promise<void>;
}

const TABLE = 'dbo.MiLinkNumberedRows';
/** An application gives up a write after this long, ms. */
const WRITE_TIMEOUT_MS = 15_000;
/** A name of its own: the failover must see these sessions as a stranger's. */
const APPLICATION_NAME = 'Practice application';
const NEVER = new AbortController().signal;

/** Opens connections of its own, which log in again after each role change. Throws LinkError. */
export async function openNumberedRows(options: SqlConnectOptions, database: string): Promise<NumberedRows> {
  const session = await openSession({ ...options, applicationName: APPLICATION_NAME }, NEVER);
  const table = `${quoteName(database)}.${TABLE}`;
  const change = (text: string) => session.change({ text, timeoutMs: WRITE_TIMEOUT_MS }, NEVER);
  return {
    prepare: () =>
      change(
        `USE ${quoteName(database)}; IF OBJECT_ID(N'${TABLE}') IS NULL CREATE TABLE ${TABLE} (id bigint NOT NULL PRIMARY KEY, writer int NOT NULL, written_at datetime2(3) NOT NULL DEFAULT SYSUTCDATETIME()); USE master;`,
      ),
    insert: (id, writer) => change(`INSERT INTO ${table} (id, writer) VALUES (${integer(id)}, ${integer(writer)});`),
    ids: async () =>
      (await session.read(`SELECT 1 AS partRows, id FROM ${table};`, {}, NEVER))
        .rows('partRows', { id: bigint })
        .map(row => row.id),
    close: () => session.close(),
  };
}

function integer(n: number): string {
  if (!Number.isSafeInteger(n)) throw new RangeError(`Not a whole number: ${n}`);
  return String(n);
}
