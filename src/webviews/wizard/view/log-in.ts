import * as l10n from '@vscode/l10n';
import { neededActions } from '../../../failover/statements.ts';
import type { Fact, Notice, PageViewOf } from '../../messages.ts';
import { keepsLink, linkOf } from '../facts.ts';
import type { InstanceSearch, Model } from '../model.ts';
import { problemNotice, role } from './format.ts';

type Found = Extract<InstanceSearch, { state: 'found' }>;
type LogInView = PageViewOf<'logIn'>;

/** `choices`: the ways of signing in that the host offers. */
export function logInView(model: Model): LogInView {
  const { logIn } = model;
  const { signedIn, instance } = logIn;
  const found = instance.state === 'found' ? instance : undefined;
  return {
    page: 'logIn',
    lead: keepsLink(model)
      ? l10n.t(
          'The link is changed in Azure too, so the failover needs an account that may change {0}.',
          instanceOfLink(model),
        )
      : l10n.t(
          'The link is cut in Azure, so the failover needs an account that may change {0}.',
          instanceOfLink(model),
        ),
    choices: model.signInChoices.map(c => ({
      kind: c.kind,
      label: c.label,
      description: c.description,
      used: signedIn !== undefined && logIn.choice?.kind === c.kind,
    })),
    choicesEnabled: logIn.busy === undefined,
    busy: logIn.busy === undefined ? undefined : { text: logIn.busy, stop: l10n.t('Stop') },
    problem: logIn.problem && problemNotice(logIn.problem, logIn.problem.reason === 'cancelled' ? 'info' : 'error'),
    account: signedIn && {
      label: l10n.t('Signed in as'),
      value: signedIn.azure.cloud ? `${signedIn.azure.account} (${signedIn.azure.cloud})` : signedIn.azure.account,
    },
    tenant: tenants(model),
    subscription: subscriptions(model),
    searchAll: searchAll(model),
    outcome: outcome(model),
    instance: found && { title: l10n.t('Managed instance'), facts: instanceFacts(found) },
    permissions: found && permissions(found),
    reading: found && reading(found),
  };
}

const instanceOfLink = (model: Model): string => linkOf(model)?.instance?.instance ?? l10n.t('the managed instance');

function tenants({ logIn }: Model): LogInView['tenant'] {
  if (!logIn.signedIn || logIn.tenants.length === 0) return undefined;
  return {
    label: l10n.t('Tenant'),
    placeholder: l10n.t('Choose a tenant'),
    options: logIn.tenants.map(t => ({ id: t.tenantId, label: t.displayName || t.tenantId })),
    chosen: logIn.tenantId,
  };
}

function subscriptions({ logIn }: Model): LogInView['subscription'] {
  if (!logIn.signedIn || logIn.subscriptions.length === 0) return undefined;
  return {
    label: l10n.t('Subscription'),
    placeholder: l10n.t('Choose a subscription'),
    options: logIn.subscriptions.map(s => ({ id: s.subscriptionId, label: s.displayName || s.subscriptionId })),
    chosen: logIn.subscriptionId,
  };
}

function searchAll({ logIn }: Model): string | undefined {
  const { subscriptions, instance, busy } = logIn;
  if (!logIn.signedIn || busy !== undefined || subscriptions.length < 2 || instance.state === 'found') return undefined;
  if (instance.state === 'notFound' && instance.searched.length + instance.unread.length === subscriptions.length)
    return undefined;
  return l10n.t('Search all {0} subscriptions', subscriptions.length);
}

function outcome(model: Model): Notice[] {
  const { instance, busy, signedIn, subscriptions } = model.logIn;
  if (instance.state === 'found') return linkTrouble(model, instance);
  const endpoint = linkOf(model)?.instance;
  if (!signedIn || busy !== undefined || !endpoint) return [];
  if (instance.state === 'notSearched')
    return subscriptions.length === 0
      ? []
      : [
          {
            tone: 'info',
            title: l10n.t('Where is {0}?', endpoint.instance),
            detail: l10n.t('Choose its subscription, or search all of them.'),
          },
        ];
  const names = instance.searched.map(s => s.displayName || s.subscriptionId);
  const where = names.length > 5 ? l10n.t('{0} subscriptions', names.length) : names.join(', ');
  const notFound: Notice[] =
    names.length === 0
      ? []
      : [
          {
            tone: 'error',
            title: l10n.t('{0} was not found', endpoint.instance),
            detail: l10n.t(
              'Looked in {0} for an instance with the address {1}.',
              where,
              endpoint.fullyQualifiedDomainName,
            ),
            advice: l10n.t('Choose another subscription or tenant, or ask for the Reader role on the instance.'),
          },
        ];
  const unread = instance.unread.map(u => ({
    ...problemNotice(u.problem, 'warning'),
    title: l10n.t('{0} could not be searched', u.subscription.displayName || u.subscription.subscriptionId),
    detail: u.problem.message,
  }));
  return [...notFound, ...unread];
}

/** The instance is there, but its link is not, or cannot be read. */
function linkTrouble(model: Model, { instance, link }: Found): Notice[] {
  if (link.state === 'unseen') return [problemNotice(link.problem)];
  if (link.state !== 'seen' || link.value !== 'absent') return [];
  return [
    {
      tone: 'error',
      title: l10n.t('Azure knows no link named {0} on {1}', linkOf(model)?.name ?? '', instance.name),
      detail: l10n.t('It was deleted there: the database on the instance is already independent, or gone.'),
      advice: l10n.t('Look at that database, then drop the distributed availability group on SQL Server.'),
    },
  ];
}

function instanceFacts({ instance, link }: Found): Fact[] {
  const seen = link.state === 'seen' && link.value !== 'absent' ? link.value : undefined;
  return [
    { label: l10n.t('Name'), value: instance.name },
    { label: l10n.t('Address'), value: instance.fullyQualifiedDomainName },
    { label: l10n.t('State'), value: instance.state },
    { label: l10n.t('Resource group'), value: instance.resourceGroup },
    { label: l10n.t('Region'), value: instance.location },
    { label: l10n.t('Service tier'), value: instance.tier },
    ...(seen ? [{ label: l10n.t('Role in the link'), value: role(seen.instanceRole) }] : []),
    ...(instance.databaseFormat ? [{ label: l10n.t('Update policy'), value: instance.databaseFormat }] : []),
  ];
}

function permissions({ permissions: rights }: Found): LogInView['permissions'] {
  const title = l10n.t('Permissions on the instance');
  const words = { granted: l10n.t('granted'), missing: l10n.t('missing') };
  if (rights === 'asking' || !rights.known) return undefined;
  const needed = [...new Set([...neededActions('planned'), ...neededActions('forced')])];
  const items = needed.map(action => ({ action, missing: rights.missing.includes(action) }));
  return { title, ...words, items };
}

/** How the instance will be read, and whether its rights could be told. */
function reading({ access, permissions: rights, instance }: Found): Notice | undefined {
  const unknownRights =
    rights !== 'asking' && !rights.known
      ? l10n.t(
          'Azure did not tell which permissions this account has; a missing one shows when it is needed, and then nothing is changed.',
        )
      : undefined;
  switch (access.by) {
    case 'trying':
      return undefined;
    case 'tds':
      return {
        tone: 'success',
        title: l10n.t('{0} is read directly', instance.name),
        detail: l10n.t('Its own endpoint answers, so its figures are live.'),
        advice: unknownRights,
      };
    case 'azure': {
      const { message, advice } = access.problem;
      const title = l10n.t('{0} is read through Azure only', instance.name);
      const detail = l10n.t('{0} The failover works this way too; its figures may be some seconds old.', message);
      return { tone: 'info', title, detail, advice: unknownRights ?? advice };
    }
  }
}
