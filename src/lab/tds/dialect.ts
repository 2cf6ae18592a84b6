// MS-TDS 2.2.6.4 LOGIN7 (TDSVersion) and the version differences noted throughout 2.2.

/** What the negotiated version of the protocol means for the bytes. */
export interface Dialect {
  /** As LOGINACK carries it. */
  readonly version: number;
  /** 7.2 and later: ALL_HEADERS, 4-byte user types and line numbers, 8-byte row counts, (max) types in chunks. */
  readonly wide: boolean;
  /** 7.3A and later: date, time, datetime2, datetimeoffset. */
  readonly dateTypes: boolean;
  /** 7.3B and later: rows with a bitmap of nulls. */
  readonly nullBitmaps: boolean;
}

const tds71 = 0x71000000;
const tds72 = 0x72090002;
const tds73a = 0x730a0003;
const tds73b = 0x730b0003;
const tds74 = 0x74000004;
const tds80 = 0x08000000;

/** What LOGIN7 asks for, at most 7.4 (8.0 in strict TLS, with the same bytes). Undefined for 7.0 and older, which this server does not speak. */
export function negotiate(asked: number, strict: boolean): Dialect | undefined {
  if (asked === tds80) return strict ? dialect(tds74, tds80) : undefined;
  if (asked < tds71) return undefined;
  return dialect(asked, Math.min(asked, tds74));
}

function dialect(asked: number, version: number): Dialect {
  return { version, wide: asked >= tds72, dateTypes: asked >= tds73a, nullBitmaps: asked >= tds73b };
}
