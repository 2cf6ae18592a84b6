import * as l10n from '@vscode/l10n';
import type { Observation } from '../link/observation.ts';
import { settle } from './choices.ts';
import type { Outcome } from './events.ts';
import type { Plan } from './plan.ts';
import {
  azureLink,
  databaseInAzure,
  databaseOn,
  instanceReadBy,
  instanceSight,
  linkAbsentInAzure,
  sqlServerSight,
} from './sync-facts.ts';

/** What state things are in now, one sentence each, from a last look. What could not be seen is said, never assumed. */
export function holdsNow(o: Observation, { intent, initial }: Plan, outcome: Outcome): readonly string[] {
  const { target } = intent;
  const lines: string[] = [];
  for (const name of target.databases) {
    const server = databaseOn(sqlServerSight(o), name);
    lines.push(
      !sqlServerSight(o)
        ? l10n.t('{0} on {1}: not seen, SQL Server does not answer.', name, target.sqlServer.name)
        : sentence(name, target.sqlServer.name, server),
    );
    const instance = instanceSight(o);
    if (instance) lines.push(sentence(name, target.instance.name, databaseOn(instance, name)));
    else if (instanceReadBy(o) === 'azure')
      lines.push(
        l10n.t(
          '{0} on {1}: Azure shows {2}.',
          name,
          target.instance.name,
          databaseInAzure(o, name)?.replicaState ?? l10n.t('nothing'),
        ),
      );
    else
      lines.push(
        linkAbsentInAzure(o)
          ? l10n.t('{0} on {1}: not part of a link any more, says Azure.', name, target.instance.name)
          : l10n.t('{0} on {1}: not seen, neither the instance nor Azure answers.', name, target.instance.name),
      );
  }
  lines.push(linkSentence(o, target.link));
  const link = sqlServerSight(o)?.link;
  for (const member of link?.members ?? []) {
    const before = initial.members.find(m => m.availabilityGroup === member.availabilityGroup)?.commitMode;
    if (outcome !== 'failedOver')
      lines.push(
        l10n.t(
          'Commit mode of {0}: {1}{2}.',
          member.availabilityGroup,
          member.commitMode,
          before === member.commitMode ? l10n.t(', as before') : l10n.t(' (before: {0})', before ?? '?'),
        ),
      );
  }
  return lines;
}

function sentence(
  database: string,
  server: string,
  seen: { readonly state: string; readonly writable: boolean } | undefined,
): string {
  if (!seen) return l10n.t('{0} on {1}: does not exist.', database, server);
  return seen.writable
    ? l10n.t('{0} on {1}: {2}, accepts writes.', database, server, seen.state)
    : l10n.t('{0} on {1}: {2}, does not accept writes.', database, server, seen.state);
}

function linkSentence(o: Observation, link: string): string {
  const here = sqlServerSight(o)?.link;
  const azure = azureLink(o)
    ? l10n.t('Azure still has it')
    : linkAbsentInAzure(o)
      ? l10n.t('it is gone in Azure')
      : l10n.t('Azure was not asked');
  if (!sqlServerSight(o)) return l10n.t('The link {0}: {1}; SQL Server was not seen.', link, azure);
  return here
    ? l10n.t('The link {0}: listed on SQL Server as {1}; {2}.', link, here.localRole, azure)
    : l10n.t('The link {0}: not listed on SQL Server; {1}.', link, azure);
}

/** Both copies accept writes: by design after a cut link, a danger otherwise; named in any case. */
export function twoWritableCopies(o: Observation, { intent }: Plan): boolean {
  return intent.target.databases.some(
    name =>
      databaseOn(sqlServerSight(o), name)?.writable === true && databaseOn(instanceSight(o), name)?.writable === true,
  );
}

/** What the person should do next, in order. */
export function nextDuties(plan: Plan, outcome: Outcome, passed: boolean): readonly string[] {
  const { target, cleanUp } = plan.intent;
  if (outcome === 'backedOut')
    return [l10n.t('Nothing needs to be repaired. When the cause is removed, start the failover again.')];
  if (outcome === 'failed' && !passed)
    return [
      l10n.t('Read what could not be put back above and put it back by hand; the statements are in the script.'),
      l10n.t('Do not start another failover before that.'),
    ];
  const duties = dutiesOf(plan);
  if (!cleanUp.dropDistributedAvailabilityGroup && !settle(plan.intent.kind, plan.intent).keepsLink)
    duties.push(
      l10n.t('The distributed availability group {0} was left on SQL Server; it has no partner any more.', target.link),
    );
  return outcome === 'failed'
    ? [l10n.t('There is no way back. Finish the steps that are not done; the script has their statements.'), ...duties]
    : duties;
}

/** What follows from where the data is now. */
function dutiesOf({ intent, route, initial }: Plan): string[] {
  const { target } = intent;
  const repoint = l10n.t('Point the applications to {0}.', target.instance.fullyQualifiedDomainName);
  const twoCopies = l10n.t(
    'Keep everybody away from the copy on {0}: it accepts writes that will never reach the instance.',
    target.sqlServer.name,
  );
  const backup = l10n.t(
    'Wait for the first full backup on the instance before you rely on it after a restart of the instance.',
  );
  const objects = l10n.t('Check logins, users without login, Agent jobs and linked servers on the instance.');
  const back = l10n.t('Point the applications to {0}.', target.sqlServer.name);
  switch (route) {
    case 'cutLinkPlanned':
    case 'cutLinkForced':
      return [repoint, twoCopies, backup, objects];
    case 'tsqlFailoverToInstance':
    case 'roleSwitchToInstance':
      return [
        repoint,
        ...(intent.override === 'removeBeforeFirstBackup' ? [backup] : []),
        ...(intent.copyAfterwards === 'usable' ? [twoCopies] : []),
        objects,
      ];
    case 'forcedToInstance':
      return [
        repoint,
        ...(intent.demoteOldPrimary && initial.sqlServerReachable
          ? []
          : [
              l10n.t(
                'When {0} can be reached again it still takes itself for primary: back up what it alone has, make it secondary, and resume data movement.',
                target.sqlServer.name,
              ),
            ]),
        objects,
      ];
    case 'tsqlFailoverToSqlServer':
    case 'azureFailoverToSqlServer':
      return [back];
    case 'forcedToSqlServer':
      return [
        back,
        ...(intent.demoteOldPrimary
          ? []
          : [
              l10n.t(
                'When {0} can be reached again it still takes itself for primary: back up what it alone has and make it secondary.',
                target.instance.name,
              ),
            ]),
      ];
    case 'splitBrainRepair':
      return [intent.direction === 'toSqlServer' ? back : repoint];
    case 'breakLink':
      return initial.sqlServerRole === 'secondary'
        ? []
        : [
            l10n.t(
              'Drop the copy on {0} when it is not needed: it accepts writes, and a new link of the same database cannot be made while it is there.',
              target.instance.name,
            ),
          ];
  }
}
