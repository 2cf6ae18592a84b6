import { runPlan } from '../../src/failover/run.ts';
import type { Sides } from '../../src/failover/sides.ts';
import type { AzureSignIn, RegisteredServer, SignedIn, SignInChoice } from '../../src/hosts/contract.ts';
import type { Clock } from '../../src/link/clock.ts';
import type {
  DatabaseSummary,
  InstanceInAzure,
  LinkSummary,
  ServerIdentity,
  ServerSight,
} from '../../src/link/observation.ts';
import type { AzurePermissions, AzureSide, AzureSubscription, AzureTenant, SqlSide } from '../../src/link/ports.ts';
import { LinkError, type Problem } from '../../src/link/problem.ts';
import type { FromWizard, PageId, PageViewOf, WizardView } from '../../src/webviews/messages.ts';
import { WizardController } from '../../src/webviews/wizard/controller.ts';
import type { WizardPorts } from '../../src/webviews/wizard/ports.ts';
import { SmallLink } from '../failover/small-link.ts';

/** Everything around a wizard, small and visible: a small link, an account, a clipboard. Change its fields before (or while) the wizard runs. */
export class WizardWorld {
  readonly link = new SmallLink();
  readonly server: RegisteredServer = { id: 'sqlprod01', label: 'SQLPROD01,1433', description: '', practice: false };
  database = 'Sales';
  identity: ServerIdentity = {
    name: 'SQLPROD01',
    version: '15.0.4420.2',
    edition: 'Enterprise Edition',
    isManagedInstance: false,
    alwaysOnEnabled: true,
    utcNow: 0,
  };
  databases: DatabaseSummary[] = [
    { name: 'Sales', state: 'ONLINE', writable: true, links: [linkSummary()] },
    { name: 'Archive', state: 'ONLINE', writable: true, links: [] },
  ];
  /** Changes what SQL Server says of the link. */
  seen: (sight: ServerSight) => ServerSight = sight => sight;
  connectProblem: Problem | undefined;
  signInProblem: Problem | undefined;
  instanceProblem: Problem | undefined;
  /** When the instance's endpoint answers. */
  instanceAnswers: Promise<unknown> = Promise.resolve();
  tenants: AzureTenant[] = [{ tenantId: 'contoso', displayName: 'Contoso' }];
  subscriptions: AzureSubscription[] = [{ subscriptionId: 'sub-1', displayName: 'Production', tenantId: 'contoso' }];
  /** The subscription the instance is in. */
  instanceIn = 'sub-1';
  /** The instance's update policy. */
  databaseFormat = 'SQLServer2022';
  permissions: AzurePermissions = { known: true, missing: [] };
  remembered = new Map<string, string>();
  saveTo: string | undefined = 'report.md';
  saveProblem: Error | undefined;
  run: WizardPorts['runPlan'] = runPlan;
  /** What happened outside, in order. */
  readonly happened: string[] = [];
  readonly scripts: string[] = [];
  readonly scriptLanguages: string[] = [];
  readonly log: string[] = [];
  readonly reports: { markdown: string; json: string }[] = [];
  clipboard = '';
  openConnections = 0;
  looks = 0;

  instance(): InstanceInAzure {
    const { target } = this.link;
    return {
      id: '/subscriptions/sub-1/…/mi-prod',
      name: target.instance.name,
      subscriptionId: this.instanceIn,
      resourceGroup: 'rg-prod',
      location: 'westeurope',
      fullyQualifiedDomainName: target.instance.fullyQualifiedDomainName,
      state: 'Ready',
      databaseFormat: this.databaseFormat,
      tier: 'GeneralPurpose',
    };
  }

  /** Time that only moves when somebody sleeps, so a wizard never waits; unless it is held. */
  readonly clock: Clock = {
    now: () => this.link.clock.now(),
    sleep: async (ms, signal) => {
      await Promise.race([this.#held, aborted(signal)]);
      await this.link.clock.sleep(ms, signal);
    },
  };
  #held: Promise<void> = Promise.resolve();

  /** Nobody who sleeps wakes up any more, until the returned function is called. */
  holdTime(): () => void {
    let release: () => void = () => undefined;
    this.#held = new Promise(resolve => {
      release = resolve;
    });
    return () => release();
  }

  readonly choices: readonly SignInChoice[] = [
    { kind: 'vscode', label: 'Sign in with VS Code', description: 'The Microsoft account that VS Code knows.' },
    { kind: 'azureCli', label: 'Use Azure CLI', description: 'The account of “az login”.' },
  ];

  ports(): WizardPorts {
    return {
      servers: { connect: async () => this.#connect() },
      signIn: this.#signIn(),
      clock: this.clock,
      log: {
        info: text => void this.log.push(text),
        warn: text => void this.log.push(text),
        error: text => void this.log.push(`ERROR ${text}`),
      },
      journalFor: () => ({ append: async () => undefined }),
      remembered: {
        get: key => this.remembered.get(key),
        set: async (key, value) => void this.remembered.set(key, value),
      },
      runPlan: (plan, sides, options) => this.run(plan, sides, options),
      openScript: async (text, language) => {
        this.scripts.push(text);
        this.scriptLanguages.push(language);
      },
      copyText: async text => {
        this.clipboard = text;
      },
      saveReport: async (_name, report) => {
        if (this.saveProblem) throw this.saveProblem;
        this.reports.push(report);
        return this.saveTo;
      },
      showError: text => void this.happened.push(`error shown: ${text}`),
      close: () => void this.happened.push('closed'),
      onRunActivity: active => void this.happened.push(active ? 'run began' : 'run ended'),
      refreshTree: () => void this.happened.push('tree refreshed'),
    };
  }

  async #connect(): Promise<SqlSide> {
    if (this.connectProblem) throw new LinkError(this.connectProblem);
    return this.#counted({
      ...required(this.link.sides).sqlServer,
      identify: async () => this.identity,
      databases: async () => this.databases,
      observe: async (query, signal) => {
        this.looks++;
        return this.seen(await required(this.link.sides).sqlServer.observe(query, signal));
      },
    });
  }

  #counted(side: SqlSide): SqlSide {
    this.openConnections++;
    let open = true;
    const close = async () => {
      if (open) this.openConnections--;
      open = false;
    };
    return { ...side, close };
  }

  #signIn(): AzureSignIn {
    return {
      choices: () => this.choices,
      signIn: async (choice, _server, tenantId): Promise<SignedIn> => {
        if (this.signInProblem) throw new LinkError(this.signInProblem);
        this.happened.push(`signed in by ${choice.kind}${tenantId ? ` to ${tenantId}` : ''}`);
        return { azure: this.#azure(), tenantId, connectInstance: async () => this.#connectInstance() };
      },
    };
  }

  #azure(): AzureSide {
    return {
      ...required(this.link.sides).azure,
      account: 'dba@contoso.com',
      tenants: async () => this.tenants,
      subscriptions: async () => this.subscriptions,
      findInstance: async subscription => (subscription === this.instanceIn ? this.instance() : undefined),
      permissions: async () => this.permissions,
    };
  }

  async #connectInstance(): Promise<SqlSide> {
    await this.instanceAnswers;
    if (this.instanceProblem) throw new LinkError(this.instanceProblem);
    return this.#counted(required(this.link.sides).instance);
  }
}

const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });

/** SQL Server 2022 and an instance of the same format, joined by a link made for both directions. */
export function twoWayWorld(version = '16.0.4165.4'): WizardWorld {
  const world = new WizardWorld();
  world.link.twoWay(version);
  world.identity = { ...world.identity, version };
  return world;
}

/** A link as the tree lists it. */
export function linkSummary(over: Partial<LinkSummary> = {}): LinkSummary {
  return {
    name: 'DAG_Sales',
    id: 'C856CFF5-A6FE-418E-8894-17799CC20F5D',
    availabilityGroup: 'AG_Sales',
    instanceAvailabilityGroup: 'mi-prod',
    instance: { instance: 'mi-prod', fullyQualifiedDomainName: 'mi-prod.abc123.database.windows.net', port: 5022 },
    localRole: 'primary',
    commitMode: 'asynchronous',
    syncState: 'synchronizing',
    health: 'healthy',
    connected: true,
    sendQueueKb: 0,
    redoQueueKb: 0,
    lagSeconds: 0,
    ...over,
  };
}

function required(sides: Sides): { sqlServer: SqlSide; instance: SqlSide; azure: AzureSide } {
  const { sqlServer, instance, azure } = sides;
  if (!sqlServer || !azure) throw new Error('the small link has these sides');
  return { sqlServer, instance: instance ?? sqlServer, azure };
}

/** A person at the wizard: does things and waits for what the screen shows. */
export class Person {
  readonly controller: WizardController;
  readonly world: WizardWorld;
  constructor(world: WizardWorld) {
    this.world = world;
    this.controller = new WizardController({ server: world.server, database: world.database }, world.ports());
    this.controller.open();
  }

  do(...messages: FromWizard[]): this {
    for (const message of messages) this.controller.receive(message);
    return this;
  }

  /** Resolves with the page's view once it is on that page and `what` holds. */
  sees<P extends PageId>(page: P, what: (view: PageViewOf<P>) => unknown = () => true): Promise<PageViewOf<P>> {
    const current = (): PageViewOf<P> | undefined => {
      const view = this.controller.view.page;
      return view.page === page && what(view as PageViewOf<P>) ? (view as PageViewOf<P>) : undefined;
    };
    return new Promise(resolve => {
      const look = (): void => {
        const view = current();
        if (!view) return;
        listening.dispose();
        resolve(view);
      };
      const listening = this.controller.onDidChange(look);
      look();
    });
  }

  /** The panel is closed; gives the last view. */
  async leaves(): Promise<WizardView> {
    const { view } = this.controller;
    await this.controller.dispose();
    return view;
  }

  get page(): PageId {
    return this.controller.view.page.page;
  }
  get footer() {
    return this.controller.view.footer;
  }
  get canGoOn(): boolean {
    return (this.footer.next ?? this.footer.finish)?.enabled === true;
  }

  async toLogIn(): Promise<this> {
    await this.sees('introduction', () => this.canGoOn);
    return this.do({ kind: 'go', to: 'next' });
  }
  async toFailoverType(): Promise<this> {
    await this.toLogIn();
    this.do({ kind: 'signIn', choice: 'vscode' });
    await this.sees('logIn', () => this.canGoOn);
    this.do({ kind: 'go', to: 'next' });
    await this.sees('failoverType', view => view.replicas);
    return this;
  }
  async toSummary(kind: 'planned' | 'forced' = 'planned'): Promise<this> {
    await this.toFailoverType();
    this.do({ kind: 'chooseKind', failover: kind }, { kind: 'confirm', ticked: true });
    if (kind === 'forced') this.do({ kind: 'typeName', text: 'Sales' });
    this.do({ kind: 'go', to: 'next' });
    await this.sees('cleanUp');
    this.do({ kind: 'go', to: 'next' });
    await this.sees('summary', () => this.canGoOn);
    return this;
  }
}
