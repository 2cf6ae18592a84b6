import type { TokenCredential } from '@azure/core-auth';
import * as l10n from '@vscode/l10n';
import { instancePath, linkPath, linksPath } from '../link/azure-path.ts';
import { type Clock, systemClock } from '../link/clock.ts';
import type { InstanceInAzure, LinkInAzure } from '../link/observation.ts';
import type { AzurePermissions, AzureSide, AzureSubscription, AzureTenant } from '../link/ports.ts';
import { LinkError } from '../link/problem.ts';
import type { AzureInstanceRef } from '../link/vocabulary.ts';
import { orAbsent } from './absence.ts';
import { Arm } from './arm.ts';
import { badAnswer } from './azure-error.ts';
import type { AzureCloud } from './clouds.ts';
import { allows, type Grant, instanceIn, linkIn, linksIn, permissionsIn } from './link-in-azure.ts';
import { Operations } from './operations.ts';
import { readAzureReadiness } from './readiness.ts';

export interface AzureOptions {
  readonly credential: TokenCredential;
  /** Who is signed in, as a person knows it; never a secret. */
  readonly account: string;
  readonly cloud: AzureCloud;
  /** Default: the machine's own. */
  readonly clock?: Clock;
  /** First wait before a reading is tried again; default 400 ms. */
  readonly retryDelayMs?: number;
}

/** The link's interface (failover, setRole, databases[]); @azure/arm-sql 10 is pinned to an older one for links. */
const SQL_API_VERSION = '2025-01-01';
const AUTHORIZATION_API_VERSION = '2022-04-01';

/** Resource Manager for one account. Nothing is asked until a method is called; loading this file loads the Azure SDK. */
export function connectAzure(options: AzureOptions): AzureSide {
  const arm = new Arm({
    cloud: options.cloud,
    credential: options.credential,
    retryDelayMs: options.retryDelayMs ?? 400,
  });
  const operations = new Operations(arm, options.clock ?? systemClock);
  return {
    account: options.account,
    cloud: options.cloud.name,
    tenants: signal => tenants(arm, signal),
    subscriptions: signal => subscriptions(arm, signal),
    findInstance: (subscriptionId, name, fullyQualifiedDomainName, signal) =>
      findInstance(arm, subscriptionId, name, fullyQualifiedDomainName, signal),
    permissions: (instance, actions, signal) => permissions(arm, instance, actions, signal),
    link: (instance, link, signal) =>
      orAbsent(async () => linkIn(await arm.get(linkPath(instance, link), SQL_API_VERSION, signal))),
    links: (instance, signal) => links(arm, instance, signal),
    databaseStatus: (instance, database, signal) => databaseStatus(arm, instance, database, signal),
    readiness: (instance, signal) => readAzureReadiness(arm, instance, SQL_API_VERSION, signal),
    start: (request, signal) => operations.start(request, signal),
    follow: (operation, signal) => operations.follow(operation, signal),
  };
}

function tenants(arm: Arm, signal: AbortSignal): Promise<readonly AzureTenant[]> {
  return arm.run(
    async () => {
      const found: AzureTenant[] = [];
      for await (const { tenantId, displayName } of arm.subscriptions().tenants.list({ abortSignal: signal })) {
        if (tenantId) found.push({ tenantId, displayName: displayName || tenantId });
      }
      return found;
    },
    false,
    signal,
  );
}

/** Those that take requests: not deleted, not disabled. */
function subscriptions(arm: Arm, signal: AbortSignal): Promise<readonly AzureSubscription[]> {
  return arm.run(
    async () => {
      const found: AzureSubscription[] = [];
      for await (const { subscriptionId, displayName, tenantId, state } of arm
        .subscriptions()
        .subscriptions.list({ abortSignal: signal })) {
        if (!subscriptionId || state === 'Deleted' || state === 'Disabled') continue;
        found.push({ subscriptionId, displayName: displayName || subscriptionId, tenantId: tenantId ?? '' });
      }
      return found;
    },
    false,
    signal,
  );
}

/** By FQDN if one instance has it, else by name: names are unique, but a link's endpoint may carry an address of another kind. */
async function findInstance(
  arm: Arm,
  subscriptionId: string,
  name: string,
  fqdn: string,
  signal: AbortSignal,
): Promise<InstanceInAzure | undefined> {
  const id = await arm.run(
    async () => {
      let byName: string | undefined;
      for await (const instance of arm.sql(subscriptionId).managedInstances.list({ abortSignal: signal })) {
        if (fqdn !== '' && instance.fullyQualifiedDomainName?.toLowerCase() === fqdn.toLowerCase()) return instance.id;
        if (instance.name?.toLowerCase() === name.toLowerCase()) byName = instance.id;
      }
      return byName;
    },
    false,
    signal,
  );
  if (id === undefined) return undefined;
  if (!/^\/subscriptions\/[^?#]+$/i.test(id)) throw badAnswer('id', l10n.t('not a resource id'));
  return orAbsent(async () => instanceIn(await arm.get(id, SQL_API_VERSION, signal)));
}

/** The grants of this account on the instance; not known when the account may not even read them. */
async function permissions(
  arm: Arm,
  instance: AzureInstanceRef,
  actions: readonly string[],
  signal: AbortSignal,
): Promise<AzurePermissions> {
  const grants: Grant[] = [];
  try {
    let body = await arm.get(
      `${instancePath(instance)}/providers/Microsoft.Authorization/permissions`,
      AUTHORIZATION_API_VERSION,
      signal,
    );
    for (;;) {
      const page = permissionsIn(body);
      grants.push(...page.grants);
      if (page.nextLink === undefined) break;
      body = await arm.getPage(page.nextLink, signal);
    }
  } catch (error) {
    if (error instanceof LinkError && error.problem.reason === 'permission') return { known: false, missing: [] };
    throw error;
  }
  return { known: true, missing: actions.filter(action => !allows(grants, action)) };
}

async function links(arm: Arm, instance: AzureInstanceRef, signal: AbortSignal): Promise<readonly LinkInAzure[]> {
  const found: LinkInAzure[] = [];
  let body = await arm.get(linksPath(instance), SQL_API_VERSION, signal);
  for (;;) {
    const page = linksIn(body);
    found.push(...page.links);
    if (page.nextLink === undefined) return found;
    body = await arm.getPage(page.nextLink, signal);
  }
}

const databaseStatus = (
  arm: Arm,
  { subscriptionId, resourceGroup, instance }: AzureInstanceRef,
  database: string,
  signal: AbortSignal,
): Promise<string | undefined> =>
  orAbsent(async () => {
    const found = await arm.run(
      () => arm.sql(subscriptionId).managedDatabases.get(resourceGroup, instance, database, { abortSignal: signal }),
      false,
      signal,
    );
    return found.status ?? '';
  });
