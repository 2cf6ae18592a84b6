import type { SqlType } from '../values.ts';
import { toCodePage } from './codepage.ts';
import { CompileError, syntaxNear, unsupported } from './errors.ts';
import { isReserved } from './lexer.ts';
import { parseType } from './parse-type.ts';
import { literalOf, parseList, type Reader } from './reader.ts';
import type { ArithmeticOperator, ComparisonOperator, Condition, Expression, OrderItem, Window } from './syntax.ts';
import { float, int, nvarchar, varchar } from './types.ts';

/** T-SQL keeps values and truth values apart; a parenthesis may hold either, so the parser decides by what it found. */
type Node = Expression | Condition;

const conditionKinds = new Set<Node['kind']>([
  'comparison',
  'quantified',
  'and',
  'or',
  'not',
  'isNull',
  'like',
  'between',
  'inList',
  'inQuery',
  'exists',
]);
const isCondition = (node: Node): node is Condition => conditionKinds.has(node.kind);

/** A value. Throws 102 and 156. */
export function parseExpression(reader: Reader): Expression {
  return asExpression(parseAdditive(reader), reader);
}

/** A truth value. Throws 4145 where a value stands instead. */
export function parseCondition(reader: Reader): Condition {
  return asCondition(parseOr(reader), reader);
}

function asExpression(node: Node, reader: Reader): Expression {
  if (isCondition(node)) throw reader.failure();
  return node;
}

function asCondition(node: Node, reader: Reader): Condition {
  if (isCondition(node)) return node;
  const near = reader.atEnd ? (reader.previous?.text ?? '') : reader.token.text;
  throw new CompileError(
    4145,
    `An expression of non-boolean type specified in a context where a condition is expected, near '${near}'.`,
    reader.line,
    15,
  );
}

function parseOr(reader: Reader): Node {
  let left = parseAnd(reader);
  while (reader.isWord('OR')) {
    const { line } = reader.next();
    left = { kind: 'or', left: asCondition(left, reader), right: asCondition(parseAnd(reader), reader), line };
  }
  return left;
}

function parseAnd(reader: Reader): Node {
  let left = parseNot(reader);
  while (reader.isWord('AND')) {
    const { line } = reader.next();
    left = { kind: 'and', left: asCondition(left, reader), right: asCondition(parseNot(reader), reader), line };
  }
  return left;
}

function parseNot(reader: Reader): Node {
  if (!reader.isWord('NOT')) return parsePredicate(reader);
  const { line } = reader.next();
  return { kind: 'not', operand: asCondition(parseNot(reader), reader), line };
}

const comparisons: Readonly<Record<string, ComparisonOperator>> = {
  '=': '=',
  '<>': '<>',
  '!=': '<>',
  '<': '<',
  '!>': '<=',
  '<=': '<=',
  '>': '>',
  '!<': '>=',
  '>=': '>=',
};

function parsePredicate(reader: Reader): Node {
  if (reader.isWord('EXISTS')) {
    const { line } = reader.next();
    return { kind: 'exists', query: parseParenthesizedQuery(reader), line };
  }
  const node = parseAdditive(reader);
  const token = reader.token;
  const { line } = token;
  const operator = token.kind === 'symbol' ? comparisons[token.text] : undefined;
  if (operator) {
    const left = asExpression(node, reader);
    reader.next();
    const quantifier = reader.acceptOneOf('ALL', 'ANY', 'SOME');
    if (quantifier)
      return {
        kind: 'quantified',
        operator,
        left,
        quantifier: quantifier === 'ALL' ? 'ALL' : 'ANY',
        query: parseParenthesizedQuery(reader),
        line,
      };
    return { kind: 'comparison', operator, left, right: parseExpression(reader), line };
  }
  if (reader.acceptWord('IS')) {
    const operand = asExpression(node, reader);
    const negated = reader.acceptWord('NOT');
    if (reader.isWord('DISTINCT')) throw unsupported('IS [NOT] DISTINCT FROM', line);
    reader.expectWord('NULL');
    return { kind: 'isNull', operand, negated, line };
  }
  const negated = reader.isWord('NOT') && ['IN', 'LIKE', 'BETWEEN'].some(word => reader.isWord('NOT', word));
  if (negated) reader.next();
  const predicate = reader.acceptOneOf('IN', 'LIKE', 'BETWEEN');
  if (!predicate) return node;
  const operand = asExpression(node, reader);
  switch (predicate) {
    case 'LIKE': {
      const pattern = parseExpression(reader);
      return {
        kind: 'like',
        operand,
        pattern,
        escape: reader.acceptWord('ESCAPE') ? parseExpression(reader) : undefined,
        negated,
        line,
      };
    }
    case 'BETWEEN': {
      const low = parseExpression(reader);
      reader.expectWord('AND');
      return { kind: 'between', operand, low, high: parseExpression(reader), negated, line };
    }
    case 'IN':
      if (startsQuery(reader, 1))
        return { kind: 'inQuery', operand, query: parseParenthesizedQuery(reader), negated, line };
      return { kind: 'inList', operand, list: parseList(reader, parseExpression), negated, line };
  }
}

/** "(" SELECT, also behind more parentheses. */
export function startsQuery(reader: Reader, depth: number): boolean {
  let ahead = 0;
  while (reader.isSymbol('(', ahead)) ahead++;
  const token = reader.peek(ahead);
  return ahead >= depth && token.kind === 'word' && token.text.toUpperCase() === 'SELECT';
}

function parseParenthesizedQuery(reader: Reader) {
  reader.expectSymbol('(');
  const query = reader.parseSubquery(reader);
  reader.expectSymbol(')');
  return query;
}

function parseAdditive(reader: Reader): Node {
  let left = parseMultiplicative(reader);
  for (;;) {
    const operator = ['+', '-', '&', '|', '^'].find(symbol => reader.isSymbol(symbol));
    if (operator === undefined) return left;
    const { line } = reader.next();
    const right = asExpression(parseMultiplicative(reader), reader);
    left = {
      kind: 'arithmetic',
      operator: operator as ArithmeticOperator,
      left: asExpression(left, reader),
      right,
      line,
    };
  }
}

function parseMultiplicative(reader: Reader): Node {
  let left = parseUnary(reader);
  for (;;) {
    const operator = ['*', '/', '%'].find(symbol => reader.isSymbol(symbol));
    if (operator === undefined) return left;
    const { line } = reader.next();
    const right = asExpression(parseUnary(reader), reader);
    left = {
      kind: 'arithmetic',
      operator: operator as ArithmeticOperator,
      left: asExpression(left, reader),
      right,
      line,
    };
  }
}

function parseUnary(reader: Reader): Node {
  const { line } = reader.token;
  if (reader.acceptSymbol('-')) return { kind: 'negate', operand: asExpression(parseUnary(reader), reader), line };
  if (reader.acceptSymbol('+')) return { kind: 'plus', operand: asExpression(parseUnary(reader), reader), line };
  if (reader.acceptSymbol('~')) return { kind: 'complement', operand: asExpression(parseUnary(reader), reader), line };
  return parsePostfix(reader);
}

function parsePostfix(reader: Reader): Node {
  let node = parsePrimary(reader);
  for (;;) {
    const { line } = reader.token;
    if (reader.acceptWord('COLLATE'))
      node = { kind: 'collate', operand: asExpression(node, reader), collation: reader.next().text, line };
    else if (reader.isWord('AT', 'TIME', 'ZONE')) throw unsupported('AT TIME ZONE', line);
    else return node;
  }
}

function parsePrimary(reader: Reader): Node {
  const token = reader.token;
  const { line } = token;
  switch (token.kind) {
    case 'integer':
    case 'decimal':
    case 'float':
    case 'money':
    case 'binary':
    case 'string':
    case 'unicode':
      return parseLiteral(reader);
    case 'variable':
      return { kind: 'variable', name: reader.expectVariable(), line };
    case 'global':
      return { kind: 'global', name: reader.next().text.toUpperCase(), line };
    case 'symbol':
      if (token.text !== '(') throw reader.failure();
      return parseParenthesis(reader);
    case 'quoted':
      return parseColumn(reader);
    case 'word':
      return parseWord(reader);
    case 'end':
      throw reader.failure();
  }
}

function parseParenthesis(reader: Reader): Node {
  const { line } = reader.token;
  if (startsQuery(reader, 1) && reader.peek(1).kind === 'word')
    return { kind: 'subquery', query: parseParenthesizedQuery(reader), line };
  reader.expectSymbol('(');
  const node = parseOr(reader);
  reader.expectSymbol(')');
  return node;
}

const textLength = (text: string, limit: number): number | 'max' =>
  text.length > limit ? 'max' : Math.max(1, text.length);

function parseLiteral(reader: Reader): Expression {
  const { kind, text, line } = reader.next();
  switch (kind) {
    case 'integer': {
      const digits = text.replace(/^0+(?=\d)/, '');
      if (BigInt(digits) <= 2_147_483_647n) return literalOf(int, Number(digits), line);
      return literalOf(numericType(digits, '', line), digits, line);
    }
    case 'decimal': {
      const [whole = '', fraction = ''] = text.split('.');
      const digits = whole.replace(/^0+/, '');
      return literalOf(numericType(digits, fraction, line), `${digits || '0'}${fraction ? `.${fraction}` : ''}`, line);
    }
    case 'float':
      return literalOf(float, Number(/e[+-]?$/i.test(text) ? `${text}0` : text), line);
    case 'money':
      return literalOf({ name: 'money' }, Number(text || '0').toFixed(4), line);
    case 'binary': {
      const digits = text.replace(/\\\r?\n/g, '');
      const bytes = Uint8Array.from(Buffer.from(digits.length % 2 ? `0${digits}` : digits, 'hex'));
      return literalOf({ name: 'varbinary', length: Math.max(1, bytes.length) }, bytes, line);
    }
    case 'string':
      return literalOf(varchar(textLength(text, 8000)), toCodePage(text), line);
    default:
      return literalOf(nvarchar(textLength(text, 4000)), text, line);
  }
}

function numericType(whole: string, fraction: string, line: number): SqlType {
  const precision = Math.max(1, whole.length + fraction.length);
  if (precision > 38)
    throw new CompileError(
      1007,
      `The number '${whole}${fraction ? `.${fraction}` : ''}' is out of the range for numeric representation (maximum precision 38).`,
      line,
      15,
    );
  return { name: 'numeric', precision, scale: fraction.length };
}

/** Words that are expressions although they are reserved. */
const functionsWithoutParentheses = new Set([
  'CURRENT_TIMESTAMP',
  'CURRENT_USER',
  'SESSION_USER',
  'SYSTEM_USER',
  'USER',
  'CURRENT_DATE',
]);
const reservedFunctions = new Set(['LEFT', 'RIGHT', 'COALESCE', 'NULLIF']);
const datePartFunctions = new Set(['DATEADD', 'DATEDIFF', 'DATEDIFF_BIG', 'DATEPART', 'DATENAME']);

function parseWord(reader: Reader): Node {
  const { text, line } = reader.token;
  const word = text.toUpperCase();
  const isCall = reader.isSymbol('(', 1);
  if (word === 'NULL') {
    reader.next();
    return { kind: 'literal', type: int, value: null, untyped: true, line };
  }
  if (word === 'DEFAULT') {
    reader.next();
    return { kind: 'default', line };
  }
  if (word === 'CASE') return parseCase(reader);
  if (isCall && (word === 'CAST' || word === 'TRY_CAST')) return parseCast(reader, word === 'TRY_CAST');
  if (isCall && (word === 'CONVERT' || word === 'TRY_CONVERT')) return parseConvert(reader, word === 'TRY_CONVERT');
  if (isCall && (word === 'PARSE' || word === 'TRY_PARSE')) throw unsupported(word, line);
  if (isCall && word === 'IIF') return parseIif(reader);
  if (functionsWithoutParentheses.has(word) && !isCall) {
    reader.next();
    return {
      kind: 'call',
      name: word,
      arguments: [],
      star: false,
      distinct: false,
      over: undefined,
      withinGroup: undefined,
      line,
    };
  }
  if (isCall && (!isReserved(word) || reservedFunctions.has(word))) return parseCall(reader);
  if (isReserved(word)) throw reader.failure();
  if (word === 'NEXT' && reader.isWord('NEXT', 'VALUE', 'FOR')) throw unsupported('sequences (NEXT VALUE FOR)', line);
  return parseColumn(reader);
}

function parseColumn(reader: Reader): Expression {
  const { line } = reader.token;
  const parts = reader.expectObjectName();
  if (reader.isSymbol('(')) {
    const name = parts.join('.').toUpperCase();
    if (name === 'SYS.FN_HADR_IS_PRIMARY_REPLICA') {
      return {
        kind: 'call',
        name,
        arguments: parseList(reader, parseExpression),
        star: false,
        distinct: false,
        over: undefined,
        withinGroup: undefined,
        line,
      };
    }
    if (parts.length > 1) throw unsupported(`the function ${parts.join('.')}`, line);
    throw reader.failure();
  }
  if (reader.isSymbol('::')) throw unsupported('type methods (::)', line);
  return { kind: 'column', parts, line };
}

function parseCase(reader: Reader): Expression {
  const { line } = reader.next();
  const operand = reader.isWord('WHEN') ? undefined : parseExpression(reader);
  const branches: { when: Condition; result: Expression }[] = [];
  while (reader.isWord('WHEN')) {
    const at = reader.next().line;
    const when: Condition = operand
      ? { kind: 'comparison', operator: '=', left: operand, right: parseExpression(reader), line: at }
      : parseCondition(reader);
    reader.expectWord('THEN');
    branches.push({ when, result: parseExpression(reader) });
  }
  if (branches.length === 0) throw reader.failure();
  const otherwise = reader.acceptWord('ELSE') ? parseExpression(reader) : undefined;
  reader.expectWord('END');
  return { kind: 'case', branches, otherwise, line };
}

function parseIif(reader: Reader): Expression {
  const { line } = reader.next();
  reader.expectSymbol('(');
  const when = parseCondition(reader);
  reader.expectSymbol(',');
  const result = parseExpression(reader);
  reader.expectSymbol(',');
  const otherwise = parseExpression(reader);
  reader.expectSymbol(')');
  return { kind: 'case', branches: [{ when, result }], otherwise, line };
}

function parseCast(reader: Reader, tries: boolean): Expression {
  const { line } = reader.next();
  reader.expectSymbol('(');
  const operand = parseExpression(reader);
  reader.expectWord('AS');
  const type = parseType(reader, true);
  reader.expectSymbol(')');
  return { kind: 'convert', operand, type, style: undefined, tries, line };
}

function parseConvert(reader: Reader, tries: boolean): Expression {
  const { line } = reader.next();
  reader.expectSymbol('(');
  const type = parseType(reader, true);
  reader.expectSymbol(',');
  const operand = parseExpression(reader);
  const style = reader.acceptSymbol(',') ? parseExpression(reader) : undefined;
  reader.expectSymbol(')');
  return { kind: 'convert', operand, type, style, tries, line };
}

function parseCall(reader: Reader): Expression {
  const { text, line } = reader.next();
  const name = text.toUpperCase();
  reader.expectSymbol('(');
  const distinct = reader.acceptWord('DISTINCT');
  if (!distinct) reader.acceptWord('ALL');
  const star = reader.acceptSymbol('*');
  const items: Expression[] = [];
  if (!star && !reader.isSymbol(')')) {
    if (datePartFunctions.has(name)) {
      if (reader.token.kind !== 'word')
        throw new CompileError(1023, `Invalid parameter 1 specified for ${name.toLowerCase()}.`, line, 15);
      const part = reader.next();
      items.push(literalOf(varchar(30), part.text, part.line));
    } else items.push(parseExpression(reader));
    if (name === 'TRIM' && reader.acceptWord('FROM')) items.push(parseExpression(reader));
    while (reader.acceptSymbol(',')) items.push(parseExpression(reader));
  }
  reader.expectSymbol(')');
  if (reader.isWord('IGNORE', 'NULLS') || reader.isWord('RESPECT', 'NULLS'))
    throw unsupported('IGNORE NULLS and RESPECT NULLS', line);
  let withinGroup: readonly OrderItem[] | undefined;
  if (reader.isWord('WITHIN', 'GROUP')) {
    reader.expectWord('WITHIN', 'GROUP');
    reader.expectSymbol('(');
    withinGroup = parseOrderBy(reader);
    reader.expectSymbol(')');
  }
  const over = reader.acceptWord('OVER') ? parseWindow(reader) : undefined;
  return { kind: 'call', name, arguments: items, star, distinct, over, withinGroup, line };
}

/** ORDER BY and its list. */
export function parseOrderBy(reader: Reader): OrderItem[] {
  reader.expectWord('ORDER', 'BY');
  const items: OrderItem[] = [];
  do {
    const expression = parseExpression(reader);
    items.push({ expression, descending: reader.acceptOneOf('ASC', 'DESC') === 'DESC' });
  } while (reader.acceptSymbol(','));
  return items;
}

function parseWindow(reader: Reader): Window {
  reader.expectSymbol('(');
  const partitionBy: Expression[] = [];
  if (reader.acceptWord('PARTITION')) {
    reader.expectWord('BY');
    do partitionBy.push(parseExpression(reader));
    while (reader.acceptSymbol(','));
  }
  const orderBy = reader.isWord('ORDER') ? parseOrderBy(reader) : [];
  const frame = reader.isWord('ROWS') || reader.isWord('RANGE') ? parseFrame(reader) : '';
  reader.expectSymbol(')');
  return { partitionBy, orderBy, frame };
}

function parseFrame(reader: Reader): string {
  const unit = reader.next().text.toUpperCase();
  const bound = (): string => {
    if (reader.acceptWord('CURRENT')) {
      reader.expectWord('ROW');
      return 'CURRENT ROW';
    }
    const count = reader.acceptWord('UNBOUNDED') ? 'UNBOUNDED' : String(reader.expectInteger());
    if (unit === 'RANGE' && count !== 'UNBOUNDED') throw syntaxNear('RANGE', reader.line);
    const side = reader.acceptOneOf('PRECEDING', 'FOLLOWING');
    if (!side) throw reader.failure();
    return `${count} ${side}`;
  };
  if (!reader.acceptWord('BETWEEN')) return `${unit} ${bound()}`;
  const start = bound();
  reader.expectWord('AND');
  return `${unit} BETWEEN ${start} AND ${bound()}`;
}
