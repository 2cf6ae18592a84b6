import { unsupported } from './errors.ts';
import { parseAlterAvailabilityGroup, parseAlterDatabase, parseAlterLogin } from './parse-admin.ts';
import { parseAddedElements, parseKeyColumns, parseTableDefinition, skipIndexOptions } from './parse-table.ts';
import type { Reader } from './reader.ts';
import type { Statement } from './syntax.ts';

// ---- definitions --------------------------------------------------------------------------------------------------

/** CREATE TABLE, DATABASE and INDEX. */
export function parseCreate(reader: Reader, line: number): Statement {
  reader.next();
  if (reader.acceptWord('TABLE')) {
    const table = reader.expectObjectName();
    const definition = parseTableDefinition(reader);
    if (reader.acceptWord('ON')) reader.next();
    if (reader.isWord('WITH')) throw unsupported('CREATE TABLE … WITH', line);
    return { kind: 'createTable', table, definition, line };
  }
  if (reader.acceptWord('DATABASE')) {
    const database = reader.expectName();
    if (!reader.atEnd && !reader.isSymbol(';'))
      throw unsupported(`CREATE DATABASE … ${reader.token.text.toUpperCase()}`, line);
    return { kind: 'admin', command: { kind: 'createDatabase', database }, line };
  }
  const unique = reader.acceptWord('UNIQUE');
  const clustered = reader.acceptOneOf('CLUSTERED', 'NONCLUSTERED') === 'CLUSTERED';
  if (reader.acceptWord('INDEX')) {
    const name = reader.expectName();
    reader.expectWord('ON');
    const table = reader.expectObjectName();
    const columns = parseKeyColumns(reader);
    if (reader.acceptWord('INCLUDE')) parseKeyColumns(reader);
    if (reader.isWord('WHERE')) throw unsupported('filtered indexes', line);
    skipIndexOptions(reader);
    return { kind: 'createIndex', name, unique, clustered, table, columns, line };
  }
  throw unsupported(`CREATE ${reader.token.text.toUpperCase()}`, line);
}

/** ALTER TABLE, DATABASE, LOGIN and AVAILABILITY GROUP. */
export function parseAlter(reader: Reader, line: number): Statement {
  reader.next();
  if (reader.acceptWord('AVAILABILITY', 'GROUP'))
    return { kind: 'admin', command: parseAlterAvailabilityGroup(reader), line };
  if (reader.acceptWord('DATABASE')) return { kind: 'admin', command: parseAlterDatabase(reader), line };
  if (reader.acceptWord('LOGIN')) return { kind: 'admin', command: parseAlterLogin(reader), line };
  if (!reader.acceptWord('TABLE')) throw unsupported(`ALTER ${reader.token.text.toUpperCase()}`, line);
  const table = reader.expectObjectName();
  if (reader.acceptWord('WITH')) {
    if (!reader.acceptWord('CHECK')) throw unsupported('ALTER TABLE … WITH NOCHECK', line);
  }
  if (reader.acceptWord('ADD')) return { kind: 'addColumns', table, definition: parseAddedElements(reader), line };
  if (reader.acceptWord('DROP', 'COLUMN')) {
    const columns = [reader.expectName()];
    while (reader.acceptSymbol(',')) columns.push(reader.expectName());
    return { kind: 'dropColumn', table, columns, line };
  }
  throw unsupported(`ALTER TABLE … ${reader.token.text.toUpperCase()} ${reader.peek().text.toUpperCase()}`, line);
}

/** DROP TABLE, DATABASE, INDEX and AVAILABILITY GROUP. */
export function parseDrop(reader: Reader, line: number): Statement {
  reader.next();
  if (reader.acceptWord('AVAILABILITY', 'GROUP'))
    return { kind: 'admin', command: { kind: 'dropAvailabilityGroup', group: reader.expectName() }, line };
  const what = reader.acceptOneOf('TABLE', 'DATABASE', 'INDEX');
  if (!what) throw unsupported(`DROP ${reader.token.text.toUpperCase()}`, line);
  const ifExists = reader.acceptWord('IF', 'EXISTS');
  if (what === 'DATABASE') {
    if (ifExists) throw unsupported('DROP DATABASE IF EXISTS', line);
    return { kind: 'admin', command: { kind: 'dropDatabase', database: reader.expectName() }, line };
  }
  if (what === 'INDEX') {
    const name = reader.expectName();
    reader.expectWord('ON');
    return { kind: 'dropIndex', name, table: reader.expectObjectName(), ifExists, line };
  }
  const tables = [reader.expectObjectName()];
  while (reader.acceptSymbol(',')) tables.push(reader.expectObjectName());
  return { kind: 'dropTables', tables, ifExists, line };
}
