import * as refused from './errors.ts';
import { type ArmContext, type ArmRoute, listAnswer, paths, sameName } from './route.ts';
import type { Scope } from './scope.ts';
import { databaseShape, instanceShape } from './shapes.ts';
import { apiVersions } from './versions.ts';

/** Managed instances, their databases, and the collections around them that are empty in the lab. */
export const instanceRoutes = (context: ArmContext, scope: Scope): readonly ArmRoute[] => {
  const { azure } = context;
  const route = (path: string, type: string, get: NonNullable<ArmRoute['methods']['GET']>): ArmRoute => ({
    path,
    type,
    versions: apiVersions.instances,
    methods: { GET: get },
  });

  /** Nothing of this kind is modelled: an empty list is the truth about the practice instance. */
  const emptyCollection = (name: string): readonly ArmRoute[] => [
    route(`${paths.instance}/${name}`, `managedInstances/${name}`, call => {
      scope.instance(call, `${name}/read`);
      return listAnswer([], call, context);
    }),
    route(`${paths.instance}/${name}/:name`, `managedInstances/${name}`, call => {
      const owner = scope.instance(call, `${name}/read`);
      throw refused.resourceNotFound(
        `managedInstances/${owner.name}/${name}/${call.parameter('name')}`,
        owner.resourceGroup,
      );
    }),
  ];

  return [
    route(`${paths.subscription}/providers/Microsoft.Sql/managedInstances`, 'managedInstances', call => {
      const readable = scope.readableInstances(call);
      return listAnswer(
        readable.map(instance => instanceShape(instance, call.apiVersion)),
        call,
        context,
      );
    }),
    route(paths.instances, 'managedInstances', call => {
      const { name } = scope.group(call);
      const inGroup = scope.readableInstances(call).filter(({ resourceGroup }) => sameName(resourceGroup, name));
      return listAnswer(
        inGroup.map(instance => instanceShape(instance, call.apiVersion)),
        call,
        context,
      );
    }),
    route(paths.instance, 'managedInstances', call => ({
      status: 200,
      body: instanceShape(scope.instance(call, 'read'), call.apiVersion),
    })),
    route(`${paths.instance}/databases`, 'managedInstances/databases', call => {
      const owner = scope.instance(call, 'databases/read');
      return listAnswer(
        azure.databases(owner.id).map(database => databaseShape(owner, database)),
        call,
        context,
      );
    }),
    route(`${paths.instance}/databases/:database`, 'managedInstances/databases', call => {
      const owner = scope.instance(call, 'databases/read');
      const name = call.parameter('database');
      const found = azure.databases(owner.id).find(database => sameName(database.name, name));
      if (!found)
        throw refused.resourceNotFound(`managedInstances/${owner.name}/databases/${name}`, owner.resourceGroup);
      return { status: 200, body: databaseShape(owner, found) };
    }),
    route(
      `${paths.group}/providers/Microsoft.Sql/locations/:location/instanceFailoverGroups`,
      'locations/instanceFailoverGroups',
      call => {
        scope.group(call);
        return listAnswer([], call, context);
      },
    ),
    ...['operations', 'endpointCertificates', 'serverTrustCertificates'].flatMap(emptyCollection),
  ];
};
