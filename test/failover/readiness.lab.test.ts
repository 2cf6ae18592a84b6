import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { allChecks } from '../../src/failover/readiness/check-readiness.ts';
import { checkOf, type ReadinessLab, startReadinessLab } from './readiness-lab.ts';

/** Starts a lab of this scenario for the tests around. */
function labOf(scenario: string): () => ReadinessLab {
  let lab: ReadinessLab;
  beforeAll(async () => {
    lab = await startReadinessLab(scenario);
  });
  afterEach(() => lab.closeAll());
  afterAll(() => lab.stop());
  return () => lab;
}

describe('SQL Server 2019, healthy', () => {
  const lab = labOf('sql2019');

  it('is ready: what stays behind is listed from both sides, and everything asked is shown', async () => {
    const report = await lab().check();
    expect(report.overall).toBe('ready');
    expect(report.checks).toHaveLength(allChecks.length);
    expect(checkOf(report, 'logins')).toMatchObject({
      status: 'fail',
      severity: 'warn',
      details: [expect.stringMatching(/^sales_reader is missing \(SID 0x[0-9A-F]{32}\)$/)],
    });
    expect(checkOf(report, 'orphans')).toMatchObject({
      details: ['sales_reader', 'old_etl (an orphan here as well)'],
    });
    expect(checkOf(report, 'jobs')).toMatchObject({
      details: expect.arrayContaining(['Sales - import orders', 'Sales - nightly statistics']),
    });
    expect(checkOf(report, 'linkedServers')).toMatchObject({ details: [expect.stringContaining('CRM01')] });
    expect(checkOf(report, 'traceFlags')).toMatchObject({ status: 'fail', severity: 'info' });
    expect(checkOf(report, 'updatePolicy')).toMatchObject({
      status: 'fail',
      severity: 'warn',
      finding: expect.stringMatching(/no way back.*2019/),
    });
    for (const id of [
      ...['endpoint', 'certificate', 'backups', 'log', 'encryption', 'features', 'acceleratedRecovery', 'unsupported'],
      ...['connected', 'synchronization', 'seeding', 'queues', 'workload', 'localReplicas', 'sharedGroup'],
      ...['azurePermissions', 'instanceState', 'operations', 'failoverGroup', 'instanceDatabases', 'licence'],
    ])
      expect(checkOf(report, id), id).toMatchObject({ status: 'pass' });
    expect(report.checks.filter(check => check.sources.length === 0)).toEqual([]);
    expect(checkOf(report, 'endpoint').sources).toEqual([
      { venue: 'sqlServer', text: expect.stringContaining('sys.database_mirroring_endpoints') },
    ]);
    expect(checkOf(report, 'link').sources.map(source => source.text)).toContainEqual(
      expect.stringMatching(/^GET .*\/distributedAvailabilityGroups\/DAG_Sales\?api-version=/),
    );
  });

  it('asks SQL Server twice for the link, once for itself and once for the database, and changes nothing', async () => {
    await lab().check();
    const before = lab().state().sqlServer.statements.length;
    await lab().check();
    // Two of the new connections, two to find the link.
    const sent = lab().state().sqlServer.statements.slice(before);
    expect(sent.filter(({ text }) => text.includes('partSessions'))).toHaveLength(2);
    expect(sent.filter(({ text }) => text.includes('sp_executesql'))).toHaveLength(2);
    expect(sent.filter(({ text }) => /\b(ALTER|DROP|CREATE|INSERT|UPDATE|DELETE)\s+(?!ANY)[A-Z[]/.test(text))).toEqual(
      [],
    );
  });

  it('sees commits that go on between two looks', async () => {
    lab().setKnobs({ writers: 2, writeRate: 25 });
    await expect
      .poll(async () => checkOf(await lab().check(), 'workload'), { timeout: 20_000 })
      .toMatchObject({
        status: 'fail',
        severity: 'block',
        finding: expect.stringContaining('being written to'),
      });
    lab().setKnobs({ writers: 0 });
    await expect.poll(async () => checkOf(await lab().check(), 'workload').status, { timeout: 20_000 }).toBe('pass');
  });

  it.each([
    [-3, 'block', /expired 3 day/],
    [12, 'warn', /expires in 1[12] day/],
  ] as const)('a certificate with %d days left: %s', async (days, severity, text) => {
    lab().setKnobs({ certificateExpiryDays: days });
    expect(checkOf(await lab().check(), 'certificate')).toMatchObject({
      status: 'fail',
      severity,
      finding: expect.stringMatching(text),
    });
    lab().setKnobs({ certificateExpiryDays: 265 });
    expect(checkOf(await lab().check(), 'certificate')).toMatchObject({ status: 'pass' });
  });

  it('names the actions that the Azure account lacks; what it may not read is not known', async () => {
    lab().setKnobs({
      azureDeniedActions: ['Microsoft.Sql/managedInstances/distributedAvailabilityGroups/delete'],
    });
    expect(checkOf(await lab().check(), 'azurePermissions')).toMatchObject({
      status: 'fail',
      severity: 'block',
      details: ['Microsoft.Sql/managedInstances/distributedAvailabilityGroups/delete'],
    });
    lab().setKnobs({ azureDeniedActions: ['Microsoft.Sql/managedInstances/operations/read'] });
    const report = await lab().check();
    expect(checkOf(report, 'operations')).toMatchObject({ status: 'notKnown' });
    expect(checkOf(report, 'instanceState')).toMatchObject({ status: 'pass' });
    expect(report.overall).toBe('uncertain');
    lab().setKnobs({ azureDeniedActions: [] });
  });

  it('a login that may not see states loses the checks that need them, and no other', async () => {
    const report = await lab().check({ as: 'withoutViewServerState' });
    expect(checkOf(report, 'viewState')).toMatchObject({ status: 'fail', severity: 'block' });
    for (const id of ['backups', 'queues', 'workload', 'localReplicas', 'log', 'jobs'])
      expect(checkOf(report, id), id).toMatchObject({ status: 'notKnown' });
    for (const id of ['endpoint', 'certificate', 'unsupported', 'features', 'alwaysOn'])
      expect(checkOf(report, id), id).toMatchObject({ status: 'pass' });
    expect(checkOf(report, 'logins')).toMatchObject({ status: 'fail', severity: 'warn' });
  });

  it('an application’s own login sees hardly anything, and nothing is green for it', async () => {
    const report = await lab().check({ as: 'salesApp' });
    for (const id of ['logins', 'orphans', 'jobs', 'linkedServers', 'serverObjects', 'endpoint', 'unsupported'])
      expect(checkOf(report, id).status, id).not.toBe('pass');
    expect(report.overall).toBe('blocked');
  });

  it('a server that breaks off during one batch loses what that batch would have told', async () => {
    lab().setKnobs({
      failNext: [{ on: 'sqlServer', match: 'partLogins', kind: 'error', number: 8645, message: 'No memory.' }],
    });
    const report = await lab().check();
    expect(checkOf(report, 'endpoint')).toMatchObject({
      status: 'notKnown',
      finding: expect.stringContaining('No memory.'),
    });
    expect(checkOf(report, 'connected')).toMatchObject({ status: 'pass' });
  });

  it('Azure’s errors are told, not taken for absence', async () => {
    lab().setKnobs({
      failNext: [
        { on: 'azure', method: 'GET', match: 'instanceFailoverGroups', status: 409, code: 'Conflict', count: 9 },
      ],
    });
    expect(checkOf(await lab().check(), 'failoverGroup')).toMatchObject({ status: 'notKnown' });
    lab().setKnobs({ failNext: [] });
  });

  it('a broken line between the sides blocks a planned failover', async () => {
    lab().setKnobs({ linkConnected: false });
    await expect
      .poll(async () => checkOf(await lab().check(), 'connected'), { timeout: 25_000, interval: 500 })
      .toMatchObject({ status: 'fail', severity: 'block' });
    expect(checkOf(await lab().check(), 'ports')).toMatchObject({ status: 'fail', severity: 'info' });
  });
});

describe('an availability group that serves more than one link', () => {
  const lab = labOf('sharedAg');

  it('is said, with the other link', async () => {
    const report = await lab().check();
    expect(checkOf(report, 'severalLinks')).toMatchObject({
      status: 'fail',
      severity: 'info',
      finding: expect.stringContaining('DAG_Sales_DR'),
    });
    expect(checkOf(report, 'sharedGroup')).toMatchObject({ status: 'fail', severity: 'info' });
    expect(report.duties.find(duty => duty.id === 'connectionStrings')?.items.length).toBeGreaterThan(1);
  });
});

describe('SQL Server 2022 with a matching update policy', () => {
  const lab = labOf('sql2022');

  it('has a way back, and several ways there', async () => {
    const report = await lab().check({ choices: { way: 'tsqlFailover' } });
    expect(checkOf(report, 'updatePolicy')).toMatchObject({ status: 'pass' });
    expect(checkOf(report, 'build')).toMatchObject({
      status: 'pass',
      details: expect.arrayContaining(['Possible: fail over by T-SQL, the link stays']),
    });
    expect(report.duties.some(duty => duty.id === 'traceFlags')).toBe(false);
  });

  it('towards SQL Server says that the instance is not the primary', async () => {
    const report = await lab().check({ choices: { direction: 'toSqlServer' } });
    expect(checkOf(report, 'roles')).toMatchObject({ status: 'fail', severity: 'block' });
    expect(checkOf(report, 'encryption')).toMatchObject({ status: 'fail', severity: 'block' });
  });
});

describe('an instance that T-SQL cannot reach', () => {
  const lab = labOf('unreachable');

  it('is read through Azure; what only it knows is not known', async () => {
    const report = await lab().check({ instance: false });
    expect(checkOf(report, 'instanceSeen')).toMatchObject({ status: 'pass' });
    expect(checkOf(report, 'roles')).toMatchObject({ status: 'pass' });
    for (const id of ['logins', 'orphans', 'jobs', 'linkedServers'])
      expect(checkOf(report, id), id).toMatchObject({ status: 'notKnown' });
    expect(report.duties.find(duty => duty.id === 'logins')?.explanation).toMatch(/could not be read/);
  });
});
