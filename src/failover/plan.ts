import type { Direction, Way } from '../link/capabilities.ts';
import type { CommitMode, FailoverKind, LinkTarget, Role, Side, Venue } from '../link/vocabulary.ts';

/** What the person chose. Nothing else decides what a plan contains, besides the observation. */
export interface Intent extends RouteChoices {
  readonly kind: FailoverKind;
  readonly target: LinkTarget;
  readonly cleanUp: CleanUp;
  /** How long to wait for the databases to be equal, with writers allowed and then without, in seconds. */
  readonly catchUpBudgetSeconds: number;
}

/** Which way to go. What is left out is the one way that every version has: to the instance, the link is cut. `routeOf` fills in the rest. */
export interface RouteChoices {
  /** failOver; or the link is broken where it stands; or one of two primaries is made secondary again. */
  readonly purpose?: 'failOver' | 'breakLink' | 'repairSplitBrain';
  /** Who is primary afterwards. With repairSplitBrain: whose data is kept. */
  readonly direction?: Direction;
  readonly way?: Way;
  /** Whether the link stays. Left out: it stays where the way keeps it, and goes after a forced failover to the instance. */
  readonly afterwards?: 'keepLink' | 'removeLink';
  /** The commit modes of a link that stays. Left out: as they were before. */
  readonly modeAfterwards?: 'asBefore' | 'synchronous';
  /** SQL Server's copy when the link is removed while the instance is primary: left as it is (a restoring copy), or recovered. */
  readonly copyAfterwards?: 'asIs' | 'usable';
  /** After a forced failover: the old primary, if it can be reached, is made secondary. What it alone has is thrown away. */
  readonly demoteOldPrimary?: boolean;
  /** Where the diverged side is backed up before it is made secondary: a path for SQL Server, a URL for the instance. Left out: no backup is made. */
  readonly backUpTo?: string;
  /** How long to wait for the first full backup on the instance before the link is removed, s. */
  readonly backupBudgetSeconds?: number;
  /** Removes the link without having seen a full backup on the instance. */
  readonly override?: 'removeBeforeFirstBackup';
  /** The name of the database as the person typed it: without it nothing that can lose data is sent. */
  readonly typedDatabaseName?: string;
  /** The instance's update policy as Azure tells it, where it is known. */
  readonly databaseFormat?: string;
}

/** What is dropped on SQL Server once the databases are independent. */
export interface CleanUp {
  readonly dropDistributedAvailabilityGroup: boolean;
  /** Needs the DAG dropped too, and an AG that nothing else uses. */
  readonly dropAvailabilityGroup: boolean;
}

export const DEFAULT_CATCH_UP_BUDGET_SECONDS = 300;
/** The instance makes its first full backup by itself; no promise exists of when (s). */
export const DEFAULT_BACKUP_BUDGET_SECONDS = 3600;

/** prepare → catchUp → fence → cutover → verify → cleanUp, as in design.md. */
export type Phase = 'prepare' | 'catchUp' | 'fence' | 'cutover' | 'cleanUp' | 'verify';

/** The way a plan goes, as it is shown and written down. */
export type Route =
  | 'cutLinkPlanned'
  | 'cutLinkForced'
  | 'tsqlFailoverToInstance'
  | 'roleSwitchToInstance'
  | 'tsqlFailoverToSqlServer'
  | 'azureFailoverToSqlServer'
  | 'forcedToInstance'
  | 'forcedToSqlServer'
  | 'splitBrainRepair'
  | 'breakLink';

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
    | { readonly kind: 'failOver' }
    | { readonly kind: 'requireSynchronized'; readonly count: 0 | 1 }
    | { readonly kind: 'giveUpRole' }
    | { readonly kind: 'proveEquality'; readonly budgetSeconds: number }
    | { readonly kind: 'setRolePrimary' }
    | { readonly kind: 'forceOnSqlServer' }
    | { readonly kind: 'awaitRoles'; readonly budgetSeconds: number }
    | { readonly kind: 'awaitBackup'; readonly budgetSeconds: number }
    | { readonly kind: 'backUpDiverged'; readonly side: Side; readonly to: string }
    | { readonly kind: 'demote'; readonly side: Side }
    | { readonly kind: 'resumeData'; readonly budgetSeconds: number }
    | { readonly kind: 'recoverCopy' }
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
