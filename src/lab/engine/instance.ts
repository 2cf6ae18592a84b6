import type { ServerMessage, SqlValue } from '../values.ts';
import { alterAvailabilityGroup } from './availability-commands.ts';
import type { Backup, Certificate, Job, LinkedServer } from './catalog.ts';
import type { Conditions } from './conditions.ts';
import type {
  AdminCommand,
  BatchFault,
  LabClock,
  LabInstance,
  LabSide,
  LoginView,
  SessionView,
  SystemView,
} from './contract.ts';
import { EngineDatabase } from './database.ts';
import { alterDatabase } from './database-commands.ts';
import type { Faults } from './faults.ts';
import type { LinkEnd, LocalGroup } from './groups.ts';
import type { LinkParty } from './link.ts';
import type { LogPosition } from './log.ts';
import * as messages from './messages.ts';
import { sameName } from './names.ts';
import type { Personality } from './personality.ts';
import { databaseProperty, serverProperty } from './properties.ts';
import type { Random } from './random.ts';
import { type DatabasePrincipal, holdsPermission, type Login } from './security.ts';
import { alterServer } from './server-commands.ts';
import { viewsOf } from './views/all.ts';

/** A batch or request text received, for `GET /state`. */
export interface ReceivedStatement {
  readonly session: number;
  readonly at: number;
  readonly text: string;
}

/** What a server is made from. */
export interface InstanceOptions {
  readonly side: LabSide;
  /** @@SERVERNAME. */
  readonly name: string;
  readonly machineName: string;
  readonly personality: Personality;
  readonly clock: LabClock;
  readonly conditions: Conditions;
  readonly random: Random;
  readonly faults: Faults;
  readonly logins: Login[];
  readonly endpointUrl: string;
}

const systemDatabases = [
  [1, 'master'],
  [2, 'tempdb'],
  [3, 'model'],
  [4, 'msdb'],
] as const;

/** Checks an Entra token and says whose it is. */
export type TokenCheck = (token: string) => Promise<{ readonly name: string; readonly objectId: string }>;

/** One of the two practice servers: its catalog, its sessions, its databases, and what its administrators may do to them. */
export class EngineInstance implements LabInstance, LinkParty {
  readonly side: LabSide;
  readonly name: string;
  readonly machineName: string;
  readonly personality: Personality;
  readonly clock: LabClock;
  readonly conditions: Conditions;
  readonly random: Random;
  readonly startedAt: number;
  readonly endpointUrl: string;
  readonly logins: Login[];
  readonly groups: LocalGroup[] = [];
  readonly certificates: Certificate[] = [];
  readonly jobs: Job[] = [];
  readonly linkedServers: LinkedServer[] = [];
  readonly backups: Backup[] = [];
  /** Users of each database by its name; a linked database has the same on both servers. */
  readonly principals = new Map<string, readonly DatabasePrincipal[]>();
  readonly statements: ReceivedStatement[] = [];
  readonly flags: number[] = [];
  tokenCheck: TokenCheck | undefined;
  readonly #faults: Faults;
  readonly #databases = new Map<number, EngineDatabase>();
  readonly #sessions = new Map<number, SessionView>();
  readonly #views: ReadonlyMap<string, SystemView>;

  constructor(options: InstanceOptions) {
    this.side = options.side;
    this.name = options.name;
    this.machineName = options.machineName;
    this.personality = options.personality;
    this.clock = options.clock;
    this.conditions = options.conditions;
    this.random = options.random;
    this.startedAt = options.clock.now() - 19 * 86_400_000;
    this.endpointUrl = options.endpointUrl;
    this.logins = options.logins;
    this.#faults = options.faults;
    this.#views = viewsOf(this);
    for (const [id, name] of systemDatabases) this.addDatabase(name, { id, isUser: false });
  }

  get versionText(): string {
    return this.personality.versionText;
  }

  get logVersion(): number {
    return this.personality.logVersion;
  }

  get isManagedInstance(): boolean {
    return this.side === 'managedInstance';
  }

  serverProperty(name: string): SqlValue | undefined {
    return serverProperty(this, name);
  }

  databaseProperty(database: string, property: string): SqlValue {
    return databaseProperty(this.database(database), property);
  }

  async authenticate(proof: Parameters<LabInstance['authenticate']>[0]): Promise<LoginView> {
    if (proof.kind === 'accessToken') return this.#entraLogin(proof.token);
    const login = this.login(proof.user);
    if (!login || login.password === undefined || login.password !== proof.password)
      throw messages.loginFailed(proof.user);
    if (login.disabled) throw messages.loginDisabled(login.name);
    return login;
  }

  hasServerPermission(login: LoginView, permission: string): boolean {
    return holdsPermission(login, permission);
  }

  /** Case-insensitive. */
  login(name: string): Login | undefined {
    return this.logins.find(login => sameName(login.name, name));
  }

  databases(): readonly EngineDatabase[] {
    return [...this.#databases.values()].sort((a, b) => a.id - b.id);
  }

  database(nameOrId: string | number): EngineDatabase | undefined {
    if (typeof nameOrId === 'number') return this.#databases.get(nameOrId);
    return this.databases().find(database => sameName(database.name, nameOrId));
  }

  /** Creates an empty database. */
  addDatabase(
    name: string,
    options: {
      readonly id?: number;
      readonly isUser?: boolean;
      readonly logStart?: LogPosition;
      readonly createdAt?: number;
    } = {},
  ): EngineDatabase {
    const isUser = options.isUser ?? true;
    const database = new EngineDatabase({
      id: options.id ?? this.#freeId(),
      name,
      side: this.side,
      isUser,
      clock: this.clock,
      conditions: this.conditions,
      logStart: options.logStart ?? { vlf: 37, sector: 16 },
      createdAt: options.createdAt ?? this.clock.now(),
      recoveryModel: isUser ? 'FULL' : 'SIMPLE',
      uuid: () => this.random.uuid(),
      secondaryConnections: this.isManagedInstance ? 'ALL' : 'NO',
    });
    this.#databases.set(database.id, database);
    this.principals.set(name, standardPrincipals);
    return database;
  }

  removeDatabase(database: EngineDatabase): void {
    this.#databases.delete(database.id);
    database.close();
  }

  /** Distributed availability groups in this server's catalog. */
  get links(): readonly LinkEnd[] {
    return this.groups.flatMap(group => [...group.links]);
  }

  systemView(name: string): SystemView | undefined {
    return this.#views.get(name.toLowerCase());
  }

  get systemViewNames(): readonly string[] {
    return [...this.#views.values()].map(view => view.name);
  }

  async execute(
    command: AdminCommand,
    session: SessionView,
    signal: AbortSignal,
  ): Promise<{ readonly messages: readonly ServerMessage[] }> {
    signal.throwIfAborted();
    switch (command.kind) {
      case 'modifyAvailabilityGroup':
      case 'setRoleSecondary':
      case 'failOver':
      case 'forceFailoverAllowDataLoss':
      case 'setRequiredSynchronizedSecondaries':
      case 'dropAvailabilityGroup':
        return { messages: await alterAvailabilityGroup(this, command, session, signal) };
      case 'createDatabase':
      case 'dropDatabase':
      case 'setDatabase':
      case 'backup':
      case 'restoreWithRecovery':
        return { messages: await alterDatabase(this, command, session, signal) };
      case 'alterLogin':
      case 'kill':
      case 'job':
        alterServer(this, command, session);
        return { messages: [] };
    }
  }

  sessionOpened(make: (id: number) => SessionView): SessionView {
    let id = 51;
    while (this.#sessions.has(id)) id++;
    const session = make(id);
    this.#sessions.set(id, session);
    return session;
  }

  sessionClosed(id: number): void {
    this.#sessions.delete(id);
  }

  sessions(): readonly SessionView[] {
    return [...this.#sessions.values()].sort((a, b) => a.id - b.id);
  }

  /** Sessions that have the database as their current one, run a request in it or hold a transaction there. */
  sessionsIn(database: EngineDatabase): readonly SessionView[] {
    return this.sessions().filter(
      session =>
        session.databaseId === database.id ||
        session.request?.databaseId === database.id ||
        session.transaction?.logBytes.has(database.id) === true,
    );
  }

  endSessionsIn(database: EngineDatabase, reason: ServerMessage): void {
    for (const session of this.sessionsIn(database)) session.kill(reason);
  }

  traceFlags(): readonly number[] {
    return this.flags;
  }

  recordStatement(sessionId: number, text: string): void {
    this.statements.push({ session: sessionId, at: this.clock.now(), text });
  }

  takeFault(text: string): BatchFault | undefined {
    return this.#faults.takeForBatch(this.side, text);
  }

  close(): void {
    for (const database of this.#databases.values()) database.close();
  }

  #freeId(): number {
    let id = 5;
    while (this.#databases.has(id)) id++;
    return id;
  }

  async #entraLogin(token: string): Promise<LoginView> {
    if (!this.personality.entraLogins || !this.tokenCheck) throw messages.loginFailed('<token-identified principal>');
    const { name, objectId } = await this.tokenCheck(token);
    const known = this.logins.find(login => login.type !== 'S' && login.name === name);
    if (known?.disabled) throw messages.loginDisabled(name);
    if (known) return known;
    const login: Login = {
      name,
      type: 'E',
      principalId: 300 + this.logins.length,
      sid: uuidBytes(objectId),
      sysadmin: true,
      disabled: false,
      permissions: [],
      password: undefined,
      createdAt: this.startedAt,
      defaultDatabase: 'master',
    };
    this.logins.push(login);
    return login;
  }
}

/** The 16 bytes of a UUID as uniqueidentifier keeps them: first three groups little-endian. */
function uuidBytes(uuid: string): Uint8Array {
  const bytes = Uint8Array.from(uuid.replaceAll('-', '').match(/../g) ?? [], pair => Number.parseInt(pair, 16));
  return Uint8Array.of(...[3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15].map(index => bytes[index] ?? 0));
}

const role = (principalId: number, name: string): DatabasePrincipal => ({
  principalId,
  name,
  type: 'R',
  sid: undefined,
  fixedRole: principalId >= 16_384,
  memberOf: [],
});

/** What every database has. */
export const standardPrincipals: readonly DatabasePrincipal[] = [
  role(0, 'public'),
  { principalId: 1, name: 'dbo', type: 'S', sid: Uint8Array.of(1), fixedRole: false, memberOf: [16_384] },
  { principalId: 2, name: 'guest', type: 'S', sid: Uint8Array.of(0), fixedRole: false, memberOf: [] },
  { principalId: 3, name: 'INFORMATION_SCHEMA', type: 'S', sid: undefined, fixedRole: false, memberOf: [] },
  { principalId: 4, name: 'sys', type: 'S', sid: undefined, fixedRole: false, memberOf: [] },
  ...[
    'db_owner',
    'db_accessadmin',
    'db_securityadmin',
    'db_ddladmin',
    undefined,
    'db_backupoperator',
    'db_datareader',
    'db_datawriter',
    'db_denydatareader',
    'db_denydatawriter',
  ].flatMap((name, index) => (name ? [role(16_384 + index, name)] : [])),
];
