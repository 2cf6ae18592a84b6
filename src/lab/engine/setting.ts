import type { Scenario } from '../scenarios.ts';
import { makeAccounts, salesUsers } from './accounts.ts';
import { type AzureSettings, EngineAzure } from './azure.ts';
import { azureResources } from './azure-resources.ts';
import { administrator, dayMs, domain, instanceHost, instanceName, linkedDatabase, serverName } from './company.ts';
import { type Conditions, Network } from './conditions.ts';
import type { LabClock, LabSide } from './contract.ts';
import type { EngineDatabase } from './database.ts';
import { Faults } from './faults.ts';
import { addBackupHistory, backUpSoon, furnish } from './furniture.ts';
import { EngineInstance, standardPrincipals } from './instance.ts';
import { Link, otherSide } from './link.ts';
import { followNeighbour, makeEnds, makeGroup, share } from './link-objects.ts';
import { managedInstance as instancePersonality } from './personality.ts';
import { seededRandom } from './random.ts';
import { archiveSample, salesSample, sampleLedger } from './sample-data.ts';
import { createLogins, type LoginSpecification } from './security.ts';
import type { Store } from './store.ts';
import { Workload, type WorkloadSettings } from './workload.ts';

/** What a setting is made from. */
export interface SettingOptions {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly clock: LabClock;
  readonly conditions: Conditions;
}

/** A setting, joined. */
export type Setting = ReturnType<typeof buildSetting>;

/** The parts of a practice world, joined: two servers, their link, Azure, and what a scenario makes of them. */
export function buildSetting({ scenario, seed, clock, conditions }: SettingOptions) {
  const random = seededRandom(seed);
  const faults = new Faults();
  const network = new Network(clock, conditions);
  const now = clock.now();
  const accounts = makeAccounts(random);
  const base = { clock, conditions, random, faults };
  const password = { sqlServer: random.password(), managedInstance: random.password() };
  const admin = (side: LabSide): LoginSpecification => ({
    name: administrator,
    sysadmin: true,
    password: password[side],
  });

  const sqlServer = new EngineInstance({
    ...base,
    side: 'sqlServer',
    name: serverName,
    machineName: serverName,
    personality: scenario.sqlServer,
    logins: createLogins([admin('sqlServer'), ...Object.values(accounts)], random, now - 400 * dayMs),
    endpointUrl: `TCP://${serverName}.${domain}:5022`,
  });
  const { salesReader: _, ...moved } = accounts;
  const managedInstance = new EngineInstance({
    ...base,
    side: 'managedInstance',
    name: instanceHost,
    machineName: 'DB8C4EC1',
    personality: instancePersonality(scenario.updatePolicy),
    logins: createLogins([admin('managedInstance'), ...Object.values(moved)], random, now - 90 * dayMs),
    endpointUrl: `tcp://${instanceHost}:5022;Server=[${instanceName}]`,
  });
  furnish(sqlServer, random);

  const started = { vlf: 37, sector: 16 + random.between(1000, 90_000) };
  const pair = {
    sqlServer: sqlServer.addDatabase(linkedDatabase, { logStart: started, createdAt: now - 380 * dayMs }),
    managedInstance: managedInstance.addDatabase(linkedDatabase, { logStart: started, createdAt: now - 20 * dayMs }),
  };
  fill(pair.sqlServer, salesSample());
  const archive = sqlServer.addDatabase('Archive', { createdAt: now - 700 * dayMs });
  fill(archive, archiveSample());
  const users = salesUsers(accounts);
  for (const instance of [sqlServer, managedInstance])
    instance.principals.set(linkedDatabase, [...standardPrincipals, ...users]);

  const groupDatabaseId = random.uuid();
  const groups = {
    sqlServer: makeGroup(sqlServer, `AG_${linkedDatabase}`, pair.sqlServer, groupDatabaseId, random),
    managedInstance: makeGroup(managedInstance, instanceName, pair.managedInstance, groupDatabaseId, random),
  };
  const primary = pair[scenario.primary];
  // The newest transaction before the story begins, so that no LSN is missing.
  primary.writeLog([], now - 2000);
  const secondary = pair[otherSide(scenario.primary)];
  fill(pair.managedInstance, pair.sqlServer.store);
  secondary.adoptLog(primary);
  secondary.syncState = 'SYNCHRONIZING';

  const dag = `DAG_${linkedDatabase}`;
  const backups = { firstBackupMs: 3000 };
  const link = new Link({
    clock,
    conditions,
    network,
    parties: { sqlServer, managedInstance },
    pairs: [pair],
    ends: makeEnds(dag, groups, scenario, random, now),
    opened: side => {
      if (side === 'managedInstance') backUpSoon(managedInstance, pair.managedInstance, clock, backups);
    },
  });
  if (scenario.localSecondary) followNeighbour(groups.sqlServer, random);
  if (scenario.sharedGroup) share(sqlServer, groups.sqlServer, random, now);
  addBackupHistory(sqlServer, [pair.sqlServer, archive], now);

  const workloadSettings: WorkloadSettings = { writers: 0, writeRate: 20, rowBytes: 600, ...scenario.workload };
  const writerLogin = sqlServer.login(accounts.salesApp.name);
  if (!writerLogin) throw new Error('The application login is missing.');
  const workload = new Workload({
    clock,
    random: seededRandom(seed + 1),
    instance: sqlServer,
    database: linkedDatabase,
    login: writerLogin,
    settings: workloadSettings,
    lastId: sampleLedger,
  });

  const azureSettings: AzureSettings = { retryAfterSeconds: 1, actions: ['*'], notActions: [] };
  const resources = azureResources(scenario, random);
  const azure = new EngineAzure({
    clock,
    ...resources,
    practice: { id: resources.instances[0].id, instance: managedInstance },
    partner: sqlServer,
    failoverMode: scenario.sqlServer.logVersion >= 16 ? 'Manual' : 'None',
    settings: azureSettings,
    faults,
  });

  return {
    sqlServer,
    managedInstance,
    azure,
    network,
    faults,
    workload,
    workloadSettings,
    azureSettings,
    backups,
    accounts,
    links: [link],
    linkedDatabase,
    link: { dag, ag: groups.sqlServer.name, databases: [...groups.sqlServer.databases].map(({ name }) => name) },
    credentials: {
      sqlServer: { user: administrator, password: password.sqlServer },
      managedInstance: { user: administrator, password: password.managedInstance },
    },
    /** Both sides primary, each with rows that the other does not have. */
    async splitTheBrain() {
      link.splitTheBrain();
      await workload.writeBacklog(64);
    },
  };
}

function fill(database: EngineDatabase, source: Store): void {
  if (!database.store.copyFrom(source))
    throw new Error(`The store of ${database.name} is locked before anything has begun.`);
}
