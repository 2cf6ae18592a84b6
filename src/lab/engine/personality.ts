/** What a server is: product, version and what follows from it. Versions as in the link's version matrix. */
export interface Personality {
  readonly product: 'SQL Server' | 'Azure SQL Managed Instance';
  readonly productVersion: string;
  readonly productLevel: string;
  readonly updateLevel: string | undefined;
  readonly edition: string;
  /** SERVERPROPERTY('EngineEdition'): 3 = Enterprise/Developer, 8 = Managed Instance. */
  readonly engineEdition: number;
  /** Of the log that this server writes: 15 = SQL Server 2019, 16 = 2022, 17 = 2025, 99 = Always-up-to-date. */
  readonly logVersion: number;
  readonly compatibilityLevel: number;
  /** ALTER AVAILABILITY GROUP [dag] FAILOVER is there (SQL Server 2022 CU13, 2025, Managed Instance). */
  readonly plannedFailover: boolean;
  /** SET (REQUIRED_SYNCHRONIZED_SECONDARIES_TO_COMMIT) works on a distributed group (SQL Server 2022). */
  readonly requiredSecondariesOnLink: boolean;
  /** Entra tokens are accepted. */
  readonly entraLogins: boolean;
  readonly versionText: string;
}

function sqlServer(year: number, version: string, update: string | undefined, built: string): Personality {
  const [major = 0, , build = 0] = version.split('.').map(Number);
  const level = update ? `RTM-${update}` : 'RTM';
  return {
    product: 'SQL Server',
    productVersion: version,
    productLevel: 'RTM',
    updateLevel: update,
    edition: 'Enterprise Edition: Core-based Licensing (64-bit)',
    engineEdition: 3,
    logVersion: major,
    compatibilityLevel: major * 10,
    plannedFailover: major > 16 || (major === 16 && build >= 4125),
    requiredSecondariesOnLink: major >= 16,
    entraLogins: false,
    versionText: `Microsoft SQL Server ${year} (${level}) - ${version} (X64) \n\t${built} \n\tCopyright (C) ${year} Microsoft Corporation\n\tEnterprise Edition: Core-based Licensing (64-bit) on Windows Server 2022 Standard 10.0 <X64> (Build 20348: ) (Hypervisor)\n`,
  };
}

/** The four SQL Servers that scenarios use; builds from the version matrix of the link. */
export const sqlServer2019 = sqlServer(2019, '15.0.4385.2', 'CU28', 'Jul 23 2024 15:52:43');
export const sqlServer2022 = sqlServer(2022, '16.0.4165.4', 'CU16', 'Nov  6 2024 19:24:49');
export const sqlServer2022BeforeCu13 = sqlServer(2022, '16.0.4095.4', 'CU10', 'Oct 30 2023 16:12:44');
export const sqlServer2025 = sqlServer(2025, '17.0.1000.7', undefined, 'Oct 21 2025 12:05:57');

/** databaseFormat of a managed instance. */
export type UpdatePolicy = 'SQLServer2022' | 'SQLServer2025' | 'AlwaysUpToDate';

const logVersions: Readonly<Record<UpdatePolicy, number>> = {
  SQLServer2022: 16,
  SQLServer2025: 17,
  AlwaysUpToDate: 99,
};

/** A managed instance under an update policy (databaseFormat in ARM). */
export const managedInstance = (policy: UpdatePolicy): Personality => ({
  product: 'Azure SQL Managed Instance',
  productVersion: '12.0.2000.8',
  productLevel: 'RTM',
  updateLevel: undefined,
  edition: 'SQL Azure',
  engineEdition: 8,
  logVersion: logVersions[policy],
  compatibilityLevel: 150,
  plannedFailover: true,
  requiredSecondariesOnLink: true,
  entraLogins: true,
  versionText:
    'Microsoft SQL Azure (RTM) - 12.0.2000.8 \n\tJan 28 2026 08:26:59 \n\tCopyright (C) 2025 Microsoft Corporation\n',
});
