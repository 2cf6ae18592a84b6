import { afterEach, describe, expect, it } from 'vitest';
import type { ArmRequest } from '../../src/link/ports.ts';
import type { AzureInstanceRef } from '../../src/link/vocabulary.ts';
import { practiceCloud } from './practice-cloud.ts';

const never = new AbortController().signal;

let stop: () => Promise<void> = () => Promise.resolve();
afterEach(async () => {
  await stop();
  stop = () => Promise.resolve();
});

async function signedIn(options: Parameters<typeof practiceCloud>[0] = {}) {
  const practice = await practiceCloud(options);
  stop = practice.close;
  return practice;
}

const pathOf = ({ subscriptionId, resourceGroup, instance }: AzureInstanceRef, link: string) =>
  `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Sql/managedInstances/${instance}/distributedAvailabilityGroups/${link}`;
const cut = (ref: AzureInstanceRef, link: string): ArmRequest => ({
  method: 'DELETE',
  path: pathOf(ref, link),
  apiVersion: '2025-01-01',
});
const toMode = (ref: AzureInstanceRef, link: string, replicationMode: string): ArmRequest => ({
  method: 'PATCH',
  path: pathOf(ref, link),
  apiVersion: '2025-01-01',
  body: { properties: { replicationMode } },
});

const thrown = (promise: Promise<unknown>) =>
  promise.then(
    value => ({ returned: value }),
    (error: unknown) => error,
  );

describe('signed in to the practice lab', () => {
  it('sees its tenants and subscriptions', async () => {
    const { azure, world } = await signedIn();
    expect(await azure.tenants(never)).toContainEqual({
      tenantId: world.azure.tenantId,
      displayName: world.azure.tenantName,
    });
    const subscriptions = await azure.subscriptions(never);
    expect(subscriptions.map(s => s.subscriptionId).sort()).toEqual(
      world.azure.subscriptions.map(s => s.subscriptionId).sort(),
    );
  });

  it('finds the instance by name and by FQDN, and not in another subscription', async () => {
    const { azure, world, held } = await signedIn();
    const expected = {
      id: held.id,
      name: held.name,
      subscriptionId: held.subscriptionId,
      resourceGroup: held.resourceGroup,
      location: held.location,
      fullyQualifiedDomainName: held.fullyQualifiedDomainName,
      state: held.state,
      databaseFormat: held.databaseFormat,
      tier: held.tier,
    };
    expect(await azure.findInstance(held.subscriptionId, held.name.toUpperCase(), '', never)).toEqual(expected);
    expect(await azure.findInstance(held.subscriptionId, 'x', held.fullyQualifiedDomainName, never)).toEqual(expected);
    const other = world.azure.subscriptions.find(s => s.subscriptionId !== held.subscriptionId);
    expect(
      await azure.findInstance(other?.subscriptionId ?? '', held.name, held.fullyQualifiedDomainName, never),
    ).toBeUndefined();
  });

  it('sees every field of the link as the world has it', async () => {
    const { azure, world, held, ref } = await signedIn();
    const seen = await azure.link(ref, world.link.dag, never);
    const [truth] = world.azure.links(held.id);
    const modes = { Sync: 'synchronous', Async: 'asynchronous' } as const;
    const healths = { HEALTHY: 'healthy', PARTIALLY_HEALTHY: 'partiallyHealthy', NOT_HEALTHY: 'notHealthy' } as const;
    const whole = (ms: number | undefined) => (ms === undefined ? undefined : expect.closeTo(ms, -3.5));
    expect(seen).toEqual({
      name: truth?.name,
      id: truth?.distributedAvailabilityGroupId.toUpperCase(),
      commitMode: modes[truth?.replicationMode ?? 'Sync'],
      instanceRole: truth?.instanceLinkRole.toLowerCase(),
      partnerRole: truth?.partnerLinkRole.toLowerCase(),
      partnerAvailabilityGroup: truth?.partnerAvailabilityGroupName,
      instanceAvailabilityGroup: truth?.instanceAvailabilityGroupName,
      failoverMode: truth?.failoverMode,
      databases: truth?.databases.map(d => ({
        name: d.databaseName,
        replicaState: d.replicaState,
        health: healths[d.synchronizationHealth],
        connected: d.connectedState === 'CONNECTED',
        hardenedLsn: d.lastHardenedLsn === undefined ? undefined : BigInt(d.lastHardenedLsn),
        lastHardenedTime: whole(d.lastHardenedTime),
        lastCommitLsn: d.lastCommitLsn === undefined ? undefined : BigInt(d.lastCommitLsn),
        mostRecentError: d.mostRecentLinkError,
        certificateExpiry: whole(d.partnerAuthCertValidity?.expiryDate),
      })),
    });
    expect(seen?.databases.length).toBeGreaterThan(0);
    expect(await azure.links(ref, never)).toHaveLength(world.azure.links(held.id).length);
    expect(await azure.link(ref, 'no_such_link', never)).toBeUndefined();
  });

  it('changes the replication mode and cuts the link, once each', async () => {
    const { azure, world, held, ref } = await signedIn();
    const patched = await azure.start(toMode(ref, world.link.dag, 'Sync'), never);
    if (patched.state === 'running') await azure.follow(patched.operation, never);
    expect(world.azure.links(held.id)[0]?.replicationMode).toBe('Sync');
    const [database = ''] = world.link.databases;
    expect(await azure.databaseStatus(ref, database, never)).toBe(
      world.azure.databases(held.id).find(d => d.name === database)?.status,
    );

    const deleted = await azure.start(cut(ref, world.link.dag), never);
    expect(deleted.state).toBe('running');
    if (deleted.state === 'running') await azure.follow(deleted.operation, never);
    expect(await azure.link(ref, world.link.dag, never)).toBeUndefined();
    expect(world.azure.links(held.id)).toEqual([]);
    expect(await azure.start(cut(ref, world.link.dag), never)).toEqual({ state: 'absent' });
  });

  it('a lost answer to a deletion: unknown, though it took effect', async () => {
    const { azure, world, held, ref } = await signedIn();
    world.setKnobs({
      failNext: [{ on: 'azure', method: 'DELETE', match: 'distributedAvailabilityGroups', dropAfter: true }],
    });
    expect(await thrown(azure.start(cut(ref, world.link.dag), never))).toMatchObject({
      problem: { reason: 'unknownOutcome' },
    });
    await expect.poll(() => world.azure.links(held.id).length).toBe(0);
  });

  it('a planned failover that Azure refuses says why and what to do', async () => {
    const { azure, world, ref } = await signedIn();
    const failover: ArmRequest = {
      method: 'POST',
      path: `${pathOf(ref, world.link.dag)}/failover`,
      apiVersion: '2025-01-01',
      body: { failoverType: 'Planned' },
    };
    const whole = async () => {
      const sent = await azure.start(failover, never);
      if (sent.state === 'running') await azure.follow(sent.operation, never);
    };
    expect(await thrown(whole())).toMatchObject({
      problem: {
        reason: 'wrongRole',
        code: 'InvalidDistributedAvailabilityGroupFailoverInstanceRole',
        advice: expect.stringContaining('SQL Server'),
      },
    });
  });

  it('knows which actions are missing, and is refused by name when it tries', async () => {
    const { azure, world, ref } = await signedIn();
    const action = 'Microsoft.Sql/managedInstances/distributedAvailabilityGroups/delete';
    const others = [
      'Microsoft.Sql/managedInstances/read',
      'Microsoft.Sql/managedInstances/distributedAvailabilityGroups/write',
    ];
    expect(await azure.permissions(ref, [action, ...others], never)).toEqual({ known: true, missing: [] });
    world.setKnobs({ azureDeniedActions: [action] });
    expect(await azure.permissions(ref, [action, ...others], never)).toEqual({ known: true, missing: [action] });
    expect(await thrown(azure.start(cut(ref, world.link.dag), never))).toMatchObject({
      problem: { reason: 'permission', code: 'AuthorizationFailed', message: expect.stringContaining(action) },
    });
  });
});

describe('a sign-in that does not work', () => {
  it('a wrong secret', async () => {
    const { azure } = await signedIn({ secret: 'wrong' });
    expect(await thrown(azure.subscriptions(never))).toMatchObject({
      problem: { reason: 'loginFailed', serverText: expect.stringContaining('AADSTS') },
    });
  });

  it('another tenant holds no subscription', async () => {
    const { azure } = await signedIn({ tenant: 'other' });
    expect(await azure.subscriptions(never)).toEqual([]);
  });

  it('a token that Azure does not take any more', async () => {
    const { azure, world, ref } = await signedIn();
    world.setKnobs({
      failNext: [
        {
          on: 'azure',
          match: 'distributedAvailabilityGroups',
          status: 401,
          code: 'ExpiredAuthenticationToken',
          message: 'The access token expiry UTC time is earlier than current UTC time.',
        },
      ],
    });
    expect(await thrown(azure.link(ref, world.link.dag, never))).toMatchObject({
      problem: { reason: 'loginFailed', code: 'ExpiredAuthenticationToken' },
    });
  });
});
