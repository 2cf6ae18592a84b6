/** A SQL Server build, e.g. 15.0.4312.2. */
export interface Build {
  readonly major: number;
  readonly minor: number;
  readonly build: number;
  readonly revision: number;
}

/** Throws RangeError when `text` is no SERVERPROPERTY('ProductVersion'). */
export function parseBuild(text: string): Build {
  const match = /^(\d+)\.(\d+)\.(\d+)(?:\.(\d+))?/.exec(text.trim());
  if (!match) throw new RangeError(`Not a SQL Server version: ${JSON.stringify(text.slice(0, 40))}`);
  return { major: Number(match[1]), minor: Number(match[2]), build: Number(match[3]), revision: Number(match[4] ?? 0) };
}

/** Negative, zero or positive, as for Array.sort. */
export function compareBuilds(a: Build, b: Build): number {
  return a.major - b.major || a.minor - b.minor || a.build - b.build || a.revision - b.revision;
}

const YEARS: Readonly<Record<number, string>> = { 13: '2016', 14: '2017', 15: '2019', 16: '2022', 17: '2025' };

/** "SQL Server 2019", or "SQL Server (version 18)" for one this release does not know. */
export function productName(build: Build): string {
  const year = YEARS[build.major];
  return year ? `SQL Server ${year}` : `SQL Server (version ${build.major})`;
}

/** Least builds for the link (Microsoft Learn, "Managed Instance link overview", version matrix). */
export const LEAST_LINK_BUILDS: Readonly<Record<number, string>> = {
  13: '13.0.7000.253',
  14: '14.0.3490.10',
  15: '15.0.4312.2',
  16: '16.0.1000.6',
  17: '17.0.1000.7',
};

/** From this build on a link can be failed over by T-SQL in both directions (SQL Server 2022 CU13, KB5036432). */
export const TSQL_FAILOVER_BUILD = '16.0.4125.3';
