import type { Scenario } from '../scenarios.ts';
import { dayMs, domain, linkedDatabase } from './company.ts';
import type { LabSide } from './contract.ts';
import type { EngineDatabase } from './database.ts';
import { type LinkEnd, type LinkMember, LocalGroup } from './groups.ts';
import type { EngineInstance } from './instance.ts';
import type { Random } from './random.ts';

/** A local availability group with one replica, this server, and one database. */
export function makeGroup(
  instance: EngineInstance,
  name: string,
  database: EngineDatabase,
  groupDatabaseId: string,
  random: Random,
): LocalGroup {
  const createdAt = instance.clock.now() - 21 * dayMs;
  const identity = {
    id: random.uuid(),
    name,
    resourceId: random.uuid().toLowerCase(),
    resourceGroupId: random.uuid().toLowerCase(),
    createdAt,
  };
  const group = new LocalGroup(identity, [
    { id: random.uuid(), serverName: instance.name, endpointUrl: instance.endpointUrl, mode: 'SYNCHRONOUS_COMMIT' },
  ]);
  instance.groups.push(group);
  join(group, database, groupDatabaseId);
  return group;
}

function join(group: LocalGroup, database: EngineDatabase, groupDatabaseId: string): void {
  group.databases.add(database);
  database.group = group;
  database.groupDatabaseId = groupDatabaseId;
}

/** The link's entries in both catalogs, members and identifiers agreeing. */
export function makeEnds(
  name: string,
  groups: Readonly<Record<LabSide, LocalGroup>>,
  scenario: Scenario,
  random: Random,
  now: number,
): Record<LabSide, LinkEnd> {
  const groupId = random.uuid();
  const replicaIds = { sqlServer: random.uuid(), managedInstance: random.uuid() };
  const member = (side: LabSide): LinkMember => ({
    replicaId: replicaIds[side],
    group: groups[side].name,
    endpointUrl: groups[side].replicas[0]?.endpointUrl ?? '',
    mode: scenario.mode,
    seedingMode: 'AUTOMATIC',
  });
  const end = (local: LabSide, remote: LabSide): LinkEnd => ({
    groupId,
    name,
    localGroup: groups[local],
    local: member(local),
    remote: member(remote),
    createdAt: now - 20 * dayMs,
    role: scenario.primary === local ? 'PRIMARY' : 'SECONDARY',
    failoverPending: false,
    requiredSynchronizedSecondaries: 0,
    connected: true,
    connectError: undefined,
    link: undefined,
  });
  const ends = { sqlServer: end('sqlServer', 'managedInstance'), managedInstance: end('managedInstance', 'sqlServer') };
  groups.sqlServer.links.add(ends.sqlServer);
  groups.managedInstance.links.add(ends.managedInstance);
  return ends;
}

/** Another server is the primary of this server's group. */
export function followNeighbour(group: LocalGroup, random: Random): void {
  const serverName = 'SQLPROD02';
  const [own] = group.replicas;
  if (!own) throw new Error(`${group.name} has no replica.`);
  group.localRole = 'SECONDARY';
  group.replicas.push({ ...own, id: random.uuid(), serverName, endpointUrl: `TCP://${serverName}.${domain}:5022` });
}

/** A second database, a listener and a link to an instance elsewhere: the group is not the link's alone. */
export function share(instance: EngineInstance, group: LocalGroup, random: Random, now: number): void {
  const stock = instance.addDatabase('Stock', { createdAt: now - 200 * dayMs });
  join(group, stock, random.uuid());
  group.listeners.push({ id: random.uuid(), dnsName: 'sql-sales', port: 1433, address: '10.20.0.40' });
  const remote = 'mi-dr-neu';
  const own = group.replicas[0];
  group.links.add({
    groupId: random.uuid(),
    name: `DAG_${linkedDatabase}_DR`,
    localGroup: group,
    local: {
      replicaId: random.uuid(),
      group: group.name,
      endpointUrl: own?.endpointUrl ?? '',
      mode: 'ASYNCHRONOUS_COMMIT',
      seedingMode: 'AUTOMATIC',
    },
    remote: {
      replicaId: random.uuid(),
      group: remote,
      endpointUrl: `tcp://${remote}.41c0de77ab12.database.windows.net:5022;Server=[${remote}]`,
      mode: 'ASYNCHRONOUS_COMMIT',
      seedingMode: 'AUTOMATIC',
    },
    createdAt: now - 15 * dayMs,
    role: 'PRIMARY',
    failoverPending: false,
    requiredSynchronizedSecondaries: 0,
    connected: false,
    connectError: {
      number: 35201,
      text: `A connection timeout has occurred while attempting to establish a connection to availability replica '${remote}'. Either a networking or firewall issue exists, or the endpoint address provided for the replica is not the database mirroring endpoint of the host server instance.`,
      at: now - 3_600_000,
    },
    link: undefined,
  });
}
