import * as v from 'valibot';
import type { AzureSettings } from './azure.ts';
import type { Conditions, Network } from './conditions.ts';
import type { BatchFault, KnobView } from './contract.ts';
import type { AzureFault, FaultRule, Faults } from './faults.ts';
import type { EngineInstance } from './instance.ts';
import type { WorkloadSettings } from './workload.ts';

/** Everything the knobs can turn. */
export interface Controls {
  readonly conditions: Conditions;
  readonly workload: WorkloadSettings;
  readonly azure: AzureSettings;
  readonly network: Network;
  readonly faults: Faults;
  readonly sqlServer: EngineInstance;
  readonly backups: { firstBackupMs: number };
  instanceTdsUp: boolean;
  /** Rates, modes or writers have changed: whatever runs must look again. */
  readonly changed: () => void;
}

interface Knob {
  readonly unit: string;
  readonly description: string;
  /** What it takes, in words, for the refusal. */
  readonly takes: string;
  readonly schema: v.GenericSchema;
  readonly read: (controls: Controls) => unknown;
  readonly write: (controls: Controls, value: never) => void;
}

const knob = <Schema extends v.GenericSchema>(
  definition: Omit<Knob, 'schema' | 'write'> & {
    readonly schema: Schema;
    readonly write: (controls: Controls, value: v.InferOutput<Schema>) => void;
  },
): Knob => definition;

const atLeast = (low: number, high = 1e9) => v.pipe(v.number(), v.finite(), v.minValue(low), v.maxValue(high));
const whole = (low: number, high: number) => v.pipe(atLeast(low, high), v.integer());

const count = v.optional(whole(1, 1_000_000), 1);
const match = v.pipe(v.string(), v.minLength(1));
const injectedText = 'An error set by the practice lab.';

const batchRule = v.strictObject({
  on: v.picklist(['sqlServer', 'managedInstance']),
  match,
  kind: v.picklist(['error', 'dropBefore', 'dropAfter', 'delay', 'hang']),
  number: v.optional(whole(1, 1_000_000)),
  message: v.optional(v.string(), injectedText),
  class: v.optional(whole(11, 25), 16),
  ms: v.optional(atLeast(0)),
  count,
});

const azureRule = v.strictObject({
  on: v.literal('azure'),
  method: v.optional(v.pipe(v.string(), v.toUpperCase())),
  match,
  status: v.optional(whole(400, 599)),
  code: v.optional(v.string(), 'InternalServerError'),
  message: v.optional(v.string(), injectedText),
  retryAfterSeconds: v.optional(atLeast(0)),
  delayMs: v.optional(atLeast(0)),
  dropAfter: v.optional(v.literal(true)),
  count,
});

type Rule = v.InferOutput<typeof batchRule> | v.InferOutput<typeof azureRule>;

/** What is missing from a rule; undefined = nothing. */
function lacking(rule: Rule): string | undefined {
  if (rule.on === 'azure') {
    const outcomes = [rule.status, rule.delayMs, rule.dropAfter].filter(value => value !== undefined);
    return outcomes.length === 1 ? undefined : 'give exactly one of status, delayMs and dropAfter';
  }
  if (rule.kind === 'error' && rule.number === undefined) return 'kind "error" needs a number';
  return rule.kind === 'delay' && rule.ms === undefined ? 'kind "delay" needs ms' : undefined;
}

function toRule(rule: Rule): FaultRule {
  if (rule.on === 'azure')
    return { on: rule.on, method: rule.method, match: rule.match, count: rule.count, fault: azureFault(rule) };
  return { on: rule.on, match: rule.match, count: rule.count, fault: batchFault(rule) };
}

function batchFault(rule: v.InferOutput<typeof batchRule>): BatchFault {
  switch (rule.kind) {
    case 'error':
      return { kind: 'error', number: rule.number ?? 50_000, message: rule.message, class: rule.class };
    case 'delay':
      return { kind: 'delay', ms: rule.ms ?? 0 };
    case 'dropBefore':
    case 'dropAfter':
    case 'hang':
      return { kind: rule.kind };
  }
}

function azureFault(rule: v.InferOutput<typeof azureRule>): AzureFault {
  if (rule.delayMs !== undefined) return { delayMs: rule.delayMs };
  if (rule.status === undefined) return { dropAfter: true };
  const { status, code, message, retryAfterSeconds } = rule;
  return { status, code, message, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) };
}

const rules = v.array(
  v.pipe(
    v.variant('on', [azureRule, batchRule]),
    v.check(
      rule => lacking(rule) === undefined,
      issue => lacking(issue.input) ?? '',
    ),
    v.transform(toRule),
  ),
);

const actions = v.array(v.pipe(v.string(), v.minLength(1)));
const dayMs = 86_400_000;

const condition = (field: keyof Conditions, unit: string, description: string, least: number): Knob =>
  knob({
    unit,
    description,
    takes: `a number of ${unit}, at least ${least}`,
    schema: atLeast(least),
    read: ({ conditions }) => conditions[field],
    write: ({ conditions }, value) => {
      conditions[field] = value;
    },
  });

const switchKnob = (
  description: string,
  read: (controls: Controls) => boolean,
  write: (controls: Controls, value: boolean) => void,
): Knob => knob({ unit: 'true or false', description, takes: 'true or false', schema: v.boolean(), read, write });

const knobs: Readonly<Record<string, Knob>> = {
  writers: knob({
    unit: 'sessions',
    description: 'Application sessions that insert numbered rows into dbo.Ledger on SQL Server; 0 = none.',
    takes: 'a whole number from 0 to 100',
    schema: whole(0, 100),
    read: ({ workload }) => workload.writers,
    write: ({ workload }, value) => {
      workload.writers = value;
    },
  }),
  writeRate: knob({
    unit: 'rows/s per writer',
    description: 'How fast each writer writes, if its commits are answered in time.',
    takes: 'a number above 0 up to 1000',
    schema: atLeast(0.01, 1000),
    read: ({ workload }) => workload.writeRate,
    write: ({ workload }, value) => {
      workload.writeRate = value;
    },
  }),
  rowBytes: knob({
    unit: 'bytes',
    description: 'Log that each row of the writers takes.',
    takes: 'a whole number from 1 to 1000000',
    schema: whole(1, 1_000_000),
    read: ({ workload }) => workload.rowBytes,
    write: ({ workload }, value) => {
      workload.rowBytes = value;
    },
  }),
  sendRate: condition('sendRateKbPerSecond', 'KB/s', 'Speed at which the primary sends log; 0 = stalled.', 0),
  redoRate: condition('redoRateKbPerSecond', 'KB/s', 'Speed at which the secondary redoes log; 0 = stalled.', 0),
  roundTrip: condition('roundTripMs', 'ms', 'Network round trip between the two sides.', 0),
  roleChange: condition(
    'roleChangeMs',
    'ms',
    'From the start of a role change or cut to the database being writable.',
    0,
  ),
  firstBackup: knob({
    unit: 'ms',
    description: 'From a database becoming writable on the instance to the end of its first automatic full backup.',
    takes: 'a number of ms, at least 0',
    schema: atLeast(0),
    read: ({ backups }) => backups.firstBackupMs,
    write: ({ backups }, value) => {
      backups.firstBackupMs = value;
    },
  }),
  certificateExpiryDays: knob({
    unit: 'days from now',
    description: "Expiry of the certificate of SQL Server's database mirroring endpoint; negative = expired.",
    takes: 'a number of days',
    schema: atLeast(-36_500, 36_500),
    read: ({ sqlServer }) => {
      const certificate = sqlServer.certificates.find(({ privateKey }) => privateKey === 'MK');
      return certificate ? Math.round(((certificate.expiresAt - sqlServer.clock.now()) / dayMs) * 100) / 100 : null;
    },
    write: ({ sqlServer }, value) => {
      const certificate = sqlServer.certificates.find(({ privateKey }) => privateKey === 'MK');
      if (certificate) certificate.expiresAt = sqlServer.clock.now() + value * dayMs;
    },
  }),
  instanceTdsUp: switchKnob(
    "The instance's T-SQL port is open.",
    controls => controls.instanceTdsUp,
    (controls, value) => {
      controls.instanceTdsUp = value;
    },
  ),
  linkConnected: switchKnob(
    'The network between the two sides works; false = partition, noticed after the session timeout of 10 s.',
    ({ network }) => !network.partitioned,
    ({ network }, value) => network.setPartitioned(!value),
  ),
  azurePermissions: knob({
    unit: 'actions',
    description: 'Azure actions that the signed-in account may do, as in a role definition.',
    takes: 'an array of action names such as "Microsoft.Sql/managedInstances/*"',
    schema: actions,
    read: ({ azure }) => azure.actions,
    write: ({ azure }, value) => {
      azure.actions = value;
    },
  }),
  azureDeniedActions: knob({
    unit: 'actions',
    description: 'Azure actions that the account may not do although azurePermissions would let it.',
    takes: 'an array of action names such as "Microsoft.Sql/managedInstances/distributedAvailabilityGroups/delete"',
    schema: actions,
    read: ({ azure }) => azure.notActions,
    write: ({ azure }, value) => {
      azure.notActions = value;
    },
  }),
  retryAfterSeconds: knob({
    unit: 's',
    description: 'How long Azure asks clients to wait between polls of a long-running operation.',
    takes: 'a number of seconds from 0 to 3600',
    schema: atLeast(0, 3600),
    read: ({ azure }) => azure.retryAfterSeconds,
    write: ({ azure }, value) => {
      azure.retryAfterSeconds = value;
    },
  }),
  failNext: knob({
    unit: 'rules',
    description:
      'Faults for the next matching statements or requests; replaces the rules that are left. {on: sqlServer | managedInstance, match, kind: error | dropBefore | dropAfter | delay | hang, number, message, class, ms, count} or {on: azure, method, match, status, code, message, retryAfterSeconds | delayMs | dropAfter, count}.',
    takes: 'an array of rules',
    schema: rules,
    read: ({ faults }) => faults.pending,
    write: ({ faults }, value) => faults.set(value),
  }),
};

/** All knobs as they are. */
export const readKnobs = (controls: Controls): readonly KnobView[] =>
  Object.entries(knobs).map(([name, { unit, description, read }]) => ({
    name,
    unit,
    description,
    value: read(controls),
  }));

/** Sets some knobs; all or none. Throws Error naming the knob and what it takes. */
export function setKnobs(controls: Controls, values: Readonly<Record<string, unknown>>): void {
  const changes = Object.entries(values).map(([name, value]) => {
    const definition = Object.hasOwn(knobs, name) ? knobs[name] : undefined;
    if (!definition) throw new Error(`There is no knob "${name}". Knobs: ${Object.keys(knobs).join(', ')}.`);
    const parsed = v.safeParse(definition.schema, value);
    if (parsed.success) return () => definition.write(controls, parsed.output as never);
    const issue = parsed.issues[0];
    const where = issue.path ? ` (${v.getDotPath(issue)}: ${issue.message})` : ` (${issue.message})`;
    throw new Error(`Knob "${name}" takes ${definition.takes}, not ${JSON.stringify(value)}${where}.`);
  });
  for (const change of changes) change();
  controls.changed();
}
