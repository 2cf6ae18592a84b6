import { CompileError, unsupported } from './errors.ts';
import { parseCondition, parseExpression, parseOrderBy, startsQuery } from './parse-expression.ts';
import { parseList, type Reader } from './reader.ts';
import type {
  AssignmentOperator,
  CommonTable,
  Expression,
  Query,
  QueryBody,
  Select,
  SelectItem,
  TableSource,
  Top,
} from './syntax.ts';

/** A query with ORDER BY, OFFSET and OPTION; WITH has been read by the statement (only there it may stand). */
export function parseQuery(reader: Reader, commonTables: readonly CommonTable[] = []): Query {
  const body = parseBody(reader);
  const orderBy = reader.isWord('ORDER') ? parseOrderBy(reader) : [];
  let offset: Expression | undefined;
  let fetch: Expression | undefined;
  if (orderBy.length > 0 && reader.acceptWord('OFFSET')) {
    offset = parseExpression(reader);
    if (!reader.acceptOneOf('ROW', 'ROWS')) throw reader.failure();
    if (reader.acceptWord('FETCH')) {
      if (!reader.acceptOneOf('NEXT', 'FIRST')) throw reader.failure();
      fetch = parseExpression(reader);
      if (!reader.acceptOneOf('ROW', 'ROWS')) throw reader.failure();
      reader.expectWord('ONLY');
    }
  }
  if (reader.isWord('FOR')) throw unsupported(`FOR ${reader.peek().text.toUpperCase()}`, reader.line);
  return { with: commonTables, body, orderBy, offset, fetch, maxRecursion: parseOption(reader) };
}

/** OPTION (…): hints do not change results, only MAXRECURSION does. */
export function parseOption(reader: Reader): number {
  if (!reader.acceptWord('OPTION')) return 100;
  reader.expectSymbol('(');
  let maxRecursion = 100;
  for (let depth = 1; depth > 0; ) {
    if (reader.atEnd) throw reader.failure();
    if (reader.acceptWord('MAXRECURSION')) maxRecursion = reader.expectInteger();
    else if (reader.acceptSymbol('(')) depth++;
    else if (reader.acceptSymbol(')')) depth--;
    else reader.next();
  }
  return maxRecursion;
}

/** WITH and its common table expressions. */
export function parseCommonTables(reader: Reader): CommonTable[] {
  reader.expectWord('WITH');
  if (reader.isWord('XMLNAMESPACES')) throw unsupported('XMLNAMESPACES', reader.line);
  const tables: CommonTable[] = [];
  do {
    const { line } = reader.token;
    const name = reader.expectName();
    const columns = reader.isSymbol('(') ? parseList(reader, r => r.expectName()) : undefined;
    reader.expectWord('AS');
    reader.expectSymbol('(');
    tables.push({ name, columns, query: parseQuery(reader), line });
    reader.expectSymbol(')');
  } while (reader.acceptSymbol(','));
  return tables;
}

function parseBody(reader: Reader): QueryBody {
  let left = parseIntersection(reader);
  for (;;) {
    const { line } = reader.token;
    const operator = reader.acceptWord('UNION', 'ALL') ? 'UNION ALL' : reader.acceptOneOf('UNION', 'EXCEPT');
    if (!operator) return left;
    left = { kind: 'set', operator, left, right: parseIntersection(reader), line };
  }
}

function parseIntersection(reader: Reader): QueryBody {
  let left = parseOperand(reader);
  while (reader.isWord('INTERSECT')) {
    const { line } = reader.next();
    left = { kind: 'set', operator: 'INTERSECT', left, right: parseOperand(reader), line };
  }
  return left;
}

function parseOperand(reader: Reader): QueryBody {
  if (reader.acceptSymbol('(')) {
    const body = parseBody(reader);
    reader.expectSymbol(')');
    return body;
  }
  if (reader.isWord('VALUES')) return parseValues(reader);
  return parseSelect(reader);
}

function parseValues(reader: Reader): QueryBody {
  const { line } = reader.next();
  const rows = [parseList(reader, parseExpression)];
  while (reader.acceptSymbol(',')) rows.push(parseList(reader, parseExpression));
  if (rows.some(row => row.length !== rows[0]?.length)) {
    throw new CompileError(
      10709,
      'The number of columns for each row in a table value constructor must be the same.',
      line,
    );
  }
  return { kind: 'values', rows, line };
}

/** TOP (n) [PERCENT] [WITH TIES], if it stands here. */
export function parseTop(reader: Reader): Top | undefined {
  if (!reader.acceptWord('TOP')) return undefined;
  let count: Expression;
  if (reader.isSymbol('(')) {
    reader.next();
    count = parseExpression(reader);
    reader.expectSymbol(')');
  } else {
    const { text, line, kind } = reader.token;
    if (kind !== 'integer' && kind !== 'decimal') throw reader.failure();
    reader.next();
    count =
      kind === 'integer'
        ? { kind: 'literal', type: { name: 'int' }, value: Number(text), line }
        : { kind: 'literal', type: { name: 'float' }, value: Number(text), line };
  }
  const percent = reader.acceptWord('PERCENT');
  const withTies = reader.acceptWord('WITH', 'TIES');
  return { count, percent, withTies };
}

function parseSelect(reader: Reader): Select {
  const { line } = reader.token;
  reader.expectWord('SELECT');
  const distinct = reader.acceptOneOf('DISTINCT', 'ALL') === 'DISTINCT';
  const top = parseTop(reader);
  const items = parseSelectItems(reader);
  const into = reader.acceptWord('INTO') ? reader.expectObjectName() : undefined;
  const from = reader.acceptWord('FROM') ? parseFrom(reader) : [];
  const where = reader.acceptWord('WHERE') ? parseCondition(reader) : undefined;
  const groupBy = reader.acceptWord('GROUP') ? parseGroupBy(reader) : undefined;
  const having = reader.acceptWord('HAVING') ? parseCondition(reader) : undefined;
  if (reader.isWord('WINDOW')) throw unsupported('the WINDOW clause', reader.line);
  return { kind: 'select', distinct, top, items, into, from, where, groupBy, having, line };
}

function parseGroupBy(reader: Reader): Expression[] {
  reader.expectWord('BY');
  for (const word of ['ROLLUP', 'CUBE', 'GROUPING'])
    if (reader.isWord(word)) throw unsupported(`GROUP BY ${word}`, reader.line);
  const items = [parseExpression(reader)];
  while (reader.acceptSymbol(',')) items.push(parseExpression(reader));
  if (reader.isWord('WITH')) throw unsupported(`GROUP BY … WITH ${reader.peek().text.toUpperCase()}`, reader.line);
  return items;
}

/** The select list, of SELECT and of OUTPUT. */
export function parseSelectItems(reader: Reader): SelectItem[] {
  const items = [parseSelectItem(reader)];
  while (reader.acceptSymbol(',')) items.push(parseSelectItem(reader));
  return items;
}

const assignmentOperators = ['=', '+=', '-=', '*=', '/=', '%=', '&=', '^=', '|='] as const;
/** =, += and the like, if one stands here. */
export function acceptAssignment(reader: Reader): AssignmentOperator | undefined {
  const operator = assignmentOperators.find(symbol => reader.isSymbol(symbol));
  if (operator) reader.next();
  return operator;
}

function parseSelectItem(reader: Reader): SelectItem {
  const { line, kind } = reader.token;
  if (reader.acceptSymbol('*')) return { kind: 'star', qualifier: [], line };
  if (kind === 'variable' && assignmentOperators.some(symbol => reader.isSymbol(symbol, 1))) {
    const variable = reader.expectVariable();
    const operator = acceptAssignment(reader) ?? '=';
    return { kind: 'assign', variable, operator, expression: parseExpression(reader), line };
  }
  if ((reader.isName || kind === 'string' || kind === 'unicode') && reader.isSymbol('=', 1)) {
    const alias = reader.next().text;
    reader.next();
    return { kind: 'expression', alias, expression: parseExpression(reader) };
  }
  const qualifier = starQualifier(reader);
  if (qualifier) return { kind: 'star', qualifier, line };
  const expression = parseExpression(reader);
  return { kind: 'expression', expression, alias: parseColumnAlias(reader) };
}

/** "t.*", "dbo.t.*": reads them, or nothing. */
function starQualifier(reader: Reader): readonly string[] | undefined {
  let ahead = 0;
  const parts: string[] = [];
  while (reader.isName || ahead > 0) {
    const token = reader.peek(ahead);
    if (token.kind !== 'word' && token.kind !== 'quoted') return undefined;
    parts.push(token.text);
    if (!reader.isSymbol('.', ahead + 1)) return undefined;
    if (reader.isSymbol('*', ahead + 2)) {
      for (let i = 0; i < ahead + 3; i++) reader.next();
      return parts;
    }
    ahead += 2;
  }
  return undefined;
}

function parseColumnAlias(reader: Reader): string | undefined {
  const marked = reader.acceptWord('AS');
  const { kind } = reader.token;
  if (reader.isName || kind === 'string' || kind === 'unicode') return reader.next().text;
  if (marked) throw reader.failure();
  return undefined;
}

/** The list after FROM. */
export function parseFrom(reader: Reader): TableSource[] {
  const sources = [parseJoined(reader)];
  while (reader.acceptSymbol(',')) sources.push(parseJoined(reader));
  return sources;
}

function parseJoined(reader: Reader): TableSource {
  let left = parseTableSource(reader);
  for (;;) {
    const { line } = reader.token;
    if (reader.acceptWord('CROSS', 'JOIN'))
      left = { kind: 'join', type: 'CROSS', left, right: parseTableSource(reader), on: undefined, line };
    else if (reader.acceptWord('CROSS', 'APPLY'))
      left = { kind: 'apply', outer: false, left, right: parseTableSource(reader), line };
    else if (reader.acceptWord('OUTER', 'APPLY'))
      left = { kind: 'apply', outer: true, left, right: parseTableSource(reader), line };
    else {
      const type = acceptJoin(reader);
      if (!type) return left;
      const right = parseJoined(reader);
      reader.expectWord('ON');
      left = { kind: 'join', type, left, right, on: parseCondition(reader), line };
    }
  }
}

function acceptJoin(reader: Reader): 'INNER' | 'LEFT' | 'RIGHT' | 'FULL' | undefined {
  const side = ['INNER', 'LEFT', 'RIGHT', 'FULL'].find(word => reader.isWord(word)) as
    | 'INNER'
    | 'LEFT'
    | 'RIGHT'
    | 'FULL'
    | undefined;
  if (!side) return reader.acceptWord('JOIN') ? 'INNER' : undefined;
  reader.next();
  if (side !== 'INNER') reader.acceptWord('OUTER');
  // Join hints choose an algorithm, not a result.
  reader.acceptOneOf('LOOP', 'HASH', 'MERGE', 'REMOTE');
  reader.expectWord('JOIN');
  return side;
}

function parseTableSource(reader: Reader): TableSource {
  const { line, kind } = reader.token;
  if (kind === 'variable') {
    const name = reader.expectTableVariable();
    return { kind: 'tableVariable', name, alias: parseTableAlias(reader), line };
  }
  if (reader.isSymbol('(')) {
    if (startsQuery(reader, 1) || reader.peek(1).text.toUpperCase() === 'VALUES') return parseDerived(reader);
    reader.next();
    const inner = parseJoined(reader);
    reader.expectSymbol(')');
    return inner;
  }
  for (const word of ['OPENROWSET', 'OPENQUERY', 'OPENDATASOURCE', 'OPENXML', 'CONTAINSTABLE', 'FREETEXTTABLE']) {
    if (reader.isWord(word)) throw unsupported(word, line);
  }
  const name = reader.expectObjectName();
  if (reader.isSymbol('(') && !isHintList(reader)) {
    reader.next();
    const items: Expression[] = [];
    if (!reader.isSymbol(')')) {
      do items.push(parseExpression(reader));
      while (reader.acceptSymbol(','));
    }
    reader.expectSymbol(')');
    if (reader.isWord('WITH') && reader.isSymbol('(', 1)) throw unsupported(`${name.join('.')} WITH (…)`, line);
    return { kind: 'function', name, arguments: items, alias: parseTableAlias(reader), line };
  }
  if (reader.isWord('FOR', 'SYSTEM_TIME')) throw unsupported('temporal tables (FOR SYSTEM_TIME)', line);
  const early = acceptHints(reader);
  const alias = parseTableAlias(reader);
  if (!early) acceptHints(reader);
  for (const word of ['TABLESAMPLE', 'PIVOT', 'UNPIVOT']) if (reader.isWord(word)) throw unsupported(word, line);
  return { kind: 'table', name, alias, line };
}

const hints = new Set(
  `NOLOCK READUNCOMMITTED READCOMMITTED READCOMMITTEDLOCK REPEATABLEREAD SERIALIZABLE HOLDLOCK UPDLOCK XLOCK TABLOCK TABLOCKX PAGLOCK ROWLOCK NOWAIT
  NOEXPAND FORCESEEK FORCESCAN SNAPSHOT KEEPIDENTITY KEEPDEFAULTS IGNORE_CONSTRAINTS IGNORE_TRIGGERS INDEX`.split(
    /\s+/,
  ),
);

/** The old notation "t (NOLOCK)". */
const isHintList = (reader: Reader): boolean => {
  const token = reader.peek(1);
  return (
    token.kind === 'word' && hints.has(token.text.toUpperCase()) && (reader.isSymbol(')', 2) || reader.isSymbol(',', 2))
  );
};

/** Locking hints are accepted: the practice server never reads uncommitted rows, and it locks whole databases. READPAST would change results. */
function acceptHints(reader: Reader): boolean {
  if (reader.isWord('WITH') && reader.isSymbol('(', 1)) reader.next();
  else if (!reader.isSymbol('(') || !isHintList(reader)) return false;
  reader.expectSymbol('(');
  do {
    const { text, line } = reader.next();
    if (text.toUpperCase() === 'READPAST') throw unsupported('the READPAST hint', line);
    if (!hints.has(text.toUpperCase()))
      throw new CompileError(321, `"${text}" is not a recognized table hints option.`, line, 15);
    if (reader.acceptSymbol('=')) reader.next();
    else if (reader.isSymbol('(')) parseList(reader, r => r.next());
    reader.acceptSymbol(',');
  } while (!reader.isSymbol(')'));
  reader.next();
  return true;
}

function parseTableAlias(reader: Reader): string | undefined {
  if (reader.acceptWord('AS')) return reader.expectName();
  if (!reader.isName || reader.isWord('WINDOW') || (reader.isWord('OFFSET') && reader.peek().kind === 'integer'))
    return undefined;
  return reader.next().text;
}

function parseDerived(reader: Reader): TableSource {
  const { line } = reader.next();
  const query = parseQuery(reader);
  reader.expectSymbol(')');
  const alias = parseTableAlias(reader);
  if (alias === undefined) throw reader.failure();
  const columns = reader.isSymbol('(') && !isHintList(reader) ? parseList(reader, r => r.expectName()) : undefined;
  return { kind: 'derived', query, alias, columns, line };
}
