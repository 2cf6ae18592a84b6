import type { Certificate, Job } from './catalog.ts';
import { dayMs, dnsZone, instanceHost, linkedDatabase, serverName } from './company.ts';
import type { LabClock } from './contract.ts';
import type { EngineDatabase } from './database.ts';
import type { EngineInstance } from './instance.ts';
import type { Random } from './random.ts';

/** What hangs around a production server and does not travel with a database. */
export function furnish(instance: EngineInstance, random: Random): void {
  const now = instance.clock.now();
  const certificate = (
    id: number,
    name: string,
    subject: string,
    privateKey: Certificate['privateKey'],
    days: number,
  ) => ({
    id,
    name,
    subject,
    issuer: privateKey === 'MK' ? subject : 'Microsoft Azure RSA TLS Issuing CA 07',
    thumbprint: random.bytes(20),
    startsAt: now - 100 * dayMs,
    expiresAt: now + days * dayMs,
    privateKey,
  });
  instance.certificates.push(
    certificate(256, `Cert_${serverName}_endpoint`, `Certificate for the link endpoint of ${serverName}`, 'MK', 265),
    certificate(257, instanceHost, `*.${dnsZone}.database.windows.net`, 'NA', 180),
    certificate(258, 'MicrosoftPKI', 'Microsoft RSA Root Certificate Authority 2017', 'NA', 5600),
    certificate(259, 'DigiCertPKI', 'DigiCert Global Root G2', 'NA', 4300),
  );
  const job = (
    name: string,
    database: string,
    command: string,
    everyMinutes: number,
    lastRunMinutesAgo: number,
  ): Job => ({
    id: random.uuid(),
    name,
    ownerSid: Uint8Array.of(1),
    description: 'No description available.',
    category: '[Uncategorized (Local)]',
    steps: [{ name: 'run', database, command }],
    everyMinutes,
    createdAt: now - 300 * dayMs,
    enabled: true,
    runningSince: undefined,
    lastRunAt: now - lastRunMinutesAgo * 60_000,
  });
  instance.jobs.push(
    job('Sales - import orders', linkedDatabase, 'EXEC dbo.ImportOrders;', 15, 6),
    job('Sales - nightly statistics', linkedDatabase, 'EXEC sys.sp_updatestats;', 1440, 500),
    job('Backup - log', 'master', "EXEC dbo.BackupLogs @databases = 'USER_DATABASES';", 15, 3),
    job('Archive - purge', 'Archive', 'EXEC dbo.PurgeOldOrders;', 1440, 700),
  );
  instance.linkedServers.push({
    name: 'CRM01',
    product: 'SQL Server',
    provider: 'SQLNCLI11',
    dataSource: 'crm01.corp.example',
    modifiedAt: now - 250 * dayMs,
  });
  instance.flags.push(1800, 9567);
}

/** A full backup last night and log backups every quarter of an hour, as msdb remembers them. */
export function addBackupHistory(instance: EngineInstance, databases: readonly EngineDatabase[], now: number): void {
  for (const database of databases) {
    for (const [type, minutesAgo, mb] of [
      ['D', 700, 5200],
      ['L', 33, 12],
      ['L', 18, 9],
      ['L', 3, 11],
    ] as const) {
      const finishedAt = now - minutesAgo * 60_000;
      instance.backups.push({
        id: instance.backups.length + 1,
        database: database.name,
        type,
        copyOnly: false,
        startedAt: finishedAt - mb * 10,
        finishedAt,
        firstLsn: database.log.end,
        lastLsn: database.log.end,
        sizeBytes: mb * 1024 * 1024,
        to: `F:\\Backup\\${database.name}_${type === 'D' ? 'full' : 'log'}.bak`,
        user: 'NT SERVICE\\SQLSERVERAGENT',
      });
    }
  }
}

/** Azure backs a database up by itself, soon after it has become writable there. */
export function backUpSoon(
  instance: EngineInstance,
  database: EngineDatabase,
  clock: LabClock,
  backups: { readonly firstBackupMs: number },
): void {
  clock.setTimer(backups.firstBackupMs, () => {
    if (!database.writable) return;
    instance.backups.push({
      id: instance.backups.length + 1,
      database: database.name,
      type: 'D',
      copyOnly: false,
      startedAt: clock.now() - Math.min(backups.firstBackupMs, 2000),
      finishedAt: clock.now(),
      firstLsn: database.log.end,
      lastLsn: database.log.end,
      sizeBytes: 5_452_595_200,
      to: `https://practice.blob.core.windows.net/backups/${database.guid.toLowerCase()}.bak`,
      user: 'NT AUTHORITY\\SYSTEM',
    });
  });
}
