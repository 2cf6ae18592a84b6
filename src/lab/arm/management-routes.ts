import type { LabAzure } from '../engine/contract.ts';
import type { ArmAnswer } from './answer.ts';
import { type ArmCall, type ArmContext, type ArmRoute, listAnswer, paths } from './route.ts';
import type { Scope } from './scope.ts';
import { apiVersions } from './versions.ts';

/** Resource Manager's own resources: tenants, subscriptions, locations, resource groups, providers; and permissions on any of them. */
export const managementRoutes = (context: ArmContext, scope: Scope): readonly ArmRoute[] => {
  const { azure, tenants } = context;
  const list = (items: readonly unknown[], call: ArmCall, extra?: Readonly<Record<string, unknown>>) =>
    listAnswer(items, call, context, extra);
  const own = (path: string, versions: readonly string[], get: (call: ArmCall) => ArmAnswer): ArmRoute => ({
    path,
    type: undefined,
    versions,
    methods: { GET: get },
  });

  const subscriptionShape = ({ subscriptionId, displayName }: LabAzure['subscriptions'][number]) => ({
    id: `/subscriptions/${subscriptionId}`,
    authorizationSource: 'RoleBased',
    managedByTenants: [],
    subscriptionId,
    tenantId: azure.tenantId,
    displayName,
    state: 'Enabled',
    subscriptionPolicies: {
      locationPlacementId: 'Public_2014-09-01',
      quotaId: 'PayAsYouGo_2014-09-01',
      spendingLimit: 'Off',
    },
  });

  const locations = (subscriptionId: string) => [
    ...new Set(azure.instances(subscriptionId).map(({ location }) => location)),
  ];

  const sqlProvider = (subscriptionId: string) => {
    const type = (resourceType: string, versions: readonly string[]) => ({
      resourceType,
      locations: locations(subscriptionId),
      apiVersions: versions.toReversed(),
    });
    return {
      id: `/subscriptions/${subscriptionId}/providers/Microsoft.Sql`,
      namespace: 'Microsoft.Sql',
      registrationPolicy: 'RegistrationRequired',
      registrationState: 'Registered',
      resourceTypes: [
        type('managedInstances', apiVersions.instances),
        type('managedInstances/databases', apiVersions.instances),
        type('managedInstances/distributedAvailabilityGroups', apiVersions.links),
      ],
    };
  };

  const permissions = (path: string): ArmRoute => ({
    path: `${path}/providers/Microsoft.Authorization/permissions`,
    type: 'permissions',
    versions: apiVersions.permissions,
    methods: {
      GET: call => {
        scope.subscription(call);
        const id = call.path.replace(/\/providers\/Microsoft\.Authorization\/permissions\/?$/i, '');
        const granted = azure.permissions(id, call.principal.objectId);
        return list(
          granted.map(({ actions, notActions }) => ({ actions, notActions, dataActions: [], notDataActions: [] })),
          call,
        );
      },
    },
  });

  return [
    own('/tenants', apiVersions.tenants, call =>
      list(
        tenants(call.principal).map(({ tenantId, displayName, domain }) => ({
          id: `/tenants/${tenantId}`,
          tenantId,
          countryCode: 'NL',
          displayName,
          domains: [domain],
          tenantCategory: 'Home',
          defaultDomain: domain,
          tenantType: 'AAD',
        })),
        call,
      ),
    ),
    own('/subscriptions', apiVersions.subscriptions, call => {
      const visible = call.principal.tenantId === azure.tenantId ? azure.subscriptions : [];
      return list(visible.map(subscriptionShape), call, { count: { type: 'Total', value: visible.length } });
    }),
    own(paths.subscription, apiVersions.subscriptions, call => ({
      status: 200,
      body: subscriptionShape(scope.subscription(call)),
    })),
    own(`${paths.subscription}/locations`, apiVersions.subscriptions, call => {
      const { subscriptionId } = scope.subscription(call);
      return list(
        locations(subscriptionId).map(name => ({
          id: `/subscriptions/${subscriptionId}/locations/${name}`,
          name,
          type: 'Region',
          displayName: name,
          regionalDisplayName: name,
          metadata: { regionType: 'Physical', regionCategory: 'Recommended' },
        })),
        call,
      );
    }),
    own(`${paths.subscription}/resourceGroups`, apiVersions.resourceGroups, call =>
      list(scope.groups(scope.subscription(call).subscriptionId), call),
    ),
    own(paths.group, apiVersions.resourceGroups, call => ({ status: 200, body: scope.group(call) })),
    own(`${paths.subscription}/providers`, apiVersions.resourceGroups, call =>
      list([sqlProvider(scope.subscription(call).subscriptionId)], call),
    ),
    own(`${paths.subscription}/providers/Microsoft.Sql`, apiVersions.resourceGroups, call => ({
      status: 200,
      body: sqlProvider(scope.subscription(call).subscriptionId),
    })),
    ...[
      paths.subscription,
      paths.group,
      paths.instance,
      `${paths.instance}/databases/:database`,
      `${paths.instance}/distributedAvailabilityGroups/:link`,
    ].map(permissions),
  ];
};
