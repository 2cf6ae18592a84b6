import { SqlError } from '../engine/contract.ts';
import { type Compiler, nameKey, newScope, type Place } from './compiler.ts';
import { collate } from './emit.ts';
import { parseStoredCondition } from './parse-stored.ts';
import type { FoundTable } from './plan.ts';
import { type Bench, evaluate } from './query.ts';
import {
  accessOf,
  type ForeignKey,
  findColumn,
  quoteSql,
  rowColumn,
  type TableDefinition,
  textOrderOf,
} from './table-definition.ts';
import { translateCondition } from './translate-expression.ts';
import type { Stored } from './types.ts';

/** The statement that error messages name. */
export type Verb = 'INSERT' | 'UPDATE' | 'DELETE' | 'ALTER TABLE';

// ---- constraints --------------------------------------------------------------------------------------------------

/** CHECK and foreign keys of the rows just written, and of those that refer to rows just changed. Throws 547. */
export function assertConstraints(bench: Bench, table: FoundTable, keys: readonly Stored[], verb: Verb): void {
  const { definition } = table;
  if (keys.length === 0) return;
  if (verb !== 'DELETE' && (definition.checks.length > 0 || definition.foreignKeys.length > 0)) {
    noteAffected(bench, keys);
    for (const check of definition.checks) assertCheck(bench, table, check, verb);
    for (const key of definition.foreignKeys) assertReference(bench, table, key, verb);
  }
  if (verb !== 'INSERT') assertReferences(bench, table, verb);
}

function noteAffected(bench: Bench, keys: readonly Stored[]): void {
  const { connection } = bench.stores;
  connection.query('CREATE TABLE IF NOT EXISTS main."~affected" (r INTEGER PRIMARY KEY)');
  connection.query('DELETE FROM main."~affected"');
  for (const key of keys) connection.query('INSERT OR IGNORE INTO main."~affected" VALUES (?)', [key]);
}

const affected = (definition: TableDefinition): string =>
  `t1.${rowColumn(definition)} IN (SELECT r FROM main."~affected")`;

function tablePlace(
  bench: Bench,
  { definition, home }: FoundTable,
  compiler: Compiler,
): { readonly from: string; readonly place: Place } {
  const access = accessOf(definition, bench.stores.place(home, definition.name));
  const alias = compiler.newAlias();
  const columns = access.columns.map(column => ({ ...column, sql: column.read(alias) }));
  return {
    from: `${access.sql} AS ${alias}`,
    place: { compiler, scope: newScope(undefined, [{ names: [definition.name], columns }]) },
  };
}

function assertCheck(bench: Bench, table: FoundTable, check: TableDefinition['checks'][number], verb: Verb): void {
  const { rows } = evaluate(bench, { check }, compiler => {
    const { from, place } = tablePlace(bench, table, compiler);
    const condition = translateCondition(parseStoredCondition(check.text), place);
    return {
      sql: `SELECT 1 FROM ${from} WHERE ${affected(table.definition)} AND NOT ${condition} LIMIT 1`,
      columns: [],
    };
  });
  if (rows.length === 0) return;
  throw conflict(verb, 'CHECK', check.name, table);
}

function conflict(verb: Verb, kind: string, name: string, { home, definition }: FoundTable, column?: string): SqlError {
  const where = `database "${home.database?.name ?? 'tempdb'}", table "dbo.${definition.name}"${column === undefined ? '' : `, column '${column}'`}`;
  return new SqlError(
    547,
    `The ${verb} statement conflicted with the ${kind} constraint "${name}". The conflict occurred in ${where}.`,
    16,
    0,
  );
}

/** SQLite text that finds a row of `t1` whose reference leads nowhere. */
function orphanCondition(child: FoundTable, key: ForeignKey, parentPlace: string, parent: TableDefinition): string {
  const pairs = key.columns.map((name, index) => ({
    own: findColumn(child.definition, name),
    other: findColumn(parent, key.references[index] ?? ''),
  }));
  const present = pairs.map(({ own }) => `t1.${quoteSql(own?.name ?? '')} IS NOT NULL`).join(' AND ');
  const equal = pairs
    .map(
      ({ own, other }) =>
        `p.${quoteSql(other?.name ?? '')} = t1.${quoteSql(own?.name ?? '')}${own ? collate(own.type, textOrderOf(own), 'equality') : ''}`,
    )
    .join(' AND ');
  return `${present} AND NOT EXISTS (SELECT 1 FROM ${parentPlace} AS p WHERE ${equal})`;
}

function assertReference(bench: Bench, child: FoundTable, key: ForeignKey, verb: Verb): void {
  const parent = bench.stores.definition(child.home, key.table);
  if (!parent) return;
  const orphan = orphanCondition(child, key, bench.stores.place(child.home, parent.name), parent);
  const found = bench.stores.connection.query(
    `SELECT 1 FROM ${bench.stores.place(child.home, child.definition.name)} AS t1 WHERE ${affected(child.definition)} AND ${orphan} LIMIT 1`,
  );
  if (found.length > 0)
    throw conflict(verb, 'FOREIGN KEY', key.name, { home: child.home, definition: parent }, key.references[0]);
}

/** Rows elsewhere that refer to this table must still find what they refer to. */
function assertReferences(bench: Bench, parent: FoundTable, verb: Verb): void {
  if (!parent.home.database) return;
  const place = bench.stores.place(parent.home, parent.definition.name);
  for (const definition of bench.stores.definitions(parent.home)) {
    for (const key of definition.foreignKeys.filter(
      candidate => nameKey(candidate.table) === nameKey(parent.definition.name),
    )) {
      const child: FoundTable = { home: parent.home, definition };
      const orphan = orphanCondition(child, key, place, parent.definition);
      const found = bench.stores.connection.query(
        `SELECT 1 FROM ${bench.stores.place(parent.home, definition.name)} AS t1 WHERE ${orphan} LIMIT 1`,
      );
      if (found.length > 0) throw conflict(verb, 'REFERENCE', key.name, child, key.columns[0]);
    }
  }
}

/** Every row of a table against one new constraint (ALTER TABLE … ADD). */
export function assertExistingRows(bench: Bench, table: FoundTable): void {
  const keys = bench.stores.connection
    .query(`SELECT ${rowColumn(table.definition)} FROM ${bench.stores.place(table.home, table.definition.name)}`)
    .map(row => row[0] ?? null);
  assertConstraints(bench, table, keys, 'ALTER TABLE');
}
