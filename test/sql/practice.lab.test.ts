import { readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { practiceCredential, sqlTokenProvider } from '../../src/azure/credential.ts';
import { connectSql } from '../../src/sql/connect.ts';
import { type PracticeLab, startPracticeLab } from './practice-lab.ts';

const never = new AbortController().signal;

let lab: PracticeLab;
beforeAll(async () => {
  lab = await startPracticeLab();
});
afterAll(() => lab.stop());
afterEach(() => lab.closeAll());

const thrown = (promise: Promise<unknown>) =>
  promise.then(
    value => ({ returned: value }),
    (error: unknown) => error,
  );
const lsn = (digits: string | null | undefined) => (digits ? BigInt(digits) : undefined);

describe('SQL Server', () => {
  it('sees link, database and group as the world has them', async () => {
    const side = await lab.connect('sqlServer');
    const sight = await side.observe(lab.query, never);
    const { sqlServer } = lab.state();
    const truth = sqlServer.databases[lab.database];
    const group = sqlServer.availabilityGroups.find(g => g.name === lab.query.link);
    expect(sight.identity).toMatchObject({
      name: sqlServer.name,
      version: sqlServer.version,
      isManagedInstance: false,
      alwaysOnEnabled: true,
    });
    expect(Math.abs(sight.identity.utcNow - Date.now())).toBeLessThan(60_000);
    expect(sight.permissions).toMatchObject({
      sysadmin: true,
      viewServerState: true,
      viewAnyDefinition: true,
      alterAvailabilityGroup: true,
    });
    expect(sight.groupNames.toSorted()).toEqual(sqlServer.availabilityGroups.map(g => g.name).toSorted());
    expect(sight.link).toMatchObject({
      name: lab.query.link,
      localRole: group && 'role' in group ? group.role.toLowerCase() : undefined,
    });
    expect(sight.link?.members.map(m => m.isLocal)).toContain(true);
    expect(sight.link?.members.every(m => m.commitMode === 'asynchronous')).toBe(true);
    expect(sight.link?.instance).toMatchObject({
      instance: lab.description.azure.managedInstance,
      fullyQualifiedDomainName: lab.description.managedInstance.fullyQualifiedDomainName,
    });
    expect(sight.availabilityGroup).toMatchObject({
      name: lab.query.availabilityGroup,
      databases: [lab.database],
      localRole: 'primary',
      links: [lab.query.link],
    });
    expect(sight.databases).toHaveLength(1);
    const [database] = sight.databases;
    expect(database).toMatchObject({ name: lab.database, state: 'ONLINE', writable: true });
    expect(database?.local).toMatchObject({
      lastCommitLsn: lsn(truth?.lsn.lastCommit),
      endOfLogLsn: lsn(truth?.lsn.endOfLog),
      suspended: false,
    });
    // An asynchronous primary tells none.
    expect(database?.local?.hardenedLsn).toBeUndefined();
    expect(database?.remote).toMatchObject({
      hardenedLsn: lsn(lab.state().managedInstance.databases[lab.database]?.lsn.lastHardened),
      sendQueueKb: 0,
    });
  });

  it('lists databases and their links in one round trip', async () => {
    const side = await lab.connect('sqlServer');
    const before = lab.state().sqlServer.statements.length;
    const databases = await side.databases(never);
    expect(lab.state().sqlServer.statements.length - before).toBe(1);
    expect(databases.map(d => d.name).toSorted()).toEqual(Object.keys(lab.state().sqlServer.databases).toSorted());
    const linked = databases.filter(d => d.links.length > 0);
    expect(linked.map(d => d.name)).toEqual([lab.database]);
    expect(linked[0]?.links).toMatchObject([
      {
        name: lab.query.link,
        availabilityGroup: lab.query.availabilityGroup,
        localRole: 'primary',
        commitMode: 'asynchronous',
        connected: true,
        syncState: 'synchronizing',
        instance: { instance: lab.description.azure.managedInstance },
      },
    ]);
  });

  it('shows a stranger’s open transaction, and none of our own sessions', async () => {
    const side = await lab.connect('sqlServer');
    const stranger = await lab.connectAs('sqlServer', { applicationName: 'Ledger' });
    await stranger.execute(
      {
        text: `USE [${lab.database}]; IF @@TRANCOUNT = 0 BEGIN TRANSACTION; INSERT INTO dbo.Ledger (id, writer, note, written_at) VALUES (-1, 1, N'x', SYSUTCDATETIME());`,
        timeoutMs: 5000,
      },
      never,
    );
    const { sessions } = await side.observe(lab.query, never);
    await stranger.execute({ text: 'ROLLBACK; USE master;', timeoutMs: 5000 }, never).catch(() => undefined);
    expect(sessions.filter(s => s.program === 'Ledger' && s.openTransactions > 0)).toMatchObject([
      {
        database: lab.database,
        login: lab.description.sqlServer.user,
        logUsedKb: expect.any(Number),
        transactionSeconds: expect.any(Number),
      },
    ]);
    expect(sessions.filter(s => s.program === 'Managed Instance Link')).toEqual([]);
  });

  it('changes the commit mode by the failover’s own statement, and sees it', async () => {
    const side = await lab.connect('sqlServer');
    const { link } = await side.observe(lab.query, never);
    const text = (mode: string) =>
      `ALTER AVAILABILITY GROUP [${lab.query.link}] MODIFY AVAILABILITY GROUP ON ${link?.members.map(m => `N'${m.availabilityGroup}' WITH (AVAILABILITY_MODE = ${mode})`).join(', ')};`;
    await side.execute({ text: text('SYNCHRONOUS_COMMIT'), timeoutMs: 5000 }, never);
    const after = await side.observe(lab.query, never);
    expect(after.link?.members.every(m => m.commitMode === 'synchronous')).toBe(true);
    await expect
      .poll(async () => (await side.observe(lab.query, never)).databases[0]?.local?.hardenedLsn)
      .toBe(lsn(lab.state().sqlServer.databases[lab.database]?.lsn.lastHardened));
    await side.execute({ text: text('ASYNCHRONOUS_COMMIT'), timeoutMs: 5000 }, never);
  });

  it('an error of the server keeps its number and gets advice', async () => {
    const side = await lab.connect('sqlServer');
    expect(
      await thrown(side.execute({ text: 'DROP AVAILABILITY GROUP [no such group];', timeoutMs: 5000 }, never)),
    ).toMatchObject({
      problem: {
        reason: expect.stringMatching(/refused|permission/),
        number: expect.any(Number),
        advice: expect.any(String),
      },
    });
  });

  it('a lost answer is an unknown outcome; the statement took effect and is not sent again', async () => {
    const side = await lab.connect('sqlServer');
    const text = `ALTER DATABASE [Archive] SET READ_ONLY WITH ROLLBACK IMMEDIATE;`;
    lab.setKnobs({ failNext: [{ on: 'sqlServer', match: 'READ_ONLY', kind: 'dropAfter' }] });
    expect(await thrown(side.execute({ text, timeoutMs: 5000 }, never))).toMatchObject({
      problem: { reason: 'unknownOutcome' },
    });
    expect(lab.state().sqlServer.statements.filter(s => s.text === text)).toHaveLength(1);
    expect((await side.databases(never)).find(d => d.name === 'Archive')?.writable).toBe(false);
    await side.execute({ text: 'ALTER DATABASE [Archive] SET READ_WRITE;', timeoutMs: 5000 }, never);
  });

  it('cancelling stops a statement that runs', async () => {
    const side = await lab.connect('sqlServer');
    const cancel = new AbortController();
    const running = thrown(side.execute({ text: "WAITFOR DELAY '00:00:30';", timeoutMs: 60_000 }, cancel.signal));
    await expect.poll(() => lab.state().sqlServer.statements.some(s => s.text.includes('WAITFOR'))).toBe(true);
    cancel.abort();
    expect(await running).toMatchObject({ problem: { reason: 'unknownOutcome' } });
    expect(await side.identify(never)).toMatchObject({ name: lab.state().sqlServer.name });
  });
});

describe('logins that may do less', () => {
  it('without VIEW SERVER STATE the rest is still seen', async () => {
    const side = await lab.connectAs('sqlServer', lab.account('withoutViewServerState'));
    const sight = await side.observe(lab.query, never);
    expect(sight.permissions).toMatchObject({
      sysadmin: false,
      viewServerState: false,
      viewAnyDefinition: true,
      alterAvailabilityGroup: false,
    });
    expect(sight.link).toMatchObject({ name: lab.query.link, localRole: 'unknown' });
    expect(sight.databases).toMatchObject([{ name: lab.database, local: undefined, remote: undefined }]);
    expect((await side.databases(never)).find(d => d.name === lab.database)?.links).toMatchObject([
      { name: lab.query.link, localRole: 'unknown', connected: undefined },
    ]);
  });

  it('without ALTER on the groups everything is seen and nothing may be changed', async () => {
    const side = await lab.connectAs('sqlServer', lab.account('watcher'));
    expect((await side.observe(lab.query, never)).permissions).toMatchObject({
      viewServerState: true,
      alterAvailabilityGroup: false,
    });
    expect(
      await thrown(side.execute({ text: `DROP AVAILABILITY GROUP [${lab.query.link}];`, timeoutMs: 5000 }, never)),
    ).toMatchObject({ problem: { reason: 'permission' } });
  });

  it('with no server permission at all', async () => {
    const side = await lab.connectAs('sqlServer', lab.account('salesApp'));
    expect((await side.observe(lab.query, never)).permissions).toMatchObject({
      viewServerState: false,
      viewAnyDefinition: false,
      alterAvailabilityGroup: false,
    });
  });

  it('an operator who is no sysadmin may change the groups', async () => {
    const side = await lab.connectAs('sqlServer', lab.account('operator'));
    expect((await side.observe(lab.query, never)).permissions).toMatchObject({
      sysadmin: false,
      viewServerState: true,
      alterAvailabilityGroup: true,
    });
  });
});

describe('the managed instance', () => {
  it('sees its own replica', async () => {
    const side = await lab.connect('managedInstance');
    const sight = await side.observe(lab.query, never);
    const truth = lab.state().managedInstance.databases[lab.database];
    expect(sight.identity).toMatchObject({
      isManagedInstance: true,
      alwaysOnEnabled: true,
      version: lab.state().managedInstance.version,
    });
    expect(sight.link).toMatchObject({ name: lab.query.link, localRole: 'secondary' });
    expect(sight.databases).toMatchObject([
      { name: lab.database, writable: false, local: { hardenedLsn: lsn(truth?.lsn.lastHardened), redoQueueKb: 0 } },
    ]);
  });

  it('takes an Entra token for databases, and no other', async () => {
    const { azure, managedInstance } = lab.description;
    const certificateAuthority = await readFile(azure.certificateFile, 'utf8');
    const credential = practiceCredential({ ...azure, certificateAuthority });
    const options = lab.optionsFor('managedInstance');
    const side = await connectSql(
      {
        ...options,
        authentication: sqlTokenProvider(
          credential,
          { sqlAudience: 'https://database.windows.net/.default' },
          'practice',
        ),
      },
      never,
    );
    expect(await side.identify(never)).toMatchObject({ isManagedInstance: true });
    await side.close();
    const wrong = sqlTokenProvider(credential, { sqlAudience: `${azure.resourceManager}/.default` }, 'practice');
    expect(await thrown(connectSql({ ...options, authentication: wrong }, never))).toMatchObject({
      problem: { reason: 'loginFailed', number: 18456, serverText: expect.stringContaining('audience') },
    });
    expect(managedInstance.port).toBeGreaterThan(0);
  });
});

describe('what does not connect', () => {
  it('a wrong password', async () => {
    const { user } = lab.description.sqlServer;
    const error = await thrown(
      connectSql(
        { ...lab.optionsFor('sqlServer'), authentication: { kind: 'sqlLogin', user, password: 'Wr0ng!one' } },
        never,
      ),
    );
    expect(error).toMatchObject({
      problem: { reason: 'loginFailed', number: 18456, message: expect.stringContaining(user) },
    });
    expect(JSON.stringify(error)).not.toContain('Wr0ng!one');
  });

  it('a certificate that is not trusted', async () => {
    const { certificateAuthority: _, ...options } = lab.optionsFor('sqlServer');
    expect(await thrown(connectSql(options, never))).toMatchObject({ problem: { reason: 'certificateUntrusted' } });
  });

  it('an instance without a route to it', async () => {
    await lab.setKnobsAndPorts({ instanceTdsUp: false });
    expect(await thrown(connectSql(lab.optionsFor('managedInstance'), never))).toMatchObject({
      problem: { reason: 'unreachable', venue: 'managedInstance' },
    });
    await lab.setKnobsAndPorts({ instanceTdsUp: true });
  });
});
