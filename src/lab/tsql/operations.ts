import { unsupported } from './errors.ts';
import type { Stored } from './types.ts';

/**
 * T-SQL semantics that SQLite does not have run as JavaScript closures. The translator registers each closure once, under a key that says what it
 * does (such as "convert int varchar(10)"), and writes `x(number, arguments…)` into the SQLite text.
 */
export type Operation = (values: readonly Stored[], context: OperationContext) => Stored;

/** The session on whose connection the operation runs; opaque here. */
export type OperationContext = unknown;

/** An aggregate: `step` may be undone by `inverse` (window frames). */
export interface Aggregate<State = unknown> {
  start(): State;
  step(state: State, values: readonly Stored[]): State;
  inverse?(state: State, values: readonly Stored[]): State;
  result(state: State): Stored;
}

const operations: Operation[] = [];
const operationNumbers = new Map<string, number>();
const aggregates: Aggregate[] = [];
const aggregateNumbers = new Map<string, number>();

/** The number of the operation of that key, made on first use. */
export function operationNumber(key: string, make: () => Operation): number {
  const known = operationNumbers.get(key);
  if (known !== undefined) return known;
  const number = operations.push(make()) - 1;
  operationNumbers.set(key, number);
  return number;
}

/** The number of the aggregate of that key, made on first use. */
export function aggregateNumber<State>(key: string, make: () => Aggregate<State>): number {
  const known = aggregateNumbers.get(key);
  if (known !== undefined) return known;
  const number = aggregates.push(make() as Aggregate) - 1;
  aggregateNumbers.set(key, number);
  return number;
}

/** The operation a SQLite text calls. */
export function operationAt(number: number): Operation {
  const operation = operations[number];
  if (!operation) throw unsupported(`operation ${number}`);
  return operation;
}

/** The aggregate a SQLite text calls. */
export function aggregateAt(number: number): Aggregate {
  const aggregate = aggregates[number];
  if (!aggregate) throw unsupported(`aggregate ${number}`);
  return aggregate;
}
