import { describe, expect, it } from 'vitest';
import { virtualClock } from '../../../src/lab/clock.ts';
import { ConnectionDropped } from '../../../src/lab/tsql/backend.ts';
import { errorsOf, practice, practiceClient } from './practice.ts';

const table = 'CREATE TABLE dbo.T (id int PRIMARY KEY, v int)';

describe('a transaction', () => {
  it('is counted, committed and rolled back', async () => {
    const client = await practiceClient();
    await client.run(table);
    const answer = await client.run(
      'BEGIN TRAN; INSERT T VALUES (1, 1); BEGIN TRAN; INSERT T VALUES (2, 2); SELECT @@TRANCOUNT; COMMIT; SELECT @@TRANCOUNT; COMMIT; SELECT @@TRANCOUNT',
    );
    expect(answer.results.map(result => result.rows)).toEqual([[[2]], [[1]], [[0]]]);
    expect(answer.events).toEqual(['transaction begin', 'transaction commit']);
    const undone = await client.run('BEGIN TRAN; DELETE T; BEGIN TRAN; ROLLBACK; SELECT COUNT(*), @@TRANCOUNT FROM T');
    expect(undone.results[0]?.rows).toEqual([[2, 0]]);
    expect(undone.events).toEqual(['transaction begin', 'transaction rollback']);
  });

  it('returns to a savepoint', async () => {
    const client = await practiceClient();
    await client.run(
      `${table}; BEGIN TRAN; INSERT T VALUES (1, 1); SAVE TRAN here; INSERT T VALUES (2, 2); ROLLBACK TRAN here; INSERT T VALUES (3, 3); COMMIT`,
    );
    expect(await client.rows('SELECT id FROM T ORDER BY id')).toEqual([[1], [3]]);
  });

  it('undoes definitions, too', async () => {
    const client = await practiceClient();
    await client.run(
      'BEGIN TRAN; CREATE TABLE dbo.Gone (a int); INSERT Gone VALUES (1); CREATE TABLE #gone (a int); ROLLBACK',
    );
    expect(await client.error('SELECT * FROM dbo.Gone')).toBe(208);
    expect(await client.error('SELECT * FROM #gone')).toBe(208);
    expect(await client.value("SELECT COUNT(*) FROM sys.tables WHERE name = 'Gone'")).toBe(0);
  });

  it('loses only the failed statement, unless XACT_ABORT is on', async () => {
    const client = await practiceClient();
    await client.run(table);
    await client.run('BEGIN TRAN; INSERT T VALUES (1, 1); INSERT T VALUES (1, 2); INSERT T VALUES (2, 2); COMMIT');
    expect(await client.value('SELECT COUNT(*) FROM T')).toBe(2);
    const answer = await client.run(
      'SET XACT_ABORT ON; BEGIN TRAN; INSERT T VALUES (3, 3); INSERT T VALUES (1, 1); INSERT T VALUES (4, 4); COMMIT',
    );
    expect(answer.events).toEqual(['transaction begin', 'transaction rollback']);
    expect(await client.rows('SELECT COUNT(*), @@TRANCOUNT FROM T')).toEqual([[2, 0]]);
  });

  it('is doomed by an error in TRY under XACT_ABORT', async () => {
    const client = await practiceClient();
    await client.run(table);
    const sql =
      'SET XACT_ABORT ON; BEGIN TRAN; BEGIN TRY INSERT T VALUES (1, 1); SELECT 1/0 END TRY BEGIN CATCH SELECT XACT_STATE(); INSERT T VALUES (2, 2) END CATCH';
    const answer = await client.run(sql);
    expect(answer.results.at(-1)?.rows).toEqual([[-1]]);
    expect(errorsOf(answer).map(error => error.number)).toEqual([3930]);
    expect(await client.rows('SELECT COUNT(*), @@TRANCOUNT FROM T')).toEqual([[0, 0]]);
    expect(
      errorsOf(await client.run('BEGIN TRAN; BEGIN TRY SELECT 1/0 END TRY BEGIN CATCH END CATCH')).map(
        error => error.number,
      ),
    ).toEqual([3998]);
  });

  it('answers the requests of the driver', async () => {
    const client = await practiceClient();
    const events: string[] = [];
    const sink = {
      columns: () => undefined,
      row: () => undefined,
      statementDone: () => undefined,
      message: () => undefined,
      databaseChanged: () => undefined,
      transactionChanged: (change: string) => void events.push(change),
    };
    const { signal } = new AbortController();
    await client.session.transaction('begin', sink, signal);
    expect(await client.value('SELECT @@TRANCOUNT')).toBe(1);
    await client.session.transaction('commit', sink, signal);
    await client.session.transaction('begin', sink, signal);
    await client.session.transaction('rollback', sink, signal);
    await client.session.transaction('rollback', sink, signal);
    expect(events).toEqual(['begin', 'commit', 'begin', 'rollback']);
  });
});

describe('two sessions', () => {
  it('wait for each other’s locks, and see nothing uncommitted', async () => {
    const { connect } = await practice();
    const [a, b] = [await connect(), await connect()];
    await a.run(`${table}; INSERT T VALUES (1, 1); BEGIN TRAN; UPDATE T SET v = 2`);
    const read = b.value('SELECT v FROM T');
    const write = connect().then(c => c.run('UPDATE dbo.T SET v = v + 10'));
    expect(
      await a.value(
        `SELECT COUNT(*) FROM sys.dm_exec_requests WHERE wait_type LIKE 'LCK%' AND session_id = ${b.session.sessionId}`,
      ),
    ).toBe(1);
    await a.run('COMMIT');
    expect([2, 12]).toContain(await read);
    await write;
    expect(await b.value('SELECT v FROM T')).toBe(12);
  });

  it('give up after LOCK_TIMEOUT', async () => {
    const clock = virtualClock(Date.UTC(2026, 0, 1));
    const { connect } = await practice({ clock });
    const [a, b] = [await connect(), await connect()];
    await a.run(`${table}; BEGIN TRAN; INSERT T VALUES (1, 1)`);
    const before = clock.now();
    expect(await clock.finish(b.error('SET LOCK_TIMEOUT 1500; SELECT * FROM T'))).toBe(1222);
    expect(clock.now() - before).toBe(1500);
    expect(await clock.finish(b.error('SET LOCK_TIMEOUT 0; SELECT * FROM T'))).toBe(1222);
  });

  it('that wait for each other end in a deadlock victim', async () => {
    const { connect } = await practice();
    const [a, b] = [await connect(), await connect('Archive')];
    await a.run(`${table}; BEGIN TRAN; INSERT T VALUES (1, 1)`);
    await b.run('CREATE TABLE dbo.U (a int); BEGIN TRAN; INSERT U VALUES (1)');
    const waiting = a.run('INSERT Archive.dbo.U VALUES (2)');
    expect(errorsOf(await b.run('INSERT Sales.dbo.T VALUES (2, 2)')).map(error => error.number)).toEqual([1205]);
    expect(errorsOf(await waiting)).toEqual([]);
    await a.run('COMMIT');
    expect(await b.rows('SELECT a FROM dbo.U')).toEqual([[2]]);
  });

  it('show in the views what they do', async () => {
    const { connect } = await practice();
    const [a, b] = [await connect(), await connect()];
    await a.run(`${table}; BEGIN TRAN; INSERT T VALUES (1, 1)`);
    expect(
      await b.rows(`SELECT s.program_name, s.open_transaction_count, d.database_id FROM sys.dm_exec_sessions s JOIN sys.dm_tran_session_transactions t ON t.session_id = s.session_id
      JOIN sys.dm_tran_database_transactions d ON d.transaction_id = t.transaction_id WHERE s.session_id = ${a.session.sessionId}`),
    ).toEqual([['test', 1, 5]]);
    expect(await b.rows('SELECT command FROM sys.dm_exec_requests WHERE session_id = @@SPID')).toEqual([['SELECT']]);
    a.session.close();
    expect(await b.value(`SELECT COUNT(*) FROM sys.dm_exec_sessions WHERE session_id = ${a.session.sessionId}`)).toBe(
      0,
    );
    expect(await b.value('SELECT COUNT(*) FROM T')).toBe(0);
  });
});

describe('the end of a connection', () => {
  it('KILL rolls back, tells why and drops the victim', async () => {
    const { connect } = await practice();
    const [a, b] = [await connect(), await connect()];
    await a.run(`${table}; BEGIN TRAN; INSERT T VALUES (1, 1)`);
    const waiting = a.run("WAITFOR DELAY '01:00:00'");
    expect(errorsOf(await b.run(`KILL ${a.session.sessionId}`))).toEqual([]);
    await expect(waiting).rejects.toBeInstanceOf(ConnectionDropped);
    expect(await b.value('SELECT COUNT(*) FROM T')).toBe(0);
    await expect(a.run('SELECT 1')).rejects.toBeInstanceOf(ConnectionDropped);
    expect(await b.error(`KILL ${b.session.sessionId}`)).toBe(6104);
  });

  it('faults drop it before or after the batch, delay, hang or answer', async () => {
    const { connect, world } = await practice();
    const client = await connect();
    await client.run(table);
    const fail = (rule: Record<string, unknown>) =>
      world.setKnobs({ failNext: [{ on: 'sqlServer', count: 1, ...rule }] });
    fail({ match: 'VALUES (1', kind: 'error', number: 41138, message: 'busy' });
    expect(await client.error('INSERT T VALUES (1, 1)')).toBe(41138);
    fail({ match: 'VALUES (2', kind: 'dropBefore' });
    await expect(client.run('INSERT dbo.T VALUES (2, 2)')).rejects.toBeInstanceOf(ConnectionDropped);
    const second = await connect();
    fail({ match: 'VALUES (3', kind: 'dropAfter' });
    await expect(second.run('INSERT dbo.T VALUES (3, 3)')).rejects.toBeInstanceOf(ConnectionDropped);
    const third = await connect();
    expect(await third.rows('SELECT id FROM dbo.T ORDER BY id')).toEqual([[3]]);
    fail({ match: 'SELECT 5', kind: 'hang' });
    const attention = new AbortController();
    const hanging = third.run('SELECT 5', attention.signal);
    attention.abort();
    expect((await hanging).results).toEqual([]);
    expect(await third.value('SELECT 6')).toBe(6);
  });

  it('logins are refused with the errors of the server', async () => {
    const { backend, world } = await practice();
    const login = (user: string, password: string, database = '') =>
      backend.login(
        {
          proof: { kind: 'password', user, password },
          database,
          applicationName: '',
          hostName: '',
          libraryName: '',
          encrypted: true,
          readOnlyIntent: false,
          remoteAddress: '',
        },
        new AbortController().signal,
      );
    const { user, password } = world.credentials.sqlServer;
    expect(await login(user, 'wrong')).toMatchObject({ accepted: false, errors: [{ number: 18456 }] });
    expect(await login(user, password, 'nope')).toMatchObject({
      accepted: false,
      errors: [
        { number: 4060, class: 11 },
        { number: 18456, class: 14 },
      ],
    });
  });
});
