import { ArmError, type LabAzure, type LabAzureInstance, type LabAzureLink } from '../engine/contract.ts';
import * as refused from './errors.ts';
import { type ArmCall, sameName } from './route.ts';

/** Finds what a path names, and refuses what is not there or not allowed, in ARM's order: subscription, group, resource, permission. */
export interface Scope {
  subscription(call: ArmCall): LabAzure['subscriptions'][number];
  groups(
    subscriptionId: string,
  ): readonly { readonly id: string; readonly name: string; readonly type: string; readonly location: string }[];
  group(call: ArmCall): ReturnType<Scope['groups']>[number];
  /** Those of the subscription that the principal may read. */
  readableInstances(call: ArmCall): readonly LabAzureInstance[];
  /** The instance of the path, if the principal may do `action` (below Microsoft.Sql/managedInstances/) to it. */
  instance(call: ArmCall, action: string): LabAzureInstance;
  /** The link of the path on that instance. */
  link(instance: LabAzureInstance, call: ArmCall): LabAzureLink;
  findLink(instance: LabAzureInstance, name: string): LabAzureLink | undefined;
}

const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** An action is asked of the resource before it: …/DAG/failover of …/DAG. */
const resourceOf = (path: string): string => path.replace(/\/(failover|setRole)$/i, '');

const covers = (pattern: string, action: string): boolean => {
  const literal = pattern.split('*').map(part => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${literal.join('.*')}$`, 'i').test(action);
};

const wrongTenant = (issuer: string, tenantId: string): ArmError => {
  const authority = issuer.replace(/\/[^/]+\/(v2\.0)?$/, '');
  return new ArmError(
    401,
    'InvalidAuthenticationTokenTenant',
    `The access token is from the wrong issuer '${issuer}'. It must match the tenant '${authority}/${tenantId}/' associated with this subscription. Please use the authority (URL) '${authority}/${tenantId}' to get the token.`,
  );
};

/** Scopes over what the engine says is in Azure. */
export const createScope = (azure: LabAzure): Scope => {
  const allowed = (call: ArmCall, action: string, id: string): boolean =>
    azure
      .permissions(id, call.principal.objectId)
      .some(
        ({ actions, notActions }) => actions.some(a => covers(a, action)) && !notActions.some(a => covers(a, action)),
      );

  const scope: Scope = {
    subscription: call => {
      const id = call.parameter('subscription');
      if (!guid.test(id)) throw refused.invalidSubscription(id);
      const found = azure.subscriptions.find(({ subscriptionId }) => sameName(subscriptionId, id));
      if (!found) throw refused.subscriptionNotFound(id);
      if (call.principal.tenantId !== azure.tenantId) throw wrongTenant(call.principal.issuer, azure.tenantId);
      return found;
    },
    groups: subscriptionId => {
      const first = new Map<string, LabAzureInstance>();
      for (const instance of azure.instances(subscriptionId)) {
        const key = instance.resourceGroup.toLowerCase();
        if (!first.has(key)) first.set(key, instance);
      }
      return [...first.values()].map(({ resourceGroup, location }) => ({
        id: `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}`,
        name: resourceGroup,
        type: 'Microsoft.Resources/resourceGroups',
        location,
        tags: { environment: 'PRACTICE' },
        properties: { provisioningState: 'Succeeded' },
      }));
    },
    group: call => {
      const { subscriptionId } = scope.subscription(call);
      const name = call.parameter('group');
      const found = scope.groups(subscriptionId).find(group => sameName(group.name, name));
      if (!found) throw refused.resourceGroupNotFound(name);
      return found;
    },
    readableInstances: call =>
      azure
        .instances(scope.subscription(call).subscriptionId)
        .filter(({ id }) => allowed(call, 'Microsoft.Sql/managedInstances/read', id)),
    instance: (call, action) => {
      const group = scope.group(call);
      const name = call.parameter('instance');
      const found = azure
        .instances(scope.subscription(call).subscriptionId)
        .find(instance => sameName(instance.name, name) && sameName(instance.resourceGroup, group.name));
      if (!found) throw refused.resourceNotFound(`managedInstances/${name}`, call.parameter('group'));
      const full = `Microsoft.Sql/managedInstances/${action}`;
      if (!allowed(call, full, found.id))
        throw refused.authorizationFailed(
          call.principal.clientId,
          call.principal.objectId,
          full,
          resourceOf(call.path),
        );
      return found;
    },
    link: (instance, call) => {
      const name = call.parameter('link');
      const found = scope.findLink(instance, name);
      if (!found)
        throw refused.resourceNotFound(
          `managedInstances/${instance.name}/distributedAvailabilityGroups/${name}`,
          instance.resourceGroup,
        );
      return found;
    },
    findLink: (instance, name) => azure.links(instance.id).find(link => sameName(link.name, name)),
  };
  return scope;
};
