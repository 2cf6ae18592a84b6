import * as l10n from '@vscode/l10n';
import { sameName } from '../../link/names.ts';
import type { DatabaseOptions, MirroringEndpoint } from '../../link/readiness.ts';
import { parseBuild } from '../../link/version.ts';
import { databaseInAzure } from '../sync-facts.ts';
import {
  both,
  type Check,
  factOf,
  fail,
  findingsOf,
  notKnown,
  pass,
  primaryReadiness,
  type ReadinessFacts,
  type Verdict,
  verdictOf,
  whenSeen,
} from './check.ts';

/** Checks drawn from one server's own catalog. */

const HOURS_PER_DAY = 24;
const CERTIFICATE_WARNING_DAYS = 30;

const options = (facts: ReadinessFacts) => factOf(primaryReadiness(facts), server => server.databaseOptions);

/** Judges the options of the databases; one that is not shown makes it not known. */
function ofDatabases(
  facts: ReadinessFacts,
  all: readonly DatabaseOptions[],
  judge: (databases: readonly DatabaseOptions[]) => Verdict,
): Verdict {
  const shown = all.filter(option => facts.target.databases.some(name => sameName(name, option.database)));
  return shown.length < facts.target.databases.length
    ? notKnown(l10n.t('Not every database of the link is shown.'))
    : judge(shown);
}

function judgeEndpoint(facts: ReadinessFacts): Verdict {
  return whenSeen(
    factOf(facts.sqlServer, server => server.endpoint),
    ([endpoint]) => {
      if (!endpoint)
        return fail(
          'block',
          l10n.t('There is no database mirroring endpoint.'),
          l10n.t('Create it, with a certificate, as for a new link.'),
        );
      return endpoint.state === 'STARTED'
        ? pass(l10n.t('{0} is started on port {1}.', endpoint.name, endpoint.port ?? '?'))
        : fail(
            'block',
            l10n.t('{0} is {1}.', endpoint.name, endpoint.state),
            l10n.t('Start it: ALTER ENDPOINT … STATE = STARTED.'),
          );
    },
  );
}

/** Both certificates that the link lives by: the one of SQL Server's endpoint by its own catalog, and the one Azure knows of the partner. */
function judgeCertificate(facts: ReadinessFacts): Verdict {
  const findings = findingsOf(facts).filter(f => f.id === 'certificateExpired' || f.id === 'certificateExpires');
  const own = whenSeen(
    factOf(facts.sqlServer, server => server.endpoint),
    judgeEndpointCertificate,
  );
  if (own.status === 'fail' && own.severity === 'block') return own;
  if (findings.length > 0) return verdictOf(findings, own.status === 'notKnown' ? [] : [own.finding]);
  if (own.status !== 'notKnown') return own;
  const azure = facts.target.databases.map(name => databaseInAzure(facts.now, name)?.certificateExpiry).find(Boolean);
  return azure === undefined
    ? own
    : pass(l10n.t('Azure shows that it is valid until {0}.', new Date(azure).toISOString().slice(0, 10)), [
        own.finding,
      ]);
}

function judgeEndpointCertificate([endpoint]: readonly MirroringEndpoint[]): Verdict {
  if (endpoint?.hoursLeft === undefined) return notKnown(l10n.t('The endpoint shows no certificate.'));
  const days = Math.floor(endpoint.hoursLeft / HOURS_PER_DAY);
  const name = endpoint.certificate ?? '?';
  const advice = l10n.t('Replace it on SQL Server and upload its public key to the instance.');
  if (endpoint.hoursLeft < 0)
    return fail('block', l10n.t('The certificate {0} of the endpoint expired {1} day(s) ago.', name, -days), advice);
  return days < CERTIFICATE_WARNING_DAYS
    ? fail('warn', l10n.t('The certificate {0} of the endpoint expires in {1} day(s).', name, days), advice)
    : pass(l10n.t('The certificate {0} of the endpoint is valid for {1} days.', name, days));
}

const judgeBackups = (facts: ReadinessFacts): Verdict =>
  whenSeen(
    factOf(primaryReadiness(facts), server => server.backups),
    running =>
      running.length === 0
        ? pass(l10n.t('No backup or restore is running.'))
        : fail(
            'warn',
            l10n.t('{0} backup(s) or restore(s) are running.', running.length),
            l10n.t('Let them end, and pause the backup jobs during the failover.'),
            running.map(b => l10n.t('{0} of {1}, session {2}', b.command, b.database ?? '?', b.session)),
          ),
  );

/** Reasons for which the log cannot be truncated and that a failover has to wait for, or that fill the log meanwhile. */
const TROUBLESOME_WAITS = new Set([
  'ACTIVE_TRANSACTION',
  'ACTIVE_BACKUP_OR_RESTORE',
  'AVAILABILITY_REPLICA',
  'REPLICATION',
  'DATABASE_MIRRORING',
]);
const FULL_LOG_PERCENT = 80;

const judgeLog = (facts: ReadinessFacts): Verdict =>
  whenSeen(
    both(
      options(facts),
      factOf(primaryReadiness(facts), server => server.logSpace),
    ),
    ([all, space]) =>
      ofDatabases(facts, all, databases => {
        const used = (name: string) => space.find(s => sameName(s.database, name))?.usedPercent;
        const details = databases.map(d =>
          l10n.t('{0}: {1} % used, reuse waits for {2}', d.database, used(d.database) ?? '?', d.logReuseWait),
        );
        if (databases.some(d => (used(d.database) ?? 0) >= FULL_LOG_PERCENT))
          return fail(
            'warn',
            l10n.t('A transaction log is nearly full.'),
            l10n.t('Back up the log or let it grow: it fills while the link is synchronous or disconnected.'),
            details,
          );
        if (databases.some(d => TROUBLESOME_WAITS.has(d.logReuseWait)))
          return fail(
            'warn',
            l10n.t('Something keeps a transaction log from being reused.'),
            l10n.t('Find out what: it may also hold up the failover.'),
            details,
          );
        return databases.every(d => used(d.database) !== undefined)
          ? pass(l10n.t('The logs have room.'), details)
          : notKnown(l10n.t('The server does not show how full the log is.'));
      }),
  );

/** Towards SQL Server a service-managed key is refused (DistributedAvailabilityGroupDbEncryptedWithSmk): nobody but Azure has it. */
const judgeEncryption = (facts: ReadinessFacts): Verdict =>
  whenSeen(options(facts), all =>
    ofDatabases(facts, all, databases => {
      const encrypted = databases.filter(d => d.encrypted).map(d => d.database);
      if (encrypted.length === 0) return pass(l10n.t('No database of the link is encrypted at rest.'));
      return facts.direction === 'toInstance'
        ? fail(
            'info',
            l10n.t('Encrypted at rest (TDE): {0}.', encrypted.join(', ')),
            l10n.t('A later failover back to SQL Server needs a customer-managed key that both sides can use.'),
          )
        : fail(
            'block',
            l10n.t('Encrypted at rest (TDE) on the instance: {0}.', encrypted.join(', ')),
            l10n.t(
              'With a service-managed key the failover to SQL Server is refused. Use a customer-managed key that SQL Server has too, or switch encryption off on the instance.',
            ),
          );
    }),
  );

const judgeFeatures = (facts: ReadinessFacts): Verdict =>
  whenSeen(options(facts), all =>
    ofDatabases(facts, all, databases => {
      const used = databases.flatMap(d =>
        [
          d.changeDataCapture && l10n.t('change data capture'),
          d.published && l10n.t('publisher of replication'),
          d.subscribed && l10n.t('subscriber of replication'),
          d.broker && l10n.t('Service Broker'),
        ]
          .filter(feature => feature !== false)
          .map(feature => `${d.database}: ${feature}`),
      );
      return used.length === 0
        ? pass(l10n.t('Neither change data capture, replication nor Service Broker is in use.'))
        : fail(
            'warn',
            l10n.t('Features with parts outside the database are in use.'),
            l10n.t('Their jobs, agents and routes do not move with the database: set them up anew on the other side.'),
            used,
          );
    }),
  );

const judgeLogShipping = (facts: ReadinessFacts): Verdict =>
  whenSeen(
    factOf(facts.sqlServer, server => server.logShipping),
    databases =>
      databases.length === 0
        ? pass(l10n.t('No database of the link is shipped.'))
        : fail(
            'warn',
            l10n.t('Log shipping is set up for {0}.', databases.join(', ')),
            l10n.t('It ends with the failover. Remove it, or decide what takes its place.'),
          ),
  );

/** SQL Server has accelerated database recovery from version 15 on. */
const FIRST_WITH_ADR = 15;

function judgeAcceleratedRecovery(facts: ReadinessFacts): Verdict {
  if (parseBuild(facts.target.sqlServer.version).major < FIRST_WITH_ADR)
    return pass(l10n.t('Does not apply: SQL Server has accelerated database recovery from 2019 on.'));
  return whenSeen(
    factOf(facts.sqlServer, server => server.acceleratedRecovery),
    all => {
      const off = all.filter(d => !d.on).map(d => d.database);
      if (all.length < facts.target.databases.length)
        return notKnown(l10n.t('Not every database of the link is shown.'));
      return off.length === 0
        ? pass(l10n.t('It is on.'))
        : fail(
            'warn',
            l10n.t('It is off for {0}.', off.join(', ')),
            l10n.t(
              'It cannot be switched on for these databases later on the instance. If that matters, switch it on before the failover.',
            ),
          );
    },
  );
}

function judgeUnsupported(facts: ReadinessFacts): Verdict {
  const filegroups = factOf(facts.sqlServer, server => {
    const sights = server.databases.map(d => d.specialFilegroups);
    const missing = sights.find(s => s.state !== 'seen');
    if (missing) return missing;
    const value = sights.flatMap(s => (s.state === 'seen' ? s.value : []));
    return { state: 'seen', value } as const;
  });
  const tier = factOf(facts.azure, azure => azure.instance);
  return whenSeen(
    both(
      factOf(facts.sqlServer, server => server.files),
      filegroups,
    ),
    ([files, special]) => {
      const logs = files.filter(f => f.type === 'LOG' && f.count > 1);
      const shown = facts.target.databases.every(name => files.some(f => sameName(f.database, name)));
      if (!shown) return notKnown(l10n.t('Not every database of the link is shown.'));
      const inMemory = special.some(g => g.type === 'FX');
      const details = [
        ...logs.map(f => l10n.t('{0} has {1} log files', f.database, f.count)),
        ...special.filter(g => g.type === 'FD').map(g => l10n.t('FILESTREAM filegroup {0}', g.name)),
      ];
      const generalPurpose = tier.state === 'seen' && /general/i.test(tier.value.tier);
      if (inMemory && generalPurpose)
        details.push(l10n.t('memory-optimized tables, but the instance is General Purpose'));
      if (details.length > 0)
        return fail(
          'block',
          l10n.t('The database uses what a managed instance does not have.'),
          l10n.t('Remove it from the database.'),
          details,
        );
      if (inMemory && tier.state !== 'seen')
        return notKnown(
          l10n.t(
            'There are memory-optimized tables; whether the instance can hold them depends on its tier, which was not read.',
          ),
        );
      return pass(l10n.t('One log file each, no FILESTREAM, no memory-optimized data that the instance cannot hold.'));
    },
  );
}

const SEEDING_FLAG = 12_381;
const LINK_FLAGS = [1800, 9567];

const judgeTraceFlags = (facts: ReadinessFacts): Verdict =>
  whenSeen(
    factOf(facts.sqlServer, server => server.traceFlags),
    flags => {
      const on = flags.map(flag => `-T${flag}`).join(', ');
      if (flags.includes(SEEDING_FLAG))
        return fail(
          'warn',
          l10n.t('Trace flag {0} is on.', SEEDING_FLAG),
          l10n.t('It is meant for seeding only. Switch it off: DBCC TRACEOFF({0}, -1).', SEEDING_FLAG),
          [on],
        );
      const left = flags.filter(flag => LINK_FLAGS.includes(flag));
      return left.length > 0
        ? fail(
            'info',
            l10n.t('Trace flags of the link are on: {0}.', left.join(', ')),
            l10n.t('They may stay for other links. Without one, remove them from the startup parameters afterwards.'),
          )
        : pass(on === '' ? l10n.t('No global trace flag is on.') : l10n.t('None of those of the link: {0}.', on));
    },
  );

/** SQL Server 2016: a link ends by itself when the database gets a feature that the instance does not have. */
const judgeFeatureFreeze = (facts: ReadinessFacts): Verdict =>
  parseBuild(facts.target.sqlServer.version).major === 13
    ? fail(
        'info',
        l10n.t('On SQL Server 2016 the link breaks when a feature is added that the instance does not support.'),
        l10n.t('Change nothing in the database before the failover.'),
      )
    : pass(l10n.t('Applies to SQL Server 2016 only.'));

export const serverChecks: readonly Check[] = [
  {
    id: 'endpoint',
    title: () => l10n.t('The endpoint of the link is started'),
    severity: 'block',
    reads: { sqlServer: ['endpoint'] },
    judge: judgeEndpoint,
  },
  {
    id: 'certificate',
    title: () => l10n.t('The certificate of the link is valid'),
    severity: 'block',
    reads: { sqlServer: ['endpoint'], azure: ['link'] },
    judge: judgeCertificate,
  },
  {
    id: 'backups',
    title: () => l10n.t('No backup or restore is running'),
    severity: 'warn',
    reads: { primary: ['backups'] },
    judge: judgeBackups,
  },
  {
    id: 'log',
    title: () => l10n.t('The transaction log has room'),
    severity: 'warn',
    reads: { primary: ['databaseOptions', 'logSpace'] },
    judge: judgeLog,
  },
  {
    id: 'encryption',
    title: () => l10n.t('Encryption at rest does not stand in the way'),
    severity: 'block',
    reads: { primary: ['databaseOptions'] },
    judge: judgeEncryption,
  },
  {
    id: 'features',
    title: () => l10n.t('No change data capture, replication or Service Broker'),
    severity: 'warn',
    reads: { primary: ['databaseOptions'] },
    judge: judgeFeatures,
  },
  {
    id: 'logShipping',
    title: () => l10n.t('No log shipping'),
    severity: 'warn',
    reads: { sqlServer: ['logShipping'] },
    judge: judgeLogShipping,
  },
  {
    id: 'acceleratedRecovery',
    title: () => l10n.t('Accelerated database recovery is on'),
    severity: 'warn',
    reads: { sqlServer: ['acceleratedRecovery'] },
    judge: judgeAcceleratedRecovery,
  },
  {
    id: 'unsupported',
    title: () => l10n.t('The instance supports what the database uses'),
    severity: 'block',
    reads: { sqlServer: ['files', 'specialFilegroups'], azure: ['instance'] },
    judge: judgeUnsupported,
  },
  {
    id: 'traceFlags',
    title: () => l10n.t('No trace flag is left on'),
    severity: 'warn',
    reads: { sqlServer: ['traceFlags'] },
    judge: judgeTraceFlags,
  },
  {
    id: 'featureFreeze',
    title: () => l10n.t('Features may be added before the failover'),
    severity: 'info',
    reads: { sqlServer: ['partIdentity'] },
    judge: judgeFeatureFreeze,
  },
];
