import { connectAzure } from '../azure/azure.ts';
import { customCloud } from '../azure/clouds.ts';
import { practiceCredential } from '../azure/credential.ts';
import { linksOf, targetOf } from '../failover/discover.ts';
import type { Sides } from '../failover/sides.ts';
import type { SqlSide } from '../link/ports.ts';
import type { LinkTarget } from '../link/vocabulary.ts';
import { connectSql, type SqlConnectOptions } from '../sql/connect.ts';
import { certificateOf, type LabDescription } from './description.ts';

const CONNECT_TIMEOUT_MS = 5_000;

/** How to reach one of the lab's servers: always encrypted, its own certificate checked. */
export function labServer(lab: LabDescription, side: 'sqlServer' | 'managedInstance'): SqlConnectOptions {
  const { host, port, user, password } = lab[side];
  return {
    side,
    label: `${host},${port}`,
    practice: true,
    server: { host, port },
    authentication: { kind: 'sqlLogin', user, password },
    encrypt: 'mandatory',
    trustServerCertificate: false,
    certificateAuthority: certificateOf(lab),
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
  };
}

/** Connections to both sides of the lab's link, and what the failover is about. The instance is undefined where it cannot be reached. */
export async function connectToLab(
  lab: LabDescription,
  signal: AbortSignal,
): Promise<{ readonly sides: Sides; readonly target: LinkTarget }> {
  const sqlServer = await connectSql(labServer(lab, 'sqlServer'), signal);
  const certificateAuthority = certificateOf(lab);
  const azure = connectAzure({
    credential: practiceCredential({ ...lab.azure, certificateAuthority }),
    account: 'practice',
    cloud: customCloud({
      name: 'Practice',
      resourceManagerEndpoint: lab.azure.resourceManager,
      authorityHost: lab.azure.authority,
      certificateAuthority,
    }),
  });
  const instance: SqlSide | undefined = await connectSql(labServer(lab, 'managedInstance'), signal).catch(
    () => undefined,
  );
  const sides: Sides = { sqlServer, instance, azure };
  return { sides, target: await findTarget(lab, sides, signal) };
}

async function findTarget(lab: LabDescription, { sqlServer, azure }: Sides, signal: AbortSignal): Promise<LinkTarget> {
  const [identity, databases] = await Promise.all([sqlServer?.identify(signal), sqlServer?.databases(signal)]);
  const [name = ''] = lab.link.databases;
  const database = databases?.find(d => d.name === name);
  const found = database && linksOf(database);
  const link = found?.usable.find(l => l.name === lab.link.dag) ?? found?.usable[0];
  if (!identity || !databases || !link) throw new Error(found?.whyNot ?? `The lab has no linked database ${name}`);
  const endpoint = link.instance;
  const instance = await azure?.findInstance(
    lab.azure.subscriptionId,
    endpoint?.instance ?? '',
    endpoint?.fullyQualifiedDomainName ?? '',
    signal,
  );
  if (!instance) throw new Error(`Azure does not know the instance ${endpoint?.instance ?? ''}`);
  return targetOf(identity, link, databases, instance);
}
