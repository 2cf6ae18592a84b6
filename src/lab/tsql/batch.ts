import { SqlError } from '../engine/contract.ts';
import { parseBatch } from './parse-statement.ts';
import { assignment, type Bench, evaluateScalar } from './query.ts';
import type { Frame } from './session-state.ts';
import type { Batch, Expression, Query, Select } from './syntax.ts';
import { isCharacter, nvarchar } from './types.ts';

/** EXEC left another number of open transactions than it found. */
export const countMismatch = (before: number, after: number): SqlError =>
  new SqlError(
    266,
    `Transaction count after EXECUTE indicates a mismatching number of BEGIN and COMMIT statements. Previous count = ${before}, current count = ${after}.`,
    16,
    2,
  );

const withoutInto = new WeakMap<Query, Query>();

/** The query of SELECT … INTO; the same tree each time, so that its plan is kept. */
export function queryWithoutInto(query: Query, select: Select): Query {
  const known = withoutInto.get(query);
  if (known) return known;
  const plain: Query = { ...query, body: { ...select, into: undefined } };
  withoutInto.set(query, plain);
  return plain;
}

const combinations = new WeakMap<Expression, Expression>();

/** "@a += x" is "@a = @a + x"; the same tree each time, so that its plan is kept. */
export function combined(name: string, operator: string, value: Expression, line: number): Expression {
  const known = combinations.get(value);
  if (known) return known;
  const expression: Expression = {
    kind: 'arithmetic',
    operator: operator.charAt(0) as '+',
    left: { kind: 'variable', name, line },
    right: value,
    line,
  };
  combinations.set(value, expression);
  return expression;
}

/** Whether a part of a syntax tree reads one of the variables. */
export function mentionsVariable(node: unknown, names: ReadonlySet<string>): boolean {
  if (typeof node !== 'object' || node === null || node instanceof Uint8Array) return false;
  if ('kind' in node && node.kind === 'variable' && 'name' in node && names.has(String(node.name))) return true;
  return Object.values(node).some(part => mentionsVariable(part, names));
}

/** PRINT's text: at most 8000 bytes. */
export function printed(bench: Bench, expression: Expression): string {
  const { value, type, untyped } = evaluateScalar(bench, expression);
  if (value === null) return '';
  if (untyped) return '';
  const text = assignment(bench, type, nvarchar('max'), 'cast', expression.line)(value);
  return String(text).slice(0, isCharacter(type) && type.name.startsWith('n') ? 4000 : 8000);
}

const batches = new Map<string, Batch>();

const batchesKept = 300;

/** The syntax tree of a text, kept: drivers send the same texts again and again. */
export function parsed(sql: string, frame: Frame): Batch {
  const types = new Map([...frame.variables].map(([name, variable]) => [name, variable.type]));
  const key = `${JSON.stringify([...types])}${sql}`;
  const known = batches.get(key);
  if (known) return known;
  const batch = parseBatch(sql, types);
  if (batches.size >= batchesKept) batches.delete(batches.keys().next().value ?? '');
  batches.set(key, batch);
  return batch;
}
