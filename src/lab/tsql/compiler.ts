import type { LabDatabase, LabInstance, SessionView } from '../engine/contract.ts';
import type { Column, SqlType } from '../values.ts';
import { equalityKey, type TextOrder } from './collation.ts';
import type { DateOrder } from './date-text.ts';
import { ambiguousColumn, CompileError, invalidColumn, unboundIdentifier } from './errors.ts';
import type { ObjectName, Query } from './syntax.ts';
import type { Stored } from './types.ts';

/** A T-SQL expression as SQLite text with the T-SQL type of its value. */
export interface Typed {
  readonly sql: string;
  readonly type: SqlType;
  readonly nullable: boolean;
  /** How its text compares, when a column or COLLATE says so; undefined = the database's default. */
  readonly order?: TextOrder | undefined;
  readonly explicitOrder?: boolean | undefined;
  /** The literal NULL: it takes any type. */
  readonly untyped?: boolean | undefined;
  /** An integer literal counts in decimal arithmetic with its own digits. */
  readonly literalDigits?: number | undefined;
}

/** A column of a table of FROM. */
export interface SourceColumn {
  readonly name: string;
  readonly type: SqlType;
  readonly nullable: boolean;
  /** SQLite text that reads it. */
  readonly sql: string;
  readonly order?: TextOrder | undefined;
  readonly identity?: boolean | undefined;
  /** Not part of the table as T-SQL knows it: the row's own key. */
  readonly hidden?: boolean | undefined;
}

/** The name of that hidden column: no T-SQL name can contain it. */
export const rowKeyName = '\u0000row';

/** A table of FROM. `names` = what may qualify its columns: the alias alone, or the parts of the table's own name. */
export interface Source {
  readonly names: readonly string[];
  readonly columns: readonly SourceColumn[];
}

/** Where a table's rows are in SQLite. `alias` is to be put in front of column names. */
export interface TableAccess {
  readonly sql: string;
  readonly columns: readonly (Omit<SourceColumn, 'sql'> & { readonly read: (alias: string) => string })[];
}

/** GROUP BY in force: `keys` are the SQLite texts of the grouping expressions. */
export interface Grouping {
  readonly keys: ReadonlySet<string>;
  insideAggregate: number;
}

/** The tables whose columns an expression can name; `parent` = those of the query around it. */
export interface Scope {
  readonly sources: Source[];
  readonly parent: Scope | undefined;
  grouping: Grouping | undefined;
}
/** A scope inside `parent`. */
export const newScope = (parent: Scope | undefined, sources: Source[] = []): Scope => ({
  sources,
  parent,
  grouping: undefined,
});

/** What a statement reads when it runs, besides rows. */
export interface SessionContext {
  readonly instance: LabInstance;
  readonly view: SessionView;
  readonly database: LabDatabase;
  readonly now: number;
  readonly dateFirst: number;
  readonly lockTimeout: number;
  readonly rowCount: number;
  readonly lastError: number;
  readonly tranCount: number;
  readonly xactState: number;
  readonly identity: string | null;
  readonly scopeIdentity: string | null;
  readonly caught:
    | {
        readonly number: number;
        readonly message: string;
        readonly severity: number;
        readonly state: number;
        readonly line: number;
        readonly procedure: string | null;
      }
    | undefined;
  readonly optionBits: number;
  /** OBJECT_ID: the object of that name (sys objects too), null when there is none. */
  objectId(name: string, type: string | null): number | null;
  objectName(id: number, databaseId: number | null): { readonly schema: string; readonly name: string } | null;
}

/** A SQLite parameter: filled anew each time the statement runs. */
export type Bind =
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'value'; readonly value: Stored }
  | { readonly kind: 'runtime'; readonly read: (context: SessionContext) => Stored };

/** What a compilation asks of its session. */
export interface Names {
  readonly instance: LabInstance;
  readonly dateOrder: DateOrder;
  variableType(name: string): SqlType | undefined;
  /** Throws 208. */
  table(name: ObjectName, line: number): TableAccess;
  tableVariable(name: string, line: number): TableAccess;
}

/** A column of a translated query. */
export interface OutputColumn extends Column {
  readonly order?: TextOrder | undefined;
  /** Only NULL literals: combined with another query it takes that one's type. */
  readonly untyped?: boolean | undefined;
}

/** A query as SQLite text whose columns are named c1, c2, … */
export interface TranslatedQuery {
  readonly sql: string;
  readonly columns: readonly OutputColumn[];
  /** Cannot give more than one row. */
  readonly singleRow: boolean;
}

/** A common table expression that queries may name. */
export interface CommonTableAccess {
  readonly name: string;
  readonly sqlName: string;
  readonly columns: readonly OutputColumn[];
  /** Set while the recursive part is being translated. */
  readonly recursive: boolean;
}

/** Names compare as the servers' collation does. */
export const sameName = (a: string, b: string): boolean =>
  a === b || equalityKey(a, 'CI_AS') === equalityKey(b, 'CI_AS');
/** Equal for names that are the same. */
export const nameKey = (name: string): string => equalityKey(name, 'CI_AS');

/** Where an expression stands: what its names mean. */
export interface Place {
  readonly compiler: Compiler;
  readonly scope: Scope | undefined;
  readonly clause?: 'select list' | 'HAVING clause' | 'ORDER BY clause';
}

/** The state of translating one statement. */
export class Compiler {
  readonly names: Names;
  readonly binds: Bind[] = [];
  /** Expressions contain queries: the query translator is handed in. */
  readonly translateQuery: (compiler: Compiler, query: Query, scope: Scope | undefined) => TranslatedQuery;
  commonTables: readonly CommonTableAccess[] = [];
  #aliases = 0;
  constructor(names: Names, translateQuery: Compiler['translateQuery']) {
    this.names = names;
    this.translateQuery = translateQuery;
  }

  newAlias(): string {
    return `t${++this.#aliases}`;
  }

  bind(bind: Bind): string {
    const known = this.binds.findIndex(
      other =>
        (bind.kind === 'variable' && other.kind === 'variable' && other.name === bind.name) ||
        (bind.kind === 'runtime' && other.kind === 'runtime' && other.read === bind.read),
    );
    if (known >= 0) return `?${known + 1}`;
    this.binds.push(bind);
    return `?${this.binds.length}`;
  }

  runtime(read: (context: SessionContext) => Stored): string {
    return this.bind({ kind: 'runtime', read });
  }
}

const columnIndexes = new WeakMap<readonly SourceColumn[], ReadonlyMap<string, SourceColumn>>();
function columnOf(source: Source, key: string): SourceColumn | undefined {
  let index = columnIndexes.get(source.columns);
  if (!index) {
    index = new Map(source.columns.map(column => [nameKey(column.name), column]));
    columnIndexes.set(source.columns, index);
  }
  return index.get(key);
}

function isQualifiedBy(source: Source, qualifier: readonly string[]): boolean {
  const own = source.names.slice(-qualifier.length);
  return (
    own.length === qualifier.length && qualifier.every((part, index) => part === '' || sameName(part, own[index] ?? ''))
  );
}

/** The tables that a qualifier ("t", "dbo.t") means. */
export function findSources(scope: Scope, qualifier: readonly string[]): readonly Source[] {
  return scope.sources.filter(source => isQualifiedBy(source, qualifier));
}

/** The column a name means, innermost scope first. Throws 207, 209, 4104. */
export function resolveColumn(
  parts: readonly string[],
  scope: Scope | undefined,
  line: number,
): { readonly column: SourceColumn; readonly scope: Scope } {
  const name = parts.at(-1) ?? '';
  const qualifier = parts.slice(0, -1);
  const key = nameKey(name);
  let qualified = false;
  for (let at = scope; at; at = at.parent) {
    const sources = qualifier.length > 0 ? findSources(at, qualifier) : at.sources;
    qualified ||= qualifier.length > 0 && sources.length > 0;
    const found = sources.flatMap(source => columnOf(source, key) ?? []);
    if (found.length > 1) throw ambiguousColumn(name, line);
    if (found[0]) return { column: found[0], scope: at };
    if (qualified) break;
  }
  if (qualifier.length > 0 && !qualified) throw unboundIdentifier(parts.join('.'), line);
  throw invalidColumn(name, line);
}

/** Grouped queries may only show what they group by. */
export const notGrouped = (
  name: string,
  clause: 'select list' | 'HAVING clause' | 'ORDER BY clause',
  line: number,
): CompileError =>
  new CompileError(
    clause === 'select list' ? 8120 : clause === 'HAVING clause' ? 8121 : 8127,
    `Column '${name}' is invalid in the ${clause} because it is not contained in either an aggregate function or the GROUP BY clause.`,
    line,
  );
