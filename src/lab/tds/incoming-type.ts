import type { SqlType, SqlValue } from '../values.ts';
import type { ByteReader } from './bytes.ts';

/** A TYPE_INFO a client has sent. */
export interface IncomingType {
  readonly type: SqlType;
  /** Reads the value that follows the TYPE_INFO. */
  readonly read: () => SqlValue;
}

/** Reads a 1-byte length first; 0 is null. */
export const nullable = (from: ByteReader, read: (size: number) => SqlValue) => (): SqlValue => {
  const size = from.u8();
  return size === 0 ? null : read(size);
};
