import { SqlError } from '../engine/contract.ts';
import { assertMay } from './access.ts';
import { equalityKey } from './collation.ts';
import { sameName } from './compiler.ts';
import { assertExistingRows } from './constraints.ts';
import { addConstraint, columnOf, withReferences } from './define-table.ts';
import { CompileError, unsupported } from './errors.ts';
import type { FoundTable } from './plan.ts';
import { type Bench, resolutionOf } from './query.ts';
import { assertNotNull, assertWritable, defaultValue, physicalIndexName } from './rows.ts';
import type { SchemaStatement } from './stores.ts';
import type { ColumnSyntax, ConstraintSyntax, ObjectName, Statement, TableSyntax } from './syntax.ts';
import { addUniqueIndex, columnSql, find, keep, rowKeys } from './table-change.ts';
import {
  type ColumnDefinition,
  findColumn,
  type IndexDefinition,
  quoteSql,
  rowColumn,
  type TableDefinition,
} from './table-definition.ts';

/** ALTER TABLE … ADD columns and constraints. */
export function addToTable(bench: Bench, name: ObjectName, syntax: TableSyntax, line: number): void {
  let table = find(bench, name, line, 'alter');
  for (const column of syntax.columns) table = addColumn(bench, table, column, line);
  for (const constraint of syntax.constraints) table = addTableConstraint(bench, table, constraint, line);
}

function addColumn(bench: Bench, table: FoundTable, syntax: ColumnSyntax, line: number): FoundTable {
  const { home, definition } = table;
  if (findColumn(definition, syntax.name)) {
    throw new CompileError(
      2705,
      `Column names in each table must be unique. Column name '${syntax.name}' in table '${definition.name}' is specified more than once.`,
      syntax.line,
      16,
      4,
    );
  }
  if (syntax.identity) throw unsupported('adding an identity column to an existing table', line);
  const column = columnOf(syntax, definition.name, []);
  const keys = rowKeys(bench, table);
  if (!column.nullable && !column.default && keys.length > 0) {
    throw new SqlError(
      4901,
      `ALTER TABLE only allows columns to be added that can contain nulls, or have a DEFAULT definition specified, or the column being added is an identity or timestamp column, or alternatively if none of the previous conditions are satisfied the table must be empty to allow addition of this column. Column '${column.name}' cannot be added to non-empty table '${definition.name}' because it does not satisfy these conditions.`,
    );
  }
  const stored = bench.stores.storedName(home, definition.name) ?? '';
  const added = keep(bench, table, { ...definition, columns: [...definition.columns, column] }, [
    schema => `ALTER TABLE ${schema}${quoteSql(stored)} ADD COLUMN ${columnSql(column)}`,
  ]);
  if (!column.nullable) {
    const value = assertNotNull(added, column, keys.length > 0 ? defaultValue(bench, column) : 0, 'ALTER TABLE');
    const sql = `UPDATE ${bench.stores.place(home, definition.name)} SET ${quoteSql(column.name)} = ? WHERE ${rowColumn(definition)} = ?`;
    for (const key of keys) bench.stores.connection.query(sql, [value, key]);
  }
  return added;
}

function addTableConstraint(bench: Bench, table: FoundTable, constraint: ConstraintSyntax, line: number): FoundTable {
  const definition = withReferences(bench, table.home, addConstraint(table.definition, constraint, line), line);
  if (constraint.kind === 'key') {
    const nullableKey = constraint.primary
      ? constraint.columns.find(name => findColumn(definition, name)?.nullable)
      : undefined;
    if (nullableKey !== undefined)
      throw new CompileError(
        8111,
        `Cannot define PRIMARY KEY constraint on nullable column in table '${definition.name}'.`,
        line,
      );
    const index = definition.indexes.at(-1);
    return index ? addUniqueIndex(bench, table, definition, index) : table;
  }
  const changed = keep(bench, table, definition);
  if (constraint.kind !== 'default')
    assertExistingRows(bench, {
      home: table.home,
      definition: {
        ...definition,
        checks: constraint.kind === 'check' ? definition.checks.slice(-1) : [],
        foreignKeys: constraint.kind === 'foreignKey' ? definition.foreignKeys.slice(-1) : [],
      },
    });
  return changed;
}

/** ALTER TABLE … DROP COLUMN. Throws 4924, 5074 and 4923. */
export function dropColumns(bench: Bench, name: ObjectName, columns: readonly string[], line: number): void {
  let table = find(bench, name, line, 'alter');
  for (const given of columns) {
    const { definition, home } = table;
    const column = findColumn(definition, given);
    if (!column)
      throw new CompileError(
        4924,
        `ALTER TABLE DROP COLUMN failed because column '${given}' does not exist in table '${definition.name}'.`,
        line,
      );
    const dependent = dependents(definition, column);
    if (dependent !== undefined)
      throw new SqlError(5074, `The object '${dependent}' is dependent on column '${column.name}'.`);
    if (definition.columns.length === 1)
      throw new SqlError(
        4923,
        `ALTER TABLE DROP COLUMN failed because '${column.name}' is the only data column in table '${definition.name}'. A table must have at least one data column.`,
      );
    const stored = bench.stores.storedName(home, definition.name) ?? '';
    table = keep(bench, table, { ...definition, columns: definition.columns.filter(other => other !== column) }, [
      schema => `ALTER TABLE ${schema}${quoteSql(stored)} DROP COLUMN ${quoteSql(column.name)}`,
    ]);
  }
}

function dependents(definition: TableDefinition, column: ColumnDefinition): string | undefined {
  const uses = (names: readonly string[]): boolean => names.some(name => sameName(name, column.name));
  if (column.default) return column.default.name;
  const index = definition.indexes.find(candidate => uses(candidate.columns));
  const key = definition.foreignKeys.find(candidate => uses(candidate.columns));
  const mentioned = definition.checks.find(check =>
    equalityKey(check.text, 'CI_AS').includes(equalityKey(column.name, 'CI_AS')),
  );
  return index?.name ?? key?.name ?? mentioned?.name;
}

/** CREATE INDEX. Only unique ones exist physically: the others would change nothing that can be seen. */
export function createIndex(bench: Bench, statement: Extract<Statement, { kind: 'createIndex' }>): void {
  const { line, name } = statement;
  let table: FoundTable;
  try {
    table = resolutionOf(bench).userTable(statement.table, line);
  } catch (error) {
    if (!(error instanceof CompileError) || error.number !== 208) throw error;
    throw new CompileError(
      1088,
      `Cannot find the object "${statement.table.join('.')}" because it does not exist or you do not have permissions.`,
      line,
      16,
      12,
    );
  }
  if (table.home.database) assertMay(bench.core, table.home.database, 'ALTER', table.definition.name);
  assertWritable(table);
  const { definition } = table;
  if (definition.indexes.some(index => sameName(index.name, name))) {
    throw new SqlError(
      1913,
      `The operation failed because an index or statistics with name '${name}' already exists on table '${statement.table.join('.')}'.`,
    );
  }
  if (statement.clustered && definition.indexes.some(index => index.clustered)) {
    throw new SqlError(
      1902,
      `Cannot create more than one clustered index on table '${statement.table.join('.')}'. Drop the existing clustered index '${definition.indexes.find(index => index.clustered)?.name}' before creating another.`,
      16,
      3,
    );
  }
  const columns = statement.columns.map(given => {
    const column = findColumn(definition, given);
    if (!column)
      throw new CompileError(1911, `Column name '${given}' does not exist in the target table or view.`, line);
    return column.name;
  });
  const index: IndexDefinition = {
    name,
    columns,
    unique: statement.unique,
    clustered: statement.clustered,
    constraint: undefined,
  };
  const changed = { ...definition, indexes: [...definition.indexes, index] };
  if (statement.unique) addUniqueIndex(bench, table, changed, index);
  else keep(bench, table, changed);
}

/** DROP INDEX. Throws 3701 and 3723. */
export function dropIndex(bench: Bench, statement: Extract<Statement, { kind: 'dropIndex' }>): void {
  const table = find(bench, statement.table, statement.line, 'alter');
  const { definition } = table;
  const index = definition.indexes.find(candidate => sameName(candidate.name, statement.name));
  if (!index) {
    if (statement.ifExists) return;
    throw new SqlError(
      3701,
      `Cannot drop the index '${statement.table.join('.')}.${statement.name}', because it does not exist or you do not have permission.`,
      11,
      7,
    );
  }
  if (index.constraint)
    throw new SqlError(
      3723,
      `An explicit DROP INDEX is not allowed on index '${statement.table.join('.')}.${index.name}'. It is being used for ${index.constraint === 'primary' ? 'PRIMARY KEY' : 'UNIQUE KEY'} constraint enforcement.`,
      16,
      4,
    );
  const statements: readonly SchemaStatement[] = index.unique
    ? [schema => `DROP INDEX ${schema}${quoteSql(physicalIndexName(definition, index))}`]
    : [];
  keep(
    bench,
    table,
    { ...definition, indexes: definition.indexes.filter(candidate => candidate !== index) },
    statements,
  );
}

/** SET IDENTITY_INSERT. */
export function identityInsert(bench: Bench, name: ObjectName, on: boolean, line: number): void {
  const { home, definition } = resolutionOf(bench).userTable(name, line);
  if (!definition.columns.some(column => column.identity)) {
    throw new SqlError(
      8106,
      `Table '${definition.name}' does not have the identity property. Cannot perform SET operation.`,
    );
  }
  const { settings } = bench.core;
  const own = { databaseId: home.database?.id ?? 0, table: definition.name };
  const other = settings.identityInsert;
  if (on && other && (other.databaseId !== own.databaseId || !sameName(other.table, own.table))) {
    throw new SqlError(
      8107,
      `IDENTITY_INSERT is already ON for table '${other.table}'. Cannot perform SET operation for table '${own.table}'.`,
    );
  }
  settings.identityInsert = on ? own : undefined;
}
