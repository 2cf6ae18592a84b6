import type { ArmError, LabAzure, LabAzureInstance, LabAzureLink } from '../../../src/lab/engine/contract.ts';

/** A hand-made Azure behind the HTTP layer under test: what it holds is plain data, what is asked of it is written down. */
export interface SmallAzure extends LabAzure {
  link: LabAzureLink | undefined;
  readonly asked: string[];
  readonly requests: { readonly method: string; readonly url: string; readonly status: number }[];
  /** The next change waits until this resolves. */
  gate: Promise<void>;
  /** The next change fails so: at once, or after the gate. */
  refusal: { readonly error: ArmError; readonly when: 'atOnce' | 'later' } | undefined;
  fault: ReturnType<LabAzure['takeFault']>;
  notActions: string[];
  retryAfterSeconds: number;
}

export const subscriptionId = '11111111-2222-4333-8444-555555555555';
export const tenantId = '99999999-2222-4333-8444-555555555555';

const instance = (name: string, resourceGroup: string, subscription: string): LabAzureInstance => ({
  id: `/subscriptions/${subscription}/resourceGroups/${resourceGroup}/providers/Microsoft.Sql/managedInstances/${name}`,
  name,
  resourceGroup,
  subscriptionId: subscription,
  location: 'westeurope',
  state: 'Ready',
  fullyQualifiedDomainName: `${name}.1b4e2caff2530.database.windows.net`,
  dnsZone: '1b4e2caff2530',
  databaseFormat: 'SQLServer2022',
  tier: 'GeneralPurpose',
  vCores: 8,
  storageSizeInGB: 1024,
  hybridSecondaryUsage: 'Passive',
  administratorLogin: 'dba',
  publicDataEndpointEnabled: false,
});

export const aLink = (): LabAzureLink => ({
  id: `${instance('mi-one', 'rg-Sales', subscriptionId).id}/distributedAvailabilityGroups/DAG_Sales`,
  name: 'DAG_Sales',
  distributedAvailabilityGroupId: 'c856cff5-a6fe-418e-8894-17799cc20f5d',
  replicationMode: 'Async',
  instanceLinkRole: 'Secondary',
  partnerLinkRole: 'Primary',
  partnerAvailabilityGroupName: 'AG_Sales',
  partnerEndpoint: 'TCP://SQLPROD01:5022',
  instanceAvailabilityGroupName: 'mi-one',
  failoverMode: 'None',
  seedingMode: 'Automatic',
  databases: [
    {
      databaseName: 'Sales',
      instanceReplicaId: '4713ed91-1e8c-497d-9bd4-d8a3935ae49a',
      partnerReplicaId: '8ffa9723-a1ec-4323-b929-c4aedee3894b',
      replicaState: 'Catchup',
      seedingProgress: '80%',
      synchronizationHealth: 'HEALTHY',
      connectedState: 'CONNECTED',
      lastReceivedLsn: '71000009407900001',
      lastReceivedTime: Date.UTC(2026, 0, 2),
      lastSentLsn: '71000009407900001',
      lastSentTime: Date.UTC(2026, 0, 2),
      lastCommitLsn: '71000009407900004',
      lastCommitTime: Date.UTC(2026, 0, 2),
      lastHardenedLsn: '71000009408100001',
      lastHardenedTime: Date.UTC(2026, 0, 2),
      lastBackupLsn: '71000009405700001',
      lastBackupTime: Date.UTC(2026, 0, 2),
      mostRecentLinkError: '',
      partnerAuthCertValidity: { certificateName: 'LinkCert', expiryDate: Date.UTC(2027, 0, 2) },
      instanceSendReplicationLagSeconds: 1,
      instanceRedoReplicationLagSeconds: 1,
    },
  ],
});

/** Two subscriptions, three instances; mi-one in rg-Sales has the link. */
export const smallAzure = (): SmallAzure => {
  const other = '22222222-2222-4333-8444-555555555555';
  const instances = [
    instance('mi-one', 'rg-Sales', subscriptionId),
    instance('mi-two', 'rg-Other', subscriptionId),
    instance('mi-far', 'rg-Far', other),
  ];
  const change = async (asked: string, effect: () => void): Promise<void> => {
    azure.asked.push(asked);
    const { refusal } = azure;
    if (refusal?.when === 'atOnce') throw refusal.error;
    await azure.gate;
    if (refusal) throw refusal.error;
    effect();
  };
  const update = (changes: Partial<LabAzureLink>) => {
    if (azure.link) azure.link = { ...azure.link, ...changes };
  };
  const azure: SmallAzure = {
    tenantId,
    tenantName: 'Practice directory',
    subscriptions: [
      { subscriptionId, displayName: 'Production' },
      { subscriptionId: other, displayName: 'Elsewhere' },
    ],
    link: aLink(),
    asked: [],
    requests: [],
    gate: Promise.resolve(),
    refusal: undefined,
    fault: undefined,
    notActions: [],
    retryAfterSeconds: 0,
    instances: id => instances.filter(candidate => candidate.subscriptionId === id),
    links: id => (id === instances[0]?.id && azure.link ? [azure.link] : []),
    databases: () => [
      { name: 'Sales', status: 'Online', createdAt: Date.UTC(2026, 0, 1), collation: 'SQL_Latin1_General_CP1_CI_AS' },
    ],
    permissions: () => [{ actions: ['*'], notActions: azure.notActions }],
    setReplicationMode: (id, link, mode) =>
      change(`mode ${id.split('/').at(-1)} ${link} ${mode}`, () => update({ replicationMode: mode })),
    deleteLink: async (id, link) => {
      await change(`delete ${id.split('/').at(-1)} ${link}`, () => {
        azure.link = undefined;
      });
      return true;
    },
    failOver: (_id, link, type) =>
      change(`failOver ${link} ${type}`, () => update({ instanceLinkRole: 'Primary', partnerLinkRole: 'Secondary' })),
    setRole: (_id, link, role, type) =>
      change(`setRole ${link} ${role} ${type}`, () => update({ instanceLinkRole: role })),
    takeFault: () => {
      const { fault } = azure;
      azure.fault = undefined;
      return fault;
    },
    recordRequest: (method, url, status) => void azure.requests.push({ method, url, status }),
  };
  return azure;
};
