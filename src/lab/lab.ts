import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { listenHttp } from './arm/listen.ts';
import { databaseAudience, type PracticeAzure, startPracticeAzure } from './arm/practice-azure.ts';
import { practiceIdentity } from './arm/practice-identity.ts';
import { type Client, TokenRefused, type TokenService } from './arm/tokens.ts';
import { createCertificates } from './certificate.ts';
import { realClock } from './clock.ts';
import { createControl } from './control.ts';
import {
  type KnobView,
  type LabClock,
  type LabInstance,
  type LabSide,
  type LabWorld,
  SqlError,
} from './engine/contract.ts';
import { createWorld, type PracticeWorld } from './engine/world.ts';
import type { ListenerOptions } from './tds/backend.ts';
import { openPort } from './tds-port.ts';
import { createTsqlBackend } from './tsql/backend.ts';
import { createUndo, type Undo } from './undo.ts';

/** Where and how to reach one of the two practice servers. */
export interface PracticeServer {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** PEM of the authority that signed the server's certificate. */
  readonly certificateFile: string;
}

/** Everything a client needs to use a running lab; what `--json` prints. */
export interface LabDescription {
  readonly scenario: string;
  readonly sqlServer: PracticeServer;
  readonly managedInstance: PracticeServer & { readonly fullyQualifiedDomainName: string };
  readonly azure: {
    readonly resourceManager: string;
    readonly authority: string;
    readonly certificateFile: string;
    readonly tenantId: string;
    /** Another directory, in which the same application may sign in but sees no subscription. */
    readonly otherTenantId: string;
    readonly clientId: string;
    readonly clientSecret: string;
    /** A Resource Manager token, good for twelve hours. */
    readonly token: string;
    readonly subscriptionId: string;
    readonly resourceGroup: string;
    readonly managedInstance: string;
    readonly location: string;
  };
  readonly link: LabWorld['link'];
  readonly control: string;
}

/** Ports to listen on; absent or 0 = any free one. */
export interface LabPorts {
  readonly sqlServer?: number;
  readonly managedInstance?: number;
  readonly resourceManager?: number;
  readonly authority?: number;
  readonly control?: number;
}

export interface LabOptions {
  readonly scenario?: string;
  /** Same seed, same names, secrets, LSNs and workload. */
  readonly seed?: number;
  readonly clock?: LabClock;
  readonly tdsEncryption?: ListenerOptions['encryption'];
  readonly ports?: LabPorts;
  /** Where the certificate file is written; absent = a fresh temporary folder, removed at stop. */
  readonly certificateDirectory?: string;
}

/** A lab that listens. */
export interface RunningLab {
  readonly description: LabDescription;
  readonly world: PracticeWorld;
  readonly client: Client;
  readonly tokens: TokenService;
  knobs(): readonly KnobView[];
  /** The engine's knobs and the lab's own (tokenLifetime). Opens or closes the instance's TDS port when that changed. */
  setKnobs(values: Readonly<Record<string, unknown>>): Promise<void>;
  /** Drops live TDS connections; the listener stays. */
  dropConnections(side: LabSide, abruptly: boolean): void;
  /** Idempotent. */
  stop(): Promise<void>;
  /** Resolves when the lab has stopped, whoever stopped it. */
  readonly stopped: Promise<void>;
}

/** The SQL login failure an instance gives for a token it does not accept. */
const tokenLoginFailed = (reason: unknown): SqlError => {
  const why =
    reason instanceof TokenRefused && reason.fault.kind === 'expired'
      ? 'Token is expired.'
      : reason instanceof TokenRefused && reason.fault.kind === 'audience'
        ? `The token's audience '${reason.fault.audience}' is not ${databaseAudience}/.`
        : 'The server is not currently configured to accept this token.';
  return new SqlError(18456, `Login failed for user '<token-identified principal>'. ${why}`, 14);
};

/** Starts a practice link: two servers on TDS, Resource Manager and its sign-in authority on HTTPS, a control server. All on loopback. */
export const startLab = async (options: LabOptions = {}): Promise<RunningLab> => {
  const undo = createUndo();
  try {
    return await assemble(options, undo);
  } catch (reason) {
    await undo.run();
    throw reason;
  }
};

const assemble = async (options: LabOptions, undo: Undo): Promise<RunningLab> => {
  const { seed, ports = {}, scenario = 'sql2019' } = options;
  const clock = options.clock ?? realClock();
  const world = await createWorld({ scenario, clock, ...(seed !== undefined && { seed }) });
  undo.add(() => world.stop());
  const instance = practiceInstance(world);
  const certificates = await createCertificates([instance.fullyQualifiedDomainName]);
  const certificateFile = await writeCertificate(certificates.authority, options.certificateDirectory, undo);

  const servers = {
    sqlServer: await listenServer(world.sqlServer, certificates.server, options, undo),
    managedInstance: await listenServer(world.managedInstance, certificates.server, options, undo),
  };
  const followReachability = () => servers.managedInstance.set(!world.instanceUnreachable);
  await followReachability();

  const { client, otherTenantId } = practiceIdentity(seed, world.azure.tenantId);
  const cloud = await startPracticeAzure({
    azure: world.azure,
    clock,
    tls: certificates.server,
    client,
    otherTenantId,
    ports,
  });
  undo.add(() => cloud.close());
  world.setTokenCheck(token =>
    cloud.checkDatabaseToken(token).catch((reason: unknown) => {
      throw tokenLoginFailed(reason);
    }),
  );

  const running: Omit<RunningLab, 'description'> = {
    world,
    client,
    tokens: cloud.tokens,
    knobs: () => [...world.knobs(), tokenLifetimeKnob(cloud)],
    setKnobs: async ({ tokenLifetime, ...engine }) => {
      const seconds = tokenLifetime === undefined ? cloud.tokenLifetimeSeconds : wholeSeconds(tokenLifetime);
      if (Object.keys(engine).length > 0) world.setKnobs(engine);
      cloud.tokenLifetimeSeconds = seconds;
      await followReachability();
    },
    dropConnections: (side, abruptly) => servers[side].drop(abruptly),
    stop: () => undo.run(),
    stopped: undo.ran,
  };
  const control = await listenHttp(createControl({ ...running, state: () => world.state() }).fetch, ports.control ?? 0);
  undo.add(() => control.close());

  const server = (side: LabSide): PracticeServer => {
    const { host, port } = servers[side];
    return { host, port, ...world.credentials[side], certificateFile };
  };
  const token = {
    client,
    tenantId: world.azure.tenantId,
    audience: cloud.resourceManager,
    version: '2.0',
    lifetimeSeconds: 12 * 3600,
  } as const;
  return {
    ...running,
    description: {
      scenario,
      sqlServer: server('sqlServer'),
      managedInstance: { ...server('managedInstance'), fullyQualifiedDomainName: instance.fullyQualifiedDomainName },
      azure: {
        resourceManager: cloud.resourceManager,
        authority: cloud.authority,
        certificateFile,
        tenantId: world.azure.tenantId,
        otherTenantId,
        clientId: client.clientId,
        clientSecret: client.clientSecret,
        token: await cloud.tokens.issue(token),
        subscriptionId: instance.subscriptionId,
        resourceGroup: instance.resourceGroup,
        managedInstance: instance.name,
        location: instance.location,
      },
      link: world.link,
      control: control.url,
    },
  };
};

const listenServer = async (
  instance: LabInstance,
  certificate: ListenerOptions['certificate'],
  options: LabOptions,
  undo: Undo,
) => {
  const server = await openPort(await createTsqlBackend(instance), {
    host: '127.0.0.1',
    port: options.ports?.[instance.side] ?? 0,
    certificate,
    encryption: options.tdsEncryption ?? 'on',
    // SQL Server before 2022 knows no Entra tokens; the instance does.
    accessTokens: instance.side === 'managedInstance',
  });
  undo.add(() => server.set(false));
  return server;
};

const writeCertificate = async (pem: string, directory: string | undefined, undo: Undo): Promise<string> => {
  const folder =
    directory === undefined ? await mkdtemp(join(tmpdir(), 'managed-instance-link-lab-')) : resolve(directory);
  if (directory === undefined) undo.add(() => rm(folder, { recursive: true, force: true }));
  else await mkdir(folder, { recursive: true });
  const file = join(folder, 'practice-lab-ca.pem');
  await writeFile(file, pem);
  return file;
};

const tokenLifetimeKnob = ({ tokenLifetimeSeconds }: PracticeAzure): KnobView => ({
  name: 'tokenLifetime',
  unit: 's',
  value: tokenLifetimeSeconds,
  description: 'How long access tokens issued from now on are good for.',
});

const wholeSeconds = (value: unknown): number => {
  if (typeof value === 'number' && Number.isInteger(value) && value > 0) return value;
  throw new Error('The knob tokenLifetime takes a whole number of seconds, 1 or more.');
};

/** The one of Azure's instances that the lab runs: the one that has the link. */
const practiceInstance = ({ azure, link }: LabWorld) => {
  const all = azure.subscriptions.flatMap(({ subscriptionId }) => azure.instances(subscriptionId));
  const found = all.find(({ id }) => azure.links(id).some(({ name }) => name === link.dag));
  if (!found) throw new Error(`The scenario's link ${link.dag} is on none of the practice instances.`);
  return found;
};
