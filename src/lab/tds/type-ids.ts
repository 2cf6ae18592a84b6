// MS-TDS 2.2.5.4 Data Type Definitions, 2.2.5.5 Data Type Dependent Data Streams.

/** MS-TDS 2.2.5.4: the types this server sends, and more of them that clients may send. */
export const typeId = {
  null: 0x1f,
  image: 0x22,
  text: 0x23,
  uniqueidentifier: 0x24,
  intN: 0x26,
  date: 0x28,
  time: 0x29,
  datetime2: 0x2a,
  datetimeoffset: 0x2b,
  tinyint: 0x30,
  bit: 0x32,
  smallint: 0x34,
  int: 0x38,
  smalldatetime: 0x3a,
  real: 0x3b,
  money: 0x3c,
  datetime: 0x3d,
  float: 0x3e,
  variant: 0x62,
  ntext: 0x63,
  bitN: 0x68,
  decimalN: 0x6a,
  numericN: 0x6c,
  floatN: 0x6d,
  moneyN: 0x6e,
  datetimeN: 0x6f,
  smallmoney: 0x7a,
  bigint: 0x7f,
  varbinary: 0xa5,
  varchar: 0xa7,
  binary: 0xad,
  char: 0xaf,
  nvarchar: 0xe7,
  nchar: 0xef,
  userDefined: 0xf0,
  xml: 0xf1,
  table: 0xf3,
} as const;

/** Length of a (max) type in TYPE_INFO. */
export const maxLength = 0xffff;
/** Length of a null in a type with a 2-byte length. */
export const nullLength = 0xffff;
/** 2.2.5.2.3 Partially Length-prefixed Bytes. */
export const plpNull = 0xffff_ffff_ffff_ffffn;

/** Bytes of a decimal of this precision, sign included. Throws RangeError outside 1 to 38. */
export function decimalSize(precision: number): number {
  if (!(precision >= 1 && precision <= 38)) throw new RangeError(`A precision of ${precision} is not between 1 and 38`);
  if (precision <= 9) return 5;
  if (precision <= 19) return 9;
  return precision <= 28 ? 13 : 17;
}

/** Bytes of a time of day at this scale. Throws RangeError outside 0 to 7. */
export function timeSize(scale: number): number {
  if (!(scale >= 0 && scale <= 7)) throw new RangeError(`A scale of ${scale} is not between 0 and 7`);
  if (scale <= 2) return 3;
  return scale <= 4 ? 4 : 5;
}
