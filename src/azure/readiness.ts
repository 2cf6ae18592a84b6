import type { InferOutput } from 'valibot';
import * as v from 'valibot';
import { instancePath } from '../link/azure-path.ts';
import type { Sight } from '../link/observation.ts';
import { problemOf } from '../link/problem.ts';
import type { AzureReadiness } from '../link/readiness.ts';
import type { AzureInstanceRef } from '../link/vocabulary.ts';
import type { Arm } from './arm.ts';
import { badAnswer, jsonIn } from './azure-error.ts';

/** Reads what the readiness checks need around the link, each part by itself and all at once. What cannot be read is unseen; throws only when `signal` aborts. */
export async function readAzureReadiness(
  arm: Arm,
  ref: AzureInstanceRef,
  apiVersion: string,
  signal: AbortSignal,
): Promise<AzureReadiness> {
  const home = instancePath(ref);
  const list = <T>(path: string, item: v.GenericSchema<unknown, T>) =>
    sight(() => pages(arm, path, apiVersion, item, signal));
  const instance = sight(async () => parsed(Instance, await arm.get(home, apiVersion, signal)));
  // Failover groups belong to a location, which only the instance itself tells.
  const groups = instance.then(async (seen): Promise<Sight<readonly string[]>> => {
    if (seen.state !== 'seen') return seen;
    const found = await list(failoverGroupsPath(ref, seen.value.location), FailoverGroup);
    return mapSight(found, all => all.filter(group => holds(group, seen.value.id)).map(group => group.name));
  });
  const [details, operations, databases, failoverGroups] = await Promise.all([
    instance,
    list(`${home}/operations`, Operation),
    list(`${home}/databases`, Database),
    groups,
  ]);
  signal.throwIfAborted();
  const location = details.state === 'seen' ? details.value.location : '{location}';
  const get = (path: string) => `GET ${path}?api-version=${apiVersion}`;
  return {
    reads: {
      link: get(`${home}/distributedAvailabilityGroups/{link}`),
      permissions: `GET ${home}/providers/Microsoft.Authorization/permissions`,
      instance: get(home),
      operations: get(`${home}/operations`),
      databases: get(`${home}/databases`),
      failoverGroups: get(failoverGroupsPath(ref, location)),
    },
    instance: mapSight(details, ({ sku, properties }) => ({
      state: properties.state ?? '',
      databaseFormat: properties.databaseFormat,
      tier: sku?.tier ?? '',
      hybridSecondaryUsage: properties.hybridSecondaryUsage,
    })),
    operations: mapSight(operations, all => all.filter(isUnfinished).map(describeOperation)),
    databases: mapSight(databases, all =>
      all.map(({ name, properties }) => ({ name, status: properties?.status ?? '' })),
    ),
    failoverGroups,
  };
}

const failoverGroupsPath = ({ subscriptionId, resourceGroup }: AzureInstanceRef, location: string): string => {
  const [sub, group] = [subscriptionId, resourceGroup].map(encodeURIComponent);
  return `/subscriptions/${sub}/resourceGroups/${group}/providers/Microsoft.Sql/locations/${encodeURIComponent(location)}/instanceFailoverGroups`;
};

const absent = <T>(schema: v.GenericSchema<unknown, T>): v.GenericSchema<unknown, T | undefined> =>
  v.pipe(
    v.nullish(schema),
    v.transform(value => value ?? undefined),
  );

/** ManagedInstance; older interfaces tell neither databaseFormat nor hybridSecondaryUsage. */
const Instance = v.object({
  id: v.string(),
  location: v.string(),
  sku: absent(v.object({ tier: absent(v.string()) })),
  properties: v.object({
    state: absent(v.string()),
    databaseFormat: absent(v.string()),
    hybridSecondaryUsage: absent(v.string()),
  }),
});

/** ManagedInstanceOperation. */
const Operation = v.object({
  name: v.string(),
  properties: absent(
    v.object({
      operationFriendlyName: absent(v.string()),
      operation: absent(v.string()),
      state: absent(v.string()),
      percentComplete: absent(v.number()),
    }),
  ),
});

const Database = v.object({ name: v.string(), properties: absent(v.object({ status: absent(v.string()) })) });

const FailoverGroup = v.object({
  name: v.string(),
  properties: absent(
    v.object({
      managedInstancePairs: absent(
        v.array(
          v.object({
            primaryManagedInstanceId: absent(v.string()),
            partnerManagedInstanceId: absent(v.string()),
          }),
        ),
      ),
    }),
  ),
});

const ENDED = new Set(['succeeded', 'failed', 'cancelled', 'canceled']);

/** A state that is not known here counts as unfinished: better one warning too many. */
const isUnfinished = ({ properties }: InferOutput<typeof Operation>): boolean =>
  !ENDED.has((properties?.state ?? '').toLowerCase());

const describeOperation = ({ name, properties }: InferOutput<typeof Operation>): string => {
  const percent = properties?.percentComplete === undefined ? '' : `, ${properties.percentComplete} %`;
  return `${properties?.operationFriendlyName ?? properties?.operation ?? name} (${properties?.state ?? '?'}${percent})`;
};

const holds = ({ properties }: InferOutput<typeof FailoverGroup>, instanceId: string): boolean =>
  (properties?.managedInstancePairs ?? []).some(pair =>
    [pair.primaryManagedInstanceId, pair.partnerManagedInstanceId].some(
      id => id?.toLowerCase() === instanceId.toLowerCase(),
    ),
  );

async function pages<T>(
  arm: Arm,
  path: string,
  apiVersion: string,
  item: v.GenericSchema<unknown, T>,
  signal: AbortSignal,
): Promise<readonly T[]> {
  const page = v.object({ value: v.array(item), nextLink: absent(v.string()) });
  const found: T[] = [];
  let body = await arm.get(path, apiVersion, signal);
  for (;;) {
    const { value, nextLink } = parsed(page, body);
    found.push(...value);
    if (nextLink === undefined) return found;
    body = await arm.getPage(nextLink, signal);
  }
}

function parsed<T>(schema: v.GenericSchema<unknown, T>, body: string): T {
  const result = v.safeParse(schema, jsonIn(body));
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw badAnswer(v.getDotPath(issue) ?? 'body', issue.message);
}

async function sight<T>(read: () => Promise<T>): Promise<Sight<T>> {
  try {
    return { state: 'seen', value: await read() };
  } catch (error) {
    return { state: 'unseen', problem: problemOf(error, 'azure') };
  }
}

const mapSight = <T, U>(sight: Sight<T>, map: (value: T) => U): Sight<U> =>
  sight.state === 'seen' ? { state: 'seen', value: map(sight.value) } : sight;
