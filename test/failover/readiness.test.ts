import { beforeAll, describe, expect, it } from 'vitest';
import type { ReadinessFacts, Severity } from '../../src/failover/readiness/check.ts';
import { allChecks, checkReadiness, judge } from '../../src/failover/readiness/check-readiness.ts';
import { duties } from '../../src/failover/readiness/duties.ts';
import { readinessJson, readinessMarkdown } from '../../src/failover/readiness/readiness-report.ts';
import { parseLsn } from '../../src/link/lsn.ts';
import type { ServerSight } from '../../src/link/observation.ts';
import {
  azureSeen,
  goodFacts,
  inAzure,
  instanceDetails,
  onInstance,
  onServer,
  option,
  refused,
  seen,
  serverSeen,
} from './readiness-facts.ts';
import { SmallLink } from './small-link.ts';

type Change = (facts: ReadinessFacts) => ReadinessFacts;

let good: ReadinessFacts;
beforeAll(async () => {
  good = await goodFacts();
});

const report = (change: Change = facts => facts) => judge(change(good), 0);
const result = (id: string, change: Change) => {
  const found = report(change).checks.find(check => check.id === id);
  if (!found) throw new Error(`There is no check ${id}`);
  return found;
};

const noRoute = refused('no route');
const lostServer: Change = facts => ({ ...facts, now: { ...facts.now, sqlServer: noRoute }, sqlServer: noRoute });
const permissions = (values: Partial<ServerSight['permissions']>) =>
  serverSeen(s => ({ permissions: { ...s.permissions, ...values } }));
const ofLink = (change: (link: NonNullable<ServerSight['link']>) => Partial<ServerSight['link']>) =>
  serverSeen(s => (s.link ? { link: { ...s.link, ...change(s.link) } } : {}));
const ofGroup = (values: Partial<ServerSight['availabilityGroup']>) =>
  serverSeen(s => (s.availabilityGroup ? { availabilityGroup: { ...s.availabilityGroup, ...values } } : {}));
const ofRemote = (values: Readonly<Record<string, unknown>>) =>
  serverSeen(s => ({
    databases: s.databases.map(d => (d.remote ? { ...d, remote: { ...d.remote, ...values } } : d)),
  }));
const version = (text: string): Change => {
  const identified = serverSeen(s => ({ identity: { ...s.identity, version: text } }));
  return facts => ({
    ...identified(facts),
    target: { ...facts.target, sqlServer: { ...facts.target.sqlServer, version: text } },
  });
};
const instanceLogins = (sid: string) => onInstance({ logins: seen([{ name: 'app', type: 'S', sid }]) });
const endpoint = (values: Readonly<Record<string, unknown>>) =>
  onServer({
    endpoint: seen([{ name: 'Hadr', state: 'STARTED', port: 5022, certificate: 'Cert', hoursLeft: 4800, ...values }]),
  });

describe('a link about which all is known and good', () => {
  it('passes every check', () => {
    expect(report().checks.filter(check => check.status !== 'pass')).toEqual([]);
    expect(report().overall).toBe('ready');
    expect(
      report()
        .checks.map(check => check.id)
        .toSorted(),
    ).toEqual(allChecks.map(check => check.id).toSorted());
  });
});

const failing: readonly (readonly [string, Severity, Change])[] = [
  ['sqlServerSeen', 'block', lostServer],
  ['instanceSeen', 'block', f => ({ ...f, now: { ...f.now, managedInstance: noRoute, azure: noRoute } })],
  ['instanceSeen', 'info', f => ({ ...f, now: { ...f.now, managedInstance: noRoute } })],
  ['azureSeen', 'block', f => ({ ...f, now: { ...f.now, azure: noRoute } })],
  ['viewState', 'block', permissions({ viewServerState: false })],
  ['alterGroups', 'block', permissions({ alterAvailabilityGroup: false })],
  ['alwaysOn', 'block', serverSeen(s => ({ identity: { ...s.identity, alwaysOnEnabled: false } }))],
  ['build', 'warn', version('15.0.4000.1')],
  ['build', 'info', version('18.0.1000.1')],
  ['build', 'block', f => ({ ...f, choices: { way: 'roleSwitch' } })],
  ['link', 'block', serverSeen(() => ({ link: undefined }))],
  ['link', 'block', f => ({ ...f, now: { ...f.now, azure: seen('absent') } })],
  ['severalLinks', 'info', ofGroup({ links: ['DAG_Sales', 'DAG_Other'] })],
  ['database', 'block', serverSeen(() => ({ databases: [] }))],
  ['roles', 'block', azureSeen(() => ({ instanceRole: 'primary', partnerRole: 'secondary' }))],
  ['roles', 'block', f => ({ ...f, direction: 'toSqlServer', choices: { direction: 'toSqlServer' } })],
  [
    'splitBrain',
    'block',
    f => {
      const { managedInstance } = f.now;
      if (managedInstance.state !== 'seen' || !managedInstance.value.link) throw new Error('not seen');
      const link = { ...managedInstance.value.link, localRole: 'primary' as const };
      return { ...f, now: { ...f.now, managedInstance: seen({ ...managedInstance.value, link }) } };
    },
  ],
  ['connected', 'block', ofLink(l => ({ members: l.members.map(m => ({ ...m, connected: false })) }))],
  ['connected', 'block', azureSeen(l => ({ databases: l.databases.map(d => ({ ...d, connected: false })) }))],
  [
    'connected',
    'warn',
    azureSeen(l => ({ databases: l.databases.map(d => ({ ...d, mostRecentError: 'LinkInitError' })) })),
  ],
  ['ports', 'info', ofLink(l => ({ members: l.members.map(m => ({ ...m, connected: false })) }))],
  ['synchronization', 'block', ofRemote({ suspended: true, suspendReason: 'SUSPEND_FROM_USER' })],
  ['synchronization', 'block', ofRemote({ health: 'notHealthy' })],
  ['seeding', 'block', onServer({ seeding: seen([{ database: 'Sales', state: 'SEEDING' }]) })],
  ['seeding', 'block', azureSeen(l => ({ databases: l.databases.map(d => ({ ...d, replicaState: 'Seeding' })) }))],
  ['queues', 'warn', ofRemote({ sendQueueKb: 200 * 1024 })],
  ['queues', 'warn', ofRemote({ redoQueueKb: 200 * 1024 })],
  [
    'workload',
    'block',
    serverSeen(s => ({
      databases: s.databases.map(d =>
        d.local ? { ...d, local: { ...d.local, lastCommitLsn: parseLsn('99999') } } : d,
      ),
    })),
  ],
  [
    'workload',
    'warn',
    serverSeen(() => ({
      sessions: [
        {
          id: 57,
          login: 'app',
          host: 'WEB01',
          program: 'shop',
          database: 'Sales',
          openTransactions: 1,
          transactionSeconds: 5,
          logUsedKb: 1,
        },
      ],
    })),
  ],
  ['localReplicas', 'block', ofGroup({ localRole: 'secondary' })],
  [
    'localReplicas',
    'warn',
    onServer({
      localReplicas: seen([
        {
          server: 'SQLPROD02',
          isLocal: false,
          role: 'SECONDARY',
          connected: 'DISCONNECTED',
          health: 'NOT_HEALTHY',
          mode: 'SYNCHRONOUS_COMMIT',
        },
      ]),
    }),
  ],
  ['sharedGroup', 'info', ofGroup({ databases: ['Sales', 'Stock'] })],
  ['endpoint', 'block', endpoint({ state: 'STOPPED' })],
  ['endpoint', 'block', onServer({ endpoint: seen([]) })],
  ['certificate', 'block', endpoint({ hoursLeft: -48 })],
  ['certificate', 'warn', endpoint({ hoursLeft: 240 })],
  [
    'certificate',
    'warn',
    facts =>
      azureSeen(l => ({
        databases: l.databases.map(d => ({ ...d, certificateExpiry: facts.now.takenAt + 5 * 86_400_000 })),
      }))(facts),
  ],
  ['backups', 'warn', onServer({ backups: seen([{ session: 60, command: 'BACKUP LOG', database: 'Sales' }]) })],
  ['log', 'warn', onServer({ logSpace: seen([{ database: 'Sales', usedPercent: 93 }]) })],
  ['log', 'warn', option({ logReuseWait: 'ACTIVE_TRANSACTION' })],
  ['encryption', 'info', option({ encrypted: true })],
  ['features', 'warn', option({ changeDataCapture: true })],
  ['features', 'warn', option({ broker: true })],
  ['logShipping', 'warn', onServer({ logShipping: seen(['Sales']) })],
  ['acceleratedRecovery', 'warn', onServer({ acceleratedRecovery: seen([{ database: 'Sales', on: false }]) })],
  ['unsupported', 'block', onServer({ files: seen([{ database: 'Sales', type: 'LOG', count: 2 }]) })],
  [
    'unsupported',
    'block',
    f =>
      onServer({
        databases: [{ database: 'Sales', users: seen([]), specialFilegroups: seen([{ name: 'mem', type: 'FX' }]) }],
      })(f),
  ],
  ['traceFlags', 'info', onServer({ traceFlags: seen([1800, 9567]) })],
  ['traceFlags', 'warn', onServer({ traceFlags: seen([12_381]) })],
  ['featureFreeze', 'info', version('13.0.7000.253')],
  ['azurePermissions', 'block', f => ({ ...f, azurePermissions: seen({ known: true, missing: ['x/delete'] }) })],
  ['instanceState', 'block', instanceDetails({ state: 'Stopped' })],
  ['operations', 'block', inAzure({ operations: seen(['UPDATE MANAGED INSTANCE (InProgress, 40 %)']) })],
  ['updatePolicy', 'warn', instanceDetails({ databaseFormat: 'AlwaysUpToDate' })],
  [
    'updatePolicy',
    'block',
    f => ({ ...instanceDetails({ databaseFormat: 'SqlServer2025' })(f), direction: 'toSqlServer' }),
  ],
  ['failoverGroup', 'warn', inAzure({ failoverGroups: seen(['fg-prod']) })],
  ['instanceDatabases', 'info', inAzure({ databases: seen([]) })],
  ['licence', 'info', instanceDetails({ hybridSecondaryUsage: 'Passive' })],
  ['logins', 'warn', onInstance({ logins: seen([]) })],
  ['logins', 'warn', instanceLogins('0xBB')],
  ['orphans', 'warn', onInstance({ logins: seen([]) })],
  ['jobs', 'warn', onInstance({ jobs: seen([]) })],
  ['linkedServers', 'warn', onInstance({ linkedServers: seen([]) })],
  ['serverObjects', 'warn', onInstance({ serverObjects: seen([]) })],
];

describe('what speaks against a failover is found', () => {
  it.each(failing)('%s can %s', (id, severity, change) => {
    expect(result(id, change)).toMatchObject({ status: 'fail', severity });
  });

  it('by every check there is', () => {
    const fails = new Set(failing.map(([id]) => id));
    expect(allChecks.map(check => check.id).filter(id => !fails.has(id))).toEqual([]);
  });

  it('encryption on the instance blocks only the way to SQL Server', () => {
    const encrypted = onInstance({
      databaseOptions: seen([
        {
          database: 'Sales',
          logReuseWait: 'NOTHING',
          encrypted: true,
          changeDataCapture: false,
          published: false,
          subscribed: false,
          broker: false,
        },
      ]),
    });
    expect(result('encryption', f => encrypted({ ...f, direction: 'toSqlServer' }))).toMatchObject({
      status: 'fail',
      severity: 'block',
    });
    expect(result('encryption', encrypted)).toMatchObject({ status: 'pass' });
  });

  it('a finding of the quick judgement that no check speaks for becomes a check of its own', () => {
    expect(result('copyStaysOnInstance', f => ({ ...f, choices: { purpose: 'breakLink' } }))).toMatchObject({
      status: 'fail',
      severity: 'warn',
    });
  });

  it('a Windows user needs another kind of login on the instance', () => {
    const users = seen([{ name: 'CORP\\anna', type: 'U', sid: '0xCC' }]);
    const windows = onServer({ databases: [{ database: 'Sales', users, specialFilegroups: seen([]) }] });
    const unread = onInstance({
      databases: [{ database: 'Sales', users: refused('no'), specialFilegroups: seen([]) }],
    });
    expect(result('orphans', f => unread(windows(f)))).toMatchObject({
      details: ['CORP\\anna (Windows: needs a Microsoft Entra login)'],
    });
  });

  it('a forced failover is not stopped by a broken connection', () => {
    const broken = ofLink(l => ({ members: l.members.map(m => ({ ...m, connected: false })) }));
    expect(result('connected', f => broken({ ...f, kind: 'forced' }))).toMatchObject({ severity: 'warn' });
  });

  it('one of several failed checks that blocks makes it blocked, and leads the list', () => {
    const both = report(f => endpoint({ state: 'STOPPED' })(onInstance({ jobs: seen([]) })(f)));
    expect(both.overall).toBe('blocked');
    expect(both.checks[0]).toMatchObject({ id: 'endpoint' });
  });
});

describe('what was not seen is never good', () => {
  const nothing: Change = f => ({
    ...f,
    before: { takenAt: 0, sqlServer: noRoute, managedInstance: noRoute, azure: noRoute },
    now: { takenAt: 0, sqlServer: noRoute, managedInstance: noRoute, azure: noRoute },
    sqlServer: noRoute,
    instance: noRoute,
    azure: noRoute,
    azurePermissions: noRoute,
  });

  it('with no answer from anywhere no check passes, but for those that do not depend on one', () => {
    const passed = report(nothing).checks.filter(check => check.status === 'pass');
    expect(passed.map(check => check.id)).toEqual(['featureFreeze']);
  });

  it.each([
    'logins',
    'jobs',
    'linkedServers',
    'serverObjects',
    'endpoint',
    'backups',
    'traceFlags',
    'seeding',
    'logSpace',
    'databaseOptions',
    'acceleratedRecovery',
    'files',
    'localReplicas',
    'logShipping',
  ] as const)('%s refused by SQL Server: its checks alone are not known, and say why', name => {
    const refusedOne = report(onServer({ [name]: refused('VIEW SERVER STATE is missing.') }));
    const rest = refusedOne.checks.filter(check => check.status !== 'pass');
    expect(rest.length).toBeGreaterThan(0);
    for (const check of rest)
      expect(check).toMatchObject({ status: 'notKnown', finding: expect.stringContaining('is missing') });
  });

  it('a login that may not see states makes the checks drawn from them not known', () => {
    const blind: Change = permissions({ viewServerState: false });
    for (const id of ['queues', 'workload', 'synchronization', 'connected', 'roles', 'splitBrain'])
      expect(result(id, blind)).toMatchObject({ status: 'notKnown', finding: expect.stringMatching(/may not see/) });
  });

  it('an instance that nobody asked about is not known, not lost; something that could block is then uncertain', () => {
    const sqlServerOnly: Change = f => ({
      ...f,
      now: { ...f.now, managedInstance: { state: 'notAsked' }, azure: { state: 'notAsked' } },
      instance: { state: 'notAsked' },
      azure: { state: 'notAsked' },
      azurePermissions: { state: 'notAsked' },
    });
    expect(result('instanceSeen', sqlServerOnly)).toMatchObject({ status: 'notKnown' });
    expect(result('logins', sqlServerOnly)).toMatchObject({
      status: 'notKnown',
      finding: expect.stringContaining('1 here'),
    });
    expect(report(sqlServerOnly).overall).toBe('uncertain');
  });

  it('an account that may not read its permissions is not taken for one that has them', () => {
    expect(
      result('azurePermissions', f => ({ ...f, azurePermissions: seen({ known: false, missing: [] }) })),
    ).toMatchObject({ status: 'notKnown' });
  });

  it('sides that know of nothing around the link leave its checks not known', async () => {
    const link = new SmallLink();
    const { checks } = await checkReadiness(
      link.sides,
      link.target,
      'planned',
      link.clock,
      new AbortController().signal,
    );
    const of = (id: string) => checks.find(check => check.id === id);
    expect(of('link')).toMatchObject({ status: 'pass' });
    expect(of('logins')).toMatchObject({
      status: 'notKnown',
      finding: expect.stringContaining('nothing around it'),
    });
  });
});

describe('the report', () => {
  it('shows findings, advice and what was asked; names do not break the table or the fence', () => {
    const odd: Change = f => ({
      ...f,
      sqlServer: seen({
        ...(f.sqlServer.state === 'seen' ? f.sqlServer.value : never()),
        logins: seen([{ name: 'a|b\n`c', type: 'S', sid: '0xAA' }]),
        statements: { logins: 'SELECT 1 FROM [a```b].sys.x' },
      }),
      instance: seen({ ...(f.instance.state === 'seen' ? f.instance.value : never()), logins: seen([]) }),
    });
    const text = readinessMarkdown(report(odd));
    expect(text).toContain('a\\|b \\`c is missing');
    expect(text).toContain('````sql\nSELECT 1 FROM [a```b].sys.x\n````');
    expect(text).toMatch(/\| 1 \| The logins exist on the other side \| warning \|/);
    expect(text).toContain('**Ready: nothing speaks against it. 2 warning(s), 0 not known.**');
    expect(text).toContain('GET /links/DAG_Sales');
  });

  it('is the same as JSON', () => {
    const json = JSON.parse(readinessJson(report(endpoint({ state: 'STOPPED' }))));
    expect(json).toMatchObject({ version: 1, overall: 'blocked', target: { link: 'DAG_Sales' } });
    expect(json.checks).toHaveLength(allChecks.length);
    expect(json.checks[0]).toMatchObject({ id: 'endpoint', status: 'fail', severity: 'block' });
  });
});

describe('the duties afterwards', () => {
  const duty = (id: string, change: Change = f => f) => duties(change(good)).find(d => d.id === id);

  it('name the connection strings, with the database', () => {
    expect(duty('connectionStrings')).toMatchObject({
      items: ['SQLPROD01'],
      text: {
        text: 'Server=tcp:mi-prod.abc123.database.windows.net,1433;Initial Catalog=Sales;Encrypt=True;',
      },
    });
  });

  it('have a statement for each missing login that does not run before its password is filled in', () => {
    const missing = onInstance({ logins: seen([]) });
    expect(duty('logins')).toBeUndefined();
    const text = duty('logins', missing)?.text?.text ?? '';
    expect(text).toMatch(/CREATE LOGIN \[app\] WITH PASSWORD = \/\*[^']*\*\/, SID = 0xAA;/);
  });

  it('map a user to the login of its name that has another SID', () => {
    expect(duty('orphans', instanceLogins('0xBB'))?.text?.text).toBe(
      'USE [Sales]; ALTER USER [app] WITH LOGIN = [app];',
    );
    expect(duty('orphans', onInstance({ logins: seen([]) }))?.text).toBeUndefined();
  });

  it('quote names', () => {
    const odd = onServer({ jobs: seen([{ job: "O'Brien", enabled: true, database: 'Sales' }]) });
    expect(duty('jobs', odd)?.text?.text).toBe("EXEC msdb.dbo.sp_update_job @job_name = N'O''Brien', @enabled = 0;");
  });

  it('make linked servers to SQL Server only', () => {
    const two = onServer({
      linkedServers: seen([
        { name: 'CRM01', product: 'SQL Server', provider: 'SQLNCLI11', dataSource: 'crm01.corp' },
        { name: 'ORA', product: 'Oracle', provider: 'OraOLEDB.Oracle', dataSource: 'ora' },
      ]),
    });
    expect(duty('linkedServers', two)).toMatchObject({
      items: ['CRM01', 'ORA'],
      text: { on: 'managedInstance', text: expect.not.stringContaining('ORA') },
    });
  });

  it('leave trace flags and certificates alone while the link stays', () => {
    const flags = onServer({ traceFlags: seen([1800, 3226]) });
    expect(duty('traceFlags', flags)?.text?.text).toBe('DBCC TRACEOFF(1800, -1);');
    const stays: Change = f => ({ ...flags(f), choices: { way: 'tsqlFailover' } });
    expect([duty('traceFlags', stays), duty('certificates', stays)]).toEqual([undefined, undefined]);
  });

  it('end the passive licence, and say so when it could not be read', () => {
    expect(duty('licence')).toBeUndefined();
    expect(duty('licence', instanceDetails({ hybridSecondaryUsage: 'Passive' }))?.explanation).toMatch(/Active/);
    expect(duty('licence', inAzure({ instance: refused('no access') }))?.explanation).toMatch(/could not be read/);
  });

  it('of a failover to SQL Server point the other way', () => {
    const back: Change = f => ({ ...f, direction: 'toSqlServer', choices: { direction: 'toSqlServer' } });
    expect(duty('connectionStrings', back)?.text?.text).toContain('Server=tcp:SQLPROD01;');
    expect(duty('backup', back)?.title).toMatch(/SQL Server/);
  });
});

const never = (): never => {
  throw new Error('It was not seen');
};
