import * as l10n from '@vscode/l10n';
import { neededActions } from '../../failover/statements.ts';
import type { SignedIn, SignInChoice } from '../../hosts/contract.ts';
import type { InstanceEndpoint } from '../../link/endpoint.ts';
import type { InstanceInAzure } from '../../link/observation.ts';
import type { AzurePermissions, AzureSubscription } from '../../link/ports.ts';
import { LinkError, type Problem, problemOf } from '../../link/problem.ts';
import type { AzureInstanceRef, Venue } from '../../link/vocabulary.ts';
import { linkOf } from './facts.ts';
import { emptyLogIn, type InstanceAccess, type InstanceSearch, type Store, type UnreadSubscription } from './model.ts';
import type { WizardPorts } from './ports.ts';

/** With more subscriptions than this the person chooses where to look first. */
const SEARCHED_UNASKED = 10;

const tenantKey = (serverId: string): string => `azure.tenant.${serverId}`;
const subscriptionKey = (serverId: string): string => `azure.subscription.${serverId}`;

/** Signs in, lists where the account may look, and looks for the link's instance. Failures become `logIn.problem`. */
export async function signIn(
  store: Store,
  ports: WizardPorts,
  choice: SignInChoice,
  tenantId: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { server } = store.model.start;
  const tenant = tenantId ?? (ports.remembered.get(tenantKey(server.id)) || undefined);
  const before = store.model.logIn;
  const busy = l10n.t('Signing in…');
  store.changeLogIn({ busy, problem: undefined, tenantId: tenantId ?? before.tenantId });
  await asProblem(store, signal, async () => {
    const signedIn = await signInTo(store, ports, choice, tenant, signal).catch(async (error: unknown) => {
      // Who was signed in before still is. A remembered tenant may be the reason: the next try goes without it.
      if (!signal.aborted) store.changeLogIn({ tenantId: before.tenantId });
      if (!tenantId && tenant) await ports.remembered.set(tenantKey(server.id), '');
      throw error;
    });
    await dropInstance(store);
    const tenants = tenantId ? before.tenants : [];
    store.change({
      observation: undefined,
      logIn: { ...emptyLogIn, choice, tenants, signedIn, tenantId: signedIn.tenantId ?? tenant, busy },
    });
    await listSubscriptions(store, ports, signal);
    await findWhereLikely(store, ports, signal);
  });
}

async function signInTo(
  store: Store,
  ports: WizardPorts,
  choice: SignInChoice,
  tenant: string | undefined,
  signal: AbortSignal,
): Promise<SignedIn> {
  const signedIn = await ports.signIn.signIn(choice, store.model.start.server, tenant, signal);
  signal.throwIfAborted();
  return signedIn;
}

async function listSubscriptions(store: Store, ports: WizardPorts, signal: AbortSignal): Promise<void> {
  const { signedIn } = store.model.logIn;
  if (!signedIn) return;
  store.changeLogIn({ busy: l10n.t('Reading tenants and subscriptions…') });
  const [tenants, all] = await Promise.all([signedIn.azure.tenants(signal), signedIn.azure.subscriptions(signal)]);
  signal.throwIfAborted();
  const tenantId = store.model.logIn.tenantId ?? (tenants.length === 1 ? tenants[0]?.tenantId : undefined);
  const subscriptions = tenantId ? all.filter(s => s.tenantId === tenantId) : all;
  store.changeLogIn({ tenants, tenantId, subscriptions });
  const { server } = store.model.start;
  if (tenantId) await ports.remembered.set(tenantKey(server.id), tenantId);
  if (subscriptions.length > 0) return;
  throw new LinkError({
    reason: 'notFound',
    venue: 'azure',
    message: l10n.t('{0} sees no subscription in this tenant.', signedIn.azure.account),
    advice: l10n.t('Choose another tenant, sign in with another account, or ask for the Reader role on the instance.'),
  });
}

/** First where it was found last time; otherwise everywhere, if that is few. */
async function findWhereLikely(store: Store, ports: WizardPorts, signal: AbortSignal): Promise<void> {
  const { subscriptions } = store.model.logIn;
  const last = ports.remembered.get(subscriptionKey(store.model.start.server.id));
  const likely = subscriptions.find(s => s.subscriptionId === last);
  if (likely) await findIn(store, ports, [likely], signal);
  else if (subscriptions.length <= SEARCHED_UNASKED) await findIn(store, ports, subscriptions, signal);
}

/** Looks for the link's instance in these subscriptions, in order, until it is found. */
export async function findInstance(
  store: Store,
  ports: WizardPorts,
  subscriptions: readonly AzureSubscription[],
  signal: AbortSignal,
): Promise<void> {
  await dropInstance(store);
  store.change({ observation: undefined });
  store.changeLogIn({ problem: undefined, instance: { state: 'notSearched' } });
  await asProblem(store, signal, () => findIn(store, ports, subscriptions, signal));
}

async function findIn(
  store: Store,
  ports: WizardPorts,
  subscriptions: readonly AzureSubscription[],
  signal: AbortSignal,
): Promise<void> {
  const endpoint = linkOf(store.model)?.instance;
  const { signedIn } = store.model.logIn;
  if (!endpoint || !signedIn) return;
  const unread: UnreadSubscription[] = [];
  for (const [index, subscription] of subscriptions.entries()) {
    const { subscriptionId, displayName } = subscription;
    const of = subscriptions.length > 1 ? ` ${l10n.t('({0} of {1})', index + 1, subscriptions.length)}` : '';
    store.changeLogIn({
      subscriptionId,
      busy: `${l10n.t('Looking for {0} in {1}…', endpoint.instance, displayName)}${of}`,
    });
    const instance = await lookIn(signedIn, subscription, endpoint, unread, signal);
    if (!instance) continue;
    await ports.remembered.set(subscriptionKey(store.model.start.server.id), subscriptionId);
    return explore(store, signedIn, instance, signal);
  }
  const unreadIds = new Set(unread.map(u => u.subscription.subscriptionId));
  const searched = subscriptions.filter(s => !unreadIds.has(s.subscriptionId));
  store.changeLogIn({
    instance: { state: 'notFound', searched, unread },
    subscriptionId: subscriptions.length === 1 ? subscriptions[0]?.subscriptionId : undefined,
  });
}

/** A subscription that cannot be read is told and passed over: the instance may be in another one. */
async function lookIn(
  signedIn: SignedIn,
  subscription: AzureSubscription,
  endpoint: InstanceEndpoint,
  unread: UnreadSubscription[],
  signal: AbortSignal,
): Promise<InstanceInAzure | undefined> {
  try {
    return await signedIn.azure.findInstance(
      subscription.subscriptionId,
      endpoint.instance,
      endpoint.fullyQualifiedDomainName,
      signal,
    );
  } catch (error) {
    signal.throwIfAborted();
    unread.push({ subscription, problem: problemOf(error, 'azure') });
    return undefined;
  }
}

type Found = Extract<InstanceSearch, { state: 'found' }>;

/** Asks for the account's rights and for the link as Azure has it, and tries the instance's own endpoint, all at the same time. */
async function explore(
  store: Store,
  signedIn: SignedIn,
  instance: InstanceInAzure,
  signal: AbortSignal,
): Promise<void> {
  let found: Found = {
    state: 'found',
    instance,
    permissions: 'asking',
    link: { state: 'notAsked' },
    access: { by: 'trying' },
  };
  const learn = (patch: Partial<Found>): void => {
    if (signal.aborted) return;
    found = { ...found, ...patch };
    store.changeLogIn({ instance: found });
  };
  store.changeLogIn({ instance: found, busy: l10n.t('Checking permissions and the way to {0}…', instance.name) });
  await Promise.all([
    rights(signedIn, instance, signal).then(permissions => learn({ permissions })),
    linkInAzure(signedIn, instance, linkOf(store.model)?.name ?? '', signal).then(link => learn({ link })),
    reach(signedIn, instance, signal).then(access => learn({ access })),
  ]);
}

const refOf = ({ subscriptionId, resourceGroup, name }: InstanceInAzure): AzureInstanceRef => ({
  subscriptionId,
  resourceGroup,
  instance: name,
});

async function linkInAzure(
  signedIn: SignedIn,
  instance: InstanceInAzure,
  link: string,
  signal: AbortSignal,
): Promise<Found['link']> {
  try {
    return { state: 'seen', value: (await signedIn.azure.link(refOf(instance), link, signal)) ?? 'absent' };
  } catch (error) {
    return { state: 'unseen', problem: problemOf(error, 'azure') };
  }
}

async function rights(signedIn: SignedIn, instance: InstanceInAzure, signal: AbortSignal): Promise<AzurePermissions> {
  const actions = [...new Set([...neededActions('planned'), ...neededActions('forced')])];
  try {
    return await signedIn.azure.permissions(refOf(instance), actions, signal);
  } catch {
    return { known: false, missing: [] };
  }
}

async function reach(signedIn: SignedIn, instance: InstanceInAzure, signal: AbortSignal): Promise<InstanceAccess> {
  try {
    const side = await signedIn.connectInstance(instance, signal);
    if (!signal.aborted) return { by: 'tds', side };
    await side.close();
    return { by: 'trying' };
  } catch (error) {
    return { by: 'azure', problem: problemOf(error, 'managedInstance') };
  }
}

/** The person does not want to wait any longer: what is known so far is kept, and the instance is read through Azure. */
export function stopWaiting(store: Store): void {
  const { instance } = store.model.logIn;
  store.changeLogIn({ busy: undefined });
  if (instance.state !== 'found') return;
  const { permissions, link, access } = instance;
  const stopped = (venue: Venue): Problem => ({
    reason: 'cancelled',
    venue,
    message: l10n.t('Waiting for its answer was stopped.'),
    advice: l10n.t('Sign in again to look once more.'),
  });
  store.changeLogIn({
    instance: {
      ...instance,
      permissions: permissions === 'asking' ? { known: false, missing: [] } : permissions,
      link: link.state === 'notAsked' ? { state: 'unseen', problem: stopped('azure') } : link,
      access: access.by === 'trying' ? { by: 'azure', problem: stopped('managedInstance') } : access,
    },
  });
}

/** Forgets the instance and closes the connection to it. */
export async function dropInstance(store: Store): Promise<void> {
  const { instance } = store.model.logIn;
  store.changeLogIn({ instance: { state: 'notSearched' } });
  if (instance.state === 'found' && instance.access.by === 'tds') await instance.access.side.close();
}

async function asProblem(store: Store, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const problem = problemOf(error, 'azure');
    if (!signal.aborted) store.changeLogIn({ problem });
  } finally {
    if (!signal.aborted) store.changeLogIn({ busy: undefined });
  }
}
