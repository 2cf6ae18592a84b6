import type { CommitMode, Role, SyncHealth, SyncState } from '../link/vocabulary.ts';

// Codes as documented for sys.dm_hadr_database_replica_states, sys.dm_hadr_availability_replica_states and sys.availability_replicas (Microsoft Learn).

const SYNC_STATES: readonly SyncState[] = [
  'notSynchronizing',
  'synchronizing',
  'synchronized',
  'reverting',
  'initializing',
];
const HEALTHS: readonly SyncHealth[] = ['notHealthy', 'partiallyHealthy', 'healthy'];
const ROLES: readonly Role[] = ['resolving', 'primary', 'secondary'];
const COMMIT_MODES: Readonly<Record<number, CommitMode>> = {
  0: 'asynchronous',
  1: 'synchronous',
  4: 'configurationOnly',
};

export const syncStateOf = (code: number | undefined): SyncState =>
  (code === undefined ? undefined : SYNC_STATES[code]) ?? 'unknown';
export const healthOf = (code: number | undefined): SyncHealth =>
  (code === undefined ? undefined : HEALTHS[code]) ?? 'unknown';
export const roleOf = (code: number | undefined): Role => (code === undefined ? undefined : ROLES[code]) ?? 'unknown';
export const commitModeOf = (code: number | undefined): CommitMode =>
  (code === undefined ? undefined : COMMIT_MODES[code]) ?? 'unknown';
