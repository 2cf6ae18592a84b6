import { readFile } from 'node:fs/promises';
import { connectAzure } from '../azure/azure.ts';
import { customCloud } from '../azure/clouds.ts';
import { practiceCredential } from '../azure/credential.ts';
import { linksOf, targetOf } from '../failover/discover.ts';
import type { Sides } from '../failover/sides.ts';
import type { SqlSide } from '../link/ports.ts';
import type { LinkTarget } from '../link/vocabulary.ts';
import { connectSql } from '../sql/connect.ts';
import type { LabDescription } from './lab-description.ts';
import { labServer } from './lab-server.ts';

/** Connections to both sides of the lab's link, and what the failover is about. The instance is undefined where it cannot be reached. */
export async function connectToLab(
  lab: LabDescription,
  signal: AbortSignal,
): Promise<{ readonly sides: Sides; readonly target: LinkTarget }> {
  const sqlServer = await connectSql(await labServer(lab, 'sqlServer', 'SQL Server'), signal);
  const certificateAuthority = await readFile(lab.azure.certificateFile, 'utf8');
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
  const instance: SqlSide | undefined = await connectSql(
    await labServer(lab, 'managedInstance', 'managed instance'),
    signal,
  ).catch(() => undefined);
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
