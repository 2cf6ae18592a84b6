import { unsupported } from './errors.ts';
import { parseExpression } from './parse-expression.ts';
import { acceptAssignment } from './parse-query.ts';
import { parseTableDefinition } from './parse-table.ts';
import { parseType } from './parse-type.ts';
import type { Reader } from './reader.ts';
import type { Statement } from './syntax.ts';

// ---- variables and options ----------------------------------------------------------------------------------------

/** DECLARE of variables or of one table variable. */
export function parseDeclare(reader: Reader, line: number): Statement {
  reader.next();
  const token = reader.token;
  if (token.kind !== 'variable') {
    if (reader.peek().text.toUpperCase() === 'CURSOR') throw unsupported('cursors', line);
    throw reader.failure();
  }
  const second = reader.peek(1).text.toUpperCase();
  if (second === 'TABLE' || (second === 'AS' && reader.peek(2).text.toUpperCase() === 'TABLE')) {
    reader.next();
    reader.acceptWord('AS');
    reader.expectWord('TABLE');
    const definition = parseTableDefinition(reader);
    reader.declareTableVariable(token.text, line);
    return { kind: 'declareTable', name: token.text.toLowerCase(), definition, line };
  }
  const variables: Extract<Statement, { kind: 'declare' }>['variables'][number][] = [];
  do {
    const { text, kind, line: at } = reader.token;
    if (kind !== 'variable') throw reader.failure();
    reader.next();
    reader.acceptWord('AS');
    const type = parseType(reader);
    // The value is read before the name exists: "DECLARE @a int = @a" is an error.
    const value = reader.acceptSymbol('=') ? parseExpression(reader) : undefined;
    reader.declareVariable(text, type, at);
    variables.push({ name: text.toLowerCase(), type, value, line: at });
  } while (reader.acceptSymbol(','));
  return { kind: 'declare', variables, line };
}

/** SET of a variable or of options. */
export function parseSet(reader: Reader, line: number): Statement {
  reader.next();
  if (reader.token.kind === 'variable') {
    const name = reader.expectVariable();
    if (reader.isSymbol('.')) throw unsupported('methods of variables', line);
    const operator = acceptAssignment(reader);
    if (!operator) throw reader.failure();
    if (reader.isWord('CURSOR')) throw unsupported('cursors', line);
    return { kind: 'setVariable', name, operator, value: parseExpression(reader), line };
  }
  if (reader.acceptWord('IDENTITY_INSERT')) {
    const table = reader.expectObjectName();
    const on = reader.acceptOneOf('ON', 'OFF');
    if (!on) throw reader.failure();
    return { kind: 'identityInsert', table, on: on === 'ON', line };
  }
  if (reader.acceptWord('TRANSACTION', 'ISOLATION', 'LEVEL')) {
    const words = [reader.next().text.toUpperCase()];
    if (words[0] === 'READ' || words[0] === 'REPEATABLE') words.push(reader.next().text.toUpperCase());
    return { kind: 'setOption', option: 'TRANSACTION ISOLATION LEVEL', value: words.join(' '), line };
  }
  const options = [parseOptionName(reader)];
  while (reader.acceptSymbol(',')) options.push(parseOptionName(reader));
  const value = parseOptionValue(reader);
  const [option = '', ...more] = options;
  if (more.length === 0) return { kind: 'setOption', option, value, line };
  return { kind: 'block', statements: options.map(name => ({ kind: 'setOption', option: name, value, line })), line };
}

function parseOptionName(reader: Reader): string {
  if (reader.token.kind !== 'word') throw reader.failure();
  const name = reader.next().text.toUpperCase();
  return name === 'STATISTICS' ? `STATISTICS ${reader.next().text.toUpperCase()}` : name;
}

function parseOptionValue(reader: Reader): string {
  if (reader.token.kind === 'integer' || reader.isSymbol('-')) return String(reader.expectInteger());
  const { kind, text } = reader.token;
  if (kind === 'variable') throw unsupported('SET of an option to a variable', reader.line);
  if (kind !== 'word' && kind !== 'string' && kind !== 'unicode' && kind !== 'quoted') throw reader.failure();
  reader.next();
  return text.toUpperCase();
}
