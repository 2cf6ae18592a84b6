import type { LabAzure, LabAzureInstance, LabAzureLink } from '../engine/contract.ts';
import { linkShape, showsUpdatePolicy } from './versions.ts';

/** What the engine knows, in Resource Manager's shapes (facts/arm, mi-link.md 3.2 and 3.5). Absent facts are absent properties, as in the real service. */
type Json = Readonly<Record<string, unknown>>;
type LinkDatabase = LabAzureLink['databases'][number];

const time = (ms: number | undefined): string | undefined =>
  ms === undefined ? undefined : new Date(ms).toISOString();

const withoutAbsent = (properties: Json): Json =>
  Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined));

const subscriptionPath = (instance: LabAzureInstance) => `/subscriptions/${instance.subscriptionId}`;

/** A managed instance. */
export const instanceShape = (instance: LabAzureInstance, apiVersion: string): Json => {
  const general = instance.tier === 'GeneralPurpose';
  return {
    id: instance.id,
    name: instance.name,
    type: 'Microsoft.Sql/managedInstances',
    location: instance.location,
    tags: { environment: 'PRACTICE' },
    sku: { name: general ? 'GP_Gen5' : 'BC_Gen5', tier: instance.tier, family: 'Gen5', capacity: instance.vCores },
    properties: {
      provisioningState: 'Succeeded',
      state: instance.state,
      fullyQualifiedDomainName: instance.fullyQualifiedDomainName,
      administratorLogin: instance.administratorLogin,
      subnetId: `${subscriptionPath(instance)}/resourceGroups/${instance.resourceGroup}/providers/Microsoft.Network/virtualNetworks/vnet-${instance.name}/subnets/ManagedInstance`,
      licenseType: 'LicenseIncluded',
      vCores: instance.vCores,
      storageSizeInGB: instance.storageSizeInGB,
      collation: 'SQL_Latin1_General_CP1_CI_AS',
      dnsZone: instance.dnsZone,
      publicDataEndpointEnabled: instance.publicDataEndpointEnabled,
      proxyOverride: 'Proxy',
      timezoneId: 'UTC',
      minimalTlsVersion: '1.2',
      currentBackupStorageRedundancy: 'Geo',
      requestedBackupStorageRedundancy: 'Geo',
      zoneRedundant: false,
      maintenanceConfigurationId: `${subscriptionPath(instance)}/providers/Microsoft.Maintenance/publicMaintenanceConfigurations/SQL_Default`,
      privateEndpointConnections: [],
      ...(showsUpdatePolicy(apiVersion) && {
        databaseFormat: instance.databaseFormat,
        hybridSecondaryUsage: instance.hybridSecondaryUsage,
        externalGovernanceStatus: 'Disabled',
      }),
    },
  };
};

/** A database on an instance. */
export const databaseShape = (
  instance: LabAzureInstance,
  database: ReturnType<LabAzure['databases']>[number],
): Json => ({
  id: `${instance.id}/databases/${database.name}`,
  name: database.name,
  type: 'Microsoft.Sql/managedInstances/databases',
  location: instance.location,
  properties: { collation: database.collation, status: database.status, creationDate: time(database.createdAt) },
});

const linkDatabaseShape = (database: LinkDatabase): Json =>
  withoutAbsent({
    databaseName: database.databaseName,
    instanceReplicaId: database.instanceReplicaId,
    partnerReplicaId: database.partnerReplicaId,
    replicaState: database.replicaState,
    seedingProgress: database.seedingProgress,
    synchronizationHealth: database.synchronizationHealth,
    connectedState: database.connectedState,
    lastReceivedLsn: database.lastReceivedLsn,
    lastReceivedTime: time(database.lastReceivedTime),
    lastSentLsn: database.lastSentLsn,
    lastSentTime: time(database.lastSentTime),
    lastCommitLsn: database.lastCommitLsn,
    lastCommitTime: time(database.lastCommitTime),
    lastHardenedLsn: database.lastHardenedLsn,
    lastHardenedTime: time(database.lastHardenedTime),
    lastBackupLsn: database.lastBackupLsn,
    lastBackupTime: time(database.lastBackupTime),
    mostRecentLinkError: database.mostRecentLinkError,
    partnerAuthCertValidity: database.partnerAuthCertValidity && {
      certificateName: database.partnerAuthCertValidity.certificateName,
      expiryDate: time(database.partnerAuthCertValidity.expiryDate),
    },
    instanceSendReplicationLagSeconds: database.instanceSendReplicationLagSeconds,
    instanceRedoReplicationLagSeconds: database.instanceRedoReplicationLagSeconds,
  });

const newLinkProperties = (link: LabAzureLink): Json => ({
  distributedAvailabilityGroupName: link.name,
  distributedAvailabilityGroupId: link.distributedAvailabilityGroupId,
  replicationMode: link.replicationMode,
  partnerLinkRole: link.partnerLinkRole,
  partnerAvailabilityGroupName: link.partnerAvailabilityGroupName,
  partnerEndpoint: link.partnerEndpoint,
  instanceLinkRole: link.instanceLinkRole,
  instanceAvailabilityGroupName: link.instanceAvailabilityGroupName,
  failoverMode: link.failoverMode,
  seedingMode: link.seedingMode,
  databases: link.databases.map(linkDatabaseShape),
});

/** The old shape knows one database and no roles: primary and secondary are told by the order of the group names. */
const oldLinkProperties = (link: LabAzureLink): Json => {
  const [database] = link.databases;
  const instanceLeads = link.instanceLinkRole === 'Primary';
  return withoutAbsent({
    targetDatabase: database?.databaseName,
    sourceEndpoint: link.partnerEndpoint,
    primaryAvailabilityGroupName: instanceLeads
      ? link.instanceAvailabilityGroupName
      : link.partnerAvailabilityGroupName,
    secondaryAvailabilityGroupName: instanceLeads
      ? link.partnerAvailabilityGroupName
      : link.instanceAvailabilityGroupName,
    replicationMode: link.replicationMode,
    distributedAvailabilityGroupId: link.distributedAvailabilityGroupId,
    sourceReplicaId: instanceLeads ? database?.instanceReplicaId : database?.partnerReplicaId,
    targetReplicaId: instanceLeads ? database?.partnerReplicaId : database?.instanceReplicaId,
    linkState: database?.replicaState,
    lastHardenedLsn: database?.lastHardenedLsn,
  });
};

/** A link, in the shape of the api-version asked for. */
export const linkResource = (link: LabAzureLink, apiVersion: string) => ({
  id: link.id,
  name: link.name,
  type: 'Microsoft.Sql/managedInstances/distributedAvailabilityGroups',
  properties: linkShape(apiVersion) === 'old' ? oldLinkProperties(link) : newLinkProperties(link),
});
