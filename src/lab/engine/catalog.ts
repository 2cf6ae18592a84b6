/** Things a server has besides databases and availability groups: read by the readiness checks, some changed by commands. */

/** A certificate in master. */
export interface Certificate {
  readonly id: number;
  readonly name: string;
  readonly subject: string;
  readonly issuer: string;
  readonly thumbprint: Uint8Array;
  readonly startsAt: number;
  expiresAt: number;
  /** 'MK' = encrypted by the master key (a key pair of this server), 'NA' = public key only (the partner's). */
  readonly privateKey: 'MK' | 'NA';
}

/** A T-SQL step of a job. */
export interface JobStep {
  readonly name: string;
  readonly database: string;
  readonly command: string;
}

/** An Agent job with one schedule. Times Unix ms. */
export interface Job {
  readonly id: string;
  readonly name: string;
  readonly ownerSid: Uint8Array;
  readonly description: string;
  readonly category: string;
  readonly steps: readonly JobStep[];
  readonly everyMinutes: number;
  readonly createdAt: number;
  enabled: boolean;
  runningSince: number | undefined;
  lastRunAt: number | undefined;
}

/** A server that queries of this one reach. */
export interface LinkedServer {
  readonly name: string;
  readonly product: string;
  readonly provider: string;
  readonly dataSource: string;
  readonly modifiedAt: number;
}

/** A row of msdb.dbo.backupset. */
export interface Backup {
  readonly id: number;
  readonly database: string;
  /** D = full, L = log. */
  readonly type: 'D' | 'L';
  readonly copyOnly: boolean;
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly firstLsn: bigint;
  readonly lastLsn: bigint;
  readonly sizeBytes: number;
  readonly to: string;
  readonly user: string;
}

/** A server setting (sp_configure). */
export interface Configuration {
  readonly id: number;
  readonly name: string;
  readonly value: number;
  readonly minimum: number;
  readonly maximum: number;
  readonly description: string;
}

/** The settings of a well-kept server. */
export const configurations: readonly Configuration[] = [
  { id: 102, name: 'allow updates', value: 0, minimum: 0, maximum: 1, description: 'Allow updates to system tables' },
  {
    id: 103,
    name: 'user connections',
    value: 0,
    minimum: 0,
    maximum: 32767,
    description: 'Number of user connections allowed',
  },
  {
    id: 115,
    name: 'nested triggers',
    value: 1,
    minimum: 0,
    maximum: 1,
    description: 'Allow triggers to be invoked within triggers',
  },
  { id: 117, name: 'remote access', value: 1, minimum: 0, maximum: 1, description: 'Allow remote access' },
  { id: 518, name: 'show advanced options', value: 0, minimum: 0, maximum: 1, description: 'show advanced options' },
  {
    id: 1519,
    name: 'remote query timeout (s)',
    value: 600,
    minimum: 0,
    maximum: 2147483647,
    description: 'remote query timeout',
  },
  {
    id: 1538,
    name: 'cost threshold for parallelism',
    value: 50,
    minimum: 0,
    maximum: 32767,
    description: 'cost threshold for parallelism',
  },
  {
    id: 1539,
    name: 'max degree of parallelism',
    value: 4,
    minimum: 0,
    maximum: 32767,
    description: 'maximum degree of parallelism',
  },
  {
    id: 1543,
    name: 'min server memory (MB)',
    value: 0,
    minimum: 0,
    maximum: 2147483647,
    description: 'Minimum size of server memory (MB)',
  },
  {
    id: 1544,
    name: 'max server memory (MB)',
    value: 28672,
    minimum: 128,
    maximum: 2147483647,
    description: 'Maximum size of server memory (MB)',
  },
  {
    id: 1579,
    name: 'backup compression default',
    value: 1,
    minimum: 0,
    maximum: 1,
    description: 'Enable compression of backups by default',
  },
  {
    id: 16391,
    name: 'backup checksum default',
    value: 1,
    minimum: 0,
    maximum: 1,
    description: 'Enable checksum of backups by default',
  },
  { id: 16384, name: 'Agent XPs', value: 1, minimum: 0, maximum: 1, description: 'Enable or disable Agent XPs' },
  {
    id: 16386,
    name: 'Database Mail XPs',
    value: 0,
    minimum: 0,
    maximum: 1,
    description: 'Enable or disable Database Mail XPs',
  },
  {
    id: 1562,
    name: 'clr enabled',
    value: 0,
    minimum: 0,
    maximum: 1,
    description: 'CLR user code execution enabled in the server',
  },
  {
    id: 16393,
    name: 'contained database authentication',
    value: 0,
    minimum: 0,
    maximum: 1,
    description: 'Enables contained databases and contained authentication',
  },
];
