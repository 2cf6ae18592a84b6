import type { AdminCommand } from '../engine/contract.ts';
import type { SqlType } from '../values.ts';
import type { Stored } from './types.ts';

/** The syntax tree of the T-SQL that the practice server understands. `line` counts from 1 in the batch. */

/** Of values; + also joins texts. */
export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%' | '&' | '|' | '^';
/** != is read as <>, !< as >=, !> as <=. */
export type ComparisonOperator = '=' | '<>' | '<' | '<=' | '>' | '>=';
/** Of SET, UPDATE and SELECT @variable. */
export type AssignmentOperator = '=' | '+=' | '-=' | '*=' | '/=' | '%=' | '&=' | '^=' | '|=';

/** One item of ORDER BY. */
export interface OrderItem {
  readonly expression: Expression;
  readonly descending: boolean;
}

/** OVER (…). */
export interface Window {
  readonly partitionBy: readonly Expression[];
  readonly orderBy: readonly OrderItem[];
  /** As written, in SQLite's spelling (it is the same), '' when absent. */
  readonly frame: string;
}

/** A call of a built-in function or aggregate. */
export interface CallExpression {
  readonly kind: 'call';
  /** Upper case. */
  readonly name: string;
  readonly arguments: readonly Expression[];
  readonly star: boolean;
  readonly distinct: boolean;
  readonly over: Window | undefined;
  readonly withinGroup: readonly OrderItem[] | undefined;
  readonly line: number;
}

/** What has a value. CASE with an operand and IIF are read as searched CASE. */
export type Expression =
  | {
      readonly kind: 'literal';
      readonly type: SqlType;
      readonly value: Stored;
      readonly untyped?: true;
      readonly line: number;
    }
  | { readonly kind: 'column'; readonly parts: readonly string[]; readonly line: number }
  | { readonly kind: 'variable'; readonly name: string; readonly line: number }
  | { readonly kind: 'global'; readonly name: string; readonly line: number }
  | { readonly kind: 'negate' | 'complement' | 'plus'; readonly operand: Expression; readonly line: number }
  | {
      readonly kind: 'arithmetic';
      readonly operator: ArithmeticOperator;
      readonly left: Expression;
      readonly right: Expression;
      readonly line: number;
    }
  | { readonly kind: 'collate'; readonly operand: Expression; readonly collation: string; readonly line: number }
  | {
      readonly kind: 'convert';
      readonly operand: Expression;
      readonly type: SqlType;
      readonly style: Expression | undefined;
      readonly tries: boolean;
      readonly line: number;
    }
  | {
      readonly kind: 'case';
      readonly branches: readonly { readonly when: Condition; readonly result: Expression }[];
      readonly otherwise: Expression | undefined;
      readonly line: number;
    }
  | CallExpression
  | { readonly kind: 'subquery'; readonly query: Query; readonly line: number }
  /** VALUES (…, DEFAULT) and UPDATE … SET x = DEFAULT. */
  | { readonly kind: 'default'; readonly line: number };

/** What is true, false or unknown. */
export type Condition =
  | {
      readonly kind: 'comparison';
      readonly operator: ComparisonOperator;
      readonly left: Expression;
      readonly right: Expression;
      readonly line: number;
    }
  | {
      readonly kind: 'quantified';
      readonly operator: ComparisonOperator;
      readonly left: Expression;
      readonly quantifier: 'ALL' | 'ANY';
      readonly query: Query;
      readonly line: number;
    }
  | { readonly kind: 'and' | 'or'; readonly left: Condition; readonly right: Condition; readonly line: number }
  | { readonly kind: 'not'; readonly operand: Condition; readonly line: number }
  | { readonly kind: 'isNull'; readonly operand: Expression; readonly negated: boolean; readonly line: number }
  | {
      readonly kind: 'like';
      readonly operand: Expression;
      readonly pattern: Expression;
      readonly escape: Expression | undefined;
      readonly negated: boolean;
      readonly line: number;
    }
  | {
      readonly kind: 'between';
      readonly operand: Expression;
      readonly low: Expression;
      readonly high: Expression;
      readonly negated: boolean;
      readonly line: number;
    }
  | {
      readonly kind: 'inList';
      readonly operand: Expression;
      readonly list: readonly Expression[];
      readonly negated: boolean;
      readonly line: number;
    }
  | {
      readonly kind: 'inQuery';
      readonly operand: Expression;
      readonly query: Query;
      readonly negated: boolean;
      readonly line: number;
    }
  | { readonly kind: 'exists'; readonly query: Query; readonly line: number };

/** One item of a select list. */
export type SelectItem =
  | { readonly kind: 'star'; readonly qualifier: readonly string[]; readonly line: number }
  | { readonly kind: 'expression'; readonly expression: Expression; readonly alias: string | undefined }
  | {
      readonly kind: 'assign';
      readonly variable: string;
      readonly operator: AssignmentOperator;
      readonly expression: Expression;
      readonly line: number;
    };

/** One to four parts: [server.]database.schema.object. Empty parts ("db..t") are ''. */
export type ObjectName = readonly string[];

/** A table of FROM, or a join of two. */
export type TableSource =
  | { readonly kind: 'table'; readonly name: ObjectName; readonly alias: string | undefined; readonly line: number }
  | { readonly kind: 'tableVariable'; readonly name: string; readonly alias: string | undefined; readonly line: number }
  | {
      readonly kind: 'derived';
      readonly query: Query;
      readonly alias: string;
      readonly columns: readonly string[] | undefined;
      readonly line: number;
    }
  | {
      readonly kind: 'function';
      readonly name: ObjectName;
      readonly arguments: readonly Expression[];
      readonly alias: string | undefined;
      readonly line: number;
    }
  | {
      readonly kind: 'join';
      readonly type: 'INNER' | 'LEFT' | 'RIGHT' | 'FULL' | 'CROSS';
      readonly left: TableSource;
      readonly right: TableSource;
      readonly on: Condition | undefined;
      readonly line: number;
    }
  | {
      readonly kind: 'apply';
      readonly outer: boolean;
      readonly left: TableSource;
      readonly right: TableSource;
      readonly line: number;
    };

/** TOP. */
export interface Top {
  readonly count: Expression;
  readonly percent: boolean;
  readonly withTies: boolean;
}

/** One SELECT without ORDER BY. */
export interface Select {
  readonly kind: 'select';
  readonly distinct: boolean;
  readonly top: Top | undefined;
  readonly items: readonly SelectItem[];
  readonly into: ObjectName | undefined;
  readonly from: readonly TableSource[];
  readonly where: Condition | undefined;
  readonly groupBy: readonly Expression[] | undefined;
  readonly having: Condition | undefined;
  readonly line: number;
}

/** A query without WITH and ORDER BY. */
export type QueryBody =
  | Select
  | { readonly kind: 'values'; readonly rows: readonly (readonly Expression[])[]; readonly line: number }
  | {
      readonly kind: 'set';
      readonly operator: 'UNION' | 'UNION ALL' | 'EXCEPT' | 'INTERSECT';
      readonly left: QueryBody;
      readonly right: QueryBody;
      readonly line: number;
    };

/** One common table expression. */
export interface CommonTable {
  readonly name: string;
  readonly columns: readonly string[] | undefined;
  readonly query: Query;
  readonly line: number;
}

/** A whole query. */
export interface Query {
  readonly with: readonly CommonTable[];
  readonly body: QueryBody;
  readonly orderBy: readonly OrderItem[];
  readonly offset: Expression | undefined;
  readonly fetch: Expression | undefined;
  /** OPTION (MAXRECURSION n); 100 when not said, 0 = no limit. */
  readonly maxRecursion: number;
}

/** A column of CREATE or ALTER TABLE. */
export interface ColumnSyntax {
  readonly name: string;
  readonly type: SqlType;
  readonly collation: string | undefined;
  /** undefined = not said. */
  readonly nullable: boolean | undefined;
  readonly identity: { readonly seed: string; readonly increment: string } | undefined;
  /** Source text of the expression. */
  readonly default: { readonly name: string | undefined; readonly text: string } | undefined;
  readonly line: number;
}

/** A constraint, written beside a column or on its own. */
export type ConstraintSyntax =
  | {
      readonly kind: 'key';
      readonly name: string | undefined;
      readonly primary: boolean;
      readonly columns: readonly string[];
      readonly clustered: boolean;
      readonly line: number;
    }
  | {
      readonly kind: 'check';
      readonly name: string | undefined;
      readonly text: string;
      readonly column: string | undefined;
      readonly line: number;
    }
  | {
      readonly kind: 'foreignKey';
      readonly name: string | undefined;
      readonly columns: readonly string[];
      readonly table: ObjectName;
      readonly references: readonly string[];
      readonly line: number;
    }
  | {
      readonly kind: 'default';
      readonly name: string | undefined;
      readonly column: string;
      readonly text: string;
      readonly line: number;
    };

/** What stands in the parentheses of CREATE TABLE. */
export interface TableSyntax {
  readonly columns: readonly ColumnSyntax[];
  readonly constraints: readonly ConstraintSyntax[];
}

/** OUTPUT … [INTO …]. */
export interface Output {
  readonly items: readonly SelectItem[];
  readonly into: { readonly target: DmlTarget; readonly columns: readonly string[] | undefined } | undefined;
}

/** The table that INSERT, UPDATE or DELETE names; it may be an alias of FROM. */
export type DmlTarget =
  | { readonly kind: 'table'; readonly name: ObjectName; readonly line: number }
  | { readonly kind: 'tableVariable'; readonly name: string; readonly line: number };

/** An argument of EXEC. */
export interface ExecArgument {
  readonly name: string | undefined;
  readonly value: Expression;
  readonly output: boolean;
}

interface Located {
  readonly line: number;
}

/** One statement. */
export type Statement = Located &
  (
    | { readonly kind: 'query'; readonly query: Query }
    | {
        readonly kind: 'insert';
        readonly with: readonly CommonTable[];
        readonly top: Top | undefined;
        readonly target: DmlTarget;
        readonly columns: readonly string[] | undefined;
        readonly source:
          | { readonly kind: 'query'; readonly query: Query }
          | { readonly kind: 'defaults' }
          | { readonly kind: 'execute'; readonly statement: Statement };
        readonly output: Output | undefined;
      }
    | {
        readonly kind: 'update';
        readonly with: readonly CommonTable[];
        readonly top: Top | undefined;
        readonly target: DmlTarget;
        readonly sets: readonly {
          readonly column: string | undefined;
          readonly variable: string | undefined;
          readonly operator: AssignmentOperator;
          readonly value: Expression;
          readonly line: number;
        }[];
        readonly from: readonly TableSource[];
        readonly where: Condition | undefined;
        readonly output: Output | undefined;
      }
    | {
        readonly kind: 'delete';
        readonly with: readonly CommonTable[];
        readonly top: Top | undefined;
        readonly target: DmlTarget;
        readonly from: readonly TableSource[];
        readonly where: Condition | undefined;
        readonly output: Output | undefined;
      }
    | { readonly kind: 'truncate'; readonly table: ObjectName }
    | { readonly kind: 'createTable'; readonly table: ObjectName; readonly definition: TableSyntax }
    | { readonly kind: 'declareTable'; readonly name: string; readonly definition: TableSyntax }
    | { readonly kind: 'addColumns'; readonly table: ObjectName; readonly definition: TableSyntax }
    | { readonly kind: 'dropColumn'; readonly table: ObjectName; readonly columns: readonly string[] }
    | { readonly kind: 'dropTables'; readonly tables: readonly ObjectName[]; readonly ifExists: boolean }
    | {
        readonly kind: 'createIndex';
        readonly name: string;
        readonly unique: boolean;
        readonly clustered: boolean;
        readonly table: ObjectName;
        readonly columns: readonly string[];
      }
    | { readonly kind: 'dropIndex'; readonly name: string; readonly table: ObjectName; readonly ifExists: boolean }
    | {
        readonly kind: 'declare';
        readonly variables: readonly {
          readonly name: string;
          readonly type: SqlType;
          readonly value: Expression | undefined;
          readonly line: number;
        }[];
      }
    | {
        readonly kind: 'setVariable';
        readonly name: string;
        readonly operator: AssignmentOperator;
        readonly value: Expression;
      }
    | { readonly kind: 'setOption'; readonly option: string; readonly value: string }
    | { readonly kind: 'identityInsert'; readonly table: ObjectName; readonly on: boolean }
    | {
        readonly kind: 'if';
        readonly condition: Condition;
        readonly whenTrue: Statement;
        readonly otherwise: Statement | undefined;
      }
    | { readonly kind: 'while'; readonly condition: Condition; readonly body: Statement }
    | { readonly kind: 'block'; readonly statements: readonly Statement[] }
    | { readonly kind: 'break' }
    | { readonly kind: 'continue' }
    | { readonly kind: 'return'; readonly value: Expression | undefined }
    | { readonly kind: 'tryCatch'; readonly body: readonly Statement[]; readonly handler: readonly Statement[] }
    | {
        readonly kind: 'throw';
        readonly error:
          | { readonly number: Expression; readonly message: Expression; readonly state: Expression }
          | undefined;
      }
    | {
        readonly kind: 'raiserror';
        readonly message: Expression;
        readonly severity: Expression;
        readonly state: Expression;
        readonly arguments: readonly Expression[];
        readonly nowait: boolean;
      }
    | { readonly kind: 'print'; readonly value: Expression }
    | { readonly kind: 'waitFor'; readonly what: 'DELAY' | 'TIME'; readonly value: Expression }
    | { readonly kind: 'begin' | 'save'; readonly name: string | undefined }
    | { readonly kind: 'commit' }
    | { readonly kind: 'rollback'; readonly name: string | undefined }
    | { readonly kind: 'use'; readonly database: string }
    | { readonly kind: 'execText'; readonly text: Expression }
    | {
        readonly kind: 'execProcedure';
        readonly name: ObjectName;
        readonly arguments: readonly ExecArgument[];
        readonly result: string | undefined;
      }
    | { readonly kind: 'admin'; readonly command: AdminCommand }
    | { readonly kind: 'traceStatus' }
    | { readonly kind: 'logSpace' }
    | { readonly kind: 'checkpoint' }
  );

/** A parsed batch, with the names of its variables checked. */
export interface Batch {
  readonly statements: readonly Statement[];
  /** Types of the variables it declares (scalar), by lower-case name. */
  readonly variables: ReadonlyMap<string, SqlType>;
}
