import { connectAzure } from '../../src/azure/azure.ts';
import { customCloud } from '../../src/azure/clouds.ts';
import { practiceCredential } from '../../src/azure/credential.ts';
import { startPracticeAzure } from '../../src/lab/arm/practice-azure.ts';
import { practiceIdentity } from '../../src/lab/arm/practice-identity.ts';
import { createCertificates } from '../../src/lab/certificate.ts';
import { createWorld } from '../../src/lab/engine/world.ts';

/** The practice lab's Azure with the world behind it, and our client signed in to it by the real @azure/identity. */
export async function practiceCloud(options: { readonly secret?: string; readonly tenant?: 'other' } = {}) {
  const world = await createWorld({ seed: 7 });
  const { authority: certificateAuthority, server } = await createCertificates([]);
  const { client, otherTenantId } = practiceIdentity(7, world.azure.tenantId);
  const cloud = await startPracticeAzure({
    azure: world.azure,
    clock: world.clock,
    tls: server,
    client,
    otherTenantId,
  });
  const { authority, resourceManager } = cloud;
  const signIn = {
    authority,
    tenantId: options.tenant === 'other' ? otherTenantId : world.azure.tenantId,
    clientId: client.clientId,
    clientSecret: options.secret ?? client.clientSecret,
    certificateAuthority,
  };
  const azure = connectAzure({
    account: 'practice',
    credential: practiceCredential(signIn),
    cloud: customCloud({
      name: 'Practice',
      resourceManagerEndpoint: resourceManager,
      authorityHost: authority,
      certificateAuthority,
    }),
    retryDelayMs: 1,
  });
  const [subscription] = world.azure.subscriptions;
  const held =
    subscription && world.azure.instances(subscription.subscriptionId).find(i => world.azure.links(i.id).length > 0);
  if (!held) throw new Error('the practice world has no linked instance');
  const close = async () => {
    await cloud.close();
    world.stop();
  };
  return {
    azure,
    world,
    cloud,
    held,
    ref: { subscriptionId: held.subscriptionId, resourceGroup: held.resourceGroup, instance: held.name },
    close,
  };
}
