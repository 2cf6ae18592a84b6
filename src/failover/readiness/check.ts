import * as l10n from '@vscode/l10n';
import type { Direction } from '../../link/capabilities.ts';
import type { Observation, ServerSight, Sight } from '../../link/observation.ts';
import type { AzurePermissions } from '../../link/ports.ts';
import type { Problem } from '../../link/problem.ts';
import type { AzureReadiness, ServerReadiness } from '../../link/readiness.ts';
import type { FailoverKind, LinkTarget, Venue } from '../../link/vocabulary.ts';
import { assess, type Finding } from '../assess.ts';
import type { RouteChoices } from '../plan.ts';

export type Severity = Finding['severity'];

/** Everything that was read for the checks. Judging is a pure function of it. */
export interface ReadinessFacts {
  readonly target: LinkTarget;
  readonly kind: FailoverKind;
  readonly choices: RouteChoices;
  /** Of the choices. */
  readonly direction: Direction;
  /** Two looks, some seconds apart: what moves between them is being written to. */
  readonly before: Observation;
  readonly now: Observation;
  readonly sqlServer: Sight<ServerReadiness>;
  readonly instance: Sight<ServerReadiness>;
  readonly azure: Sight<AzureReadiness>;
  readonly azurePermissions: Sight<AzurePermissions>;
}

/** What a check found. "notKnown": it was not seen, for want of a permission, a connection or an answer; that is never good news. */
export type Verdict =
  | { readonly status: 'pass'; readonly finding: string; readonly details?: readonly string[] }
  | {
      readonly status: 'fail';
      readonly severity: Severity;
      readonly finding: string;
      readonly details?: readonly string[];
      readonly advice?: string;
    }
  | { readonly status: 'notKnown'; readonly finding: string; readonly advice?: string };

/** A named check of the list in mi-link facts 6. */
export interface Check {
  readonly id: string;
  readonly title: () => string;
  /** How grave it is at worst. */
  readonly severity: Severity;
  /**
   * What is read for it: the names of statements (ServerReadiness.statements) or ARM reads (AzureReadiness.reads), by place.
   * 'primary' is the side that gives up the primary role.
   */
  readonly reads: Readonly<Partial<Record<Venue | 'primary', readonly string[]>>>;
  readonly judge: (facts: ReadinessFacts) => Verdict;
}

export const pass = (finding: string, details?: readonly string[]): Verdict => ({
  status: 'pass',
  finding,
  ...(details && details.length > 0 && { details }),
});

export const fail = (severity: Severity, finding: string, advice?: string, details?: readonly string[]): Verdict => ({
  status: 'fail',
  severity,
  finding,
  ...(advice !== undefined && { advice }),
  ...(details && details.length > 0 && { details }),
});

export const notKnown = (finding: string, advice?: string): Verdict => ({
  status: 'notKnown',
  finding,
  ...(advice !== undefined && { advice }),
});

/** Judges a fact that was seen; says why it was not, otherwise. */
export function whenSeen<T>(sight: Sight<T>, judge: (value: T) => Verdict): Verdict {
  switch (sight.state) {
    case 'seen':
      return judge(sight.value);
    case 'unseen':
      return unseen(sight.problem);
    case 'notAsked':
      return notKnown(l10n.t('Nobody was asked: there is no connection to where it could be seen.'));
  }
}

function unseen(problem: Problem): Verdict {
  const own = problem.serverText && problem.serverText !== problem.message ? ` ${problem.serverText}` : '';
  return notKnown(`${problem.message}${own}`, problem.advice);
}

/** One fact out of several that were read together. */
export const factOf = <R, T>(readiness: Sight<R>, pick: (readiness: R) => Sight<T>): Sight<T> =>
  readiness.state === 'seen' ? pick(readiness.value) : readiness;

/** Two facts that only mean something together: seen when both are. */
export function both<A, B>(a: Sight<A>, b: Sight<B>): Sight<readonly [A, B]> {
  if (a.state !== 'seen') return a;
  if (b.state !== 'seen') return b;
  return { state: 'seen', value: [a.value, b.value] };
}

/** A server as seen in the look, if the login sees the state of replication there; without it roles, queues and sessions are blank. */
export function withState(sight: Sight<ServerSight>): Sight<ServerSight> {
  if (sight.state !== 'seen' || sight.value.permissions.viewServerState) return sight;
  const { identity, permissions } = sight.value;
  return {
    state: 'unseen',
    problem: {
      reason: 'permission',
      venue: undefined,
      message: l10n.t('{0} may not see the state of replication on {1}.', permissions.login, identity.name),
      advice: l10n.t('Grant VIEW SERVER STATE (2022 and later: VIEW SERVER PERFORMANCE STATE).'),
    },
  };
}

/** The side that is to give up the primary role, as it was seen. */
export const primaryIn = (facts: ReadinessFacts, o: Observation): Sight<ServerSight> =>
  withState(facts.direction === 'toInstance' ? o.sqlServer : o.managedInstance);
export const primaryReadiness = (facts: ReadinessFacts): Sight<ServerReadiness> =>
  facts.direction === 'toInstance' ? facts.sqlServer : facts.instance;

/** What `assess` says of the present look; it is the one place that knows those rules. An instance that nobody was asked about is not known, not lost. */
export const findingsOf = ({ now, target, kind, choices }: ReadinessFacts): readonly Finding[] => {
  const instanceNotAsked = now.managedInstance.state === 'notAsked' && now.azure.state === 'notAsked';
  return assess(now, target, kind, choices).filter(finding => !(instanceNotAsked && finding.id === 'instanceUnseen'));
};

/** Not the breaking of a link, nor the repair of two primaries. */
export const isFailover = ({ choices }: ReadinessFacts): boolean => (choices.purpose ?? 'failOver') === 'failOver';

/** What only a planned failover cannot do without: for others it is worth knowing. */
export const carefully = (facts: ReadinessFacts): 'block' | 'warn' =>
  facts.kind === 'planned' && isFailover(facts) ? 'block' : 'warn';

/** A verdict made of findings: the gravest leads, the others follow. */
export function verdictOf(findings: readonly Finding[], more: readonly string[] = []): Verdict {
  const [first, ...others] = findings;
  if (!first) throw new RangeError('No findings, no verdict');
  const text = ({ title, detail }: Finding) => (detail === '' ? title : `${title}. ${detail}`);
  return fail(first.severity, text(first), first.advice, [...others.map(text), ...more]);
}

/** A check that asks `assess`: fails by these findings, passes when there are none and what they are drawn from was seen. */
export function judgedBy(
  ids: readonly string[],
  seen: (facts: ReadinessFacts) => Sight<unknown>,
  passed: (facts: ReadinessFacts) => string,
): Check['judge'] {
  return facts => {
    const findings = findingsOf(facts).filter(finding => ids.includes(finding.id));
    return findings.length > 0 ? verdictOf(findings) : whenSeen(seen(facts), () => pass(passed(facts)));
  };
}
