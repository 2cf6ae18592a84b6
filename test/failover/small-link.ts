import type { Sides } from '../../src/failover/sides.ts';
import type { Clock } from '../../src/link/clock.ts';
import { parseLsn } from '../../src/link/lsn.ts';
import type {
  AvailabilityGroupUse,
  LinkInAzure,
  LinkMember,
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
  sqlServerRole: 'primary' | 'secondary' = 'primary';
  version = '15.0.4420.2';
  failoverMode = 'None';
  required = 0;
  /** Data movement towards SQL Server. */
  suspended = false;
  /** The copy on SQL Server lost its link while it was a secondary. */
  copyRestoring = false;
  /** The instance's first full backup ends this long after it has become primary, ms. */
  backupAfterMs = 60_000;
  becamePrimaryAt: number | undefined;
  /** Log records thrown away because a diverged side was made secondary. */
  discarded = 0n;
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
  /** Requests that Azure accepts and whose operation then fails, without effect. */
  failsLater: (request: ArmRequest) => boolean = () => false;
  failure = problem('refused', 'DistributedAvailabilityGroupSetRoleFailed');
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

  get target(): LinkTarget {
    return { ...this.#target, sqlServer: { name: 'SQLPROD01', version: this.version } };
  }

  readonly #target: LinkTarget = {
    link: 'DAG_Sales',
    linkId: this.linkId,
    availabilityGroup: 'AG_Sales',
    instanceAvailabilityGroup: 'mi-prod',
    databases: ['Sales'],
    sqlServer: { name: 'SQLPROD01', version: '' },
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
    const written = this.now <= this.writersStopAt ? (this.writeRate * elapsed) / 1000n : 0n;
    if (this.sqlServerRole === 'primary') this.committed += written;
    else if (this.instanceRole === 'primary') this.hardened += written;
    if (!this.linkInAzure) return;
    const sendable = (this.sendRate * elapsed) / 1000n;
    const least = (x: bigint, y: bigint) => (x < y ? x : y);
    if (this.instanceRole === 'secondary') this.hardened = least(this.hardened + sendable, this.committed);
    else if (this.sqlServerRole === 'secondary' && !this.suspended)
      this.committed = least(this.committed + sendable, this.hardened);
  }

  /** A state in which SQL Server is the secondary. */
  reversed(): this {
    this.sqlServerRole = 'secondary';
    this.instanceRole = 'primary';
    this.instanceWritable = true;
    return this;
  }

  /** SQL Server 2022 and a link made for both directions. */
  twoWay(version = '16.0.4165.4'): this {
    this.version = version;
    this.failoverMode = 'Manual';
    return this;
  }

  /** Who is connected to the side that is primary. */
  #sessions(): SessionInDatabase[] {
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
    return this.openTransactions > 0 ? [session] : [];
  }

  /** The instance's own catalog of the link, which Azure changes. */
  #membersOnInstance(): LinkMember[] {
    return ['mi-prod', 'AG_Sales'].map(availabilityGroup => ({
      availabilityGroup,
      endpointUrl: 'tcp://x:5022',
      commitMode: this.azureMode,
      isLocal: availabilityGroup === 'mi-prod',
      role: availabilityGroup === 'mi-prod' ? this.instanceRole : this.sqlServerRole,
      connected: this.linkInAzure,
      health: 'healthy',
      lastConnectError: undefined,
    }));
  }

  get sqlServerWritable(): boolean {
    return this.groups.has('DAG_Sales') ? this.sqlServerRole === 'primary' : !this.copyRestoring;
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
        version: this.version,
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
    readiness: () => Promise.reject(problem('unsupported', 'a small link has nothing around it')),
    close: async () => undefined,
    observe: async () => {
      if (!this.sqlServerReachable) throw problem('unreachable', 'no route');
      const lsn = parseLsn(String(37_000_000_000_000_000n + this.committed));
      const linked = this.groups.has('DAG_Sales');
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
              localRole: this.sqlServerRole,
              instance: {
                instance: 'mi-prod',
                fullyQualifiedDomainName: 'mi-prod.abc123.database.windows.net',
                port: 5022,
              },
              members: [
                { ...member, availabilityGroup: 'AG_Sales', isLocal: true, role: this.sqlServerRole },
                { ...member, availabilityGroup: 'mi-prod', isLocal: false, role: this.instanceRole },
              ],
            }
          : undefined,
        databases: [
          {
            name: 'Sales',
            state: this.copyRestoring ? 'RESTORING' : 'ONLINE',
            writable: this.sqlServerWritable,
            local: this.#replica({
              suspended: this.suspended,
              hardenedLsn: this.mode === 'synchronous' || this.sqlServerRole === 'secondary' ? lsn : undefined,
              endOfLogLsn: lsn,
              lastCommitLsn: lsn,
            }),
            remote:
              this.sqlServerRole === 'primary'
                ? this.#replica({ sendQueueKb: Number(this.committed - this.hardened), redoQueueKb: 0 })
                : undefined,
          },
        ],
        sessions: this.sqlServerRole === 'primary' ? this.#sessions() : [],
        availabilityGroup: this.groups.has('AG_Sales') ? group : undefined,
      });
    },
    execute: async (command: SqlCommand) => {
      if (!this.sqlServerReachable) throw problem('unreachable', 'no route');
      await this.#perform(command.text, () => this.#tsql(command.text));
    },
  };

  readonly #instance: SqlSide = {
    ...this.#sqlServer,
    side: 'managedInstance',
    label: 'mi-prod',
    observe: async () =>
      this.#sight('mi-prod', {
        link: this.linkInAzure
          ? {
              name: 'DAG_Sales',
              id: this.linkId,
              localRole: this.instanceRole,
              members: this.#membersOnInstance(),
              instance: undefined,
            }
          : undefined,
        sessions: this.instanceRole === 'primary' ? this.#sessions() : [],
        databases: [
          {
            name: 'Sales',
            state: 'ONLINE',
            writable: this.instanceWritable,
            local: this.#replica({
              hardenedLsn: parseLsn(String(37_000_000_000_000_000n + this.hardened)),
              lastCommitLsn: parseLsn(String(37_000_000_000_000_000n + this.hardened)),
              redoQueueKb: 0,
            }),
            remote: undefined,
          },
        ],
      }),
    execute: async (command: SqlCommand) => this.#perform(command.text, () => this.#onInstance(command.text)),
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
    readiness: () => Promise.reject(problem('unsupported', 'a small link has nothing around it')),
    databaseStatus: async () => (this.instanceWritable ? 'Online' : 'Restoring'),
    start: async (request: ArmRequest): Promise<ArmOutcome> => {
      if (this.failsLater(request)) return { state: 'running', operation: 'failing' };
      await this.#perform(`${request.method} ${request.path} ${JSON.stringify(request.body ?? null)}`, () =>
        this.#arm(request),
      );
      return { state: 'done' };
    },
    follow: async operation => {
      if (operation === 'failing') throw this.failure;
    },
  };

  #linkInAzure(): LinkInAzure {
    return {
      name: 'DAG_Sales',
      id: this.linkId,
      commitMode: this.azureMode,
      instanceRole: this.instanceRole,
      partnerRole: this.sqlServerReachable
        ? this.sqlServerRole
        : this.instanceRole === 'primary'
          ? 'secondary'
          : 'primary',
      partnerAvailabilityGroup: 'AG_Sales',
      instanceAvailabilityGroup: 'mi-prod',
      failoverMode: this.failoverMode,
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
    const group = /^ALTER AVAILABILITY GROUP \[DAG_Sales\] (.*);$/s.exec(text)?.[1] ?? '';
    const drop = /^DROP AVAILABILITY GROUP \[(\w+)\];$/.exec(text)?.[1];
    if (/^MODIFY AVAILABILITY GROUP ON\s/.test(group) && modes.length === 2)
      this.mode = modes[0]?.[2] === 'SYNCHRONOUS' ? 'synchronous' : 'asynchronous';
    else if (group === 'FAILOVER') this.#failOver('sqlServer');
    else if (group === 'SET (ROLE = SECONDARY)') this.#demoteSqlServer();
    else if (group === 'FORCE_FAILOVER_ALLOW_DATA_LOSS') this.#forceSqlServer();
    else if (/^SET \(REQUIRED_SYNCHRONIZED_SECONDARIES_TO_COMMIT = [01]\)$/.test(group)) this.#require(group);
    else if (drop) this.#drop(drop);
    else if (text === 'ALTER DATABASE [Sales] SET HADR RESUME;') this.suspended = false;
    else if (text === 'RESTORE DATABASE [Sales] WITH RECOVERY;') this.#recover();
    else if (!/^BACKUP DATABASE \[Sales\] TO DISK = N'[^']+' WITH COPY_ONLY, CHECKSUM;$/.test(text))
      throw problem('refused', `not understood: ${text}`);
  }

  #onInstance(text: string): void {
    if (text === 'ALTER AVAILABILITY GROUP [DAG_Sales] FAILOVER;') this.#failOver('managedInstance');
    else if (!text.startsWith('IF NOT EXISTS (SELECT 1 FROM msdb.dbo.backupset'))
      throw problem('refused', `not understood: ${text}`);
    else if (this.becamePrimaryAt === undefined || this.now < this.becamePrimaryAt + this.backupAfterMs)
      throw new LinkError({ reason: 'refused', venue: 'managedInstance', message: 'no full backup', number: 50_010 });
  }

  #require(text: string): void {
    if (this.sqlServerRole !== 'primary') throw problem('wrongRole', 'only on the primary');
    this.required = text.includes('= 1') ? 1 : 0;
  }

  #recover(): void {
    if (this.groups.has('AG_Sales')) throw problem('refused', 'still in a group');
    this.copyRestoring = false;
  }

  #drop(name: string): void {
    if (name === 'DAG_Sales' && this.sqlServerRole === 'secondary') this.copyRestoring = true;
    this.groups.delete(name);
  }

  /** Refuses what the real one refuses: wrong side, not synchronized. */
  #failOver(from: 'sqlServer' | 'managedInstance'): void {
    const primary = from === 'sqlServer' ? this.sqlServerRole : this.instanceRole;
    if (primary !== 'primary') throw problem('wrongRole', 'not the primary');
    if (!this.#synchronized()) throw problem('notSynchronized', 'not synchronized');
    if (from === 'sqlServer') this.#takeOver();
    this.sqlServerRole = from === 'sqlServer' ? 'secondary' : 'primary';
    if (from === 'managedInstance') {
      this.instanceRole = 'secondary';
      this.instanceWritable = false;
    }
  }

  #demoteSqlServer(): void {
    this.sqlServerRole = 'secondary';
    if (this.instanceRole === 'secondary') return;
    this.discarded = this.committed > this.hardened ? this.committed - this.hardened : 0n;
    this.committed = this.hardened;
    this.suspended = true;
  }

  #forceSqlServer(): void {
    if (this.sqlServerRole === 'primary') throw problem('wrongRole', 'already primary');
    if (this.instanceRole === 'primary') this.lostAtCut = this.hardened - this.committed;
    this.sqlServerRole = 'primary';
  }

  #arm(request: ArmRequest): void {
    const body = JSON.stringify(request.body ?? null);
    if (request.method === 'PATCH') this.#azureMode(body);
    else if (request.method === 'DELETE') this.#cut();
    else if (request.path.endsWith('/failover') && body.includes('Planned')) this.#failOver('managedInstance');
    else if (request.path.endsWith('/failover') && body.includes('ForcedAllowDataLoss')) this.#takeOver();
    else if (request.path.endsWith('/setRole') && body.includes('"Primary"')) this.#takeOver();
    else if (request.path.endsWith('/setRole')) this.#demoteInstance();
    else throw problem('refused', 'not understood');
  }

  /** Azure changes the mode where the instance is; while it is the primary that is the mode of the link. */
  #azureMode(body: string): void {
    this.azureMode = body.includes('Async') ? 'asynchronous' : 'synchronous';
  }

  #demoteInstance(): void {
    this.discarded = this.hardened > this.committed ? this.hardened - this.committed : 0n;
    this.hardened = this.committed;
    this.instanceRole = 'secondary';
    this.instanceWritable = false;
  }

  #cut(): void {
    if (this.instanceRole === 'secondary') this.lostAtCut = this.committed - this.hardened;
    this.linkInAzure = false;
    this.instanceWritable = true;
  }

  #takeOver(): void {
    this.lostAtCut = this.committed - this.hardened;
    if (this.sqlServerRole === 'secondary') this.suspended = true;
    this.instanceRole = 'primary';
    this.instanceWritable = true;
    this.becamePrimaryAt = this.now;
  }
}

/** A LinkError as an adapter would throw it. */
export const problem = (reason: Reason, message: string): LinkError =>
  new LinkError({ reason, venue: 'sqlServer', message });
