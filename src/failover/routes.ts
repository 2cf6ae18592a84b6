import { copyIsLeftBehind, type Settled } from './choices.ts';
import { DEFAULT_BACKUP_BUDGET_SECONDS, type InitialState, type Intent, type Step } from './plan.ts';
import { sidesOf } from './sync-facts.ts';

/** How long a side may take to become writable after the cut, s. No service promise exists; after this the person is told to look. */
const ROLE_CHANGE_BUDGET_SECONDS = 600;
/** How long the LSNs may take to be equal once SQL Server has given up its role, s: nobody can write meanwhile. */
const ROLE_SWITCH_BUDGET_SECONDS = 60;

/** The ordered steps of a route. Exactly one is the point of no return. */
export function stepsOf(intent: Intent, settled: Settled, initial: InitialState): readonly Step[] {
  switch (settled.route) {
    case 'cutLinkPlanned':
      return [
        validate('sqlServer'),
        ...untilEqual(intent, settled, initial),
        { id: 'deleteLink', kind: 'deleteLink', phase: 'cutover', venue: 'azure', pointOfNoReturn: true },
        awaitWritable(settled),
        ...dropSteps(intent),
        verifyStep(intent, settled),
      ];
    case 'tsqlFailoverToInstance':
    case 'tsqlFailoverToSqlServer':
    case 'azureFailoverToSqlServer':
      return [
        validate('sqlServer'),
        ...untilEqual(intent, settled, initial),
        {
          id: 'failOver',
          kind: 'failOver',
          phase: 'cutover',
          venue: settled.route === 'azureFailoverToSqlServer' ? 'azure' : sidesOf(settled.direction).from,
          pointOfNoReturn: true,
        },
        ...afterReversal(intent, settled, initial),
      ];
    case 'roleSwitchToInstance':
      return [
        validate('sqlServer'),
        ...untilEqual(intent, settled, initial),
        ...roleSwitch(),
        ...afterReversal(intent, settled, initial),
      ];
    case 'cutLinkForced':
    case 'forcedToInstance':
    case 'forcedToSqlServer':
      return forcedSteps(intent, settled, initial);
    case 'splitBrainRepair':
      return repairSteps(intent, settled);
    case 'breakLink':
      return [
        validate('azure'),
        { id: 'deleteLink', kind: 'deleteLink', phase: 'cutover', venue: 'azure', pointOfNoReturn: true },
        ...(initial.instanceRole === 'primary' ? [] : [awaitWritable(settled)]),
        ...(initial.sqlServerReachable ? dropSteps(intent) : []),
        ...recoverSteps(intent, settled, initial),
        verifyStep(intent, settled),
      ];
  }
}

/** Both sides synchronous, caught up, proved equal, looked at once more. All of it can be put back. */
function untilEqual(intent: Intent, { direction }: Settled, initial: InitialState): readonly Step[] {
  const budgetSeconds = intent.catchUpBudgetSeconds;
  const { from, to } = sidesOf(direction);
  return [
    {
      id: 'setCommitMode',
      kind: 'setCommitMode',
      phase: 'prepare',
      venue: 'sqlServer',
      members: initial.members.map(m => ({
        availabilityGroup: m.availabilityGroup,
        before: m.commitMode,
        wanted: 'synchronous',
      })),
    },
    {
      id: 'setReplicationMode',
      kind: 'setReplicationMode',
      phase: 'prepare',
      venue: 'azure',
      mode: 'Sync',
      before: initial.replicationMode ?? 'Async',
    },
    { id: 'catchUp', kind: 'catchUp', phase: 'catchUp', venue: to, budgetSeconds },
    { id: 'awaitEquality', kind: 'awaitEquality', phase: 'fence', venue: to, budgetSeconds },
    { id: 'recheck', kind: 'recheck', phase: 'fence', venue: from },
  ];
}

/** The documented recipe for 2022 before CU13: SQL Server gives up its role, equality is proved again, the instance takes it. */
const roleSwitch = (): readonly Step[] => [
  { id: 'requireSynchronized', kind: 'requireSynchronized', phase: 'fence', venue: 'sqlServer', count: 1 },
  { id: 'giveUpRole', kind: 'giveUpRole', phase: 'fence', venue: 'sqlServer' },
  {
    id: 'proveEquality',
    kind: 'proveEquality',
    phase: 'fence',
    venue: 'managedInstance',
    budgetSeconds: ROLE_SWITCH_BUDGET_SECONDS,
  },
  { id: 'setRolePrimary', kind: 'setRolePrimary', phase: 'cutover', venue: 'azure', pointOfNoReturn: true },
];

/** The link is there, the other way round: its modes, or its removal. */
function afterReversal(intent: Intent, settled: Settled, initial: InitialState): readonly Step[] {
  return [
    awaitWritable(settled),
    awaitRoles(settled),
    // After a forced change of role data movement stays suspended on SQL Server.
    ...(settled.route === 'roleSwitchToInstance' ? [allowUnsynchronized, resumeData(settled)] : []),
    ...(settled.keepsLink ? modesAfterwards(intent, initial) : removeLink(intent, settled, initial)),
    verifyStep(intent, settled),
  ];
}

const allowUnsynchronized: Step = {
  id: 'allowUnsynchronized',
  kind: 'requireSynchronized',
  phase: 'cleanUp',
  venue: 'sqlServer',
  count: 0,
};

function modesAfterwards({ modeAfterwards = 'asBefore' }: Intent, initial: InitialState): readonly Step[] {
  if (modeAfterwards === 'synchronous') return [];
  const steps: Step[] = [];
  if (initial.replicationMode === 'Async')
    steps.push({
      id: 'restoreReplicationMode',
      kind: 'setReplicationMode',
      phase: 'cleanUp',
      venue: 'azure',
      mode: 'Async',
      before: 'Sync',
    });
  if (initial.members.length > 0 && initial.members.every(m => m.commitMode === 'asynchronous'))
    steps.push({
      id: 'restoreCommitMode',
      kind: 'setCommitMode',
      phase: 'cleanUp',
      venue: 'sqlServer',
      members: initial.members.map(m => ({
        availabilityGroup: m.availabilityGroup,
        before: 'synchronous',
        wanted: 'asynchronous',
      })),
    });
  return steps;
}

/** Only after the instance has a backup of its own, unless the person overrode that. */
function removeLink(intent: Intent, settled: Settled, initial: InitialState): readonly Step[] {
  const wait: Step = {
    id: 'awaitBackup',
    kind: 'awaitBackup',
    phase: 'cleanUp',
    venue: 'managedInstance',
    budgetSeconds: intent.backupBudgetSeconds ?? DEFAULT_BACKUP_BUDGET_SECONDS,
  };
  const waits = settled.direction === 'toInstance' && intent.override !== 'removeBeforeFirstBackup';
  return [
    ...(waits ? [wait] : []),
    { id: 'deleteLink', kind: 'deleteLink', phase: 'cleanUp', venue: 'azure' },
    ...(initial.sqlServerReachable ? dropSteps(intent) : []),
    ...recoverSteps(intent, settled, initial),
  ];
}

function forcedSteps(intent: Intent, settled: Settled, initial: InitialState): readonly Step[] {
  const toInstance = settled.direction === 'toInstance';
  const force: Step = toInstance
    ? { id: 'forceFailover', kind: 'forceFailover', phase: 'cutover', venue: 'azure', pointOfNoReturn: true }
    : { id: 'forceOnSqlServer', kind: 'forceOnSqlServer', phase: 'cutover', venue: 'sqlServer', pointOfNoReturn: true };
  return [
    validate(toInstance ? 'azure' : 'sqlServer'),
    force,
    awaitWritable(settled),
    ...(settled.keepsLink
      ? demoteSteps(intent, settled, initial)
      : [
          { id: 'deleteLink', kind: 'deleteLink', phase: 'cleanUp', venue: 'azure' } as const,
          ...(initial.sqlServerReachable ? dropSteps(intent) : []),
        ]),
    verifyStep(intent, settled),
  ];
}

/** The old primary, where it can be reached and the person wants it, follows the new one. */
function demoteSteps(intent: Intent, settled: Settled, initial: InitialState): readonly Step[] {
  if (!intent.demoteOldPrimary) return [];
  const { from } = sidesOf(settled.direction);
  if (from === 'sqlServer' && !initial.sqlServerReachable) return [];
  return [
    ...backUpSteps(intent, settled),
    { id: 'demote', kind: 'demote', phase: 'cleanUp', venue: venueOfDemotion(settled), side: from },
    awaitRoles(settled),
    resumeData(settled),
  ];
}

/** The side whose data is not kept is backed up, made secondary and follows. */
function repairSteps(intent: Intent, settled: Settled): readonly Step[] {
  return [
    validate('sqlServer'),
    ...backUpSteps(intent, settled),
    {
      id: 'demote',
      kind: 'demote',
      phase: 'cutover',
      venue: venueOfDemotion(settled),
      side: sidesOf(settled.direction).from,
      pointOfNoReturn: true,
    },
    awaitRoles(settled),
    resumeData(settled),
    verifyStep(intent, settled),
  ];
}

const venueOfDemotion = ({ direction }: Settled) => (direction === 'toInstance' ? 'sqlServer' : 'azure');

function backUpSteps({ backUpTo }: Intent, { direction }: Settled): readonly Step[] {
  const { from } = sidesOf(direction);
  return backUpTo === undefined
    ? []
    : [{ id: 'backUpDiverged', kind: 'backUpDiverged', phase: 'prepare', venue: from, side: from, to: backUpTo }];
}

const validate = (venue: 'sqlServer' | 'azure'): Step => ({
  id: 'validate',
  kind: 'validate',
  phase: 'prepare',
  venue,
});

const awaitWritable = ({ direction }: Settled): Step => ({
  id: 'awaitWritable',
  kind: 'awaitWritable',
  phase: 'cutover',
  venue: sidesOf(direction).to,
  budgetSeconds: ROLE_CHANGE_BUDGET_SECONDS,
});

const awaitRoles = ({ direction }: Settled): Step => ({
  id: 'awaitRoles',
  kind: 'awaitRoles',
  phase: 'cutover',
  venue: sidesOf(direction).from,
  budgetSeconds: ROLE_CHANGE_BUDGET_SECONDS,
});

const resumeData = ({ direction }: Settled): Step => ({
  id: 'resumeData',
  kind: 'resumeData',
  phase: 'cleanUp',
  venue: sidesOf(direction).from,
  budgetSeconds: ROLE_CHANGE_BUDGET_SECONDS,
});

function dropSteps(intent: Intent): readonly Step[] {
  const steps: Step[] = [];
  if (intent.cleanUp.dropDistributedAvailabilityGroup)
    steps.push({
      id: 'dropDistributedAvailabilityGroup',
      kind: 'dropDistributedAvailabilityGroup',
      phase: 'cleanUp',
      venue: 'sqlServer',
    });
  if (intent.cleanUp.dropAvailabilityGroup)
    steps.push({ id: 'dropAvailabilityGroup', kind: 'dropAvailabilityGroup', phase: 'cleanUp', venue: 'sqlServer' });
  return steps;
}

const recoverSteps = (intent: Intent, settled: Settled, initial: InitialState): readonly Step[] =>
  intent.copyAfterwards === 'usable' && copyIsLeftBehind(settled, initial.sqlServerRole)
    ? [{ id: 'recoverCopy', kind: 'recoverCopy', phase: 'cleanUp', venue: 'sqlServer' }]
    : [];

function verifyStep({ target, cleanUp }: Intent, { direction }: Settled): Step {
  const gone = [
    ...(cleanUp.dropDistributedAvailabilityGroup ? [target.link] : []),
    ...(cleanUp.dropAvailabilityGroup ? [target.availabilityGroup] : []),
  ];
  const kept = [
    ...(cleanUp.dropDistributedAvailabilityGroup ? [] : [target.link]),
    ...(cleanUp.dropAvailabilityGroup ? [] : [target.availabilityGroup]),
  ];
  return { id: 'verify', kind: 'verify', phase: 'verify', venue: sidesOf(direction).to, gone, kept };
}
