import type { Plan, Step, StepKind } from '../plan.ts';
import { awaitBackup, backUpDiverged, recoverCopy } from './afterwards.ts';
import { awaitWritable, deleteLink, forceFailover } from './cutover.ts';
import { dropAvailabilityGroup, dropDistributedAvailabilityGroup, verify } from './finish.ts';
import type { StepHandler } from './handler.ts';
import { setCommitMode, setReplicationMode, validate } from './prepare.ts';
import {
  awaitRoles,
  demote,
  failOver,
  forceOnSqlServer,
  giveUpRole,
  requireSynchronized,
  resumeData,
  setRolePrimary,
} from './switch.ts';
import { awaitEquality, catchUp, proveEquality, recheck } from './wait.ts';

/** One handler for each kind of step; the compiler names a forgotten one. */
const HANDLERS: { readonly [K in StepKind]: StepHandler<K> } = {
  validate,
  setCommitMode,
  setReplicationMode,
  catchUp,
  awaitEquality,
  recheck,
  failOver,
  requireSynchronized,
  giveUpRole,
  proveEquality,
  setRolePrimary,
  forceOnSqlServer,
  awaitRoles,
  awaitBackup,
  backUpDiverged,
  demote,
  resumeData,
  recoverCopy,
  deleteLink,
  forceFailover,
  awaitWritable,
  dropDistributedAvailabilityGroup,
  dropAvailabilityGroup,
  verify,
};

/** A step bound to its handler and plan, so that callers need not know its kind. */
export interface BoundStep {
  readonly step: Step;
  describe(): { readonly title: string; readonly detail: string };
  changes(): ReturnType<StepHandler<StepKind>['changes']>;
  /** undefined: the step changes nothing that would have to be put back. */
  readonly undo: (() => ReturnType<StepHandler<StepKind>['changes']>) | undefined;
  isDone(observation: Parameters<NonNullable<StepHandler<StepKind>['isDone']>>[2]): boolean;
  isUndone(observation: Parameters<NonNullable<StepHandler<StepKind>['isUndone']>>[2]): boolean;
  /** False: no look tells whether it was put back; then the server's word counts. */
  readonly undoCanBeSeen: boolean;
  /** False: a check or a wait, which is always run. */
  readonly canBeDoneAlready: boolean;
  run(work: Parameters<StepHandler<StepKind>['run']>[1]): ReturnType<StepHandler<StepKind>['run']>;
}

/** The meaning of a step. */
export function bind(step: Step, plan: Plan): BoundStep {
  // TypeScript cannot follow that HANDLERS[step.kind] takes just this step: the table's type guarantees it.
  const handler = HANDLERS[step.kind] as StepHandler<StepKind>;
  const { undo } = handler;
  return {
    step,
    describe: () => handler.describe(step, plan),
    changes: () => handler.changes(step, plan),
    undo: undo && (() => undo(step, plan)),
    isDone: o => handler.isDone?.(step, plan, o) ?? false,
    isUndone: o => handler.isUndone?.(step, plan, o) ?? false,
    undoCanBeSeen: handler.isUndone !== undefined,
    canBeDoneAlready: handler.isDone !== undefined,
    run: work => handler.run(step, work),
  };
}
