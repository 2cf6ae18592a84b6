// MS-TDS 2.2.6.4 LOGIN7, 2.2.6.3 Federated Authentication Token.
import { ByteReader, ProtocolViolation } from './bytes.ts';

/** MS-TDS 2.2.6.4 FeatureExt. */
export const feature = { federatedAuthentication: 0x02, utf8: 0x0a, end: 0xff } as const;

/** How the client wants to prove who it is. `tokenLater`: the token follows in a message of its own, once it knows for whom to ask for it. */
export type Proof =
  | { readonly kind: 'password'; readonly user: string; readonly password: string }
  | { readonly kind: 'accessToken'; readonly token: string }
  | { readonly kind: 'tokenLater' }
  | { readonly kind: 'integrated' };

/** A client's LOGIN7. Texts are '' when absent. */
export interface Login7 {
  readonly tdsVersion: number;
  /** 0 = the server's default. */
  readonly packetSize: number;
  readonly proof: Proof;
  readonly database: string;
  readonly applicationName: string;
  readonly hostName: string;
  readonly libraryName: string;
  readonly language: string;
  readonly readOnlyIntent: boolean;
  readonly changesPassword: boolean;
  /** Ids of FeatureExt the client named. */
  readonly features: ReadonlySet<number>;
}

const integratedSecurity = 0x80;
const readOnlyIntent = 0x20;
const changePassword = 0x01;
const featuresFollow = 0x10;

/** Throws ProtocolViolation. */
export function readLogin7(payload: Buffer): Login7 {
  const from = new ByteReader(payload);
  const length = from.u32();
  if (length > payload.length) throw new ProtocolViolation(`LOGIN7 says ${length} bytes, ${payload.length} arrived`);
  const tdsVersion = from.u32();
  const packetSize = from.u32();
  from.bytes(12); // client program version, process id, connection id
  from.u8();
  const flags2 = from.u8();
  const typeFlags = from.u8();
  const flags3 = from.u8();
  from.bytes(8); // time zone, locale
  const field = (scramble = false) => text(payload, from.u16(), from.u16(), scramble);
  const hostName = field();
  const user = field();
  const password = field(true);
  const applicationName = field();
  field(); // the server's name
  const extension = { offset: from.u16(), length: from.u16() };
  const libraryName = field();
  const language = field();
  const database = field();
  const features =
    flags3 & featuresFollow && extension.length >= 4
      ? readFeatures(payload, extension.offset)
      : new Map<number, Buffer>();
  const federated = features.get(feature.federatedAuthentication);
  return {
    tdsVersion,
    packetSize,
    proof: federated
      ? readFederated(federated)
      : flags2 & integratedSecurity
        ? { kind: 'integrated' }
        : { kind: 'password', user, password },
    database,
    applicationName,
    hostName,
    libraryName,
    language,
    readOnlyIntent: (typeFlags & readOnlyIntent) !== 0,
    changesPassword: (flags3 & changePassword) !== 0,
    features: new Set(features.keys()),
  };
}

/** The token a client sends after FEDAUTHINFO. Throws ProtocolViolation. */
export function readFederatedToken(payload: Buffer): string {
  const from = new ByteReader(payload);
  from.u32(); // length of all that follows
  return readToken(from);
}

function text(payload: Buffer, offset: number, characters: number, scrambled: boolean): string {
  const from = new ByteReader(payload);
  from.seek(offset);
  if (!scrambled) return from.ucs2(characters);
  // Each byte was nibble-swapped, then XORed with 0xA5.
  const bytes = Buffer.from(from.bytes(characters * 2)).map(byte => ((byte ^ 0xa5) << 4) | ((byte ^ 0xa5) >> 4));
  return Buffer.from(bytes).toString('utf16le');
}

/** The field in LOGIN7 points to a 4-byte offset, and that to the list. */
function readFeatures(payload: Buffer, pointer: number): ReadonlyMap<number, Buffer> {
  const from = new ByteReader(payload);
  from.seek(pointer);
  from.seek(from.u32());
  const features = new Map<number, Buffer>();
  for (let id = from.u8(); id !== feature.end; id = from.u8()) features.set(id, from.bytes(from.u32()));
  return features;
}

const securityTokenLibrary = 0x01;
const msalLibrary = 0x02;

/** FEDAUTH feature data: bit 0 echoes FEDAUTHREQUIRED, the others name the library. */
function readFederated(data: Buffer): Proof {
  const from = new ByteReader(data);
  const library = from.u8() >> 1;
  if (library === securityTokenLibrary) return { kind: 'accessToken', token: readToken(from) };
  if (library === msalLibrary) return { kind: 'tokenLater' };
  throw new ProtocolViolation(`Federated authentication library ${library}`);
}

function readToken(from: ByteReader): string {
  return from.bytes(from.u32()).toString('utf16le');
}
