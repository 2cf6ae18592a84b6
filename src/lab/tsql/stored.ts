import type { SqlType, SqlValue } from '../values.ts';
import { normalized } from './convert.ts';
import { narrow } from './convert-number.ts';
import type { Stored } from './types.ts';

/** A value as the contracts carry it → as SQLite keeps it. */
export function toStored(value: SqlValue, type?: SqlType): Stored {
  if (value === null) return null;
  if (typeof value === 'boolean') return value ? 1 : 0;
  return type ? normalized(value, type) : typeof value === 'bigint' ? narrow(value) : value;
}

/** A value as SQLite keeps it → as the contracts carry it: bit as boolean, bigint as bigint. */
export function fromStored(value: Stored, type: SqlType): SqlValue {
  if (value === null) return null;
  switch (type.name) {
    case 'bit':
      return Number(value) !== 0;
    case 'bigint':
      return BigInt(value as number);
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'float':
    case 'real':
      return Number(value);
    default:
      return value;
  }
}
