import * as l10n from '@vscode/l10n';
import { parseBuild, productName } from '../../../link/version.ts';
import type { Fact, Notice, PageViewOf } from '../../messages.ts';
import {
  databaseNames,
  databasesOf,
  instanceName,
  keepingWay,
  keepsLink,
  linkOf,
  serverBlocks,
  serverName,
  usableLinks,
} from '../facts.ts';
import type { Model } from '../model.ts';
import { findingNotice, problemNotice, role } from './format.ts';

export function introductionView(model: Model): PageViewOf<'introduction'> {
  return {
    page: 'introduction',
    lead: l10n.t(
      'This wizard fails over a database from SQL Server to Azure SQL Managed Instance over the Managed Instance link. Nothing is changed before the page Executing actions.',
    ),
    busy: busy(model),
    ...problem(model),
    facts: { title: l10n.t('What fails over'), facts: facts(model) },
    link: linkChoice(model),
    blocks: blocks(model),
    effects: { title: l10n.t('What will happen'), items: effects(model) },
  };
}

function busy({ opening, look, start }: Model): string | undefined {
  if (opening.state === 'working') return l10n.t('Connecting to {0}…', start.server.label);
  return look.state === 'looking' ? l10n.t('Looking at the link…') : undefined;
}

function problem({ opening, look }: Model): { problem?: Notice; retry?: string } {
  const failed = opening.state === 'failed' ? opening.problem : look.state === 'failed' ? look.problem : undefined;
  return failed ? { problem: problemNotice(failed), retry: l10n.t('Try again') } : {};
}

function facts(model: Model): Fact[] {
  const { opening, start } = model;
  const server =
    opening.state === 'ready'
      ? l10n.t('{0} ({1}, {2})', opening.identity.name, product(opening.identity.version), opening.identity.version)
      : start.server.label;
  const link = linkOf(model);
  const several = databasesOf(model).length > 1;
  return [
    { label: several ? l10n.t('Databases (they move together)') : l10n.t('Database'), value: databaseNames(model) },
    { label: l10n.t('From'), value: server },
    ...(link?.instance
      ? [
          {
            label: l10n.t('To'),
            value: l10n.t('{0} ({1})', link.instance.instance, link.instance.fullyQualifiedDomainName),
          },
          { label: l10n.t('Link'), value: link.name },
          { label: l10n.t('Availability group'), value: link.availabilityGroup },
          { label: l10n.t('Role of this server'), value: role(link.localRole) },
        ]
      : []),
  ];
}

function product(version: string): string {
  try {
    return productName(parseBuild(version));
  } catch {
    return l10n.t('unknown version');
  }
}

function linkChoice(model: Model): PageViewOf<'introduction'>['link'] {
  const { usable } = usableLinks(model);
  if (usable.length < 2) return undefined;
  return {
    label: l10n.t('This database has several links. Fail over:'),
    placeholder: l10n.t('Choose a link'),
    options: usable.map(l => ({ id: l.name, label: l10n.t('{0} → {1}', l.name, l.instance?.instance ?? '') })),
    chosen: linkOf(model)?.name,
  };
}

function blocks(model: Model): Notice[] {
  const { whyNot } = usableLinks(model);
  if (whyNot) return [{ tone: 'error', title: l10n.t('This database cannot be failed over'), detail: whyNot }];
  return serverBlocks(model).map(findingNotice);
}

function effects(model: Model): string[] {
  const server = serverName(model);
  const instance = instanceName(model);
  const databases = databaseNames(model);
  return [
    l10n.t(
      'Planned: both sides are made equal first, so nothing is lost. Forced: {0} takes over with what it has.',
      instance,
    ),
    ...(keepsLink(model) ? whenKept(databases, server, instance) : whenCut(databases, server, instance)),
    ...(!keepsLink(model) && keepingWay(model)
      ? [l10n.t('On the page Failover type you can choose to keep the link instead, if both sides allow it.')]
      : []),
  ];
}

const whenCut = (databases: string, server: string, instance: string): string[] => [
  l10n.t('The link is cut. {0} on {1} becomes writable, and replication ends.', databases, instance),
  l10n.t('From then on there are two independent, writable databases: one on {0}, one on {1}.', server, instance),
  l10n.t('Applications go on using {0} until you change their connection strings.', server),
];

function whenKept(databases: string, server: string, instance: string): string[] {
  return [
    l10n.t('The link is kept, with roles reversed: {0} becomes the primary, {1} its secondary.', instance, server),
    l10n.t(
      '{0} on {1} becomes writable. The copy on {2} follows it and accepts no writes.',
      databases,
      instance,
      server,
    ),
    l10n.t('Applications cannot write on {0} any more until you change their connection strings.', server),
  ];
}
