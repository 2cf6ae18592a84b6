import fc from 'fast-check';
import { settle } from '../../src/failover/choices.ts';
import type { InitialState, Intent, Plan, RouteChoices } from '../../src/failover/plan.ts';
import { stepsOf } from '../../src/failover/routes.ts';
import type { FailoverKind, LinkTarget } from '../../src/link/vocabulary.ts';

/** The link that the scripts of these tests are about. */
export const TARGET: LinkTarget = {
  link: 'DAG_Sales',
  linkId: 'C856CFF5-A6FE-418E-8894-17799CC20F5D',
  availabilityGroup: 'AG_Sales',
  instanceAvailabilityGroup: 'mi-prod',
  databases: ['Sales'],
  sqlServer: { name: 'SQLPROD01', version: '16.0.4165.4' },
  instance: { name: 'mi-prod', fullyQualifiedDomainName: 'mi-prod.abc123.database.windows.net' },
  azure: { subscriptionId: '11111111-2222-3333-4444-555555555555', resourceGroup: 'rg-prod', instance: 'mi-prod' },
};

interface Case {
  readonly kind: FailoverKind;
  readonly choices: RouteChoices;
  readonly cleanUp?: 'all' | 'none';
  readonly initial?: Partial<InitialState>;
}

const instanceIsPrimary = { sqlServerRole: 'secondary', instanceRole: 'primary' } as const;

/** Every route, and what a person may choose along it. The key is the name of its golden files. */
export const CASES = {
  cutLinkPlanned: { kind: 'planned', choices: {}, cleanUp: 'all' },
  cutLinkForced: { kind: 'forced', choices: {}, cleanUp: 'all' },
  cutLinkForcedInDisaster: { kind: 'forced', choices: {}, initial: { sqlServerReachable: false } },
  tsqlFailoverToInstance: { kind: 'planned', choices: { way: 'tsqlFailover' } },
  tsqlFailoverToInstanceLinkRemoved: {
    kind: 'planned',
    choices: { way: 'tsqlFailover', afterwards: 'removeLink', copyAfterwards: 'usable' },
    cleanUp: 'all',
  },
  roleSwitchToInstance: { kind: 'planned', choices: { way: 'roleSwitch' } },
  tsqlFailoverToSqlServer: {
    kind: 'planned',
    choices: { way: 'tsqlFailover', direction: 'toSqlServer' },
    initial: instanceIsPrimary,
  },
  azureFailoverToSqlServer: {
    kind: 'planned',
    choices: { way: 'azureFailover', direction: 'toSqlServer' },
    initial: instanceIsPrimary,
  },
  forcedToInstanceDrill: {
    kind: 'forced',
    choices: { afterwards: 'keepLink', demoteOldPrimary: true, backUpTo: 'D:\\Backup\\Sales.bak' },
  },
  forcedToSqlServer: { kind: 'forced', choices: { direction: 'toSqlServer' }, initial: instanceIsPrimary },
  splitBrainRepair: {
    kind: 'forced',
    choices: { purpose: 'repairSplitBrain', backUpTo: 'D:\\Backup\\Sales.bak' },
    initial: { instanceRole: 'primary' },
  },
  splitBrainRepairKeepingSqlServer: {
    kind: 'forced',
    choices: { purpose: 'repairSplitBrain', direction: 'toSqlServer' },
    initial: { instanceRole: 'primary' },
  },
  breakLink: { kind: 'planned', choices: { purpose: 'breakLink' }, cleanUp: 'all' },
} satisfies Record<string, Case>;

export type CaseName = keyof typeof CASES;

export const CASE_NAMES = Object.keys(CASES) as CaseName[];

/** The plan of a case, the same in every run. */
export function planOf(name: CaseName, target: LinkTarget = TARGET): Plan {
  const { kind, choices, cleanUp = 'none', initial: other }: Case = CASES[name];
  const all = cleanUp === 'all';
  const intent: Intent = {
    ...choices,
    kind,
    target,
    cleanUp: { dropDistributedAvailabilityGroup: all, dropAvailabilityGroup: all },
    catchUpBudgetSeconds: 300,
  };
  const initial: InitialState = {
    sqlServerRole: 'primary',
    instanceRole: 'secondary',
    members: [target.availabilityGroup, target.instanceAvailabilityGroup].map(availabilityGroup => ({
      availabilityGroup,
      commitMode: 'asynchronous',
    })),
    replicationMode: 'Async',
    linkId: target.linkId,
    sqlServerReachable: true,
    ...other,
  };
  const settled = settle(kind, choices);
  return {
    version: 1,
    id: '7d9f0a52-5b0e-4a43-9f9e-1f6c1e8d2b10',
    createdAt: Date.UTC(2027, 0, 15, 8),
    route: settled.route,
    intent,
    initial,
    loss: undefined,
    steps: stepsOf(intent, settled, initial),
  };
}

/** Statements that change something, found in a script by their first words. */
export const statementsIn = (script: string) =>
  [
    ...script
      .replaceAll(/^\s*(?:--|#).*$/gm, '')
      .matchAll(/^(?:ALTER|DROP|CREATE|BACKUP|RESTORE) (?:AVAILABILITY GROUP|DATABASE)\b[^;]*;/gm),
  ].map(([statement]) => statement);

/** Names that hurt: every quote and escape of three languages, and what people really use. */
export const unpleasantName = fc
  .string({
    unit: fc.oneof(
      fc.constantFrom("'", '"', ']', '[', '$', '`', '\\', '$(x)', '@', '%', '!', '--', '/*', ';', '’', '‘', '‚', "'@"),
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
    ),
    minLength: 1,
    maxLength: 24,
  })
  .filter(name => name.length <= 120 && !/[\0\r\n]/.test(name) && name.trim() !== '');

/** The link with this name wherever a person gives one. */
export const named = (name: string): LinkTarget => ({
  ...TARGET,
  link: name,
  availabilityGroup: `AG ${name}`,
  databases: [name, `${name} 2`],
  sqlServer: { ...TARGET.sqlServer, name },
});
