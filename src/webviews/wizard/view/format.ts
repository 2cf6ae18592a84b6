import * as l10n from '@vscode/l10n';
import type { Finding } from '../../../failover/assess.ts';
import { formatLsn, type Lsn } from '../../../link/lsn.ts';
import type { Problem } from '../../../link/problem.ts';
import { venueKind } from '../../../link/problem-text.ts';
import type { CommitMode, Role, SyncState } from '../../../link/vocabulary.ts';
import type { Notice } from '../../messages.ts';

/** Figures and words as a DBA reads them. What is not known is said so, never shown as zero. */

export const notReported = (): string => l10n.t('not reported');

/** KB as SQL Server counts it; MB from 10,240 KB on. */
export function size(kb: number | undefined): string {
  if (kb === undefined) return notReported();
  return kb < 10_240 ? l10n.t('{0} KB', Math.round(kb)) : l10n.t('{0} MB', (kb / 1024).toFixed(1));
}

export const seconds = (s: number | undefined): string => (s === undefined ? notReported() : l10n.t('{0} s', s));

export const lsn = (value: Lsn | undefined): string => (value === undefined ? notReported() : formatLsn(value));

/** LSN as decimal digits, as it stands in progress and plan. */
export const lsnDigits = (digits: string | undefined): string =>
  lsn(digits === undefined ? undefined : (BigInt(digits) as Lsn));

/** "< 0.1 s", "0.4 s", "12.3 s", "2 min 05 s". */
export function duration(ms: number): string {
  const tenths = Math.round(ms / 100);
  if (tenths < 1) return l10n.t('< 0.1 s');
  if (tenths < 600) return l10n.t('{0} s', (tenths / 10).toFixed(1));
  const whole = Math.round(ms / 1000);
  return l10n.t('{0} min {1} s', Math.floor(whole / 60), String(whole % 60).padStart(2, '0'));
}

export const timeOfDay = (at: number): string => new Date(at).toLocaleTimeString(undefined, { timeStyle: 'medium' });

export function role(value: Role): string {
  switch (value) {
    case 'primary':
      return l10n.t('Primary');
    case 'secondary':
      return l10n.t('Secondary');
    case 'resolving':
      return l10n.t('Resolving');
    case 'unknown':
      return l10n.t('Unknown');
  }
}

export function commitMode(value: CommitMode | undefined): string {
  switch (value) {
    case 'synchronous':
      return l10n.t('Synchronous');
    case 'asynchronous':
      return l10n.t('Asynchronous');
    case 'configurationOnly':
      return l10n.t('Configuration only');
    case 'unknown':
    case undefined:
      return l10n.t('Unknown');
  }
}

/** A state this release does not know is shown as the server named it. */
export function syncState(value: string): string {
  const words: Readonly<Record<SyncState, string>> = {
    synchronized: l10n.t('Synchronized'),
    synchronizing: l10n.t('Synchronizing'),
    notSynchronizing: l10n.t('Not synchronizing'),
    reverting: l10n.t('Reverting'),
    initializing: l10n.t('Initializing'),
    unknown: l10n.t('Unknown'),
  };
  return value in words ? words[value as SyncState] : value;
}

/** A problem as the pages show it: what happened, which side, number, the server's own words, what to do. */
export function problemNotice(problem: Problem, tone: Notice['tone'] = 'error'): Notice {
  const source = [
    ...(problem.venue ? [venueKind(problem.venue)] : []),
    ...(problem.number === undefined ? [] : [l10n.t('error {0}', problem.number)]),
    ...(problem.code ? [problem.code] : []),
  ].join(' · ');
  return {
    tone,
    title: problem.message,
    source: source || undefined,
    serverText: problem.serverText === problem.message ? undefined : problem.serverText,
    advice: problem.advice,
  };
}

export function findingNotice(finding: Finding): Notice {
  const tones = { block: 'error', warn: 'warning', info: 'info' } as const;
  return {
    tone: tones[finding.severity],
    title: finding.title,
    detail: finding.detail || undefined,
    advice: finding.advice,
  };
}
