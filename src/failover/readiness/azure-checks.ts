import * as l10n from '@vscode/l10n';
import { capabilities } from '../../link/capabilities.ts';
import { sameName } from '../../link/names.ts';
import { azureLink } from '../sync-facts.ts';
import { type Check, factOf, fail, notKnown, pass, type ReadinessFacts, type Verdict, whenSeen } from './check.ts';

/** Checks of the instance as Azure shows it. */

const instance = (facts: ReadinessFacts) => factOf(facts.azure, azure => azure.instance);

const judgePermissions = (facts: ReadinessFacts): Verdict =>
  whenSeen(facts.azurePermissions, ({ known, missing }) => {
    if (!known)
      return notKnown(
        l10n.t('The account may not read its own permissions.'),
        l10n.t(
          'Make sure that it has the role SQL Managed Instance Contributor, or the actions that the failover needs.',
        ),
      );
    return missing.length === 0
      ? pass(l10n.t('The account may do all that this failover asks of Azure.'))
      : fail(
          'block',
          l10n.t('The account lacks {0} action(s).', missing.length),
          l10n.t('Ask for the role SQL Managed Instance Contributor on the instance, or for these actions.'),
          missing,
        );
  });

const judgeState = (facts: ReadinessFacts): Verdict =>
  whenSeen(instance(facts), ({ state }) => {
    if (state === '') return notKnown(l10n.t('Azure does not tell the state of the instance.'));
    return state.toLowerCase() === 'ready'
      ? pass(l10n.t('{0} is Ready.', facts.target.instance.name))
      : fail(
          'block',
          l10n.t('{0} is {1}.', facts.target.instance.name, state),
          l10n.t('Start it, or wait until its update has ended.'),
        );
  });

const judgeOperations = (facts: ReadinessFacts): Verdict =>
  whenSeen(
    factOf(facts.azure, azure => azure.operations),
    running =>
      running.length === 0
        ? pass(l10n.t('No operation is running on the instance.'))
        : fail(
            'block',
            l10n.t('{0} operation(s) are running on the instance.', running.length),
            l10n.t('Azure refuses changes meanwhile. Wait until they have ended.'),
            running,
          ),
  );

/** Whether there is a way back afterwards; towards SQL Server, whether there is a way at all. One rule: that of capabilities.ts. */
const judgePolicy = (facts: ReadinessFacts): Verdict =>
  whenSeen(instance(facts), ({ databaseFormat }) => {
    if (databaseFormat === undefined) return notKnown(l10n.t('Azure does not tell the update policy.'));
    const back = capabilities({
      version: facts.target.sqlServer.version,
      databaseFormat,
      failoverMode: azureLink(facts.now)?.failoverMode,
      direction: 'toSqlServer',
    }).filter(way => way.way === 'azureFailover' || way.way === 'tsqlFailover');
    if (back.some(way => way.possible)) return pass(l10n.t('{0}: databases can move both ways.', databaseFormat));
    const why = back[0]?.whyNot ?? '';
    return facts.direction === 'toInstance'
      ? fail(
          'warn',
          l10n.t('There is no way back to SQL Server. {0}', why),
          l10n.t('Plan for it: after the failover the instance is where the database stays.'),
        )
      : fail('block', l10n.t('SQL Server cannot take over from the instance. {0}', why));
  });

const judgeFailoverGroup = (facts: ReadinessFacts): Verdict =>
  whenSeen(
    factOf(facts.azure, azure => azure.failoverGroups),
    groups =>
      groups.length === 0
        ? pass(l10n.t('The instance is in no failover group.'))
        : fail(
            'warn',
            l10n.t('The instance is in the failover group {0}.', groups.join(', ')),
            l10n.t('A link and a failover group exclude each other while the instance is primary of the link.'),
          ),
  );

/** Databases that one instance can hold (Microsoft Learn, "Resource limits", General Purpose and Business Critical). */
const MOST_DATABASES = 100;

const judgeDatabases = (facts: ReadinessFacts): Verdict =>
  whenSeen(
    factOf(facts.azure, azure => azure.databases),
    all => {
      const missing = facts.target.databases.filter(name => !all.some(d => sameName(d.name, name)));
      if (missing.length > 0)
        return fail(
          'info',
          l10n.t('Azure does not list {0} on the instance.', missing.join(', ')),
          l10n.t('While a link seeds its database this is so; otherwise look at the link.'),
        );
      return all.length > MOST_DATABASES
        ? fail('info', l10n.t('The instance holds {0} databases.', all.length))
        : pass(l10n.t('The link’s databases are there, among {0}.', all.length));
    },
  );

/** A passive replica is free of licence; one that is primary is not. */
const judgeLicence = (facts: ReadinessFacts): Verdict =>
  whenSeen(instance(facts), ({ hybridSecondaryUsage }) => {
    if (hybridSecondaryUsage === undefined) return notKnown(l10n.t('Azure does not tell the licence state.'));
    return hybridSecondaryUsage.toLowerCase() === 'passive' && facts.direction === 'toInstance'
      ? fail(
          'info',
          l10n.t('The instance is licensed as a passive replica (hybridSecondaryUsage Passive).'),
          l10n.t('Set it to Active after the failover: a primary needs its licence.'),
        )
      : pass(l10n.t('hybridSecondaryUsage is {0}.', hybridSecondaryUsage));
  });

export const azureChecks: readonly Check[] = [
  {
    id: 'azurePermissions',
    title: () => l10n.t('The Azure account may do what the failover needs'),
    severity: 'block',
    reads: { azure: ['permissions'] },
    judge: judgePermissions,
  },
  {
    id: 'instanceState',
    title: () => l10n.t('The instance is ready'),
    severity: 'block',
    reads: { azure: ['instance'] },
    judge: judgeState,
  },
  {
    id: 'operations',
    title: () => l10n.t('No operation is running on the instance'),
    severity: 'block',
    reads: { azure: ['operations'] },
    judge: judgeOperations,
  },
  {
    id: 'updatePolicy',
    title: () => l10n.t('The update policy leaves a way back'),
    severity: 'warn',
    reads: { azure: ['instance', 'link'] },
    judge: judgePolicy,
  },
  {
    id: 'failoverGroup',
    title: () => l10n.t('The instance is in no failover group'),
    severity: 'warn',
    reads: { azure: ['failoverGroups'] },
    judge: judgeFailoverGroup,
  },
  {
    id: 'instanceDatabases',
    title: () => l10n.t('The databases are on the instance'),
    severity: 'info',
    reads: { azure: ['databases'] },
    judge: judgeDatabases,
  },
  {
    id: 'licence',
    title: () => l10n.t('The licence of the instance fits'),
    severity: 'info',
    reads: { azure: ['instance'] },
    judge: judgeLicence,
  },
];
