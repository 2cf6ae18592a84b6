import { SubscriptionClient } from '@azure/arm-resources-subscriptions';
import { SqlManagementClient } from '@azure/arm-sql';
import { ClientSecretCredential } from '@azure/identity';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ArmError } from '../../../src/lab/engine/contract.ts';
import { client, otherTenantId, type Practice, startPractice } from './practice.ts';
import { aLink, subscriptionId, tenantId } from './small-azure.ts';

/** The stock SDK, told only where the lab is and which certificate to trust. */
let practice: Practice;
let sql: SqlManagementClient;
const signIn = (tenant: string, secret = client.clientSecret) =>
  new ClientSecretCredential(tenant, client.clientId, secret, {
    authorityHost: practice.cloud.authority,
    disableInstanceDiscovery: true,
    tlsOptions: { ca: practice.ca },
    retryOptions: { maxRetries: 0 },
  });
const options = () => ({
  endpoint: practice.cloud.resourceManager,
  tlsOptions: { ca: practice.ca },
  retryOptions: { maxRetries: 0 },
});
const all = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
};

beforeAll(async () => {
  practice = await startPractice();
  sql = new SqlManagementClient(signIn(tenantId), subscriptionId, options());
});
afterAll(() => practice.cloud.close());
beforeEach(() => {
  practice.azure.link = aLink();
  practice.azure.refusal = undefined;
});

describe('@azure/arm-sql', () => {
  it('lists and gets instances and databases', async () => {
    expect((await all(sql.managedInstances.list())).map(({ name }) => name)).toEqual(['mi-one', 'mi-two']);
    expect((await all(sql.managedInstances.listByResourceGroup('rg-other'))).map(({ name }) => name)).toEqual([
      'mi-two',
    ]);
    expect(await sql.managedInstances.get('rg-Sales', 'mi-one')).toMatchObject({
      state: 'Ready',
      fullyQualifiedDomainName: 'mi-one.1b4e2caff2530.database.windows.net',
      sku: { tier: 'GeneralPurpose' },
      vCores: 8,
    });
    const [database] = await all(sql.managedDatabases.listByInstance('rg-Sales', 'mi-one'));
    expect(database).toMatchObject({ name: 'Sales', status: 'Online', creationDate: new Date(Date.UTC(2026, 0, 1)) });
    expect(await all(sql.instanceFailoverGroups.listByLocation('rg-Sales', 'westeurope'))).toEqual([]);
    expect(await all(sql.managedInstanceOperations.listByManagedInstance('rg-Sales', 'mi-one'))).toEqual([]);
    expect(await all(sql.endpointCertificates.listByInstance('rg-Sales', 'mi-one'))).toEqual([]);
  });

  it('lists, shows, updates and deletes a link', async () => {
    const links = sql.distributedAvailabilityGroups;
    expect(await all(links.listByInstance('rg-Sales', 'mi-one'))).toMatchObject([
      { name: 'DAG_Sales', targetDatabase: 'Sales' },
    ]);
    expect(await links.get('rg-Sales', 'mi-one', 'DAG_Sales')).toMatchObject({
      replicationMode: 'Async',
      lastHardenedLsn: '71000009408100001',
    });
    expect(
      await links.beginUpdateAndWait('rg-Sales', 'mi-one', 'DAG_Sales', { replicationMode: 'Sync' }),
    ).toMatchObject({ replicationMode: 'Sync' });
    await links.beginDeleteAndWait('rg-Sales', 'mi-one', 'DAG_Sales');
    await expect(links.get('rg-Sales', 'mi-one', 'DAG_Sales')).rejects.toMatchObject({
      statusCode: 404,
      code: 'ResourceNotFound',
    });
    await links.beginDeleteAndWait('rg-Sales', 'mi-one', 'DAG_Sales');
  });

  it('reads refusals, of a request and of an operation', async () => {
    const update = () =>
      sql.distributedAvailabilityGroups.beginUpdateAndWait('rg-Sales', 'mi-one', 'DAG_Sales', {
        replicationMode: 'Sync',
      });
    const error = new ArmError(409, 'ManagedInstanceIsBusy', 'The managed instance is busy.');
    practice.azure.refusal = { error, when: 'atOnce' };
    await expect(update()).rejects.toMatchObject({ statusCode: 409, code: 'ManagedInstanceIsBusy' });
    practice.azure.refusal = { error, when: 'later' };
    practice.azure.gate = new Promise(resolve => setImmediate(() => setImmediate(resolve)));
    await expect(update()).rejects.toThrow(/busy/);
  });

  it('cannot see the subscription with the other directory’s token', async () => {
    const elsewhere = new SqlManagementClient(signIn(otherTenantId), subscriptionId, options());
    await expect(all(elsewhere.managedInstances.list())).rejects.toMatchObject({
      statusCode: 401,
      code: 'InvalidAuthenticationTokenTenant',
    });
  });
});

describe('@azure/identity and @azure/arm-resources-subscriptions', () => {
  it('list tenants and subscriptions', async () => {
    const subscriptions = new SubscriptionClient(signIn(tenantId), options());
    expect((await all(subscriptions.tenants.list())).map(tenant => tenant.tenantId)).toEqual([tenantId]);
    expect(await all(subscriptions.subscriptions.list())).toMatchObject([
      { displayName: 'Production', tenantId },
      { displayName: 'Elsewhere' },
    ]);
  });

  it('say why a sign-in failed', async () => {
    await expect(signIn(tenantId, 'wrong').getToken(`${practice.cloud.resourceManager}/.default`)).rejects.toThrow(
      /AADSTS7000215/,
    );
    await expect(
      signIn('00000000-0000-4000-8000-000000000000').getToken(`${practice.cloud.resourceManager}/.default`),
    ).rejects.toThrow(/90002|endpoints_resolution|not found/i);
  });
});
