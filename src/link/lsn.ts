declare const lsn: unique symbol;

/** A log sequence number: a position in a database's log. SQL Server keeps it as numeric(25,0); as a JavaScript number its last digits would be lost. */
export type Lsn = bigint & { readonly [lsn]: true };

/** Throws RangeError unless `text` is decimal digits: the column must be read through CONVERT(varchar(25), …). */
export function parseLsn(text: string): Lsn {
  if (!/^\d{1,25}$/.test(text)) throw new RangeError(`Not a log sequence number: ${JSON.stringify(text.slice(0, 40))}`);
  return BigInt(text) as Lsn;
}

/** The three parts a DBA knows from the error log, VLF:block:slot in hexadecimal, e.g. 00000025:000004d0:0001. */
export function formatLsn(value: Lsn): string {
  const part = (n: bigint, width: number) => n.toString(16).padStart(width, '0');
  return [part(value / 10n ** 15n, 8), part((value / 10n ** 5n) % 10n ** 10n, 8), part(value % 10n ** 5n, 4)].join(':');
}

/** An asynchronous primary reports no hardened LSN (NULL), so "unknown" never counts as equal. */
export function sameLsn(a: Lsn | undefined, b: Lsn | undefined): boolean {
  return a !== undefined && a === b;
}
