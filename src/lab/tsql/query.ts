import type { LabDatabase } from '../engine/contract.ts';
import type { SqlType } from '../values.ts';
import type { Compiler, OutputColumn, SessionContext } from './compiler.ts';
import { conversion, isImplicit } from './convert.ts';
import { CompileError, operandClash } from './errors.ts';
import { bindValues, isCurrent, type Plan, Resolution, refreshViews } from './plan.ts';
import type { Frame, SessionCore } from './session-state.ts';
import type { Stores } from './stores.ts';
import type { Condition, Expression, Query } from './syntax.ts';
import { conditionAsValue, translateExpression } from './translate-expression.ts';
import { newCompiler, translateStatementQuery } from './translate-query.ts';
import { type Stored, sameType, typeName } from './types.ts';

/** What running one statement has at hand. Everything on it is synchronous: no lock outlives a turn of the event loop. */
export interface Bench {
  readonly core: SessionCore;
  readonly stores: Stores;
  readonly frame: Frame;
  readonly context: SessionContext;
  /** Databases looked into so far: whose locks to wait for when one is busy. */
  readonly databases: Set<LabDatabase>;
  readonly plans: WeakMap<object, Plan>;
}

/** A query's result, in stored form. */
export interface Rowset {
  readonly columns: readonly OutputColumn[];
  readonly rows: readonly (readonly Stored[])[];
}

/** A fresh resolution of names for one statement. */
export const resolutionOf = (bench: Bench): Resolution =>
  new Resolution(bench.core, bench.stores, bench.frame, bench.databases);

/** Translates (once per node of the syntax tree, while its tables stay) and runs. */
export function evaluate(
  bench: Bench,
  node: object,
  translate: (compiler: Compiler) => { readonly sql: string; readonly columns: readonly OutputColumn[] },
): Rowset {
  const { core, stores, frame, context } = bench;
  let plan = bench.plans.get(node);
  if (plan) for (const database of plan.databases) bench.databases.add(database);
  if (!plan || !isCurrent(plan, stores)) {
    const resolution = resolutionOf(bench);
    const compiler = newCompiler(resolution);
    const { sql, columns } = translate(compiler);
    plan = resolution.plan(sql, compiler.binds, columns);
    if (plan.reusable) bench.plans.set(node, plan);
  }
  for (const database of plan.databases) database.assertReadable(core.readOnlyIntent);
  refreshViews(plan.views, core, stores);
  stores.connection.context = context;
  return { columns: plan.columns, rows: stores.connection.query(plan.sql, bindValues(plan.binds, frame, context)) };
}

/** Runs a query of the syntax tree. */
export const evaluateQuery = (bench: Bench, query: Query): Rowset =>
  evaluate(bench, query, compiler => translateStatementQuery(compiler, query));

/** A value with its type; `untyped` = the literal NULL. */
export interface Scalar {
  readonly value: Stored;
  readonly type: SqlType;
  readonly untyped: boolean;
}

/** An expression's value in its own type. */
export function evaluateScalar(bench: Bench, expression: Expression): Scalar {
  if (expression.kind === 'literal')
    return { value: expression.value, type: expression.type, untyped: expression.untyped === true };
  const variable = expression.kind === 'variable' ? bench.frame.variables.get(expression.name) : undefined;
  if (variable) return { value: variable.value, type: variable.type, untyped: false };
  const { rows, columns } = evaluate(bench, expression, compiler => {
    const typed = translateExpression(expression, { compiler, scope: undefined });
    return {
      sql: `SELECT ${typed.sql} AS c1`,
      columns: [{ name: '', type: typed.type, nullable: true, untyped: typed.untyped }],
    };
  });
  return {
    value: rows[0]?.[0] ?? null,
    type: columns[0]?.type ?? { name: 'int' },
    untyped: columns[0]?.untyped === true,
  };
}

/** Unknown counts as false, as in WHERE. */
export function evaluateCondition(bench: Bench, condition: Condition): boolean {
  const { rows } = evaluate(bench, condition, compiler => {
    const typed = conditionAsValue(condition, { compiler, scope: undefined });
    return {
      sql: `SELECT ${typed.sql} AS c1`,
      columns: [typed].map(({ type }) => ({ name: '', type, nullable: true })),
    };
  });
  return Number(rows[0]?.[0] ?? 0) !== 0;
}

/** The implicit conversion of an assignment. Throws 206 and 257 when there is none. */
export function assignment(
  bench: Bench,
  from: SqlType,
  to: SqlType,
  mode: 'cast' | 'assign',
  line: number,
): (value: Stored) => Stored {
  if (sameType(from, to)) return value => value;
  const convert = conversion(from, to, mode, { dateOrder: bench.core.settings.dateOrder });
  if (!convert) throw operandClash(typeName(from), typeName(to), line);
  if (!isImplicit(from, to)) {
    throw new CompileError(
      257,
      `Implicit conversion from data type ${typeName(from)} to ${typeName(to)} is not allowed. Use the CONVERT function to run this query.`,
      line,
      16,
      3,
    );
  }
  return value => (value === null ? null : convert(value));
}

/** An expression's value as a type. */
export function evaluateAs(bench: Bench, expression: Expression, type: SqlType): Stored {
  const { value, type: from, untyped } = evaluateScalar(bench, expression);
  return untyped ? null : assignment(bench, from, type, 'cast', expression.line)(value);
}
