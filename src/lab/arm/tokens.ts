import { calculateJwkThumbprint, errors, exportJWK, generateKeyPair, type JWK, jwtVerify, SignJWT } from 'jose';
import type { LabClock } from '../engine/contract.ts';

/** An application that may sign in (client credentials) in one directory. */
export interface Client {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly displayName: string;
  /** Its service principal's object id, by tenant. */
  readonly objectIds: ReadonlyMap<string, string>;
}

/** Who a token speaks for. */
export interface Principal {
  readonly name: string;
  readonly objectId: string;
  readonly clientId: string;
  readonly tenantId: string;
  readonly issuer: string;
}

/** Why a token is not accepted; each service words it in its own way. */
export type TokenFault =
  | { readonly kind: 'malformed' }
  | { readonly kind: 'expired'; readonly at: number; readonly now: number }
  | { readonly kind: 'audience'; readonly audience: string }
  | { readonly kind: 'tenant'; readonly tenantId: string };

/** A token that this service does not accept. */
export class TokenRefused extends Error {
  readonly fault: TokenFault;
  constructor(fault: TokenFault) {
    super(`The access token is refused: ${fault.kind}.`);
    this.fault = fault;
  }
}

/** What to write into a token. */
export interface TokenRequest {
  readonly client: Client;
  readonly tenantId: string;
  readonly audience: string;
  readonly version: '1.0' | '2.0';
  readonly lifetimeSeconds: number;
}

/** Issues and checks the lab's access tokens. */
export interface TokenService {
  /** JSON Web Key Set with the one public key. */
  readonly keys: { readonly keys: readonly JWK[] };
  issue(request: TokenRequest): Promise<string>;
  /** Throws TokenRefused. Signature, life and audience; whether the tenant fits is for the resource to say. */
  check(token: string, audiences: readonly string[]): Promise<Principal>;
}

/** Every resource is accepted with and without a slash at its end, as Resource Manager and SQL do. */
export const withAndWithoutSlash = (audiences: readonly string[]): readonly string[] =>
  audiences.flatMap(audience => [audience.replace(/\/$/, ''), `${audience.replace(/\/$/, '')}/`]);

/** The `iss` claim: like the discovery document of the same version says. */
export const issuerOf = (authority: string, tenantId: string, version: '1.0' | '2.0'): string =>
  version === '2.0' ? `${authority}/${tenantId}/v2.0` : `${authority}/${tenantId}/`;

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** `authority` is only known once it listens, hence a function. Lives are counted on the lab's clock. */
export const createTokenService = async (clock: LabClock, authority: () => string): Promise<TokenService> => {
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
  const jwk = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(jwk);
  return {
    keys: { keys: [{ ...jwk, kid, use: 'sig', alg: 'RS256' }] },
    issue: ({ client, tenantId, audience, version, lifetimeSeconds }) => {
      const now = Math.floor(clock.now() / 1000);
      const objectId = client.objectIds.get(tenantId) ?? '';
      return new SignJWT({
        tid: tenantId,
        oid: objectId,
        sub: objectId,
        appid: client.clientId,
        azp: client.clientId,
        app_displayname: client.displayName,
        appidacr: '1',
        azpacr: '1',
        idtyp: 'app',
        ver: version,
      })
        .setProtectedHeader({ typ: 'JWT', alg: 'RS256', kid })
        .setIssuer(issuerOf(authority(), tenantId, version))
        .setAudience(audience)
        .setIssuedAt(now)
        .setNotBefore(now)
        .setExpirationTime(now + lifetimeSeconds)
        .sign(privateKey);
    },
    check: async (token, audiences) => {
      const now = clock.now();
      const { payload } = await jwtVerify(token, publicKey, {
        algorithms: ['RS256'],
        currentDate: new Date(now),
      }).catch((reason: unknown) => {
        if (reason instanceof errors.JWTExpired)
          throw new TokenRefused({ kind: 'expired', at: (reason.payload.exp ?? 0) * 1000, now });
        throw new TokenRefused({ kind: 'malformed' });
      });
      const audience = text(payload.aud);
      if (!withAndWithoutSlash(audiences).includes(audience)) throw new TokenRefused({ kind: 'audience', audience });
      return {
        name: text(payload.app_displayname),
        objectId: text(payload.oid),
        clientId: text(payload.appid),
        tenantId: text(payload.tid),
        issuer: text(payload.iss),
      };
    },
  };
};
