// MS-TDS 2.2.5.3 ALL_HEADERS, 2.2.6.7 SQLBatch, 2.2.6.6 RPC Request, 2.2.6.9 Transaction Manager Request.
import type { RpcParameter } from './backend.ts';
import { ByteReader, ProtocolViolation } from './bytes.ts';
import type { Dialect } from './dialect.ts';
import { readParameter, Unsupported } from './parameters.ts';

/** One procedure of an RPC message. */
export interface RpcCall {
  readonly procedure: string;
  readonly parameters: readonly RpcParameter[];
}

/** Throws ProtocolViolation. */
export function readBatch(payload: Buffer, dialect: Dialect): string {
  const from = afterHeaders(payload, dialect);
  if (from.left % 2 !== 0) throw new ProtocolViolation('The text of a batch has half a character at its end');
  return from.ucs2(from.left / 2);
}

/** 2.2.6.6 ProcID. */
const wellKnownProcedures = [
  '',
  'sp_cursor',
  'sp_cursoropen',
  'sp_cursorprepare',
  'sp_cursorexecute',
  'sp_cursorprepexec',
  'sp_cursorunprepare',
  'sp_cursorfetch',
  'sp_cursoroption',
  'sp_cursorclose',
  'sp_executesql',
  'sp_prepare',
  'sp_execute',
  'sp_prepexec',
  'sp_prepexecrpc',
  'sp_unprepare',
];

/** Several calls may share a message. Throws ProtocolViolation, or Unsupported for a parameter this server does not take. */
export function readRpc(payload: Buffer, dialect: Dialect): readonly RpcCall[] {
  const from = afterHeaders(payload, dialect);
  const calls: RpcCall[] = [];
  while (from.left > 0) calls.push(readCall(from, dialect));
  if (calls.length === 0) throw new ProtocolViolation('A remote procedure call without a procedure');
  return calls;
}

function readCall(from: ByteReader, dialect: Dialect): RpcCall {
  const procedure = readProcedureName(from);
  from.u16(); // option flags: recompile and metadata wishes
  // Parameter names are at most 128 characters long, so these bytes cannot begin a parameter.
  const separator = dialect.wide ? 0xff : 0x80;
  const parameters: RpcParameter[] = [];
  while (from.left > 0) {
    const at = from.position;
    const first = from.u8();
    if (first === separator) break;
    if (dialect.wide && first === 0xfe)
      throw new Unsupported('RPC calls sent only to be described, not executed (NoExec)');
    from.seek(at);
    parameters.push(readParameter(from, dialect));
  }
  return { procedure, parameters };
}

function readProcedureName(from: ByteReader): string {
  const length = from.u16();
  if (length !== 0xffff) return from.ucs2(length);
  const id = from.u16();
  const name = wellKnownProcedures[id];
  if (!name) throw new ProtocolViolation(`${id} is not the id of a procedure`);
  return name;
}

/** `name` of a transaction is not kept: only save points would need it. */
export type TransactionRequest = {
  readonly kind: 'begin' | 'commit' | 'rollback';
  /** A commit or rollback may ask for a new transaction at once. */
  readonly thenBegin: boolean;
};

const transactionRequest = {
  dtcAddress: 0,
  propagate: 1,
  begin: 5,
  promote: 6,
  commit: 7,
  rollback: 8,
  save: 9,
} as const;

/** Throws ProtocolViolation, or Unsupported for save points and distributed transactions. */
export function readTransactionRequest(payload: Buffer, dialect: Dialect): TransactionRequest {
  const from = afterHeaders(payload, dialect);
  const type = from.u16();
  switch (type) {
    case transactionRequest.begin:
      return { kind: 'begin', thenBegin: false };
    case transactionRequest.commit:
    case transactionRequest.rollback: {
      from.bytes(from.u8());
      const thenBegin = from.left > 0 && (from.u8() & 1) === 1;
      return { kind: type === transactionRequest.commit ? 'commit' : 'rollback', thenBegin };
    }
    case transactionRequest.save:
      throw new Unsupported('Save points (SAVE TRANSACTION)');
    case transactionRequest.dtcAddress:
    case transactionRequest.propagate:
    case transactionRequest.promote:
      throw new Unsupported('Distributed transactions');
    default:
      throw new ProtocolViolation(`${type} is not a transaction request`);
  }
}

/** From 7.2 on, requests begin with headers; nothing in them matters here (the transaction is the session's own). */
function afterHeaders(payload: Buffer, dialect: Dialect): ByteReader {
  const from = new ByteReader(payload);
  if (!dialect.wide) return from;
  const length = from.u32();
  if (length < 4) throw new ProtocolViolation(`Headers of ${length} bytes`);
  from.bytes(length - 4);
  return from;
}
