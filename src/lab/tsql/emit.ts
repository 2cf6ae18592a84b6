import { SqlError } from '../engine/contract.ts';
import type { SqlType } from '../values.ts';
import { serverCollation, type TextOrder } from './collation.ts';
import type { Compiler, Typed } from './compiler.ts';
import type { ConversionMode } from './conversion.ts';
import { conversion, isImplicit } from './convert.ts';
import { CompileError, operandClash } from './errors.ts';
import { type Aggregate, aggregateNumber, type Operation, operationNumber } from './operations.ts';
import type { ComparisonOperator } from './syntax.ts';
import {
  isApproximate,
  isBinary,
  isCharacter,
  isDecimal,
  isExactText,
  isInteger,
  rank,
  type Stored,
  sameType,
  typeName,
  typeText,
  unify,
} from './types.ts';

/** SQLite text that calls a T-SQL operation. Volatile ones run for every row and may read the session. */
export function operation(
  key: string,
  make: () => Operation,
  operands: readonly string[],
  kind: 'pure' | 'volatile' = 'pure',
): string {
  return `${kind === 'pure' ? 'x' : 'v'}(${[operationNumber(key, make), ...operands].join(',')})`;
}

/** SQLite text that calls a T-SQL aggregate. */
export function aggregateCall<State>(key: string, make: () => Aggregate<State>, operands: readonly string[]): string {
  return `agg(${[aggregateNumber(key, make), ...operands].join(',')})`;
}

/** An operation that gives NULL when any operand is NULL. */
export const strict =
  (run: (values: readonly Exclude<Stored, null>[]) => Stored): Operation =>
  values =>
    values.includes(null) ? null : run(values as readonly Exclude<Stored, null>[]);

function textLiteral(text: string): string {
  return text.includes('\0')
    ? `CAST(X'${Buffer.from(text).toString('hex')}' AS TEXT)`
    : `'${text.replaceAll("'", "''")}'`;
}

/** A stored value as SQLite text. */
export function literalSql(value: Stored, type: SqlType): string {
  if (value === null) return 'NULL';
  if (typeof value === 'string') return textLiteral(value);
  if (value instanceof Uint8Array) return `X'${Buffer.from(value).toString('hex')}'`;
  if (isApproximate(type)) {
    const text = String(value);
    return /[.e]/i.test(text) ? text : `${text}.0`;
  }
  return String(value);
}

/** How convertTo converts; implicitly and exactly unless told otherwise. */
export interface ConvertOptions {
  readonly explicit?: boolean;
  readonly tries?: boolean;
  readonly style?: string | undefined;
  readonly mode?: ConversionMode;
  readonly line?: number;
}

/** Whether a value of `from` is already a value of `to` as it is stored. */
function isWidening(from: SqlType, to: SqlType): boolean {
  if (sameType(from, to)) return true;
  if (isInteger(from) && isInteger(to)) return to.name !== 'bit' && rank(from) <= rank(to);
  if (isCharacter(from) && isCharacter(to)) {
    const fits = to.length === 'max' || (from.length !== 'max' && from.length <= to.length);
    const noPadding = to.name === 'varchar' || to.name === 'nvarchar' || from.length === to.length;
    const keepsLetters = to.name.startsWith('n') || !from.name.startsWith('n');
    return fits && noPadding && keepsLetters;
  }
  if (isBinary(from) && isBinary(to))
    return to.name === 'varbinary' && (to.length === 'max' || (from.length !== 'max' && from.length <= to.length));
  if (isDecimal(from) && isDecimal(to)) return from.scale === to.scale && from.precision <= to.precision;
  return false;
}

/** Throws 206, 257 or 529 where SQL Server does not convert. */
export function convertTo(compiler: Compiler, value: Typed, to: SqlType, options: ConvertOptions = {}): Typed {
  const { explicit = false, tries = false, style, mode = 'cast', line = 0 } = options;
  const from = value.type;
  if (value.untyped) return { sql: value.sql, type: to, nullable: true };
  const order = isCharacter(from) && isCharacter(to) ? { order: value.order, explicitOrder: value.explicitOrder } : {};
  if (style === undefined && isWidening(from, to)) return { ...value, ...order, type: to, literalDigits: undefined };
  const { dateOrder } = compiler.names;
  const convert = conversion(from, to, mode, { dateOrder });
  if (!convert || (!explicit && !isImplicit(from, to))) {
    if (explicit)
      throw new CompileError(
        529,
        `Explicit conversion from data type ${typeName(from)} to ${typeName(to)} is not allowed.`,
        line,
        16,
        2,
      );
    if (!convert) throw operandClash(typeName(from), typeName(to), line);
    throw new CompileError(
      257,
      `Implicit conversion from data type ${typeName(from)} to ${typeName(to)} is not allowed. Use the CONVERT function to run this query.`,
      line,
      16,
      3,
    );
  }
  const key = `convert ${typeText(from)} ${typeText(to)} ${mode} ${tries} ${dateOrder}`;
  const make = (): Operation => values => {
    const [operand = null, chosen] = values;
    if (operand === null || (style !== undefined && (chosen ?? null) === null)) return null;
    if (!tries) return convert(operand, chosen === undefined ? undefined : Number(chosen));
    try {
      return convert(operand, chosen === undefined ? undefined : Number(chosen));
    } catch (error) {
      if (error instanceof SqlError) return null;
      throw error;
    }
  };
  return {
    ...order,
    sql: operation(key, make, style === undefined ? [value.sql] : [value.sql, style]),
    type: to,
    nullable: value.nullable || tries,
  };
}

/** The collation that makes SQLite order and equate values of a type as T-SQL does; '' where its own does. */
export function collate(type: SqlType, order: TextOrder | undefined, purpose: 'equality' | 'order' = 'order'): string {
  if (isCharacter(type)) return ` COLLATE ${order ?? 'CI_AS'}`;
  if (isExactText(type)) return ' COLLATE EXACT';
  if (type.name === 'uniqueidentifier') return purpose === 'order' ? ' COLLATE GUID' : '';
  return type.name === 'datetimeoffset' ? ' COLLATE INSTANT' : '';
}

/** As a key of GROUP BY, ORDER BY, DISTINCT, PARTITION BY. */
export const comparable = (
  value: { readonly sql: string; readonly type: SqlType; readonly order?: TextOrder | undefined },
  purpose: 'equality' | 'order' = 'order',
): string => value.sql + collate(value.type, value.order, purpose);

/** Which collation two texts meet under. Throws 468 when two columns disagree. */
export function meetingOrder(values: readonly Typed[], line: number): TextOrder | undefined {
  const explicit = new Set(values.filter(value => value.explicitOrder).map(value => value.order));
  const implicit = new Set(
    values.filter(value => value.order !== undefined && !value.explicitOrder).map(value => value.order),
  );
  const chosen = explicit.size > 0 ? explicit : implicit;
  if (chosen.size > 1) {
    const [a = '', b = ''] = [...chosen].map(order =>
      order === 'CI_AS' || order === undefined ? serverCollation : `Latin1_General_${order}`,
    );
    throw new CompileError(
      468,
      `Cannot resolve the collation conflict between "${a}" and "${b}" in the equal to operation.`,
      line,
      16,
      9,
    );
  }
  return [...chosen][0];
}

/** The values in one common type, found by precedence. */
export function toCommonType(
  compiler: Compiler,
  values: readonly Typed[],
  line: number,
): { readonly type: SqlType; readonly values: readonly Typed[] } {
  const typed = values.filter(value => !value.untyped);
  const type = typed
    .slice(1)
    .reduce<SqlType>((common, value) => unify(common, value.type), typed[0]?.type ?? { name: 'int' });
  return { type, values: values.map(value => convertTo(compiler, value, type, { line })) };
}

/** A comparison under T-SQL's types and collations, as SQLite text. Throws 206, 257 and 468. */
export function comparison(
  compiler: Compiler,
  operator: ComparisonOperator,
  left: Typed,
  right: Typed,
  line: number,
): string {
  const both = toCommonType(compiler, [left, right], line);
  const [a, b] = both.values;
  const order = isCharacter(both.type) ? meetingOrder([left, right], line) : undefined;
  const purpose = operator === '=' || operator === '<>' ? 'equality' : 'order';
  return `(${a?.sql} ${operator} ${b?.sql}${collate(both.type, order, purpose)})`;
}
