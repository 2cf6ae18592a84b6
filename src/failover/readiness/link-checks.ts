import * as l10n from '@vscode/l10n';
import { capabilities, type Way } from '../../link/capabilities.ts';
import { sameName } from '../../link/names.ts';
import type { Sight } from '../../link/observation.ts';
import { whyAvailabilityGroupStays } from '../clean-up.ts';
import {
  azureLink,
  databaseInAzure,
  databaseOn,
  instanceReadBy,
  instanceSight,
  roles,
  sqlServerSight,
} from '../sync-facts.ts';
import {
  both,
  type Check,
  carefully,
  factOf,
  fail,
  findingsOf,
  isFailover,
  judgedBy,
  notKnown,
  pass,
  primaryIn,
  type ReadinessFacts,
  type Verdict,
  verdictOf,
  whenSeen,
  withState,
} from './check.ts';

/** Checks drawn from a look at both sides: the link itself, its roles and its data movement. */

const seenServer = ({ now }: ReadinessFacts) => now.sqlServer;
const seenState = ({ now }: ReadinessFacts) => withState(now.sqlServer);

/** Either side's word is enough for roles; Azure's counts where the instance is not read itself. */
const seenBothRoles = (facts: ReadinessFacts): Sight<unknown> => {
  const instance: Sight<unknown> =
    facts.now.managedInstance.state === 'seen' ? withState(facts.now.managedInstance) : facts.now.azure;
  return both(seenState(facts), instance);
};

const VERSION_FINDINGS = new Set(['wayImpossible', 'linkDoesNotSurvive', 'oldBuild', 'newerVersion']);

function judgeBuild(facts: ReadinessFacts): Verdict {
  const findings = findingsOf(facts).filter(f => VERSION_FINDINGS.has(f.id));
  const server = sqlServerSight(facts.now);
  if (!server) return whenSeen(facts.now.sqlServer, () => notKnown(''));
  const instance = factOf(facts.azure, azure => azure.instance);
  const ways = capabilities({
    version: server.identity.version,
    databaseFormat: instance.state === 'seen' ? instance.value.databaseFormat : undefined,
    failoverMode: azureLink(facts.now)?.failoverMode,
    direction: facts.direction,
  }).filter(way => way.kind === facts.kind);
  const list = ways.map(way =>
    way.possible
      ? l10n.t('Possible: {0}', wayName(way.way))
      : l10n.t('Not possible: {0} ({1})', wayName(way.way), way.whyNot ?? ''),
  );
  if (findings.length > 0) return verdictOf(findings, list);
  if (isFailover(facts) && !ways.some(way => way.possible))
    return fail('block', l10n.t('{0} has no way to do this failover.', server.identity.version), undefined, list);
  return pass(l10n.t('{0} ({1}) is supported.', server.identity.version, server.identity.edition), list);
}

function wayName(way: Way): string {
  switch (way) {
    case 'cutLink':
      return l10n.t('synchronize, then cut the link');
    case 'tsqlFailover':
      return l10n.t('fail over by T-SQL, the link stays');
    case 'roleSwitch':
      return l10n.t('switch roles step by step, the link stays');
    case 'azureFailover':
      return l10n.t('fail over through Azure, the link stays');
    case 'force':
      return l10n.t('force the failover');
  }
}

const ROLE_FINDINGS = new Set(['instanceIsPrimary', 'sqlServerIsPrimary', 'roleUnknown', 'noPrimary']);

function judgeRoles(facts: ReadinessFacts): Verdict {
  const findings = findingsOf(facts).filter(f => ROLE_FINDINGS.has(f.id));
  if (findings.length > 0) return verdictOf(findings);
  return whenSeen(seenBothRoles(facts), () => {
    const { sqlServer, instance } = roles(facts.now);
    const wanted = facts.direction === 'toInstance' ? sqlServer : instance;
    const azure = azureLink(facts.now);
    const said = l10n.t('SQL Server is {0}, the instance is {1}.', sqlServer, instance);
    const disagree =
      azure &&
      ((azure.partnerRole !== 'unknown' && azure.partnerRole !== sqlServer) || azure.instanceRole !== instance);
    if (disagree)
      return fail(
        'block',
        l10n.t('{0} Azure shows other roles: {1} and {2}.', said, azure.partnerRole, azure.instanceRole),
        l10n.t('Wait until a role change that is under way has ended, then look again.'),
      );
    return wanted === 'primary' || !isFailover(facts)
      ? pass(said)
      : fail('block', said, l10n.t('The side that gives up the primary role must have it.'));
  });
}

function judgeSynchronization(facts: ReadinessFacts): Verdict {
  const findings = findingsOf(facts).filter(f => f.id === 'suspended' || f.id === 'reverting');
  if (findings.length > 0) return verdictOf(findings);
  return whenSeen(primaryIn(facts, facts.now), server => {
    const states = facts.target.databases.map(name => {
      const database = databaseOn(server, name);
      const replica = database?.remote ?? database?.local;
      const azure = databaseInAzure(facts.now, name);
      const bad =
        replica?.health === 'notHealthy' || replica?.syncState === 'notSynchronizing' || azure?.health === 'notHealthy';
      const text = l10n.t(
        '{0}: {1}, {2} (Azure: {3})',
        name,
        replica?.syncState ?? 'unknown',
        replica?.health ?? 'unknown',
        azure?.health ?? 'unknown',
      );
      return { text, bad, known: replica !== undefined && replica.syncState !== 'unknown' };
    });
    const details = states.map(state => state.text);
    if (states.some(state => state.bad))
      return fail(
        carefully(facts),
        l10n.t('Data movement is not healthy.'),
        l10n.t('Repair the connection of the link, or resume data movement, and wait until it is healthy.'),
        details,
      );
    return states.every(state => state.known)
      ? pass(l10n.t('Data is moving.'), details)
      : notKnown(l10n.t('The state of data movement is not shown: {0}', details.join('; ')));
  });
}

function judgeSeeding(facts: ReadinessFacts): Verdict {
  const findings = findingsOf(facts).filter(f => f.id === 'seeding');
  if (findings.length > 0) return verdictOf(findings);
  return whenSeen(
    factOf(facts.sqlServer, server => server.seeding),
    running =>
      running.length === 0
        ? pass(l10n.t('No seeding is running.'))
        : fail(
            'block',
            l10n.t('Seeding has not ended.'),
            l10n.t('Wait until seeding has ended.'),
            running.map(seeding => `${seeding.database}: ${seeding.state}`),
          ),
  );
}

/** Above this the redo on the other side may take minutes (KB). */
const LARGE_REDO_KB = 100 * 1024;

function judgeQueues(facts: ReadinessFacts): Verdict {
  const findings = findingsOf(facts).filter(f => f.id === 'largeQueue');
  return whenSeen(primaryIn(facts, facts.now), server => {
    const queues = facts.target.databases.map(name => ({ name, replica: databaseOn(server, name)?.remote }));
    const details = queues.map(({ name, replica }) =>
      l10n.t(
        '{0}: {1} KB to send, {2} KB to redo, {3} s behind',
        name,
        replica?.sendQueueKb ?? '?',
        replica?.redoQueueKb ?? '?',
        replica?.lagSeconds ?? '?',
      ),
    );
    if (findings.length > 0) return verdictOf(findings, details);
    if (queues.some(({ replica }) => (replica?.redoQueueKb ?? 0) > LARGE_REDO_KB))
      return fail(
        'warn',
        l10n.t('Much log waits to be redone on the other side.'),
        l10n.t('A server refuses a failover while its queues are too big. Let them shrink first.'),
        details,
      );
    return queues.every(({ replica }) => replica?.sendQueueKb !== undefined)
      ? pass(l10n.t('The queues are small.'), details)
      : notKnown(l10n.t('The server does not show its queues.'));
  });
}

/** Open transactions are a warning, because the failover waits for them; commits that go on between two looks mean it would wait in vain. */
function judgeWorkload(facts: ReadinessFacts): Verdict {
  return whenSeen(both(primaryIn(facts, facts.before), primaryIn(facts, facts.now)), ([before, now]) => {
    const moving = facts.target.databases.filter(name => {
      const [a, b] = [before, now].map(server => databaseOn(server, name)?.local?.lastCommitLsn);
      return a !== undefined && b !== undefined && a !== b;
    });
    const sessions = now.sessions.map(s =>
      l10n.t(
        '{0} from {1} ({2}, session {3}): {4} open transaction(s)',
        s.login,
        s.host || '?',
        s.program || '?',
        s.id,
        s.openTransactions,
      ),
    );
    if (moving.length > 0)
      return fail(
        carefully(facts),
        l10n.t('{0} is being written to: commits were made between two looks.', moving.join(', ')),
        facts.kind === 'planned'
          ? l10n.t('Stop the workload before the failover: until then it waits, and gives up at the end of its budget.')
          : l10n.t('What is committed after the failover on the old primary is lost to the new one.'),
        sessions,
      );
    const findings = findingsOf(facts).filter(f => f.id === 'writers' || f.id === 'sessions');
    if (findings.length > 0) return verdictOf(findings, sessions);
    if (now.sessions.some(s => s.openTransactions > 0))
      return fail(
        'warn',
        l10n.t('{0} session(s) hold a transaction open', now.sessions.filter(s => s.openTransactions > 0).length),
        l10n.t('Stop the workload.'),
        sessions,
      );
    return pass(l10n.t('Nobody has committed between two looks, and nobody holds a transaction open.'));
  });
}

function judgeConnected(facts: ReadinessFacts): Verdict {
  const findings = findingsOf(facts).filter(f => f.id === 'disconnected' || f.id === 'linkError');
  if (findings.length > 0) return verdictOf(findings);
  const azure = facts.target.databases.filter(name => databaseInAzure(facts.now, name)?.connected === false);
  if (azure.length > 0)
    return fail(
      carefully(facts),
      l10n.t('Azure shows {0} as disconnected.', azure.join(', ')),
      l10n.t('Check port 5022 in both directions and the certificates of the endpoints.'),
    );
  return whenSeen(primaryIn(facts, facts.now), server => {
    const remote = server.link?.members.find(m => m.isLocal === false);
    return remote?.connected === true
      ? pass(l10n.t('The two sides are connected.'))
      : notKnown(l10n.t('The server does not show whether the other side is connected.'));
  });
}

/** What a network allows cannot be read from either side; that both sides talk shows that port 5022 is open. */
function judgePorts(facts: ReadinessFacts): Verdict {
  const talking = judgeConnected(facts);
  const advice = l10n.t(
    'Port 5022 must be open in both directions; in the instance’s subnet also 11000 to 11999. The link uses neither the public nor a private endpoint.',
  );
  switch (talking.status) {
    case 'pass':
      return pass(l10n.t('The endpoints talk to each other, so port 5022 is open.'));
    case 'fail':
      return fail('info', l10n.t('The endpoints do not talk to each other. {0}', talking.finding), advice);
    case 'notKnown':
      return notKnown(talking.finding, advice);
  }
}

const judgeSharedGroup = (facts: ReadinessFacts): Verdict =>
  whenSeen(facts.now.sqlServer, server => {
    if (!server.availabilityGroup)
      return notKnown(l10n.t('The availability group {0} cannot be read.', facts.target.availabilityGroup));
    const why = whyAvailabilityGroupStays(server.availabilityGroup, facts.target);
    return why === undefined
      ? pass(l10n.t('{0} serves this link only.', facts.target.availabilityGroup))
      : fail(
          'info',
          l10n.t('{0} is used for more than this link. {1}', facts.target.availabilityGroup, why),
          l10n.t('It is not dropped with the link.'),
        );
  });

const judgeSeveralLinks = (facts: ReadinessFacts): Verdict =>
  whenSeen(facts.now.sqlServer, server => {
    const links = server.availabilityGroup?.links;
    if (!links || links.length === 0) return notKnown(l10n.t('The links of the database cannot be read.'));
    const others = links.filter(name => !sameName(name, facts.target.link));
    return others.length === 0
      ? pass(l10n.t('{0} is the only link.', facts.target.link))
      : fail(
          'info',
          l10n.t('There are other links: {0}. This is about {1} only.', others.join(', '), facts.target.link),
          l10n.t('The other links lose their primary when this one fails over. Decide about them first.'),
        );
  });

const judgeLocalReplicas = (facts: ReadinessFacts): Verdict => {
  const findings = findingsOf(facts).filter(f => f.id === 'localSecondary');
  if (findings.length > 0) return verdictOf(findings);
  return whenSeen(
    factOf(facts.sqlServer, server => server.localReplicas),
    replicas => {
      if (replicas.length === 0) return notKnown(l10n.t('No replica of {0} is shown.', facts.target.availabilityGroup));
      const others = replicas.filter(replica => replica.isLocal === false);
      const details = others.map(
        replica => `${replica.server}: ${replica.mode ?? '?'}, ${replica.connected ?? '?'}, ${replica.health ?? '?'}`,
      );
      const ill = others.filter(replica => replica.connected === 'DISCONNECTED' || replica.health === 'NOT_HEALTHY');
      if (ill.length > 0)
        return fail(
          'warn',
          l10n.t('A local replica of {0} is not healthy.', facts.target.availabilityGroup),
          l10n.t('It falls behind or misses the change. Repair it, or take it out of the availability group.'),
          details,
        );
      return pass(
        others.length === 0
          ? l10n.t('There are no other local replicas, and this server is the primary one.')
          : l10n.t('This server is the primary replica; the other ones are healthy.'),
        details,
      );
    },
  );
};

export const linkChecks: readonly Check[] = [
  {
    id: 'sqlServerSeen',
    title: () => l10n.t('SQL Server can be read'),
    severity: 'block',
    reads: { sqlServer: ['partIdentity'] },
    judge: judgedBy(['sqlServerUnseen'], seenServer, f => l10n.t('{0} answers.', f.target.sqlServer.name)),
  },
  {
    id: 'instanceSeen',
    title: () => l10n.t('The managed instance can be read'),
    severity: 'block',
    reads: { managedInstance: ['partIdentity'], azure: ['link'] },
    judge: judgedBy(
      ['instanceUnseen', 'instanceNotConnected', 'instanceByAzure'],
      f => (instanceSight(f.now) ? f.now.managedInstance : f.now.azure),
      f =>
        instanceReadBy(f.now) === 'tds'
          ? l10n.t('{0} answers.', f.target.instance.name)
          : l10n.t('{0} is read through Azure.', f.target.instance.name),
    ),
  },
  {
    id: 'azureSeen',
    title: () => l10n.t('Azure can be read'),
    severity: 'block',
    reads: { azure: ['link'] },
    judge: judgedBy(
      ['azureUnseen'],
      f => f.now.azure,
      () => l10n.t('Azure answers.'),
    ),
  },
  {
    id: 'viewState',
    title: () => l10n.t('The login may see the state of replication'),
    severity: 'block',
    reads: { sqlServer: ['partPermissions'] },
    judge: judgedBy(['noViewServerState'], seenServer, () => l10n.t('It may.')),
  },
  {
    id: 'alterGroups',
    title: () => l10n.t('The login may change the availability groups'),
    severity: 'block',
    reads: { sqlServer: ['partPermissions'] },
    judge: judgedBy(['noAlterGroup'], seenServer, () => l10n.t('It may.')),
  },
  {
    id: 'alwaysOn',
    title: () => l10n.t('Always On availability groups are on'),
    severity: 'block',
    reads: { sqlServer: ['partIdentity'] },
    judge: judgedBy(['alwaysOnOff'], seenServer, () => l10n.t('They are.')),
  },
  {
    id: 'build',
    title: () => l10n.t('The version can do this failover'),
    severity: 'block',
    reads: { sqlServer: ['partIdentity'], azure: ['link', 'instance'] },
    judge: judgeBuild,
  },
  {
    id: 'link',
    title: () => l10n.t('The link exists on both sides'),
    severity: 'block',
    reads: { sqlServer: ['partGroups', 'partMembers'], azure: ['link'] },
    judge: judgedBy(
      ['noLink', 'otherLink', 'linkAbsentInAzure'],
      f => both(f.now.sqlServer, f.now.azure),
      f => l10n.t('{0} is the one that was chosen.', f.target.link),
    ),
  },
  {
    id: 'severalLinks',
    title: () => l10n.t('The database has one link'),
    severity: 'info',
    reads: { sqlServer: ['partOtherLinks'] },
    judge: judgeSeveralLinks,
  },
  {
    id: 'database',
    title: () => l10n.t('The databases are there'),
    severity: 'block',
    reads: { sqlServer: ['partDatabases'] },
    judge: judgedBy(['noDatabase'], seenServer, f => f.target.databases.join(', ')),
  },
  {
    id: 'roles',
    title: () => l10n.t('The roles fit the direction'),
    severity: 'block',
    reads: { sqlServer: ['partGroups'], managedInstance: ['partGroups'], azure: ['link'] },
    judge: judgeRoles,
  },
  {
    id: 'splitBrain',
    title: () => l10n.t('Only one side is primary'),
    severity: 'block',
    reads: { sqlServer: ['partGroups'], managedInstance: ['partGroups'], azure: ['link'] },
    judge: judgedBy(['splitBrain'], seenBothRoles, () => l10n.t('There is one primary.')),
  },
  {
    id: 'connected',
    title: () => l10n.t('The two sides are connected'),
    severity: 'block',
    reads: { primary: ['partMembers'], azure: ['link'] },
    judge: judgeConnected,
  },
  {
    id: 'ports',
    title: () => l10n.t('The network lets the link through'),
    severity: 'info',
    reads: { primary: ['partMembers'], azure: ['link'] },
    judge: judgePorts,
  },
  {
    id: 'synchronization',
    title: () => l10n.t('Data movement is healthy'),
    severity: 'block',
    reads: { primary: ['partStates'], azure: ['link'] },
    judge: judgeSynchronization,
  },
  {
    id: 'seeding',
    title: () => l10n.t('Seeding has ended'),
    severity: 'block',
    reads: { sqlServer: ['seeding'], azure: ['link'] },
    judge: judgeSeeding,
  },
  {
    id: 'queues',
    title: () => l10n.t('The other side is not far behind'),
    severity: 'warn',
    reads: { primary: ['partStates'] },
    judge: judgeQueues,
  },
  {
    id: 'workload',
    title: () => l10n.t('Nobody is writing'),
    severity: 'block',
    reads: { primary: ['partSessions', 'partStates'] },
    judge: judgeWorkload,
  },
  {
    id: 'localReplicas',
    title: () => l10n.t('The local replicas are in order'),
    severity: 'block',
    reads: { sqlServer: ['localReplicas'] },
    judge: judgeLocalReplicas,
  },
  {
    id: 'sharedGroup',
    title: () => l10n.t('The availability group serves this link only'),
    severity: 'info',
    reads: { sqlServer: ['partUse', 'partOtherLinks'] },
    judge: judgeSharedGroup,
  },
];

/** Findings of `assess` that a check above or in another file speaks for; whatever it may learn besides becomes a check of its own. */
export const SPOKEN_FOR: ReadonlySet<string> = new Set([
  'sqlServerUnseen',
  'azureUnseen',
  'instanceUnseen',
  'instanceByAzure',
  'noViewServerState',
  'noAlterGroup',
  'alwaysOnOff',
  'oldBuild',
  'wayImpossible',
  'linkDoesNotSurvive',
  'instanceNotConnected',
  'sqlServerIsPrimary',
  'noPrimary',
  'newerVersion',
  'noLink',
  'otherLink',
  'linkAbsentInAzure',
  'noDatabase',
  'instanceIsPrimary',
  'roleUnknown',
  'splitBrain',
  'disconnected',
  'linkError',
  'suspended',
  'reverting',
  'seeding',
  'largeQueue',
  'writers',
  'sessions',
  'localSecondary',
  'certificateExpired',
  'certificateExpires',
]);
