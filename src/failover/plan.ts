import type { CommitMode, FailoverKind, LinkTarget, Role, Venue } from '../link/vocabulary.ts';

/** What the person chose. Nothing else decides what a plan contains, besides the observation. */
export interface Intent {
  readonly kind: FailoverKind;
  readonly target: LinkTarget;
  readonly cleanUp: CleanUp;
  /** How long to wait for the databases to be equal, with writers allowed and then without, in seconds. */
  readonly catchUpBudgetSeconds: number;
}

/** What is dropped on SQL Server once the databases are independent. */
export interface CleanUp {
  readonly dropDistributedAvailabilityGroup: boolean;
  /** Needs the DAG dropped too, and an AG that nothing else uses. */
  readonly dropAvailabilityGroup: boolean;
}

export const DEFAULT_CATCH_UP_BUDGET_SECONDS = 300;

/** prepare → catchUp → fence → cutover → verify → cleanUp, as in design.md. */
export type Phase = 'prepare' | 'catchUp' | 'fence' | 'cutover' | 'cleanUp' | 'verify';

/** The way a failover goes: more routes come with other versions and directions. */
export type Route = 'cutLinkPlanned' | 'cutLinkForced';

interface StepBase {
  /** Unique within the plan and stable: the journal and the report name it. */
  readonly id: string;
  readonly phase: Phase;
  readonly venue: Venue;
  /** After this step the only way is forward. Exactly one step of a plan has it. */
  readonly pointOfNoReturn?: true;
}

/** One ordered step, as plain data; what each kind does is in src/failover/steps/. */
export type Step = StepBase &
  (
    | { readonly kind: 'validate' }
    | { readonly kind: 'setCommitMode'; readonly members: readonly MemberMode[] }
    | { readonly kind: 'setReplicationMode'; readonly mode: 'Sync' | 'Async'; readonly before: 'Sync' | 'Async' }
    | { readonly kind: 'catchUp'; readonly budgetSeconds: number }
    | { readonly kind: 'awaitEquality'; readonly budgetSeconds: number }
    | { readonly kind: 'recheck' }
    | { readonly kind: 'deleteLink' }
    | { readonly kind: 'forceFailover' }
    | { readonly kind: 'awaitWritable'; readonly budgetSeconds: number }
    | { readonly kind: 'dropDistributedAvailabilityGroup' }
    | { readonly kind: 'dropAvailabilityGroup' }
    | { readonly kind: 'verify'; readonly gone: readonly string[]; readonly kept: readonly string[] }
  );

export type StepKind = Step['kind'];

/** A DAG member's commit mode now and as the plan wants it. */
export interface MemberMode {
  readonly availabilityGroup: string;
  readonly before: CommitMode;
  readonly wanted: 'synchronous' | 'asynchronous';
}

/** A failover as plain JSON: survives a restart, is shown in words, rendered as script and executed, all from the same steps. */
export interface Plan {
  readonly version: 1;
  readonly id: string;
  /** Unix ms. */
  readonly createdAt: number;
  readonly route: Route;
  readonly intent: Intent;
  /** What a back-out must restore, and what is compared right before the point of no return. */
  readonly initial: InitialState;
  /** Forced: what may be lost, as estimated when the plan was made. */
  readonly loss: LossEstimate | undefined;
  readonly steps: readonly Step[];
}

export interface InitialState {
  readonly sqlServerRole: Role;
  readonly instanceRole: Role;
  readonly members: readonly { readonly availabilityGroup: string; readonly commitMode: CommitMode }[];
  readonly replicationMode: 'Sync' | 'Async' | undefined;
  readonly linkId: string;
  /** False when SQL Server could not be reached when the plan was made (forced only). */
  readonly sqlServerReachable: boolean;
}

/** Log that the secondary had not hardened, as far as could be seen. LSNs as decimal digits. */
export interface LossEstimate {
  readonly fromLsn: string | undefined;
  readonly toLsn: string | undefined;
  readonly sendQueueKb: number | undefined;
  readonly seconds: number | undefined;
  /** True only when both sides showed equal hardened LSNs in synchronous mode. */
  readonly provenZero: boolean;
  /** How it was computed and what cannot be known, for the person. */
  readonly explanation: string;
}
