import type { SqlType } from '../values.ts';
import { unsupported } from './errors.ts';
import { parseCondition, parseExpression } from './parse-expression.ts';
import { parseQuery } from './parse-query.ts';
import { parseType } from './parse-type.ts';
import { Reader } from './reader.ts';
import type { Condition, Expression } from './syntax.ts';

/** A DEFAULT's or CHECK's text, as it is kept with its table. */
export function parseStoredExpression(text: string): Expression {
  return parseExpression(new Reader(text, new Map(), inner => parseQuery(inner)));
}

/** A CHECK's text, as it is kept with its table. */
export function parseStoredCondition(text: string): Condition {
  return parseCondition(new Reader(text, new Map(), inner => parseQuery(inner)));
}

/** "@a int, @b nvarchar(10) OUTPUT": the @params text of sp_executesql. */
export function parseDeclarations(
  text: string,
): readonly { readonly name: string; readonly type: SqlType; readonly output: boolean }[] {
  const reader = new Reader(text, new Map(), inner => parseQuery(inner));
  const declarations: { name: string; type: SqlType; output: boolean }[] = [];
  if (reader.atEnd) return declarations;
  do {
    const { kind, text: name } = reader.token;
    if (kind !== 'variable') throw reader.failure();
    reader.next();
    reader.acceptWord('AS');
    const type = parseType(reader);
    if (reader.acceptSymbol('=')) throw unsupported('defaults of sp_executesql parameters', reader.line);
    declarations.push({ name: name.toLowerCase(), type, output: reader.acceptOneOf('OUTPUT', 'OUT') !== undefined });
  } while (reader.acceptSymbol(','));
  if (!reader.atEnd) throw reader.failure();
  return declarations;
}
