import { request } from 'node:https';
import { type PracticeAzure, startPracticeAzure } from '../../../src/lab/arm/practice-azure.ts';
import type { Client } from '../../../src/lab/arm/tokens.ts';
import { createCertificates } from '../../../src/lab/certificate.ts';
import type { LabClock } from '../../../src/lab/engine/contract.ts';
import { type SmallAzure, smallAzure, subscriptionId, tenantId } from './small-azure.ts';

/** What came back over HTTPS. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers of many shapes and assert on them
  readonly json: any;
}

export interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** One HTTPS request that trusts only the lab's authority. */
export const ask = (ca: string, url: string, { method = 'GET', headers = {}, body }: Ask = {}): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const sent = request(url, {
      method,
      ca,
      agent: false,
      headers: { ...headers, ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }) },
    });
    sent.on('error', reject).on('response', response => {
      const chunks: Buffer[] = [];
      response
        .on('data', (chunk: Buffer) => chunks.push(chunk))
        .on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text,
            json: text === '' ? undefined : JSON.parse(text),
          });
        });
    });
    sent.end(body);
  });

/** A clock the test sets; sleeping just moves it. */
const settableClock = (start = Date.now()): LabClock & { set(ms: number): void } => {
  let now = start;
  return {
    now: () => now,
    set: ms => {
      now = ms;
    },
    sleep: async ms => {
      now += ms;
    },
    setTimer: () => () => undefined,
  };
};

export const otherTenantId = '88888888-2222-4333-8444-555555555555';

export const client: Client = {
  clientId: '77777777-2222-4333-8444-555555555555',
  clientSecret: 'practice secret: +&=%',
  displayName: 'practice-dba',
  objectIds: new Map([
    [tenantId, '66666666-2222-4333-8444-555555555555'],
    [otherTenantId, '55555555-2222-4333-8444-555555555555'],
  ]),
};

/** Resource Manager and authority over the small Azure, with everything a test asks of them. */
export const startPractice = async () => {
  const azure: SmallAzure = smallAzure();
  const clock = settableClock();
  const certificates = await createCertificates([]);
  const cloud: PracticeAzure = await startPracticeAzure({
    azure,
    clock,
    tls: certificates.server,
    client,
    otherTenantId,
  });
  const ca = certificates.authority;
  const token = (
    changes: { readonly audience?: string; readonly tenantId?: string; readonly lifetimeSeconds?: number } = {},
  ) =>
    cloud.tokens.issue({
      client,
      tenantId,
      audience: cloud.resourceManager,
      version: '2.0',
      lifetimeSeconds: 3600,
      ...changes,
    });
  const bearer = await token();
  return {
    azure,
    clock,
    cloud,
    ca,
    token,
    /** A request to Resource Manager with a good token, `path` from /subscriptions/… on. */
    arm: (path: string, options: Ask = {}) =>
      ask(ca, path.startsWith('https:') ? path : `${cloud.resourceManager}${path}`, {
        ...options,
        headers: {
          authorization: `Bearer ${bearer}`,
          ...(options.body !== undefined && { 'content-type': 'application/json' }),
          ...options.headers,
        },
      }),
    signIn: (
      tenant: string,
      form: Readonly<Record<string, string>>,
      headers: Readonly<Record<string, string>> = {},
      path = 'oauth2/v2.0/token',
    ) =>
      ask(ca, `${cloud.authority}/${tenant}/${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
        body: new URLSearchParams(form).toString(),
      }),
  };
};

export type Practice = Awaited<ReturnType<typeof startPractice>>;

export const instancePath = `/subscriptions/${subscriptionId}/resourceGroups/rg-Sales/providers/Microsoft.Sql/managedInstances/mi-one`;
export const linkPath = `${instancePath}/distributedAvailabilityGroups/DAG_Sales`;
