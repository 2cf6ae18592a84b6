import type { Conditions } from './engine/conditions.ts';
import type { AvailabilityMode, LabSide } from './engine/contract.ts';
import {
  type Personality,
  sqlServer2019,
  sqlServer2022,
  sqlServer2022BeforeCu13,
  sqlServer2025,
  type UpdatePolicy,
} from './engine/personality.ts';
import type { WorkloadSettings } from './engine/workload.ts';

/** A situation to practise: what the two sides are, and what is the matter with them. */
export interface Scenario {
  readonly description: string;
  readonly sqlServer: Personality;
  readonly updatePolicy: UpdatePolicy;
  readonly primary: LabSide;
  readonly mode: AvailabilityMode;
  readonly conditions: Partial<Conditions>;
  readonly workload: Partial<WorkloadSettings>;
  /** Log in the send queue at the start, KB. */
  readonly backlogKb: number;
  /** The instance's TDS port is open. */
  readonly instanceTdsUp: boolean;
  /** Both sides are primary: the link was forced while SQL Server went on, and both wrote since. */
  readonly splitBrain: boolean;
  /** The availability group has a second database, a listener and a second link. */
  readonly sharedGroup: boolean;
  /** The server one connects to is a secondary replica of its own availability group. */
  readonly localSecondary: boolean;
}

const healthy: Scenario = {
  description: 'SQL Server 2019, one linked database, healthy, asynchronous.',
  sqlServer: sqlServer2019,
  updatePolicy: 'SQLServer2022',
  primary: 'sqlServer',
  mode: 'ASYNCHRONOUS_COMMIT',
  conditions: {},
  workload: {},
  backlogKb: 0,
  instanceTdsUp: true,
  splitBrain: false,
  sharedGroup: false,
  localSecondary: false,
};

const scenarios = {
  sql2019: healthy,
  lagging: {
    ...healthy,
    description: 'As sql2019, with 3 MB in the send queue and a slow line: catching up takes about ten seconds.',
    conditions: { sendRateKbPerSecond: 300 },
    backlogKb: 3072,
  },
  busy: {
    ...healthy,
    description: 'As sql2019, with four application sessions that do not stop writing.',
    workload: { writers: 4, writeRate: 25 },
  },
  unreachable: {
    ...healthy,
    description: 'As sql2019, but the instance cannot be reached by T-SQL; Azure answers.',
    instanceTdsUp: false,
  },
  splitBrain: {
    ...healthy,
    description: 'SQL Server 2022; the link was forced to the instance and SQL Server went on writing: two primaries.',
    sqlServer: sqlServer2022,
    splitBrain: true,
  },
  sharedAg: {
    ...healthy,
    description: 'As sql2019, but the availability group has a second database, a listener and a second link.',
    sharedGroup: true,
  },
  localSecondary: {
    ...healthy,
    description:
      'As sql2019, but the server is only a secondary replica of its availability group: SQLPROD02 is the primary.',
    localSecondary: true,
  },
  sql2022: {
    ...healthy,
    description: 'SQL Server 2022 with a matching update policy: the link can be failed over both ways.',
    sqlServer: sqlServer2022,
  },
  sql2022BeforeCu13: {
    ...healthy,
    description: 'SQL Server 2022 CU10: two-way, but without the T-SQL failover command.',
    sqlServer: sqlServer2022BeforeCu13,
  },
  sql2022Reversed: {
    ...healthy,
    description: 'SQL Server 2022 as the secondary: the instance is primary, ready to fail back.',
    sqlServer: sqlServer2022,
    primary: 'managedInstance',
  },
  sql2025: {
    ...healthy,
    description: 'SQL Server 2025 with a matching update policy.',
    sqlServer: sqlServer2025,
    updatePolicy: 'SQLServer2025',
  },
} as const satisfies Readonly<Record<string, Scenario>>;

/** Names of the scenarios. */
export type ScenarioName = keyof typeof scenarios;

/** Every scenario, the default one first. */
export const scenarioNames = Object.keys(scenarios) as readonly ScenarioName[];

/** Throws Error listing the names when there is no such scenario. */
export function scenarioOf(name: string): Scenario {
  const found = scenarioNames.find(known => known.toLowerCase() === name.toLowerCase());
  if (!found) throw new Error(`There is no scenario "${name}". Scenarios: ${scenarioNames.join(', ')}.`);
  return scenarios[found];
}
