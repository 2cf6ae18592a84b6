import type { SqlType } from '../values.ts';
import { orderOfCollation, serverCollation, type TextOrder } from './collation.ts';
import { nameKey, rowKeyName, sameName, type TableAccess } from './compiler.ts';
import { formatDecimal, rescale, toDecimal } from './decimal.ts';
import { operation, strict } from './emit.ts';
import { typeOfName } from './parse-type.ts';
import { isCharacter, isDecimal, isExactText, isMoment, typeText } from './types.ts';

/** A user table as T-SQL knows it. Kept as JSON beside the table, so that it travels with the log; plain stores are read from SQLite's own schema. */
export interface TableDefinition {
  readonly name: string;
  readonly objectId: number;
  /** Unix ms. */
  readonly createdAt: number;
  readonly columns: readonly ColumnDefinition[];
  readonly indexes: readonly IndexDefinition[];
  readonly checks: readonly { readonly name: string; readonly text: string }[];
  readonly foreignKeys: readonly ForeignKey[];
  /** Whether SQLite's table has the hidden key column `$row` (tables made by T-SQL do). */
  readonly hasRowKey: boolean;
}

/** A column; no `collation` = the database's. */
export interface ColumnDefinition {
  readonly name: string;
  readonly type: SqlType;
  readonly nullable: boolean;
  readonly collation: string | undefined;
  readonly identity: { readonly seed: string; readonly increment: string } | undefined;
  readonly default: { readonly name: string; readonly text: string } | undefined;
  /** SQLite turns this column's numbers into doubles: written by others than T-SQL. */
  readonly hasNumericAffinity?: boolean | undefined;
}

/** An index or a key constraint. */
export interface IndexDefinition {
  readonly name: string;
  readonly columns: readonly string[];
  readonly unique: boolean;
  readonly clustered: boolean;
  readonly constraint: 'primary' | 'unique' | undefined;
}

/** A reference to a unique key of a table in the same database. */
export interface ForeignKey {
  readonly name: string;
  readonly columns: readonly string[];
  readonly table: string;
  readonly references: readonly string[];
}

/** A name as a SQLite identifier. */
export const quoteSql = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** The hidden key by which SQLite's change log knows a row. */
export const rowKey = '$row';
/** Beside a unique text column: its equality key, so that an ordinary SQLite index finds 'A' and 'a ' equal. */
export const keyColumn = (column: string): string => `$key ${column}`;

/** The column that names a row within this store. */
export const rowColumn = (table: TableDefinition): string => (table.hasRowKey ? quoteSql(rowKey) : '_rowid_');

/** The column of that name. */
export const findColumn = (table: TableDefinition, name: string): ColumnDefinition | undefined =>
  table.columns.find(column => sameName(column.name, name));

/** How a column's text compares; undefined = as the database's default. */
export const textOrderOf = (column: ColumnDefinition): TextOrder | undefined =>
  column.collation === undefined ? undefined : orderOfCollation(column.collation, 0);

/** The collation that catalog views show; NULL for what is no text. */
export const collationOf = (column: ColumnDefinition): string | null =>
  isCharacter(column.type) ? (column.collation ?? serverCollation) : null;

/** A stable positive id, the same on both sides of a link. */
export function objectIdOf(name: string): number {
  let hash = 0x811c9dc5;
  for (const letter of nameKey(name)) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193);
  return ((hash >>> 0) % 2_000_000_000) + 100_000_000;
}

/** The SQLite type: T-SQL's own text, with "text_" where SQLite would otherwise make numbers of digits. */
export function declaredType(type: SqlType): string {
  const needsText = isExactText(type) || isMoment(type) || type.name === 'uniqueidentifier';
  return quoteSql(needsText ? `text_${typeText(type)}` : typeText(type));
}

/** The T-SQL type of a SQLite declaration; what cannot be read is nvarchar(max). */
export function readDeclaredType(declared: string): { readonly type: SqlType; readonly isText: boolean } {
  const match = /^(text_)?([a-z0-9]+)(?:\((\w+)(?:,\s*(\d+))?\))?$/i.exec(declared.trim());
  const sizes = [match?.[3], match?.[4]]
    .filter(size => size !== undefined)
    .map(size => (/^max$/i.test(size) ? 'max' : Number(size)));
  const type = match ? typeOfName(match[2] ?? '', sizes, 0) : undefined;
  return { type: type ?? { name: 'nvarchar', length: 'max' }, isText: match?.[1] !== undefined };
}

/** How queries read the table. `place` is its schema-qualified SQLite name. */
export function accessOf(table: TableDefinition, place: string): TableAccess {
  return {
    sql: place,
    columns: [
      ...table.columns.map(column => ({
        name: column.name,
        type: column.type,
        nullable: column.nullable,
        order: textOrderOf(column),
        identity: column.identity !== undefined,
        read: (alias: string) => readColumn(column, alias),
      })),
      {
        name: rowKeyName,
        type: { name: 'bigint' },
        nullable: false,
        hidden: true,
        read: (alias: string) => `${alias}.${rowColumn(table)}`,
      },
    ],
  };
}

function readColumn(column: ColumnDefinition, alias: string): string {
  const sql = `${alias}.${quoteSql(column.name)}`;
  if (!column.hasNumericAffinity) return sql;
  const scale = isDecimal(column.type) ? column.type.scale : 4;
  return operation(
    `exact ${scale}`,
    () => strict(([value]) => formatDecimal(rescale(toDecimal(value as string), scale))),
    [sql],
  );
}
