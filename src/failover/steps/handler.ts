import type { Clock } from '../../link/clock.ts';
import type { Observation } from '../../link/observation.ts';
import type { SyncProgress } from '../events.ts';
import type { Plan, Step, StepKind } from '../plan.ts';
import type { AzureUse, Sides } from '../sides.ts';
import type { Change } from '../statements.ts';
import type { LsnPair } from '../sync-facts.ts';

/** A step of one kind. */
export type StepOf<K extends StepKind> = Extract<Step, { kind: K }>;

/** What a step says when it has ended well; `tolerated`: it failed, and that is allowed. */
export interface StepEnd {
  readonly how: 'done' | 'tolerated';
  readonly note: string | undefined;
}

/** What a kind of step does. One table (./index.ts) holds one handler for each kind. */
export interface StepHandler<K extends StepKind> {
  /** For the Summary, in the person's words. */
  describe(step: StepOf<K>, plan: Plan): { readonly title: string; readonly detail: string };
  /** Everything the step sends that changes something: shown by the script, sent by `run`. */
  changes(step: StepOf<K>, plan: Plan): readonly Change[];
  /** Puts things back as they were; only for steps before the point of no return. */
  undo?(step: StepOf<K>, plan: Plan): readonly Change[];
  /** Told by the servers themselves, so that a run can be taken up again. undefined = must always run (checks and waits). */
  isDone?(step: StepOf<K>, plan: Plan, observation: Observation): boolean;
  /** The undo is no longer needed. */
  isUndone?(step: StepOf<K>, plan: Plan, observation: Observation): boolean;
  run(step: StepOf<K>, work: Work): Promise<StepEnd>;
}

/** What a running step may use. */
export interface Work {
  readonly plan: Plan;
  readonly sides: Sides;
  readonly clock: Clock;
  /** Aborts on cancel while that is possible, never after the point of no return. */
  readonly signal: AbortSignal;
  /** A fresh look, kept as the latest. */
  observe(azure?: AzureUse): Promise<Observation>;
  /** Sends a change once; the latest look is no longer valid afterwards. */
  send(change: Change): Promise<Sent>;
  progress(progress: SyncProgress): void;
  /** Memory of this run, shared by its steps. */
  readonly notes: RunNotes;
}

export type Sent = { readonly state: 'done' | 'absent' } | { readonly state: 'running'; readonly operation: string };

/** What later steps need to know of earlier ones; rebuilt by observation after a restart. */
export interface RunNotes {
  /** When the databases last moved, Unix ms, and where they were. */
  quiet: { readonly since: number; readonly pairs: readonly LsnPair[] } | undefined;
  /** End of the shared catch-up budget, Unix ms. */
  catchUpEndsAt: number | undefined;
  /** The equality that was proved, and when. */
  proof: { readonly at: number; readonly pairs: readonly LsnPair[] } | undefined;
  /** The equality that was proved after SQL Server had given up its role: the role switch may go on. */
  roleSwitchProof: { readonly at: number; readonly pairs: readonly LsnPair[] } | undefined;
  /** Azure's long-running operation of the cutover. */
  operation: string | undefined;
  writableAt: number | undefined;
  readonly evidence: string[];
}
