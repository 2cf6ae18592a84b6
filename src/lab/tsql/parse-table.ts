import { CompileError, unsupported } from './errors.ts';
import { parseCondition, parseExpression } from './parse-expression.ts';
import { parseType } from './parse-type.ts';
import { parseList, type Reader } from './reader.ts';
import type { ColumnSyntax, ConstraintSyntax, TableSyntax } from './syntax.ts';

/** "(column …, constraint …)" of CREATE TABLE and of table variables. */
export function parseTableDefinition(reader: Reader): TableSyntax {
  const columns: ColumnSyntax[] = [];
  const constraints: ConstraintSyntax[] = [];
  reader.expectSymbol('(');
  do {
    if (reader.isSymbol(')')) break;
    parseElement(reader, columns, constraints);
  } while (reader.acceptSymbol(','));
  reader.expectSymbol(')');
  return { columns, constraints };
}

/** "column …, constraint …" of ALTER TABLE … ADD. */
export function parseAddedElements(reader: Reader): TableSyntax {
  const columns: ColumnSyntax[] = [];
  const constraints: ConstraintSyntax[] = [];
  do parseElement(reader, columns, constraints);
  while (reader.acceptSymbol(','));
  return { columns, constraints };
}

function parseElement(reader: Reader, columns: ColumnSyntax[], constraints: ConstraintSyntax[]): void {
  const starts = ['CONSTRAINT', 'PRIMARY', 'UNIQUE', 'CHECK', 'FOREIGN', 'DEFAULT'];
  if (reader.isWord('INDEX')) throw unsupported('INDEX inside a table definition', reader.line);
  if (reader.isWord('PERIOD', 'FOR')) throw unsupported('temporal tables', reader.line);
  if (starts.some(word => reader.isWord(word))) constraints.push(parseConstraint(reader, undefined));
  else columns.push(parseColumn(reader, constraints));
}

function parseColumn(reader: Reader, constraints: ConstraintSyntax[]): ColumnSyntax {
  const { line } = reader.token;
  const name = reader.expectName();
  if (reader.acceptWord('AS')) throw unsupported('computed columns', line);
  const type = parseType(reader);
  let collation: string | undefined;
  let nullable: boolean | undefined;
  let identity: ColumnSyntax['identity'];
  let defaultValue: ColumnSyntax['default'];
  for (;;) {
    if (reader.acceptWord('COLLATE')) collation = reader.next().text;
    else if (reader.acceptWord('NOT', 'NULL')) nullable = false;
    else if (reader.acceptWord('NULL')) nullable = true;
    else if (reader.acceptWord('IDENTITY')) identity = parseIdentity(reader);
    else if (
      reader.isWord('DEFAULT') ||
      (reader.isWord('CONSTRAINT') && reader.peek(2).text.toUpperCase() === 'DEFAULT')
    ) {
      const constraint = reader.acceptWord('CONSTRAINT') ? reader.expectName() : undefined;
      reader.expectWord('DEFAULT');
      defaultValue = { name: constraint, text: parseDefaultText(reader) };
    } else if (
      ['CONSTRAINT', 'PRIMARY', 'UNIQUE', 'CHECK', 'REFERENCES', 'FOREIGN'].some(word => reader.isWord(word))
    ) {
      constraints.push(parseConstraint(reader, name));
    } else if (
      ['SPARSE', 'ROWGUIDCOL', 'MASKED', 'GENERATED', 'ENCRYPTED', 'FILESTREAM', 'PERSISTED', 'INDEX'].some(word =>
        reader.isWord(word),
      )
    ) {
      throw unsupported(`the column option ${reader.token.text.toUpperCase()}`, reader.line);
    } else break;
  }
  return { name, type, collation, nullable, identity, default: defaultValue, line };
}

function parseIdentity(reader: Reader): { readonly seed: string; readonly increment: string } {
  if (reader.isWord('NOT', 'FOR')) throw unsupported('NOT FOR REPLICATION', reader.line);
  if (!reader.isSymbol('(')) return { seed: '1', increment: '1' };
  const [seed = 1, increment = 1] = parseList(reader, r => r.expectInteger());
  return { seed: String(seed), increment: String(increment) };
}

function parseDefaultText(reader: Reader): string {
  const { start } = reader.token;
  parseExpression(reader);
  return reader.textFrom(start);
}

function parseConstraint(reader: Reader, column: string | undefined): ConstraintSyntax {
  const { line } = reader.token;
  const name = reader.acceptWord('CONSTRAINT') ? reader.expectName() : undefined;
  if (reader.acceptWord('CHECK')) {
    reader.expectSymbol('(');
    const { start } = reader.token;
    parseCondition(reader);
    const text = reader.textFrom(start);
    reader.expectSymbol(')');
    return { kind: 'check', name, text, column, line };
  }
  if (reader.acceptWord('DEFAULT')) {
    const text = parseDefaultText(reader);
    reader.expectWord('FOR');
    return { kind: 'default', name, column: reader.expectName(), text, line };
  }
  if (reader.isWord('FOREIGN') || reader.isWord('REFERENCES')) return parseForeignKey(reader, name, column, line);
  const primary = reader.acceptWord('PRIMARY', 'KEY');
  if (!primary) reader.expectWord('UNIQUE');
  const clustered = reader.acceptOneOf('CLUSTERED', 'NONCLUSTERED');
  const columns = column !== undefined && !reader.isSymbol('(') ? [column] : parseKeyColumns(reader);
  skipIndexOptions(reader);
  return { kind: 'key', name, primary, columns, clustered: clustered ? clustered === 'CLUSTERED' : primary, line };
}

/** "(a, b DESC)": the names. */
export function parseKeyColumns(reader: Reader): string[] {
  return parseList(reader, r => {
    const name = r.expectName();
    r.acceptOneOf('ASC', 'DESC');
    return name;
  });
}

/** "WITH (FILLFACTOR = 80, …) ON [PRIMARY]": storage, not meaning; IGNORE_DUP_KEY would be. */
export function skipIndexOptions(reader: Reader): void {
  if (reader.isWord('WITH') && reader.isSymbol('(', 1)) {
    reader.next();
    parseList(reader, r => {
      const option = r.next();
      r.expectSymbol('=');
      const value = r.next();
      if (option.text.toUpperCase() === 'IGNORE_DUP_KEY' && value.text.toUpperCase() === 'ON')
        throw unsupported('IGNORE_DUP_KEY', option.line);
    });
  }
  if (reader.acceptWord('ON')) reader.next();
}

function parseForeignKey(
  reader: Reader,
  name: string | undefined,
  column: string | undefined,
  line: number,
): ConstraintSyntax {
  let columns = column === undefined ? [] : [column];
  if (reader.acceptWord('FOREIGN', 'KEY') && reader.isSymbol('(')) columns = parseList(reader, r => r.expectName());
  reader.expectWord('REFERENCES');
  const table = reader.expectObjectName();
  const references = reader.isSymbol('(') ? parseList(reader, r => r.expectName()) : [];
  while (reader.acceptWord('ON')) {
    reader.next();
    if (!reader.acceptWord('NO', 'ACTION'))
      throw unsupported(`the foreign key action ${reader.token.text.toUpperCase()}`, line);
  }
  if (columns.length === 0) throw new CompileError(102, "Incorrect syntax near 'REFERENCES'.", line, 15);
  return { kind: 'foreignKey', name, columns, table, references, line };
}
