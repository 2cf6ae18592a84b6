import { SqlError } from '../engine/contract.ts';
import type { DateOrder } from './date-text.ts';
import type { Stored } from './types.ts';

/** Converts a value that is not NULL. Throws SqlError as SQL Server would. */
export type Conversion = (value: Exclude<Stored, null>, style?: number) => Stored;

/** A stored value that is not NULL. */
export type Value = Exclude<Stored, null>;

/** `assign` = into a column: text or bytes that do not fitted are an error (2628) instead of being cut. */
export type ConversionMode = 'cast' | 'assign';

/** Session settings that change how text is read. */
export interface ConversionContext {
  readonly dateOrder: DateOrder;
}

/** The settings of a new session. */
export const usEnglish: ConversionContext = { dateOrder: 'mdy' };

// ---- text ---------------------------------------------------------------------------------------------------------

/** `assign` mode lets only trailing blanks go. Error 2628 gets its table and column from the caller. */
export class Truncation extends SqlError {
  readonly value: string;
  constructor(value: string) {
    super(8152, 'String or binary data would be truncated.', 16, 30);
    this.value = value;
  }
}
