import type { Sight } from './observation.ts';

/**
 * What readiness checks know beyond an observation. Each fact is a sight of its own, so that one missing permission loses one fact only.
 * `statements` and `reads` are what was asked, by the name of the fact, to be shown to the person.
 */
export interface ServerReadiness {
  readonly statements: Readonly<Record<string, string>>;
  readonly logins: Sight<readonly ServerLogin[]>;
  readonly jobs: Sight<readonly JobStep[]>;
  readonly linkedServers: Sight<readonly LinkedServer[]>;
  readonly serverObjects: Sight<readonly ServerObject[]>;
  readonly endpoint: Sight<readonly MirroringEndpoint[]>;
  readonly certificates: Sight<readonly ServerCertificate[]>;
  readonly backups: Sight<readonly RunningBackup[]>;
  /** Global trace flags that are on. */
  readonly traceFlags: Sight<readonly number[]>;
  /** Databases of the link whose automatic seeding has not ended. */
  readonly seeding: Sight<readonly { readonly database: string; readonly state: string }[]>;
  /** Percent of the log that is in use, by database. */
  readonly logSpace: Sight<readonly { readonly database: string; readonly usedPercent: number }[]>;
  readonly databaseOptions: Sight<readonly DatabaseOptions[]>;
  /** Whether accelerated database recovery is on, by database; SQL Server has it from 2019 on. */
  readonly acceleratedRecovery: Sight<readonly { readonly database: string; readonly on: boolean }[]>;
  readonly files: Sight<readonly { readonly database: string; readonly type: string; readonly count: number }[]>;
  readonly localReplicas: Sight<readonly LocalReplica[]>;
  readonly logShipping: Sight<readonly string[]>;
  readonly databases: readonly DatabaseReadiness[];
}

/** The facts of which every database has its own catalog. */
export interface DatabaseReadiness {
  readonly database: string;
  readonly users: Sight<readonly DatabaseUser[]>;
  /** Filegroups for FILESTREAM (FD) and memory-optimized data (FX). */
  readonly specialFilegroups: Sight<readonly { readonly name: string; readonly type: string }[]>;
}

export interface ServerLogin {
  readonly name: string;
  /** sys.server_principals.type: S SQL, U Windows, G Windows group, E Entra, X Entra group. */
  readonly type: string;
  /** 0x and hexadecimal digits. */
  readonly sid: string;
}

export interface DatabaseUser {
  readonly name: string;
  readonly type: string;
  readonly sid: string;
}

export interface JobStep {
  readonly job: string;
  readonly enabled: boolean;
  readonly database: string | undefined;
}

export interface LinkedServer {
  readonly name: string;
  readonly product: string;
  readonly provider: string;
  readonly dataSource: string | undefined;
}

export interface ServerObject {
  readonly kind: 'trigger' | 'credential';
  readonly name: string;
}

export interface MirroringEndpoint {
  readonly name: string;
  /** STARTED, STOPPED, DISABLED. */
  readonly state: string;
  readonly port: number | undefined;
  readonly certificate: string | undefined;
  /** Until the certificate expires, by the server's own clock; negative: since it expired. */
  readonly hoursLeft: number | undefined;
}

export interface ServerCertificate {
  readonly name: string;
  readonly hasPrivateKey: boolean;
}

export interface RunningBackup {
  readonly session: number;
  readonly command: string;
  readonly database: string | undefined;
}

export interface DatabaseOptions {
  readonly database: string;
  /** sys.databases.log_reuse_wait_desc. */
  readonly logReuseWait: string;
  readonly encrypted: boolean;
  readonly changeDataCapture: boolean;
  readonly published: boolean;
  readonly subscribed: boolean;
  readonly broker: boolean;
}

export interface LocalReplica {
  readonly server: string;
  readonly isLocal: boolean | undefined;
  readonly role: string | undefined;
  readonly connected: string | undefined;
  readonly health: string | undefined;
  readonly mode: string | undefined;
}

/** What Azure Resource Manager says around the link. */
export interface AzureReadiness {
  readonly reads: Readonly<Record<string, string>>;
  readonly instance: Sight<InstanceDetails>;
  /** Long-running operations of the instance that have not ended. */
  readonly operations: Sight<readonly string[]>;
  readonly databases: Sight<readonly { readonly name: string; readonly status: string }[]>;
  /** Failover groups that the instance is part of. */
  readonly failoverGroups: Sight<readonly string[]>;
}

export interface InstanceDetails {
  /** Ready, Stopped, Updating, … */
  readonly state: string;
  readonly databaseFormat: string | undefined;
  readonly tier: string;
  /** Active, or Passive for one that is licensed as a disaster recovery replica. */
  readonly hybridSecondaryUsage: string | undefined;
}
