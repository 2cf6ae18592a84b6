import { createRemoteJWKSet, customFetch, decodeJwt, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, client, otherTenantId, type Practice, startPractice } from './practice.ts';
import { tenantId } from './small-azure.ts';

let practice: Practice;
beforeAll(async () => {
  practice = await startPractice();
});
afterAll(() => practice.cloud.close());

const good = () => ({
  grant_type: 'client_credentials',
  client_id: client.clientId,
  client_secret: client.clientSecret,
  scope: `${practice.cloud.resourceManager}/.default`,
});
const basic = (secret: string) => {
  const encoded = (text: string) => new URLSearchParams({ v: text }).toString().slice(2);
  return { authorization: `Basic ${Buffer.from(`${encoded(client.clientId)}:${encoded(secret)}`).toString('base64')}` };
};

describe('discovery', () => {
  it.each([
    ['v2.0/.well-known/openid-configuration', 'v2.0', '/oauth2/v2.0/token'],
    ['.well-known/openid-configuration', '', '/oauth2/token'],
  ])('%s', async (path, issuer, tokenPath) => {
    const base = `${practice.cloud.authority}/${tenantId}`;
    const { json } = await ask(practice.ca, `${base}/${path}`);
    expect(json).toMatchObject({ issuer: `${base}/${issuer}`, token_endpoint: `${base}${tokenPath}` });
    expect((await ask(practice.ca, json.jwks_uri)).json.keys).toMatchObject([{ kty: 'RSA', alg: 'RS256', use: 'sig' }]);
  });

  it('knows tenants by domain and in any case, and names the ones it does not know', async () => {
    const at = (tenant: string) =>
      ask(practice.ca, `${practice.cloud.authority}/${tenant}/v2.0/.well-known/openid-configuration`);
    expect((await at('Practice.onmicrosoft.com')).json.issuer).toContain(tenantId);
    expect((await at('common')).json.issuer).toContain('{tenantid}');
    const unknown = await at('nowhere.example');
    expect([unknown.status, unknown.json.error_codes]).toEqual([400, [90002]]);
  });

  it('can be asked as an AD FS authority, which names no tenant', async () => {
    const { json } = await ask(practice.ca, `${practice.cloud.authority}/adfs/.well-known/openid-configuration`);
    expect(json).toMatchObject({
      issuer: `${practice.cloud.authority}/${tenantId}/v2.0`,
      token_endpoint: `${practice.cloud.authority}/adfs/oauth2/v2.0/token`,
    });
    expect(decodeJwt((await practice.signIn('adfs', good())).json.access_token)).toMatchObject({
      tid: tenantId,
      iss: json.issuer,
    });
  });

  it('describes itself as the one instance of its cloud', async () => {
    const authorize = encodeURIComponent(`${practice.cloud.authority}/${tenantId}/oauth2/v2.0/authorize`);
    const { json } = await ask(
      practice.ca,
      `${practice.cloud.authority}/common/discovery/instance?api-version=1.1&authorization_endpoint=${authorize}`,
    );
    expect(json.tenant_discovery_endpoint).toBe(
      `${practice.cloud.authority}/${tenantId}/v2.0/.well-known/openid-configuration`,
    );
    expect(json.metadata[0].aliases).toEqual([new URL(practice.cloud.authority).host]);
  });
});

describe('tokens', () => {
  it('are signed by the published key, for the scope asked for', async () => {
    const { status, json } = await practice.signIn(tenantId, good());
    expect([status, json.token_type, json.expires_in]).toEqual([200, 'Bearer', 3600]);
    const keys = createRemoteJWKSet(new URL(`${practice.cloud.authority}/${tenantId}/discovery/v2.0/keys`), {
      [customFetch]: async (url: string) =>
        new Response((await ask(practice.ca, url)).text, { headers: { 'content-type': 'application/json' } }),
    });
    const { payload } = await jwtVerify(json.access_token, keys, {
      issuer: `${practice.cloud.authority}/${tenantId}/v2.0`,
      audience: practice.cloud.resourceManager,
    });
    expect(payload).toMatchObject({
      tid: tenantId,
      appid: client.clientId,
      oid: client.objectIds.get(tenantId),
      ver: '2.0',
    });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(3600);
  });

  it('take the secret in the header as well', async () => {
    const { client_id: _id, client_secret: _secret, ...rest } = good();
    expect((await practice.signIn(tenantId, rest, basic(client.clientSecret))).status).toBe(200);
    expect((await practice.signIn(tenantId, rest, basic('wrong'))).json.error_codes).toEqual([7000215]);
  });

  it('come from the version 1 endpoint for a resource', async () => {
    const { scope: _scope, ...rest } = good();
    const { json } = await practice.signIn(
      tenantId,
      { ...rest, resource: 'https://management.core.windows.net/' },
      {},
      'oauth2/token',
    );
    expect(json).toMatchObject({ expires_in: '3600', resource: 'https://management.core.windows.net/' });
    expect(decodeJwt(json.access_token)).toMatchObject({
      ver: '1.0',
      aud: 'https://management.core.windows.net/',
      iss: `${practice.cloud.authority}/${tenantId}/`,
    });
  });

  it.each([
    'https://management.azure.com',
    'https://management.azure.com/',
    'https://management.core.windows.net',
    'https://database.windows.net/',
  ])('can be for %s', async audience => {
    const { json } = await practice.signIn(tenantId, { ...good(), scope: `${audience}/.default` });
    expect(decodeJwt(json.access_token).aud).toBe(audience);
  });

  it('live as long as the lab is told', async () => {
    practice.cloud.tokenLifetimeSeconds = 90;
    const { json } = await practice.signIn(tenantId, good());
    practice.cloud.tokenLifetimeSeconds = 3600;
    expect(json.expires_in).toBe(90);
  });

  it('log in to SQL only with the database’s audience and the right directory', async () => {
    const database = { audience: 'https://database.windows.net/' };
    expect(await practice.cloud.checkDatabaseToken(await practice.token(database))).toMatchObject({
      name: client.displayName,
      objectId: client.objectIds.get(tenantId),
    });
    await expect(practice.cloud.checkDatabaseToken(await practice.token())).rejects.toMatchObject({
      fault: { kind: 'audience' },
    });
    await expect(
      practice.cloud.checkDatabaseToken(await practice.token({ ...database, tenantId: otherTenantId })),
    ).rejects.toMatchObject({ fault: { kind: 'tenant' } });
    await expect(
      practice.cloud.checkDatabaseToken(await practice.token({ ...database, lifetimeSeconds: -10 })),
    ).rejects.toMatchObject({ fault: { kind: 'expired' } });
    await expect(practice.cloud.checkDatabaseToken('not.a.token')).rejects.toMatchObject({
      fault: { kind: 'malformed' },
    });
  });
});

describe('refusals', () => {
  const without = (name: string) => Object.fromEntries(Object.entries(good()).filter(([key]) => key !== name));
  it.each([
    ['a wrong secret', () => ({ ...good(), client_secret: 'wrong' }), 401, 'invalid_client', 7000215],
    ['no secret', () => without('client_secret'), 401, 'invalid_client', 7000218],
    ['an unknown application', () => ({ ...good(), client_id: otherTenantId }), 400, 'unauthorized_client', 700016],
    ['another grant', () => ({ ...good(), grant_type: 'password' }), 400, 'unsupported_grant_type', 70003],
    ['no grant', () => without('grant_type'), 400, 'invalid_request', 900144],
    ['no client', () => without('client_id'), 400, 'invalid_request', 900144],
    ['no scope', () => without('scope'), 400, 'invalid_request', 900144],
    [
      'a scope without /.default',
      () => ({ ...good(), scope: 'https://management.azure.com/user_impersonation' }),
      400,
      'invalid_scope',
      70011,
    ],
    [
      'two scopes',
      () => ({ ...good(), scope: 'https://management.azure.com/.default https://database.windows.net/.default' }),
      400,
      'invalid_scope',
      70011,
    ],
    [
      'a resource from nowhere',
      () => ({ ...good(), scope: 'https://graph.example/.default' }),
      400,
      'invalid_resource',
      500011,
    ],
  ])('%s', async (_, form, status, error, number) => {
    const answer = await practice.signIn(tenantId, form());
    expect([answer.status, answer.json.error, answer.json.error_codes]).toEqual([status, error, [number]]);
    expect(answer.json.error_description).toMatch(new RegExp(`^AADSTS${number}: .+Trace ID: .+Timestamp: `));
    expect(answer.text).not.toContain(client.clientSecret);
  });

  it('an unknown tenant, and none at all', async () => {
    expect((await practice.signIn('nowhere', good())).json).toMatchObject({
      error: 'invalid_request',
      error_codes: [90002],
    });
    expect((await practice.signIn('common', good())).json).toMatchObject({
      error: 'invalid_request',
      error_codes: [50059],
    });
  });
});
