import { ArmError } from '../engine/contract.ts';
import { type TokenRefused, withAndWithoutSlash } from './tokens.ts';

/** Azure Resource Manager's own refusals, one factory per situation. Codes and wording follow the real service, so that a client's reading of them is practised. */

/** No api-version in the query. */
export const missingApiVersion = (): ArmError =>
  new ArmError(
    400,
    'MissingApiVersionParameter',
    'The api-version query parameter (?api-version=) is required for all requests.',
  );

/** An api-version that Resource Manager's own types (tenants, subscriptions, resource groups) do not have. */
export const invalidApiVersion = (apiVersion: string, supported: readonly string[]): ArmError =>
  new ArmError(
    400,
    'InvalidApiVersionParameter',
    `The api-version '${apiVersion}' is invalid. The supported versions are '${supported.join(',')}'.`,
  );

/** An api-version that a provider's resource type does not have. */
export const noRegisteredProvider = (
  type: string,
  apiVersion: string,
  location: string,
  supported: readonly string[],
): ArmError =>
  new ArmError(
    400,
    'NoRegisteredProviderFound',
    `No registered resource provider found for location '${location}' and API version '${apiVersion}' for type '${type}'. The supported api-versions are '${supported.join(', ')}'. The supported locations are '${location}'.`,
  );

/** A path that names no resource type the service knows. */
export const unknownPath = (path: string): ArmError => {
  const provider = /\/providers\/([^/]+)(?:\/(.*))?$/i.exec(path);
  if (!provider)
    return new ArmError(404, 'NotFound', `No HTTP resource was found that matches the request URI '${path}'.`);
  const [, namespace = '', rest = ''] = provider;
  if (!/^Microsoft\.(Sql|Authorization)$/i.test(namespace))
    return new ArmError(404, 'InvalidResourceNamespace', `The resource namespace '${namespace}' is invalid.`);
  const type = rest
    .split('/')
    .filter((_, index) => index % 2 === 0)
    .join('/');
  return new ArmError(
    404,
    'InvalidResourceType',
    `The resource type '${type}' could not be found in the namespace '${namespace}'.`,
  );
};

/** A method that the resource does not have. */
export const methodNotAllowed = (method: string): ArmError =>
  new ArmError(405, 'MethodNotAllowed', `The requested resource does not support http method '${method}'.`);

/** A body that is not JSON, or not of the shape asked for. */
export const invalidContent = (reason: string): ArmError =>
  new ArmError(
    400,
    'InvalidRequestContent',
    `The request content was invalid and could not be deserialized: '${reason}'.`,
  );

/** No subscription of that id in this directory. */
export const subscriptionNotFound = (subscription: string): ArmError =>
  new ArmError(404, 'SubscriptionNotFound', `The subscription '${subscription}' could not be found.`);

/** A subscription id that is no GUID. */
export const invalidSubscription = (subscription: string): ArmError =>
  new ArmError(
    400,
    'InvalidSubscriptionId',
    `The provided subscription identifier '${subscription}' is malformed or invalid.`,
  );

/** No resource group of that name in the subscription. */
export const resourceGroupNotFound = (group: string): ArmError =>
  new ArmError(404, 'ResourceGroupNotFound', `Resource group '${group}' could not be found.`);

/** No resource of that type and name in the resource group; `name` with its parents, e.g. managedInstances/a/databases/b. */
export const resourceNotFound = (name: string, group: string): ArmError =>
  new ArmError(
    404,
    'ResourceNotFound',
    `The Resource 'Microsoft.Sql/${name}' under resource group '${group}' was not found.`,
  );

/** A long-running operation that is unknown (or another subscription's). */
export const operationNotFound = (id: string): ArmError =>
  new ArmError(404, 'OperationIdNotFound', `The operation with Id '${id}' does not exist.`);

/** The principal may not do this. */
export const authorizationFailed = (client: string, objectId: string, action: string, scope: string): ArmError =>
  new ArmError(
    403,
    'AuthorizationFailed',
    `The client '${client}' with object id '${objectId}' does not have authorization to perform action '${action}' over scope '${scope}' or the scope is invalid. If access was recently granted, please refresh your credentials.`,
  );

/** No Authorization header. */
export const notAuthenticated = (): ArmError =>
  new ArmError(401, 'AuthenticationFailed', "Authentication failed. The 'Authorization' header is missing.");

/** An Authorization header that is not `Bearer …`. */
export const invalidAuthorizationHeader = (): ArmError =>
  new ArmError(
    401,
    'AuthenticationFailedInvalidHeader',
    "Authentication failed. The 'Authorization' header is provided in an invalid format.",
  );

/** A token that Resource Manager does not accept. */
export const tokenRefused = ({ fault }: TokenRefused, audiences: readonly string[]): ArmError => {
  switch (fault.kind) {
    case 'malformed':
    case 'tenant':
      return new ArmError(401, 'InvalidAuthenticationToken', 'The access token is invalid.');
    case 'expired':
      return new ArmError(
        401,
        'ExpiredAuthenticationToken',
        `The access token expiry UTC time '${new Date(fault.at).toISOString()}' is earlier than current UTC time '${new Date(fault.now).toISOString()}'.`,
      );
    case 'audience':
      return new ArmError(
        401,
        'InvalidAuthenticationTokenAudience',
        `The access token has been obtained for wrong audience or resource '${fault.audience}'. It should exactly match with one of the allowed audiences '${withAndWithoutSlash(audiences).join("','")}'.`,
      );
  }
};
