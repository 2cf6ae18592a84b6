import type { ReadinessFacts } from '../../src/failover/readiness/check.ts';
import { observe } from '../../src/failover/sides.ts';
import type { LinkInAzure, Observation, ServerSight, Sight } from '../../src/link/observation.ts';
import type { Problem } from '../../src/link/problem.ts';
import type { AzureReadiness, DatabaseOptions, ServerReadiness } from '../../src/link/readiness.ts';
import { SmallLink } from './small-link.ts';

export const seen = <T>(value: T): Sight<T> => ({ state: 'seen', value });
export const refused = (message: string): { readonly state: 'unseen'; readonly problem: Problem } => ({
  state: 'unseen',
  problem: { reason: 'permission', venue: undefined, message, advice: 'Grant it.' },
});

const VERSION = '16.0.4165.4';
const APP = { name: 'app', type: 'S', sid: '0xAA' };

const options: DatabaseOptions = {
  database: 'Sales',
  logReuseWait: 'LOG_BACKUP',
  encrypted: false,
  changeDataCapture: false,
  published: false,
  subscribed: false,
  broker: false,
};

const server = (statements: Readonly<Record<string, string>>): ServerReadiness => ({
  statements,
  logins: seen([APP]),
  jobs: seen([{ job: 'Import', enabled: true, database: 'Sales' }]),
  linkedServers: seen([{ name: 'CRM', product: 'SQL Server', provider: 'SQLNCLI11', dataSource: 'crm01' }]),
  serverObjects: seen([{ kind: 'credential', name: 'store' }]),
  endpoint: seen([{ name: 'Hadr', state: 'STARTED', port: 5022, certificate: 'Cert', hoursLeft: 24 * 200 }]),
  certificates: seen([{ name: 'Cert', hasPrivateKey: true }]),
  backups: seen([]),
  traceFlags: seen([]),
  seeding: seen([]),
  logSpace: seen([{ database: 'Sales', usedPercent: 3 }]),
  databaseOptions: seen([options]),
  acceleratedRecovery: seen([{ database: 'Sales', on: true }]),
  files: seen([
    { database: 'Sales', type: 'ROWS', count: 2 },
    { database: 'Sales', type: 'LOG', count: 1 },
  ]),
  localReplicas: seen([
    { server: 'SQLPROD01', isLocal: true, role: 'PRIMARY', connected: 'CONNECTED', health: 'HEALTHY', mode: 'X' },
  ]),
  logShipping: seen([]),
  databases: [{ database: 'Sales', users: seen([APP]), specialFilegroups: seen([]) }],
});

const azure: AzureReadiness = {
  reads: { instance: 'GET /instance', link: 'GET /links/{link}' },
  instance: seen({
    state: 'Ready',
    databaseFormat: 'SQLServer2022',
    tier: 'GeneralPurpose',
    hybridSecondaryUsage: 'Active',
  }),
  operations: seen([]),
  databases: seen([{ name: 'Sales', status: 'Online' }]),
  failoverGroups: seen([]),
};

/** A link of SQL Server 2022 about which everything is known and good. */
export async function goodFacts(): Promise<ReadinessFacts> {
  const link = new SmallLink();
  const target = { ...link.target, sqlServer: { name: 'SQLPROD01', version: VERSION } };
  const look = await observe(link.sides, target, link.clock, new AbortController().signal);
  const now = ofAzure(
    ofServer(look, s => ({ identity: { ...s.identity, version: VERSION } })),
    () => ({ failoverMode: 'Manual' }),
  );
  return {
    target,
    kind: 'planned',
    choices: {},
    direction: 'toInstance',
    before: now,
    now,
    sqlServer: seen(server({ logins: 'SELECT logins', partGroups: 'SELECT groups' })),
    instance: seen(server({ logins: 'SELECT logins' })),
    azure: seen(azure),
    azurePermissions: seen({ known: true, missing: [] }),
  };
}

/** The look, with something else seen on SQL Server. */
function ofServer(o: Observation, change: (server: ServerSight) => Partial<ServerSight>): Observation {
  if (o.sqlServer.state !== 'seen') throw new Error('SQL Server was not seen');
  return { ...o, sqlServer: seen({ ...o.sqlServer.value, ...change(o.sqlServer.value) }) };
}

/** The look, with something else seen in Azure. */
function ofAzure(o: Observation, change: (link: LinkInAzure) => Partial<LinkInAzure>): Observation {
  if (o.azure.state !== 'seen' || o.azure.value === 'absent') throw new Error('Azure was not seen');
  return { ...o, azure: seen({ ...o.azure.value, ...change(o.azure.value) }) };
}

type Change = (facts: ReadinessFacts) => ReadinessFacts;

export const serverSeen =
  (change: (server: ServerSight) => Partial<ServerSight>): Change =>
  facts => ({ ...facts, now: ofServer(facts.now, change) });
export const azureSeen =
  (change: (link: LinkInAzure) => Partial<LinkInAzure>): Change =>
  facts => ({ ...facts, now: ofAzure(facts.now, change) });

const changed = <T>(sight: Sight<T>, change: (value: T) => Partial<T>): Sight<T> => {
  if (sight.state !== 'seen') throw new Error('It was not seen');
  return seen({ ...sight.value, ...change(sight.value) });
};
export const onServer =
  (values: Partial<ServerReadiness>): Change =>
  facts => ({ ...facts, sqlServer: changed(facts.sqlServer, () => values) });
export const onInstance =
  (values: Partial<ServerReadiness>): Change =>
  facts => ({ ...facts, instance: changed(facts.instance, () => values) });
export const inAzure =
  (values: Partial<AzureReadiness>): Change =>
  facts => ({ ...facts, azure: changed(facts.azure, () => values) });
export const instanceDetails =
  (values: Readonly<Record<string, string | undefined>>): Change =>
  facts => ({
    ...facts,
    azure: changed(facts.azure, a => ({ instance: changed(a.instance, () => values) })),
  });
export const option = (values: Partial<DatabaseOptions>): Change =>
  onServer({ databaseOptions: seen([{ ...options, ...values }]) });
