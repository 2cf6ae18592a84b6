import { createHash } from 'node:crypto';
import { SqlError } from '../../engine/contract.ts';
import type { SqlType } from '../../values.ts';
import { decodeCodePage, encodeCodePage } from '../codepage.ts';
import { lowerCase, patternIndex, type TextOrder, upperCase } from '../collation.ts';
import type { Typed } from '../compiler.ts';
import { formatDecimal, rescale, toDecimal } from '../decimal.ts';
import { convertTo, meetingOrder } from '../emit.ts';
import { CompileError, invalidLength, unsupported } from '../errors.ts';
import {
  float,
  int,
  isBinary,
  isCharacter,
  isUnicode,
  nvarchar,
  type Stored,
  typeName,
  typeText,
  varchar,
} from '../types.ts';
import { asInt, asText, type Call, type Functions, lenient, literalText, operandAt, pure, textLike } from './define.ts';

const count = (value: Stored | undefined): number => Number(value ?? 0);
const maxOr = (value: Typed, length: number | 'max'): SqlType =>
  isCharacter(value.type) && value.type.length === 'max' ? textLike(value, 'max') : textLike(value, length);

/** A text result keeps how its source compares. */
const keepOrder = (result: Typed, source: Typed): Typed => ({
  ...result,
  order: source.order,
  explicitOrder: source.explicitOrder,
});

function onText(key: string, run: (text: string) => string, length?: number) {
  return {
    arguments: [1, 1] as const,
    translate: ([given]: readonly Typed[], call: Call): Typed => {
      const value = asText(call, operandAt(given ? [given] : [], 0));
      return keepOrder(
        pure(key, [value], textLike(value, length), ([text]) => run(String(text))),
        value,
      );
    },
  };
}

const sizes: Readonly<Record<string, number>> = {
  bit: 1,
  tinyint: 1,
  smallint: 2,
  int: 4,
  bigint: 8,
  real: 4,
  float: 8,
  money: 8,
  uniqueidentifier: 16,
  date: 3,
  smalldatetime: 4,
  datetime: 8,
};
function storageSize(type: SqlType): number {
  if ('precision' in type) return type.precision <= 9 ? 5 : type.precision <= 19 ? 9 : type.precision <= 28 ? 13 : 17;
  if ('scale' in type) {
    const time = type.scale <= 2 ? 3 : type.scale <= 4 ? 4 : 5;
    return type.name === 'time' ? time : type.name === 'datetime2' ? time + 3 : time + 5;
  }
  return sizes[type.name] ?? 8;
}

function replaceAll(text: string, from: string, to: string, order: TextOrder): string {
  if (from === '') return text;
  const fold = (value: string) => (order === 'BIN' || order === 'CS_AS' ? value : upperCase(value));
  const [haystack, needle] = [fold(text), fold(from)];
  let result = '';
  let at = 0;
  for (let found = haystack.indexOf(needle); found >= 0; found = haystack.indexOf(needle, at)) {
    result += text.slice(at, found) + to;
    at = found + from.length;
  }
  return result + text.slice(at);
}

const bytesOf = (value: Stored, unicode: boolean): Uint8Array => {
  if (value instanceof Uint8Array) return value;
  return unicode ? Uint8Array.from(Buffer.from(String(value), 'utf16le')) : encodeCodePage(String(value));
};

const hashes: Readonly<Record<string, string>> = {
  SHA2_256: 'sha256',
  SHA2_512: 'sha512',
  SHA1: 'sha1',
  SHA: 'sha1',
  MD5: 'md5',
};

function quoteName(name: string, mark: string): string | null {
  if (name.length > 128) return null;
  const pairs: Readonly<Record<string, readonly [string, string]>> = {
    '[': ['[', ']'],
    ']': ['[', ']'],
    "'": ["'", "'"],
    '"': ['"', '"'],
    '(': ['(', ')'],
    ')': ['(', ')'],
    '{': ['{', '}'],
    '}': ['{', '}'],
    '<': ['<', '>'],
    '>': ['<', '>'],
    '`': ['`', '`'],
  };
  const pair = pairs[mark.charAt(0)];
  return pair ? pair[0] + name.replaceAll(pair[1], pair[1] + pair[1]) + pair[1] : null;
}

function concatenated(
  operands: readonly Typed[],
  call: Call,
): { readonly values: readonly Typed[]; readonly type: SqlType } {
  const values = operands.map(value => asText(call, value));
  const unicode = values.some(value => isUnicode(value.type));
  const lengths = values.map(value => (isCharacter(value.type) ? value.type.length : 30));
  const total = lengths.includes('max')
    ? 'max'
    : Math.min(
        unicode ? 4000 : 8000,
        lengths.reduce<number>((sum, length) => sum + Number(length), 0),
      );
  return { values, type: unicode ? nvarchar(total) : varchar(total) };
}

const cutTo = (text: string, type: SqlType): string =>
  'length' in type && type.length !== 'max' ? text.slice(0, type.length) : text;

const trimmed = (text: string, side: 'start' | 'end' | 'both', letters = ' '): string => {
  let [from, to] = [0, text.length];
  if (side !== 'end') while (from < to && letters.includes(text.charAt(from))) from++;
  if (side !== 'start') while (to > from && letters.includes(text.charAt(to - 1))) to--;
  return text.slice(from, to);
};

/** Text and binary functions. */
export const textFunctions: Functions = {
  LEN: {
    arguments: [1, 1],
    translate: (operands, call) => {
      const given = operandAt(operands, 0);
      const type: SqlType = 'length' in given.type && given.type.length === 'max' ? { name: 'bigint' } : int;
      if (isBinary(given.type)) return pure('len bytes', [given], type, ([value]) => (value as Uint8Array).length);
      return pure('len', [asText(call, given)], type, ([value]) => trimmed(String(value), 'end').length);
    },
  },
  DATALENGTH: {
    arguments: [1, 1],
    translate: operands => {
      const value = operandAt(operands, 0);
      const type: SqlType = 'length' in value.type && value.type.length === 'max' ? { name: 'bigint' } : int;
      if (isBinary(value.type)) return pure('len bytes', [value], type, ([bytes]) => (bytes as Uint8Array).length);
      if (isUnicode(value.type)) return pure('datalength unicode', [value], type, ([text]) => 2 * String(text).length);
      if (isCharacter(value.type)) return pure('datalength', [value], type, ([text]) => String(text).length);
      const size = storageSize(value.type);
      return pure(`size ${size}`, [value], int, () => size);
    },
  },
  UPPER: onText('upper', upperCase),
  LOWER: onText('lower', lowerCase),
  LTRIM: onText('ltrim', text => trimmed(text, 'start')),
  RTRIM: onText('rtrim', text => trimmed(text, 'end')),
  REVERSE: onText('reverse', text => text.split('').reverse().join('')),
  TRIM: {
    arguments: [1, 2],
    translate: (operands, call) => {
      const text = asText(call, operandAt(operands, operands.length - 1));
      const parts = operands.length === 1 ? [text] : [text, asText(call, operandAt(operands, 0))];
      return keepOrder(
        pure('trim', parts, textLike(text), ([value, letters]) =>
          trimmed(String(value), 'both', letters === undefined ? ' ' : String(letters)),
        ),
        text,
      );
    },
  },
  SUBSTRING: {
    arguments: [3, 3],
    translate: (operands, call) => {
      const given = operandAt(operands, 0);
      const [start, length] = [asInt(call, operandAt(operands, 1)), asInt(call, operandAt(operands, 2))];
      const cut = (first: number, size: number): readonly [number, number] => {
        if (size < 0) throw invalidLength();
        return [Math.max(0, first - 1), Math.max(0, first - 1 + size)];
      };
      if (isBinary(given.type))
        return pure('substring bytes', [given, start, length], given.type, ([value, first, size]) =>
          (value as Uint8Array).slice(...cut(count(first), count(size))),
        );
      const text = asText(call, given);
      return keepOrder(
        pure('substring', [text, start, length], textLike(text), ([value, first, size]) =>
          String(value).slice(...cut(count(first), count(size))),
        ),
        text,
      );
    },
  },
  LEFT: {
    arguments: [2, 2],
    translate: (operands, call) => {
      const text = asText(call, operandAt(operands, 0));
      return keepOrder(
        pure('left', [text, asInt(call, operandAt(operands, 1))], textLike(text), ([value, length]) => {
          if (count(length) < 0) throw invalidLength();
          return String(value).slice(0, count(length));
        }),
        text,
      );
    },
  },
  RIGHT: {
    arguments: [2, 2],
    translate: (operands, call) => {
      const text = asText(call, operandAt(operands, 0));
      return keepOrder(
        pure('right', [text, asInt(call, operandAt(operands, 1))], textLike(text), ([value, length]) => {
          if (count(length) < 0)
            throw new SqlError(536, 'Invalid length parameter passed to the RIGHT function.', 16, 2);
          return count(length) === 0 ? '' : String(value).slice(-count(length));
        }),
        text,
      );
    },
  },
  REPLACE: {
    arguments: [3, 3],
    translate: (operands, call) => {
      const [text, from, to] = [0, 1, 2].map(index => asText(call, operandAt(operands, index))) as [
        Typed,
        Typed,
        Typed,
      ];
      const order = meetingOrder([text, from], call.line) ?? 'CI_AS';
      const unicode = [text, from, to].some(value => isUnicode(value.type));
      const isMax = isCharacter(text.type) && text.type.length === 'max';
      const type = unicode ? nvarchar(isMax ? 'max' : 4000) : varchar(isMax ? 'max' : 8000);
      return keepOrder(
        pure(`replace ${order}`, [text, from, to], type, ([value, search, replacement]) =>
          replaceAll(String(value), String(search), String(replacement), order),
        ),
        text,
      );
    },
  },
  TRANSLATE: {
    arguments: [3, 3],
    translate: (operands, call) => {
      const [text, from, to] = [0, 1, 2].map(index => asText(call, operandAt(operands, index))) as [
        Typed,
        Typed,
        Typed,
      ];
      return pure('translate', [text, from, to], textLike(text), ([value, search, replacement]) => {
        const [letters, others] = [String(search), String(replacement)];
        if (letters.length !== others.length)
          throw new SqlError(
            9828,
            'The second and third arguments of the TRANSLATE built-in function must contain an equal number of characters.',
          );
        return Array.from(String(value), letter =>
          letters.includes(letter) ? others.charAt(letters.indexOf(letter)) : letter,
        ).join('');
      });
    },
  },
  CHARINDEX: {
    arguments: [2, 3],
    translate: (operands, call) => {
      const [needle, text] = [asText(call, operandAt(operands, 0)), asText(call, operandAt(operands, 1))];
      const order = meetingOrder([needle, text], call.line) ?? 'CI_AS';
      const start = operands.length > 2 ? [asInt(call, operandAt(operands, 2))] : [];
      const fold = (value: string) => (order === 'BIN' || order === 'CS_AS' ? value : upperCase(value));
      return pure(`charindex ${order}`, [needle, text, ...start], int, ([wanted, value, from]) => {
        if (String(wanted) === '') return 0;
        return fold(String(value)).indexOf(fold(String(wanted)), Math.max(0, count(from) - 1)) + 1;
      });
    },
  },
  PATINDEX: {
    arguments: [2, 2],
    translate: (operands, call) => {
      const [pattern, text] = [asText(call, operandAt(operands, 0)), asText(call, operandAt(operands, 1))];
      const order = meetingOrder([pattern, text], call.line) ?? 'CI_AS';
      return pure(`patindex ${order}`, [pattern, text], int, ([wanted, value]) =>
        patternIndex(String(wanted), String(value), order),
      );
    },
  },
  STUFF: {
    arguments: [4, 4],
    translate: (operands, call) => {
      const [text, insert] = [asText(call, operandAt(operands, 0)), asText(call, operandAt(operands, 3))];
      const { type } = concatenated([text, insert], call);
      return lenient(
        'stuff',
        [text, asInt(call, operandAt(operands, 1)), asInt(call, operandAt(operands, 2)), insert],
        type,
        ([value, start, length, inserted]) => {
          if (value == null || start == null || length == null) return null;
          const [from, size, whole] = [count(start), count(length), String(value)];
          if (from < 1 || size < 0 || from > whole.length) return null;
          return whole.slice(0, from - 1) + (inserted == null ? '' : String(inserted)) + whole.slice(from - 1 + size);
        },
      );
    },
  },
  REPLICATE: {
    arguments: [2, 2],
    translate: (operands, call) => {
      const text = asText(call, operandAt(operands, 0));
      const type = maxOr(text, 8000);
      return pure(`replicate ${typeText(type)}`, [text, asInt(call, operandAt(operands, 1))], type, ([value, times]) =>
        count(times) < 0 ? null : cutTo(String(value).repeat(Math.min(count(times), 2_000_000)), type),
      );
    },
  },
  SPACE: {
    arguments: [1, 1],
    translate: (operands, call) =>
      pure('space', [asInt(call, operandAt(operands, 0))], varchar(8000), ([times]) =>
        count(times) < 0 ? null : ' '.repeat(Math.min(8000, count(times))),
      ),
  },
  CONCAT: {
    arguments: [2, 254],
    translate: (operands, call) => {
      const { values, type } = concatenated(operands, call);
      return {
        ...lenient(`concat ${typeText(type)}`, values, type, parts =>
          cutTo(parts.map(part => (part === null ? '' : String(part))).join(''), type),
        ),
        nullable: false,
        order: meetingOrder(values, call.line),
      };
    },
  },
  CONCAT_WS: {
    arguments: [3, 254],
    translate: (operands, call) => {
      const { values, type } = concatenated(
        [...operands.slice(1), ...operands.slice(1).map(() => operandAt(operands, 0)), operandAt(operands, 0)],
        call,
      );
      const used = [...values.slice(-1), ...values.slice(0, operands.length - 1)];
      return {
        ...lenient(`concat_ws ${typeText(type)}`, used, type, ([separator, ...parts]) =>
          cutTo(parts.filter(part => part !== null).join(separator == null ? '' : String(separator)), type),
        ),
        nullable: false,
      };
    },
  },
  STR: {
    arguments: [1, 3],
    translate: (operands, call) => {
      const value = convertTo(call.compiler, operandAt(operands, 0), float, { line: call.line });
      const rest = operands.slice(1).map(operand => asInt(call, operand));
      return pure('str', [value, ...rest], varchar(8000), ([number, length = 10, decimals = 0]) => {
        const fixed = formatDecimal(rescale(toDecimal(Number(number)), Math.min(16, count(decimals))));
        const whole = fixed.split('.')[0] ?? '';
        if (whole.length > count(length)) return '*'.repeat(count(length));
        return fixed.slice(0, count(length)).replace(/\.$/, '').padStart(count(length));
      });
    },
  },
  QUOTENAME: {
    arguments: [1, 2],
    translate: (operands, call) => {
      const parts = operands.map(value => asText(call, value));
      return pure('quotename', parts, nvarchar(258), ([name, mark = '[']) => quoteName(String(name), String(mark)));
    },
  },
  PARSENAME: {
    arguments: [2, 2],
    translate: (operands, call) =>
      pure(
        'parsename',
        [asText(call, operandAt(operands, 0)), asInt(call, operandAt(operands, 1))],
        nvarchar(128),
        ([name, part]) => {
          const parts = String(name).match(/\[(?:[^\]]|\]\])*\]|"[^"]*"|[^.]+|(?<=\.)(?=\.)/g) ?? [];
          const found = parts[parts.length - count(part)];
          return found === undefined || parts.length > 4
            ? null
            : found
                .replace(/^\[(.*)\]$/s, '$1')
                .replaceAll(']]', ']')
                .replace(/^"(.*)"$/s, '$1');
        },
      ),
  },
  CHAR: {
    arguments: [1, 1],
    translate: (operands, call) =>
      pure('char', [asInt(call, operandAt(operands, 0))], { name: 'char', length: 1 }, ([code]) =>
        count(code) < 0 || count(code) > 255 ? null : decodeCodePage(Uint8Array.of(count(code))),
      ),
  },
  NCHAR: {
    arguments: [1, 1],
    translate: (operands, call) =>
      pure('nchar', [asInt(call, operandAt(operands, 0))], { name: 'nchar', length: 1 }, ([code]) =>
        count(code) < 0 || count(code) > 65_535 ? null : String.fromCharCode(count(code)),
      ),
  },
  ASCII: {
    arguments: [1, 1],
    translate: (operands, call) =>
      pure('ascii', [convertTo(call.compiler, asText(call, operandAt(operands, 0)), varchar(8000))], int, ([text]) =>
        text === '' ? null : (encodeCodePage(String(text).charAt(0))[0] ?? null),
      ),
  },
  UNICODE: {
    arguments: [1, 1],
    translate: (operands, call) =>
      pure('unicode', [asText(call, operandAt(operands, 0))], int, ([text]) =>
        text === '' ? null : String(text).charCodeAt(0),
      ),
  },
  HASHBYTES: {
    arguments: [2, 2],
    translate: (operands, call) => {
      const name = literalText(call.expressions[0]);
      const algorithm = name === undefined ? undefined : hashes[name.toUpperCase()];
      if (!algorithm) throw unsupported(`HASHBYTES with ${name ?? 'an algorithm that is not a literal'}`, call.line);
      const value = operandAt(operands, 1);
      if (!isBinary(value.type) && !isCharacter(value.type))
        throw new CompileError(
          8116,
          `Argument data type ${typeName(value.type)} is invalid for argument 2 of hashbytes function.`,
          call.line,
        );
      const unicode = isUnicode(value.type);
      return pure(`hash ${algorithm} ${unicode}`, [value], { name: 'varbinary', length: 8000 }, ([data]) =>
        Uint8Array.from(
          createHash(algorithm)
            .update(bytesOf(data ?? null, unicode))
            .digest(),
        ),
      );
    },
  },
  DIFFERENCE: refused('DIFFERENCE'),
  SOUNDEX: refused('SOUNDEX'),
};

function refused(name: string) {
  return {
    arguments: [0, 254] as const,
    translate: (_: readonly Typed[], call: Call): Typed => {
      throw unsupported(`the function ${name}`, call.line);
    },
  };
}
