import * as l10n from '@vscode/l10n';
import { capabilities } from '../link/capabilities.ts';
import type { Observation } from '../link/observation.ts';
import { parseBuild, productName } from '../link/version.ts';
import type { LinkTarget, Role } from '../link/vocabulary.ts';
import { type Asked, carefully, type Finding, finding } from './finding.ts';
import { azureLink, roles, sqlServerSight } from './sync-facts.ts';

/** What the roles of both sides, and their versions, say about what was asked. */

/** Whether the roles fit: who is primary now, whether nobody or both are, and what a broken link leaves behind. */
export function* roleFindings(o: Observation, target: LinkTarget, asked: Asked): Generator<Finding> {
  const role = roles(o);
  const splitBrain = role.sqlServer === 'primary' && role.instance === 'primary';
  if (asked.purpose === 'repairSplitBrain') {
    if (!splitBrain)
      yield finding(
        'block',
        'noSplitBrain',
        l10n.t('There are not two primaries'),
        l10n.t(
          '{0} shows itself as {1} and {2} as {3}.',
          target.sqlServer.name,
          role.sqlServer,
          target.instance.name,
          role.instance,
        ),
      );
    return;
  }
  if (asked.purpose === 'breakLink') {
    yield* breakLinkFindings(role.sqlServer, target);
    return;
  }
  if (splitBrain)
    yield finding(
      'block',
      'splitBrain',
      l10n.t('Both sides are primary'),
      l10n.t(
        '{0} and {1} both accept writes within the link: their data may already differ.',
        target.sqlServer.name,
        target.instance.name,
      ),
      l10n.t(
        'Do not fail over. Decide which side holds the data to keep, back up the other one, and make it secondary.',
      ),
    );
  else if (asked.direction === 'toSqlServer') yield* rolesTowardsSqlServer(o, target, asked);
  else if (role.sqlServer === 'secondary' && role.instance !== 'secondary')
    yield finding(
      'block',
      'instanceIsPrimary',
      l10n.t('The instance is already the primary'),
      l10n.t(
        '{0} receives from {1}: there is nothing to fail over in this direction.',
        target.sqlServer.name,
        target.instance.name,
      ),
    );
  else if (role.sqlServer === 'secondary')
    yield finding(
      asked.kind === 'planned' ? 'block' : 'warn',
      'noPrimary',
      l10n.t('Nobody is primary'),
      l10n.t('Both sides are secondary: a role switch was interrupted, and no side accepts writes.'),
      l10n.t(
        'Take the role back on {0} (FORCE_FAILOVER_ALLOW_DATA_LOSS there loses nothing while the instance is secondary), or take the interrupted run up again.',
        target.sqlServer.name,
      ),
    );
  else if (sqlServerSight(o) && role.sqlServer !== 'primary')
    yield finding(
      carefully(asked),
      'roleUnknown',
      l10n.t('The role of SQL Server in the link is not clear'),
      l10n.t('It shows itself as {0}.', role.sqlServer),
    );
}

function* rolesTowardsSqlServer(o: Observation, target: LinkTarget, asked: Asked): Generator<Finding> {
  const role = roles(o);
  if (role.sqlServer === 'primary')
    yield finding(
      'block',
      'sqlServerIsPrimary',
      l10n.t('SQL Server is already the primary'),
      l10n.t(
        '{0} sends to {1}: there is nothing to fail over in this direction.',
        target.sqlServer.name,
        target.instance.name,
      ),
    );
  else if (role.sqlServer !== 'secondary' || role.instance !== 'primary')
    yield finding(
      carefully(asked),
      'roleUnknown',
      l10n.t('The roles in the link are not clear'),
      l10n.t('SQL Server shows itself as {0}, the instance as {1}.', role.sqlServer, role.instance),
    );
}

function* breakLinkFindings(sqlServer: Role, target: LinkTarget): Generator<Finding> {
  if (sqlServer === 'primary')
    yield finding(
      'warn',
      'copyStaysOnInstance',
      l10n.t('A writable copy stays on the instance'),
      l10n.t(
        '{0} on {1} is opened with what it has received so far, and accepts writes. {2} stays primary and loses nothing.',
        target.databases.join(', '),
        target.instance.name,
        target.sqlServer.name,
      ),
      l10n.t(
        'A new link of the same database cannot be made before that copy is dropped. Nobody may use it by mistake.',
      ),
    );
  else if (sqlServer === 'secondary')
    yield finding(
      'warn',
      'copyStaysOnSqlServer',
      l10n.t('An unusable copy stays on SQL Server'),
      l10n.t(
        '{0} on {1} receives nothing any more and cannot be read after its groups are dropped, unless it is recovered.',
        target.databases.join(', '),
        target.sqlServer.name,
      ),
    );
  else
    yield finding(
      'warn',
      'roleUnknown',
      l10n.t('The role of SQL Server in the link is not clear'),
      l10n.t('It shows itself as {0}.', sqlServer),
    );
}

/** Whether the versions of both sides let the failover go the way that was chosen. The cut and a force to the instance go with any version. */
export function* wayFindings(o: Observation, target: LinkTarget, asked: Asked): Generator<Finding> {
  if (asked.purpose !== 'failOver') return;
  if (asked.way === 'cutLink' && asked.choices.afterwards === 'keepLink') {
    yield finding(
      'block',
      'wayImpossible',
      l10n.t('This way cuts the link'),
      l10n.t('It cannot be kept. Choose another way, or let the link go.'),
    );
    return;
  }
  const version = sqlServerSight(o)?.identity.version ?? target.sqlServer.version;
  if (asked.route === 'cutLinkPlanned' || asked.route === 'cutLinkForced' || version === '') return;
  const chosen = capabilities({
    version,
    databaseFormat: asked.choices.databaseFormat,
    failoverMode: azureLink(o)?.failoverMode || undefined,
    direction: asked.direction,
  }).find(c => c.kind === asked.kind && c.way === asked.way);
  if (!chosen?.possible)
    yield finding(
      'block',
      'wayImpossible',
      l10n.t('This failover is not possible'),
      chosen?.whyNot ?? l10n.t('There is no such way in this direction.'),
    );
  else if (asked.keepsLink && !chosen.keepsLink)
    yield finding(
      'block',
      'linkDoesNotSurvive',
      l10n.t('The link does not survive this failover'),
      l10n.t('{0} cannot follow the instance.', productName(parseBuild(version))),
      l10n.t('Let the link be removed.'),
    );
}
