import * as l10n from '@vscode/l10n';
import { quoteLiteral, quoteName } from '../../link/names.ts';
import type { LinkedServer } from '../../link/readiness.ts';
import type { Side } from '../../link/vocabulary.ts';
import { settle } from '../choices.ts';
import { sqlServerSight } from '../sync-facts.ts';
import { both, factOf, primaryReadiness, type ReadinessFacts } from './check.ts';
import {
  distinct,
  type LoginDifference,
  missingJobs,
  missingLinkedServers,
  missingLogins,
  orphans,
} from './compare.ts';
import { nextName, nextReadiness, usersOf } from './surroundings-checks.ts';

/** Something that a person has to do after the failover, because nothing moves it with the database. */
export interface Duty {
  readonly id: string;
  readonly title: string;
  readonly explanation: string;
  /** What it is about, one by one. */
  readonly items: readonly string[];
  /** Text to copy: connection strings, or T-SQL for one side. Where something has to be filled in it does not run as it stands. */
  readonly text:
    | { readonly language: 'sql' | 'text'; readonly on: Side | undefined; readonly text: string }
    | undefined;
}

/** The duties after a failover of what `facts` were read for. What could not be read is named in the duty, not left out. */
export function duties(facts: ReadinessFacts): readonly Duty[] {
  return [
    connectionStrings(facts),
    ...logins(facts),
    ...orphanedUsers(facts),
    ...jobs(facts),
    ...linkedServers(facts),
    ...serverObjects(facts),
    firstBackup(facts),
    ...traceFlags(facts),
    ...certificates(facts),
    ...licence(facts),
  ];
}

const from = ({ direction }: ReadinessFacts): Side => (direction === 'toInstance' ? 'sqlServer' : 'managedInstance');
const to = ({ direction }: ReadinessFacts): Side => (direction === 'toInstance' ? 'managedInstance' : 'sqlServer');

const sql = (on: Side, lines: readonly string[]): Duty['text'] =>
  lines.length === 0 ? undefined : { language: 'sql', on, text: lines.join('\n') };

function connectionStrings(facts: ReadinessFacts): Duty {
  const { target, direction } = facts;
  const { fullyQualifiedDomainName } = target.instance;
  const listeners = sqlServerSight(facts.now)?.availabilityGroup?.listeners ?? [];
  const host = direction === 'toInstance' ? `${fullyQualifiedDomainName},1433` : target.sqlServer.name;
  const old = direction === 'toInstance' ? [target.sqlServer.name, ...listeners] : [fullyQualifiedDomainName];
  return {
    id: 'connectionStrings',
    title: l10n.t('Repoint the applications'),
    explanation: l10n.t('Connection strings with the old names must get the new one.'),
    items: old,
    text: {
      language: 'text',
      on: undefined,
      text: target.databases
        .map(name => `Server=tcp:${host};Initial Catalog=${quoteValue(name)};Encrypt=True;`)
        .join('\n'),
    },
  };
}

/** A value of a connection string: quoted where it would be read as something else. */
const quoteValue = (value: string): string => (/^[\w .-]+$/.test(value) ? value : `"${value.replaceAll('"', '""')}"`);

function logins(facts: ReadinessFacts): readonly Duty[] {
  const users = usersOf(primaryReadiness(facts));
  const here = factOf(primaryReadiness(facts), s => s.logins);
  const there = factOf(nextReadiness(facts), s => s.logins);
  const mapped = both(users, here);
  if (mapped.state !== 'seen' || there.state !== 'seen')
    return [byHand('logins', l10n.t('Compare the logins'), l10n.t('They could not be read on both sides.'))];
  const missing = missingLogins(...mapped.value, there.value).filter(({ other }) => other === 'missing');
  if (missing.length === 0) return [];
  return [
    {
      id: 'logins',
      title: l10n.t('Create the logins on {0}', nextName(facts)),
      explanation: l10n.t(
        'Passwords cannot be read, and their hashes only by a member of sysadmin, so each SQL login has a gap to fill in: the statement does not run before.',
      ),
      items: missing.map(({ login }) => login.name),
      text: sql(to(facts), missing.map(createLogin)),
    },
  ];
}

/** Windows principals do not exist on a managed instance: they come as Microsoft Entra logins, under a name that only a person knows. */
function createLogin({ login }: LoginDifference): string {
  const name = quoteName(login.name);
  switch (login.type) {
    case 'S':
      return `-- ${comment(l10n.t('The hash, on the old side as sysadmin: {0}', `SELECT LOGINPROPERTY(${quoteLiteral(login.name)}, 'PasswordHash');`))}
CREATE LOGIN ${name} WITH PASSWORD = /* ${l10n.t('the password in quotes, or its hash and HASHED')} */, SID = ${login.sid};`;
    case 'E':
    case 'X':
      return `CREATE LOGIN ${name} FROM EXTERNAL PROVIDER;`;
    default:
      return `-- ${comment(l10n.t('{0} is a Windows login: create its Microsoft Entra login, and map the user to it.', login.name))}`;
  }
}

/** One line of a comment: a line break in a name must not end it. */
const comment = (text: string): string => text.replaceAll(/[\r\n\u0085\u2028\u2029]+/g, ' ');

function orphanedUsers(facts: ReadinessFacts): readonly Duty[] {
  const there = factOf(nextReadiness(facts), s => s.logins);
  const readiness = primaryReadiness(facts);
  if (there.state !== 'seen' || readiness.state !== 'seen') return [];
  const statements: string[] = [];
  const items: string[] = [];
  for (const { database, users } of readiness.value.databases) {
    if (users.state !== 'seen') continue;
    for (const user of orphans(users.value, there.value)) {
      items.push(`${database}: ${user.name}`);
      // Only a login of the same name is certainly meant; one with the right SID would make the user no orphan.
      if (there.value.some(login => login.name.toLowerCase() === user.name.toLowerCase()))
        statements.push(
          `USE ${quoteName(database)}; ALTER USER ${quoteName(user.name)} WITH LOGIN = ${quoteName(user.name)};`,
        );
    }
  }
  if (items.length === 0) return [];
  return [
    {
      id: 'orphans',
      title: l10n.t('Give the users their logins on {0}', nextName(facts)),
      explanation: l10n.t(
        'Users without login there. A login that is created with the same SID needs nothing more; one of the same name with another SID is mapped by the statement.',
      ),
      items,
      text: sql(to(facts), statements),
    },
  ];
}

function jobs(facts: ReadinessFacts): readonly Duty[] {
  const here = factOf(primaryReadiness(facts), s => s.jobs);
  const there = factOf(nextReadiness(facts), s => s.jobs);
  if (here.state !== 'seen')
    return [byHand('jobs', l10n.t('Look at the Agent jobs'), l10n.t('They could not be read.'))];
  const { databases } = facts.target;
  const used = distinct(missingJobs(databases, here.value, []));
  if (used.length === 0) return [];
  const missing = there.state === 'seen' ? missingJobs(databases, here.value, there.value) : used;
  return [
    {
      id: 'jobs',
      title: l10n.t('Move the Agent jobs'),
      explanation: l10n.t(
        'Create on {0} those that are missing there ({1}). The statements switch the jobs off where they would go on against the old copy.',
        nextName(facts),
        missing.join(', ') || l10n.t('none'),
      ),
      items: used,
      text: sql(
        from(facts),
        used.map(job => `EXEC msdb.dbo.sp_update_job @job_name = ${quoteLiteral(job)}, @enabled = 0;`),
      ),
    },
  ];
}

function linkedServers(facts: ReadinessFacts): readonly Duty[] {
  const here = factOf(primaryReadiness(facts), s => s.linkedServers);
  const there = factOf(nextReadiness(facts), s => s.linkedServers);
  if (here.state !== 'seen' || there.state !== 'seen')
    return [
      byHand('linkedServers', l10n.t('Compare the linked servers'), l10n.t('They could not be read on both sides.')),
    ];
  const missing = missingLinkedServers(here.value, there.value);
  if (missing.length === 0) return [];
  return [
    {
      id: 'linkedServers',
      title: l10n.t('Create the linked servers on {0}', nextName(facts)),
      explanation: l10n.t(
        'Their passwords cannot be read: add the logins with sp_addlinkedsrvlogin. A managed instance reaches SQL data sources only; others are listed without a statement.',
      ),
      items: missing.map(server => server.name),
      text: sql(to(facts), missing.filter(isSqlServer).map(addLinkedServer)),
    },
  ];
}

const isSqlServer = ({ product, provider }: LinkedServer): boolean =>
  product === 'SQL Server' || /^(SQLNCLI|MSOLEDBSQL)/i.test(provider);

const addLinkedServer = ({ name, dataSource }: LinkedServer): string =>
  `EXEC master.dbo.sp_addlinkedserver @server = ${quoteLiteral(name)}, @srvproduct = N'', @provider = N'MSOLEDBSQL', @datasrc = ${quoteLiteral(dataSource ?? name)};`;

function serverObjects(facts: ReadinessFacts): readonly Duty[] {
  const here = factOf(primaryReadiness(facts), s => s.serverObjects);
  if (here.state !== 'seen' || here.value.length === 0) return [];
  return [
    {
      id: 'serverObjects',
      title: l10n.t('Move server triggers and credentials'),
      explanation: l10n.t('Create on {0} those that the databases or their jobs need.', nextName(facts)),
      items: here.value.map(object => object.name),
      text: undefined,
    },
  ];
}

/** Before the first full backup a link that is removed may leave the database unavailable after a restart of the instance (known issue). */
const firstBackup = (facts: ReadinessFacts): Duty =>
  facts.direction === 'toInstance'
    ? {
        id: 'backup',
        title: l10n.t('See the first full backup'),
        explanation: l10n.t(
          'The instance makes it by itself. Until it is there, do not remove the link, and keep the old copy.',
        ),
        items: facts.target.databases,
        text: sql('managedInstance', [
          `SELECT database_name, type, backup_finish_date FROM msdb.dbo.backupset WHERE type = 'D' AND database_name IN (${facts.target.databases.map(quoteLiteral).join(', ')}) ORDER BY backup_finish_date DESC;`,
        ]),
      }
    : {
        id: 'backup',
        title: l10n.t('Resume the backups on SQL Server'),
        explanation: l10n.t('Nobody backs up the databases there but your own jobs. Begin with a full backup.'),
        items: facts.target.databases,
        text: undefined,
      };

const LINK_FLAGS = [1800, 9567, 12_381];

/** Only when the link goes: another one, or this one, may need them. */
function traceFlags(facts: ReadinessFacts): readonly Duty[] {
  if (settle(facts.kind, facts.choices).keepsLink) return [];
  const flags = factOf(facts.sqlServer, s => s.traceFlags);
  if (flags.state !== 'seen') return [];
  const left = flags.value.filter(flag => LINK_FLAGS.includes(flag));
  if (left.length === 0) return [];
  return [
    {
      id: 'traceFlags',
      title: l10n.t('Remove the trace flags of the link'),
      explanation: l10n.t(
        'If no other link needs them. Take them out of the startup parameters too, or they return with the next start.',
      ),
      items: left.map(flag => `-T${flag}`),
      text: sql('sqlServer', [`DBCC TRACEOFF(${left.join(', ')}, -1);`]),
    },
  ];
}

function certificates(facts: ReadinessFacts): readonly Duty[] {
  if (settle(facts.kind, facts.choices).keepsLink) return [];
  const all = factOf(facts.sqlServer, s => s.certificates);
  if (all.state !== 'seen' || all.value.length === 0) return [];
  return [
    {
      id: 'certificates',
      title: l10n.t('Look at the certificates and the endpoint'),
      explanation: l10n.t(
        'Nobody removes them. If no other link or availability group needs them, the endpoint and the certificates of the link can be dropped; which these are is not certain from here.',
      ),
      items: all.value.map(c => (c.hasPrivateKey ? l10n.t('{0} (with private key)', c.name) : c.name)),
      text: undefined,
    },
  ];
}

function licence(facts: ReadinessFacts): readonly Duty[] {
  if (facts.direction !== 'toInstance') return [];
  const instance = factOf(facts.azure, azure => azure.instance);
  if (instance.state !== 'seen')
    return [
      byHand(
        'licence',
        l10n.t('Look at the licence of the instance'),
        l10n.t('Its hybridSecondaryUsage could not be read.'),
      ),
    ];
  if (instance.value.hybridSecondaryUsage?.toLowerCase() !== 'passive') return [];
  return [
    {
      id: 'licence',
      title: l10n.t('Set the licence of {0} to active', facts.target.instance.name),
      explanation: l10n.t(
        'It is a passive disaster recovery replica (hybridSecondaryUsage Passive). A primary is not: set it to Active in Azure.',
      ),
      items: [facts.target.instance.name],
      text: undefined,
    },
  ];
}

const byHand = (id: string, title: string, explanation: string): Duty => ({
  id,
  title,
  explanation,
  items: [],
  text: undefined,
});
