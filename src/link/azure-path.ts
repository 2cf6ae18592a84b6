import type { AzureInstanceRef } from './vocabulary.ts';

/** Path of a managed instance in Azure Resource Manager; each segment percent-encoded. */
export function instancePath(ref: AzureInstanceRef): string {
  const [sub, group, instance] = [ref.subscriptionId, ref.resourceGroup, ref.instance].map(encodeURIComponent);
  return `/subscriptions/${sub}/resourceGroups/${group}/providers/Microsoft.Sql/managedInstances/${instance}`;
}

/** Path of the links of an instance. */
export const linksPath = (ref: AzureInstanceRef): string => `${instancePath(ref)}/distributedAvailabilityGroups`;

/** Path of one link: in Azure its name is the DAG's. */
export const linkPath = (ref: AzureInstanceRef, link: string): string =>
  `${linksPath(ref)}/${encodeURIComponent(link)}`;
