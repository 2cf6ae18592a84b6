import type { LabDatabase, SessionView, SystemView } from '../engine/contract.ts';
import type { Column, SqlValue } from '../values.ts';
import { formatMoment, momentOfUnixTime } from './datetime.ts';
import { typeOfName } from './parse-type.ts';
import type { Stores } from './stores.ts';
import {
  type ColumnDefinition,
  collationOf,
  type IndexDefinition,
  objectIdOf,
  quoteSql,
  type TableDefinition,
} from './table-definition.ts';
import { asDecimalType, isBinary, isCharacter, isMoment, isNumber, isUnicode, rank } from './types.ts';

/** sys.tables and its kin: what a database's store says of itself. */

interface ObjectView {
  readonly columns: readonly Column[];
  rows(tables: readonly TableDefinition[], reading: Reading): readonly (readonly SqlValue[])[];
}
interface Reading {
  readonly stores: Stores;
  readonly database: LabDatabase;
  rowCount(table: TableDefinition): bigint;
}

/** "name type, …" as in CREATE TABLE. */
function columns(text: string): readonly Column[] {
  return text.split(/,\s*(?![^(]*\))/).map(part => {
    const [, name = '', typeName = '', sizes = ''] = /^\s*(\w+)\s+(\w+)(?:\(([^)]*)\))?\s*$/.exec(part) ?? [];
    const type = typeOfName(
      typeName,
      sizes === '' ? [] : sizes.split(',').map(size => (size === 'max' ? 'max' : Number(size))),
      0,
    );
    if (!type) throw new Error(`Not a column: ${part}`);
    return { name, type, nullable: true };
  });
}

function view(columnText: string, rows: ObjectView['rows']): ObjectView {
  return { columns: columns(columnText), rows };
}

const typeIds: Readonly<Record<string, number>> = {
  image: 34,
  uniqueidentifier: 36,
  date: 40,
  time: 41,
  datetime2: 42,
  datetimeoffset: 43,
  tinyint: 48,
  smallint: 52,
  int: 56,
  smalldatetime: 58,
  real: 59,
  money: 60,
  datetime: 61,
  float: 62,
  bit: 104,
  decimal: 106,
  numeric: 108,
  bigint: 127,
  varbinary: 165,
  varchar: 167,
  binary: 173,
  char: 175,
  nvarchar: 231,
  nchar: 239,
};

const created = (table: TableDefinition): string =>
  formatMoment(momentOfUnixTime(Math.floor(table.createdAt / 10) * 10), { name: 'datetime' });

const objectColumns = `name sysname, object_id int, principal_id int, schema_id int, parent_object_id int, type char(2), type_desc nvarchar(60), create_date datetime,
  modify_date datetime, is_ms_shipped bit, is_published bit, is_schema_published bit`;

interface SchemaObject {
  readonly name: string;
  readonly id: number;
  readonly parent: number;
  readonly type: string;
  readonly description: string;
}

function objectRow(object: SchemaObject, table: TableDefinition): readonly SqlValue[] {
  return [
    object.name,
    object.id,
    null,
    1,
    object.parent,
    object.type,
    object.description,
    created(table),
    created(table),
    false,
    false,
    false,
  ];
}

const tableObject = (table: TableDefinition): SchemaObject => ({
  name: table.name,
  id: table.objectId,
  parent: 0,
  type: 'U ',
  description: 'USER_TABLE',
});

function constraintsOf(table: TableDefinition): readonly SchemaObject[] {
  const child = (name: string, type: string, description: string): SchemaObject => ({
    name,
    id: objectIdOf(`${table.name}.${name}`),
    parent: table.objectId,
    type,
    description,
  });
  return [
    ...table.indexes.flatMap(index =>
      index.constraint
        ? [
            child(
              index.name,
              index.constraint === 'primary' ? 'PK' : 'UQ',
              index.constraint === 'primary' ? 'PRIMARY_KEY_CONSTRAINT' : 'UNIQUE_CONSTRAINT',
            ),
          ]
        : [],
    ),
    ...table.checks.map(check => child(check.name, 'C ', 'CHECK_CONSTRAINT')),
    ...table.foreignKeys.map(key => child(key.name, 'F ', 'FOREIGN_KEY_CONSTRAINT')),
    ...table.columns.flatMap(column =>
      column.default ? [child(column.default.name, 'D ', 'DEFAULT_CONSTRAINT')] : [],
    ),
  ];
}

/** Clustered first (1), others from 2; a table without a clustered index is a heap (0). */
function indexRows(
  table: TableDefinition,
): readonly { readonly id: number; readonly index: IndexDefinition | undefined }[] {
  const clustered = table.indexes.find(index => index.clustered);
  const others = table.indexes.filter(index => index !== clustered);
  return [{ id: clustered ? 1 : 0, index: clustered }, ...others.map((index, place) => ({ id: place + 2, index }))];
}

function maxLength({ type }: ColumnDefinition): number {
  if (isCharacter(type) || isBinary(type))
    return type.length === 'max' ? -1 : isUnicode(type) ? type.length * 2 : type.length;
  const sizes: Readonly<Record<string, number>> = {
    bit: 1,
    tinyint: 1,
    smallint: 2,
    int: 4,
    bigint: 8,
    real: 4,
    float: 8,
    money: 8,
    uniqueidentifier: 16,
    date: 3,
    time: 5,
    smalldatetime: 4,
    datetime: 8,
    datetime2: 8,
    datetimeoffset: 10,
  };
  if ('precision' in type) return type.precision <= 9 ? 5 : type.precision <= 19 ? 9 : type.precision <= 28 ? 13 : 17;
  return sizes[type.name] ?? 8;
}

const momentPrecision: Readonly<Record<string, number>> = {
  date: 10,
  time: 16,
  smalldatetime: 16,
  datetime: 23,
  datetime2: 27,
  datetimeoffset: 34,
};
const precisionOf = ({ type }: ColumnDefinition): number =>
  isMoment(type)
    ? (momentPrecision[type.name] ?? 0)
    : type.name === 'float'
      ? 53
      : type.name === 'real'
        ? 24
        : isNumber(type)
          ? asDecimalType(type).precision
          : 0;
const scaleOf = ({ type }: ColumnDefinition): number =>
  'scale' in type ? type.scale : type.name === 'datetime' ? 3 : type.name === 'money' ? 4 : 0;

const partitionId = (table: TableDefinition, index: number): bigint =>
  72_057_594_000_000_000n + BigInt(table.objectId) * 10n + BigInt(index);

const empty = (): readonly (readonly SqlValue[])[] => [];
const typeNames = Object.keys(typeIds).filter(name => rank({ name } as { name: 'int' }) >= 0);

const views: Readonly<Record<string, ObjectView>> = {
  'SYS.TABLES': view(
    `${objectColumns}, lob_data_space_id int, filestream_data_space_id int, max_column_id_used int, uses_ansi_nulls bit, is_replicated bit, is_memory_optimized bit, temporal_type tinyint, is_external bit`,
    tables =>
      tables.map(table => [
        ...objectRow(tableObject(table), table),
        0,
        null,
        table.columns.length,
        true,
        false,
        false,
        0,
        false,
      ]),
  ),
  'SYS.OBJECTS': view(objectColumns, tables =>
    tables.flatMap(table => [tableObject(table), ...constraintsOf(table)].map(object => objectRow(object, table))),
  ),
  'SYS.VIEWS': view(objectColumns, empty),
  'SYS.PROCEDURES': view(objectColumns, empty),
  'SYS.TRIGGERS': view(
    'name sysname, object_id int, parent_class tinyint, parent_class_desc nvarchar(60), parent_id int, type char(2), type_desc nvarchar(60), is_disabled bit',
    empty,
  ),
  'SYS.COLUMNS': view(
    `object_id int, name sysname, column_id int, system_type_id tinyint, user_type_id int, max_length smallint, precision tinyint, scale tinyint, collation_name sysname, is_nullable bit,
    is_ansi_padded bit, is_rowguidcol bit, is_identity bit, is_computed bit, is_filestream bit, is_replicated bit, is_sparse bit, default_object_id int`,
    tables =>
      tables.flatMap(table =>
        table.columns.map((column, place) => {
          const id = typeIds[column.type.name] ?? 0;
          const isText = isCharacter(column.type) || isBinary(column.type);
          return [
            table.objectId,
            column.name,
            place + 1,
            id,
            id,
            maxLength(column),
            precisionOf(column),
            scaleOf(column),
            collationOf(column),
            column.nullable,
            isText,
            false,
            column.identity !== undefined,
            false,
            false,
            false,
            false,
            column.default ? objectIdOf(`${table.name}.${column.default.name}`) : 0,
          ];
        }),
      ),
  ),
  'SYS.IDENTITY_COLUMNS': view(
    'object_id int, name sysname, column_id int, seed_value bigint, increment_value bigint, last_value bigint, is_not_for_replication bit',
    (tables, reading) =>
      tables.flatMap(table =>
        table.columns.flatMap((column, place) => {
          if (!column.identity) return [];
          const last = reading.stores.lastIdentity(reading.stores.home(reading.database), table);
          return [
            [
              table.objectId,
              column.name,
              place + 1,
              BigInt(column.identity.seed),
              BigInt(column.identity.increment),
              last ?? null,
              false,
            ],
          ];
        }),
      ),
  ),
  'SYS.SCHEMAS': view('name sysname, schema_id int, principal_id int', () => [
    ['dbo', 1, 1],
    ['guest', 2, 2],
    ['INFORMATION_SCHEMA', 3, 3],
    ['sys', 4, 4],
  ]),
  'SYS.TYPES': view(
    'name sysname, system_type_id tinyint, user_type_id int, schema_id int, max_length smallint, is_nullable bit, is_user_defined bit',
    () => [
      ...typeNames.map(name => [name, typeIds[name] ?? 0, typeIds[name] ?? 0, 4, 8, true, false] as const),
      ['sysname', 231, 256, 4, 256, false, false] as const,
    ],
  ),
  'SYS.INDEXES': view(
    `object_id int, name sysname, index_id int, type tinyint, type_desc nvarchar(60), is_unique bit, data_space_id int, ignore_dup_key bit, is_primary_key bit, is_unique_constraint bit,
    fill_factor tinyint, is_padded bit, is_disabled bit, is_hypothetical bit, has_filter bit, filter_definition nvarchar(max)`,
    tables =>
      tables.flatMap(table =>
        indexRows(table).map(({ id, index }) => [
          table.objectId,
          index?.name ?? null,
          id,
          id > 1 ? 2 : id,
          id === 0 ? 'HEAP' : id === 1 ? 'CLUSTERED' : 'NONCLUSTERED',
          index?.unique ?? false,
          1,
          false,
          index?.constraint === 'primary',
          index?.constraint === 'unique',
          0,
          false,
          false,
          false,
          false,
          null,
        ]),
      ),
  ),
  'SYS.INDEX_COLUMNS': view(
    'object_id int, index_id int, index_column_id int, column_id int, key_ordinal tinyint, partition_ordinal tinyint, is_descending_key bit, is_included_column bit',
    tables =>
      tables.flatMap(table =>
        indexRows(table).flatMap(({ id, index }) =>
          (index?.columns ?? []).map((name, place) => [
            table.objectId,
            id,
            place + 1,
            table.columns.findIndex(column => column.name === name) + 1,
            place + 1,
            0,
            false,
            false,
          ]),
        ),
      ),
  ),
  'SYS.KEY_CONSTRAINTS': view(`${objectColumns}, unique_index_id int`, tables =>
    tables.flatMap(table =>
      constraintsOf(table)
        .filter(object => object.type === 'PK' || object.type === 'UQ')
        .map(object => [
          ...objectRow(object, table),
          indexRows(table).find(entry => entry.index?.name === object.name)?.id ?? 0,
        ]),
    ),
  ),
  'SYS.CHECK_CONSTRAINTS': view(`${objectColumns}, is_disabled bit, definition nvarchar(max)`, tables =>
    tables.flatMap(table =>
      constraintsOf(table)
        .filter(object => object.type === 'C ')
        .map(object => [
          ...objectRow(object, table),
          false,
          `(${table.checks.find(check => check.name === object.name)?.text ?? ''})`,
        ]),
    ),
  ),
  'SYS.DEFAULT_CONSTRAINTS': view(`${objectColumns}, parent_column_id int, definition nvarchar(max)`, tables =>
    tables.flatMap(table =>
      constraintsOf(table)
        .filter(object => object.type === 'D ')
        .map(object => {
          const place = table.columns.findIndex(column => column.default?.name === object.name);
          return [...objectRow(object, table), place + 1, `(${table.columns[place]?.default?.text ?? ''})`];
        }),
    ),
  ),
  'SYS.FOREIGN_KEYS': view(
    `${objectColumns}, referenced_object_id int, is_disabled bit, delete_referential_action_desc nvarchar(60)`,
    tables =>
      tables.flatMap(table =>
        constraintsOf(table)
          .filter(object => object.type === 'F ')
          .map(object => [
            ...objectRow(object, table),
            objectIdOf(table.foreignKeys.find(key => key.name === object.name)?.table ?? ''),
            false,
            'NO_ACTION',
          ]),
      ),
  ),
  'SYS.PARTITIONS': view(
    'partition_id bigint, object_id int, index_id int, partition_number int, hobt_id bigint, rows bigint, data_compression tinyint, data_compression_desc nvarchar(60)',
    (tables, reading) =>
      tables.flatMap(table =>
        indexRows(table).map(({ id }) => [
          partitionId(table, id),
          table.objectId,
          id,
          1,
          partitionId(table, id),
          reading.rowCount(table),
          0,
          'NONE',
        ]),
      ),
  ),
  'SYS.DM_DB_PARTITION_STATS': view(
    'partition_id bigint, object_id int, index_id int, partition_number int, in_row_data_page_count bigint, in_row_used_page_count bigint, used_page_count bigint, reserved_page_count bigint, row_count bigint',
    (tables, reading) =>
      tables.flatMap(table =>
        indexRows(table).map(({ id }) => {
          const rows = reading.rowCount(table);
          const pages = rows / 100n + 1n;
          return [partitionId(table, id), table.objectId, id, 1, pages, pages + 1n, pages + 1n, pages + 8n, rows];
        }),
      ),
  ),
  'INFORMATION_SCHEMA.TABLES': view(
    'TABLE_CATALOG nvarchar(128), TABLE_SCHEMA nvarchar(128), TABLE_NAME sysname, TABLE_TYPE varchar(10)',
    (tables, { database }) => tables.map(table => [database.name, 'dbo', table.name, 'BASE TABLE']),
  ),
  'INFORMATION_SCHEMA.COLUMNS': view(
    `TABLE_CATALOG nvarchar(128), TABLE_SCHEMA nvarchar(128), TABLE_NAME nvarchar(128), COLUMN_NAME sysname, ORDINAL_POSITION int, COLUMN_DEFAULT nvarchar(4000), IS_NULLABLE varchar(3),
    DATA_TYPE nvarchar(128), CHARACTER_MAXIMUM_LENGTH int, CHARACTER_OCTET_LENGTH int, NUMERIC_PRECISION tinyint, NUMERIC_SCALE int, DATETIME_PRECISION smallint, COLLATION_NAME sysname`,
    (tables, { database }) =>
      tables.flatMap(table =>
        table.columns.map((column, place) => {
          const { type } = column;
          const sized = isCharacter(type) || isBinary(type);
          const length = sized ? (type.length === 'max' ? -1 : type.length) : null;
          const numeric = isNumber(type) && type.name !== 'bit';
          return [
            database.name,
            'dbo',
            table.name,
            column.name,
            place + 1,
            column.default ? `(${column.default.text})` : null,
            column.nullable ? 'YES' : 'NO',
            type.name,
            length,
            sized ? maxLength(column) : null,
            numeric ? precisionOf(column) : null,
            numeric && type.name !== 'float' && type.name !== 'real' ? scaleOf(column) : null,
            isMoment(type) ? scaleOf(column) : null,
            collationOf(column),
          ];
        }),
      ),
  ),
};

/** The view of that name (schema and all) over one database's own tables, or undefined. */
export function objectView(name: string, database: LabDatabase, stores: Stores): SystemView | undefined {
  const found = views[name.toUpperCase()];
  if (!found) return undefined;
  return {
    name,
    columns: found.columns,
    rows: (_: SessionView) => {
      const home = stores.home(database);
      const rowCount = (table: TableDefinition): bigint =>
        BigInt(
          Number(
            stores.connection.query(
              `SELECT count(*) FROM ${home.alias}.${quoteSql(stores.storedName(home, table.name) ?? '')}`,
            )[0]?.[0] ?? 0,
          ),
        );
      return found.rows(stores.definitions(home), { stores, database, rowCount });
    },
  };
}
