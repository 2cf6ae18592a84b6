import * as l10n from '@vscode/l10n';
import type { Reason } from '../link/problem.ts';

/** What an Azure error code means for the person: why (if more is known than "refused"), what to do, and whether trying again may help. */
export interface AzureAdvice {
  readonly reason?: Reason;
  readonly transient?: true;
  readonly advice?: string;
}

interface Entry extends Omit<AzureAdvice, 'advice'> {
  readonly codes: readonly string[];
  readonly say: () => string;
}

/** Codes of the Microsoft.Sql specification (distributedAvailabilityGroups, 2025-01-01) and of Resource Manager itself. */
const ENTRIES: readonly Entry[] = [
  // The specification and the running service are reported to spell this one differently.
  {
    codes: [
      'InvalidDistributedAvailabilityGroupFailoverInstanceRole',
      'DistributedAvailabilityGroupFailoverInvalidInstanceRole',
    ],
    reason: 'wrongRole',
    say: () =>
      l10n.t(
        'Azure can start a planned failover of a link only while the managed instance is its primary. Run it on SQL Server, which is the primary now.',
      ),
  },
  {
    codes: ['InvalidDistributedAvailabilityGroupFailoverRequest'],
    say: () => l10n.t('Azure did not understand the failover request. Please report this.'),
  },
  {
    codes: ['DistributedAvailabilityGroupFailoverSecondariesNotSynchronizing'],
    reason: 'notSynchronized',
    transient: true,
    say: () =>
      l10n.t('The secondary is not synchronizing. Check that the link is connected and healthy, then try again.'),
  },
  {
    codes: ['DistributedAvailabilityGroupFailoverLogSendQueueSizeTooBig'],
    reason: 'notSynchronized',
    transient: true,
    say: () =>
      l10n.t(
        'Too much log is still waiting to be sent. Reduce the workload, wait until the send queue is small, then try again.',
      ),
  },
  {
    codes: ['DistributedAvailabilityGroupFailoverRedoQueueSizeTooBig'],
    reason: 'notSynchronized',
    transient: true,
    say: () =>
      l10n.t(
        'Too much log is still waiting to be redone on the secondary. Wait until the redo queue is small, then try again.',
      ),
  },
  {
    codes: ['DistributedAvailabilityGroupSetRoleInstanceAlreadyInRequestedRole'],
    say: () => l10n.t('The managed instance has this role already: there is nothing left to do.'),
  },
  {
    codes: ['DistributedAvailabilityGroupSetRoleChangeRoleAlreadyInProgress'],
    transient: true,
    say: () => l10n.t('The role is being changed already. Wait for that to finish, then look at the roles.'),
  },
  {
    codes: ['DistributedAvailabilityGroupSetRoleFailed'],
    transient: true,
    say: () => l10n.t('Changing the role failed. Look at the roles on both sides, then try again.'),
  },
  {
    codes: ['DistributedAvailabilityGroupSetRolePrimaryPlannedNotSupported'],
    say: () => l10n.t('A managed instance cannot be made primary as planned by this request.'),
  },
  {
    codes: [
      'DistributedAvailabilityGroupDbEncryptedWithSmk',
      'DistributedAvailabilityGroupDbCannotBeEncryptedWhenPrimaryInMiLink',
      'DistributedAvailabilityGroupProtectorCannotBeUpdtedToSmk',
    ],
    say: () =>
      l10n.t(
        'The database is encrypted with a service-managed key, which a link from the managed instance does not allow. Use a customer-managed key, or decrypt the database.',
      ),
  },
  {
    codes: ['DistributedAvailabilityGroupMiPrimaryWithGeodr'],
    say: () =>
      l10n.t(
        'The managed instance is in a failover group, which a link with the instance as its primary does not allow.',
      ),
  },
  {
    codes: ['ManagedInstanceStoppingOrStopped'],
    say: () => l10n.t('The managed instance is stopped. Start it, wait until it is ready, then try again.'),
  },
  {
    codes: [
      'ManagedInstanceStarting',
      'ManagedInstanceUpdateSloInProgress',
      'ManagedInstanceOperationInProgress',
      'ManagedInstanceIsBusy',
      'ConflictingServerOperation',
      'ConflictingDatabaseOperation',
      'ConflictingSystemOperationInProgress',
      'ManagementServiceDatabaseBusy',
      'AnotherOperationInProgress',
    ],
    transient: true,
    say: () => l10n.t('The managed instance is busy with another operation. Wait for it to finish, then try again.'),
  },
  {
    codes: ['OperationCanNotStartDueToMiLink'],
    transient: true,
    say: () => l10n.t('An operation of the link is in the way. Wait for it to finish, then try again.'),
  },
  {
    codes: ['ManagedDatabaseNameInUse', 'RemoteDatabaseExists'],
    say: () => l10n.t('A database of this name exists on the managed instance already.'),
  },
  {
    codes: ['UnableToResolveRemoteServer'],
    say: () =>
      l10n.t(
        'The managed instance cannot look up the name of SQL Server. Check the partner endpoint and the DNS of the instance’s network.',
      ),
  },
  {
    codes: ['SameKeyMaterialNotFoundOnRemoteServer', 'AkvEndpointNotReachableFromNode'],
    say: () =>
      l10n.t(
        'The key that encrypts the database cannot be reached from the managed instance. Check the key vault and the instance’s access to it.',
      ),
  },
  {
    codes: ['NoMoreSpaceInManagedInstance'],
    say: () => l10n.t('The managed instance has no space left. Enlarge its storage.'),
  },
  {
    codes: [
      'ServerNotInSubscriptionResourceGroup',
      'DatabaseDoesNotExist',
      'ResourceNotFound',
      'ResourceGroupNotFound',
      'ParentResourceNotFound',
      'OperationIdNotFound',
    ],
    reason: 'notFound',
    say: () =>
      l10n.t('Check the subscription, the resource group and the names; it may also have been deleted meanwhile.'),
  },
  {
    codes: ['SubscriptionNotFound', 'InvalidSubscriptionId'],
    reason: 'notFound',
    say: () =>
      l10n.t(
        'The subscription does not exist in this directory (tenant), or the account may not see it. Choose another tenant or account.',
      ),
  },
  {
    codes: ['OperationCancelled', 'OperationInterrupted', 'CannotCancelOperation'],
    transient: true,
    say: () => l10n.t('The operation was cancelled or interrupted in Azure. Look at the link’s state, then try again.'),
  },
  {
    codes: ['OperationTimedOut'],
    transient: true,
    say: () =>
      l10n.t('The operation timed out in Azure and was rolled back there. Read the roles again, then try again.'),
  },
  {
    codes: ['SubscriptionDisabled', 'ReadOnlyDisabledSubscription'],
    say: () => l10n.t('The subscription is disabled. Enable it in the Azure portal.'),
  },
  {
    codes: ['ScopeLocked'],
    reason: 'permission',
    say: () =>
      l10n.t(
        'A lock on the resource, its group or its subscription forbids the change. Remove the lock in the Azure portal, or ask who set it.',
      ),
  },
  {
    codes: ['RequestDisallowedByPolicy'],
    reason: 'permission',
    say: () => l10n.t('An Azure policy forbids the change. Ask who is responsible for the subscription’s policies.'),
  },
  {
    codes: ['AuthorizationFailed', 'LinkedAuthorizationFailed'],
    reason: 'permission',
    say: () =>
      l10n.t(
        'Ask for the role “SQL Managed Instance Contributor” on the managed instance, or for a role with this action. A new role takes some minutes to become effective.',
      ),
  },
  {
    codes: [
      'ExpiredAuthenticationToken',
      'AuthenticationFailed',
      'InvalidAuthenticationToken',
      'AuthenticationFailedMissingToken',
    ],
    reason: 'loginFailed',
    say: () => l10n.t('Sign in to Azure again.'),
  },
  {
    codes: ['InvalidAuthenticationTokenTenant'],
    reason: 'loginFailed',
    say: () =>
      l10n.t(
        'The account was signed in to another directory (tenant) than the subscription’s. Choose the subscription’s tenant.',
      ),
  },
  {
    codes: ['InvalidAuthenticationTokenAudience'],
    reason: 'loginFailed',
    say: () => l10n.t('The token was made for another service or another Azure cloud. Check which cloud is chosen.'),
  },
  {
    codes: [
      'TooManyRequests',
      'SubscriptionTooManyRequests',
      'SubscriptionTooManyCreateUpdateRequests',
      'SubscriptionRequestsThrottled',
      'DatabaseUnavailable',
      'RequestTimeout',
      'GatewayTimeout',
      'GatewayInternalServerError',
      'InternalServerError',
      'ServerTimeout',
      'ServiceUnavailable',
      'ServerBusy',
    ],
    transient: true,
    say: () => l10n.t('Azure is busy at this moment. Try again in a minute.'),
  },
  {
    codes: ['NoRegisteredProviderFound', 'InvalidResourceType', 'InvalidApiVersionParameter'],
    reason: 'unsupported',
    say: () => l10n.t('This Azure cloud does not offer the version of the link’s interface that is needed.'),
  },
];

const BY_CODE = new Map(ENTRIES.flatMap(entry => entry.codes.map(code => [code.toLowerCase(), entry] as const)));

/** By Azure's error code, whatever its casing; else by HTTP status (409, 429 and 5xx pass). */
export function azureAdviceFor(status: number, code: string | undefined): AzureAdvice {
  const entry = code === undefined ? undefined : BY_CODE.get(code.toLowerCase());
  if (entry)
    return {
      ...(entry.reason && { reason: entry.reason }),
      ...(entry.transient && { transient: true }),
      advice: entry.say(),
    };
  switch (status) {
    case 401:
      return { reason: 'loginFailed', advice: l10n.t('Sign in to Azure again.') };
    case 403:
      return {
        reason: 'permission',
        advice: l10n.t('Ask for the role “SQL Managed Instance Contributor” on the managed instance.'),
      };
    case 404:
      return { reason: 'notFound' };
    case 409:
      return {
        transient: true,
        advice: l10n.t('Another operation is in the way. Wait for it to finish, then try again.'),
      };
    default:
      return status === 408 || status === 429 || status >= 500
        ? { transient: true, advice: l10n.t('Azure is busy at this moment. Try again in a minute.') }
        : {};
  }
}
