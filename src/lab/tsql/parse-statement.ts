import type { SqlType } from '../values.ts';
import { CompileError, syntaxNear, unsupported } from './errors.ts';
import { isReserved } from './lexer.ts';
import { parseBackup, parseRestore } from './parse-admin.ts';
import { parseAlter, parseCreate, parseDrop } from './parse-definition.ts';
import { parseDelete, parseInsert, parseUpdate } from './parse-dml.ts';
import { parseDbcc, parseExec, parseProcedureCall } from './parse-exec.ts';
import { parseCondition, parseExpression } from './parse-expression.ts';
import { parseCommonTables, parseQuery } from './parse-query.ts';
import { parseDeclare, parseSet } from './parse-set.ts';
import { parseList, Reader } from './reader.ts';
import type { Batch, Statement } from './syntax.ts';

/** Reads a whole batch. Throws CompileError (nothing of the batch runs then). `variables` are the parameters, by lower-case name. */
export function parseBatch(sql: string, variables: ReadonlyMap<string, SqlType> = new Map()): Batch {
  const reader = new Reader(sql, variables, inner => parseQuery(inner));
  const statements: Statement[] = [];
  skipSemicolons(reader);
  while (!reader.atEnd) {
    statements.push(parseStatement(reader, statements.length === 0));
    skipSemicolons(reader);
  }
  return { statements, variables: reader.variables };
}

function skipSemicolons(reader: Reader): void {
  while (reader.acceptSymbol(';'));
}

function parseStatement(reader: Reader, first = false): Statement {
  const token = reader.token;
  const { line } = token;
  if (token.kind === 'word') {
    const word = token.text.toUpperCase();
    const parse = starters[word];
    if (parse) return parse(reader, line);
    if (word === 'LABEL' || reader.isSymbol(':', 1)) throw unsupported('labels and GOTO', line);
    const refusal = refusals[word];
    if (refusal) throw unsupported(refusal, line);
  }
  if (reader.isSymbol('(')) return { kind: 'query', query: parseQuery(reader), line };
  // Only at the start of a batch may EXEC be left out.
  if (first && (token.kind === 'quoted' || (token.kind === 'word' && !isReserved(token.text))))
    return parseProcedureCall(reader, line, undefined);
  throw reader.failure();
}

const refusals: Readonly<Record<string, string>> = {
  GOTO: 'GOTO',
  MERGE: 'MERGE',
  OPEN: 'cursors (OPEN)',
  FETCH: 'cursors (FETCH)',
  CLOSE: 'cursors (CLOSE)',
  DEALLOCATE: 'cursors (DEALLOCATE)',
  GRANT: 'GRANT',
  DENY: 'DENY',
  REVOKE: 'REVOKE',
  REVERT: 'REVERT',
  RECONFIGURE: 'RECONFIGURE',
  SHUTDOWN: 'SHUTDOWN',
  BULK: 'BULK INSERT',
};

type Starter = (reader: Reader, line: number) => Statement;

const starters: Readonly<Record<string, Starter>> = {
  SELECT: (reader, line) => ({ kind: 'query', query: parseQuery(reader), line }),
  WITH: parseWith,
  INSERT: (reader, line) => parseInsert(reader, [], line),
  UPDATE: (reader, line) => parseUpdate(reader, [], line),
  DELETE: (reader, line) => parseDelete(reader, [], line),
  TRUNCATE: (reader, line) => {
    reader.next();
    reader.expectWord('TABLE');
    return { kind: 'truncate', table: reader.expectObjectName(), line };
  },
  CREATE: parseCreate,
  ALTER: parseAlter,
  DROP: parseDrop,
  DECLARE: parseDeclare,
  SET: parseSet,
  IF: parseIf,
  WHILE: (reader, line) => {
    reader.next();
    return { kind: 'while', condition: parseCondition(reader), body: parseStatement(reader), line };
  },
  BEGIN: parseBegin,
  BREAK: single('break'),
  CONTINUE: single('continue'),
  RETURN: (reader, line) => {
    reader.next();
    const hasValue = !reader.atEnd && !reader.isSymbol(';') && (reader.token.kind !== 'word' || reader.isWord('NULL'));
    return { kind: 'return', value: hasValue ? parseExpression(reader) : undefined, line };
  },
  THROW: parseThrow,
  RAISERROR: parseRaiserror,
  PRINT: (reader, line) => {
    reader.next();
    return { kind: 'print', value: parseExpression(reader), line };
  },
  WAITFOR: (reader, line) => {
    reader.next();
    const what = reader.acceptOneOf('DELAY', 'TIME');
    if (!what) throw unsupported('WAITFOR other than DELAY and TIME', line);
    return { kind: 'waitFor', what, value: parseExpression(reader), line };
  },
  COMMIT: parseCommit,
  ROLLBACK: (reader, line) => {
    reader.next();
    if (!reader.acceptOneOf('TRAN', 'TRANSACTION')) {
      reader.acceptWord('WORK');
      return { kind: 'rollback', name: undefined, line };
    }
    return { kind: 'rollback', name: acceptTransactionName(reader), line };
  },
  SAVE: (reader, line) => {
    reader.next();
    if (!reader.acceptOneOf('TRAN', 'TRANSACTION')) throw reader.failure();
    return { kind: 'save', name: reader.next().text, line };
  },
  USE: (reader, line) => {
    reader.next();
    return { kind: 'use', database: reader.expectName(), line };
  },
  EXEC: parseExec,
  EXECUTE: parseExec,
  KILL: (reader, line) => {
    reader.next();
    if (reader.token.kind === 'string') throw unsupported('KILL of a unit of work', line);
    const sessionId = reader.expectInteger();
    if (reader.isWord('WITH')) throw unsupported('KILL … WITH STATUSONLY', line);
    return { kind: 'admin', command: { kind: 'kill', sessionId }, line };
  },
  DBCC: parseDbcc,
  CHECKPOINT: single('checkpoint'),
  BACKUP: (reader, line) => {
    reader.next();
    return { kind: 'admin', command: parseBackup(reader), line };
  },
  RESTORE: (reader, line) => {
    reader.next();
    return { kind: 'admin', command: parseRestore(reader), line };
  },
};

function single(kind: 'break' | 'continue' | 'checkpoint'): Starter {
  return (reader, line) => {
    reader.next();
    return { kind, line };
  };
}

function parseWith(reader: Reader, line: number): Statement {
  const before = reader.previous;
  if (
    before &&
    !(before.kind === 'symbol' && before.text === ';') &&
    !['BEGIN', 'TRY', 'CATCH', 'ELSE'].includes(before.text.toUpperCase())
  ) {
    throw new CompileError(
      319,
      "Incorrect syntax near the keyword 'with'. If this statement is a common table expression, an xmlnamespaces clause or a change tracking context clause, the previous statement must be terminated with a semicolon.",
      line,
      15,
    );
  }
  const tables = parseCommonTables(reader);
  if (reader.isWord('INSERT')) return parseInsert(reader, tables, line);
  if (reader.isWord('UPDATE')) return parseUpdate(reader, tables, line);
  if (reader.isWord('DELETE')) return parseDelete(reader, tables, line);
  if (reader.isWord('MERGE')) throw unsupported('MERGE', line);
  if (!reader.isWord('SELECT') && !reader.isSymbol('(')) throw reader.failure();
  return { kind: 'query', query: parseQuery(reader, tables), line };
}

// ---- control flow -------------------------------------------------------------------------------------------------

function parseIf(reader: Reader, line: number): Statement {
  reader.next();
  const condition = parseCondition(reader);
  const whenTrue = parseStatement(reader);
  while (reader.isSymbol(';') && reader.peek().text.toUpperCase() === 'ELSE') reader.next();
  const otherwise = reader.acceptWord('ELSE') ? parseStatement(reader) : undefined;
  return { kind: 'if', condition, whenTrue, otherwise, line };
}

function parseUntilEnd(reader: Reader): Statement[] {
  const statements: Statement[] = [];
  skipSemicolons(reader);
  while (!reader.isWord('END')) {
    if (reader.atEnd) throw reader.failure();
    statements.push(parseStatement(reader));
    skipSemicolons(reader);
  }
  reader.next();
  return statements;
}

function parseBegin(reader: Reader, line: number): Statement {
  reader.next();
  if (reader.isWord('DISTRIBUTED')) throw unsupported('distributed transactions', line);
  if (reader.acceptOneOf('TRAN', 'TRANSACTION')) {
    const name = acceptTransactionName(reader);
    if (reader.acceptWord('WITH', 'MARK') && reader.token.kind !== 'end') reader.expectString();
    return { kind: 'begin', name, line };
  }
  if (!reader.acceptWord('TRY')) {
    if (reader.isWord('DIALOG') || reader.isWord('CONVERSATION')) throw unsupported('Service Broker', line);
    const statements = parseUntilEnd(reader);
    if (statements.length === 0) throw syntaxNear('END', reader.previous?.line ?? line);
    return { kind: 'block', statements, line };
  }
  const body = parseUntilEnd(reader);
  reader.expectWord('TRY');
  skipSemicolons(reader);
  reader.expectWord('BEGIN', 'CATCH');
  const handler = parseUntilEnd(reader);
  reader.expectWord('CATCH');
  return { kind: 'tryCatch', body, handler, line };
}

function acceptTransactionName(reader: Reader): string | undefined {
  if (reader.token.kind === 'variable') throw unsupported('transaction names in variables', reader.line);
  return reader.isName && !isStatementStart(reader) ? reader.next().text : undefined;
}

const isStatementStart = (reader: Reader): boolean =>
  reader.token.kind === 'word' && reader.token.text.toUpperCase() in starters;

function parseCommit(reader: Reader, line: number): Statement {
  reader.next();
  if (reader.acceptOneOf('TRAN', 'TRANSACTION')) acceptTransactionName(reader);
  else reader.acceptWord('WORK');
  if (reader.isWord('WITH')) throw unsupported('COMMIT … WITH (DELAYED_DURABILITY)', line);
  return { kind: 'commit', line };
}

function parseThrow(reader: Reader, line: number): Statement {
  reader.next();
  const { kind } = reader.token;
  if (kind !== 'integer' && kind !== 'variable') return { kind: 'throw', error: undefined, line };
  const number = parseExpression(reader);
  reader.expectSymbol(',');
  const message = parseExpression(reader);
  reader.expectSymbol(',');
  return { kind: 'throw', error: { number, message, state: parseExpression(reader) }, line };
}

function parseRaiserror(reader: Reader, line: number): Statement {
  reader.next();
  const [message, severity, state, ...items] = parseList(reader, parseExpression);
  if (!message || !severity || !state) throw syntaxNear(')', line);
  let nowait = false;
  if (reader.acceptWord('WITH')) {
    do {
      const option = reader.acceptOneOf('NOWAIT', 'LOG', 'SETERROR');
      if (!option) throw reader.failure();
      nowait ||= option === 'NOWAIT';
    } while (reader.acceptSymbol(','));
  }
  return { kind: 'raiserror', message, severity, state, arguments: items, nowait, line };
}
