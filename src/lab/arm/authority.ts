import { randomUUID } from 'node:crypto';
import { type Context, Hono } from 'hono';
import type { LabClock } from '../engine/contract.ts';
import { type Directory, noSuchTenant, readTokenRequest, SignInRefused, type Version } from './token-request.ts';
import { type Client, issuerOf, type TokenService } from './tokens.ts';

/** What the practice sign-in authority knows. */
export interface AuthoritySettings {
  readonly clock: LabClock;
  readonly tokens: TokenService;
  readonly directories: readonly Directory[];
  readonly clients: readonly Client[];
  /** Resources that tokens can be asked for. */
  readonly audiences: () => readonly string[];
  readonly lifetimeSeconds: () => number;
  /** https://127.0.0.1:PORT, known once it listens. */
  readonly authority: () => string;
}

const anyTenant = ['common', 'organizations', 'consumers'];

/** AD FS style authorities (Azure Stack) have this instead of a tenant. It lets command-line clients that insist on asking the public cloud about any other authority sign in. */
const adfs = 'adfs';

/** OpenID discovery, keys, instance discovery and the token endpoints (client credentials), on which `@azure/identity` runs unmodified. */
export const createAuthority = (settings: AuthoritySettings): Hono => {
  const app = new Hono();

  const directoryOf = (tenant: string): Directory => {
    const wanted = tenant.toLowerCase();
    const [home] = settings.directories;
    if (wanted === adfs && home) return home;
    const found = settings.directories.find(directory => directory.tenantId === wanted || directory.domain === wanted);
    if (!found) throw noSuchTenant(tenant);
    return found;
  };

  const discovery = (version: Version) => (c: Context) => {
    const tenant = c.req.param('tenant') ?? '';
    const common = anyTenant.includes(tenant);
    const directory = common ? '{tenantid}' : directoryOf(tenant).tenantId;
    const segment = common || tenant === adfs ? tenant : directory;
    const base = `${settings.authority()}/${segment}`;
    const oauth = version === '2.0' || tenant === adfs ? `${base}/oauth2/v2.0` : `${base}/oauth2`;
    return c.json({
      token_endpoint: `${oauth}/token`,
      token_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic'],
      jwks_uri: `${base}/discovery/${version === '2.0' ? 'v2.0/' : ''}keys`,
      response_modes_supported: ['query', 'fragment', 'form_post'],
      subject_types_supported: ['pairwise'],
      id_token_signing_alg_values_supported: ['RS256'],
      response_types_supported: ['code', 'id_token', 'code id_token', 'token'],
      scopes_supported: ['openid'],
      grant_types_supported: ['client_credentials'],
      issuer: issuerOf(settings.authority(), directory, tenant === adfs ? '2.0' : version),
      authorization_endpoint: `${oauth}/authorize`,
      claims_supported: ['sub', 'iss', 'aud', 'exp', 'iat', 'nbf', 'tid', 'oid', 'appid', 'azp', 'ver'],
      tenant_region_scope: 'EU',
      cloud_instance_name: new URL(settings.authority()).host,
    });
  };

  const token = (version: Version) => async (c: Context) => {
    const tenant = c.req.param('tenant') ?? '';
    if (anyTenant.includes(tenant))
      throw new SignInRefused(
        400,
        'invalid_request',
        50059,
        'No tenant-identifying information found in either the request or implied by any provided credentials.',
      );
    const directory = directoryOf(tenant);
    const form = new URLSearchParams(await c.req.text());
    const known = { clients: settings.clients, audiences: settings.audiences(), directory };
    const { client, audience } = readTokenRequest(form, c.req.header('authorization'), version, known);
    const lifetimeSeconds = settings.lifetimeSeconds();
    const accessToken = await settings.tokens.issue({
      client,
      tenantId: directory.tenantId,
      audience,
      version,
      lifetimeSeconds,
    });
    const now = Math.floor(settings.clock.now() / 1000);
    c.header('cache-control', 'no-store');
    return c.json(
      version === '2.0'
        ? {
            token_type: 'Bearer',
            expires_in: lifetimeSeconds,
            ext_expires_in: lifetimeSeconds,
            access_token: accessToken,
          }
        : {
            token_type: 'Bearer',
            expires_in: String(lifetimeSeconds),
            ext_expires_in: String(lifetimeSeconds),
            expires_on: String(now + lifetimeSeconds),
            not_before: String(now),
            resource: audience,
            access_token: accessToken,
          },
    );
  };

  app.get('/common/discovery/instance', c => {
    const host = new URL(settings.authority()).host;
    const endpoint = c.req.query('authorization_endpoint') ?? '';
    const tenant = /^https:\/\/[^/]+\/([^/]+)\//.exec(endpoint)?.[1] ?? 'common';
    return c.json({
      tenant_discovery_endpoint: `${settings.authority()}/${tenant}/v2.0/.well-known/openid-configuration`,
      'api-version': '1.1',
      metadata: [{ preferred_network: host, preferred_cache: host, aliases: [host] }],
    });
  });
  app.get('/:tenant/v2.0/.well-known/openid-configuration', discovery('2.0'));
  app.get('/:tenant/.well-known/openid-configuration', discovery('1.0'));
  app.get('/:tenant/discovery/v2.0/keys', c => c.json(settings.tokens.keys));
  app.get('/:tenant/discovery/keys', c => c.json(settings.tokens.keys));
  app.post('/:tenant/oauth2/v2.0/token', token('2.0'));
  app.post('/:tenant/oauth2/token', token('1.0'));

  app.notFound(c =>
    c.json(
      { error: 'not_found', error_description: `The practice authority has no ${c.req.method} ${c.req.path}.` },
      404,
    ),
  );
  app.onError((reason, c) => {
    const refused =
      reason instanceof SignInRefused
        ? reason
        : new SignInRefused(
            400,
            'server_error',
            90033,
            `A transient error has occurred. Please try again. (${reason.message})`,
          );
    const trace = randomUUID();
    const correlation = c.req.header('client-request-id') ?? randomUUID();
    const timestamp = new Date(settings.clock.now())
      .toISOString()
      .replace('T', ' ')
      .replace(/\.\d+Z$/, 'Z');
    return c.json(
      {
        error: refused.error,
        error_description: `AADSTS${refused.number}: ${refused.message} Trace ID: ${trace} Correlation ID: ${correlation} Timestamp: ${timestamp}`,
        error_codes: [refused.number],
        timestamp,
        trace_id: trace,
        correlation_id: correlation,
        error_uri: `${settings.authority()}/error?code=${refused.number}`,
      },
      refused.status,
    );
  });
  return app;
};
