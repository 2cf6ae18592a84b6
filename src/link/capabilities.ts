import * as l10n from '@vscode/l10n';
import {
  type Build,
  compareBuilds,
  LEAST_LINK_BUILDS,
  parseBuild,
  productName,
  TSQL_FAILOVER_BUILD,
} from './version.ts';
import type { FailoverKind } from './vocabulary.ts';

/**
 * Which failovers a link can do, and which it cannot and why. One pure function of what is known of both sides.
 * Source: Microsoft Learn, "Managed Instance link overview" (version matrix) and "Update policy"; see also mi-link facts 1.3, 2b, 2b'.
 */

export type Direction = 'toInstance' | 'toSqlServer';

/**
 * cutLink: synchronize, then delete the link; both databases are independent afterwards (any version).
 * tsqlFailover: FAILOVER of the DAG on its primary; the link stays and is reversed.
 * roleSwitch: the documented role-switch recipe, for SQL Server 2022 before CU13.
 * azureFailover: planned failover by Azure, only while the instance is primary.
 * force: takes over without waiting.
 */
export type Way = 'cutLink' | 'tsqlFailover' | 'roleSwitch' | 'azureFailover' | 'force';

export interface LinkSituation {
  /** SERVERPROPERTY('ProductVersion') of the SQL Server. */
  readonly version: string;
  /** The instance's update policy in whatever casing; undefined when Azure does not tell. */
  readonly databaseFormat: string | undefined;
  /** None (one way) or Manual (two way), as Azure tells it; undefined when it does not. */
  readonly failoverMode: string | undefined;
  readonly direction: Direction;
}

export interface Capability {
  readonly kind: FailoverKind;
  readonly way: Way;
  readonly possible: boolean;
  /** Why not, in words; undefined when possible. */
  readonly whyNot: string | undefined;
  /** The link survives and its roles are reversed. */
  readonly keepsLink: boolean;
}

/** Builds from which on a link may be created from the instance's side, and several databases may share one. */
const INSTANCE_INITIATED_BUILD = '16.0.4095.4';
const NEWEST_KNOWN_MAJOR = 17;

/** Every way, with its verdict, for the direction asked. Throws RangeError when `version` is no version. */
export function capabilities(situation: LinkSituation): readonly Capability[] {
  const build = parseBuild(situation.version);
  return situation.direction === 'toInstance' ? waysToInstance(build, situation) : waysToSqlServer(build, situation);
}

/** A build newer than this release knows is treated as the newest known one; the person is told. */
export const isNewerThanKnown = (version: string): boolean => parseBuild(version).major > NEWEST_KNOWN_MAJOR;

const verdict = (kind: FailoverKind, way: Way, keepsLink: boolean, whyNot: string | undefined): Capability => ({
  kind,
  way,
  possible: whyNot === undefined,
  whyNot,
  keepsLink,
});

function waysToInstance(build: Build, situation: LinkSituation): readonly Capability[] {
  const unsupported = belowLeast(build);
  const oneWay = whyOneWay(build, situation);
  const early = isBelow(build, TSQL_FAILOVER_BUILD);
  const tsql = early
    ? l10n.t('{0} has no T-SQL failover of a link before build {1} (CU13).', productName(build), TSQL_FAILOVER_BUILD)
    : undefined;
  const recipe = early
    ? undefined
    : l10n.t('From build {0} on, FAILOVER does the same in one statement.', TSQL_FAILOVER_BUILD);
  return [
    verdict('planned', 'cutLink', false, unsupported),
    verdict('planned', 'tsqlFailover', true, unsupported ?? oneWay ?? tsql),
    verdict('planned', 'roleSwitch', true, unsupported ?? oneWay ?? recipe),
    verdict('planned', 'azureFailover', true, l10n.t('Azure plans a failover only while the instance is the primary.')),
    verdict('forced', 'force', build.major >= 16 && oneWay === undefined, undefined),
  ];
}

function waysToSqlServer(build: Build, situation: LinkSituation): readonly Capability[] {
  const never =
    build.major < 16
      ? l10n.t('{0} cannot receive from a managed instance: its database format is older.', productName(build))
      : undefined;
  const early = isBelow(build, INSTANCE_INITIATED_BUILD)
    ? l10n.t('Failing back needs build {0} (CU10) or later.', INSTANCE_INITIATED_BUILD)
    : undefined;
  const whyNot = never ?? early ?? whyOneWay(build, situation);
  return [
    verdict('planned', 'azureFailover', true, whyNot),
    verdict('planned', 'tsqlFailover', true, whyNot),
    verdict(
      'planned',
      'cutLink',
      false,
      l10n.t('Cutting the link while the instance is primary leaves an unusable copy on SQL Server.'),
    ),
    verdict('forced', 'force', true, never),
  ];
}

/** Roles can be reversed only when the instance's database format is exactly that of SQL Server, and the link was made for it. */
function whyOneWay(build: Build, { databaseFormat, failoverMode }: LinkSituation): string | undefined {
  if (build.major < 16)
    return l10n.t('{0} can only fail over to the instance, once: the link does not survive it.', productName(build));
  if (failoverMode?.toLowerCase() === 'none')
    return l10n.t('The link was made for one direction only (failover mode None).');
  if (databaseFormat === undefined) return undefined;
  if (databaseFormat.toLowerCase() === formatOf(build)) return undefined;
  return databaseFormat.toLowerCase() === 'alwaysuptodate'
    ? l10n.t('The instance’s update policy is Always-up-to-date: there is never a way back to SQL Server.')
    : l10n.t('The instance’s update policy ({0}) does not match {1}.', databaseFormat, productName(build));
}

const formatOf = (build: Build): string => (build.major >= NEWEST_KNOWN_MAJOR ? 'sqlserver2025' : 'sqlserver2022');

const isBelow = (build: Build, least: string): boolean => compareBuilds(build, parseBuild(least)) < 0;

function belowLeast(build: Build): string | undefined {
  const least = LEAST_LINK_BUILDS[build.major];
  if (build.major < 13)
    return l10n.t('{0} is older than any version with a Managed Instance link.', productName(build));
  if (least === undefined || !isBelow(build, least)) return undefined;
  return l10n.t('{0} needs build {1} or later for a link.', productName(build), least);
}
