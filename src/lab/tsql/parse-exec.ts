import { syntaxNear, unsupported } from './errors.ts';
import { isReserved } from './lexer.ts';
import { parseExpression } from './parse-expression.ts';
import { literalOf, parseList, type Reader } from './reader.ts';
import type { ExecArgument, Expression, Statement } from './syntax.ts';
import { nvarchar } from './types.ts';

// ---- EXEC and DBCC ------------------------------------------------------------------------------------------------

/** EXEC of a procedure or of a text. */
export function parseExec(reader: Reader, line: number): Statement {
  reader.next();
  if (reader.acceptSymbol('(')) {
    const text = parseExpression(reader);
    reader.expectSymbol(')');
    for (const word of ['AT', 'AS']) if (reader.isWord(word)) throw unsupported(`EXEC (…) ${word}`, line);
    return { kind: 'execText', text, line };
  }
  let result: string | undefined;
  if (reader.token.kind === 'variable') {
    if (!reader.isSymbol('=', 1)) throw unsupported('EXEC of a procedure named by a variable', line);
    result = reader.expectVariable();
    reader.next();
  }
  return parseProcedureCall(reader, line, result);
}

/** A procedure's name and arguments. */
export function parseProcedureCall(reader: Reader, line: number, result: string | undefined): Statement {
  const name = reader.expectObjectName();
  const items: ExecArgument[] = [];
  const ends = (): boolean =>
    reader.atEnd ||
    reader.isSymbol(';') ||
    (reader.token.kind === 'word' &&
      isReserved(reader.token.text) &&
      !reader.isWord('NULL') &&
      !reader.isWord('DEFAULT'));
  if (!ends()) {
    do items.push(parseExecArgument(reader));
    while (reader.acceptSymbol(','));
  }
  if (reader.isWord('WITH')) throw unsupported('EXEC … WITH', line);
  return { kind: 'execProcedure', name, arguments: items, result, line };
}

function parseExecArgument(reader: Reader): ExecArgument {
  let name: string | undefined;
  if (reader.token.kind === 'variable' && reader.isSymbol('=', 1)) {
    name = reader.next().text.toLowerCase();
    reader.next();
  }
  const value = parseArgumentValue(reader);
  const output = reader.acceptOneOf('OUTPUT', 'OUT') !== undefined;
  return { name, value, output };
}

/** A procedure takes a literal or a variable, no expression; a bare word is a text. */
function parseArgumentValue(reader: Reader): Expression {
  const { kind, text, line } = reader.token;
  if (kind === 'word' && !isReserved(text)) {
    reader.next();
    return literalOf(nvarchar(Math.max(1, text.length)), text, line);
  }
  const value = parseExpression(reader);
  if (!['literal', 'variable', 'global', 'negate', 'default'].includes(value.kind)) throw syntaxNear(text, line);
  return value;
}

/** DBCC TRACESTATUS and SQLPERF (LOGSPACE). */
export function parseDbcc(reader: Reader, line: number): Statement {
  reader.next();
  const command = reader.next().text.toUpperCase();
  const items = reader.isSymbol('(')
    ? parseList(reader, r => (r.isSymbol('-') ? String(r.expectInteger()) : r.next().text.toUpperCase()))
    : [];
  if (reader.acceptWord('WITH')) {
    do reader.next();
    while (reader.acceptSymbol(','));
  }
  if (command === 'TRACESTATUS') return { kind: 'traceStatus', line };
  if (command === 'SQLPERF' && items[0] === 'LOGSPACE') return { kind: 'logSpace', line };
  throw unsupported(`DBCC ${command}${items.length ? ` (${items[0]})` : ''}`, line);
}
