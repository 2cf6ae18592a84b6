import type { Direction, Way } from '../link/capabilities.ts';
import type { FailoverKind, Role, Side } from '../link/vocabulary.ts';
import type { Intent, Plan, Route, RouteChoices } from './plan.ts';

/** What a person's choices come to, with everything that was left out filled in. */
export interface Settled {
  readonly purpose: NonNullable<RouteChoices['purpose']>;
  readonly direction: Direction;
  readonly way: Way;
  readonly route: Route;
  /** The link is there afterwards. */
  readonly keepsLink: boolean;
}

/** The one reading of the choices. */
export function settle(kind: FailoverKind, choices: RouteChoices): Settled {
  const { purpose = 'failOver', direction = 'toInstance' } = choices;
  const way = choices.way ?? usualWay(kind, direction);
  const route = routeOf(kind, purpose, direction, way, choices.afterwards);
  const keepsLink =
    route === 'cutLinkPlanned' || route === 'cutLinkForced' || route === 'breakLink'
      ? false
      : choices.afterwards !== 'removeLink';
  return { purpose, direction, way, route, keepsLink };
}

const usualWay = (kind: FailoverKind, direction: Direction): Way =>
  kind === 'forced' ? 'force' : direction === 'toInstance' ? 'cutLink' : 'azureFailover';

function routeOf(
  kind: FailoverKind,
  purpose: Settled['purpose'],
  direction: Direction,
  way: Way,
  afterwards: RouteChoices['afterwards'],
): Route {
  if (purpose === 'breakLink') return 'breakLink';
  if (purpose === 'repairSplitBrain') return 'splitBrainRepair';
  if (kind === 'forced') {
    if (direction === 'toSqlServer') return 'forcedToSqlServer';
    return afterwards === 'keepLink' ? 'forcedToInstance' : 'cutLinkForced';
  }
  if (direction === 'toSqlServer')
    return way === 'tsqlFailover' ? 'tsqlFailoverToSqlServer' : 'azureFailoverToSqlServer';
  if (way === 'tsqlFailover') return 'tsqlFailoverToInstance';
  return way === 'roleSwitch' ? 'roleSwitchToInstance' : 'cutLinkPlanned';
}

export const directionOf = ({ intent }: Plan): Direction => intent.direction ?? 'toInstance';

/** The name a person knows a side by. */
export const nameOf = ({ target }: Intent, side: Side): string =>
  side === 'sqlServer' ? target.sqlServer.name : target.instance.name;

/** The person typed the name of a database of this link: their word that data may be lost. */
export const nameWasTyped = ({ target, typedDatabaseName }: Intent): boolean =>
  typedDatabaseName !== undefined && target.databases.includes(typedDatabaseName.trim());

/** The link goes while SQL Server is its secondary: what stays there is a copy that nobody can use before it is recovered. `sqlServer` is its role before. */
export const copyIsLeftBehind = ({ route, keepsLink }: Settled, sqlServer: Role): boolean =>
  route === 'breakLink'
    ? sqlServer === 'secondary'
    : !keepsLink && (route === 'tsqlFailoverToInstance' || route === 'roleSwitchToInstance');
