import * as v from 'valibot';
import { ArmError, type LabAzureInstance, type LabAzureLink } from '../engine/contract.ts';
import type { ArmAnswer } from './answer.ts';
import * as refused from './errors.ts';
import { type ArmCall, type ArmContext, type ArmRoute, listAnswer, parsed, paths, sameName } from './route.ts';
import type { Scope } from './scope.ts';
import { linkResource } from './shapes.ts';
import { apiVersions } from './versions.ts';

/** ARM's enumerations are open and read in any case. */
const anyCase = <const T extends string>(...words: readonly T[]) =>
  v.pipe(
    v.string(),
    v.transform((given): string => words.find(word => sameName(word, given)) ?? given),
    v.picklist(words),
  );

const replicationMode = v.object({ properties: v.object({ replicationMode: anyCase('Sync', 'Async') }) });
const definition = v.object({
  properties: v.looseObject({
    replicationMode: v.optional(anyCase('Sync', 'Async')),
    databases: v.optional(v.array(v.object({ databaseName: v.string() }))),
  }),
});
const failover = v.object({ failoverType: anyCase('Planned', 'ForcedAllowDataLoss') });
const setRole = v.object({
  instanceRole: anyCase('Primary', 'Secondary'),
  roleChangeType: anyCase('Planned', 'Forced'),
});

/** What a definition may say besides the replication mode, in both shapes; the rest is read-only and ignored, as ARM does. */
const fixedProperties = [
  'targetDatabase',
  'sourceEndpoint',
  'primaryAvailabilityGroupName',
  'secondaryAvailabilityGroupName',
  'partnerAvailabilityGroupName',
  'partnerEndpoint',
  'instanceLinkRole',
  'instanceAvailabilityGroupName',
  'failoverMode',
  'seedingMode',
] as const;

/** The first property by which a definition asks for another link than there is. */
const firstDifference = (
  given: v.InferOutput<typeof definition>['properties'],
  found: LabAzureLink,
  apiVersion: string,
): string | undefined => {
  const now = linkResource(found, apiVersion).properties;
  const wanted = given.databases?.map(({ databaseName }) => databaseName.toLowerCase()).toSorted();
  const present = found.databases.map(({ databaseName }) => databaseName.toLowerCase()).toSorted();
  if (wanted && wanted.join('\n') !== present.join('\n')) return 'databases';
  return fixedProperties.find(
    name => given[name] !== undefined && given[name] !== null && !sameName(String(given[name]), String(now[name])),
  );
};

const cannotCreate = (link: string, instance: string, why: string) =>
  new ArmError(
    400,
    'PracticeLabCannotCreateLinks',
    `The practice lab does not create or redefine links (${link} on ${instance}: ${why}): it starts with one that is already replicating, of which the replication mode can be changed. Restart it, or choose another of its scenarios, to get a fresh link.`,
  );

const type = 'managedInstances/distributedAvailabilityGroups';
const links = `${paths.instance}/distributedAvailabilityGroups`;
const link = `${links}/:link`;
const results = 'distributedAvailabilityGroupsOperationResults';

/** Links (distributed availability groups) and the results of what is done to them (mi-link.md 3.3). */
export const linkRoutes = (context: ArmContext, scope: Scope): readonly ArmRoute[] => {
  const { azure, operations, resourceManager } = context;
  const retryAfter = () => String(Math.ceil(azure.retryAfterSeconds));

  /** Runs a change as ARM's long-running operations run: 202 with a Location that answers 202 until there is a result. */
  const longRunning = async (
    call: ArmCall,
    owner: LabAzureInstance,
    change: () => Promise<ArmAnswer>,
  ): Promise<ArmAnswer> => {
    const started = await operations.start(owner.subscriptionId, change);
    if ('nothingToDo' in started) return started.nothingToDo;
    const location = `${resourceManager()}/subscriptions/${owner.subscriptionId}/providers/Microsoft.Sql/locations/${owner.location}/${results}/${started.id}?api-version=${call.apiVersion}`;
    return { status: 202, headers: { location, 'retry-after': retryAfter() } };
  };

  /** A change whose result is the link as it is then. */
  const changeLink = (
    call: ArmCall,
    owner: LabAzureInstance,
    change: (name: string) => Promise<void>,
  ): Promise<ArmAnswer> => {
    const { name } = scope.link(owner, call);
    return longRunning(call, owner, async () => {
      await change(name);
      const now = scope.findLink(owner, name);
      return now ? { status: 200, body: linkResource(now, call.apiVersion) } : { status: 204 };
    });
  };

  return [
    {
      path: links,
      type,
      versions: apiVersions.links,
      methods: {
        GET: call => {
          const owner = scope.instance(call, 'distributedAvailabilityGroups/read');
          return listAnswer(
            azure.links(owner.id).map(found => linkResource(found, call.apiVersion)),
            call,
            context,
          );
        },
      },
    },
    {
      path: link,
      type,
      versions: apiVersions.links,
      methods: {
        GET: call => {
          const owner = scope.instance(call, 'distributedAvailabilityGroups/read');
          return { status: 200, body: linkResource(scope.link(owner, call), call.apiVersion) };
        },
        // Generic clients (`az sql mi link update` among them) update by reading the link and putting it back changed.
        PUT: async call => {
          const owner = scope.instance(call, 'distributedAvailabilityGroups/write');
          const { properties } = parsed(definition, await call.body(), 'InvalidRequestContent');
          const found = scope.findLink(owner, call.parameter('link'));
          if (!found) throw cannotCreate(call.parameter('link'), owner.name, 'there is none of that name');
          const difference = firstDifference(properties, found, call.apiVersion);
          if (difference !== undefined) throw cannotCreate(found.name, owner.name, `${difference} differs`);
          const { replicationMode: mode = found.replicationMode } = properties;
          if (mode === found.replicationMode) return { status: 200, body: linkResource(found, call.apiVersion) };
          return changeLink(call, owner, name => azure.setReplicationMode(owner.id, name, mode));
        },
        PATCH: async call => {
          const owner = scope.instance(call, 'distributedAvailabilityGroups/write');
          const { properties } = parsed(replicationMode, await call.body(), 'InvalidRequestContent');
          return changeLink(call, owner, name => azure.setReplicationMode(owner.id, name, properties.replicationMode));
        },
        DELETE: call => {
          const owner = scope.instance(call, 'distributedAvailabilityGroups/delete');
          return longRunning(call, owner, async () => {
            const name = scope.findLink(owner, call.parameter('link'))?.name;
            const existed = name !== undefined && (await azure.deleteLink(owner.id, name));
            return { status: existed ? 200 : 204 };
          });
        },
      },
    },
    {
      path: `${link}/failover`,
      type: `${type}/failover`,
      versions: apiVersions.linkActions,
      methods: {
        POST: async call => {
          const owner = scope.instance(call, 'distributedAvailabilityGroups/failover/action');
          const { failoverType } = parsed(
            failover,
            await call.body(),
            'InvalidDistributedAvailabilityGroupFailoverRequest',
          );
          return changeLink(call, owner, name => azure.failOver(owner.id, name, failoverType));
        },
      },
    },
    {
      path: `${link}/setRole`,
      type: `${type}/setRole`,
      versions: apiVersions.linkActions,
      methods: {
        POST: async call => {
          const owner = scope.instance(call, 'distributedAvailabilityGroups/setRole/action');
          const { instanceRole, roleChangeType } = parsed(
            setRole,
            await call.body(),
            'InvalidDistributedAvailabilityGroupFailoverRequest',
          );
          return changeLink(call, owner, name => azure.setRole(owner.id, name, instanceRole, roleChangeType));
        },
      },
    },
    {
      path: `${paths.subscription}/providers/Microsoft.Sql/locations/:location/${results}/:operation`,
      type: `locations/${results}`,
      versions: apiVersions.links,
      methods: {
        GET: call => {
          const id = call.parameter('operation');
          const result = operations.result(scope.subscription(call).subscriptionId, id);
          if (!result) throw refused.operationNotFound(id);
          if (result.state === 'done') return result.answer;
          const location = `${resourceManager()}${call.path}?api-version=${call.apiVersion}`;
          return { status: 202, headers: { location, 'retry-after': retryAfter() } };
        },
      },
    },
  ];
};
