/** The only way a name becomes part of T-SQL: [name], with ] doubled. Throws RangeError on what sysname cannot hold (empty, over 128 characters, NUL). */
export function quoteName(name: string): string {
  if (name.length === 0 || name.length > 128 || name.includes('\0'))
    throw new RangeError(`Not a SQL Server name: ${JSON.stringify(name.slice(0, 140))}`);
  return `[${name.replaceAll(']', ']]')}]`;
}

/** The only way a text becomes part of T-SQL: N'text', with ' doubled. Throws RangeError on NUL. */
export function quoteLiteral(text: string): string {
  if (text.includes('\0')) throw new RangeError('A NUL character cannot be part of a T-SQL literal');
  return `N'${text.replaceAll("'", "''")}'`;
}

/** Names compare as the servers' default collations do: case-insensitive, trailing blanks ignored. */
export function sameName(a: string, b: string): boolean {
  return a.trimEnd().localeCompare(b.trimEnd(), 'en', { sensitivity: 'accent' }) === 0;
}
