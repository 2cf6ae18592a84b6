import * as l10n from '@vscode/l10n';
import { adviceFor } from '../link/advice.ts';
import { LinkError, type Problem } from '../link/problem.ts';
import type { ServerName } from './connect-error.ts';
import { causes, codeOf, messageOf, propertyOf, textOf } from './error-chain.ts';

type Words = Omit<Problem, 'venue'>;

/** True when the connection broke before the answer was complete. A reading may then be tried on a fresh one. */
export function isConnectionLost(error: unknown): boolean {
  const lost = (cause: unknown) => LOST.has(codeOf(cause)) || (cause instanceof Error && HUNG_UP.test(cause.message));
  return causes(error).some(lost);
}

/** Codes of node and of the driver that say that a connection broke or could not be had. */
const LOST = new Set([
  'ESOCKET',
  'ECONNRESET',
  'EPIPE',
  'ECONNCLOSED',
  'ECLOSE',
  'ECONNABORTED',
  'EINVALIDSTATE',
  'ENOTOPEN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

/** tedious has no code for an orderly end in the middle of an answer. */
const HUNG_UP = /^unexpected end of message stream$|^Connection closed before request completed/;

/** An answer with an error, or no answer, to something that only reads. */
export function readError(error: unknown, server: ServerName): LinkError {
  return refused(error, server) ?? new LinkError({ ...noAnswer(error, server), venue: server.side }, { cause: error });
}

/** An answer with an error, or no answer, to a statement that changes something and had been handed to the driver on an open connection. */
export function changeError(error: unknown, server: ServerName): LinkError {
  if (!isConnectionLost(error)) {
    const answered = refused(error, server);
    if (answered) return answered;
  }
  const said = serverErrors(error);
  const words: Words = {
    reason: 'unknownOutcome',
    message: l10n.t(
      'The statement was sent to {0}, but its answer did not arrive ({1}). It may or may not have taken effect.',
      server.label,
      whyNoAnswer(error),
    ),
    code: codeOf(causes(error)[0]),
    ...(said.length > 0 && { serverText: textOf(said) }),
    advice: l10n.t(
      'Look at the state of both sides before doing anything else. Do not simply send the statement again.',
    ),
  };
  return new LinkError({ ...words, venue: server.side }, { cause: error });
}

/** The errors in the order the server sent them. */
function serverErrors(error: unknown): readonly { readonly number: number; readonly message: string }[] {
  const preceding = propertyOf(error, 'precedingErrors');
  return [...(Array.isArray(preceding) ? preceding : []), error].flatMap(e => {
    const number = propertyOf(e, 'number');
    return typeof number === 'number' && e instanceof Error ? [{ number, message: e.message }] : [];
  });
}

const PERMISSION = new Set([229, 262, 297, 300, 371, 916, 15151, 15247]);

function refused(error: unknown, server: ServerName): LinkError | undefined {
  const errors = serverErrors(error);
  // Availability group errors come in twos, a general one and its cause: the one with advice is the one to show.
  const main = errors.find(e => adviceFor(e.number)) ?? errors.at(-1);
  if (!main) return undefined;
  const known = adviceFor(main.number);
  const permission = PERMISSION.has(main.number);
  const words: Words = {
    reason: permission ? 'permission' : 'refused',
    message: permission
      ? l10n.t('{0} does not permit this to the login {1} (error {2}).', server.label, server.login, main.number)
      : l10n.t('{0} refused with error {1}.', server.label, main.number),
    number: main.number,
    serverText: textOf(errors),
    ...(known && { advice: known.advice, transient: known.transient }),
  };
  return new LinkError({ ...words, venue: server.side }, { cause: error });
}

function whyNoAnswer(error: unknown): string {
  const codes = causes(error).map(codeOf);
  if (codes.includes('ETIMEOUT')) return l10n.t('no answer in time');
  if (codes.includes('ECANCEL')) return l10n.t('cancelled while it ran');
  return l10n.t('the connection was lost');
}

function noAnswer(error: unknown, server: ServerName): Words {
  const code = codeOf(causes(error)[0]);
  if (causes(error).some(cause => codeOf(cause) === 'ETIMEOUT')) {
    return { reason: 'timeout', message: l10n.t('{0} did not answer in time.', server.label), code, transient: true };
  }
  if (isConnectionLost(error)) {
    return {
      reason: 'unreachable',
      message: l10n.t('The connection to {0} was lost.', server.label),
      code,
      transient: true,
      advice: l10n.t('Check that the server is running and the network path to it is up.'),
    };
  }
  return {
    reason: 'badAnswer',
    message: l10n.t('The answer of {0} could not be understood: {1}', server.label, messageOf(error)),
    code,
  };
}
