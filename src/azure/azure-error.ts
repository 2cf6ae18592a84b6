import { isRestError, RestError } from '@azure/core-rest-pipeline';
import * as l10n from '@vscode/l10n';
import * as v from 'valibot';
import { LinkError, type Problem } from '../link/problem.ts';
import { azureAdviceFor } from './advice.ts';

const Details = v.object({ code: v.optional(v.nullable(v.string())), message: v.optional(v.nullable(v.string())) });

/** ErrorResponse v5 of Resource Manager, and the bare form that some operation results have. */
const ErrorBody = v.union([
  v.pipe(
    v.object({ error: Details }),
    v.transform(body => body.error),
  ),
  Details,
]);

/** `error.code` and `error.message` of an answer, if it has them. */
export function errorIn(body: string | undefined): {
  readonly code: string | undefined;
  readonly text: string | undefined;
} {
  const parsed = v.safeParse(ErrorBody, jsonIn(body));
  return parsed.success
    ? { code: parsed.output.code || undefined, text: parsed.output.message || undefined }
    : { code: undefined, text: undefined };
}

/** The JSON of an answer; undefined when it is none. */
export function jsonIn(body: string | undefined): unknown {
  try {
    return JSON.parse(body ?? '');
  } catch {
    return undefined;
  }
}

/** Azure answered with an error. `change` tells that the request was to change something: where a gateway speaks, it may have gone through. */
export function refusedByAzure(status: number, body: string | undefined, change: boolean): LinkError {
  const { code, text } = errorIn(body);
  const known = azureAdviceFor(status, code);
  if (change && leavesOpen(status, code)) {
    return unknownOutcome(l10n.t('Azure answered {0}', code ?? `HTTP ${status}`), undefined, code, text);
  }
  const reason = known.reason ?? 'refused';
  return new LinkError({
    reason,
    venue: 'azure',
    message: sentence(reason, status, code, text),
    ...(code !== undefined && { code }),
    ...(text !== undefined && { serverText: text.slice(0, 2000) }),
    ...(known.advice !== undefined && { advice: known.advice }),
    transient: known.transient === true,
  });
}

/** 408, 502 and 504 come from something in between that gave up waiting; a 500 may come after part of the work. A timed-out operation is rolled back. */
const leavesOpen = (status: number, code: string | undefined) =>
  [408, 500, 502, 504].includes(status) && code?.toLowerCase() !== 'operationtimedout';

function sentence(
  reason: Problem['reason'],
  status: number,
  code: string | undefined,
  text: string | undefined,
): string {
  const name = code ?? `HTTP ${status}`;
  switch (reason) {
    case 'permission': {
      const action = /perform action '([^']+)'/.exec(text ?? '')?.[1];
      return action
        ? l10n.t('The Azure account may not do this: it lacks the action {0}.', action)
        : l10n.t('The Azure account may not do this ({0}).', name);
    }
    case 'loginFailed':
      return l10n.t('Azure did not accept the sign-in ({0}).', name);
    case 'notFound':
      return l10n.t('Azure does not find it ({0}).', name);
    default:
      return l10n.t('Azure refused: {0}.', name);
  }
}

export function unknownOutcome(why: string, cause?: unknown, code?: string, text?: string): LinkError {
  return new LinkError(
    {
      reason: 'unknownOutcome',
      venue: 'azure',
      message: l10n.t(
        'The request was sent to Azure, but its outcome is not known ({0}). It may or may not have taken effect.',
        why,
      ),
      ...(code !== undefined && { code }),
      ...(text !== undefined && { serverText: text.slice(0, 2000) }),
      advice: l10n.t('Look at the state of the link before doing anything else. Do not simply send the request again.'),
    },
    { cause },
  );
}

/** Codes of a connection that was never made: the request cannot have arrived. */
const NEVER_SENT = new Set(['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH']);
const UNTRUSTED = /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_.*|CERT_.*|ERR_TLS_CERT_.*)$/;

/** Whatever the SDK threw, as a LinkError. Aborting shows as the signal's own reason, unless a change was under way. */
export function azureError(
  error: unknown,
  options: { readonly change: boolean; readonly signal: AbortSignal; readonly endpoint: string },
): unknown {
  if (error instanceof LinkError) return error;
  if (options.signal.aborted)
    return options.change ? unknownOutcome(l10n.t('cancelled before the answer came'), error) : options.signal.reason;
  const rest = isRestError(error) ? error : undefined;
  if (rest?.response && rest.response.status >= 300)
    return refusedByAzure(rest.response.status, rest.response.bodyAsText ?? undefined, options.change);
  const code = rest?.code;
  const host = URL.parse(options.endpoint)?.host ?? options.endpoint;
  if (code !== undefined && UNTRUSTED.test(code)) {
    return new LinkError(
      {
        reason: 'certificateUntrusted',
        venue: 'azure',
        message: l10n.t('The certificate of {0} is not trusted ({1}). Nothing was sent.', host, code),
        code,
        advice: l10n.t(
          'If a proxy inspects encrypted traffic, install its root certificate (NODE_EXTRA_CA_CERTS). Otherwise do not go on.',
        ),
      },
      { cause: error },
    );
  }
  if (options.change && !(code !== undefined && NEVER_SENT.has(code)))
    return unknownOutcome(l10n.t('the connection was lost or no answer came in time'), error, code);
  if (code === RestError.PARSE_ERROR) return badAnswer('body', l10n.t('not JSON'));
  return new LinkError(
    {
      reason: 'unreachable',
      venue: 'azure',
      message: l10n.t('Azure cannot be reached at {0} ({1}).', host, code ?? whyNot(error)),
      ...(code !== undefined && { code }),
      advice: l10n.t('Check the internet connection, the proxy (HTTPS_PROXY) and the firewall.'),
      transient: true,
    },
    { cause: error },
  );
}

/** The SDK's own time limit shows as an AbortError. */
const whyNot = (error: unknown) =>
  error instanceof Error && error.name === 'AbortError' ? l10n.t('no answer in time') : firstLine(error);

/** An answer that breaks the published shape; `field` says where. */
export const badAnswer = (field: string, what: string): LinkError =>
  new LinkError({
    reason: 'badAnswer',
    venue: 'azure',
    message: l10n.t('Azure answered with something that cannot be understood: {0} ({1}).', field, what),
    advice: l10n.t(
      'Nothing was concluded from it and nothing was changed. A proxy that answers in Azure’s place does this too; otherwise please report it.',
    ),
  });

/** The credential gave no token. Its text names accounts and trace ids, no secret. */
export const noToken = (cause: unknown): LinkError =>
  new LinkError(
    {
      reason: 'loginFailed',
      venue: 'azure',
      message: l10n.t('Signing in to Azure did not succeed.'),
      ...(cause instanceof Error && { serverText: firstLine(cause) }),
      advice: l10n.t(
        'Sign in again. With the Azure CLI: run “az login” in a terminal, in the tenant of the managed instance.',
      ),
    },
    { cause },
  );

const firstLine = (error: unknown) =>
  ((error instanceof Error ? error.message : String(error)).split(/\r?\n/, 1)[0] ?? '').slice(0, 500);
