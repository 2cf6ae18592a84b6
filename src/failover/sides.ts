import type { Clock } from '../link/clock.ts';
import type { Observation, Sight } from '../link/observation.ts';
import type { AzureSide, LinkQuery, SqlSide } from '../link/ports.ts';
import { problemOf } from '../link/problem.ts';
import type { LinkTarget, Venue } from '../link/vocabulary.ts';

/** The connections a failover works with. A side that is undefined cannot be reached: it is neither asked nor changed. */
export interface Sides {
  readonly sqlServer: SqlSide | undefined;
  readonly instance: SqlSide | undefined;
  readonly azure: AzureSide | undefined;
}

/** Whether Azure is asked too: inside the outage window it is only where the instance itself cannot be. */
export type AzureUse = 'always' | 'ifInstanceUnseen';

/**
 * One look at both sides, read in parallel, one round trip each. A side that fails becomes 'unseen' with its problem.
 * Throws only when `signal` aborts.
 */
export async function observe(
  sides: Sides,
  target: LinkTarget,
  clock: Clock,
  signal: AbortSignal,
  azure: AzureUse = 'always',
): Promise<Observation> {
  const query: LinkQuery = {
    link: target.link,
    availabilityGroup: target.availabilityGroup,
    databases: target.databases,
  };
  const instanceQuery: LinkQuery = { ...query, availabilityGroup: target.instanceAvailabilityGroup };
  const instance = look('managedInstance', sides.instance && (() => sides.instance?.observe(instanceQuery, signal)));
  const askAzure = async () => {
    if (azure === 'ifInstanceUnseen' && (await instance).state === 'seen') return { state: 'notAsked' as const };
    return look(
      'azure',
      sides.azure && (async () => (await sides.azure?.link(target.azure, target.link, signal)) ?? ('absent' as const)),
    );
  };
  const [sqlServer, managedInstance, link] = await Promise.all([
    look('sqlServer', sides.sqlServer && (() => sides.sqlServer?.observe(query, signal))),
    instance,
    askAzure(),
  ]);
  signal.throwIfAborted();
  return { takenAt: clock.now(), sqlServer, managedInstance, azure: link };
}

async function look<T>(venue: Venue, read: (() => Promise<T> | undefined) | undefined): Promise<Sight<T>> {
  if (!read) return { state: 'notAsked' };
  try {
    const value = await read();
    return value === undefined ? { state: 'notAsked' } : { state: 'seen', value };
  } catch (error) {
    return { state: 'unseen', problem: problemOf(error, venue) };
  }
}
