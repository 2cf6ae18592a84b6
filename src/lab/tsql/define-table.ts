import { orderOfCollation } from './collation.ts';
import { nameKey, sameName } from './compiler.ts';
import { CompileError, unsupported } from './errors.ts';
import type { Bench } from './query.ts';
import type { Home } from './stores.ts';
import type { ColumnSyntax, ConstraintSyntax, TableSyntax } from './syntax.ts';
import {
  type ColumnDefinition,
  findColumn,
  type IndexDefinition,
  objectIdOf,
  type TableDefinition,
} from './table-definition.ts';
import { isCharacter, isDecimal, isInteger } from './types.ts';

// ---- definitions --------------------------------------------------------------------------------------------------

/** Names that SQL Server makes up itself end in eight hex digits of the object's id. */
const madeUp = (prefix: string, table: string, detail: string): string =>
  `${prefix}__${table.slice(0, 9)}__${objectIdOf(`${table}.${prefix}.${detail}`).toString(16).toUpperCase().padStart(8, '0')}`;

/** A column as its table keeps it. Throws 8111, 452, 2749. */
export function columnOf(syntax: ColumnSyntax, table: string, keys: readonly string[]): ColumnDefinition {
  const inKey = keys.some(name => sameName(name, syntax.name));
  if (inKey && syntax.nullable === true)
    throw new CompileError(
      8111,
      `Cannot define PRIMARY KEY constraint on nullable column in table '${table}'.`,
      syntax.line,
      16,
      1,
    );
  if (syntax.collation !== undefined) {
    if (!isCharacter(syntax.type))
      throw new CompileError(452, 'COLLATE clause cannot be used on user-defined data types.', syntax.line);
    orderOfCollation(syntax.collation, syntax.line);
  }
  if (syntax.identity && !isInteger(syntax.type) && !(isDecimal(syntax.type) && syntax.type.scale === 0)) {
    throw new CompileError(
      2749,
      `Identity column '${syntax.name}' must be of data type int, bigint, smallint, tinyint, or decimal or numeric with a scale of 0, unencrypted, and constrained to be nonnullable.`,
      syntax.line,
      16,
      2,
    );
  }
  return {
    name: syntax.name,
    type: syntax.type,
    nullable: syntax.nullable ?? !(inKey || syntax.identity),
    collation: syntax.collation,
    identity: syntax.identity,
    default: syntax.default
      ? { name: syntax.default.name ?? madeUp('DF', table, syntax.name), text: syntax.default.text }
      : undefined,
  };
}

/** A table as its store keeps it. Throws 2705, 8110, 2744 and more. */
export function define(bench: Bench, table: string, syntax: TableSyntax, line: number): TableDefinition {
  const repeated = syntax.columns.find(
    (column, index) => syntax.columns.findIndex(other => sameName(other.name, column.name)) < index,
  );
  if (repeated)
    throw new CompileError(
      2705,
      `Column names in each table must be unique. Column name '${repeated.name}' in table '${table}' is specified more than once.`,
      repeated.line,
      16,
      3,
    );
  const primary = syntax.constraints.filter(constraint => constraint.kind === 'key' && constraint.primary);
  if (primary.length > 1)
    throw new CompileError(8110, `Cannot add multiple PRIMARY KEY constraints to table '${table}'.`, line, 16, 0);
  const keys = primary.flatMap(constraint => (constraint.kind === 'key' ? constraint.columns : []));
  if (syntax.columns.filter(column => column.identity).length > 1) {
    throw new CompileError(
      2744,
      `Multiple identity columns specified for table '${table}'. Only one identity column per table is allowed.`,
      line,
      16,
      2,
    );
  }
  const bare: TableDefinition = {
    name: table,
    objectId: objectIdOf(table),
    createdAt: bench.core.instance.clock.now(),
    columns: syntax.columns.map(column => columnOf(column, table, keys)),
    indexes: [],
    checks: [],
    foreignKeys: [],
    hasRowKey: true,
  };
  return syntax.constraints.reduce((definition, constraint) => addConstraint(definition, constraint, line), bare);
}

/** The definition with one more constraint. Throws 1911, 1779, 1781, 2714. */
export function addConstraint(
  definition: TableDefinition,
  constraint: ConstraintSyntax,
  line: number,
): TableDefinition {
  const { name: table } = definition;
  const known = (names: readonly string[]): readonly string[] =>
    names.map(name => {
      const column = findColumn(definition, name);
      if (!column)
        throw new CompileError(1911, `Column name '${name}' does not exist in the target table or view.`, line);
      return column.name;
    });
  switch (constraint.kind) {
    case 'key': {
      const columns = known(constraint.columns);
      const index: IndexDefinition = {
        name: constraint.name ?? madeUp(constraint.primary ? 'PK' : 'UQ', table, columns.join()),
        columns,
        unique: true,
        clustered: constraint.clustered && !definition.indexes.some(other => other.clustered),
        constraint: constraint.primary ? 'primary' : 'unique',
      };
      if (constraint.primary && definition.indexes.some(other => other.constraint === 'primary'))
        throw new CompileError(1779, `Table '${table}' already has a primary key defined on it.`, line, 16, 0);
      assertNewName(definition, index.name, line);
      return { ...definition, indexes: [...definition.indexes, index] };
    }
    case 'check': {
      const name = constraint.name ?? madeUp('CK', table, constraint.text);
      assertNewName(definition, name, line);
      return { ...definition, checks: [...definition.checks, { name, text: constraint.text }] };
    }
    case 'default': {
      const [column = ''] = known([constraint.column]);
      const name = constraint.name ?? madeUp('DF', table, column);
      if (findColumn(definition, column)?.default)
        throw new CompileError(1781, 'Column already has a DEFAULT bound to it.', line);
      return {
        ...definition,
        columns: definition.columns.map(other =>
          other.name === column ? { ...other, default: { name, text: constraint.text } } : other,
        ),
      };
    }
    case 'foreignKey': {
      const columns = known(constraint.columns);
      const name = constraint.name ?? madeUp('FK', table, columns.join());
      assertNewName(definition, name, line);
      return {
        ...definition,
        foreignKeys: [
          ...definition.foreignKeys,
          { name, columns, table: constraint.table.at(-1) ?? '', references: constraint.references },
        ],
      };
    }
  }
}

function assertNewName(definition: TableDefinition, name: string, line: number): void {
  const names = [...definition.indexes, ...definition.checks, ...definition.foreignKeys].map(other => other.name);
  if (names.some(other => sameName(other, name)))
    throw new CompileError(2714, `There is already an object named '${name}' in the database.`, line, 16, 5);
}

/** A foreign key must lead to a unique key of an existing table; the columns it leaves out are that table's primary key. */
export function withReferences(bench: Bench, home: Home, definition: TableDefinition, line: number): TableDefinition {
  const foreignKeys = definition.foreignKeys.map(key => {
    if (!home.database) throw unsupported('foreign keys of temporary tables', line);
    const parent =
      nameKey(key.table) === nameKey(definition.name) ? definition : bench.stores.definition(home, key.table);
    if (!parent)
      throw new CompileError(1767, `Foreign key '${key.name}' references invalid table '${key.table}'.`, line, 16, 0);
    const references =
      key.references.length > 0
        ? key.references
        : (parent.indexes.find(index => index.constraint === 'primary')?.columns ?? []);
    const wanted = new Set(references.map(nameKey));
    const matches = parent.indexes.some(
      index =>
        index.unique && index.columns.length === wanted.size && index.columns.every(name => wanted.has(nameKey(name))),
    );
    if (!matches || references.length !== key.columns.length) {
      throw new CompileError(
        1776,
        `There are no primary or candidate keys in the referenced table '${key.table}' that match the referencing column list in the foreign key '${key.name}'.`,
        line,
        16,
        0,
      );
    }
    return { ...key, table: parent.name, references };
  });
  return { ...definition, foreignKeys };
}
