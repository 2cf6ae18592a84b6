import { CompileError, syntaxNear, unsupported } from './errors.ts';

/** 'word' = an identifier or keyword, 'global' = @@name, 'unicode' = N'…'. */
export type TokenKind =
  | 'word'
  | 'quoted'
  | 'variable'
  | 'global'
  | 'string'
  | 'unicode'
  | 'integer'
  | 'decimal'
  | 'float'
  | 'money'
  | 'binary'
  | 'symbol'
  | 'end';

/** `text` is the value without quotes for strings and quoted names; `start` and `end` are offsets into the batch. */
export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly line: number;
  readonly start: number;
  readonly end: number;
}

const symbols = ['<>', '!=', '!<', '!>', '<=', '>=', '+=', '-=', '*=', '/=', '%=', '&=', '^=', '|=', '::'];
const wordStart = /[\p{L}_#]/u;
const wordPart = /[\p{L}\p{Nd}_@#$]/u;

/** T-SQL text to tokens. Throws 102, 105 and 113 with their line. */
export function tokenize(sql: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  let line = 1;

  const add = (kind: TokenKind, text: string, start: number): void => {
    tokens.push({ kind, text, line, start, end: at });
  };
  const countLines = (text: string): void => {
    for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) === 10) line++;
  };

  /** Reads to the closing mark, which is written twice to mean itself. */
  const readQuoted = (close: string): string => {
    let text = '';
    for (let from = at + 1; ; ) {
      const end = sql.indexOf(close, from);
      if (end < 0)
        throw new CompileError(
          105,
          `Unclosed quotation mark after the character string '${sql.slice(at + 1)}'.`,
          line,
          15,
        );
      text += sql.slice(from, end);
      if (sql[end + 1] !== close) {
        at = end + 1;
        return text;
      }
      text += close;
      from = end + 2;
    }
  };

  const skipComment = (): void => {
    const start = at;
    const firstLine = line;
    let depth = 0;
    do {
      if (sql.startsWith('/*', at)) [depth, at] = [depth + 1, at + 2];
      else if (sql.startsWith('*/', at)) [depth, at] = [depth - 1, at + 2];
      else at++;
      if (at > sql.length) throw new CompileError(113, "Missing end comment mark '*/'.", firstLine, 15);
    } while (depth > 0);
    countLines(sql.slice(start, at));
  };

  const readNumber = (): void => {
    const start = at;
    const match = /^(?:0x(?:[0-9a-f]|\\\r?\n)*|(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d*)?)/i.exec(sql.slice(at, at + 20_000));
    const text = match?.[0] ?? '';
    at += text.length;
    if (/^0x/i.test(text)) add('binary', text.slice(2), start);
    else if (/e/i.test(text)) add('float', text, start);
    else add(text.includes('.') ? 'decimal' : 'integer', text, start);
  };

  while (at < sql.length) {
    const letter = sql.charAt(at);
    const start = at;
    if (letter === '\n') {
      line++;
      at++;
    } else if (/[\s\u00a0\ufeff]/.test(letter)) at++;
    else if (letter === '-' && sql[at + 1] === '-') {
      const end = sql.indexOf('\n', at);
      at = end < 0 ? sql.length : end;
    } else if (letter === '/' && sql[at + 1] === '*') skipComment();
    else if (letter === "'" || ((letter === 'N' || letter === 'n') && sql[at + 1] === "'")) {
      const unicode = letter !== "'";
      if (unicode) at++;
      const firstLine = line;
      const text = readQuoted("'");
      tokens.push({ kind: unicode ? 'unicode' : 'string', text, line: firstLine, start, end: at });
      countLines(text);
    } else if (letter === '[' || letter === '"') {
      const text = readQuoted(letter === '[' ? ']' : '"');
      if (text.length > 128)
        throw new CompileError(
          103,
          `The identifier that starts with '${text.slice(0, 128)}' is too long. Maximum length is 128.`,
          line,
          15,
          4,
        );
      if (text.length === 0) throw new CompileError(1038, 'An object or column name is missing or empty.', line, 15, 4);
      add('quoted', text, start);
      countLines(text);
    } else if (letter === '@') {
      at++;
      if (sql[at] === '@') at++;
      while (at < sql.length && wordPart.test(sql.charAt(at))) at++;
      const text = sql.slice(start, at);
      add(text.startsWith('@@') ? 'global' : 'variable', text, start);
    } else if (/\d/.test(letter) || (letter === '.' && /\d/.test(sql.charAt(at + 1)) && !endsName(tokens.at(-1))))
      readNumber();
    else if (letter === '$' && /[\d.]/.test(sql.charAt(at + 1))) {
      const match = /^\$[\d,]*\.?\d*/.exec(sql.slice(at, at + 60));
      at += match?.[0].length ?? 1;
      add('money', sql.slice(start + 1, at).replaceAll(',', ''), start);
    } else if (wordStart.test(letter)) {
      at++;
      while (at < sql.length && wordPart.test(sql.charAt(at))) at++;
      const text = sql.slice(start, at);
      if (text.length > 128)
        throw new CompileError(
          103,
          `The identifier that starts with '${text.slice(0, 128)}' is too long. Maximum length is 128.`,
          line,
          15,
          4,
        );
      add('word', text, start);
    } else if (letter === '{') throw unsupported('ODBC escape sequences ({…})', line);
    else {
      const symbol = symbols.find(candidate => sql.startsWith(candidate, at)) ?? letter;
      if (!'+-*/%=<>!(),.;&|^~:'.includes(symbol.charAt(0))) throw syntaxNear(symbol, line);
      at += symbol.length;
      add('symbol', symbol, start);
    }
  }
  tokens.push({ kind: 'end', text: '', line, start: at, end: at });
  return tokens;
}

/** "t.1" never occurs, but "t..x" does: a dot after a name is never the start of a number. */
const endsName = (token: Token | undefined): boolean =>
  token?.kind === 'word' || token?.kind === 'quoted' || (token?.kind === 'symbol' && token.text === '.');

const reserved = new Set(
  `ADD ALL ALTER AND ANY AS ASC AUTHORIZATION BACKUP BEGIN BETWEEN BREAK BROWSE BULK BY CASCADE CASE CHECK CHECKPOINT CLOSE CLUSTERED COALESCE COLLATE
  COLUMN COMMIT COMPUTE CONSTRAINT CONTAINS CONTAINSTABLE CONTINUE CONVERT CREATE CROSS CURRENT CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER
  CURSOR DATABASE DBCC DEALLOCATE DECLARE DEFAULT DELETE DENY DESC DISK DISTINCT DISTRIBUTED DOUBLE DROP DUMP ELSE END ERRLVL ESCAPE EXCEPT EXEC EXECUTE
  EXISTS EXIT EXTERNAL FETCH FILE FILLFACTOR FOR FOREIGN FREETEXT FREETEXTTABLE FROM FULL FUNCTION GOTO GRANT GROUP HAVING HOLDLOCK IDENTITY IDENTITY_INSERT
  IDENTITYCOL IF IN INDEX INNER INSERT INTERSECT INTO IS JOIN KEY KILL LEFT LIKE LINENO LOAD MERGE NATIONAL NOCHECK NONCLUSTERED NOT NULL NULLIF OF OFF
  OFFSETS ON OPEN OPENDATASOURCE OPENQUERY OPENROWSET OPENXML OPTION OR ORDER OUTER OVER PERCENT PIVOT PLAN PRIMARY PRINT PROC PROCEDURE PUBLIC
  RAISERROR READ READTEXT RECONFIGURE REFERENCES REPLICATION RESTORE RESTRICT RETURN REVERT REVOKE RIGHT ROLLBACK ROWCOUNT ROWGUIDCOL RULE SAVE SCHEMA
  SECURITYAUDIT SELECT SEMANTICKEYPHRASETABLE SEMANTICSIMILARITYDETAILSTABLE SEMANTICSIMILARITYTABLE SESSION_USER SET SETUSER SHUTDOWN SOME STATISTICS
  SYSTEM_USER TABLE TABLESAMPLE TEXTSIZE THEN TO TOP TRAN TRANSACTION TRIGGER TRUNCATE TRY_CONVERT TSEQUAL UNION UNIQUE UNPIVOT UPDATE UPDATETEXT USE USER
  VALUES VARYING VIEW WAITFOR WHEN WHERE WHILE WITH WITHIN WRITETEXT`.split(/\s+/),
);
/** Whether a word cannot be a name without brackets. */
export const isReserved = (word: string): boolean => reserved.has(word.toUpperCase());
