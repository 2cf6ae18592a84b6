import * as l10n from '@vscode/l10n';
import type { Clock } from '../link/clock.ts';
import type { ArmOutcome, ArmRequest } from '../link/ports.ts';
import { LinkError, problemOf } from '../link/problem.ts';
import { isAbsence } from './absence.ts';
import { type Arm, retryAfterMs } from './arm.ts';
import { errorIn, refusedByAzure, unknownOutcome } from './azure-error.ts';
import { operationStatusIn } from './link-in-azure.ts';

/** Wait between two polls when Azure does not say, ms: what the SDK's own pollers use. */
const DEFAULT_POLL_MS = 2000;

/** Passing trouble in a row after which following stops, each already tried again several times. */
const PATIENCE = 5;

interface Started {
  readonly request: ArmRequest;
  readonly firstPollMs: number;
}

/**
 * Changes in Resource Manager and their long-running part (Resource Manager RPC, "Asynchronous operations"): 202 with Azure-AsyncOperation or Location,
 * polled as Retry-After asks.
 */
export class Operations {
  readonly #arm: Arm;
  readonly #clock: Clock;
  /** What operations started here are about: asked when Azure does not know the operation any more. */
  readonly #started = new Map<string, Started>();

  constructor(arm: Arm, clock: Clock) {
    this.#arm = arm;
    this.#clock = clock;
  }

  /** Sends the request once, as it stands. */
  async start(request: ArmRequest, signal: AbortSignal): Promise<ArmOutcome> {
    const response = await this.#arm.send(
      request.method,
      this.#arm.url(request.path, request.apiVersion),
      request.body,
      signal,
    );
    const { status } = response;
    const body = response.bodyAsText ?? undefined;
    if (status === 204) return { state: request.method === 'DELETE' ? 'absent' : 'done' };
    if (status === 200 || status === 201 || status === 202) {
      // A Location is an operation only with 202; elsewhere it is the resource's own address.
      const location = status === 202 ? response.headers.get('location') : undefined;
      const operation = response.headers.get('azure-asyncoperation') ?? location;
      if (operation !== undefined) {
        const firstPollMs = retryAfterMs(response.headers.get('retry-after'), this.#clock.now()) ?? DEFAULT_POLL_MS;
        const url = this.#followable(operation);
        this.#started.set(url, { request, firstPollMs });
        return { state: 'running', operation: url };
      }
      if (status === 202) throw unknownOutcome(l10n.t('Azure accepted it but named no operation to follow'));
      return { state: 'done' };
    }
    const refused = refusedByAzure(status, body, true);
    if (request.method === 'DELETE' && isAbsence(refused)) return { state: 'absent' };
    throw refused;
  }

  /** An accepted change whose operation cannot be followed may still take effect. */
  #followable(operation: string): string {
    try {
      return this.#arm.ownUrl(operation);
    } catch (error) {
      throw unknownOutcome(problemOf(error).message, error);
    }
  }

  /** Throws LinkError with Azure's code when the operation failed, and 'unknownOutcome' when Azure does not tell how it ended. */
  async follow(operation: string, signal: AbortSignal): Promise<void> {
    const started = this.#started.get(operation);
    let url = this.#arm.ownUrl(operation);
    if (started) await this.#clock.sleep(started.firstPollMs, signal);
    for (let trouble = 0; ; ) {
      const response = await this.#poll(url, signal);
      const waitMs = retryAfterMs(response?.headers.get('retry-after'), this.#clock.now()) ?? DEFAULT_POLL_MS;
      const verdict = response ? judge(response.status, response.bodyAsText ?? undefined) : 'passing';
      if (verdict === 'succeeded') return this.#forget(operation);
      if (verdict === 'gone' && (await this.#resourceIsGone(started, signal))) return this.#forget(operation);
      if (verdict instanceof LinkError) throw verdict;
      trouble = verdict === 'running' ? 0 : trouble + 1;
      if (trouble >= PATIENCE) throw lostTrack(verdict);
      const moved = response?.status === 202 ? response.headers.get('location') : undefined;
      if (moved !== undefined && response?.headers.has('azure-asyncoperation') !== true) url = this.#arm.ownUrl(moved);
      await this.#clock.sleep(waitMs, signal);
    }
  }

  /** undefined: no answer, though tried several times. */
  async #poll(url: string, signal: AbortSignal) {
    try {
      return await this.#arm.send('GET', url, undefined, signal);
    } catch (error) {
      if (!(error instanceof LinkError)) throw error;
      if (error.problem.reason === 'unreachable') return undefined;
      throw unknownOutcome(error.problem.message, error, error.problem.code, error.problem.serverText);
    }
  }

  /** An operation's record may go with the resource it deleted. */
  async #resourceIsGone(started: Started | undefined, signal: AbortSignal): Promise<boolean> {
    if (started?.request.method !== 'DELETE') return false;
    const response = await this.#arm.send(
      'GET',
      this.#arm.url(started.request.path, started.request.apiVersion),
      undefined,
      signal,
    );
    return response.status === 404;
  }

  #forget(operation: string): void {
    this.#started.delete(operation);
  }
}

type Verdict = 'running' | 'succeeded' | 'gone' | 'passing' | LinkError;

const FAILED = new Set(['failed', 'canceled', 'cancelled']);
const PASSING = new Set([408, 429, 502, 503, 504]);

function judge(status: number, body: string | undefined): Verdict {
  if (status === 202) return 'running';
  if (status === 404) return 'gone';
  if (status === 401 || status === 403)
    return cannotTell(l10n.t('Azure does not show it to this account'), status, body);
  if (status >= 400) {
    return PASSING.has(status) && errorIn(body).code === undefined ? 'passing' : refusedByAzure(status, body, false);
  }
  const state = status === 200 ? operationStatusIn(body)?.toLowerCase() : undefined;
  if (state === undefined || state === 'succeeded') return 'succeeded';
  return FAILED.has(state) ? refusedByAzure(status, body, false) : 'running';
}

const lostTrack = (verdict: 'gone' | 'passing' | 'running') =>
  verdict === 'gone'
    ? unknownOutcome(l10n.t('Azure does not know the operation any more'))
    : unknownOutcome(l10n.t('Azure does not tell how the operation went'));

function cannotTell(why: string, status: number, body: string | undefined): LinkError {
  const { code, text } = errorIn(body);
  return unknownOutcome(why, undefined, code ?? `HTTP ${status}`, text);
}
