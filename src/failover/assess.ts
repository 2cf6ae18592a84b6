import * as l10n from '@vscode/l10n';
import { capabilities, isNewerThanKnown } from '../link/capabilities.ts';
import type { Observation, ServerSight } from '../link/observation.ts';
import { parseBuild, productName } from '../link/version.ts';
import type { FailoverKind, LinkTarget } from '../link/vocabulary.ts';
import { roleFindings, wayFindings } from './assess-roles.ts';
import { settle } from './choices.ts';
import { type Asked, carefully, type Finding, finding } from './finding.ts';
import type { RouteChoices } from './plan.ts';
import {
  databaseInAzure,
  databaseOn,
  describeSessions,
  instanceReadBy,
  linkAbsentInAzure,
  sessionsOnPrimary,
  sidesOf,
  sightOf,
  sqlServerSight,
  writers,
} from './sync-facts.ts';

export type { Finding } from './finding.ts';

const DAY_MS = 86_400_000;
const CERTIFICATE_WARNING_DAYS = 30;
/** Above this the catch-up may take minutes (KB). */
const LARGE_QUEUE_KB = 100 * 1024;

/**
 * Judges a look at both sides for what the person chose; without choices for a failover to the instance that cuts the link. Blocking findings first.
 */
export function assess(
  o: Observation,
  target: LinkTarget,
  kind: FailoverKind,
  choices: RouteChoices = {},
): readonly Finding[] {
  const asked: Asked = { kind, choices, ...settle(kind, choices) };
  const findings = [
    ...reachability(o, asked),
    ...linkFindings(o, target, asked),
    ...wayFindings(o, target, asked),
    ...databaseFindings(o, target, asked),
    ...workload(o, asked),
    ...certificates(o, target, asked),
  ];
  const order = { block: 0, warn: 1, info: 2 };
  return findings.sort((a, b) => order[a.severity] - order[b.severity]);
}

function* reachability(o: Observation, asked: Asked): Generator<Finding> {
  if (o.sqlServer.state !== 'seen') {
    const detail =
      o.sqlServer.state === 'unseen' ? o.sqlServer.problem.message : l10n.t('No connection to SQL Server was made.');
    if (needsSqlServer(asked))
      yield finding(
        'block',
        'sqlServerUnseen',
        l10n.t('SQL Server cannot be read'),
        detail,
        asked.kind === 'planned' && asked.direction === 'toInstance'
          ? l10n.t(
              'A planned failover needs both sides. Repair the connection, or choose a forced failover if SQL Server is lost.',
            )
          : l10n.t('This needs SQL Server. Repair the connection first.'),
      );
    else
      yield finding(
        'warn',
        'sqlServerUnseen',
        l10n.t('SQL Server cannot be read'),
        detail,
        l10n.t('What it committed and did not send cannot be estimated. Its availability groups stay as they are.'),
      );
  }
  const needsAzure = asked.route !== 'forcedToSqlServer' || !asked.keepsLink || asked.choices.demoteOldPrimary;
  const withoutAzure = needsAzure ? 'block' : 'warn';
  if (o.azure.state === 'unseen')
    yield finding(
      withoutAzure,
      'azureUnseen',
      l10n.t('Azure cannot be read'),
      o.azure.problem.message,
      o.azure.problem.advice,
    );
  if (linkAbsentInAzure(o))
    yield finding(
      withoutAzure,
      'linkAbsentInAzure',
      l10n.t('Azure knows no such link'),
      l10n.t(
        'The link was deleted in Azure, or it belongs to another instance. The database on the instance is already independent.',
      ),
      l10n.t('Check the instance’s database, then drop the distributed availability group on SQL Server.'),
    );
  if (instanceReadBy(o) === 'none')
    yield finding(
      withoutAzure,
      'instanceUnseen',
      l10n.t('The managed instance cannot be read'),
      o.managedInstance.state === 'unseen'
        ? o.managedInstance.problem.message
        : l10n.t('Neither its own endpoint nor Azure answers.'),
    );
  else if (o.managedInstance.state === 'unseen')
    yield finding(
      'info',
      'instanceByAzure',
      l10n.t('The instance is read through Azure only'),
      o.managedInstance.problem.message,
      l10n.t('Its figures may be some seconds old; the failover waits for what Azure shows.'),
    );
  if (asked.route === 'tsqlFailoverToSqlServer' && o.managedInstance.state !== 'seen')
    yield finding(
      'block',
      'instanceNotConnected',
      l10n.t('The managed instance cannot be reached by T-SQL'),
      l10n.t('This way sends its command to the instance.'),
      l10n.t('Choose the failover by Azure instead.'),
    );
  const server = sqlServerSight(o);
  if (server) yield* serverFindings(server);
}

/** Without SQL Server only the instance can be made primary by force, or the link deleted. */
const needsSqlServer = ({ kind, purpose, direction }: Asked): boolean =>
  purpose === 'breakLink' ? false : kind === 'planned' || direction === 'toSqlServer' || purpose === 'repairSplitBrain';

function* serverFindings(server: ServerSight): Generator<Finding> {
  const { permissions, identity } = server;
  if (!permissions.viewServerState)
    yield finding(
      'block',
      'noViewServerState',
      l10n.t('{0} may not see the state of replication', permissions.login),
      l10n.t('The permission VIEW SERVER STATE is missing on {0}.', identity.name),
      l10n.t(
        'Grant VIEW SERVER STATE (2022 and later: VIEW SERVER PERFORMANCE STATE) or connect as a member of sysadmin.',
      ),
    );
  if (!permissions.alterAvailabilityGroup)
    yield finding(
      'block',
      'noAlterGroup',
      l10n.t('{0} may not change availability groups', permissions.login),
      l10n.t('ALTER on the availability group or ALTER ANY AVAILABILITY GROUP is missing on {0}.', identity.name),
      l10n.t('Grant ALTER ANY AVAILABILITY GROUP, or connect as a member of sysadmin.'),
    );
  if (!identity.alwaysOnEnabled)
    yield finding(
      'block',
      'alwaysOnOff',
      l10n.t('Always On availability groups are off on {0}', identity.name),
      l10n.t('SERVERPROPERTY(IsHadrEnabled) is 0.'),
    );
  yield* versionFindings(identity.version);
}

/** The link is cut on this route, whatever the version: what that means, and whether the build is one that is supported. */
function* versionFindings(version: string): Generator<Finding> {
  const cut = capabilities({
    version,
    databaseFormat: undefined,
    failoverMode: undefined,
    direction: 'toInstance',
  }).find(c => c.way === 'cutLink');
  if (cut?.whyNot !== undefined)
    yield finding(
      'warn',
      'oldBuild',
      l10n.t('This build is below what is supported'),
      l10n.t('This server has {0}. {1}', version, cut.whyNot),
    );
  if (isNewerThanKnown(version))
    yield finding(
      'info',
      'newerVersion',
      l10n.t('This version is newer than this tool knows'),
      l10n.t('{0} is treated like {1}.', version, productName(parseBuild('17.0.0.0'))),
    );
}

function* linkFindings(o: Observation, target: LinkTarget, asked: Asked): Generator<Finding> {
  const server = sqlServerSight(o);
  if (server && !server.link) {
    yield finding(
      'block',
      'noLink',
      l10n.t('SQL Server has no link named {0}', target.link),
      server.permissions.viewAnyDefinition
        ? l10n.t('It was dropped, or renamed.')
        : l10n.t('It was dropped, or the login may not see it (VIEW ANY DEFINITION is missing).'),
    );
    return;
  }
  if (server?.link && target.linkId && server.link.id !== target.linkId)
    yield finding(
      'block',
      'otherLink',
      l10n.t('The link {0} is not the one that was chosen', target.link),
      l10n.t('It has been created anew since (its id is another).'),
      l10n.t('Start again from the database.'),
    );
  if (server?.availabilityGroup?.localRole === 'secondary')
    yield finding(
      'block',
      'localSecondary',
      l10n.t('{0} is a secondary replica of {1}', server.identity.name, target.availabilityGroup),
      l10n.t('Only the primary replica of the availability group can change the link (error 41140).'),
      l10n.t('Connect to the primary replica, or to the listener.'),
    );
  yield* roleFindings(o, target, asked);
  const remote = server?.link?.members.find(m => m.isLocal === false);
  const apart = target.databases.some(name => databaseInAzure(o, name)?.connected === false);
  if (remote?.connected === false || (asked.direction === 'toSqlServer' && apart)) {
    const last = remote?.lastConnectError;
    yield finding(
      carefully(asked),
      'disconnected',
      l10n.t('The two sides are not connected'),
      last
        ? l10n.t('Last error {0}: {1}', last.number, last.text)
        : remote
          ? l10n.t('SQL Server shows the instance as DISCONNECTED.')
          : l10n.t('Azure shows the link as DISCONNECTED.'),
      l10n.t('Check port 5022 in both directions and the certificates of the endpoints.'),
    );
  }
}

function* databaseFindings(o: Observation, target: LinkTarget, asked: Asked): Generator<Finding> {
  const server = sqlServerSight(o);
  const severity = carefully(asked);
  const unready = asked.purpose === 'failOver' ? 'block' : 'warn';
  for (const name of target.databases) {
    const database = databaseOn(server, name);
    if (server && !database)
      yield finding(
        'block',
        'noDatabase',
        l10n.t('{0} does not exist on {1}', name, server.identity.name),
        l10n.t('It was dropped or renamed.'),
      );
    const replica = database?.remote ?? database?.local;
    if (replica?.suspended)
      yield finding(
        severity,
        'suspended',
        l10n.t('Data movement of {0} is suspended', name),
        replica.suspendReason ?? '',
        l10n.t('Resume it: ALTER DATABASE … SET HADR RESUME on the side that is suspended.'),
      );
    const azure = databaseInAzure(o, name);
    if (azure && /seeding|creating/i.test(azure.replicaState))
      yield finding(
        unready,
        'seeding',
        l10n.t('{0} is still being seeded', name),
        l10n.t('Azure shows the state {0}.', azure.replicaState),
        l10n.t('Wait until seeding has ended.'),
      );
    const { to } = sidesOf(asked.direction);
    const state = databaseOn(sightOf(o, to), name)?.local?.syncState;
    if (state === 'reverting' || state === 'initializing')
      yield finding(
        unready,
        'reverting',
        to === 'managedInstance'
          ? l10n.t('{0} on the instance is {1}', name, state.toUpperCase())
          : l10n.t('{0} on SQL Server is {1}', name, state.toUpperCase()),
        l10n.t('In this state it cannot become primary.'),
        l10n.t('Wait until it is synchronizing again.'),
      );
    if (azure?.mostRecentError)
      yield finding('warn', 'linkError', l10n.t('Azure reports an error of the link'), azure.mostRecentError);
    const sender = databaseOn(sightOf(o, sidesOf(asked.direction).from), name);
    const queue = sender?.remote?.sendQueueKb ?? 0;
    if (queue > LARGE_QUEUE_KB)
      yield finding(
        'warn',
        'largeQueue',
        l10n.t('{0} KB of log wait to be sent', queue),
        l10n.t('Catching up may take longer than the budget.'),
        asked.kind === 'planned' ? l10n.t('Let the queue shrink first, or raise the budget.') : undefined,
      );
  }
}

function* workload(o: Observation, { kind, purpose, direction }: Asked): Generator<Finding> {
  if (purpose !== 'failOver') return;
  const writing = writers(o, direction);
  if (writing.length > 0 && kind === 'planned')
    yield finding(
      'warn',
      'writers',
      l10n.t('{0} session(s) hold a transaction open', writing.length),
      describeSessions(writing),
      l10n.t('Stop the workload. The failover waits until they are gone and gives up at the end of the budget.'),
    );
  const idle = sessionsOnPrimary(o, direction).length - writing.length;
  if (idle > 0)
    yield finding(
      'info',
      'sessions',
      l10n.t('{0} other session(s) are connected to the database', idle),
      direction === 'toInstance'
        ? l10n.t('After the failover they still write to SQL Server, unless they are repointed.')
        : l10n.t('After the failover the instance refuses their writes: they must be repointed.'),
    );
}

function* certificates(o: Observation, target: LinkTarget, asked: Asked): Generator<Finding> {
  for (const name of target.databases) {
    const expiry = databaseInAzure(o, name)?.certificateExpiry;
    if (expiry === undefined) continue;
    const days = Math.floor((expiry - o.takenAt) / DAY_MS);
    if (days < 0)
      yield finding(
        carefully(asked),
        'certificateExpired',
        l10n.t('The certificate of the link has expired'),
        l10n.t('It expired {0} day(s) ago.', -days),
        l10n.t('Replace it on SQL Server and upload its public key to the instance.'),
      );
    else if (days < CERTIFICATE_WARNING_DAYS)
      yield finding(
        'warn',
        'certificateExpires',
        l10n.t('The certificate of the link expires in {0} day(s)', days),
        new Date(expiry).toISOString().slice(0, 10),
      );
    return;
  }
}
