import type { Problem } from '../link/problem.ts';
import type { FailoverKind, Venue } from '../link/vocabulary.ts';
import type { Plan, StepKind } from './plan.ts';

/** What a run tells while it goes on: written to the journal first, then reported. Times are Unix ms. */
export type RunEvent =
  | { readonly event: 'started'; readonly at: number; readonly plan: Plan }
  | { readonly event: 'stepStarted'; readonly at: number; readonly step: string }
  | { readonly event: 'progress'; readonly at: number; readonly step: string; readonly progress: SyncProgress }
  | {
      readonly event: 'stepDone';
      readonly at: number;
      readonly step: string;
      readonly how: 'done' | 'alreadyDone' | 'tolerated';
      readonly note: string | undefined;
    }
  | { readonly event: 'stepFailed'; readonly at: number; readonly step: string; readonly problem: Problem }
  | { readonly event: 'pointOfNoReturn'; readonly at: number; readonly step: string }
  | { readonly event: 'backingOut'; readonly at: number; readonly cause: Problem }
  | { readonly event: 'undone'; readonly at: number; readonly step: string; readonly note: string | undefined }
  | { readonly event: 'undoFailed'; readonly at: number; readonly step: string; readonly problem: Problem }
  | { readonly event: 'finished'; readonly at: number; readonly result: RunResult };

/** Live state of both sides while waiting. LSNs as decimal digits, sizes in KB. */
export interface SyncProgress {
  readonly sqlServerHardenedLsn: string | undefined;
  readonly instanceHardenedLsn: string | undefined;
  /** How the instance's LSN was read. */
  readonly instanceReadBy: 'tds' | 'azure' | 'none';
  readonly sendQueueKb: number | undefined;
  readonly redoQueueKb: number | undefined;
  readonly lagSeconds: number | undefined;
  readonly syncState: string;
  /** Sessions in the database that have a transaction open or have written lately. */
  readonly writers: number;
  /** What is being waited for, in words. */
  readonly waitingFor: string;
}

/**
 * failedOver: the database is writable where it should be and everything chosen was done; also said of a link that was broken or repaired as chosen.
 * backedOut: nothing was changed, or everything was put back.
 * failed: neither; `holds` says what state things are in.
 */
export type Outcome = 'failedOver' | 'backedOut' | 'failed';

export type StepState =
  | 'waiting'
  | 'running'
  | 'done'
  | 'alreadyDone'
  | 'tolerated'
  | 'failed'
  | 'undone'
  | 'undoFailed'
  | 'notRun';

export interface StepRecord {
  readonly id: string;
  readonly kind: StepKind;
  readonly venue: Venue;
  readonly title: string;
  readonly state: StepState;
  readonly startedAt: number | undefined;
  readonly ms: number | undefined;
  readonly problem: Problem | undefined;
  readonly note: string | undefined;
}

export interface RunResult {
  readonly outcome: Outcome;
  readonly kind: FailoverKind;
  readonly planId: string;
  readonly startedAt: number;
  readonly finishedAt: number;
  /** True once the point of no return was passed, or may have been. */
  readonly passedPointOfNoReturn: boolean;
  readonly steps: readonly StepRecord[];
  /** Why the run did not end as planned. */
  readonly problem: Problem | undefined;
  /** What state both sides are in now, one sentence each; what could not be seen is said. */
  readonly holds: readonly string[];
  /** What the person should do next, in order. */
  readonly next: readonly string[];
  /** Both databases accept writes (independent copies): by design after a cut link, and always said. */
  readonly twoWritableCopies: boolean;
  /** ms from the equality proof (no more writes) to the first sight of a writable instance; undefined when not reached. */
  readonly observedOutageMs: number | undefined;
  /** LSN pairs, roles and sessions as seen right before the point of no return. */
  readonly evidence: readonly string[];
}
