import type { Scenario } from '../scenarios.ts';
import { administrator, dnsZone, instanceName } from './company.ts';
import type { LabAzureInstance } from './contract.ts';
import type { Random } from './random.ts';

/** A directory with two subscriptions and three managed instances; the first one is the practice instance. */
export function azureResources(scenario: Scenario, random: Random) {
  const subscriptions = [
    { subscriptionId: random.uuid().toLowerCase(), displayName: 'Production' },
    { subscriptionId: random.uuid().toLowerCase(), displayName: 'Sandbox' },
  ] as const;
  const instance = (
    name: string,
    subscriptionId: string,
    resourceGroup: string,
    location: string,
    zone: string,
  ): LabAzureInstance => ({
    id: `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Sql/managedInstances/${name}`,
    name,
    resourceGroup,
    subscriptionId,
    location,
    state: 'Ready',
    fullyQualifiedDomainName: `${name}.${zone}.database.windows.net`,
    dnsZone: zone,
    databaseFormat: scenario.updatePolicy,
    tier: 'GeneralPurpose',
    vCores: 8,
    storageSizeInGB: 512,
    hybridSecondaryUsage: 'Active',
    administratorLogin: administrator,
    publicDataEndpointEnabled: false,
  });
  const [production, sandbox] = subscriptions;
  return {
    tenantId: random.uuid().toLowerCase(),
    subscriptions,
    instances: [
      instance(instanceName, production.subscriptionId, 'rg-data-prod', 'westeurope', dnsZone),
      instance('mi-reporting-weu', production.subscriptionId, 'rg-data-prod', 'westeurope', dnsZone),
      instance('mi-test-neu', sandbox.subscriptionId, 'rg-sandbox', 'northeurope', '2b94e01c77f5'),
    ] as const,
  };
}
