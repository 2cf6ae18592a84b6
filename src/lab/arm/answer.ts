import { randomUUID } from 'node:crypto';
import { ArmError } from '../engine/contract.ts';

/** What an ARM handler answers; no body = an empty one. */
export interface ArmAnswer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** ErrorResponse of the common types, version 5. */
export const failed = (reason: unknown, retryAfterSeconds?: number): ArmAnswer => {
  const error =
    reason instanceof ArmError
      ? reason
      : new ArmError(
          500,
          'InternalServerError',
          `The practice lab failed: ${reason instanceof Error ? reason.message : String(reason)}`,
        );
  return {
    status: error.status,
    body: { error: { code: error.code, message: error.message } },
    ...(retryAfterSeconds !== undefined && { headers: { 'retry-after': String(Math.ceil(retryAfterSeconds)) } }),
  };
};

/** The answer as it goes out, with the ids that every answer of ARM carries; `signInAt` is named to who is not signed in. */
export const send = (
  { status, body, headers }: ArmAnswer,
  requestHeader: (name: string) => string | undefined,
  signInAt: string,
): Response => {
  const request = randomUUID();
  const correlation = requestHeader('x-ms-correlation-request-id') ?? randomUUID();
  const all = new Headers({
    'cache-control': 'no-cache',
    'x-ms-request-id': request,
    'x-ms-correlation-request-id': correlation,
    'x-ms-routing-request-id': `PRACTICE:${correlation}`,
    ...headers,
  });
  const clientRequest = requestHeader('x-ms-client-request-id');
  if (clientRequest !== undefined) all.set('x-ms-client-request-id', clientRequest);
  if (status === 401)
    all.set(
      'www-authenticate',
      `Bearer authorization_uri="${signInAt}", error="invalid_token", error_description="The authentication failed because of a missing or unacceptable 'Authorization' header."`,
    );
  if (body === undefined) return new Response(null, { status, headers: all });
  all.set('content-type', 'application/json; charset=utf-8');
  return new Response(JSON.stringify(body), { status, headers: all });
};
