// MS-TDS 2.2.6.6 RPC Request (ParamMetaData, ParamLenData), 2.2.5.6 TYPE_INFO as a client sends it.
import type { SqlValue } from '../values.ts';
import type { RpcParameter } from './backend.ts';
import { type ByteReader, ProtocolViolation } from './bytes.ts';
import { dateOf } from './dates.ts';
import { scaled } from './decimals.ts';
import type { Dialect } from './dialect.ts';
import { readDatetime, scaledTime } from './incoming-dates.ts';
import { largeObject, sized } from './incoming-strings.ts';
import { type IncomingType, nullable } from './incoming-type.ts';
import { typeId } from './type-ids.ts';

/** The request is well-formed as far as it could be read, but asks for what this server does not do. `message` names it, in the plural. */
export class Unsupported extends Error {
  override readonly name = 'Unsupported';
}

const byReference = 0x01;

/** One parameter. Throws ProtocolViolation, or Unsupported for a type this server does not take. */
export function readParameter(from: ByteReader, dialect: Dialect): RpcParameter {
  const name = from.ucs2(from.u8());
  const status = from.u8();
  const { type, read } = readTypeInfo(from, dialect);
  return { name, type, value: asViolation(read), output: (status & byReference) !== 0 };
}

function readTypeInfo(from: ByteReader, dialect: Dialect): IncomingType {
  const id = from.u8();
  switch (id) {
    case typeId.null:
      return { type: { name: 'nvarchar', length: 1 }, read: () => null };
    case typeId.tinyint:
    case typeId.smallint:
    case typeId.int:
    case typeId.bigint:
      return integer(
        from,
        { [typeId.tinyint]: 1, [typeId.smallint]: 2, [typeId.int]: 4, [typeId.bigint]: 8 }[id] ?? 0,
        true,
      );
    case typeId.intN:
      return integer(from, from.u8(), false);
    case typeId.bit:
      return { type: { name: 'bit' }, read: () => from.u8() !== 0 };
    case typeId.bitN:
      from.u8();
      return { type: { name: 'bit' }, read: nullable(from, () => from.u8() !== 0) };
    case typeId.real:
      return { type: { name: 'real' }, read: () => from.f32() };
    case typeId.float:
      return { type: { name: 'float' }, read: () => from.f64() };
    case typeId.floatN:
      return from.u8() === 4
        ? { type: { name: 'real' }, read: nullable(from, () => from.f32()) }
        : { type: { name: 'float' }, read: nullable(from, () => from.f64()) };
    case typeId.smallmoney:
      return { type: { name: 'money' }, read: () => readMoney(from, 4) };
    case typeId.money:
      return { type: { name: 'money' }, read: () => readMoney(from, 8) };
    case typeId.moneyN:
      from.u8();
      return { type: { name: 'money' }, read: nullable(from, size => readMoney(from, size)) };
    case typeId.decimalN:
    case typeId.numericN:
      return decimal(from, id === typeId.decimalN ? 'decimal' : 'numeric');
    case typeId.smalldatetime:
      return { type: { name: 'smalldatetime' }, read: () => readDatetime(from, 4) };
    case typeId.datetime:
      return { type: { name: 'datetime' }, read: () => readDatetime(from, 8) };
    case typeId.datetimeN:
      return {
        type: { name: from.u8() === 4 ? 'smalldatetime' : 'datetime' },
        read: nullable(from, size => readDatetime(from, size)),
      };
    case typeId.date:
      return { type: { name: 'date' }, read: nullable(from, () => dateOf(from.uint(3))) };
    case typeId.time:
    case typeId.datetime2:
    case typeId.datetimeoffset:
      return scaledTime(from, id);
    case typeId.uniqueidentifier:
      from.u8();
      return { type: { name: 'uniqueidentifier' }, read: nullable(from, () => readUniqueidentifier(from)) };
    case typeId.char:
    case typeId.varchar:
    case typeId.nchar:
    case typeId.nvarchar:
    case typeId.binary:
    case typeId.varbinary:
      return sized(from, id, dialect);
    case typeId.text:
    case typeId.ntext:
    case typeId.image:
      return largeObject(from, id);
    case typeId.table:
      throw new Unsupported('Table-valued parameters');
    case typeId.xml:
      throw new Unsupported('Parameters of type xml');
    case typeId.variant:
      throw new Unsupported('Parameters of type sql_variant');
    case typeId.userDefined:
      throw new Unsupported('Parameters of a CLR user-defined type');
    default:
      throw new ProtocolViolation(`0x${id.toString(16)} is not the type of a parameter`);
  }
}

function integer(from: ByteReader, size: number, fixed: boolean): IncomingType {
  const type = integerTypes.get(size);
  if (type === undefined) throw new ProtocolViolation(`An integer of ${size} bytes`);
  return {
    type: { name: type },
    read: fixed ? () => readInteger(from, size) : nullable(from, length => readInteger(from, length)),
  };
}

const integerTypes: ReadonlyMap<number, 'tinyint' | 'smallint' | 'int' | 'bigint'> = new Map([
  [1, 'tinyint'],
  [2, 'smallint'],
  [4, 'int'],
  [8, 'bigint'],
]);

function readInteger(from: ByteReader, size: number): SqlValue {
  if (size === 1) return from.u8();
  if (size === 2) return from.i16();
  if (size === 4) return from.i32();
  if (size === 8) return from.i64();
  throw new ProtocolViolation(`An integer of ${size} bytes`);
}

function readMoney(from: ByteReader, size: number): string {
  if (size === 4) return scaled(BigInt(from.i32()), 4);
  const high = BigInt(from.i32());
  return scaled((high << 32n) | BigInt(from.u32()), 4);
}

function decimal(from: ByteReader, name: 'decimal' | 'numeric'): IncomingType {
  from.u8();
  const precision = from.u8();
  const scale = from.u8();
  if (precision < 1 || precision > 38 || scale > precision)
    throw new ProtocolViolation(`${name}(${precision},${scale})`);
  const read = nullable(from, size => {
    const positive = from.u8() !== 0;
    const magnitude = Buffer.from(from.bytes(size - 1)).reverse();
    const units = BigInt(`0x0${magnitude.toString('hex')}`);
    return scaled(positive ? units : -units, scale);
  });
  return { type: { name, precision, scale }, read };
}

function readUniqueidentifier(from: ByteReader): string {
  const bytes = Buffer.from(from.bytes(16));
  bytes.subarray(0, 4).reverse();
  bytes.subarray(4, 6).reverse();
  bytes.subarray(6, 8).reverse();
  return bytes
    .toString('hex')
    .toUpperCase()
    .replace(/(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** A date out of range or a length that contradicts its type comes from a broken client. */
function asViolation(read: () => SqlValue): SqlValue {
  try {
    return read();
  } catch (error) {
    throw error instanceof RangeError ? new ProtocolViolation(error.message) : error;
  }
}
