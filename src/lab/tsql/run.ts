import type { ResultSink } from '../tds/backend.ts';
import type { Workplace } from './workplace.ts';

/** One request being served: the session's means, where answers go, and what ends it early. */
export interface Run {
  readonly workplace: Workplace;
  readonly sink: ResultSink;
  readonly signal: AbortSignal;
}
