import { linkPath } from '../link/azure-path.ts';
import { quoteLiteral, quoteName } from '../link/names.ts';
import type { ArmRequest, SqlCommand } from '../link/ports.ts';
import type { LinkTarget } from '../link/vocabulary.ts';

/** The text of everything that changes something, once: the script shows it, the executor sends it. Sources: mi-link facts 2a–2e (Microsoft Learn, "Fail over a link"). */

/** Stable version with failover and setRole (Microsoft.Sql, 2025-01-01). */
const LINK_API_VERSION = '2025-01-01';

/** AG DDL returns when accepted, but may wait for other AG work: ms until its outcome is called unknown. */
const DDL_TIMEOUT_MS = 120_000;

export type Change =
  | { readonly on: 'sqlServer' | 'managedInstance'; readonly sql: SqlCommand }
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

const onSqlServer = (text: string): Change => ({ on: 'sqlServer', sql: { text, timeoutMs: DDL_TIMEOUT_MS } });

/** Azure actions that a failover of this kind needs (Microsoft.Sql, custom role of the link documentation; failover by ARM's naming rule). */
export const neededActions = (kind: 'planned' | 'forced'): readonly string[] => {
  const dag = 'Microsoft.Sql/managedInstances/distributedAvailabilityGroups';
  const always = ['Microsoft.Sql/managedInstances/read', `${dag}/read`, `${dag}/delete`];
  return kind === 'planned' ? [...always, `${dag}/write`] : [...always, `${dag}/failover/action`];
};
