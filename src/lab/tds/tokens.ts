// MS-TDS 2.2.7 Packet Data Token Stream Definition.
import type { ServerMessage } from '../values.ts';
import type { ByteWriter } from './bytes.ts';
import { serverCollation } from './codepage.ts';
import type { Dialect } from './dialect.ts';
import { feature } from './login7.ts';

/** 2.2.7 Token types. */
export const token = {
  returnStatus: 0x79,
  colMetadata: 0x81,
  error: 0xaa,
  info: 0xab,
  returnValue: 0xac,
  loginAck: 0xad,
  featureExtAck: 0xae,
  row: 0xd1,
  nbcRow: 0xd2,
  envChange: 0xe3,
  fedAuthInfo: 0xee,
} as const;

/** DONE, DONEPROC and DONEINPROC (2.2.7.6 to 2.2.7.8) by the place where they stand. */
export const doneToken = { statement: 0xfd, procedure: 0xfe, statementInProcedure: 0xff } as const;

/** 2.2.7.6 Status. */
export const doneStatus = { more: 0x01, error: 0x02, inTransaction: 0x04, count: 0x10, attention: 0x20 } as const;

/** The end of a statement, a procedure or an attention. */
export interface Done {
  readonly token: number;
  readonly status: number;
  /** Which kind of statement it was; clients look at it for little more than SELECT or not. */
  readonly command: number;
  readonly rowCount: number;
}

/** Whatever follows in the same message, `status` must already say (doneStatus.more). */
export function writeDone(out: ByteWriter, dialect: Dialect, done: Done): void {
  out.u8(done.token);
  out.u16(done.status);
  out.u16(done.command);
  if (dialect.wide) out.u64(BigInt(done.rowCount));
  else out.u32(done.rowCount);
}

/** Servers cut longer texts too. */
const longestMessage = 2048;

/** ERROR (2.2.7.10) from class 11 on, else INFO (2.2.7.13). */
export function writeMessage(out: ByteWriter, dialect: Dialect, serverName: string, message: ServerMessage): void {
  out.u8(message.class >= 11 ? token.error : token.info);
  out.prefixed(() => {
    out.i32(message.number);
    out.u8(message.state);
    out.u8(message.class);
    out.usVarchar(message.message.slice(0, longestMessage));
    out.bVarchar(serverName);
    out.bVarchar(message.procedure ?? '');
    if (dialect.wide) out.u32(message.line);
    else out.u16(Math.min(message.line, 0xffff));
  });
}

/** 2.2.7.9 ENVCHANGE with texts: database 1, language 2, packet size 4. */
export function writeTextChange(out: ByteWriter, type: 1 | 2 | 4, to: string, from: string): void {
  out.u8(token.envChange);
  out.prefixed(() => {
    out.u8(type);
    out.bVarchar(to);
    out.bVarchar(from);
  });
}

/** ENVCHANGE 7: the collation of the current database. */
export function writeCollationChange(out: ByteWriter): void {
  writeBinaryChange(out, 7, serverCollation, new Uint8Array(0));
}

const transactionChange = { begin: 8, commit: 9, rollback: 10 } as const;

/** ENVCHANGE 8, 9 and 10: the descriptor is new at the beginning, old at the end. */
export function writeTransactionChange(
  out: ByteWriter,
  change: 'begin' | 'commit' | 'rollback',
  descriptor: bigint,
): void {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(descriptor);
  const nothing = Buffer.alloc(0);
  if (change === 'begin') writeBinaryChange(out, transactionChange.begin, bytes, nothing);
  else writeBinaryChange(out, transactionChange[change], nothing, bytes);
}

/** ENVCHANGE 18: RESETCONNECTION has been honoured. */
export function writeResetAcknowledgement(out: ByteWriter): void {
  writeBinaryChange(out, 18, new Uint8Array(0), new Uint8Array(0));
}

function writeBinaryChange(out: ByteWriter, type: number, to: Uint8Array, from: Uint8Array): void {
  out.u8(token.envChange);
  out.prefixed(() => {
    out.u8(type);
    out.u8(to.length);
    out.bytes(to);
    out.u8(from.length);
    out.bytes(from);
  });
}

/** 2.2.7.14 LOGINACK. The TDS version is big-endian here. */
export function writeLoginAck(out: ByteWriter, dialect: Dialect, productVersion: string): void {
  const [major = 0, minor = 0, build = 0] = productVersion.split('.').map(Number);
  out.u8(token.loginAck);
  out.prefixed(() => {
    out.u8(1); // SQL_TSQL
    out.u32be(dialect.version);
    out.bVarchar('Microsoft SQL Server');
    out.u8(major);
    out.u8(minor);
    out.u16be(build);
  });
}

/** 2.2.7.11 FEATUREEXTACK for those of `asked` that this server has; a feature not asked for must not be acknowledged. */
export function writeFeatureExtAck(out: ByteWriter, asked: ReadonlySet<number>): void {
  const acknowledged: readonly (readonly [id: number, data: readonly number[]])[] = [
    [feature.federatedAuthentication, []],
    [feature.utf8, [1]],
  ];
  const present = acknowledged.filter(([id]) => asked.has(id));
  if (present.length === 0) return;
  out.u8(token.featureExtAck);
  for (const [id, data] of present) {
    out.u8(id);
    out.u32(data.length);
    out.bytes(Uint8Array.from(data));
  }
  out.u8(feature.end);
}

/** 2.2.7.12 FEDAUTHINFO: for which service (`spn`) and at which authority (`stsUrl`) to get a token. */
export function writeFedAuthInfo(out: ByteWriter, stsUrl: string, spn: string): void {
  const options = [
    { id: 1, data: Buffer.from(stsUrl, 'utf16le') },
    { id: 2, data: Buffer.from(spn, 'utf16le') },
  ];
  const dataLength = options.reduce((sum, { data }) => sum + data.length, 0);
  let offset = 4 + options.length * 9;
  out.u8(token.fedAuthInfo);
  out.u32(offset + dataLength);
  out.u32(options.length);
  for (const { id, data } of options) {
    out.u8(id);
    out.u32(data.length);
    out.u32(offset);
    offset += data.length;
  }
  for (const { data } of options) out.bytes(data);
}

/** 2.2.7.17 RETURNSTATUS. */
export function writeReturnStatus(out: ByteWriter, status: number): void {
  out.u8(token.returnStatus);
  out.i32(status);
}
