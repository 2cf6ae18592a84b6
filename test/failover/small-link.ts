import type { Sides } from '../../src/failover/sides.ts';
import type { Clock } from '../../src/link/clock.ts';
import { parseLsn } from '../../src/link/lsn.ts';
import type {
  AvailabilityGroupUse,
  LinkInAzure,
  ReplicaState,
  ServerSight,
  SessionInDatabase,
} from '../../src/link/observation.ts';
import type { ArmOutcome, ArmRequest, AzureSide, SqlCommand, SqlSide } from '../../src/link/ports.ts';
import { LinkError, type Reason } from '../../src/link/problem.ts';
import type { CommitMode, LinkTarget } from '../../src/link/vocabulary.ts';

/**
 * A link small enough to see through: two logs, three queues, no sockets. It obeys the statements it is sent by parsing them, so that a wrong statement
 * changes nothing. (The practice lab is the real peer; this one is for what needs a thousand variations.)
 */
export class SmallLink {
  now = 1_800_000_000_000;
  /** Positions of the two logs; `sent` counts what the instance has hardened. */
  committed = 100n;
  hardened = 100n;
  /** Log records a second that the link carries, and that writers make. */
  sendRate = 1_000n;
  writeRate = 0n;
  /** Ends the workload at this time. */
  writersStopAt = Number.POSITIVE_INFINITY;
  openTransactions = 0;
  mode: CommitMode = 'asynchronous';
  azureMode: CommitMode = 'asynchronous';
  linkInAzure = true;
  linkId = 'C856CFF5-A6FE-418E-8894-17799CC20F5D';
  instanceWritable = false;
  instanceRole: 'primary' | 'secondary' = 'secondary';
  groups = new Set(['DAG_Sales', 'AG_Sales']);
  otherDatabases: string[] = [];
  instanceReachable = true;
  sqlServerReachable = true;
  /** Rows committed after the cut: a bug of the tool if a planned failover leaves any unsent. */
  lostAtCut: bigint | undefined;
  /** Statements and requests received, in order. */
  readonly received: string[] = [];
  /** Called before a request is executed; may throw, or return 'dropAnswer' to execute and then lose the answer. */
  fault: (text: string) => 'dropAnswer' | undefined = () => undefined;
  #lastAdvance = this.now;
  readonly #sleepers = new Set<{ readonly at: number; wake(): void }>();

  /** Virtual time: it moves to the next sleeper whenever nobody has anything else to do. */
  readonly clock: Clock = {
    now: () => this.now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        const sleeper = { at: this.now + ms, wake: resolve };
        this.#sleepers.add(sleeper);
        signal.addEventListener('abort', () => this.#sleepers.delete(sleeper) && reject(signal.reason), { once: true });
        setImmediate(() => this.#wakeNext());
      }),
  };

  #wakeNext(): void {
    const [next] = [...this.#sleepers].sort((a, b) => a.at - b.at);
    if (!next) return;
    this.#sleepers.delete(next);
    this.advance(Math.max(0, next.at - this.now));
    next.wake();
    if (this.#sleepers.size > 0) setImmediate(() => this.#wakeNext());
  }

  readonly target: LinkTarget = {
    link: 'DAG_Sales',
    linkId: this.linkId,
    availabilityGroup: 'AG_Sales',
    instanceAvailabilityGroup: 'mi-prod',
    databases: ['Sales'],
    sqlServer: { name: 'SQLPROD01', version: '15.0.4420.2' },
    instance: { name: 'mi-prod', fullyQualifiedDomainName: 'mi-prod.abc123.database.windows.net' },
    azure: { subscriptionId: '11111111-2222-3333-4444-555555555555', resourceGroup: 'rg-prod', instance: 'mi-prod' },
  };

  get sides(): Sides {
    return {
      sqlServer: this.#sqlServer,
      instance: this.instanceReachable ? this.#instance : undefined,
      azure: this.#azure,
    };
  }

  advance(ms: number): void {
    this.now += ms;
    const elapsed = BigInt(this.now - this.#lastAdvance);
    this.#lastAdvance = this.now;
    if (this.now <= this.writersStopAt) this.committed += (this.writeRate * elapsed) / 1000n;
    if (!this.linkInAzure || this.instanceRole === 'primary') return;
    const sent = this.hardened + (this.sendRate * elapsed) / 1000n;
    this.hardened =
      this.mode === 'synchronous' && sent >= this.committed
        ? this.committed
        : sent < this.committed
          ? sent
          : this.committed;
  }

  #synchronized(): boolean {
    return this.mode === 'synchronous' && this.hardened === this.committed;
  }

  #replica(over: Partial<ReplicaState>): ReplicaState {
    const none = {
      suspended: false,
      suspendReason: undefined,
      endOfLogLsn: undefined,
      lastCommitLsn: undefined,
      lastCommitTime: undefined,
      lastHardenedTime: undefined,
      sendQueueKb: undefined,
    };
    const rates = {
      sendRateKbPerSecond: undefined,
      redoQueueKb: undefined,
      redoRateKbPerSecond: undefined,
      lagSeconds: undefined,
      hardenedLsn: undefined,
    };
    return {
      syncState: this.#synchronized() ? 'synchronized' : 'synchronizing',
      health: 'healthy',
      ...none,
      ...rates,
      ...over,
    };
  }

  #sight(name: string, over: Partial<ServerSight>): ServerSight {
    return {
      identity: {
        name,
        version: '15.0.4420.2',
        edition: 'Enterprise Edition',
        isManagedInstance: false,
        alwaysOnEnabled: true,
        utcNow: this.now,
      },
      permissions: {
        login: 'dba',
        sysadmin: true,
        viewServerState: true,
        viewAnyDefinition: true,
        alterAvailabilityGroup: true,
      },
      link: undefined,
      databases: [],
      sessions: [],
      availabilityGroup: undefined,
      groupNames: [...this.groups],
      ...over,
    };
  }

  readonly #sqlServer: SqlSide = {
    side: 'sqlServer',
    label: 'SQLPROD01',
    practice: false,
    identify: () => Promise.reject(new Error('not used')),
    databases: () => Promise.reject(new Error('not used')),
    close: async () => undefined,
    observe: async () => {
      if (!this.sqlServerReachable) throw problem('unreachable', 'no route');
      const lsn = parseLsn(String(37_000_000_000_000_000n + this.committed));
      const linked = this.groups.has('DAG_Sales');
      const session: SessionInDatabase = {
        id: 57,
        login: 'app',
        host: 'WEB01',
        program: 'shop',
        database: 'Sales',
        openTransactions: this.openTransactions,
        transactionSeconds: 5,
        logUsedKb: 1,
      };
      const group: AvailabilityGroupUse = {
        name: 'AG_Sales',
        id: 'A',
        databases: ['Sales', ...this.otherDatabases],
        replicas: ['SQLPROD01'],
        localRole: 'primary',
        listeners: [],
        links: linked ? ['DAG_Sales'] : [],
      };
      const member = {
        endpointUrl: 'tcp://x:5022',
        commitMode: this.mode,
        connected: this.linkInAzure,
        health: 'healthy' as const,
        lastConnectError: undefined,
      };
      return this.#sight('SQLPROD01', {
        link: linked
          ? {
              name: 'DAG_Sales',
              id: this.linkId,
              localRole: 'primary',
              instance: {
                instance: 'mi-prod',
                fullyQualifiedDomainName: 'mi-prod.abc123.database.windows.net',
                port: 5022,
              },
              members: [
                { ...member, availabilityGroup: 'AG_Sales', isLocal: true, role: 'primary' },
                { ...member, availabilityGroup: 'mi-prod', isLocal: false, role: 'secondary' },
              ],
            }
          : undefined,
        databases: [
          {
            name: 'Sales',
            state: 'ONLINE',
            writable: true,
            local: this.#replica({
              hardenedLsn: this.mode === 'synchronous' ? lsn : undefined,
              endOfLogLsn: lsn,
              lastCommitLsn: lsn,
            }),
            remote: this.#replica({ sendQueueKb: Number(this.committed - this.hardened), redoQueueKb: 0 }),
          },
        ],
        sessions: this.openTransactions > 0 ? [session] : [],
        availabilityGroup: this.groups.has('AG_Sales') ? group : undefined,
      });
    },
    execute: async (command: SqlCommand) => this.#perform(command.text, () => this.#tsql(command.text)),
  };

  readonly #instance: SqlSide = {
    ...this.#sqlServer,
    side: 'managedInstance',
    label: 'mi-prod',
    observe: async () =>
      this.#sight('mi-prod', {
        link: this.linkInAzure
          ? { name: 'DAG_Sales', id: this.linkId, localRole: this.instanceRole, members: [], instance: undefined }
          : undefined,
        databases: [
          {
            name: 'Sales',
            state: 'ONLINE',
            writable: this.instanceWritable,
            local: this.#replica({
              hardenedLsn: parseLsn(String(37_000_000_000_000_000n + this.hardened)),
              redoQueueKb: 0,
            }),
            remote: undefined,
          },
        ],
      }),
    execute: async () => Promise.reject(problem('unsupported', 'nothing is sent to the instance on this route')),
  };

  readonly #azure: AzureSide = {
    account: 'dba@example.com',
    cloud: 'Azure',
    tenants: async () => [],
    subscriptions: async () => [],
    findInstance: async () => undefined,
    permissions: async () => ({ known: true, missing: [] }),
    links: async () => [],
    link: async () => (this.linkInAzure ? this.#linkInAzure() : undefined),
    databaseStatus: async () => (this.instanceWritable ? 'Online' : 'Restoring'),
    start: async (request: ArmRequest): Promise<ArmOutcome> => {
      await this.#perform(`${request.method} ${request.path} ${JSON.stringify(request.body ?? null)}`, () =>
        this.#arm(request),
      );
      return { state: 'done' };
    },
    follow: async () => undefined,
  };

  #linkInAzure(): LinkInAzure {
    return {
      name: 'DAG_Sales',
      id: this.linkId,
      commitMode: this.azureMode,
      instanceRole: this.instanceRole,
      partnerRole: this.instanceRole === 'primary' ? 'secondary' : 'primary',
      partnerAvailabilityGroup: 'AG_Sales',
      instanceAvailabilityGroup: 'mi-prod',
      failoverMode: 'None',
      databases: [
        {
          name: 'Sales',
          replicaState: 'Catchup',
          health: 'healthy',
          connected: true,
          hardenedLsn: parseLsn(String(37_000_000_000_000_000n + this.hardened)),
          lastHardenedTime: this.now,
          lastCommitLsn: undefined,
          mostRecentError: undefined,
          certificateExpiry: undefined,
        },
      ],
    };
  }

  async #perform(text: string, effect: () => void): Promise<void> {
    this.received.push(text);
    const dropped = this.fault(text);
    effect();
    if (dropped) throw problem('unknownOutcome', 'the answer was lost');
  }

  #tsql(text: string): void {
    const modes = [...text.matchAll(/N'([^']+)' WITH \(AVAILABILITY_MODE = (SYNCHRONOUS|ASYNCHRONOUS)_COMMIT\)/g)];
    if (/^ALTER AVAILABILITY GROUP \[DAG_Sales\] MODIFY AVAILABILITY GROUP ON\s/.test(text) && modes.length === 2)
      this.mode = modes[0]?.[2] === 'SYNCHRONOUS' ? 'synchronous' : 'asynchronous';
    else if (/^DROP AVAILABILITY GROUP \[(\w+)\];$/.test(text)) this.groups.delete(/\[(\w+)\]/.exec(text)?.[1] ?? '');
    else throw problem('refused', `not understood: ${text}`);
  }

  #arm(request: ArmRequest): void {
    if (request.method === 'PATCH')
      this.azureMode = JSON.stringify(request.body).includes('Async') ? 'asynchronous' : 'synchronous';
    else if (request.method === 'DELETE') this.#cut();
    else if (request.path.endsWith('/failover')) this.#takeOver();
    else throw problem('refused', 'not understood');
  }

  #cut(): void {
    if (this.instanceRole === 'secondary') this.lostAtCut = this.committed - this.hardened;
    this.linkInAzure = false;
    this.instanceWritable = true;
  }

  #takeOver(): void {
    this.lostAtCut = this.committed - this.hardened;
    this.instanceRole = 'primary';
    this.instanceWritable = true;
  }
}

/** A LinkError as an adapter would throw it. */
export const problem = (reason: Reason, message: string): LinkError =>
  new LinkError({ reason, venue: 'sqlServer', message });
