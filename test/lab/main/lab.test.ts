import { readFileSync } from 'node:fs';
import { SqlManagementClient } from '@azure/arm-sql';
import { ClientSecretCredential } from '@azure/identity';
import sql from 'mssql';
import { afterEach, describe, expect, it } from 'vitest';
import { type LabOptions, type PracticeServer, type RunningLab, startLab } from '../../../src/lab/lab.ts';
import { ask } from '../arm/practice.ts';

/** The whole lab at once, through stock clients only. */
const undo: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

const start = async (options: LabOptions = {}): Promise<RunningLab> => {
  const lab = await startLab({ seed: 1, ...options });
  undo.push(() => lab.stop());
  return lab;
};

const connect = async (
  { host, port, user, password, certificateFile }: PracticeServer,
  changes: Partial<sql.config> = {},
) => {
  const pool = new sql.ConnectionPool({
    server: host,
    port,
    user,
    password,
    pool: { max: 1, min: 0 },
    options: {
      encrypt: true,
      trustServerCertificate: false,
      cryptoCredentialsDetails: { ca: readFileSync(certificateFile, 'utf8') },
    },
    ...changes,
  });
  undo.push(() => pool.close());
  return pool.connect();
};

const accessToken = async (
  lab: RunningLab,
  changes: { readonly audience?: string; readonly lifetimeSeconds?: number } = {},
): Promise<Partial<sql.config>> => ({
  authentication: {
    type: 'azure-active-directory-access-token',
    options: {
      token: await lab.tokens.issue({
        client: lab.client,
        tenantId: lab.description.azure.tenantId,
        audience: 'https://database.windows.net/',
        version: '2.0',
        lifetimeSeconds: 3600,
        ...changes,
      }),
    },
  },
});

const azureOf = ({ description: { azure } }: RunningLab) => {
  const ca = readFileSync(azure.certificateFile, 'utf8');
  const credential = new ClientSecretCredential(azure.tenantId, azure.clientId, azure.clientSecret, {
    authorityHost: azure.authority,
    disableInstanceDiscovery: true,
    tlsOptions: { ca },
  });
  return new SqlManagementClient(credential, azure.subscriptionId, {
    endpoint: azure.resourceManager,
    tlsOptions: { ca },
  });
};

const rows = async <T>(pool: sql.ConnectionPool, text: string): Promise<T[]> =>
  (await pool.request().query<T>(text)).recordset;

describe('the practice lab', () => {
  it('answers the same names to both sides, the link with its roles', async () => {
    const lab = await start();
    const { dag, ag } = lab.description.link;
    const [server, instance] = [
      await connect(lab.description.sqlServer),
      await connect(lab.description.managedInstance),
    ];
    const roles = `SELECT ag.name, rs.role_desc FROM sys.availability_groups ag
      JOIN sys.dm_hadr_availability_replica_states rs ON ag.group_id = rs.group_id WHERE rs.is_local = 1 AND ag.is_distributed = 1`;
    expect(await rows(server, roles)).toEqual([{ name: dag, role_desc: 'PRIMARY' }]);
    expect(await rows(instance, roles)).toEqual([{ name: dag, role_desc: 'SECONDARY' }]);
    expect(await rows(server, 'SELECT name FROM sys.availability_groups WHERE is_distributed = 0')).toEqual([
      { name: ag },
    ]);
    expect(await rows(server, "SELECT CONVERT(int, SERVERPROPERTY('EngineEdition')) AS edition")).not.toEqual([
      { edition: 8 },
    ]);
    expect(await rows(instance, "SELECT CONVERT(int, SERVERPROPERTY('EngineEdition')) AS edition")).toEqual([
      { edition: 8 },
    ]);
  });

  it('carries a row over, cuts the link on Azure’s word, and leaves two writable databases', async () => {
    const lab = await start();
    const { link, azure } = lab.description;
    const [database = ''] = link.databases;
    const insert = (id: number) =>
      `USE [${database}]; INSERT INTO dbo.Ledger (id, writer, note, written_at) VALUES (${id}, 0, N'practice', SYSUTCDATETIME());`;
    const [server, instance] = [
      await connect(lab.description.sqlServer),
      await connect(lab.description.managedInstance),
    ];
    await server.request().query(insert(900_001));
    await expect
      .poll(() => rows(instance, `SELECT id FROM [${database}].dbo.Ledger WHERE id = 900001`), { timeout: 10_000 })
      .toEqual([{ id: '900001' }]);
    await expect(instance.request().query(insert(900_002))).rejects.toMatchObject({ number: 3906 });

    const links = azureOf(lab).distributedAvailabilityGroups;
    expect((await links.get(azure.resourceGroup, azure.managedInstance, link.dag)).targetDatabase).toBe(database);
    await links.beginDeleteAndWait(azure.resourceGroup, azure.managedInstance, link.dag, { updateIntervalInMs: 50 });
    await expect(links.get(azure.resourceGroup, azure.managedInstance, link.dag)).rejects.toMatchObject({
      code: 'ResourceNotFound',
    });
    await instance.request().query(insert(900_002));
    await server.request().query(insert(900_003));
    expect(await rows(instance, `SELECT id FROM [${database}].dbo.Ledger WHERE id >= 900001 ORDER BY id`)).toEqual([
      { id: '900001' },
      { id: '900002' },
    ]);
  });

  it('lets a DBA fail over by hand, writers on until the end, and not one acknowledged row is missing', async () => {
    const lab = await start({ scenario: 'busy' });
    const { link, azure } = lab.description;
    const [server, instance] = [
      await connect(lab.description.sqlServer),
      await connect(lab.description.managedInstance),
    ];
    const members = await rows<{ name: string }>(
      server,
      `SELECT ar.replica_server_name AS name FROM sys.availability_replicas ar
       JOIN sys.availability_groups ag ON ag.group_id = ar.group_id WHERE ag.name = N'${link.dag}' ORDER BY name`,
    );
    const links = azureOf(lab).distributedAvailabilityGroups;
    await links.beginUpdateAndWait(
      azure.resourceGroup,
      azure.managedInstance,
      link.dag,
      { replicationMode: 'Sync' },
      { updateIntervalInMs: 50 },
    );
    const clauses = members.map(({ name }) => `N'${name}' WITH (AVAILABILITY_MODE = SYNCHRONOUS_COMMIT)`);
    await server
      .request()
      .batch(`ALTER AVAILABILITY GROUP [${link.dag}] MODIFY AVAILABILITY GROUP ON ${clauses.join(', ')};`);
    const state = (pool: sql.ConnectionPool) =>
      rows<{ state: string; lsn: string | null }>(
        pool,
        `SELECT drs.synchronization_state_desc AS state, CONVERT(varchar(25), drs.last_hardened_lsn) AS lsn
         FROM sys.dm_hadr_database_replica_states drs JOIN sys.availability_groups ag ON ag.group_id = drs.group_id
         WHERE ag.is_distributed = 1 AND drs.is_local = 1`,
      );
    await expect.poll(() => state(server), { timeout: 10_000 }).toMatchObject([{ state: 'SYNCHRONIZED' }]);
    await lab.setKnobs({ writers: 0 });
    await expect
      .poll(async () => (await state(server))[0]?.lsn === (await state(instance))[0]?.lsn, { timeout: 10_000 })
      .toBe(true);

    await links.beginDeleteAndWait(azure.resourceGroup, azure.managedInstance, link.dag, { updateIntervalInMs: 50 });
    await server.request().batch(`DROP AVAILABILITY GROUP [${link.dag}];`);
    await server.request().batch(`DROP AVAILABILITY GROUP [${link.ag}];`);
    expect(await rows(server, 'SELECT name FROM sys.availability_groups')).toEqual([]);
    const [database = ''] = link.databases;
    const present = new Set(
      (await rows<{ id: string }>(instance, `SELECT id FROM [${database}].dbo.Ledger`)).map(({ id }) => Number(id)),
    );
    const acknowledged = lab.world.acknowledgedIds();
    expect(acknowledged.length).toBeGreaterThan(0);
    expect(acknowledged.filter(id => !present.has(id))).toEqual([]);
  });

  it('logs in to the instance with a token: right audience, in time, its own signature', async () => {
    const lab = await start();
    const { managedInstance } = lab.description;
    const pool = await connect(managedInstance, await accessToken(lab));
    expect(await rows(pool, 'SELECT DB_NAME() AS db')).toEqual([{ db: 'master' }]);
    await expect(
      connect(managedInstance, await accessToken(lab, { audience: lab.description.azure.resourceManager })),
    ).rejects.toThrow(/18456|Login failed/);
    await expect(connect(managedInstance, await accessToken(lab, { lifetimeSeconds: -5 }))).rejects.toThrow(/expired/);
    const other = await start({ seed: 2 });
    await expect(connect(managedInstance, await accessToken(other))).rejects.toThrow(/Login failed/);
  });

  it('gives everything again for the same seed, and something else for another', async () => {
    const [one, again, other] = [await start(), await start(), await start({ seed: 2 })];
    const identity = ({ description: { azure, sqlServer } }: RunningLab) => [
      azure.tenantId,
      azure.clientId,
      azure.clientSecret,
      sqlServer.password,
    ];
    expect(identity(again)).toEqual(identity(one));
    expect(identity(other)).not.toEqual(identity(one));
  });

  it('closes and opens the instance’s port while it runs', async () => {
    const lab = await start({ scenario: 'unreachable' });
    const { managedInstance } = lab.description;
    await expect(connect(managedInstance)).rejects.toMatchObject({ code: 'ESOCKET' });
    await lab.setKnobs({ instanceTdsUp: true });
    expect((await connect(managedInstance)).connected).toBe(true);
    await lab.setKnobs({ instanceTdsUp: false });
    await expect(connect(managedInstance)).rejects.toMatchObject({ code: 'ESOCKET' });
  });

  it('drops connections when told to, and goes on listening', async () => {
    const lab = await start();
    const pool = await connect(lab.description.sqlServer);
    await pool.request().query('SELECT 1 AS one');
    const waiting = pool.request().query("WAITFOR DELAY '00:00:20'");
    const dropped = expect(waiting).rejects.toThrow(/closed|lost|reset|hang/i);
    await expect.poll(async () => JSON.stringify(lab.world.state())).toContain('WAITFOR');
    const answer = await fetch(`${lab.description.control}/network`, {
      method: 'POST',
      body: '{"drop":"sqlServer","abruptly":true}',
    });
    expect(answer.status).toBe(200);
    await dropped;
    expect((await connect(lab.description.sqlServer)).connected).toBe(true);
  });

  it('is steered over HTTP: state, knobs, and knobs refused by name', async () => {
    const lab = await start();
    const { control } = lab.description;
    const post = (body: unknown) => fetch(`${control}/knobs`, { method: 'POST', body: JSON.stringify(body) });
    const { knobs } = (await (await fetch(`${control}/knobs`)).json()) as {
      readonly knobs: readonly { readonly name: string }[];
    };
    expect(knobs.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['writers', 'sendRate', 'roundTrip', 'failNext', 'tokenLifetime']),
    );
    expect((await post({ roundTrip: 3, tokenLifetime: 120 })).status).toBe(200);
    expect(lab.knobs().find(({ name }) => name === 'tokenLifetime')?.value).toBe(120);
    const refused = await post({ roundTripp: 3 });
    expect([refused.status, await refused.text()]).toEqual([400, expect.stringContaining('roundTripp')]);
    expect((await post({ tokenLifetime: 0.5 })).status).toBe(400);
    expect(await (await fetch(`${control}/state`)).text()).toContain(lab.description.link.dag);
  });

  it('prints a token that Resource Manager takes, and permits what the failover needs', async () => {
    const lab = await start();
    const { azure, link } = lab.description;
    const ca = readFileSync(azure.certificateFile, 'utf8');
    const headers = { authorization: `Bearer ${azure.token}` };
    const instance = `${azure.resourceManager}/subscriptions/${azure.subscriptionId}/resourceGroups/${azure.resourceGroup}/providers/Microsoft.Sql/managedInstances/${azure.managedInstance}`;
    const { json } = await ask(ca, `${instance}/distributedAvailabilityGroups/${link.dag}?api-version=2025-01-01`, {
      headers,
    });
    expect(json.properties).toMatchObject({
      instanceLinkRole: 'Secondary',
      partnerLinkRole: 'Primary',
      databases: [{ databaseName: link.databases[0] }],
    });
    const failover = await ask(
      ca,
      `${instance}/distributedAvailabilityGroups/${link.dag}/failover?api-version=2025-01-01`,
      { method: 'POST', headers, body: '{"failoverType":"Planned"}' },
    );
    expect([failover.status, failover.json.error.code]).toEqual([
      400,
      'InvalidDistributedAvailabilityGroupFailoverInstanceRole',
    ]);
  });
});
