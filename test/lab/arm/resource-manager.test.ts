import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ArmError } from '../../../src/lab/engine/contract.ts';
import { ask, instancePath, linkPath, otherTenantId, type Practice, startPractice } from './practice.ts';
import { aLink, subscriptionId, tenantId } from './small-azure.ts';

const newest = 'api-version=2025-01-01';
const old = 'api-version=2021-11-01-preview';
let practice: Practice;

beforeAll(async () => {
  practice = await startPractice();
});
afterAll(() => practice.cloud.close());
beforeEach(() => {
  const { azure } = practice;
  azure.link = aLink();
  azure.asked.length = 0;
  azure.requests.length = 0;
  azure.gate = Promise.resolve();
  azure.refusal = undefined;
  azure.fault = undefined;
  azure.notActions = [];
  azure.retryAfterSeconds = 0;
});

describe('who asks', () => {
  const url = () => `${practice.cloud.resourceManager}${linkPath}?${newest}`;
  const withToken = (token: string) => ask(practice.ca, url(), { headers: { authorization: `Bearer ${token}` } });

  it('says where to sign in when there is no token', async () => {
    const { status, json, headers } = await ask(practice.ca, url());
    expect([status, json.error.code]).toEqual([401, 'AuthenticationFailed']);
    expect(headers['www-authenticate']).toContain(`authorization_uri="${practice.cloud.authority}/${tenantId}"`);
  });

  it('refuses what is no bearer token, and a bearer token it did not sign', async () => {
    const basic = await ask(practice.ca, url(), { headers: { authorization: 'Basic abc' } });
    expect([basic.status, basic.json.error.code]).toEqual([401, 'AuthenticationFailedInvalidHeader']);
    const token = await practice.token();
    const forged = await withToken(`${token.slice(0, -6)}AAAAAA`);
    expect([forged.status, forged.json.error.code]).toEqual([401, 'InvalidAuthenticationToken']);
    const unsigned = await withToken(`${Buffer.from('{"alg":"none"}').toString('base64url')}.${token.split('.')[1]}.`);
    expect([unsigned.status, unsigned.json.error.code]).toEqual([401, 'InvalidAuthenticationToken']);
  });

  it('refuses a token past its time, by the lab’s clock', async () => {
    const token = await practice.token({ lifetimeSeconds: 60 });
    expect((await withToken(token)).status).toBe(200);
    const now = practice.clock.now();
    practice.clock.set(now + 61_000);
    const late = await withToken(token);
    practice.clock.set(now);
    expect([late.status, late.json.error.code]).toEqual([401, 'ExpiredAuthenticationToken']);
  });

  it('refuses a token for another resource, naming those it takes', async () => {
    const { status, json } = await withToken(await practice.token({ audience: 'https://database.windows.net/' }));
    expect([status, json.error.code]).toEqual([401, 'InvalidAuthenticationTokenAudience']);
    expect(json.error.message).toContain(practice.cloud.resourceManager);
  });

  it.each(['https://management.azure.com', 'https://management.azure.com/', 'https://management.core.windows.net/'])(
    'takes a token for %s',
    async audience => expect((await withToken(await practice.token({ audience }))).status).toBe(200),
  );

  it('refuses a token of another directory, naming the right one', async () => {
    const { status, json } = await withToken(await practice.token({ tenantId: otherTenantId }));
    expect([status, json.error.code]).toEqual([401, 'InvalidAuthenticationTokenTenant']);
    expect(json.error.message).toContain(`${practice.cloud.authority}/${tenantId}`);
  });

  it('shows the other directory no subscriptions', async () => {
    const headers = { authorization: `Bearer ${await practice.token({ tenantId: otherTenantId })}` };
    const subscriptions = await practice.arm('/subscriptions?api-version=2022-12-01', { headers });
    const tenants = await practice.arm('/tenants?api-version=2022-12-01', { headers });
    expect(subscriptions.json.value).toEqual([]);
    expect(tenants.json.value.map((tenant: { tenantId: string }) => tenant.tenantId)).toEqual([otherTenantId]);
  });

  it('names the action that a principal lacks', async () => {
    practice.azure.notActions = ['microsoft.sql/managedinstances/distributedavailabilitygroups/delete'];
    const refused = await practice.arm(`${linkPath}?${newest}`, { method: 'DELETE' });
    expect([refused.status, refused.json.error.code]).toEqual([403, 'AuthorizationFailed']);
    expect(refused.json.error.message).toContain(
      `'Microsoft.Sql/managedInstances/distributedAvailabilityGroups/delete' over scope '${linkPath}'`,
    );
    expect(practice.azure.asked).toEqual([]);
    expect((await practice.arm(`${linkPath}?${newest}`)).status).toBe(200);
  });

  it('tells permissions on a resource', async () => {
    practice.azure.notActions = ['a/b'];
    const { json } = await practice.arm(
      `${instancePath}/providers/Microsoft.Authorization/permissions?api-version=2022-04-01`,
    );
    expect(json.value).toEqual([{ actions: ['*'], notActions: ['a/b'], dataActions: [], notDataActions: [] }]);
  });
});

describe('what is asked wrongly', () => {
  it.each([
    ['no api-version', 'GET', linkPath, 400, 'MissingApiVersionParameter'],
    ['an api-version from nowhere', 'GET', `${linkPath}?api-version=2019-01-01`, 400, 'NoRegisteredProviderFound'],
    [
      'an api-version from nowhere on subscriptions',
      'GET',
      '/subscriptions?api-version=1999-01-01',
      400,
      'InvalidApiVersionParameter',
    ],
    ['a path from nowhere', 'GET', `/nowhere?${newest}`, 404, 'NotFound'],
    [
      'a provider from nowhere',
      'GET',
      `/subscriptions/${subscriptionId}/providers/Microsoft.Nowhere/things?${newest}`,
      404,
      'InvalidResourceNamespace',
    ],
    ['a type from nowhere', 'GET', `${instancePath}/nothings?${newest}`, 404, 'InvalidResourceType'],
    ['a method from nowhere', 'PUT', `${linkPath}/failover?${newest}`, 405, 'MethodNotAllowed'],
    ['a POST on a link', 'POST', `${linkPath}?${newest}`, 405, 'MethodNotAllowed'],
    ['failover before it existed', 'POST', `${linkPath}/failover?${old}`, 400, 'NoRegisteredProviderFound'],
    [
      'setRole before it existed',
      'POST',
      `${linkPath}/setRole?api-version=2022-08-01-preview`,
      400,
      'NoRegisteredProviderFound',
    ],
    [
      'a subscription that is no id',
      'GET',
      `/subscriptions/mine/resourceGroups?api-version=2021-04-01`,
      400,
      'InvalidSubscriptionId',
    ],
    [
      'an unknown subscription',
      'GET',
      `/subscriptions/00000000-0000-4000-8000-000000000000?api-version=2022-12-01`,
      404,
      'SubscriptionNotFound',
    ],
    [
      'an unknown group',
      'GET',
      `/subscriptions/${subscriptionId}/resourceGroups/none/providers/Microsoft.Sql/managedInstances/mi-one?${newest}`,
      404,
      'ResourceGroupNotFound',
    ],
    ['an unknown instance', 'GET', `${instancePath}x?${newest}`, 404, 'ResourceNotFound'],
    [
      'an instance of another group',
      'GET',
      `${instancePath.replace('mi-one', 'mi-two')}?${newest}`,
      404,
      'ResourceNotFound',
    ],
    ['an unknown link', 'GET', `${linkPath}x?${newest}`, 404, 'ResourceNotFound'],
    ['an unknown database', 'GET', `${instancePath}/databases/none?${newest}`, 404, 'ResourceNotFound'],
    [
      'an unknown certificate',
      'GET',
      `${instancePath}/endpointCertificates/DATABASE_MIRRORING?${newest}`,
      404,
      'ResourceNotFound',
    ],
    [
      'an unknown operation',
      'GET',
      `/subscriptions/${subscriptionId}/providers/Microsoft.Sql/locations/westeurope/distributedAvailabilityGroupsOperationResults/x?${newest}`,
      404,
      'OperationIdNotFound',
    ],
    ['$top=0', 'GET', `/subscriptions?api-version=2022-12-01&$top=0`, 400, 'InvalidTopParameter'],
  ])('%s', async (_, method, path, status, code) => {
    const answer = await practice.arm(path, { method });
    expect([answer.status, answer.json.error.code]).toEqual([status, code]);
    expect(answer.json.error.message.length).toBeGreaterThan(20);
  });

  it('lists the api-versions it has, and the methods', async () => {
    const version = await practice.arm(`${linkPath}/failover?${old}`, { method: 'POST' });
    expect(version.json.error.message).toContain(
      "'2023-05-01-preview, 2023-08-01-preview, 2023-08-01, 2024-05-01-preview, 2024-11-01-preview, 2025-01-01'",
    );
    const method = await practice.arm(`${linkPath}?${newest}`, { method: 'POST' });
    expect(method.headers.allow).toBe('GET, PUT, PATCH, DELETE');
  });

  it.each([
    ['PATCH', '', '{', 'InvalidRequestContent'],
    ['PATCH', '', '', 'InvalidRequestContent'],
    ['PATCH', '', '{"properties":{}}', 'InvalidRequestContent'],
    ['PATCH', '', '{"properties":{"replicationMode":"Sometimes"}}', 'InvalidRequestContent'],
    ['PUT', '', '{}', 'InvalidRequestContent'],
    ['PUT', 'x', '{"properties":{"replicationMode":"Sync"}}', 'PracticeLabCannotCreateLinks'],
    ['PUT', '', '{"properties":{"failoverMode":"Manual"}}', 'PracticeLabCannotCreateLinks'],
    [
      'PUT',
      '',
      '{"properties":{"databases":[{"databaseName":"Sales"},{"databaseName":"More"}]}}',
      'PracticeLabCannotCreateLinks',
    ],
    ['POST', '/failover', '{"failoverType":"Quickly"}', 'InvalidDistributedAvailabilityGroupFailoverRequest'],
    ['POST', '/failover', '{}', 'InvalidDistributedAvailabilityGroupFailoverRequest'],
    ['POST', '/failover', 'null', 'InvalidDistributedAvailabilityGroupFailoverRequest'],
    ['POST', '/setRole', '{"instanceRole":"Primary"}', 'InvalidDistributedAvailabilityGroupFailoverRequest'],
  ])('%s%s with body %j', async (method, action, body, code) => {
    const answer = await practice.arm(`${linkPath}${action}?${newest}`, { method, body });
    expect([answer.status, answer.json.error.code]).toEqual([400, code]);
    expect(practice.azure.asked).toEqual([]);
  });
});

describe('what is there', () => {
  const names = (answer: { json: { value: { name: string }[] } }) => answer.json.value.map(({ name }) => name);

  it('tenants, in the old and the new version', async () => {
    for (const version of ['2020-01-01', '2022-12-01']) {
      const { json } = await practice.arm(`/tenants?api-version=${version}`);
      expect(json.value).toMatchObject([{ id: `/tenants/${tenantId}`, tenantId, displayName: 'Practice directory' }]);
    }
  });

  it('subscriptions, groups, instances by subscription and by group, databases', async () => {
    const subscriptions = await practice.arm('/subscriptions?api-version=2020-01-01');
    expect(subscriptions.json.value).toMatchObject([
      { subscriptionId, displayName: 'Production', state: 'Enabled', tenantId },
      { displayName: 'Elsewhere' },
    ]);
    expect((await practice.arm(`/subscriptions/${subscriptionId}?api-version=2022-12-01`)).json).toMatchObject({
      subscriptionId,
    });
    const group = `/subscriptions/${subscriptionId}/resourceGroups`;
    expect(names(await practice.arm(`${group}?api-version=2021-04-01`))).toEqual(['rg-Sales', 'rg-Other']);
    expect(
      names(await practice.arm(`/subscriptions/${subscriptionId}/providers/Microsoft.Sql/managedInstances?${newest}`)),
    ).toEqual(['mi-one', 'mi-two']);
    expect(names(await practice.arm(`${group}/rg-Other/providers/Microsoft.Sql/managedInstances?${newest}`))).toEqual([
      'mi-two',
    ]);
    expect(names(await practice.arm(`${instancePath}/databases?${newest}`))).toEqual(['Sales']);
    expect((await practice.arm(`${instancePath}/databases/sales?${newest}`)).json.properties.status).toBe('Online');
    for (const empty of ['operations', 'endpointCertificates', 'serverTrustCertificates'])
      expect((await practice.arm(`${instancePath}/${empty}?${newest}`)).json.value).toEqual([]);
    expect(
      (
        await practice.arm(
          `${group}/rg-Sales/providers/Microsoft.Sql/locations/westeurope/instanceFailoverGroups?${newest}`,
        )
      ).json.value,
    ).toEqual([]);
    expect(names(await practice.arm(`/subscriptions/${subscriptionId}/locations?api-version=2022-12-01`))).toEqual([
      'westeurope',
    ]);
    expect(
      (await practice.arm(`/subscriptions/${subscriptionId}/providers/Microsoft.Sql?api-version=2021-04-01`)).json
        .registrationState,
    ).toBe('Registered');
  });

  it('shows the update policy only where the api-version has it', async () => {
    const policy = async (version: string) =>
      (await practice.arm(`${instancePath}?api-version=${version}`)).json.properties.databaseFormat;
    expect(await policy('2025-01-01')).toBe('SQLServer2022');
    expect(await policy('2023-08-01')).toBe('SQLServer2022');
    expect(await policy('2022-08-01-preview')).toBeUndefined();
  });

  it('reads paths and names in any case, and keeps the names’ own', async () => {
    const { status, json } = await practice.arm(`${linkPath.toUpperCase()}?API-VERSION=2025-01-01&${newest}`);
    expect([status, json.name]).toEqual([200, 'DAG_Sales']);
  });

  it('links to the next page, as far as there is one', async () => {
    const first = await practice.arm('/subscriptions?api-version=2022-12-01&$top=1');
    expect(
      names({ json: { value: first.json.value.map((s: { displayName: string }) => ({ name: s.displayName })) } }),
    ).toEqual(['Production']);
    const second = await practice.arm(first.json.nextLink);
    expect(second.json.value[0].displayName).toBe('Elsewhere');
    expect(second.json.nextLink).toBeUndefined();
  });

  it('shows a link in the old shape to old api-versions', async () => {
    const { json } = await practice.arm(`${linkPath}?${old}`);
    expect(json.properties).toEqual({
      targetDatabase: 'Sales',
      sourceEndpoint: 'TCP://SQLPROD01:5022',
      primaryAvailabilityGroupName: 'AG_Sales',
      secondaryAvailabilityGroupName: 'mi-one',
      replicationMode: 'Async',
      distributedAvailabilityGroupId: 'c856cff5-a6fe-418e-8894-17799cc20f5d',
      sourceReplicaId: '8ffa9723-a1ec-4323-b929-c4aedee3894b',
      targetReplicaId: '4713ed91-1e8c-497d-9bd4-d8a3935ae49a',
      linkState: 'Catchup',
      lastHardenedLsn: '71000009408100001',
    });
  });

  it('gives every answer its ids', async () => {
    const { headers } = await practice.arm(`${linkPath}?${newest}`, {
      headers: { 'x-ms-correlation-request-id': 'mine', 'x-ms-client-request-id': 'client' },
    });
    expect(headers).toMatchObject({ 'x-ms-correlation-request-id': 'mine', 'x-ms-client-request-id': 'client' });
    expect(headers['x-ms-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('answers HEAD without a body', async () => {
    const { status, text } = await practice.arm(`${linkPath}?${newest}`, { method: 'HEAD' });
    expect([status, text]).toEqual([200, '']);
  });
});

describe('long-running changes', () => {
  const gated = () => {
    let open: () => void = () => undefined;
    practice.azure.gate = new Promise(resolve => {
      open = resolve;
    });
    return () => open();
  };

  it('PATCH: 202 until done, then the link as it is', async () => {
    practice.azure.retryAfterSeconds = 7;
    const open = gated();
    const accepted = await practice.arm(`${linkPath.toLowerCase()}?${newest}`, {
      method: 'PATCH',
      body: '{"properties":{"replicationMode":"sync"}}',
    });
    expect([accepted.status, accepted.headers['retry-after'], accepted.text]).toEqual([202, '7', '']);
    const location = String(accepted.headers.location);
    const poll = await practice.arm(location);
    expect([poll.status, poll.headers['retry-after'], poll.headers.location]).toEqual([202, '7', location]);
    open();
    const done = await practice.arm(location);
    expect([done.status, done.json.properties.replicationMode]).toEqual([200, 'Sync']);
    expect(practice.azure.asked).toEqual(['mode mi-one DAG_Sales Sync']);
  });

  it.each([newest, old])(
    'PUT of what GET gave (%s), the mode changed, is an update; unchanged, it is nothing',
    async query => {
      const { json } = await practice.arm(`${linkPath}?${query}`);
      const put = (body: unknown) =>
        practice.arm(`${linkPath}?${query}`, { method: 'PUT', body: JSON.stringify(body) });
      expect((await put(json)).status).toBe(200);
      expect(practice.azure.asked).toEqual([]);
      const accepted = await put({ ...json, properties: { ...json.properties, replicationMode: 'Sync' } });
      const done = await practice.arm(String(accepted.headers.location));
      expect([accepted.status, done.status, done.json.properties.replicationMode]).toEqual([202, 200, 'Sync']);
    },
  );

  it('DELETE: 202, then done; once more: 204', async () => {
    const accepted = await practice.arm(`${linkPath}?${newest}`, { method: 'DELETE' });
    expect(accepted.status).toBe(202);
    expect((await practice.arm(String(accepted.headers.location))).status).toBe(200);
    expect((await practice.arm(`${linkPath}?${newest}`, { method: 'DELETE' })).status).toBe(204);
    expect((await practice.arm(`${linkPath}?${newest}`)).status).toBe(404);
  });

  it.each([
    ['failover', '{"failoverType":"forcedallowdataloss"}', 'failOver DAG_Sales ForcedAllowDataLoss'],
    ['setRole', '{"instanceRole":"Primary","roleChangeType":"Forced"}', 'setRole DAG_Sales Primary Forced'],
  ])('%s: the result is the link in its new role', async (action, body, asked) => {
    const accepted = await practice.arm(`${linkPath}/${action}?${newest}`, { method: 'POST', body });
    const done = await practice.arm(String(accepted.headers.location));
    expect([accepted.status, done.status, done.json.properties.instanceLinkRole]).toEqual([202, 200, 'Primary']);
    expect(practice.azure.asked).toEqual([asked]);
  });

  it('a refusal that comes at once fails the request; a later one fails the operation', async () => {
    const error = new ArmError(
      409,
      'DistributedAvailabilityGroupFailoverSecondariesNotSynchronizing',
      'The secondaries are not synchronizing.',
    );
    practice.azure.refusal = { error, when: 'atOnce' };
    const atOnce = await practice.arm(`${linkPath}/failover?${newest}`, {
      method: 'POST',
      body: '{"failoverType":"Planned"}',
    });
    expect([atOnce.status, atOnce.json]).toEqual([409, { error: { code: error.code, message: error.message } }]);

    practice.azure.refusal = { error, when: 'later' };
    const open = gated();
    const accepted = await practice.arm(`${linkPath}/failover?${newest}`, {
      method: 'POST',
      body: '{"failoverType":"Planned"}',
    });
    open();
    const failed = await practice.arm(String(accepted.headers.location));
    expect([accepted.status, failed.status, failed.json.error.code]).toEqual([202, 409, error.code]);
  });

  it('an operation belongs to its subscription', async () => {
    const accepted = await practice.arm(`${linkPath}?${newest}`, { method: 'DELETE' });
    const elsewhere = String(accepted.headers.location).replace(subscriptionId, '22222222-2222-4333-8444-555555555555');
    expect((await practice.arm(elsewhere)).json.error.code).toBe('OperationIdNotFound');
  });
});

describe('faults', () => {
  it('answers an injected error, with the time to wait', async () => {
    practice.azure.fault = {
      status: 429,
      code: 'SubscriptionTooManyRequests',
      message: 'Slow down.',
      retryAfterSeconds: 3,
    };
    const { status, json, headers } = await practice.arm(`${linkPath}?${newest}`);
    expect([status, json.error.code, headers['retry-after']]).toEqual([429, 'SubscriptionTooManyRequests', '3']);
    expect((await practice.arm(`${linkPath}?${newest}`)).status).toBe(200);
  });

  it('waits', async () => {
    const before = practice.clock.now();
    practice.azure.fault = { delayMs: 4000 };
    expect((await practice.arm(`${linkPath}?${newest}`)).status).toBe(200);
    expect(practice.clock.now() - before).toBe(4000);
  });

  it('does the work and loses the answer', async () => {
    practice.azure.fault = { dropAfter: true };
    await expect(practice.arm(`${linkPath}?${newest}`, { method: 'DELETE' })).rejects.toThrow(/hang up|ECONNRESET/);
    expect(practice.azure.asked).toEqual(['delete mi-one DAG_Sales']);
  });

  it('records every request with its answer', async () => {
    await practice.arm(`${linkPath}?${newest}`);
    await practice.arm(linkPath);
    expect(practice.azure.requests).toEqual([
      { method: 'GET', url: `${linkPath}?${newest}`, status: 200 },
      { method: 'GET', url: linkPath, status: 400 },
    ]);
  });
});

describe('the cloud describes itself', () => {
  it('without a token, in the form each api-version has', async () => {
    const get = async (version: string) =>
      (await ask(practice.ca, `${practice.cloud.resourceManager}/metadata/endpoints?api-version=${version}`)).json;
    expect(await get('2015-01-01')).toMatchObject({
      authentication: { loginEndpoint: `${practice.cloud.authority}/`, audiences: [practice.cloud.resourceManager] },
    });
    expect(await get('2020-06-01')).toMatchObject([{ authentication: { loginEndpoint: practice.cloud.authority } }]);
    expect(await get('2022-09-01')).toMatchObject({ resourceManager: `${practice.cloud.resourceManager}/` });
  });
});
