import {
  type Compiler,
  newScope,
  type OutputColumn,
  type Place,
  type Scope,
  type Source,
  type SourceColumn,
  sameName,
  type TableAccess,
  type Typed,
} from './compiler.ts';
import { convertTo, operation, strict } from './emit.ts';
import { CompileError, unsupported } from './errors.ts';
import type { Condition, Expression, Query, TableSource } from './syntax.ts';
import { isApproximate, isBinary, isCharacter, isUnicode, nvarchar, varchar } from './types.ts';

/** The translators that FROM needs; handed in because they need FROM. */
export interface Translators {
  query(
    compiler: Compiler,
    query: Query,
    scope: Scope | undefined,
  ): { readonly sql: string; readonly columns: readonly OutputColumn[] };
  expression(expression: Expression, place: Place): Typed;
  condition(condition: Condition, place: Place): string;
}

/** FROM as SQLite text; its tables are added to the scope as they become visible. */
export function translateFrom(
  tables: readonly TableSource[],
  scope: Scope,
  compiler: Compiler,
  translators: Translators,
): string {
  const from = new From(scope, compiler, translators);
  // A comma binds less than JOIN: a joined list behind one is put in parentheses.
  return tables
    .map((table, index) => (index > 0 && table.kind === 'join' ? `(${from.translate(table)})` : from.translate(table)))
    .join(' JOIN ');
}

class From {
  readonly #scope: Scope;
  readonly #compiler: Compiler;
  readonly #translators: Translators;
  constructor(scope: Scope, compiler: Compiler, translators: Translators) {
    this.#scope = scope;
    this.#compiler = compiler;
    this.#translators = translators;
  }

  translate(table: TableSource): string {
    switch (table.kind) {
      case 'table':
        return this.#table(table);
      case 'tableVariable':
        return this.#access(this.#compiler.names.tableVariable(table.name, table.line), [table.alias ?? table.name]);
      case 'derived':
        return this.#derived(table);
      case 'function':
        return this.#function(table);
      case 'join':
        return this.#join(table);
      case 'apply':
        return this.#apply(table);
    }
  }

  #add(names: readonly string[], columns: readonly SourceColumn[], line: number): void {
    const [exposed] = names.slice(-1);
    if (
      this.#scope.sources.some(
        source => source.names.length === 1 && names.length === 1 && sameName(source.names[0] ?? '', exposed ?? ''),
      )
    ) {
      throw new CompileError(
        1011,
        `The correlation name '${exposed}' is specified multiple times in a FROM clause.`,
        line,
      );
    }
    this.#scope.sources.push({ names, columns } satisfies Source);
  }

  #access(access: TableAccess, names: readonly string[], line = 0): string {
    const alias = this.#compiler.newAlias();
    this.#add(
      names,
      access.columns.map(column => ({ ...column, sql: column.read(alias) })),
      line,
    );
    return `${access.sql} AS ${alias}`;
  }

  #table(table: Extract<TableSource, { kind: 'table' }>): string {
    const compiler = this.#compiler;
    const [single] = table.name;
    const common =
      table.name.length === 1 ? compiler.commonTables.findLast(entry => sameName(entry.name, single ?? '')) : undefined;
    if (!common)
      return this.#access(
        compiler.names.table(table.name, table.line),
        table.alias === undefined ? table.name : [table.alias],
        table.line,
      );
    const alias = compiler.newAlias();
    this.#add([table.alias ?? common.name], columnsOf(common.columns, alias), table.line);
    return `${common.sqlName} AS ${alias}`;
  }

  #derived(table: Extract<TableSource, { kind: 'derived' }>): string {
    const { sql, columns } = this.#translators.query(this.#compiler, table.query, this.#scope.parent);
    const alias = this.#compiler.newAlias();
    this.#add([table.alias], columnsOf(renamed(columns, table.columns, table.alias, table.line), alias), table.line);
    return `(${sql}) AS ${alias}`;
  }

  /** Table-valued functions give JSON, which json_each turns into rows. */
  #function(table: Extract<TableSource, { kind: 'function' }>): string {
    const name = table.name.join('.').toUpperCase();
    if (name !== 'STRING_SPLIT') throw unsupported(`the table-valued function ${table.name.join('.')}`, table.line);
    const place: Place = { compiler: this.#compiler, scope: this.#scope };
    const [text, separator] = table.arguments.map(argument => this.#translators.expression(argument, place));
    if (!text || !separator || table.arguments.length > 2)
      throw new CompileError(
        8144,
        'Procedure or function STRING_SPLIT has the wrong number of arguments specified.',
        table.line,
      );
    const value = isCharacter(text.type) ? text : convertTo(this.#compiler, text, nvarchar(4000), { line: table.line });
    const split = operation(
      'string_split',
      () => strict(([whole, mark]) => JSON.stringify(String(whole).split(String(mark)))),
      [value.sql, separator.sql],
    );
    const alias = this.#compiler.newAlias();
    this.#add(
      [table.alias ?? 'STRING_SPLIT'],
      [
        {
          name: 'value',
          type: isUnicode(value.type) ? nvarchar(4000) : varchar(8000),
          nullable: false,
          sql: `${alias}.value`,
        },
      ],
      table.line,
    );
    return `json_each(${split}) AS ${alias}`;
  }

  #join(table: Extract<TableSource, { kind: 'join' }>): string {
    const left = this.translate(table.left);
    const before = this.#scope.sources.length;
    const right = this.translate(table.right);
    if (table.type === 'CROSS' || !table.on) return `${left} JOIN ${right}`;
    const on = this.#translators.condition(table.on, { compiler: this.#compiler, scope: this.#scope });
    if (table.type === 'LEFT' || table.type === 'FULL') this.#makeNullable(before, this.#scope.sources.length);
    if (table.type === 'RIGHT' || table.type === 'FULL') this.#makeNullable(0, before);
    return `${left} ${table.type} JOIN ${table.right.kind === 'join' ? `(${right})` : right} ON ${on}`;
  }

  #makeNullable(from: number, to: number): void {
    for (let index = from; index < to; index++) {
      const source = this.#scope.sources[index];
      if (source)
        this.#scope.sources[index] = {
          ...source,
          columns: source.columns.map(column => ({ ...column, nullable: true })),
        };
    }
  }

  /**
   * SQLite has no lateral joins, but arguments of table-valued functions may refer to the tables before them: the right side's rows travel as one
   * JSON text through json_each.
   */
  #apply(table: Extract<TableSource, { kind: 'apply' }>): string {
    const left = this.translate(table.left);
    const join = table.outer ? 'LEFT JOIN' : 'JOIN';
    const on = table.outer ? ' ON 1' : '';
    const { right } = table;
    if (right.kind !== 'derived') {
      if (right.kind === 'join' || right.kind === 'apply')
        throw unsupported('APPLY with a joined right side', table.line);
      const sql = this.translate(right);
      if (table.outer) this.#makeNullable(this.#scope.sources.length - 1, this.#scope.sources.length);
      return `${left} ${join} ${sql}${on}`;
    }
    const lateral = newScope(this.#scope.parent, this.#scope.sources);
    const { sql, columns } = this.#translators.query(this.#compiler, right.query, lateral);
    const alias = this.#compiler.newAlias();
    const items = columns.map((column, index) => toJson(`c${index + 1}`, column));
    const named = renamed(columns, right.columns, right.alias, right.line);
    this.#add(
      [right.alias],
      named.map((column, index) => ({
        ...column,
        nullable: column.nullable || table.outer,
        sql: fromJson(`json_extract(${alias}.value, '$[${index}]')`, column),
      })),
      right.line,
    );
    return `${left} ${join} json_each((SELECT json_group_array(json_array(${items.join(', ')})) FROM (${sql}))) AS ${alias}${on}`;
  }
}

/** JSON keeps integers and text; floats travel as text that reads back exactly, bytes as hex. */
function toJson(sql: string, column: OutputColumn): string {
  if (isBinary(column.type)) return `hex(${sql})`;
  if (isApproximate(column.type)) return operation('float to text', () => strict(([value]) => String(value)), [sql]);
  return sql;
}
function fromJson(sql: string, column: OutputColumn): string {
  if (isBinary(column.type))
    return operation('hex to bytes', () => strict(([value]) => Uint8Array.from(Buffer.from(String(value), 'hex'))), [
      sql,
    ]);
  if (isApproximate(column.type)) return operation('text to float', () => strict(([value]) => Number(value)), [sql]);
  return sql;
}

const columnsOf = (columns: readonly OutputColumn[], alias: string): readonly SourceColumn[] =>
  columns.map((column, index) => ({ ...column, sql: `${alias}.c${index + 1}` }));

/** Columns of a derived table or CTE under their given names. Throws 8155, 8158, 8159, 8156. */
export function renamed(
  columns: readonly OutputColumn[],
  names: readonly string[] | undefined,
  table: string,
  line: number,
): readonly OutputColumn[] {
  if (names && names.length < columns.length)
    throw new CompileError(8158, `'${table}' has more columns than were specified in the column list.`, line);
  if (names && names.length > columns.length)
    throw new CompileError(8159, `'${table}' has fewer columns than were specified in the column list.`, line);
  const result = columns.map((column, index) => ({ ...column, name: names?.[index] ?? column.name }));
  result.forEach((column, index) => {
    if (column.name === '')
      throw new CompileError(8155, `No column name was specified for column ${index + 1} of '${table}'.`, line);
    if (result.findIndex(other => sameName(other.name, column.name)) < index)
      throw new CompileError(8156, `The column '${column.name}' was specified multiple times for '${table}'.`, line);
  });
  return result;
}
