import type { RegisteredServer, Servers } from '../../src/hosts/contract.ts';
import { createNotifier } from '../../src/hosts/notifier.ts';
import type { DatabaseSummary, LinkSummary, ServerIdentity } from '../../src/link/observation.ts';
import type { SqlSide } from '../../src/link/ports.ts';
import { LinkError, type Reason } from '../../src/link/problem.ts';

export const prod: RegisteredServer = {
  id: 'prod',
  label: 'Production',
  description: 'sqlprod01,1433 · SQL login dba',
  practice: false,
};
export const practice: RegisteredServer = {
  id: 'practice',
  label: 'PRACTICE SQL Server',
  description: '127.0.0.1,14330 · practice lab',
  practice: true,
};

export const identity: ServerIdentity = {
  name: 'SQLPROD01',
  version: '15.0.4312.2',
  edition: 'Enterprise Edition (64-bit)',
  isManagedInstance: false,
  alwaysOnEnabled: true,
  utcNow: 0,
};

export const aLink = (changes: Partial<LinkSummary> = {}): LinkSummary => ({
  name: 'DAG_Sales',
  id: 'A0',
  availabilityGroup: 'AG_Sales',
  instanceAvailabilityGroup: 'mi-prod',
  instance: { instance: 'mi-prod', fullyQualifiedDomainName: 'mi-prod.zone.database.windows.net', port: 5022 },
  localRole: 'primary',
  commitMode: 'asynchronous',
  syncState: 'synchronizing',
  health: 'healthy',
  connected: true,
  sendQueueKb: 0,
  redoQueueKb: 3072,
  lagSeconds: 2,
  ...changes,
});

export const aDatabase = (name: string, links: readonly LinkSummary[] = []): DatabaseSummary => ({
  name,
  state: 'ONLINE',
  writable: true,
  links,
});

export const linkError = (reason: Reason, message = `It is ${reason}.`): LinkError =>
  new LinkError({ reason, venue: 'sqlServer', message });

/** Servers whose answers the test gives. */
export class FakeServers implements Servers {
  readonly #notifier = createNotifier();
  servers: readonly RegisteredServer[] = [];
  databases: readonly DatabaseSummary[] = [];
  /** Thrown, in order, instead of the next connections. */
  connectFailures: Error[] = [];
  /** Thrown, in order, instead of the next readings of databases. */
  readFailures: Error[] = [];
  /** While set, a reading waits for it. */
  gate: Promise<void> | undefined;
  connects = 0;
  reads = 0;
  open = 0;

  readonly onDidChange = this.#notifier.onDidChange;
  list(): readonly RegisteredServer[] {
    return this.servers;
  }
  setServers(...servers: readonly RegisteredServer[]): void {
    this.servers = servers;
    this.#notifier.notify();
  }
  async connect(id: string, signal: AbortSignal): Promise<SqlSide> {
    this.connects += 1;
    const failure = this.connectFailures.shift();
    if (failure) throw failure;
    this.open += 1;
    let closed = false;
    return {
      side: 'sqlServer',
      label: id,
      practice: false,
      identify: async () => identity,
      databases: async () => {
        this.reads += 1;
        await this.gate;
        signal.throwIfAborted();
        const failed = this.readFailures.shift();
        if (failed) throw failed;
        return this.databases;
      },
      observe: () => Promise.reject(new Error('not part of the tree')),
      readiness: () => Promise.reject(new Error('not part of the tree')),
      execute: () => Promise.reject(new Error('the tree must never change anything')),
      close: async () => {
        if (!closed) this.open -= 1;
        closed = true;
      },
    };
  }
}
