import * as v from 'valibot';

/** What an access token says in the open. Not verified: used for words on the screen and to know when to ask for the next one. */
export interface TokenClaims {
  /** Unix ms. */
  readonly expiresAt: number | undefined;
  readonly tenantId: string | undefined;
  /** The person or application it was given to. */
  readonly holder: string | undefined;
}

const text = v.fallback(v.optional(v.string()), undefined);
const claims = v.object({
  exp: v.fallback(v.optional(v.number()), undefined),
  tid: text,
  upn: text,
  unique_name: text,
  preferred_username: text,
  app_displayname: text,
  appid: text,
});

/** All undefined for a token that is no JWT (RFC 7519). */
export function readClaims(token: string): TokenClaims {
  const result = v.safeParse(claims, payloadOf(token));
  if (!result.success) return { expiresAt: undefined, tenantId: undefined, holder: undefined };
  const { exp, tid, upn, unique_name, preferred_username, app_displayname, appid } = result.output;
  return {
    expiresAt: exp === undefined ? undefined : exp * 1000,
    tenantId: tid,
    holder: upn ?? preferred_username ?? unique_name ?? app_displayname ?? appid,
  };
}

function payloadOf(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}
