// MS-TDS 2.2.6.5 PRELOGIN.
import { ByteReader, ByteWriter, ProtocolViolation } from './bytes.ts';

const option = {
  version: 0x00,
  encryption: 0x01,
  instance: 0x02,
  threadId: 0x03,
  mars: 0x04,
  federatedAuthentication: 0x06,
  end: 0xff,
} as const;
const encrypt = { off: 0x00, on: 0x01, notSupported: 0x02, required: 0x03 } as const;
/** A certificate of the client may be announced in this bit; it is not asked for. */
const encryptionMask = 0x03;

/** What of a client's PRELOGIN matters here. */
export interface Prelogin {
  /** ENCRYPTION byte; undefined when the client said nothing. */
  readonly encryption: number | undefined;
  readonly asksForFederatedAuthentication: boolean;
}

/** Which part of the connection TLS covers: all of it, LOGIN7 alone, nothing, or the client must not go on. */
export type TlsCoverage = 'all' | 'login' | 'none' | 'refused';

/** Offsets and lengths are big-endian here, unlike elsewhere. Throws ProtocolViolation. */
export function readPrelogin(payload: Buffer): Prelogin {
  const index = new ByteReader(payload);
  let encryption: number | undefined;
  let asksForFederatedAuthentication = false;
  for (let token = index.u8(); token !== option.end; token = index.u8()) {
    const offset = index.u16be();
    const length = index.u16be();
    if (offset + length > payload.length)
      throw new ProtocolViolation(`PRELOGIN option ${token} lies outside the message`);
    if (token === option.encryption && length > 0) encryption = payload.readUInt8(offset) & encryptionMask;
    if (token === option.federatedAuthentication) asksForFederatedAuthentication = true;
  }
  return { encryption, asksForFederatedAuthentication };
}

/** The table of MS-TDS 2.2.6.5: the byte to answer with and what follows from it. */
export function settleEncryption(
  asked: number | undefined,
  server: 'on' | 'required' | 'notSupported',
): { readonly answer: number; readonly coverage: TlsCoverage } {
  if (server === 'notSupported') return { answer: encrypt.notSupported, coverage: 'none' };
  if (asked === encrypt.on) return { answer: encrypt.on, coverage: 'all' };
  if (asked === encrypt.required) return { answer: encrypt.required, coverage: 'all' };
  const declines = asked === undefined || asked === encrypt.notSupported;
  if (server === 'required') return { answer: encrypt.required, coverage: declines ? 'refused' : 'all' };
  return declines ? { answer: encrypt.notSupported, coverage: 'none' } : { answer: encrypt.off, coverage: 'login' };
}

/** In TDS 8.0 the whole conversation is inside TLS already, and nothing is left to negotiate. */
export const strictEncryption = { answer: encrypt.notSupported, coverage: 'none' } as const;

/** Writes the answer; `federatedAuthentication` undefined when the client did not ask. */
export function writePrelogin(
  out: ByteWriter,
  productVersion: string,
  encryption: number,
  federatedAuthentication: boolean | undefined,
): void {
  const options: [token: number, data: Uint8Array][] = [
    [option.version, versionBytes(productVersion)],
    [option.encryption, Buffer.from([encryption])],
    [option.instance, Buffer.from([0])],
    [option.threadId, Buffer.alloc(0)],
    [option.mars, Buffer.from([0])],
  ];
  if (federatedAuthentication !== undefined)
    options.push([option.federatedAuthentication, Buffer.from([federatedAuthentication ? 1 : 0])]);
  let offset = options.length * 5 + 1;
  for (const [token, data] of options) {
    out.u8(token);
    out.u16be(offset);
    out.u16be(data.length);
    offset += data.length;
  }
  out.u8(option.end);
  for (const [, data] of options) out.bytes(data);
}

function versionBytes(productVersion: string): Buffer {
  const [major = 0, minor = 0, build = 0] = productVersion.split('.').map(Number);
  const bytes = new ByteWriter();
  bytes.u8(major);
  bytes.u8(minor);
  bytes.u16be(build);
  bytes.u16be(0);
  return bytes.written();
}
