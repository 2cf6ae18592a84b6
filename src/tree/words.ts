import * as l10n from '@vscode/l10n';
import type { LinkSummary } from '../link/observation.ts';
import type { CommitMode, Role, SyncHealth, SyncState } from '../link/vocabulary.ts';

/** The state of a link as the tree shows it by icon and colour. */
export type LinkCondition = 'good' | 'catchingUp' | 'trouble' | 'disconnected' | 'unknown';

/** An asynchronous link is never "synchronized": there "synchronizing" is as good as it gets. */
export function conditionOf(link: LinkSummary): LinkCondition {
  if (link.connected === false) return 'disconnected';
  if (link.health === 'notHealthy') return 'trouble';
  switch (link.syncState) {
    case 'notSynchronizing':
      return 'trouble';
    case 'synchronized':
      return 'good';
    case 'synchronizing':
      return link.commitMode === 'asynchronous' ? 'good' : 'catchingUp';
    case 'reverting':
    case 'initializing':
      return 'catchingUp';
    case 'unknown':
      return 'unknown';
  }
}

export function roleWord(role: Role): string {
  switch (role) {
    case 'primary':
      return l10n.t('primary');
    case 'secondary':
      return l10n.t('secondary');
    case 'resolving':
      return l10n.t('resolving');
    case 'unknown':
      return l10n.t('role unknown');
  }
}

export function modeWord(mode: CommitMode): string {
  switch (mode) {
    case 'synchronous':
      return l10n.t('synchronous');
    case 'asynchronous':
      return l10n.t('asynchronous');
    case 'configurationOnly':
      return l10n.t('configuration only');
    case 'unknown':
      return l10n.t('mode unknown');
  }
}

export function syncWord(state: SyncState): string {
  switch (state) {
    case 'notSynchronizing':
      return l10n.t('not synchronizing');
    case 'synchronizing':
      return l10n.t('synchronizing');
    case 'synchronized':
      return l10n.t('synchronized');
    case 'reverting':
      return l10n.t('reverting');
    case 'initializing':
      return l10n.t('initializing');
    case 'unknown':
      return l10n.t('state unknown');
  }
}

export function healthWord(health: SyncHealth): string {
  switch (health) {
    case 'healthy':
      return l10n.t('healthy');
    case 'partiallyHealthy':
      return l10n.t('partially healthy');
    case 'notHealthy':
      return l10n.t('not healthy');
    case 'unknown':
      return l10n.t('unknown');
  }
}

/** How far the other side is behind, or undefined when that is not known. */
const lagWord = (seconds: number | undefined): string | undefined =>
  seconds === undefined ? undefined : l10n.t('lag {0} s', seconds);

/** A queue in the unit a person would choose; binary units, as SQL Server counts. */
export function queueWord(kb: number | undefined): string {
  if (kb === undefined) return l10n.t('unknown');
  return kb < 1024 ? l10n.t('{0} KB', kb) : l10n.t('{0} MB', (kb / 1024).toFixed(1));
}

/** As administrators say it, where there is little room. */
function shortModeWord(mode: CommitMode): string {
  switch (mode) {
    case 'synchronous':
      return l10n.t('sync');
    case 'asynchronous':
      return l10n.t('async');
    default:
      return modeWord(mode);
  }
}

/** role · mode · state · lag, leaving out what is not known. */
export function linkWords(link: LinkSummary): readonly string[] {
  return known([
    roleOfLink(link),
    link.commitMode === 'unknown' ? undefined : shortModeWord(link.commitMode),
    stateOfLink(link),
    link.connected === false ? undefined : lagWord(link.lagSeconds),
  ]);
}

/** role · state: enough for the database's row, whose link is told in full below it. */
export const shortLinkWords = (link: LinkSummary): readonly string[] => known([roleOfLink(link), stateOfLink(link)]);

const known = (words: readonly (string | undefined)[]): readonly string[] => words.filter(word => word !== undefined);

const roleOfLink = (link: LinkSummary): string | undefined =>
  link.localRole === 'unknown' ? undefined : roleWord(link.localRole);

const stateOfLink = (link: LinkSummary): string =>
  link.connected === false ? l10n.t('disconnected') : syncWord(link.syncState);

/** The instance's short name, or that there is none. */
export const partnerWord = (link: LinkSummary): string => link.instance?.instance ?? l10n.t('no managed instance');
