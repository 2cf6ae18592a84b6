import { SubscriptionClient } from '@azure/arm-resources-subscriptions';
import { SqlManagementClient } from '@azure/arm-sql';
import type { AccessToken, GetTokenOptions, TokenCredential } from '@azure/core-auth';
import {
  createHttpHeaders,
  createPipelineRequest,
  type HttpMethods,
  type Pipeline,
  type PipelinePolicy,
  type PipelineResponse,
  type RetryStrategy,
  retryPolicy,
} from '@azure/core-rest-pipeline';
import * as l10n from '@vscode/l10n';
import { LinkError } from '../link/problem.ts';
import { azureError, noToken, refusedByAzure } from './azure-error.ts';
import type { AzureCloud } from './clouds.ts';

/** Longest wait for the headers of an answer, ms. Resource Manager itself gives up after 60 s. */
const READ_TIMEOUT_MS = 30_000;
const CHANGE_TIMEOUT_MS = 90_000;

/** A server that asks for more patience than this is treated as if it had asked for so much, ms. */
const LONGEST_RETRY_AFTER_MS = 60_000;
const READ_RETRIES = 3;

export interface ArmOptions {
  readonly cloud: AzureCloud;
  readonly credential: TokenCredential;
  /** First wait before a reading is tried again, ms; doubles each time. */
  readonly retryDelayMs: number;
}

/** Requests to Resource Manager through the SDK's own clients and pipeline: token, user agent, proxy. Readings are tried again, changes are sent once. */
export class Arm {
  readonly #options: ArmOptions;
  readonly #sql = new Map<string, SqlManagementClient>();
  #subscriptions: SubscriptionClient | undefined;

  constructor(options: ArmOptions) {
    this.#options = options;
  }

  sql(subscriptionId: string): SqlManagementClient {
    const known = this.#sql.get(subscriptionId);
    if (known) return known;
    const client = new SqlManagementClient(this.#credential(), subscriptionId, this.#clientOptions());
    sendChangesOnce(client.pipeline, this.#options.retryDelayMs);
    this.#sql.set(subscriptionId, client);
    return client;
  }

  subscriptions(): SubscriptionClient {
    if (!this.#subscriptions) {
      this.#subscriptions = new SubscriptionClient(this.#credential(), this.#clientOptions());
      sendChangesOnce(this.#subscriptions.pipeline, this.#options.retryDelayMs);
    }
    return this.#subscriptions;
  }

  /** The body of a GET of a path from /subscriptions on. Throws LinkError for any other answer than 200. */
  get(path: string, apiVersion: string, signal: AbortSignal): Promise<string> {
    return this.#read(this.url(path, apiVersion), signal);
  }

  /** The next page of a list, by the address that the page before gave. */
  getPage(nextLink: string, signal: AbortSignal): Promise<string> {
    return this.#read(this.ownUrl(nextLink), signal);
  }

  async #read(url: string, signal: AbortSignal): Promise<string> {
    const response = await this.send('GET', url, undefined, signal);
    if (response.status === 200) return response.bodyAsText ?? '';
    throw refusedByAzure(response.status, response.bodyAsText ?? undefined, false);
  }

  url(path: string, apiVersion: string): string {
    return `${this.#options.cloud.resourceManagerEndpoint}${path}?api-version=${encodeURIComponent(apiVersion)}`;
  }

  /** An address that an answer gave. The bearer token goes to Resource Manager and its regional hosts only: throws LinkError 'badAnswer' for others. */
  ownUrl(address: string): string {
    const home = new URL(this.#options.cloud.resourceManagerEndpoint);
    const url = URL.parse(address, home.href);
    const own =
      url?.protocol === 'https:' &&
      (url.host === home.host || (url.port === home.port && url.hostname.endsWith(`.${home.hostname}`)));
    if (url && own) return url.href;
    throw new LinkError({
      reason: 'badAnswer',
      venue: 'azure',
      message: l10n.t('Azure named an address that is not its own: {0}', address.slice(0, 200)),
    });
  }

  /** Any answer with a status; throws LinkError when none came. */
  async send(
    method: HttpMethods,
    url: string,
    body: Readonly<Record<string, unknown>> | undefined,
    signal: AbortSignal,
  ): Promise<PipelineResponse> {
    signal.throwIfAborted();
    const request = createPipelineRequest({
      url,
      method,
      abortSignal: signal,
      timeout: method === 'GET' ? READ_TIMEOUT_MS : CHANGE_TIMEOUT_MS,
      headers: createHttpHeaders({ Accept: 'application/json' }),
    });
    if (body !== undefined) {
      request.headers.set('Content-Type', 'application/json; charset=utf-8');
      request.body = JSON.stringify(body);
    }
    return this.run(() => this.sql(subscriptionIn(url)).sendRequest(request), method !== 'GET', signal);
  }

  /** Runs something of the SDK; its errors become LinkErrors, or the signal's reason. */
  async run<T>(act: () => Promise<T>, change: boolean, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    try {
      return await act();
    } catch (error) {
      throw azureError(error, { change, signal, endpoint: this.#options.cloud.resourceManagerEndpoint });
    }
  }

  #clientOptions() {
    const { cloud } = this.#options;
    return {
      endpoint: cloud.resourceManagerEndpoint,
      credentialScopes: cloud.audienceScope,
      userAgentOptions: { userAgentPrefix: 'managed-instance-link' },
      ...(cloud.certificateAuthority !== undefined && { tlsOptions: { ca: cloud.certificateAuthority } }),
    };
  }

  /** Tells "no token" from "no answer". */
  #credential(): TokenCredential {
    const { credential } = this.#options;
    return {
      async getToken(scopes: string | string[], options?: GetTokenOptions): Promise<AccessToken> {
        let token: AccessToken | null;
        try {
          token = await credential.getToken(scopes, options);
        } catch (error) {
          if (options?.abortSignal?.aborted) throw error;
          throw noToken(error);
        }
        if (!token) throw noToken(undefined);
        return token;
      },
    };
  }
}

/** Which subscription's client sends it: clients keep their tokens each. */
const subscriptionIn = (url: string) => /\/subscriptions\/([^/?]+)/i.exec(url)?.[1] ?? '';

/** ms a server asks to wait (Retry-After in seconds or as a date), at most a minute; undefined when it does not ask. */
export function retryAfterMs(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  const ms = /^\s*\d+(\.\d+)?\s*$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isFinite(ms) ? Math.min(Math.max(0, ms), LONGEST_RETRY_AFTER_MS) : undefined;
}

/** In place of the SDK's retry policy, which would send a PATCH, POST or DELETE again after a lost answer. */
function sendChangesOnce(pipeline: Pipeline, firstDelayMs: number): void {
  const patient = retryPolicy([passingTrouble(firstDelayMs)], { maxRetries: READ_RETRIES });
  const policy: PipelinePolicy = {
    name: 'retryReadings',
    sendRequest: (request, next) => (request.method === 'GET' ? patient.sendRequest(request, next) : next(request)),
  };
  pipeline.removePolicy({ name: 'defaultRetryPolicy' });
  pipeline.addPolicy(policy, { phase: 'Retry' });
}

const PASSING_STATUS = new Set([408, 429, 500, 502, 503, 504]);
const PASSING_CODE = new Set([
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ECONNABORTED',
  'REQUEST_SEND_ERROR',
]);

const passingTrouble = (firstDelayMs: number): RetryStrategy => ({
  name: 'passingTrouble',
  retry({ retryCount, response, responseError }) {
    const backOff = firstDelayMs * 2 ** retryCount;
    if (response)
      return PASSING_STATUS.has(response.status)
        ? { retryAfterInMs: retryAfterMs(response.headers.get('retry-after'), Date.now()) ?? backOff }
        : { skipStrategy: true };
    return responseError?.code !== undefined && PASSING_CODE.has(responseError.code)
      ? { retryAfterInMs: backOff }
      : { skipStrategy: true };
  },
});
