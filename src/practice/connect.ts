import { readFile } from 'node:fs/promises';
import * as l10n from '@vscode/l10n';
import { connectAzure } from '../azure/azure.ts';
import { customCloud } from '../azure/clouds.ts';
import { practiceCredential } from '../azure/credential.ts';
import { linksOf, targetOf } from '../failover/discover.ts';
import type { Sides } from '../failover/sides.ts';
import type { SqlSide } from '../link/ports.ts';
import { LinkError } from '../link/problem.ts';
import type { LinkTarget } from '../link/vocabulary.ts';
import { connectSql } from '../sql/connect.ts';
import type { LabDescription } from './lab-description.ts';
import { labServer } from './lab-server.ts';

/**
 * Connections to both sides of the lab's link, and what the failover is about. The instance is undefined where it cannot be reached;
 * what was opened is closed with `closing`.
 */
export async function connectToLab(
  lab: LabDescription,
  closing: AsyncDisposableStack,
  signal: AbortSignal,
): Promise<{ readonly sides: Sides; readonly target: LinkTarget }> {
  const sqlServer = await connectSql(await labServer(lab, 'sqlServer', 'SQL Server'), signal);
  closing.defer(() => sqlServer.close());
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
  if (instance) closing.defer(() => instance.close());
  const sides: Sides = { sqlServer, instance, azure };
  return { sides, target: await findTarget(lab, sides, signal) };
}

async function findTarget(lab: LabDescription, { sqlServer, azure }: Sides, signal: AbortSignal): Promise<LinkTarget> {
  const [identity, databases] = await Promise.all([sqlServer?.identify(signal), sqlServer?.databases(signal)]);
  const [name = ''] = lab.link.databases;
  const database = databases?.find(d => d.name === name);
  const found = database && linksOf(database);
  const link = found?.usable.find(l => l.name === lab.link.dag) ?? found?.usable[0];
  if (!identity || !databases || !link)
    throw nothingToFailOver(found?.whyNot ?? l10n.t('The lab has no linked database {0}.', name));
  const endpoint = link.instance;
  const instance = await azure?.findInstance(
    lab.azure.subscriptionId,
    endpoint?.instance ?? '',
    endpoint?.fullyQualifiedDomainName ?? '',
    signal,
  );
  if (!instance) throw nothingToFailOver(l10n.t('Azure does not know the instance {0}.', endpoint?.instance ?? '?'));
  const { subscriptionId, resourceGroup, name: instanceName } = instance;
  const inAzure = await azure?.link({ subscriptionId, resourceGroup, instance: instanceName }, link.name, signal);
  return targetOf(identity, link, databases, instance, inAzure);
}

const nothingToFailOver = (message: string): LinkError =>
  new LinkError({ reason: 'notFound', venue: undefined, message });
