import * as l10n from '@vscode/l10n';
import type { Direction } from '../link/capabilities.ts';
import { formatLsn, type Lsn, sameLsn } from '../link/lsn.ts';
import { sameName } from '../link/names.ts';
import type {
  DatabaseInAzure,
  DatabaseOnServer,
  LinkInAzure,
  LinkOnServer,
  Observation,
  ServerSight,
  SessionInDatabase,
} from '../link/observation.ts';
import type { LinkTarget, Role, Side } from '../link/vocabulary.ts';
import type { SyncProgress } from './events.ts';

/** Pure facts of an observation: what is equal, who writes, what is still being waited for. */

export const sqlServerSight = (o: Observation): ServerSight | undefined =>
  o.sqlServer.state === 'seen' ? o.sqlServer.value : undefined;
export const instanceSight = (o: Observation): ServerSight | undefined =>
  o.managedInstance.state === 'seen' ? o.managedInstance.value : undefined;
export const azureLink = (o: Observation): LinkInAzure | undefined =>
  o.azure.state === 'seen' && o.azure.value !== 'absent' ? o.azure.value : undefined;

/** Azure was asked and answered that the link does not exist. */
export const linkAbsentInAzure = (o: Observation): boolean => o.azure.state === 'seen' && o.azure.value === 'absent';

/** How the instance is read: over its own endpoint, through Azure only, or not at all. */
export function instanceReadBy(o: Observation): SyncProgress['instanceReadBy'] {
  if (o.managedInstance.state === 'seen') return 'tds';
  return azureLink(o) ? 'azure' : 'none';
}

export const databaseOn = (sight: ServerSight | undefined, name: string): DatabaseOnServer | undefined =>
  sight?.databases.find(d => sameName(d.name, name));
export const databaseInAzure = (o: Observation, name: string): DatabaseInAzure | undefined =>
  azureLink(o)?.databases.find(d => sameName(d.name, name));

/** Role of each side in the link as that side itself says, with Azure's word where the instance cannot be asked. */
export function roles(o: Observation): { readonly sqlServer: Role; readonly instance: Role } {
  const server = sqlServerSight(o)?.link?.localRole ?? azureLink(o)?.partnerRole ?? 'unknown';
  const instance = instanceSight(o)?.link?.localRole ?? azureLink(o)?.instanceRole ?? 'unknown';
  return { sqlServer: server, instance };
}

/** The side that is primary before a failover in this direction, and the one that is primary afterwards. */
export const sidesOf = (direction: Direction): { readonly from: Side; readonly to: Side } =>
  direction === 'toInstance'
    ? { from: 'sqlServer', to: 'managedInstance' }
    : { from: 'managedInstance', to: 'sqlServer' };

/** What a side says of itself. */
export const sightOf = (o: Observation, side: Side): ServerSight | undefined =>
  side === 'sqlServer' ? sqlServerSight(o) : instanceSight(o);

/** Role of one side. */
export const roleOf = (o: Observation, side: Side): Role =>
  side === 'sqlServer' ? roles(o).sqlServer : roles(o).instance;

/** Everybody else who is connected to the databases on the side that takes writes; an instance that Azure alone shows tells of nobody. */
export const sessionsOnPrimary = (o: Observation, direction: Direction = 'toInstance'): readonly SessionInDatabase[] =>
  sightOf(o, sidesOf(direction).from)?.sessions ?? [];

/** Sessions that have a transaction open in the databases: what they write after the cut would stay behind. */
export const writers = (o: Observation, direction: Direction = 'toInstance'): readonly SessionInDatabase[] =>
  sessionsOnPrimary(o, direction).filter(s => s.openTransactions > 0);

const allSynchronous = (link: LinkOnServer): boolean =>
  link.members.length > 0 && link.members.every(m => m.commitMode === 'synchronous');

/** The primary's catalog decides; of an instance that cannot be asked itself Azure tells. */
function synchronousOnPrimary(o: Observation, direction: Direction): boolean {
  const link = sightOf(o, sidesOf(direction).from)?.link;
  return link && link.members.length > 0 ? allSynchronous(link) : azureLink(o)?.commitMode === 'synchronous';
}

/** The positions that must be equal before a planned cut, of one database. */
export interface LsnPair {
  readonly database: string;
  readonly sqlServer: Lsn | undefined;
  readonly instance: Lsn | undefined;
  /** Moves with every commit: shows writers that hold no transaction open when we look. */
  readonly lastCommit: Lsn | undefined;
}

/** Hardened LSNs as each side itself says; the instance's from Azure where it cannot be asked. */
export function lsnPairs(o: Observation, target: LinkTarget, direction: Direction = 'toInstance'): readonly LsnPair[] {
  return target.databases.map(database => {
    const server = databaseOn(sqlServerSight(o), database)?.local;
    const instance = instanceSight(o) ? databaseOn(instanceSight(o), database)?.local : databaseInAzure(o, database);
    return {
      database,
      sqlServer: server?.hardenedLsn,
      instance: instance?.hardenedLsn,
      lastCommit: direction === 'toInstance' ? server?.lastCommitLsn : instance?.lastCommitLsn,
    };
  });
}

export const pairsEqual = (pairs: readonly LsnPair[]): boolean =>
  pairs.length > 0 && pairs.every(p => sameLsn(p.sqlServer, p.instance));

/** Two looks show the same positions: no log was written between them. */
export const pairsUnmoved = (a: readonly LsnPair[], b: readonly LsnPair[]): boolean =>
  a.length === b.length &&
  a.every(
    (p, i) =>
      p.database === b[i]?.database &&
      sameLsn(p.sqlServer, b[i]?.sqlServer) &&
      p.instance === b[i]?.instance &&
      p.lastCommit === b[i]?.lastCommit,
  );

/** What still keeps the databases from being synchronized while writers go on; undefined = synchronized. */
export function notCaughtUp(
  o: Observation,
  target: LinkTarget,
  direction: Direction = 'toInstance',
): string | undefined {
  const server = sqlServerSight(o);
  if (!server) return l10n.t('SQL Server to answer');
  if (!server.link) return l10n.t('the link {0} to be seen on SQL Server', target.link);
  if (instanceReadBy(o) === 'none') return l10n.t('the managed instance or Azure to answer');
  if (!synchronousOnPrimary(o, direction)) return l10n.t('the link to be in synchronous mode');
  for (const name of target.databases) {
    const missing = databaseNotCaughtUp(o, server, name);
    if (missing) return missing;
  }
  return undefined;
}

function databaseNotCaughtUp(o: Observation, server: ServerSight, name: string): string | undefined {
  const database = databaseOn(server, name);
  if (!database?.local) return l10n.t('{0} to be seen as part of the link on SQL Server', name);
  const seen = instanceSight(o);
  const there = seen ? databaseOn(seen, name)?.local : undefined;
  if (seen && !there) return l10n.t('{0} to be seen as part of the link on the managed instance', name);
  if (database.local.suspended || database.remote?.suspended || there?.suspended)
    return l10n.t('data movement of {0} to be resumed: it is suspended', name);
  if (database.local.syncState !== 'synchronized' || (database.remote && database.remote.syncState !== 'synchronized'))
    return l10n.t('{0} to be SYNCHRONIZED on SQL Server', name);
  if (there && there.syncState !== 'synchronized')
    return l10n.t('{0} to be SYNCHRONIZED on the managed instance', name);
  const azure = databaseInAzure(o, name);
  if (!there && azure?.health !== 'healthy') return l10n.t('{0} to be HEALTHY in Azure', name);
  return undefined;
}

/** What still keeps the databases from being provably equal; undefined = equal in this look. Queues that are not reported do not count: the LSNs do. */
export function notEqual(o: Observation, target: LinkTarget, direction: Direction = 'toInstance'): string | undefined {
  const behind = notCaughtUp(o, target, direction);
  if (behind) return behind;
  const writing = writers(o, direction);
  if (writing.length > 0)
    return l10n.t('{0} open transaction(s) to end: {1}', writing.length, describeSessions(writing));
  for (const name of target.databases) {
    const remote = databaseOn(sqlServerSight(o), name)?.remote;
    const there = databaseOn(instanceSight(o), name);
    const sendQueue = (direction === 'toInstance' ? remote : there?.remote)?.sendQueueKb ?? 0;
    if (sendQueue > 0) return l10n.t('the send queue of {0} to be empty ({1} KB left)', name, sendQueue);
    const redo =
      direction === 'toInstance'
        ? (there?.local?.redoQueueKb ?? remote?.redoQueueKb ?? 0)
        : (databaseOn(sqlServerSight(o), name)?.local?.redoQueueKb ?? 0);
    if (redo > 0) return l10n.t('the redo queue of {0} to be empty ({1} KB left)', name, redo);
  }
  return notSameLsn(o, target);
}

/** What keeps the hardened LSNs alone from being equal; undefined = both sides report them and they are. */
export function notSameLsn(o: Observation, target: LinkTarget): string | undefined {
  const unequal = lsnPairs(o, target).find(p => !sameLsn(p.sqlServer, p.instance));
  if (!unequal) return undefined;
  if (unequal.sqlServer === undefined || unequal.instance === undefined)
    return l10n.t('the hardened LSN of {0} to be reported by both sides', unequal.database);
  return l10n.t(
    'the hardened LSNs of {0} to be equal ({1} and {2})',
    unequal.database,
    formatLsn(unequal.sqlServer),
    formatLsn(unequal.instance),
  );
}

/** "app@HOST (program, session 57)" for the first three. */
export function describeSessions(sessions: readonly SessionInDatabase[]): string {
  const shown = sessions
    .slice(0, 3)
    .map(s => l10n.t('{0} from {1} ({2}, session {3})', s.login, s.host || '?', s.program || '?', s.id));
  return sessions.length > 3 ? `${shown.join('; ')} …` : shown.join('; ');
}

/** The live figures of the first (or only) database of the link. */
export function progressOf(
  o: Observation,
  target: LinkTarget,
  waitingFor: string,
  direction: Direction = 'toInstance',
): SyncProgress {
  const [pair] = lsnPairs(o, target);
  const name = target.databases[0] ?? '';
  const here = databaseOn(sqlServerSight(o), name);
  const there = databaseOn(instanceSight(o), name);
  const [known, own] = direction === 'toInstance' ? [here?.remote, there?.local] : [there?.remote, here?.local];
  return {
    sqlServerHardenedLsn: pair?.sqlServer?.toString(),
    instanceHardenedLsn: pair?.instance?.toString(),
    instanceReadBy: instanceReadBy(o),
    sendQueueKb: known?.sendQueueKb,
    redoQueueKb: own?.redoQueueKb ?? known?.redoQueueKb,
    lagSeconds: known?.lagSeconds ?? own?.lagSeconds,
    // A primary calls itself synchronized as soon as its mode is synchronous: what it says of the other side tells.
    syncState: known?.syncState ?? own?.syncState ?? 'unknown',
    writers: writers(o, direction).length,
    waitingFor,
  };
}
