import type { SqlType } from '../values.ts';
import { CompileError, syntaxNear, syntaxNearKeyword, undeclaredTableVariable, undeclaredVariable } from './errors.ts';
import { isReserved, type Token, tokenize } from './lexer.ts';
import type { Query } from './syntax.ts';
import type { Stored } from './types.ts';

const end: Token = { kind: 'end', text: '', line: 0, start: 0, end: 0 };

/** Walks over the tokens of one batch and knows which variables its text has declared so far. */
export class Reader {
  readonly sql: string;
  readonly variables: Map<string, SqlType>;
  readonly tableVariables = new Set<string>();
  /** Expressions contain queries and queries expressions: the query grammar is handed in by the statement parser. */
  readonly parseSubquery: (reader: Reader) => Query;
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(sql: string, variables: ReadonlyMap<string, SqlType>, parseSubquery: (reader: Reader) => Query) {
    this.sql = sql;
    this.variables = new Map(variables);
    this.parseSubquery = parseSubquery;
    this.#tokens = tokenize(sql);
  }

  get token(): Token {
    return this.#tokens[this.#at] ?? end;
  }
  get line(): number {
    return this.token.line;
  }
  peek(ahead = 1): Token {
    return this.#tokens[Math.min(this.#at + ahead, this.#tokens.length - 1)] ?? end;
  }
  get previous(): Token | undefined {
    return this.#tokens[this.#at - 1];
  }
  next(): Token {
    const token = this.token;
    if (token.kind !== 'end') this.#at++;
    return token;
  }
  get atEnd(): boolean {
    return this.token.kind === 'end';
  }

  isSymbol(text: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.kind === 'symbol' && token.text === text;
  }
  acceptSymbol(text: string): boolean {
    if (!this.isSymbol(text)) return false;
    this.next();
    return true;
  }
  expectSymbol(text: string): void {
    if (!this.acceptSymbol(text)) throw this.failure();
  }

  /** Whether the coming words are these (upper case), in this order. */
  isWord(...words: readonly string[]): boolean {
    return words.every((word, ahead) => {
      const token = this.peek(ahead);
      return token.kind === 'word' && token.text.toUpperCase() === word;
    });
  }
  acceptWord(...words: readonly string[]): boolean {
    if (!this.isWord(...words)) return false;
    this.#at += words.length;
    return true;
  }
  expectWord(...words: readonly string[]): void {
    for (const word of words) if (!this.acceptWord(word)) throw this.failure();
  }
  /** Accepts one of the words and says which. */
  acceptOneOf<const Word extends string>(...words: readonly Word[]): Word | undefined {
    const found = words.find(word => this.isWord(word));
    if (found !== undefined) this.next();
    return found;
  }

  get isName(): boolean {
    return this.token.kind === 'quoted' || (this.token.kind === 'word' && !isReserved(this.token.text));
  }
  expectName(): string {
    if (!this.isName) throw this.failure();
    return this.next().text;
  }
  /** A name of up to four parts; "db..table" leaves the middle part empty. */
  expectObjectName(): readonly string[] {
    const parts = [this.expectName()];
    while (this.acceptSymbol('.')) parts.push(this.isSymbol('.') ? '' : this.expectName());
    if (parts.length > 4)
      throw new CompileError(
        117,
        `The object name '${parts.join('.')}' contains more than the maximum number of prefixes. The maximum is 3.`,
        this.line,
        15,
      );
    return parts;
  }
  expectString(): string {
    if (this.token.kind !== 'string' && this.token.kind !== 'unicode') throw this.failure();
    return this.next().text;
  }
  expectInteger(): number {
    const negative = this.acceptSymbol('-');
    if (this.token.kind !== 'integer') throw this.failure();
    const value = Number(this.next().text);
    return negative ? -value : value;
  }

  declareVariable(name: string, type: SqlType, line: number): void {
    this.#assertUndeclared(name, line);
    this.variables.set(name.toLowerCase(), type);
  }
  declareTableVariable(name: string, line: number): void {
    this.#assertUndeclared(name, line);
    this.tableVariables.add(name.toLowerCase());
  }
  #assertUndeclared(name: string, line: number): void {
    const key = name.toLowerCase();
    if (!this.variables.has(key) && !this.tableVariables.has(key)) return;
    throw new CompileError(
      134,
      `The variable name '${name}' has already been declared. Variable names must be unique within a query batch or stored procedure.`,
      line,
      15,
      2,
    );
  }
  /** A scalar variable in use. Throws 137. */
  expectVariable(): string {
    if (this.token.kind !== 'variable') throw this.failure();
    const { text, line } = this.next();
    if (!this.variables.has(text.toLowerCase())) throw undeclaredVariable(text, line);
    return text.toLowerCase();
  }
  expectTableVariable(): string {
    const { text, line } = this.next();
    if (!this.tableVariables.has(text.toLowerCase())) throw undeclaredTableVariable(text, line);
    return text.toLowerCase();
  }

  /** 102 or 156 at the current token. */
  failure(): CompileError {
    const { kind, text, line } = this.token;
    if (kind === 'word' && isReserved(text)) return syntaxNearKeyword(text, line);
    if (kind === 'end') {
      const last = this.previous;
      return syntaxNear(last?.text ?? '', last?.line ?? line);
    }
    return syntaxNear(text, line);
  }

  /** Source text from an offset to the end of the last token read. */
  textFrom(start: number): string {
    return this.sql.slice(start, this.previous?.end ?? start);
  }
}

/** "(item, item …)". */
export function parseList<T>(reader: Reader, parseItem: (reader: Reader) => T): T[] {
  reader.expectSymbol('(');
  const items = [parseItem(reader)];
  while (reader.acceptSymbol(',')) items.push(parseItem(reader));
  reader.expectSymbol(')');
  return items;
}

/** A literal that the parser makes up. */
export const literalOf = (type: SqlType, value: Stored, line: number) =>
  ({ kind: 'literal', type, value, line }) as const;
