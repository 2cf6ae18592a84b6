/** Code page 1252, the one of SQL_Latin1_General_CP1_CI_AS: what varchar can hold. */
const high = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';
const codeOf = new Map(Array.from(high, (letter, index) => [letter, 0x80 + index]));

/** What varchar keeps of a text: letters outside the code page become '?'. */
export function toCodePage(text: string): string {
  let changed = '';
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x80 || (code >= 0xa0 && code <= 0xff) || codeOf.has(text.charAt(i))) continue;
    changed += `${text.slice(from, i)}?`;
    from = i + 1;
  }
  return from === 0 ? text : changed + text.slice(from);
}

/** The bytes of a varchar. */
export function encodeCodePage(text: string): Uint8Array {
  return Uint8Array.from(
    text,
    letter => codeOf.get(letter) ?? (letter.charCodeAt(0) <= 0xff ? letter.charCodeAt(0) : 0x3f),
  );
}

/** The text that varchar bytes spell. */
export function decodeCodePage(bytes: Uint8Array): string {
  return Array.from(bytes, byte =>
    byte >= 0x80 && byte < 0xa0 ? (high[byte - 0x80] ?? '?') : String.fromCharCode(byte),
  ).join('');
}
