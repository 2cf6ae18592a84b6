import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import type { ArmRequest } from '../../src/link/ports.ts';
import { LinkError } from '../../src/link/problem.ts';
import { armError, never, type Reply, type Request, smallArm } from './small-arm.ts';

let stop: () => void = () => undefined;
afterEach(() => {
  stop();
  stop = () => undefined;
});

async function arm(reply: (request: Request, count: number) => Reply, options: Parameters<typeof smallArm>[1] = {}) {
  const small = await smallArm(reply, options);
  stop = small.close;
  return small;
}

const instance = {
  subscriptionId: '11111111-2222-3333-4444-555555555555',
  resourceGroup: 'rg prod',
  instance: 'mi-prod',
};
const INSTANCE_PATH =
  '/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg%20prod/providers/Microsoft.Sql/managedInstances/mi-prod';
const LINK_PATH = `${INSTANCE_PATH}/distributedAvailabilityGroups/DAG_Sales`;

const DELETE: ArmRequest = { method: 'DELETE', path: LINK_PATH, apiVersion: '2025-01-01' };
const PATCH: ArmRequest = {
  method: 'PATCH',
  path: LINK_PATH,
  apiVersion: '2025-01-01',
  body: { properties: { replicationMode: 'Sync' } },
};
const FAILOVER: ArmRequest = {
  method: 'POST',
  path: `${LINK_PATH}/failover`,
  apiVersion: '2025-01-01',
  body: { failoverType: 'ForcedAllowDataLoss' },
};

const thrown = (promise: Promise<unknown>) =>
  promise.then(
    value => ({ returned: value }),
    (error: unknown) => error,
  );

const link = {
  name: 'DAG_Sales',
  properties: {
    distributedAvailabilityGroupName: 'DAG_Sales',
    distributedAvailabilityGroupId: 'c856cff5-a6fe-418e-8894-17799cc20f5d',
    replicationMode: 'Async',
    partnerLinkRole: 'Primary',
    partnerAvailabilityGroupName: 'AG_Sales',
    instanceLinkRole: 'Secondary',
    instanceAvailabilityGroupName: 'mi-prod',
    failoverMode: 'None',
    databases: [
      {
        databaseName: 'Sales',
        replicaState: 'Catchup',
        synchronizationHealth: 'HEALTHY',
        connectedState: 'CONNECTED',
        lastHardenedLsn: '71000009408100001',
        lastHardenedTime: '2026-11-24T10:00:00Z',
        lastCommitLsn: '71000009407900004',
        partnerAuthCertValidity: { certificateName: 'c', expiryDate: '2027-01-01T00:00:00Z' },
      },
    ],
  },
};

describe('a link', () => {
  it('every field, with LSNs exact', async () => {
    const { azure, requests } = await arm(() => ({ status: 200, body: link }));
    expect(await azure.link(instance, 'DAG_Sales', never)).toEqual({
      name: 'DAG_Sales',
      id: 'C856CFF5-A6FE-418E-8894-17799CC20F5D',
      commitMode: 'asynchronous',
      instanceRole: 'secondary',
      partnerRole: 'primary',
      partnerAvailabilityGroup: 'AG_Sales',
      instanceAvailabilityGroup: 'mi-prod',
      failoverMode: 'None',
      databases: [
        {
          name: 'Sales',
          replicaState: 'Catchup',
          health: 'healthy',
          connected: true,
          hardenedLsn: 71000009408100001n,
          lastHardenedTime: Date.UTC(2026, 10, 24, 10),
          lastCommitLsn: 71000009407900004n,
          mostRecentError: undefined,
          certificateExpiry: Date.UTC(2027, 0, 1),
        },
      ],
    });
    expect(requests).toEqual([
      { method: 'GET', url: `${LINK_PATH}?api-version=2025-01-01`, body: '', authorization: 'Bearer a-token' },
    ]);
  });

  it('names that need it are percent-encoded', async () => {
    const { azure, requests } = await arm(() => ({ status: 200, body: link }));
    await azure.link(instance, 'DAG/Sales #1?', never);
    expect(requests[0]?.url).toBe(
      `${INSTANCE_PATH}/distributedAvailabilityGroups/DAG%2FSales%20%231%3F?api-version=2025-01-01`,
    );
  });

  it('a value that this release does not know is unknown, not an error', async () => {
    const body = {
      name: 'x',
      properties: {
        replicationMode: 'SemiSync',
        instanceLinkRole: 'Tertiary',
        databases: [{ databaseName: 'd', synchronizationHealth: 'SOSO' }],
      },
    };
    const { azure } = await arm(() => ({ status: 200, body }));
    expect(await azure.link(instance, 'x', never)).toMatchObject({
      commitMode: 'unknown',
      instanceRole: 'unknown',
      partnerRole: 'unknown',
      id: '',
      databases: [{ health: 'unknown', hardenedLsn: undefined }],
    });
  });

  it.each([
    [
      'LSN',
      { ...link, properties: { databases: [{ databaseName: 'd', lastHardenedLsn: '7.1e16' }] } },
      /properties\.databases\.0\.lastHardenedLsn/,
    ],
    [
      'date',
      { ...link, properties: { databases: [{ databaseName: 'd', lastHardenedTime: 'yesterday' }] } },
      /lastHardenedTime/,
    ],
    ['shape', { name: 'x' }, /properties/],
    ['JSON', '<html>proxy login</html>', /cannot be understood/],
  ])('a malformed %s is named', async (_what, body, message) => {
    const { azure } = await arm(() => ({ status: 200, body }));
    expect(await thrown(azure.link(instance, 'x', never))).toMatchObject({
      problem: { reason: 'badAnswer', venue: 'azure', message: expect.stringMatching(message) },
    });
  });

  it('is absent by 404 of its own; 404 of what it lives in is an error', async () => {
    const { azure } = await arm((_, count) =>
      count === 1 ? armError(404, 'ResourceNotFound') : armError(404, 'ResourceGroupNotFound'),
    );
    expect(await azure.link(instance, 'x', never)).toBeUndefined();
    expect(await thrown(azure.link(instance, 'x', never))).toMatchObject({
      problem: { reason: 'notFound', code: 'ResourceGroupNotFound' },
    });
  });

  it('lists go on with the next page, on Azure’s own hosts only', async () => {
    const { azure, endpoint } = await arm((_, count) => ({
      status: 200,
      body: count === 1 ? { value: [link], nextLink: `${endpoint}/subscriptions/s/next?p=2` } : { value: [link] },
    }));
    expect(await azure.links(instance, never)).toHaveLength(2);
    stop();
    const evil = await arm(() => ({ status: 200, body: { value: [], nextLink: 'https://evil.example/steal' } }));
    expect(await thrown(evil.azure.links(instance, never))).toMatchObject({
      problem: { reason: 'badAnswer', message: expect.stringContaining('evil.example') },
    });
  });
});

describe('an instance', () => {
  const listed = (name: string, fqdn: string) => ({
    id: `${INSTANCE_PATH.replace('mi-prod', name)}`,
    name,
    location: 'westeurope',
    properties: { fullyQualifiedDomainName: fqdn, state: 'Ready' },
  });
  const whole = JSON.parse(readFileSync(new URL('./managed-instance.json', import.meta.url), 'utf8')) as Record<
    string,
    unknown
  >;

  it.each([
    ['by name, in any casing', 'MI-PROD', 'other.example'],
    ['by FQDN', 'something-else', 'mi-prod.zone.database.windows.net'],
  ])('is found %s', async (_how, name, fqdn) => {
    const { azure, requests } = await arm(({ url }) =>
      url.includes('managedInstances?')
        ? {
            status: 200,
            body: {
              value: [
                listed('mi-test', 'mi-test.zone.database.windows.net'),
                listed('mi-prod', 'mi-prod.zone.database.windows.net'),
              ],
            },
          }
        : { status: 200, body: whole },
    );
    expect(await azure.findInstance(instance.subscriptionId, name, fqdn, never)).toEqual({
      id: '/subscriptions/00000000-1111-2222-3333-444444444444/resourceGroups/testrg/providers/Microsoft.Sql/managedInstances/testinstance',
      name: 'testinstance',
      subscriptionId: '00000000-1111-2222-3333-444444444444',
      resourceGroup: 'testrg',
      location: 'japaneast',
      fullyQualifiedDomainName: 'testinstance.1b4e2caff2530.database.windows.net',
      state: 'Ready',
      databaseFormat: 'SQLServer2022',
      tier: 'GeneralPurpose',
    });
    expect(requests[1]?.url).toBe(`${INSTANCE_PATH}?api-version=2025-01-01`);
  });

  it('is undefined when the subscription does not hold it, an error when there is no such subscription', async () => {
    const { azure } = await arm((_, count) =>
      count === 1 ? { status: 200, body: { value: [] } } : armError(404, 'SubscriptionNotFound'),
    );
    expect(await azure.findInstance('s', 'mi', '', never)).toBeUndefined();
    expect(await thrown(azure.findInstance('s', 'mi', '', never))).toMatchObject({
      problem: { reason: 'notFound', code: 'SubscriptionNotFound' },
    });
  });

  it('tells the status of a database, and undefined for none', async () => {
    const { azure } = await arm((_, count) =>
      count === 1 ? { status: 200, body: { properties: { status: 'Restoring' } } } : armError(404, 'ResourceNotFound'),
    );
    expect(await azure.databaseStatus(instance, 'Sales', never)).toBe('Restoring');
    expect(await azure.databaseStatus(instance, 'Sales', never)).toBeUndefined();
  });
});

describe('permissions', () => {
  const needed = [
    'Microsoft.Sql/managedInstances/distributedAvailabilityGroups/write',
    'Microsoft.Sql/managedInstances/distributedAvailabilityGroups/delete',
  ];

  it.each([
    ['everything', [{ actions: ['*'], notActions: [] }], []],
    [
      'all but deleting',
      [{ actions: ['Microsoft.Sql/*'], notActions: ['Microsoft.Sql/managedInstances/*/delete'] }],
      [needed[1]],
    ],
    [
      'taken by one role, given by another',
      [
        { actions: ['*'], notActions: ['*/delete'] },
        { actions: ['microsoft.sql/managedinstances/distributedavailabilitygroups/DELETE'] },
      ],
      [],
    ],
    ['reading', [{ actions: ['*/read'], notActions: [] }], needed],
    ['nothing', [], needed],
  ])('%s', async (_what, value, missing) => {
    const { azure } = await arm(() => ({ status: 200, body: { value } }));
    expect(await azure.permissions(instance, needed, never)).toEqual({ known: true, missing });
  });

  it('are unknown when they may not be read', async () => {
    const { azure } = await arm(() => armError(403, 'AuthorizationFailed'));
    expect(await azure.permissions(instance, needed, never)).toEqual({ known: false, missing: [] });
  });
});

describe('a change', () => {
  it('is sent as it stands', async () => {
    const { azure, requests } = await arm(() => ({ status: 200, body: link }));
    expect(await azure.start(PATCH, never)).toEqual({ state: 'done' });
    expect(requests).toEqual([
      {
        method: 'PATCH',
        url: `${LINK_PATH}?api-version=2025-01-01`,
        body: '{"properties":{"replicationMode":"Sync"}}',
        authorization: 'Bearer a-token',
      },
    ]);
  });

  it.each([
    ['200', { status: 200 }, { state: 'done' }],
    ['204: there was none', { status: 204 }, { state: 'absent' }],
    ['404: there was none', armError(404, 'ResourceNotFound'), { state: 'absent' }],
  ])('DELETE answered by %s', async (_what, reply, outcome) => {
    const { azure } = await arm(() => reply as Reply);
    expect(await azure.start(DELETE, never)).toEqual(outcome);
  });

  it('404 of the resource group is no proof that the link is gone', async () => {
    const { azure } = await arm(() => armError(404, 'ResourceGroupNotFound'));
    expect(await thrown(azure.start(DELETE, never))).toMatchObject({ problem: { reason: 'notFound' } });
  });

  it.each([
    ['PATCH', PATCH],
    ['DELETE', DELETE],
    ['POST', FAILOVER],
  ])('%s: a lost answer is an unknown outcome, and nothing is sent again', async (_method, request) => {
    for (const broken of ['drop', 'cut'] as const) {
      const { azure, requests, close } = await smallArm(() => broken);
      expect(await thrown(azure.start(request, never))).toMatchObject({
        problem: { reason: 'unknownOutcome', venue: 'azure' },
      });
      expect(requests).toHaveLength(1);
      close();
    }
  });

  it.each([
    [500, 'InternalServerError', 'unknownOutcome', undefined],
    [500, 'OperationTimedOut', 'refused', true],
    [503, 'TooManyRequests', 'refused', true],
    [429, 'SubscriptionTooManyRequests', 'refused', true],
    [409, 'ManagedInstanceIsBusy', 'refused', true],
    [409, 'SomethingNew', 'refused', true],
    [409, 'ScopeLocked', 'permission', false],
    [502, 'BadGateway', 'unknownOutcome', undefined],
    [504, 'RequestTimeout', 'unknownOutcome', undefined],
    [400, 'InvalidDistributedAvailabilityGroupFailoverInstanceRole', 'wrongRole', false],
    [400, 'DistributedAvailabilityGroupFailoverInvalidInstanceRole', 'wrongRole', false],
    [409, 'DistributedAvailabilityGroupFailoverLogSendQueueSizeTooBig', 'notSynchronized', true],
    [400, 'ManagedInstanceStoppingOrStopped', 'refused', false],
    [403, 'AuthorizationFailed', 'permission', false],
    [401, 'ExpiredAuthenticationToken', 'loginFailed', false],
  ])('%i %s is %s and is not sent again', async (status, code, reason, transient) => {
    const { azure, requests } = await arm(() => armError(status, code, undefined, { 'retry-after': '1' }));
    const error = await thrown(azure.start(FAILOVER, never));
    expect(error).toMatchObject({ problem: { reason, code, serverText: `Text of ${code}.` } });
    expect(error instanceof LinkError && error.problem.transient).toBe(transient);
    expect(requests).toHaveLength(1);
  });

  it('a missing permission names the action', async () => {
    const text =
      "The client 'dba@example.com' with object id 'x' does not have authorization to perform action 'Microsoft.Sql/managedInstances/distributedAvailabilityGroups/delete' over scope '/subscriptions/…'.";
    const { azure } = await arm(() => armError(403, 'AuthorizationFailed', text));
    expect(await thrown(azure.start(DELETE, never))).toMatchObject({
      problem: {
        reason: 'permission',
        message: expect.stringContaining('Microsoft.Sql/managedInstances/distributedAvailabilityGroups/delete'),
      },
    });
  });

  it('never reached Azure when nothing listens', async () => {
    const { azure, close } = await arm(() => ({ status: 200 }));
    close();
    expect(await thrown(azure.start(DELETE, never))).toMatchObject({
      problem: { reason: 'unreachable', code: 'ECONNREFUSED', transient: true },
    });
  });

  it('cancelled while the answer is awaited: unknown', async () => {
    const cancel = new AbortController();
    const { azure } = await arm(() => {
      cancel.abort();
      return { status: 200 };
    });
    const error = await thrown(azure.start(DELETE, cancel.signal));
    expect(error).toMatchObject({ problem: { reason: 'unknownOutcome' } });
  });

  it('accepted without an operation to follow: unknown', async () => {
    const { azure } = await arm(() => ({ status: 202 }));
    expect(await thrown(azure.start(DELETE, never))).toMatchObject({ problem: { reason: 'unknownOutcome' } });
  });
});

describe('a long-running change', () => {
  const OPERATION =
    '/subscriptions/s/providers/Microsoft.Sql/locations/westeurope/distributedAvailabilityGroupsOperationResults/1?api-version=2025-01-01';

  async function started(replies: readonly Reply[], request = DELETE, header = 'location') {
    const small = await arm(({ method, url }, count) => {
      if (method !== 'GET')
        return { status: 202, headers: { [header]: `${small.endpoint}${OPERATION}`, 'retry-after': '3' } };
      return url === OPERATION ? (replies[count - 2] ?? { status: 500 }) : (replies.at(-1) ?? { status: 500 });
    });
    const outcome = await small.azure.start(request, never);
    if (outcome.state !== 'running') throw new Error(`expected a running operation, got ${outcome.state}`);
    return { ...small, follow: (signal = never) => small.azure.follow(outcome.operation, signal) };
  }

  it('is polled as Retry-After asks, until 204', async () => {
    const { follow, waits, requests } = await started([
      { status: 202, headers: { 'retry-after': '7' } },
      { status: 202 },
      { status: 204 },
    ]);
    await follow();
    expect(waits).toEqual([3000, 7000, 2000]);
    expect(requests.slice(1).map(r => r.url)).toEqual([OPERATION, OPERATION, OPERATION]);
  });

  it('absurd Retry-After values are cut to a minute; a date is understood', async () => {
    const { follow, waits } = await started([
      { status: 202, headers: { 'retry-after': '86400' } },
      { status: 202, headers: { 'retry-after': new Date(Date.UTC(2026, 10, 24, 0, 0, 20)).toUTCString() } },
      { status: 202, headers: { 'retry-after': 'soon' } },
      { status: 200 },
    ]);
    await follow();
    expect(waits).toEqual([3000, 60_000, 20_000, 2000]);
  });

  it('follows a Location that moves', async () => {
    const { follow, requests } = await started([
      { status: 202, headers: { location: '/subscriptions/s/elsewhere' } },
      { status: 204 },
    ]);
    await follow();
    expect(requests.at(-1)?.url).toBe('/subscriptions/s/elsewhere');
  });

  it('understands Azure-AsyncOperation', async () => {
    const { follow, requests } = await started(
      [
        { status: 200, body: { status: 'InProgress' } },
        { status: 200, body: { status: 'Succeeded' } },
      ],
      PATCH,
      'azure-asyncoperation',
    );
    await follow();
    expect(requests).toHaveLength(3);
  });

  it.each([
    [
      'as a status',
      { status: 200, body: { status: 'Failed', error: { code: 'OperationTimedOut', message: 'Timed out.' } } },
    ],
    ['as an error', armError(409, 'OperationTimedOut', 'Timed out.')],
  ])('fails with Azure’s own code (%s)', async (_how, reply) => {
    const { follow } = await started([{ status: 202 }, reply as Reply]);
    expect(await thrown(follow())).toMatchObject({
      problem: {
        reason: 'refused',
        code: 'OperationTimedOut',
        serverText: 'Timed out.',
        advice: expect.stringContaining('rolled back'),
      },
    });
  });

  it('passing trouble while polling does not end it', async () => {
    const { follow } = await started([
      { status: 503 },
      'drop',
      armError(429, 'TooManyRequests', undefined, { 'retry-after': '0' }),
      { status: 202 },
      { status: 204 },
    ]);
    expect(await thrown(follow())).toEqual({ returned: undefined });
  });

  it('an operation that Azure forgot: the resource tells', async () => {
    const { follow, requests } = await started([
      armError(404, 'OperationIdNotFound'),
      armError(404, 'ResourceNotFound'),
    ]);
    await follow();
    expect(requests.at(-1)?.url).toBe(`${LINK_PATH}?api-version=2025-01-01`);
  });

  it('an operation that Azure forgot while the resource is still there is not taken for success', async () => {
    const { follow } = await started([
      ...Array.from({ length: 20 }, () => armError(404, 'OperationIdNotFound')),
      { status: 200, body: link },
    ]);
    expect(await thrown(follow())).toMatchObject({ problem: { reason: 'unknownOutcome' } });
  });

  it('an operation at a foreign address is not followed: the token stays here', async () => {
    const { azure } = await arm(() => ({ status: 202, headers: { location: 'https://evil.example/op' } }));
    expect(await thrown(azure.start(DELETE, never))).toMatchObject({
      problem: { reason: 'unknownOutcome', message: expect.stringContaining('evil.example') },
    });
  });

  it.each([
    [401, 'ExpiredAuthenticationToken'],
    [403, 'AuthorizationFailed'],
  ])('%i while polling says nothing about the operation', async (status, code) => {
    const { follow } = await started([{ status: 202 }, armError(status, code)]);
    expect(await thrown(follow())).toMatchObject({ problem: { reason: 'unknownOutcome', code } });
  });

  it('stops following when cancelled', async () => {
    const cancel = new AbortController();
    const { follow } = await started([]);
    cancel.abort();
    expect(await thrown(follow(cancel.signal))).toMatchObject({ name: 'AbortError' });
  });
});

describe('reading', () => {
  it('is tried again after passing trouble', async () => {
    const { azure, requests } = await arm((_, count) =>
      count === 1 ? 'drop' : count === 2 ? { status: 503 } : { status: 200, body: link },
    );
    expect(await azure.link(instance, 'DAG_Sales', never)).toMatchObject({ name: 'DAG_Sales' });
    expect(requests).toHaveLength(3);
  });

  it('is given up after several tries', async () => {
    const { azure, requests } = await arm(() => armError(503, 'ServiceUnavailable'));
    expect(await thrown(azure.link(instance, 'x', never))).toMatchObject({
      problem: { reason: 'refused', transient: true },
    });
    expect(requests).toHaveLength(4);
  });

  it('an untrusted certificate: nothing is sent', async () => {
    const { azure, requests } = await arm(() => ({ status: 200 }), { trusted: false });
    expect(await thrown(azure.tenants(never))).toMatchObject({ problem: { reason: 'certificateUntrusted' } });
    expect(requests).toEqual([]);
  });

  it('no token: says so, and nothing is sent', async () => {
    const credential = { getToken: () => Promise.reject(new Error('AADSTS70043: expired\nTrace ID: 1')) };
    const { azure, requests } = await arm(() => ({ status: 200 }), { credential });
    for (const act of [azure.subscriptions(never), azure.start(DELETE, never)]) {
      expect(await thrown(act)).toMatchObject({
        problem: { reason: 'loginFailed', serverText: 'AADSTS70043: expired' },
      });
    }
    expect(requests).toEqual([]);
  });

  it('tenants and usable subscriptions', async () => {
    const { azure } = await arm(({ url }) =>
      url.startsWith('/tenants')
        ? { status: 200, body: { value: [{ tenantId: 't1', displayName: 'Contoso' }, { tenantId: 't2' }] } }
        : {
            status: 200,
            body: {
              value: [
                { subscriptionId: 's1', displayName: 'Production', state: 'Enabled', tenantId: 't1' },
                { subscriptionId: 's2', displayName: 'Old', state: 'Disabled', tenantId: 't1' },
              ],
            },
          },
    );
    expect(await azure.tenants(never)).toEqual([
      { tenantId: 't1', displayName: 'Contoso' },
      { tenantId: 't2', displayName: 't2' },
    ]);
    expect(await azure.subscriptions(never)).toEqual([
      { subscriptionId: 's1', displayName: 'Production', tenantId: 't1' },
    ]);
  });

  it('is cancelled at once', async () => {
    const { azure, requests } = await arm(() => ({ status: 200 }));
    expect(await thrown(azure.links(instance, AbortSignal.abort()))).toMatchObject({ name: 'AbortError' });
    expect(requests).toEqual([]);
  });
});
