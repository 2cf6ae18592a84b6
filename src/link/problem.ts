import type { Venue } from './vocabulary.ts';

/** Why something could not be done: closed, so that callers can decide by it. */
export type Reason =
  | 'unreachable' // no connection could be made, or it was lost and not regained
  | 'loginFailed'
  | 'certificateUntrusted'
  | 'notEncrypted' // the server declined encryption although it was required
  | 'permission' // the login or the Azure account may not do this
  | 'notLinked' // the database is in no link
  | 'notManagedInstance' // the DAG's other member is no managed instance
  | 'notFound' // subscription, instance, link, database
  | 'wrongRole' // roles or replica are not what the plan expects
  | 'changed' // link identity, roles or members changed since the plan was made
  | 'notSynchronized'
  | 'writers' // somebody is still writing
  | 'timeout'
  | 'cancelled'
  | 'refused' // a server or Azure answered with an error
  | 'unknownOutcome' // sent, but the answer was lost
  | 'unsupported'
  | 'badAnswer'; // an answer that cannot be understood

/** A problem as plain data: what happened, where, in whose words, and what to do next. Holds no secret. */
export interface Problem {
  readonly reason: Reason;
  readonly venue: Venue | undefined;
  /** What happened, in one sentence. */
  readonly message: string;
  /** SQL Server error number. */
  readonly number?: number;
  /** Azure error code, or driver code such as ETIMEOUT. */
  readonly code?: string;
  /** The server's own text. */
  readonly serverText?: string;
  /** What to do next. */
  readonly advice?: string;
  /** Whether the same request may succeed if simply made again later. */
  readonly transient?: boolean;
}

/** The one error class of the product below the user interface; `problem` is what a person is shown. */
export class LinkError extends Error {
  readonly problem: Problem;
  constructor(problem: Problem, options?: ErrorOptions) {
    super(problem.message, options);
    this.name = 'LinkError';
    this.problem = problem;
  }
}

/** Any thrown value as a Problem. A bug (not a LinkError) is reported as such, with its text. */
export function problemOf(error: unknown, venue?: Venue): Problem {
  if (error instanceof LinkError) return error.problem;
  if (error instanceof DOMException && error.name === 'TimeoutError')
    return { reason: 'timeout', venue, message: error.message };
  if (error instanceof DOMException && error.name === 'AbortError')
    return { reason: 'cancelled', venue, message: 'Cancelled' };
  return {
    reason: 'badAnswer',
    venue,
    message: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
  };
}
