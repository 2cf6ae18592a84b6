const endOfCentralDirectory = 0x06054b50;
const centralFileHeader = 0x02014b50;

/** Names of the files in a ZIP archive, from its central directory (APPNOTE.TXT 4.3.12 and 4.3.16). Throws when it has none. */
export function zipEntries(zip: Buffer): readonly string[] {
  let end = zip.length - 22;
  while (end >= 0 && zip.readUInt32LE(end) !== endOfCentralDirectory) end -= 1;
  if (end < 0) throw new Error('Not a ZIP archive');
  const names: string[] = [];
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left -= 1) {
    if (zip.readUInt32LE(at) !== centralFileHeader) throw new Error('Broken central directory');
    const nameLength = zip.readUInt16LE(at + 28);
    names.push(zip.toString('utf8', at + 46, at + 46 + nameLength));
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  return names;
}
