import type { SqlType } from '../../values.ts';
import type { Compiler, Place, Typed } from '../compiler.ts';
import { convertTo, operation, strict } from '../emit.ts';
import type { Operation } from '../operations.ts';
import type { Expression } from '../syntax.ts';
import {
  displayLength,
  int,
  isBinary,
  isCharacter,
  isMoment,
  isUnicode,
  nvarchar,
  type Stored,
  varchar,
} from '../types.ts';

/** A call of a built-in function being translated. */
export interface Call {
  readonly compiler: Compiler;
  readonly place: Place;
  readonly name: string;
  readonly line: number;
  /** The arguments as written: some functions need a literal. */
  readonly expressions: readonly Expression[];
}

/** A scalar built-in: how many arguments it takes and how it becomes SQLite text. */
export interface ScalarFunction {
  readonly arguments: readonly [least: number, most: number];
  translate(operands: readonly Typed[], call: Call): Typed;
}
/** By upper-case name. */
export type Functions = Readonly<Record<string, ScalarFunction>>;

type Value = Exclude<Stored, null>;

/** An operand, or NULL where none was given. */
export const operandAt = (operands: readonly Typed[], index: number): Typed =>
  operands[index] ?? { sql: 'NULL', type: int, nullable: true, untyped: true };

/** An operand as text, converted implicitly. */
export function asText(call: Call, value: Typed): Typed {
  if (value.untyped) return { ...value, type: varchar(1), untyped: false };
  if (isCharacter(value.type)) return value;
  return convertTo(
    call.compiler,
    value,
    varchar(isMoment(value.type) ? 60 : isBinary(value.type) ? 8000 : displayLength(value.type)),
    { line: call.line },
  );
}
/** An operand as int, converted implicitly. */
export const asInt = (call: Call, value: Typed): Typed => convertTo(call.compiler, value, int, { line: call.line });
/** An operand as a type, converted implicitly. */
export const asType = (call: Call, value: Typed, type: SqlType): Typed =>
  convertTo(call.compiler, value, type, { line: call.line });

/** An operation over operands that gives NULL when one is NULL. */
export function pure(
  key: string,
  operands: readonly Typed[],
  type: SqlType,
  run: (values: readonly Value[]) => Stored,
): Typed {
  return {
    sql: operation(
      key,
      () => strict(run),
      operands.map(value => value.sql),
    ),
    type,
    nullable: true,
  };
}
/** An operation that looks at NULLs itself. */
export function lenient(key: string, operands: readonly Typed[], type: SqlType, run: Operation): Typed {
  return {
    sql: operation(
      key,
      () => run,
      operands.map(value => value.sql),
    ),
    type,
    nullable: true,
  };
}
/** An operation that runs for every row and sees the session as its context. */
export function volatile(key: string, operands: readonly Typed[], type: SqlType, run: Operation): Typed {
  return {
    sql: operation(
      key,
      () => run,
      operands.map(value => value.sql),
      'volatile',
    ),
    type,
    nullable: true,
  };
}

/** n(var)char of a length: unicode when the given text is. */
export function textLike(value: Typed, length?: number | 'max'): SqlType {
  const own = isCharacter(value.type) ? value.type.length : 30;
  const wanted = length ?? own;
  if (isUnicode(value.type)) return nvarchar(wanted === 'max' ? 'max' : Math.max(1, Math.min(4000, wanted)));
  return varchar(wanted === 'max' ? 'max' : Math.max(1, Math.min(8000, wanted)));
}

/** The text of an argument when it is a literal. */
export function literalText(expression: Expression | undefined): string | undefined {
  return expression?.kind === 'literal' && typeof expression.value === 'string' ? expression.value : undefined;
}
