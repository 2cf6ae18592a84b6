import type { ServerMessage } from '../values.ts';
import type { AdminCommand, LoginView, SessionView } from './contract.ts';
import type { LinkEnd, LinkMember, LocalGroup } from './groups.ts';
import type { EngineInstance } from './instance.ts';
import { leaveGroup } from './link.ts';
import * as messages from './messages.ts';
import { metadataChangeMs, sameName } from './names.ts';
import { untilAborted } from './timers.ts';

/** Commands on availability groups, local and distributed. */
export type AvailabilityCommand = Extract<AdminCommand, { readonly group: string }>;
type Modify = Extract<AvailabilityCommand, { readonly kind: 'modifyAvailabilityGroup' }>;

/** ALTER and DROP AVAILABILITY GROUP: checks the preconditions in the server's order, then acts. Throws SqlError. */
export async function alterAvailabilityGroup(
  instance: EngineInstance,
  command: AvailabilityCommand,
  session: SessionView,
  signal: AbortSignal,
): Promise<readonly ServerMessage[]> {
  const verb = command.kind === 'dropAvailabilityGroup' ? 'drop' : 'alter';
  const end = instance.links.find(link => sameName(link.name, command.group));
  const group = instance.groups.find(local => sameName(local.name, command.group));
  if (!mayAlter(instance, session.login)) throw messages.cannot(verb, 'availability group', command.group);
  refuseOnManagedInstance(instance, command);
  await instance.clock.sleep(metadataChangeMs, signal);
  refuseOnLocalSecondary(end?.localGroup ?? group, command);

  switch (command.kind) {
    case 'modifyAvailabilityGroup':
      if (!end) throw group ? messages.notDistributed(group.name) : messages.distributedGroupNotFound(command.group);
      return modify(end, command);
    case 'setRoleSecondary':
      if (!end) throw group ? messages.notDistributed(group.name) : messages.groupNotFound(command.group);
      linkOf(end).demote(instance.side);
      return [];
    case 'failOver':
      await untilAborted(failOver(instance, end, group, command.group), signal);
      return [];
    case 'forceFailoverAllowDataLoss':
      if (!end) throw group ? messages.alreadyPrimary(group.name) : messages.groupNotFound(command.group);
      await untilAborted(linkOf(end).force(instance.side).completed, signal);
      return [];
    case 'setRequiredSynchronizedSecondaries':
      setRequired(instance, end ?? group, command);
      return [];
    case 'dropAvailabilityGroup':
      drop(instance, end, group, command.group);
      return [];
  }
}

const mayAlter = (instance: EngineInstance, login: LoginView): boolean =>
  instance.hasServerPermission(login, 'ALTER ANY AVAILABILITY GROUP');

/** What Azure manages by itself has no T-SQL there. */
function refuseOnManagedInstance(instance: EngineInstance, command: AvailabilityCommand): void {
  if (!instance.isManagedInstance) return;
  if (command.kind === 'dropAvailabilityGroup') throw messages.notOnManagedInstance('DROP AVAILABILITY GROUP');
  if (command.kind !== 'failOver' && command.kind !== 'forceFailoverAllowDataLoss')
    throw messages.notOnManagedInstance('ALTER AVAILABILITY GROUP');
}

/** Only the primary replica of the local group may operate it and the links on it. */
function refuseOnLocalSecondary(group: LocalGroup | undefined, command: AvailabilityCommand): void {
  if (group?.localRole !== 'SECONDARY') return;
  if (command.kind === 'dropAvailabilityGroup') throw messages.wrongState(command.group, 'DROP', 'AVAILABILITY GROUP');
  throw messages.notPrimary(command.group);
}

/** The entry's link. A link to a server outside the practice world cannot be operated, only seen. */
function linkOf(end: LinkEnd) {
  if (!end.link) throw messages.noConnectionToPrimary();
  return end.link;
}

function modify(end: LinkEnd, command: Modify): readonly ServerMessage[] {
  const members = command.members.map(change => {
    const member = [end.local, end.remote].find(known => sameName(known.group, change.name));
    if (!member) throw messages.memberNotFound(change.name, end.name);
    if (change.failoverMode && !sameName(change.failoverMode, 'MANUAL'))
      throw messages.wrongState(end.name, 'MODIFY', 'FAILOVER_MODE');
    return { member, change };
  });
  const changed = members.filter(({ member, change }) => differs(member, change));
  for (const { member, change } of changed) {
    if (change.availabilityMode) member.mode = change.availabilityMode;
    if (change.seedingMode) member.seedingMode = sameName(change.seedingMode, 'MANUAL') ? 'MANUAL' : 'AUTOMATIC';
  }
  if (changed.length === 0) return [messages.sameOptions(end.name)];
  end.link?.conditionsChanged();
  return [];
}

function differs(member: LinkMember, change: Modify['members'][number]): boolean {
  const mode = change.availabilityMode !== undefined && change.availabilityMode !== member.mode;
  const seeding = change.seedingMode !== undefined && !sameName(change.seedingMode, member.seedingMode);
  return mode || seeding;
}

async function failOver(
  instance: EngineInstance,
  end: LinkEnd | undefined,
  group: LocalGroup | undefined,
  name: string,
): Promise<void> {
  if (!end) throw group ? messages.alreadyPrimary(group.name) : messages.groupNotFound(name);
  if (!instance.personality.plannedFailover) throw messages.onlyForcedFailover(end.name);
  await linkOf(end).failOver(instance.side);
}

function setRequired(
  instance: EngineInstance,
  target: LinkEnd | LocalGroup | undefined,
  command: { readonly group: string; readonly count: number },
): void {
  if (!target) throw messages.groupNotFound(command.group);
  const distributed = 'groupId' in target;
  if (distributed && !instance.personality.requiredSecondariesOnLink)
    throw messages.wrongState(target.name, 'SET', 'REQUIRED_SYNCHRONIZED_SECONDARIES_TO_COMMIT');
  if (distributed && target.role !== 'PRIMARY') throw messages.notPrimary(target.name);
  const most = distributed ? 1 : Math.max(0, target.replicas.length - 1);
  if (command.count < 0 || command.count > most)
    throw messages.requiredSecondariesOutOfRange(target.name, command.count, most);
  target.requiredSynchronizedSecondaries = command.count;
  if (distributed) target.link?.conditionsChanged();
}

function drop(instance: EngineInstance, end: LinkEnd | undefined, group: LocalGroup | undefined, name: string): void {
  if (end) {
    if (end.link) end.link.drop(instance.side);
    else end.localGroup.links.delete(end);
    return;
  }
  if (!group) throw messages.cannot('drop', 'availability group', name);
  // Windows error 5010, ERROR_OBJECT_ALREADY_EXISTS of the cluster API: something still hangs on the group.
  if (group.links.size > 0) throw messages.dropFailed(group.name, 5010);
  for (const database of [...group.databases]) {
    if (group.orphaned) database.state = 'RESTORING';
    leaveGroup(database);
  }
  instance.groups.splice(instance.groups.indexOf(group), 1);
}
