import type { Direction } from '../../link/capabilities.ts';
import type { Clock } from '../../link/clock.ts';
import type { Sight } from '../../link/observation.ts';
import type { LinkQuery, SqlSide } from '../../link/ports.ts';
import { problemOf } from '../../link/problem.ts';
import type { ServerReadiness } from '../../link/readiness.ts';
import type { FailoverKind, LinkTarget, Venue } from '../../link/vocabulary.ts';
import { settle } from '../choices.ts';
import type { RouteChoices } from '../plan.ts';
import { observe, type Sides } from '../sides.ts';
import { neededActions } from '../statements.ts';
import { azureChecks } from './azure-checks.ts';
import { type Check, findingsOf, type ReadinessFacts, type Severity, type Verdict, verdictOf } from './check.ts';
import { type Duty, duties } from './duties.ts';
import { linkChecks, SPOKEN_FOR } from './link-checks.ts';
import { serverChecks } from './server-checks.ts';
import { surroundingsChecks } from './surroundings-checks.ts';

/** What was asked for a check, as it was sent. */
export interface Source {
  readonly venue: Venue;
  readonly text: string;
}

export type CheckResult = Verdict & {
  readonly id: string;
  readonly title: string;
  /** How grave the check is at worst; a failed one has its own severity. */
  readonly worst: Severity;
  readonly sources: readonly Source[];
};

export interface ReadinessReport {
  /** Unix ms. */
  readonly takenAt: number;
  readonly target: LinkTarget;
  readonly kind: FailoverKind;
  readonly direction: Direction;
  /** blocked: a blocking check failed. uncertain: none did, but one that could block was not seen. */
  readonly overall: 'ready' | 'uncertain' | 'blocked';
  /** Failed ones first, the gravest leading; then what is not known; then what passed. */
  readonly checks: readonly CheckResult[];
  /** What remains to be done by hand once the failover is through. */
  readonly duties: readonly Duty[];
}

/** Between two looks: commits of a working application show in this time (ms). */
const LOOKS_APART_MS = 2000;

/** Every check, in the order of the list. */
export const allChecks: readonly Check[] = [...linkChecks, ...serverChecks, ...azureChecks, ...surroundingsChecks];

/** Reads both sides and Azure in parallel, changes nothing, and judges for what was chosen. A side that is undefined is not asked. Throws only when `signal` aborts. */
export async function checkReadiness(
  sides: Sides,
  target: LinkTarget,
  kind: FailoverKind,
  clock: Clock,
  signal: AbortSignal,
  choices: RouteChoices = {},
): Promise<ReadinessReport> {
  return judge(await readFacts(sides, target, kind, clock, signal, choices), clock.now());
}

/** The reading half. */
async function readFacts(
  sides: Sides,
  target: LinkTarget,
  kind: FailoverKind,
  clock: Clock,
  signal: AbortSignal,
  choices: RouteChoices = {},
): Promise<ReadinessFacts> {
  const { way, direction } = settle(kind, choices);
  const query = { link: target.link, availabilityGroup: target.availabilityGroup, databases: target.databases };
  const twoLooks = async () => {
    const before = await observe(sides, target, clock, signal);
    await clock.sleep(LOOKS_APART_MS, signal);
    return { before, now: await observe(sides, target, clock, signal) };
  };
  const [looks, sqlServer, instance, azure, azurePermissions] = await Promise.all([
    twoLooks(),
    askServer(sides.sqlServer, query, signal),
    askServer(sides.instance, { ...query, availabilityGroup: target.instanceAvailabilityGroup }, signal),
    sight('azure', sides.azure, side => side.readiness(target.azure, signal)),
    sight('azure', sides.azure, side => side.permissions(target.azure, neededActions(kind, way), signal)),
  ]);
  signal.throwIfAborted();
  const format =
    azure.state === 'seen' && azure.value.instance.state === 'seen'
      ? azure.value.instance.value.databaseFormat
      : undefined;
  const known = format === undefined ? choices : { databaseFormat: format, ...choices };
  return { target, kind, choices: known, direction, ...looks, sqlServer, instance, azure, azurePermissions };
}

const askServer = (side: SqlSide | undefined, query: LinkQuery, signal: AbortSignal): Promise<Sight<ServerReadiness>> =>
  sight(side?.side, side, from => from.readiness(query, signal));

async function sight<S, T>(
  venue: Venue | undefined,
  side: S | undefined,
  read: (side: S) => Promise<T>,
): Promise<Sight<T>> {
  if (side === undefined) return { state: 'notAsked' };
  try {
    return { state: 'seen', value: await read(side) };
  } catch (error) {
    return { state: 'unseen', problem: problemOf(error, venue) };
  }
}

/** Judges what was read. Pure. */
export function judge(facts: ReadinessFacts, takenAt: number): ReadinessReport {
  const checks = [...allChecks.map(check => resultOf(check, facts)), ...furtherFindings(facts)];
  const blocks = (check: CheckResult) => check.status === 'fail' && check.severity === 'block';
  const mightBlock = (check: CheckResult) => check.status === 'notKnown' && check.worst === 'block';
  return {
    takenAt,
    target: facts.target,
    kind: facts.kind,
    direction: facts.direction,
    overall: checks.some(blocks) ? 'blocked' : checks.some(mightBlock) ? 'uncertain' : 'ready',
    checks: checks.toSorted((a, b) => rank(a) - rank(b)),
    duties: duties(facts),
  };
}

const resultOf = (check: Check, facts: ReadinessFacts): CheckResult => ({
  id: check.id,
  title: check.title(),
  worst: check.severity,
  sources: sourcesOf(check.reads, facts),
  ...check.judge(facts),
});

/** Whatever `assess` finds that no check speaks for: a rule added there is never left out here. */
const furtherFindings = (facts: ReadinessFacts): readonly CheckResult[] =>
  findingsOf(facts)
    .filter(finding => !SPOKEN_FOR.has(finding.id))
    .map(finding => ({
      id: finding.id,
      title: finding.title,
      worst: finding.severity,
      sources: [],
      ...verdictOf([finding]),
    }));

function sourcesOf(reads: Check['reads'], facts: ReadinessFacts): readonly Source[] {
  const { sqlServer, instance, azure, direction } = facts;
  const statements = (sight: Sight<ServerReadiness>) => (sight.state === 'seen' ? sight.value.statements : {});
  const texts: Readonly<Record<Venue, Readonly<Record<string, string>>>> = {
    sqlServer: statements(sqlServer),
    managedInstance: statements(instance),
    azure: azure.state === 'seen' ? azure.value.reads : {},
  };
  const primary: Venue = direction === 'toInstance' ? 'sqlServer' : 'managedInstance';
  return (['primary', 'sqlServer', 'managedInstance', 'azure'] as const).flatMap(place =>
    (reads[place] ?? []).flatMap(name => {
      const venue = place === 'primary' ? primary : place;
      // The link's own address, which the reading of its surroundings does not know.
      const text = texts[venue][name]?.replace('{link}', () => encodeURIComponent(facts.target.link));
      return text === undefined ? [] : [{ venue, text }];
    }),
  );
}

function rank(check: CheckResult): number {
  const grave: Readonly<Record<Severity, number>> = { block: 0, warn: 1, info: 2 };
  switch (check.status) {
    case 'fail':
      return grave[check.severity];
    case 'notKnown':
      return 3 + grave[check.worst];
    case 'pass':
      return 6;
  }
}
