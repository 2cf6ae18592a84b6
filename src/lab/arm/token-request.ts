import { type Client, withAndWithoutSlash } from './tokens.ts';

/** A directory the authority signs people and applications in to. */
export interface Directory {
  readonly tenantId: string;
  readonly displayName: string;
  readonly domain: string;
}

/** Of the endpoints and the tokens they issue. */
export type Version = '1.0' | '2.0';

/** A refusal as Entra words it (RFC 6749 5.2 with its own number). */
export class SignInRefused extends Error {
  readonly status: 400 | 401;
  readonly error: string;
  readonly number: number;
  constructor(status: 400 | 401, error: string, number: number, message: string) {
    super(message);
    this.status = status;
    this.error = error;
    this.number = number;
  }
}

const missingParameter = (name: string) =>
  new SignInRefused(
    400,
    'invalid_request',
    900144,
    `The request body must contain the following parameter: '${name}'.`,
  );

/** No directory of that id or domain. */
export const noSuchTenant = (tenant: string) =>
  new SignInRefused(
    400,
    'invalid_request',
    90002,
    `Tenant '${tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant.`,
  );

/** Basic credentials of RFC 6749 2.3.1 (form-encoded before base64), or those in the form. */
const clientCredentials = (authorization: string | undefined, form: URLSearchParams) => {
  const basic = /^Basic\s+(\S+)$/i.exec(authorization ?? '')?.[1];
  if (!basic)
    return { clientId: form.get('client_id') ?? undefined, clientSecret: form.get('client_secret') ?? undefined };
  const [user = '', ...secret] = Buffer.from(basic, 'base64').toString('utf8').split(':');
  const decoded = new URLSearchParams(`id=${user}&secret=${secret.join(':')}`);
  return { clientId: decoded.get('id') ?? undefined, clientSecret: decoded.get('secret') ?? undefined };
};

/** What the token is for: `scope` (v2, `<resource>/.default`) or `resource` (v1). */
const requestedAudience = (
  form: URLSearchParams,
  version: Version,
  known: readonly string[],
  directory: Directory,
): string => {
  const asked = version === '2.0' ? (form.get('scope') ?? '') : (form.get('resource') ?? '');
  if (asked === '') throw missingParameter(version === '2.0' ? 'scope' : 'resource');
  const scopes = asked
    .split(' ')
    .filter(scope => scope !== '' && !['openid', 'profile', 'offline_access'].includes(scope));
  const [scope = ''] = scopes;
  if (version === '2.0' && (scopes.length !== 1 || !scope.endsWith('/.default')))
    throw new SignInRefused(
      400,
      'invalid_scope',
      70011,
      `The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid. The scope ${asked} is not valid: client credentials take one scope, a resource followed by /.default.`,
    );
  const audience = version === '2.0' ? scope.slice(0, -'/.default'.length) : asked;
  if (!withAndWithoutSlash(known).includes(audience))
    throw new SignInRefused(
      400,
      'invalid_resource',
      500011,
      `The resource principal named ${audience} was not found in the tenant named ${directory.displayName}. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You might have sent your authentication request to the wrong tenant.`,
    );
  return audience;
};

/**
 * A client-credentials request (RFC 6749 4.4), checked in Entra's order: grant, application, secret, resource. Throws SignInRefused.
 */
export const readTokenRequest = (
  form: URLSearchParams,
  authorization: string | undefined,
  version: Version,
  known: { readonly clients: readonly Client[]; readonly audiences: readonly string[]; readonly directory: Directory },
): { readonly client: Client; readonly audience: string } => {
  const { directory } = known;
  const grant = form.get('grant_type');
  if (grant === null || grant === '') throw missingParameter('grant_type');
  if (grant !== 'client_credentials')
    throw new SignInRefused(
      400,
      'unsupported_grant_type',
      70003,
      `The app requested an unsupported grant type '${grant}'. The practice authority supports client_credentials.`,
    );
  const { clientId, clientSecret } = clientCredentials(authorization, form);
  if (clientId === undefined || clientId === '') throw missingParameter('client_id');
  const client = known.clients.find(candidate => candidate.clientId === clientId.toLowerCase());
  if (!client?.objectIds.has(directory.tenantId))
    throw new SignInRefused(
      400,
      'unauthorized_client',
      700016,
      `Application with identifier '${clientId}' was not found in the directory '${directory.displayName}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant.`,
    );
  if (clientSecret === undefined || clientSecret === '')
    throw new SignInRefused(
      401,
      'invalid_client',
      7000218,
      "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
    );
  if (clientSecret !== client.clientSecret)
    throw new SignInRefused(
      401,
      'invalid_client',
      7000215,
      `Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '${clientId}'.`,
    );
  return { client, audience: requestedAudience(form, version, known.audiences, directory) };
};
