import { unsupported } from './errors.ts';
import { parseExec } from './parse-exec.ts';
import { parseCondition, parseExpression } from './parse-expression.ts';
import { acceptAssignment, parseFrom, parseOption, parseQuery, parseSelectItems, parseTop } from './parse-query.ts';
import { parseList, type Reader } from './reader.ts';
import type { CommonTable, Condition, DmlTarget, Output, SelectItem, Statement, TableSource } from './syntax.ts';

// ---- INSERT, UPDATE, DELETE ---------------------------------------------------------------------------------------

function parseTarget(reader: Reader): DmlTarget {
  const { line, kind } = reader.token;
  const target: DmlTarget =
    kind === 'variable'
      ? { kind: 'tableVariable', name: reader.expectTableVariable(), line }
      : { kind: 'table', name: reader.expectObjectName(), line };
  if (reader.isWord('WITH') && reader.isSymbol('(', 1)) {
    reader.next();
    parseList(reader, r => r.next());
  }
  return target;
}

function parseOutput(reader: Reader): Output | undefined {
  if (!reader.acceptWord('OUTPUT')) return undefined;
  const items: readonly SelectItem[] = parseSelectItems(reader);
  if (!reader.acceptWord('INTO')) return { items, into: undefined };
  const target = parseTarget(reader);
  return {
    items,
    into: { target, columns: reader.isSymbol('(') ? parseList(reader, r => r.expectName()) : undefined },
  };
}

/** INSERT, at that word. */
export function parseInsert(reader: Reader, tables: readonly CommonTable[], line: number): Statement {
  reader.next();
  const top = parseTop(reader);
  reader.acceptWord('INTO');
  const target = parseTarget(reader);
  const isColumnList =
    reader.isSymbol('(') && !(reader.peek(1).kind === 'word' && reader.peek(1).text.toUpperCase() === 'SELECT');
  const columns = isColumnList ? parseList(reader, r => r.expectObjectName().at(-1) ?? '') : undefined;
  const output = parseOutput(reader);
  const head = { kind: 'insert', with: tables, top, target, columns, output, line } as const;
  if (reader.acceptWord('DEFAULT', 'VALUES')) return { ...head, source: { kind: 'defaults' } };
  if (reader.isWord('EXEC') || reader.isWord('EXECUTE'))
    return { ...head, source: { kind: 'execute', statement: parseExec(reader, line) } };
  return { ...head, source: { kind: 'query', query: parseQuery(reader) } };
}

type Sets = Extract<Statement, { kind: 'update' }>['sets'];

/** UPDATE, at that word. */
export function parseUpdate(reader: Reader, tables: readonly CommonTable[], line: number): Statement {
  reader.next();
  if (reader.isWord('STATISTICS')) throw unsupported('UPDATE STATISTICS', line);
  const top = parseTop(reader);
  const target = parseTarget(reader);
  reader.expectWord('SET');
  const sets: Sets[number][] = [];
  do sets.push(parseSetClause(reader));
  while (reader.acceptSymbol(','));
  const output = parseOutput(reader);
  const from = reader.acceptWord('FROM') ? parseFrom(reader) : [];
  const where = parseWhere(reader);
  return { kind: 'update', with: tables, top, target, sets, output, from, where, line };
}

function parseWhere(reader: Reader): Condition | undefined {
  const where = reader.acceptWord('WHERE')
    ? reader.isWord('CURRENT', 'OF')
      ? refuseCursor(reader)
      : parseCondition(reader)
    : undefined;
  parseOption(reader);
  return where;
}

function refuseCursor(reader: Reader): never {
  throw unsupported('cursors (WHERE CURRENT OF)', reader.line);
}

function parseSetClause(reader: Reader): Sets[number] {
  const { line } = reader.token;
  let variable: string | undefined;
  let column: string | undefined;
  if (reader.token.kind === 'variable') {
    variable = reader.expectVariable();
    // "@v = column = value" sets both.
    if (
      reader.isSymbol('=') &&
      (reader.peek(1).kind === 'word' || reader.peek(1).kind === 'quoted') &&
      acceptsAssignmentAt(reader, 2)
    ) {
      reader.next();
      column = reader.expectName();
    }
  } else column = reader.expectObjectName().at(-1);
  const operator = acceptAssignment(reader);
  if (!operator) throw reader.failure();
  return { column, variable, operator, value: parseExpression(reader), line };
}

const acceptsAssignmentAt = (reader: Reader, ahead: number): boolean =>
  ['=', '+=', '-='].some(symbol => reader.isSymbol(symbol, ahead));

/** DELETE, at that word. */
export function parseDelete(reader: Reader, tables: readonly CommonTable[], line: number): Statement {
  reader.next();
  const top = parseTop(reader);
  reader.acceptWord('FROM');
  const target = parseTarget(reader);
  const output = parseOutput(reader);
  const from: readonly TableSource[] = reader.acceptWord('FROM') ? parseFrom(reader) : [];
  return { kind: 'delete', with: tables, top, target, output, from, where: parseWhere(reader), line };
}
