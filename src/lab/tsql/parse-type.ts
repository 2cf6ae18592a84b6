import type { SqlType } from '../values.ts';
import { CompileError, unsupported } from './errors.ts';
import type { Reader } from './reader.ts';
import { float, nvarchar } from './types.ts';

type Sizes = readonly (number | 'max')[];

const simple = new Set([
  'bit',
  'tinyint',
  'smallint',
  'int',
  'bigint',
  'real',
  'money',
  'uniqueidentifier',
  'date',
  'smalldatetime',
  'datetime',
]);
const refused = new Set([
  'sql_variant',
  'xml',
  'text',
  'ntext',
  'image',
  'timestamp',
  'rowversion',
  'hierarchyid',
  'geometry',
  'geography',
  'cursor',
  'smallmoney',
  'json',
  'vector',
]);
const synonyms: Readonly<Record<string, string>> = { integer: 'int', dec: 'decimal', character: 'char' };

const longest: Readonly<Record<string, number>> = {
  char: 8000,
  varchar: 8000,
  nchar: 4000,
  nvarchar: 4000,
  binary: 8000,
  varbinary: 8000,
};

/** The type a name and its sizes mean. `inCast` gives text types without a length 30 letters, as CAST does, else 1. undefined = no system type. */
export function typeOfName(name: string, sizes: Sizes, line: number, inCast = false): SqlType | undefined {
  const lower = synonyms[name.toLowerCase()] ?? name.toLowerCase();
  if (refused.has(lower)) throw unsupported(`the data type ${lower}`, line);
  if (simple.has(lower)) return { name: lower as 'int' };
  const [first, second] = sizes;
  switch (lower) {
    case 'sysname':
      return nvarchar(128);
    case 'float':
      return typeof first === 'number' && first <= 24 ? { name: 'real' } : float;
    case 'decimal':
    case 'numeric':
      return decimalType(lower, first ?? 18, second ?? 0, line);
    case 'time':
    case 'datetime2':
    case 'datetimeoffset':
      if (typeof first === 'number' && first > 7)
        throw new CompileError(1002, `Line ${line}: Specified scale ${first} is invalid.`, line, 15);
      return { name: lower, scale: typeof first === 'number' ? first : 7 };
    case 'char':
    case 'varchar':
    case 'nchar':
    case 'nvarchar':
    case 'binary':
    case 'varbinary': {
      const length = first ?? (inCast ? 30 : 1);
      const limit = longest[lower] ?? 8000;
      if (length !== 'max' && (length < 1 || length > limit)) {
        throw new CompileError(
          length < 1 ? 1001 : 131,
          length < 1
            ? `Line ${line}: Length or precision specification ${length} is invalid.`
            : `The size (${length}) given to the type '${lower}' exceeds the maximum allowed for any data type (${limit}).`,
          line,
          15,
          2,
        );
      }
      return { name: lower, length };
    }
    default:
      return undefined;
  }
}

function decimalType(
  name: 'decimal' | 'numeric',
  precision: number | 'max',
  scale: number | 'max',
  line: number,
): SqlType {
  if (precision === 'max' || scale === 'max' || precision < 1 || precision > 38) {
    throw new CompileError(
      2750,
      `Column, parameter, or variable: Specified column precision ${precision} is greater than the maximum precision of 38.`,
      line,
    );
  }
  if (scale > precision)
    throw new CompileError(
      183,
      `The scale (${scale}) for column must be within the range 0 to ${precision}.`,
      line,
      15,
    );
  return { name, precision, scale };
}

/** A type as written: "numeric(25, 0)", "nvarchar(max)", "sys.sysname". */
export function parseType(reader: Reader, inCast = false): SqlType {
  const line = reader.line;
  if (reader.acceptWord('DOUBLE', 'PRECISION')) return float;
  if (reader.isWord('NATIONAL')) throw unsupported('the type names that begin with NATIONAL', line);
  if (reader.isWord('CURSOR')) throw unsupported('cursors', line);
  const parts = reader.expectObjectName();
  const name = parts.at(-1) ?? '';
  if (reader.isWord('VARYING')) throw unsupported('the type names that end with VARYING', line);
  const sizes: (number | 'max')[] = [];
  if (reader.acceptSymbol('(')) {
    do sizes.push(reader.acceptWord('MAX') ? 'max' : reader.expectInteger());
    while (reader.acceptSymbol(','));
    reader.expectSymbol(')');
  }
  const type =
    parts.length === 1 || parts[0]?.toLowerCase() === 'sys' ? typeOfName(name, sizes, line, inCast) : undefined;
  if (!type) throw new CompileError(243, `Type ${name} is not a defined system type.`, line);
  return type;
}
