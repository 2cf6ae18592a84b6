import { describe, expect, it } from 'vitest';
import type { AdminCommand, LabSide } from '../../../src/lab/engine/contract.ts';
import { dropGroup, setDatabase, stage } from './stage.ts';

describe('logging in', () => {
  it('takes the right password and no other', async () => {
    const { world } = await stage();
    const { user, password } = world.credentials.sqlServer;
    const proof = { kind: 'password', user: user.toUpperCase(), password } as const;
    expect(await world.sqlServer.authenticate(proof)).toMatchObject({ name: user, sysadmin: true });
    await expect(world.sqlServer.authenticate({ ...proof, password: 'wrong' })).rejects.toMatchObject({
      number: 18456,
      class: 14,
    });
    await expect(world.sqlServer.authenticate({ ...proof, user: 'nobody' })).rejects.toMatchObject({ number: 18456 });
  });

  it('tells a disabled login so', async () => {
    const { world, run } = await stage();
    const { name, password } = world.accounts.salesApp;
    await run('sqlServer', { kind: 'alterLogin', login: name, enable: false });
    await expect(world.sqlServer.authenticate({ kind: 'password', user: name, password })).rejects.toMatchObject({
      number: 18470,
    });
    await run('sqlServer', { kind: 'alterLogin', login: name, enable: true });
    expect(await world.sqlServer.authenticate({ kind: 'password', user: name, password })).toMatchObject({
      sysadmin: false,
    });
  });

  it('takes Entra tokens on the instance, as the assembly checks them, and none on SQL Server 2019', async () => {
    const { world } = await stage();
    const proof = { kind: 'accessToken', token: 'good' } as const;
    await expect(world.managedInstance.authenticate(proof)).rejects.toMatchObject({ number: 18456 });
    world.setTokenCheck(async () => ({ name: 'dba@example.com', objectId: '11111111-2222-3333-4444-555555555555' }));
    const login = await world.managedInstance.authenticate(proof);
    expect(login).toMatchObject({ name: 'dba@example.com', sysadmin: true });
    expect(await world.managedInstance.authenticate(proof)).toBe(login);
    await expect(world.sqlServer.authenticate(proof)).rejects.toMatchObject({ number: 18456 });
  });
});

describe('what a database may be used for', () => {
  it('a secondary on the instance is read-only, on SQL Server not readable', async () => {
    const { world } = await stage('sql2022Reversed');
    const source = world.sqlServer.database('sales');
    expect(() => source?.assertReadable(true)).toThrow(expect.objectContaining({ number: 976 }));
    const { world: forward } = await stage();
    const copy = forward.managedInstance.database('SALES');
    expect(() => copy?.assertReadable(false)).not.toThrow();
    expect(() => copy?.assertWritable()).toThrow(expect.objectContaining({ number: 3906 }));
    expect(forward.managedInstance.databaseProperty('Sales', 'Updateability')).toBe('READ_ONLY');
    expect(forward.sqlServer.databaseProperty('Sales', 'updateability')).toBe('READ_WRITE');
    expect(forward.sqlServer.databaseProperty('Nope', 'Updateability')).toBeNull();
  });
});

describe('ALTER DATABASE', () => {
  it.each(['READ_ONLY', 'OFFLINE', 'SINGLE_USER'] as const)(
    'SET %s is refused while the database is in a group',
    async option => {
      const { run } = await stage();
      await expect(run('sqlServer', setDatabase(option))).rejects.toMatchObject({ number: 1468 });
    },
  );

  it('SET READ_ONLY afterwards keeps writers out', async () => {
    const { run, write } = await stage();
    await run('sqlServer', dropGroup('DAG_Sales'));
    await run('sqlServer', dropGroup('AG_Sales'));
    await run('sqlServer', setDatabase('READ_ONLY'));
    await expect(write('sqlServer', [1000])).rejects.toMatchObject({ number: 3906 });
    await run('sqlServer', setDatabase('READ_WRITE'));
    await write('sqlServer', [1000]);
  });

  it('SET OFFLINE refuses, ends or waits for the others, as asked', async () => {
    const { run, connect, world } = await stage();
    const first = connect('sqlServer', { database: 'Archive' });
    await expect(run('sqlServer', setDatabase('OFFLINE', 'noWait', 'Archive'))).rejects.toMatchObject({ number: 5070 });
    await run('sqlServer', setDatabase('OFFLINE', 'rollbackImmediate', 'Archive'));
    expect(first.endedWith).toBe(596);
    expect(world.state().sqlServer.databases.Archive?.state).toBe('OFFLINE');
    expect(() => world.sqlServer.database('Archive')?.assertReadable(true)).toThrow(
      expect.objectContaining({ number: 942 }),
    );
  });

  it('waits for other sessions until the statement is cancelled', async () => {
    const { world, clock, connect } = await stage();
    connect('sqlServer', { database: 'Archive' });
    const me = connect('sqlServer');
    const attention = new AbortController();
    const waiting = world.sqlServer.execute(setDatabase('OFFLINE', 'wait', 'Archive'), me, attention.signal);
    const outcome = expect(waiting).rejects.toThrow('attention');
    await clock.advance(5000);
    attention.abort(new Error('attention'));
    await outcome;
    expect(world.state().sqlServer.databases.Archive?.state).toBe('ONLINE');
  });

  it('SET HADR SUSPEND stops the log, RESUME lets it catch up', async () => {
    const { run, write, rows, clock, world } = await stage();
    await run('sqlServer', setDatabase('HADR SUSPEND'));
    await write('sqlServer', [1000]);
    await clock.advance(1000);
    expect(rows('managedInstance')).toBe(40);
    expect(world.state().sqlServer.databases.Sales?.suspended).toBe('SUSPEND_FROM_USER');
    await run('sqlServer', setDatabase('HADR RESUME'));
    await clock.advance(50);
    expect(rows('managedInstance')).toBe(41);
  });

  it.each<[string, LabSide, AdminCommand, number]>([
    ['SET HADR OFF on the primary', 'sqlServer', setDatabase('HADR OFF'), 35240],
    ['SET HADR RESUME of a database in no group', 'sqlServer', setDatabase('HADR RESUME', 'wait', 'Archive'), 35242],
    ['SET of a database that is not there', 'sqlServer', setDatabase('READ_ONLY', 'wait', 'Nope'), 911],
    ['SET of a system database', 'sqlServer', setDatabase('READ_ONLY', 'wait', 'master'), 5058],
    ['DROP of a linked database', 'sqlServer', { kind: 'dropDatabase', database: 'Sales' }, 3752],
    ['DROP of a system database', 'sqlServer', { kind: 'dropDatabase', database: 'msdb' }, 3708],
    ['CREATE of a database that is there', 'sqlServer', { kind: 'createDatabase', database: 'archive' }, 1801],
    ['RESTORE of a linked database', 'sqlServer', { kind: 'restoreWithRecovery', database: 'Sales' }, 3104],
    ['RESTORE of a database that is online', 'sqlServer', { kind: 'restoreWithRecovery', database: 'Archive' }, 3153],
  ])('%s is refused', async (_, side, command, number) => {
    const { run } = await stage();
    await expect(run(side, command)).rejects.toMatchObject({ number });
  });

  it('CREATE and DROP DATABASE make and remove one', async () => {
    const { run, world } = await stage();
    await run('sqlServer', { kind: 'createDatabase', database: 'Probe' });
    expect(world.sqlServer.database('probe')?.storeUri).toMatch(/vfs=memdb/);
    await run('sqlServer', { kind: 'dropDatabase', database: 'Probe' });
    expect(world.sqlServer.database('probe')).toBeUndefined();
  });
});

describe('BACKUP', () => {
  const backup = (what: 'database' | 'log', copyOnly: boolean, database = 'Sales'): AdminCommand => ({
    kind: 'backup',
    database,
    what,
    copyOnly,
    noRecovery: false,
    to: 'F:\\Backup\\x.bak',
  });

  it('leaves its row in msdb', async () => {
    const { run, read } = await stage();
    const messages = await run('sqlServer', backup('log', false));
    expect(messages.map(({ number }) => number)).toEqual([4035, 3014]);
    expect(read('sqlServer', 'msdb.dbo.backupset').at(-1)).toMatchObject({
      database_name: 'Sales',
      type: 'L',
      is_copy_only: false,
    });
  });

  it('on the instance only COPY_ONLY, a tail-log backup not inside a group', async () => {
    const { run } = await stage();
    await expect(run('managedInstance', backup('database', false))).rejects.toMatchObject({ number: 41904 });
    await expect(run('sqlServer', { ...backup('log', false), noRecovery: true } as AdminCommand)).rejects.toMatchObject(
      { number: 1468 },
    );
    await run('managedInstance', backup('database', true));
  });
});

describe('sessions and jobs', () => {
  it('KILL ends a session, and refuses what it must', async () => {
    const { run, connect, world } = await stage();
    const victim = connect('sqlServer');
    await run('sqlServer', { kind: 'kill', sessionId: victim.id });
    expect(victim.endedWith).toBe(596);
    await expect(run('sqlServer', { kind: 'kill', sessionId: 9999 })).rejects.toMatchObject({ number: 6106 });
    await expect(run('sqlServer', { kind: 'kill', sessionId: 5 })).rejects.toMatchObject({ number: 6107 });
    await expect(run('sqlServer', { kind: 'kill', sessionId: 99 }, world.accounts.watcher.name)).rejects.toMatchObject({
      number: 6102,
    });
  });

  it('jobs are disabled, stopped and started', async () => {
    const { run, read } = await stage();
    const name = 'Sales - import orders';
    const job = (action: 'enable' | 'disable' | 'start' | 'stop', which = name): AdminCommand => ({
      kind: 'job',
      action,
      job: which,
    });
    await run('sqlServer', job('disable'));
    expect(read('sqlServer', 'msdb.dbo.sysjobs').find(row => row.name === name)?.enabled).toBe(0);
    await expect(run('sqlServer', job('stop'))).rejects.toMatchObject({ number: 22022 });
    await run('sqlServer', job('start'));
    await run('sqlServer', job('stop'));
    await expect(run('sqlServer', job('start', 'no such job'))).rejects.toMatchObject({ number: 14262 });
  });
});

describe('SERVERPROPERTY', () => {
  it.each([
    ['sqlServer', 'ProductVersion', '15.0.4385.2'],
    ['sqlServer', 'productmajorversion', '15'],
    ['sqlServer', 'IsHadrEnabled', 1],
    ['sqlServer', 'EngineEdition', 3],
    ['sqlServer', 'ServerName', 'SQLPROD01'],
    ['sqlServer', 'InstanceName', null],
    ['managedInstance', 'EngineEdition', 8],
    ['managedInstance', 'Edition', 'SQL Azure'],
  ] as const)('%s %s = %s', async (side, property, value) => {
    const { world } = await stage();
    expect(world[side].serverProperty(property)).toBe(value);
  });

  it('does not know what it does not know', async () => {
    const { world } = await stage();
    expect(world.sqlServer.serverProperty('FavouriteColour')).toBeUndefined();
  });
});
