import * as l10n from '@vscode/l10n';
import * as v from 'valibot';
import { type Lsn, parseLsn } from '../link/lsn.ts';
import type { InstanceInAzure, LinkInAzure } from '../link/observation.ts';
import type { CommitMode, Role, SyncHealth } from '../link/vocabulary.ts';
import { badAnswer, jsonIn } from './azure-error.ts';

const absent = <T>(schema: v.GenericSchema<unknown, T>): v.GenericSchema<unknown, T | undefined> =>
  v.pipe(
    v.nullish(schema),
    v.transform(value => value ?? undefined),
  );

/** The specification leaves enums open (modelAsString): a value not known here is 'unknown', never an error. */
const word = <T extends string>(words: Readonly<Record<string, T>>, otherwise: T) =>
  v.pipe(
    v.nullish(v.string(), ''),
    v.transform((value): T => words[value.toLowerCase()] ?? otherwise),
  );

const role = word<Role>({ primary: 'primary', secondary: 'secondary' }, 'unknown');
const commitMode = word<CommitMode>({ sync: 'synchronous', async: 'asynchronous' }, 'unknown');
const health = word<SyncHealth>(
  { healthy: 'healthy', partially_healthy: 'partiallyHealthy', not_healthy: 'notHealthy' },
  'unknown',
);

const lsn = v.pipe(
  v.string(),
  v.regex(/^\d{1,25}$/, 'not a log sequence number'),
  v.transform((digits): Lsn => parseLsn(digits)),
);

/** date-time to Unix ms. */
const time = v.pipe(
  v.string(),
  v.transform(text => Date.parse(text)),
  v.number('not a date'),
  v.finite('not a date'),
);

const Database = v.object({
  databaseName: v.string(),
  replicaState: absent(v.string()),
  synchronizationHealth: health,
  connectedState: absent(v.string()),
  lastHardenedLsn: absent(lsn),
  lastHardenedTime: absent(time),
  lastCommitLsn: absent(lsn),
  lastBackupTime: absent(time),
  mostRecentLinkError: absent(v.string()),
  partnerAuthCertValidity: absent(v.object({ expiryDate: absent(time) })),
});

/** DistributedAvailabilityGroup, api-version 2023-08-01 and later; fields may be absent. */
const Link = v.object({
  name: v.string(),
  properties: v.object({
    distributedAvailabilityGroupName: absent(v.string()),
    distributedAvailabilityGroupId: absent(v.string()),
    replicationMode: commitMode,
    instanceLinkRole: role,
    partnerLinkRole: role,
    partnerAvailabilityGroupName: absent(v.string()),
    instanceAvailabilityGroupName: absent(v.string()),
    failoverMode: absent(v.string()),
    databases: absent(v.array(Database)),
  }),
});

const Instance = v.object({
  id: v.string(),
  name: v.string(),
  location: v.string(),
  sku: absent(v.object({ tier: absent(v.string()) })),
  properties: v.object({
    state: absent(v.string()),
    fullyQualifiedDomainName: v.string(),
    databaseFormat: absent(v.string()),
  }),
});

const page = <T>(item: v.GenericSchema<unknown, T>) => v.object({ value: v.array(item), nextLink: absent(v.string()) });

/** One page of links. Throws LinkError 'badAnswer' naming the field. */
export function linksIn(body: unknown): {
  readonly links: readonly LinkInAzure[];
  readonly nextLink: string | undefined;
} {
  const { value, nextLink } = parsed(page(Link), body);
  return { links: value.map(linkOf), nextLink };
}

export const linkIn = (body: unknown): LinkInAzure => linkOf(parsed(Link, body));

function linkOf({ name, properties: p }: v.InferOutput<typeof Link>): LinkInAzure {
  return {
    name: p.distributedAvailabilityGroupName ?? name,
    id: (p.distributedAvailabilityGroupId ?? '').toUpperCase(),
    commitMode: p.replicationMode,
    instanceRole: p.instanceLinkRole,
    partnerRole: p.partnerLinkRole,
    partnerAvailabilityGroup: p.partnerAvailabilityGroupName ?? '',
    instanceAvailabilityGroup: p.instanceAvailabilityGroupName ?? '',
    failoverMode: p.failoverMode ?? '',
    databases: (p.databases ?? []).map(d => ({
      name: d.databaseName,
      replicaState: d.replicaState ?? '',
      health: d.synchronizationHealth,
      connected: d.connectedState === undefined ? undefined : d.connectedState.toUpperCase() === 'CONNECTED',
      hardenedLsn: d.lastHardenedLsn,
      lastHardenedTime: d.lastHardenedTime,
      lastCommitLsn: d.lastCommitLsn,
      lastBackupTime: d.lastBackupTime,
      mostRecentError: d.mostRecentLinkError || undefined,
      certificateExpiry: d.partnerAuthCertValidity?.expiryDate,
    })),
  };
}

/** ManagedInstance, api-version 2025-01-01 (older ones do not tell databaseFormat). */
export function instanceIn(body: unknown): InstanceInAzure {
  const instance = parsed(Instance, body);
  const [, subscriptionId, resourceGroup] =
    /^\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)\//i.exec(instance.id) ?? [];
  if (!subscriptionId || !resourceGroup) throw badAnswer('id', l10n.t('not a resource id'));
  return {
    id: instance.id,
    name: instance.name,
    subscriptionId,
    resourceGroup,
    location: instance.location,
    fullyQualifiedDomainName: instance.properties.fullyQualifiedDomainName,
    state: instance.properties.state ?? '',
    databaseFormat: instance.properties.databaseFormat,
    tier: instance.sku?.tier ?? '',
  };
}

const Permissions = v.object({
  value: v.array(v.object({ actions: absent(v.array(v.string())), notActions: absent(v.array(v.string())) })),
  nextLink: absent(v.string()),
});

/** One page of Microsoft.Authorization/permissions: each entry grants its actions but for its notActions. */
export function permissionsIn(body: unknown): {
  readonly grants: readonly Grant[];
  readonly nextLink: string | undefined;
} {
  const { value, nextLink } = parsed(Permissions, body);
  return { grants: value.map(g => ({ actions: g.actions ?? [], notActions: g.notActions ?? [] })), nextLink };
}

export interface Grant {
  readonly actions: readonly string[];
  readonly notActions: readonly string[];
}

/** Azure RBAC: an action is allowed when one grant has it (wildcards, any casing) and the same grant does not take it away. */
export const allows = (grants: readonly Grant[], action: string): boolean =>
  grants.some(
    grant =>
      grant.actions.some(pattern => covers(pattern, action)) &&
      !grant.notActions.some(pattern => covers(pattern, action)),
  );

const covers = (pattern: string, action: string) =>
  new RegExp(`^${pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`, 'i').test(action);

const OperationStatus = v.object({ status: v.string() });

/** `status` of an Azure-AsyncOperation answer; undefined for an answer that is the resource itself, or empty. */
export function operationStatusIn(body: string | undefined): string | undefined {
  const result = v.safeParse(OperationStatus, jsonIn(body));
  return result.success ? result.output.status : undefined;
}

function parsed<T>(schema: v.GenericSchema<unknown, T>, body: unknown): T {
  const result = v.safeParse(schema, typeof body === 'string' ? jsonIn(body) : body);
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw badAnswer(v.getDotPath(issue) ?? 'body', issue.message);
}
