import { linkPath } from '../link/azure-path.ts';
import type { Way } from '../link/capabilities.ts';
import { quoteLiteral, quoteName } from '../link/names.ts';
import type { ArmRequest, SqlCommand } from '../link/ports.ts';
import type { FailoverKind, LinkTarget, Side } from '../link/vocabulary.ts';

/** The text of everything that changes something, once: the script shows it, the executor sends it. Sources: mi-link facts 2a–2e (Microsoft Learn, "Fail over a link"). */

/** Stable version with failover and setRole (Microsoft.Sql, 2025-01-01). */
const LINK_API_VERSION = '2025-01-01';

/** AG DDL returns when accepted, but may wait for other AG work: ms until its outcome is called unknown. */
const DDL_TIMEOUT_MS = 120_000;
/** A full backup may take hours (ms). */
const BACKUP_TIMEOUT_MS = 8 * 3_600_000;

export type Change =
  | { readonly on: Side; readonly sql: SqlCommand }
  | { readonly on: 'azure'; readonly arm: ArmRequest };

/** Sets the commit mode of both members of the DAG, in the order given. */
export function setCommitModes(
  link: string,
  members: readonly { readonly availabilityGroup: string; readonly mode: 'synchronous' | 'asynchronous' }[],
): Change {
  const lines = members.map(
    m =>
      `  ${quoteLiteral(m.availabilityGroup)} WITH (AVAILABILITY_MODE = ${m.mode === 'synchronous' ? 'SYNCHRONOUS_COMMIT' : 'ASYNCHRONOUS_COMMIT'})`,
  );
  return onSqlServer(`ALTER AVAILABILITY GROUP ${quoteName(link)} MODIFY AVAILABILITY GROUP ON\n${lines.join(',\n')};`);
}

/** Drops an AG or a DAG on SQL Server; its databases stay. */
export const dropGroup = (name: string): Change => onSqlServer(`DROP AVAILABILITY GROUP ${quoteName(name)};`);

export const setReplicationMode = (target: LinkTarget, mode: 'Sync' | 'Async'): Change => ({
  on: 'azure',
  arm: {
    method: 'PATCH',
    path: linkPath(target.azure, target.link),
    apiVersion: LINK_API_VERSION,
    body: { properties: { replicationMode: mode } },
  },
});

/** Cuts the link: the instance's database becomes read-write on its own. */
export const deleteLink = (target: LinkTarget): Change => ({
  on: 'azure',
  arm: { method: 'DELETE', path: linkPath(target.azure, target.link), apiVersion: LINK_API_VERSION },
});

export const forceFailover = (target: LinkTarget): Change => ({
  on: 'azure',
  arm: {
    method: 'POST',
    path: `${linkPath(target.azure, target.link)}/failover`,
    apiVersion: LINK_API_VERSION,
    body: { failoverType: 'ForcedAllowDataLoss' },
  },
});

/** Planned failover by Azure: only while the instance is the link's primary (InvalidDistributedAvailabilityGroupFailoverInstanceRole otherwise). */
export const planFailover = (target: LinkTarget): Change => ({
  on: 'azure',
  arm: {
    method: 'POST',
    path: `${linkPath(target.azure, target.link)}/failover`,
    apiVersion: LINK_API_VERSION,
    body: { failoverType: 'Planned' },
  },
});

/** Takes or gives up the instance's role in the link. Planned to Primary is refused by the service, so both are forced. */
export const setInstanceRole = (target: LinkTarget, instanceRole: 'Primary' | 'Secondary'): Change => ({
  on: 'azure',
  arm: {
    method: 'POST',
    path: `${linkPath(target.azure, target.link)}/setRole`,
    apiVersion: LINK_API_VERSION,
    body: { instanceRole, roleChangeType: 'Forced' },
  },
});

/** Planned failover, run on the link's primary (SQL Server 2022 CU13, 2025, managed instances). */
export const failOver = (link: string, on: Side): Change =>
  onServer(on, `ALTER AVAILABILITY GROUP ${quoteName(link)} FAILOVER;`);

/** SQL Server becomes the link's primary with what it has. */
export const forceOnSqlServer = (link: string): Change =>
  onSqlServer(`ALTER AVAILABILITY GROUP ${quoteName(link)} FORCE_FAILOVER_ALLOW_DATA_LOSS;`);

/** SQL Server stops accepting writes and is the link's secondary. */
export const giveUpPrimaryRole = (link: string): Change =>
  onSqlServer(`ALTER AVAILABILITY GROUP ${quoteName(link)} SET (ROLE = SECONDARY);`);

/** 1: no commit without the other side. */
export const requireSynchronizedSecondaries = (link: string, count: 0 | 1): Change =>
  onSqlServer(
    `ALTER AVAILABILITY GROUP ${quoteName(link)} SET (REQUIRED_SYNCHRONIZED_SECONDARIES_TO_COMMIT = ${count});`,
  );

export const resumeDataMovement = (database: string): Change =>
  onSqlServer(`ALTER DATABASE ${quoteName(database)} SET HADR RESUME;`);

/** Opens a copy that was left restoring. */
export const recoverDatabase = (database: string): Change =>
  onSqlServer(`RESTORE DATABASE ${quoteName(database)} WITH RECOVERY;`);

/** A full backup that can be restored by itself and disturbs no chain; on the instance the only kind there is. */
export const backUpCopy = (database: string, side: Side, to: string): Change => ({
  on: side,
  sql: {
    text: `BACKUP DATABASE ${quoteName(database)} TO ${side === 'sqlServer' ? 'DISK' : 'URL'} = ${quoteLiteral(to)} WITH COPY_ONLY, CHECKSUM;`,
    timeoutMs: BACKUP_TIMEOUT_MS,
  },
});

/** Number of the error by which `fullBackupSeen` says that there is none yet. */
export const NO_FULL_BACKUP_YET = 50_010;

/**
 * Changes nothing: fails while the instance has no full backup of a database that ended after `since` (Unix ms). msdb keeps local time, so the server's own
 * distance from UTC is added.
 */
export const fullBackupSeen = (databases: readonly string[], since: number): Change => {
  const at = quoteLiteral(new Date(since).toISOString().slice(0, 19));
  const checks = databases.map(name =>
    [
      `IF NOT EXISTS (SELECT 1 FROM msdb.dbo.backupset WHERE database_name = ${quoteLiteral(name)} AND type = 'D'`,
      `    AND DATEADD(minute, DATEDIFF(minute, GETDATE(), GETUTCDATE()), backup_finish_date) > CONVERT(datetime, ${at}, 126))`,
      `  THROW ${NO_FULL_BACKUP_YET}, ${quoteLiteral(`No full backup of ${name} since ${new Date(since).toISOString()} yet.`)}, 1;`,
    ].join('\n'),
  );
  return onServer('managedInstance', checks.join('\n'));
};

const onServer = (on: Side, text: string): Change => ({ on, sql: { text, timeoutMs: DDL_TIMEOUT_MS } });

const onSqlServer = (text: string): Change => onServer('sqlServer', text);

/** Whether a change can throw committed work away: then run.ts asks for more than a plan before it sends it. Told by the text itself, so that no step can forget to say so. */
export function canLoseData(change: Change): boolean {
  if (change.on !== 'azure')
    return /FORCE_FAILOVER_ALLOW_DATA_LOSS|SET\s*\(\s*ROLE\s*=\s*SECONDARY/i.test(change.sql.text);
  const { failoverType, roleChangeType } = change.arm.body ?? {};
  return failoverType === 'ForcedAllowDataLoss' || roleChangeType === 'Forced';
}

/** Azure actions that a failover of this kind and way needs (Microsoft.Sql, custom role of the link documentation; failover and setRole by ARM's naming rule). */
export const neededActions = (kind: FailoverKind, way?: Way): readonly string[] => {
  const dag = 'Microsoft.Sql/managedInstances/distributedAvailabilityGroups';
  const always = ['Microsoft.Sql/managedInstances/read', `${dag}/read`, `${dag}/delete`];
  if (kind === 'forced') return [...always, `${dag}/failover/action`];
  if (way === 'roleSwitch') return [...always, `${dag}/write`, `${dag}/setRole/action`];
  if (way === 'azureFailover') return [...always, `${dag}/write`, `${dag}/failover/action`];
  return [...always, `${dag}/write`];
};
