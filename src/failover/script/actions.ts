import * as l10n from '@vscode/l10n';
import type { LinkTarget, Side } from '../../link/vocabulary.ts';
import { directionOf } from '../choices.ts';
import type { Plan, Step, StepKind } from '../plan.ts';
import type { Change } from '../statements.ts';
import type { StepOf } from '../steps/handler.ts';
import { bind } from '../steps/index.ts';
import { sidesOf } from '../sync-facts.ts';
import {
  databasesQuery,
  groupExists,
  hasFullBackup,
  hasIdentity,
  hasNoWriters,
  hasRole,
  isDisconnected,
  isMoving,
  isNotOnline,
  isSuspended,
  isSynchronized,
  isUnused,
  isWritable,
  membersQuery,
  type Sql,
} from './conditions.ts';

/** What a script does for a step, before any language: every renderer knows these few acts, and no step kind. */
export type Action =
  | { readonly act: 'note'; readonly text: string }
  | { readonly act: 'show'; readonly on: Side; readonly query: Sql }
  /** Stops the script with the error when `holds` does not hold. */
  | {
      readonly act: 'require';
      readonly on: Side;
      readonly holds: Sql;
      readonly error: number;
      readonly otherwise: string;
    }
  | {
      readonly act: 'await';
      readonly on: Side;
      readonly until: Sql;
      readonly budgetSeconds: number;
      readonly otherwise: string;
    }
  /** Waits until both sides show the same hardened LSNs and these stand still. */
  | { readonly act: 'proveEqual'; readonly budgetSeconds: number }
  /** The LSNs are still those that were proved equal. */
  | { readonly act: 'stillEqual' }
  /**
   * Changes something, with exactly what the executor sends. `when`: only if that holds on the same server. `tolerated`: a failure is said and the script
   * goes on.
   */
  | { readonly act: 'send'; readonly change: Change; readonly when: Sql | undefined; readonly tolerated: boolean };

/** Errors by which a script stops itself (THROW takes 50000 and above). */
export const SCRIPT_ERRORS = {
  wrongServer: 50_000,
  notInTime: 50_001,
  stillConnected: 50_002,
  lsnMissing: 50_003,
  wrongRole: 50_004,
  stillWriting: 50_005,
  azureNotConfirmed: 50_006,
  groupInUse: 50_007,
  notAsPlanned: 50_008,
  notConfirmed: 50_009,
} as const;

/** What the script of a plan does for one of its steps, in order. */
export function actionsOf(step: Step, plan: Plan): readonly Action[] {
  // TypeScript cannot follow that ACTIONS[step.kind] takes just this step: the table's type guarantees it.
  const actions = ACTIONS[step.kind] as (step: Step, plan: Plan) => readonly Action[];
  return actions(step, plan);
}

/** What puts the plan's changes back while the point of no return is ahead, last change first. */
export const undoOf = (plan: Plan): readonly { readonly step: Step; readonly changes: readonly Change[] }[] => {
  const crossing = plan.steps.findIndex(s => s.pointOfNoReturn);
  return plan.steps
    .slice(0, Math.max(crossing, 0))
    .reverse()
    .flatMap(step => {
      const changes = bind(step, plan).undo?.() ?? [];
      return changes.length > 0 ? [{ step, changes }] : [];
    });
};

/** One entry for each kind of step; the compiler names a forgotten one. What a step changes comes from the step itself (`sends`). */
const ACTIONS: { readonly [K in StepKind]: (step: StepOf<K>, plan: Plan) => readonly Action[] } = {
  validate: (_step, plan) =>
    sqlServerIsThere(plan) ? [...asPlanned(plan), show('sqlServer', membersQuery)(plan)] : [],
  setCommitMode: (step, plan) => [...localRole(step, plan), ...sends(step, plan)],
  setReplicationMode: (step, plan) => sends(step, plan, 'tolerated'),
  catchUp: ({ budgetSeconds }, { intent: { target } }) => [
    {
      act: 'await',
      on: 'sqlServer',
      until: isSynchronized(target),
      budgetSeconds,
      otherwise: l10n.t('Not synchronized in time: stop here and put back what was changed.'),
    },
  ],
  awaitEquality: ({ budgetSeconds }, plan) => [
    { act: 'note', text: l10n.t('The workload must be stopped now, and stay stopped.') },
    {
      act: 'await',
      on: primaryBefore(plan),
      until: hasNoWriters(plan.intent.target),
      budgetSeconds,
      otherwise: l10n.t('Somebody still has a transaction open: stop here and put back what was changed.'),
    },
    { act: 'proveEqual', budgetSeconds },
  ],
  proveEquality: ({ budgetSeconds }) => [{ act: 'proveEqual', budgetSeconds }],
  recheck: (_step, plan) => [
    ...asPlanned(plan),
    {
      act: 'require',
      on: primaryBefore(plan),
      holds: hasNoWriters(plan.intent.target),
      error: SCRIPT_ERRORS.stillWriting,
      otherwise: l10n.t('Somebody still has a transaction open: stop here and put back what was changed.'),
    },
    { act: 'stillEqual' },
  ],
  failOver: (step, plan) => [...localRole(step, plan), ...sends(step, plan)],
  requireSynchronized: (step, plan) => sends(step, plan, 'tolerated'),
  giveUpRole: (step, plan) => [...localRole(step, plan), ...sends(step, plan)],
  setRolePrimary: (step, plan) => sends(step, plan),
  forceOnSqlServer: (step, plan) => [role('sqlServer', 'SECONDARY', plan.intent.target), ...sends(step, plan)],
  awaitRoles: ({ budgetSeconds }, plan) => {
    const { from, to } = sidesOf(directionOf(plan));
    const until = (on: Side, role: 'PRIMARY' | 'SECONDARY'): Action => ({
      act: 'await',
      on,
      until: hasRole(role, plan.intent.target),
      budgetSeconds,
      otherwise: l10n.t('The roles have not changed in time: look at both sides before you do anything else.'),
    });
    return [until(to, 'PRIMARY'), ...(isThere(from, plan) ? [until(from, 'SECONDARY')] : [])];
  },
  awaitBackup: ({ budgetSeconds }, { intent: { target }, createdAt }) => [
    {
      act: 'await',
      on: 'managedInstance',
      until: hasFullBackup(createdAt, target),
      budgetSeconds,
      otherwise: l10n.t('No full backup on {0} yet: do not remove the link before there is one.', target.instance.name),
    },
  ],
  backUpDiverged: (step, plan) => sends(step, plan),
  demote: (step, plan) => [
    ...(step.venue === 'azure' ? [] : [role(step.venue, 'PRIMARY', plan.intent.target)]),
    ...sends(step, plan),
  ],
  resumeData: (step, plan) => [
    ...sendsEachWhen(step, plan, database => isSuspended(database, plan.intent.target)),
    {
      act: 'await',
      on: 'sqlServer',
      until: isMoving(plan.intent.target),
      budgetSeconds: step.budgetSeconds,
      otherwise: l10n.t(
        'Data movement is still suspended: look at the error log of {0}.',
        plan.intent.target.sqlServer.name,
      ),
    },
  ],
  recoverCopy: (step, plan) => sendsEachWhen(step, plan, isNotOnline),
  deleteLink: (step, plan) => sends(step, plan),
  forceFailover: (step, plan) => sends(step, plan),
  awaitWritable: ({ budgetSeconds }, plan) => {
    const { target } = plan.intent;
    return [
      {
        act: 'await',
        on: primaryAfter(plan),
        until: `${isWritable(target)} AND NOT ${hasRole('SECONDARY', target)}`,
        budgetSeconds,
        otherwise: l10n.t('Not writable in time: look at the databases; the way is only forward.'),
      },
    ];
  },
  dropDistributedAvailabilityGroup: (step, plan) => [
    {
      act: 'require',
      on: 'sqlServer',
      holds: isDisconnected(plan.intent.target),
      error: SCRIPT_ERRORS.stillConnected,
      otherwise: l10n.t('The link is still connected: delete it in Azure first.'),
    },
    ...sends(step, plan),
  ],
  dropAvailabilityGroup: (step, plan) => [
    {
      act: 'require',
      on: 'sqlServer',
      holds: isUnused(plan.intent.target),
      error: SCRIPT_ERRORS.groupInUse,
      otherwise: l10n.t('{0} is still used: it was not dropped.', plan.intent.target.availabilityGroup),
    },
    ...sends(step, plan),
  ],
  verify: (step, plan) => [
    ...(isThere(primaryAfter(plan), plan) ? writableAfter(plan) : []),
    ...(sqlServerIsThere(plan)
      ? [
          ...(primaryAfter(plan) === 'sqlServer' ? [] : [show('sqlServer', databasesQuery)(plan)]),
          ...step.gone.map(name =>
            outcome(`NOT ${groupExists(name)}`, l10n.t('{0} is still listed on SQL Server.', name)),
          ),
          ...step.kept.map(name => outcome(groupExists(name), l10n.t('{0} is no longer listed on SQL Server.', name))),
        ]
      : []),
  ],
};

/** Everything that a step changes, as the executor sends it. */
const sends = (step: Step, plan: Plan, tolerated?: 'tolerated'): readonly Action[] =>
  bind(step, plan)
    .changes()
    .map(change => ({ act: 'send', change, when: undefined, tolerated: tolerated !== undefined }));

/** Changes of which each concerns one database of the link, in order; each only where it is needed. */
const sendsEachWhen = (step: Step, plan: Plan, when: (database: string) => Sql): readonly Action[] =>
  bind(step, plan)
    .changes()
    .map((change, index) => ({
      act: 'send',
      change,
      when: when(plan.intent.target.databases[index] ?? ''),
      tolerated: false,
    }));

const primaryAfter = (plan: Plan): Side => sidesOf(directionOf(plan)).to;

/** Who is the link's primary when the plan begins. */
export const primaryBefore = (plan: Plan): Side => sidesOf(directionOf(plan)).from;

/** False in a disaster: then no section is for SQL Server. */
const sqlServerIsThere = (plan: Plan): boolean => plan.initial.sqlServerReachable;

const isThere = (side: Side, plan: Plan): boolean => side === 'managedInstance' || sqlServerIsThere(plan);

const show =
  (on: Side, query: (target: LinkTarget) => Sql) =>
  ({ intent }: Plan): Action => ({ act: 'show', on, query: query(intent.target) });

const role = (on: Side, wanted: 'PRIMARY' | 'SECONDARY', target: LinkTarget): Action => ({
  act: 'require',
  on,
  holds: hasRole(wanted, target),
  error: SCRIPT_ERRORS.wrongRole,
  otherwise:
    wanted === 'PRIMARY'
      ? l10n.t('This server is not the primary of {0}: nothing was changed.', target.link)
      : l10n.t('This server is not the secondary of {0}: nothing was changed.', target.link),
});

/** Role and identity of the link on SQL Server are those that the plan was made for. */
function asPlanned({ initial, intent: { target } }: Plan): readonly Action[] {
  const expected =
    initial.sqlServerRole === 'primary' ? 'PRIMARY' : initial.sqlServerRole === 'secondary' ? 'SECONDARY' : undefined;
  return [
    ...(expected ? [role('sqlServer', expected, target)] : []),
    ...(initial.linkId
      ? [
          {
            act: 'require' as const,
            on: 'sqlServer' as const,
            holds: hasIdentity(initial.linkId, target),
            error: SCRIPT_ERRORS.wrongRole,
            otherwise: l10n.t('{0} is not the link that this script was made for.', target.link),
          },
        ]
      : []),
  ];
}

/** A step before the point of no return is for the primary as it was; a later one comes after roles have changed. */
function localRole(step: Step, plan: Plan): readonly Action[] {
  const crossing = plan.steps.findIndex(s => s.pointOfNoReturn);
  if (step.venue === 'azure' || plan.steps.indexOf(step) > crossing) return [];
  const isPrimary = step.venue === primaryBefore(plan);
  return [role(step.venue, isPrimary ? 'PRIMARY' : 'SECONDARY', plan.intent.target)];
}

const outcome = (holds: Sql, otherwise: string): Action => ({
  act: 'require',
  on: 'sqlServer',
  holds,
  error: SCRIPT_ERRORS.notAsPlanned,
  otherwise,
});

const writableAfter = (plan: Plan): readonly Action[] => [
  show(primaryAfter(plan), databasesQuery)(plan),
  {
    act: 'require',
    on: primaryAfter(plan),
    holds: isWritable(plan.intent.target),
    error: SCRIPT_ERRORS.notAsPlanned,
    otherwise: l10n.t('Not every database is writable here.'),
  },
];
