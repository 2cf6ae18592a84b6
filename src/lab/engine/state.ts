import type { EngineAzure } from './azure.ts';
import type { LabSide } from './contract.ts';
import type { EngineDatabase } from './database.ts';
import { isSynchronous } from './groups.ts';
import type { EngineInstance } from './instance.ts';
import type { Link } from './link.ts';
import { healthOf, localState } from './views/replica-states.ts';
import type { Workload } from './workload.ts';

/** What the state is read from. */
export interface StateParts {
  readonly now: number;
  readonly scenario: string;
  readonly seed: number;
  readonly instances: Readonly<Record<LabSide, EngineInstance>>;
  readonly azure: EngineAzure;
  readonly links: readonly Link[];
  readonly workload: Workload;
  readonly accounts: unknown;
}

const lsn = (value: bigint | undefined) => value?.toString() ?? null;
const time = (ms: number | undefined) => (ms === undefined ? null : new Date(ms).toISOString());

/** The whole truth as JSON: what `GET /state` answers and tests check. LSNs as decimal strings. */
export function describeState(parts: StateParts) {
  return {
    now: time(parts.now),
    scenario: parts.scenario,
    seed: parts.seed,
    sqlServer: describeInstance(parts.instances.sqlServer),
    managedInstance: describeInstance(parts.instances.managedInstance),
    azure: { requests: parts.azure.requests.map(request => ({ ...request, at: time(request.at) })) },
    workload: parts.workload.figures,
    partings: parts.links.flatMap(link => describePartings(link, parts.instances)),
    accounts: parts.accounts,
  };
}

function describeInstance(instance: EngineInstance) {
  const databases = instance.databases().filter(database => database.isUser);
  return {
    name: instance.name,
    version: instance.personality.productVersion,
    databases: Object.fromEntries(databases.map(database => [database.name, describeDatabase(database)])),
    availabilityGroups: [
      ...instance.groups.map(({ name }) => ({ name, distributed: false, role: 'PRIMARY' })),
      ...instance.links.map(end => ({
        name: end.name,
        distributed: true,
        role: end.role,
        localMode: end.local.mode,
        remoteMode: end.remote.mode,
        connected: end.connected,
      })),
    ],
    sessions: instance.sessions().map(({ id, login, programName }) => ({ id, login: login.name, programName })),
    statements: instance.statements.map(statement => ({ ...statement, at: time(statement.at) })),
  };
}

function describeDatabase(database: EngineDatabase) {
  const progress = database.progress();
  const end = [...(database.group?.links ?? [])][0];
  const stream = [...database.streams][0];
  const sync = end ? localState(end, database) : undefined;
  return {
    role: database.role,
    state: database.state,
    writable: database.writable,
    availabilityMode: end?.local.mode ?? null,
    synchronizationState: sync ?? null,
    /** The secondary as this side, being primary, knows it. */
    remoteSynchronizationState: stream?.state ?? null,
    health: end && sync ? healthOf(sync, isSynchronous(end)) : null,
    suspended: stream?.suspended ?? database.feed?.suspended ?? null,
    redoFailure: database.redoFailure ?? null,
    lsn: {
      endOfLog: lsn(progress.endOfLog),
      lastHardened: lsn(progress.hardened),
      lastReceived: lsn(progress.received?.block),
      lastRedone: lsn(progress.redone?.lsn),
      lastCommit: lsn(progress.lastCommit?.lsn),
    },
    lastCommitAt: time(progress.lastCommit?.at),
    sendQueueKb: stream?.sendQueueKb ?? null,
    redoQueueKb: progress.redoQueueKb,
    rows: database.store.rowCounts() ?? null,
  };
}

/** Every parting of the two sides, with what was lost then and what was written to the past since. */
const describePartings = (link: Link, instances: Readonly<Record<LabSide, EngineInstance>>) =>
  link.partings.map(({ appendedThen, lostLsns, forkLsn, at, ...parting }) => ({
    ...parting,
    at: time(at),
    forkLsn: lsn(forkLsn),
    lostLsns: lostLsns ? { first: lsn(lostLsns.first), last: lsn(lostLsns.last) } : null,
    writtenSince: (instances[parting.behind].database(parting.database)?.log.appended ?? appendedThen) - appendedThen,
  }));
