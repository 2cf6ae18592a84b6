import { type Connection, openConnection } from './sqlite.ts';
import { Store } from './store.ts';

/**
 * What the practice databases hold. User tables are stored under one name, schema and all ("dbo.Orders"), with T-SQL types that SQLite gives no
 * affinity that would change a value.
 */

/** Rows that are there before anything happens. */
const sampleOrders = 480;
/** Rows of dbo.Ledger at the start; ids 1 to this. */
export const sampleLedger = 40;

const salesTables = `
  CREATE TABLE "dbo.Customers" ("CustomerId" int NOT NULL PRIMARY KEY, "Name" nvarchar(100) NOT NULL, "Country" nvarchar(60) NOT NULL);
  CREATE TABLE "dbo.Orders" ("OrderId" int NOT NULL PRIMARY KEY, "CustomerId" int NOT NULL, "OrderedAt" text_datetime2(0) NOT NULL,
    "Status" nvarchar(20) NOT NULL, "Lines" int NOT NULL);
  CREATE TABLE "dbo.Ledger" ("id" bigint NOT NULL PRIMARY KEY, "writer" int NOT NULL, "note" nvarchar(100) NOT NULL, "written_at" text_datetime2(3) NOT NULL);`;

const countries = ['Netherlands', 'Germany', 'Denmark', 'Portugal', 'Ireland'];
const statuses = ['Open', 'Packed', 'Shipped', 'Paid'];

let salesTemplate: Store | undefined;
let archiveTemplate: Store | undefined;

/** A store filled like the Sales database; made once per process and copied. */
export function salesSample(): Store {
  salesTemplate ??= filled(connection => {
    connection.exec(salesTables);
    insert(connection, `INSERT INTO "dbo.Customers" VALUES (?, ?, ?)`, 60, id => [
      id,
      `Customer ${String(id).padStart(3, '0')}`,
      countries[id % countries.length] ?? '',
    ]);
    insert(connection, `INSERT INTO "dbo.Orders" VALUES (?, ?, ?, ?, ?)`, sampleOrders, id => [
      id,
      1 + ((id * 7) % 60),
      `2026-0${1 + (id % 9)}-${String(1 + (id % 28)).padStart(2, '0')}T${String(id % 24).padStart(2, '0')}:15:00`,
      statuses[id % statuses.length] ?? '',
      1 + (id % 6),
    ]);
    insert(connection, `INSERT INTO "dbo.Ledger" VALUES (?, ?, ?, ?)`, sampleLedger, id => [
      id,
      0,
      `opening entry ${id}`,
      '2026-01-02T08:00:00.000',
    ]);
  });
  return salesTemplate;
}

/** A store filled like the Archive database, which is in no link. */
export function archiveSample(): Store {
  archiveTemplate ??= filled(connection => {
    connection.exec(
      `CREATE TABLE "dbo.OldOrders" ("OrderId" int NOT NULL PRIMARY KEY, "ClosedOn" nvarchar(10) NOT NULL)`,
    );
    insert(connection, `INSERT INTO "dbo.OldOrders" VALUES (?, ?)`, 120, id => [id, `2019-0${1 + (id % 9)}-11`]);
  });
  return archiveTemplate;
}

function filled(fill: (connection: Connection) => void): Store {
  const store = new Store();
  store.connection.exec('BEGIN');
  fill(store.connection);
  store.connection.exec('COMMIT');
  return store;
}

function insert(connection: Connection, sql: string, count: number, row: (id: number) => (string | number)[]): void {
  const statement = connection.prepare(sql);
  try {
    for (let id = 1; id <= count; id++) statement.bind(row(id)).stepReset();
  } finally {
    statement.finalize();
  }
}

/** Ids in dbo.Ledger of a store, ascending. Reads by a connection of its own; throws SQLITE_BUSY while a transaction is open there. */
export function ledgerIds(storeUri: string): number[] {
  const connection = openConnection(storeUri);
  try {
    return connection.selectValues('SELECT "id" FROM "dbo.Ledger" ORDER BY "id"').map(Number);
  } finally {
    connection.close();
  }
}
