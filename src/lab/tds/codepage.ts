// MS-TDS 2.2.5.1.2 Collation Rule Definition.

/** SQL_Latin1_General_CP1_CI_AS, the lab's only collation: LCID 0x0409, sort id 52, code page 1252. */
export const serverCollation: Uint8Array = Uint8Array.of(0x09, 0x04, 0xd0, 0x00, 0x34);

const windows1252 = new TextDecoder('windows-1252');
const byteOf = new Map<string, number>(
  [...windows1252.decode(Uint8Array.from({ length: 256 }, (_, byte) => byte))].map((character, byte) => [
    character,
    byte,
  ]),
);

/** What code page 1252 does not have becomes '?', as in SQL Server. */
export function encodeWindows1252(text: string): Buffer {
  // Up to U+007F and from U+00A0 to U+00FF the code page and Latin-1 agree.
  const bytes = Buffer.from(text, 'latin1');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range is the point.
  if (/^[\u0000-\u007f\u00a0-\u00ff]*$/.test(text)) return bytes;
  return Buffer.from(text.split('').map(unit => byteOf.get(unit) ?? 0x3f));
}

const utf8Flag = 0x04000000;

/** Text of a char or varchar sent under `collation` (5 bytes): UTF-8 when it says so, else code page 1252. */
export function decodeText(bytes: Buffer, collation: Buffer): string {
  return collation.readUInt32LE(0) & utf8Flag ? bytes.toString('utf8') : windows1252.decode(bytes);
}
