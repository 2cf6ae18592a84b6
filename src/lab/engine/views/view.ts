import type { Column, SqlType, SqlValue } from '../../values.ts';
import type { SessionView, SystemView } from '../contract.ts';
import type { EngineInstance } from '../instance.ts';
import { permissionDenied } from '../messages.ts';

/** What a view is read for: whose eyes, on which server, when. */
export interface Reading {
  readonly instance: EngineInstance;
  readonly viewer: SessionView;
  readonly now: number;
}

/** A value as view code writes it: times may be Unix ms, LSNs and bigints plain bigint or number; absent = NULL or the column's default. */
export type Cell = SqlValue | undefined;
/** A row by column name; columns left out have their default. */
export type Row = Readonly<Record<string, Cell>>;

/** A view as declared, before it is bound to a server. */
export interface ViewDefinition {
  readonly name: string;
  readonly columns: readonly DeclaredColumn[];
  readonly rows: (reading: Reading) => readonly Row[];
  /** Without this server permission, reading the view is error 300. */
  readonly needs: string | undefined;
}

interface DeclaredColumn extends Column {
  readonly default: Cell;
  /** First major version of SQL Server that has the column; a managed instance has all. */
  readonly since: number;
}

/**
 * Declares a view. `columns` reads like a table: `name type [= default] [@version]`, separated by commas, e.g. `is_contained bit = 0 @16`.
 * Dynamic management views pass `needs`; catalog views filter rows by what the viewer may see themselves.
 */
export function view(
  name: string,
  columns: string,
  rows: ViewDefinition['rows'],
  needs?: 'VIEW SERVER STATE',
): ViewDefinition {
  return { name, columns: splitColumns(columns).map(parseColumn), rows, needs };
}

/** The view as one server has it. */
export function bindView(definition: ViewDefinition, instance: EngineInstance): SystemView {
  const version = instance.isManagedInstance ? 99 : instance.logVersion;
  const columns = definition.columns.filter(column => column.since <= version);
  const known = new Set(definition.columns.map(column => column.name));
  return {
    name: definition.name,
    columns: columns.map(({ name, type, nullable }) => ({ name, type, nullable })),
    rows(viewer) {
      const { needs } = definition;
      if (needs !== undefined && !instance.hasServerPermission(viewer.login, needs)) throw permissionDenied(needs);
      return definition.rows({ instance, viewer, now: instance.clock.now() }).map(row => {
        const stray = Object.keys(row).find(name => !known.has(name));
        if (stray !== undefined) throw new Error(`${definition.name} has no column ${stray}.`);
        return columns.map(column => toValue(row[column.name] ?? column.default, column.type));
      });
    },
  };
}

const splitColumns = (text: string): string[] =>
  text
    .split(/,(?![^(]*\))/)
    .map(part => part.trim())
    .filter(part => part !== '');

function parseColumn(text: string): DeclaredColumn {
  const match = /^(\S+)\s+([a-z0-9]+(?:\([\w,]+\))?)(?:\s*=\s*([^@]*?))?(?:\s*@(\d+))?$/.exec(text);
  if (!match) throw new Error(`Not a column declaration: ${text}`);
  const [, name = '', typeName = '', defaultText, since] = match;
  const type = parseType(typeName);
  return {
    name,
    type,
    nullable: true,
    default: defaultText === undefined ? null : parseDefault(defaultText, type),
    since: Number(since ?? 0),
  };
}

function parseType(text: string): SqlType {
  const [, name = '', first = '', second] = /^([a-z0-9]+)(?:\((\w+)(?:,(\d+))?\))?$/.exec(text) ?? [];
  switch (name) {
    case 'sysname':
      return { name: 'nvarchar', length: 128 };
    case 'bit':
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'bigint':
    case 'float':
    case 'real':
    case 'money':
    case 'uniqueidentifier':
    case 'date':
    case 'datetime':
    case 'smalldatetime':
      return { name };
    case 'decimal':
    case 'numeric':
      return { name, precision: Number(first), scale: Number(second ?? 0) };
    case 'char':
    case 'varchar':
    case 'nchar':
    case 'nvarchar':
    case 'binary':
    case 'varbinary':
      return { name, length: first === 'max' ? 'max' : Number(first) };
    case 'time':
    case 'datetime2':
    case 'datetimeoffset':
      return { name, scale: Number(first || 7) };
    default:
      throw new Error(`Not a T-SQL type: ${text}`);
  }
}

function parseDefault(text: string, type: SqlType): Cell {
  const number = Number(text);
  return text !== '' && Number.isFinite(number) && !isText(type) ? number : text;
}

const isText = (type: SqlType): boolean => type.name.endsWith('char');

/** The value in the form values.ts fixes for its type. */
function toValue(cell: Cell, type: SqlType): SqlValue {
  if (cell === null || cell === undefined) return null;
  switch (type.name) {
    case 'bit':
      return typeof cell === 'boolean' ? cell : Number(cell) !== 0;
    case 'bigint':
      return BigInt(cell as bigint | number | string | boolean);
    case 'decimal':
    case 'numeric':
    case 'money':
      return String(cell);
    case 'datetime':
      return typeof cell === 'number' ? isoTime(cell).slice(0, 23) : cell;
    case 'smalldatetime':
      return typeof cell === 'number' ? `${isoTime(cell).slice(0, 16)}:00` : cell;
    case 'datetime2':
      return typeof cell === 'number' ? withFraction(cell, type.scale) : cell;
    case 'datetimeoffset':
      return typeof cell === 'number' ? `${withFraction(cell, type.scale)}+00:00` : cell;
    case 'date':
      return typeof cell === 'number' ? isoTime(cell).slice(0, 10) : cell;
    default:
      return cell;
  }
}

/** The servers' clocks run on UTC. */
const isoTime = (ms: number): string => new Date(ms).toISOString().slice(0, 23);

function withFraction(ms: number, scale: number): string {
  const text = isoTime(ms);
  return scale === 0 ? text.slice(0, 19) : text.slice(0, 20) + text.slice(20).padEnd(scale, '0').slice(0, scale);
}

/** May see the definition of everything on the server (metadata visibility). */
export const seesAllDefinitions = ({ instance, viewer }: Reading): boolean =>
  instance.hasServerPermission(viewer.login, 'VIEW ANY DEFINITION');
