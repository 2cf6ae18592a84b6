import * as l10n from '@vscode/l10n';
import { sameName } from '../link/names.ts';
import type {
  DatabaseSummary,
  InstanceInAzure,
  LinkInAzure,
  LinkSummary,
  ServerIdentity,
} from '../link/observation.ts';
import { LinkError } from '../link/problem.ts';
import type { LinkTarget } from '../link/vocabulary.ts';

/** The links of a database that can be failed over with this tool, or why there is none. */
export function linksOf(database: DatabaseSummary): {
  readonly usable: readonly LinkSummary[];
  readonly whyNot: string | undefined;
} {
  const usable = database.links.filter(l => l.instance !== undefined);
  if (usable.length > 0) return { usable, whyNot: undefined };
  const [other] = database.links;
  if (other)
    return {
      usable,
      whyNot: l10n.t(
        '{0} is in the distributed availability group {1}, but its partner is not an Azure SQL Managed Instance.',
        database.name,
        other.name,
      ),
    };
  return { usable, whyNot: l10n.t('{0} is not part of a Managed Instance link.', database.name) };
}

/**
 * Fixes what a failover is about: the link, all databases that move with it, and where the instance is in Azure.
 * Throws LinkError 'notManagedInstance' when the link's endpoint names no managed instance.
 */
export function targetOf(
  server: ServerIdentity,
  link: LinkSummary,
  databasesOfServer: readonly DatabaseSummary[],
  instance: InstanceInAzure,
  inAzure?: LinkInAzure,
): LinkTarget {
  if (!link.instance) {
    throw new LinkError({
      reason: 'notManagedInstance',
      venue: 'sqlServer',
      message: l10n.t('The partner of the link {0} is not an Azure SQL Managed Instance.', link.name),
    });
  }
  return {
    link: link.name,
    linkId: link.id,
    availabilityGroup: link.availabilityGroup,
    instanceAvailabilityGroup: link.instanceAvailabilityGroup,
    databases: databasesOfLink(link, databasesOfServer, inAzure),
    sqlServer: { name: server.name, version: server.version },
    instance: { name: instance.name, fullyQualifiedDomainName: instance.fullyQualifiedDomainName },
    azure: { subscriptionId: instance.subscriptionId, resourceGroup: instance.resourceGroup, instance: instance.name },
  };
}

/**
 * All databases that this link carries: they fail over together. Azure knows them for certain; before it was asked, those of the availability group count,
 * of which a link may carry only one.
 */
export function databasesOfLink(
  link: LinkSummary,
  all: readonly DatabaseSummary[],
  inAzure: LinkInAzure | undefined,
): readonly string[] {
  if (inAzure && inAzure.databases.length > 0) return inAzure.databases.map(d => d.name);
  return all.filter(d => d.links.some(l => sameName(l.name, link.name))).map(d => d.name);
}

/**
 * The same for a disaster: SQL Server cannot be asked, everything is what Azure tells of the link. The name of SQL Server is not known there; its availability
 * group stands for it, and its version is ''.
 */
export const targetFromAzure = (instance: InstanceInAzure, link: LinkInAzure): LinkTarget => ({
  link: link.name,
  linkId: link.id,
  availabilityGroup: link.partnerAvailabilityGroup,
  instanceAvailabilityGroup: link.instanceAvailabilityGroup,
  databases: link.databases.map(d => d.name),
  sqlServer: { name: l10n.t('SQL Server of {0}', link.partnerAvailabilityGroup), version: '' },
  instance: { name: instance.name, fullyQualifiedDomainName: instance.fullyQualifiedDomainName },
  azure: { subscriptionId: instance.subscriptionId, resourceGroup: instance.resourceGroup, instance: instance.name },
});
