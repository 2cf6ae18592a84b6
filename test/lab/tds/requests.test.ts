import sql from 'mssql';
import { describe, expect, it } from 'vitest';
import { connect, failure, serve, until } from './clients.ts';
import { batch, headers, intParameter, nvarcharParameter, RawClient, rpc } from './raw-client.ts';
import { echo, manyRows, oneRow } from './scripted-backend.ts';

/** Whether a promise settles within so many turns of the event loop. */
async function settlesWithin(turns: number, promise: Promise<void>): Promise<boolean> {
  let settled = false;
  void promise.finally(() => {
    settled = true;
  });
  for (let turn = 0; turn < turns && !settled; turn++) await new Promise(resolve => setImmediate(resolve));
  return settled;
}

const two = [{ name: 'n', type: { name: 'int' } as const, nullable: false }];

describe('a batch', () => {
  it('answers with several result sets, in order, and with the rows affected by each statement', async () => {
    await using served = await serve();
    await using client = await connect(served);
    served.backend.on('several', async ({ sink }) => {
      sink.columns(two);
      await sink.row([1]);
      await sink.row([2]);
      sink.statementDone(2);
      sink.statementDone(undefined);
      sink.statementDone(5);
      sink.columns(two);
      sink.statementDone(0);
      sink.columns(two);
      await sink.row([3]);
      sink.statementDone(1);
    });
    for (const send of [() => client.request().batch('several'), () => client.request().query('several')]) {
      const { recordsets, rowsAffected } = await send();
      expect(recordsets).toEqual([[{ n: 1 }, { n: 2 }], [], [{ n: 3 }]]);
      expect(rowsAffected).toEqual([2, 5, 0, 1]);
    }
  });

  it('prints on the way', async () => {
    await using served = await serve();
    await using client = await connect(served);
    served.backend.on('PRINT', async ({ sink }) => {
      sink.message({ number: 0, class: 0, state: 1, line: 1, message: 'Catching up: 3 MB left' });
      sink.columns(two);
      await sink.row([1]);
      sink.statementDone(1);
      sink.message({ number: 0, class: 0, state: 1, line: 2, message: 'Caught up' });
    });
    const request = client.request();
    const printed: unknown[] = [];
    request.on('info', info => printed.push([info.message, info.lineNumber]));
    expect((await request.batch('PRINT')).recordset).toEqual([{ n: 1 }]);
    expect(printed).toEqual([
      ['Catching up: 3 MB left', 1],
      ['Caught up', 2],
    ]);
  });

  it('fails with number, state, class, line, procedure and server', async () => {
    await using served = await serve();
    await using client = await connect(served);
    served.backend.on('ALTER', ({ sink }) => {
      sink.message({
        number: 41122,
        class: 16,
        state: 2,
        line: 70_000,
        procedure: 'sp_switch',
        message: 'Cannot failover availability group «AG_Sales».',
      });
      sink.statementDone(undefined);
    });
    for (const send of [() => client.request().batch('ALTER'), () => client.request().query('ALTER')]) {
      expect(await failure(send())).toMatchObject({
        number: 41122,
        class: 16,
        state: 2,
        lineNumber: 70_000,
        procName: 'sp_switch',
        serverName: 'SQLPROD01',
        message: 'Cannot failover availability group «AG_Sales».',
      });
    }
  });

  it('may fail after rows, and twice', async () => {
    await using served = await serve();
    await using client = await connect(served);
    served.backend.on('half', async ({ sink }) => {
      sink.columns(two);
      await sink.row([1]);
      sink.message({ number: 8134, class: 16, state: 1, line: 1, message: 'Divide by zero error encountered.' });
      sink.message({ number: 3621, class: 0, state: 0, line: 1, message: 'The statement has been terminated.' });
      sink.columns(two);
      await sink.row([2]);
      sink.statementDone(1);
      sink.message({ number: 50000, class: 16, state: 1, line: 2, message: 'Second.' });
    });
    const error = await failure(client.request().batch('half'));
    expect(error).toMatchObject({ number: 50000, precedingErrors: [expect.objectContaining({ number: 8134 })] });
    await client.query('SELECT 1');
  });

  it('may be larger than many packets, and so may its answer', async () => {
    await using served = await serve();
    const text = `-- ${'long '.repeat(50_000)}`.trim();
    served.backend.on(text, oneRow([{ name: 'n', type: { name: 'nvarchar', length: 'max' }, value: text }]));
    for (const packetSize of [512, 4096, 32_767]) {
      await using client = await connect(served, { options: { packetSize } as object });
      expect((await client.request().batch(text)).recordset[0]?.n).toBe(text);
    }
  });

  it('streams 20 000 rows', async () => {
    await using served = await serve();
    for (const encrypt of [false, true]) {
      await using client = await connect(served, { options: { encrypt } });
      served.backend.on('SELECT many', manyRows(20_000));
      const { recordset } = await client.request().query('SELECT many');
      expect(recordset).toHaveLength(20_000);
      expect(recordset[19_999]).toEqual({ id: 20_000, note: 'note number 20000' });
    }
  });

  it('may change the database', async () => {
    await using served = await serve();
    await using client = await connect(served);
    served.backend.on('USE Archive', ({ sink, session }) => {
      sink.databaseChanged(session.database, 'Archive');
      sink.statementDone(undefined);
    });
    await client.request().batch('USE Archive');
    await client.query('SELECT 1');
  });

  it('that breaks the session breaks the connection, without an answer', async () => {
    const broken: string[] = [];
    await using served = await serve({ onBroken: reason => broken.push(reason.message) });
    await using client = await connect(served);
    served.backend.on('crash', () => {
      throw new Error('The server process has died');
    });
    expect(await failure(client.request().batch('crash'))).toMatchObject({ code: 'ECONNRESET' });
    expect(broken).toEqual(['The server process has died']);
    expect((await client.request().query('SELECT 1')).recordset).toEqual([{ '': 1 }]);
  });
});

describe('sp_executesql', () => {
  it('takes parameters by name', async () => {
    await using served = await serve();
    await using client = await connect(served);
    served.backend.on('SELECT @x, @y', echo);
    const request = client.request().input('x', sql.Int, 1).input('y', sql.NVarChar, 'it’s');
    expect((await request.query('SELECT @x, @y')).recordset).toEqual([{ x: 1, y: 'it’s' }]);
  });

  it('may be called by its name, with parameters by position', async () => {
    await using served = await serve();
    await using client = await RawClient.to(served.listener.port);
    await client.login();
    const seen: unknown[] = [];
    served.backend.on('SELECT @p1, @p2', async call => {
      seen.push(...call.parameters.map(({ name, value }) => [name, value]));
      await echo(call);
    });
    const texts = [nvarcharParameter('SELECT @p1, @p2'), nvarcharParameter('@p1 int, @p2 decimal(9, 2)')];
    const call = rpc('sys.sp_executesql', ...texts, intParameter(7), intParameter(8));
    client.send(3, Buffer.concat([headers, call, Buffer.from([0xff]), call]));
    const answer = await client.message();
    expect(seen).toEqual([
      ['@p1', 7],
      ['@p2', 8],
      ['@p1', 7],
      ['@p2', 8],
    ]);
    // RETURNSTATUS 0 and DONEPROC without MORE end it; the first call's DONEPROC had MORE.
    expect(answer?.subarray(-18).toString('hex')).toBe(`7900000000fe${'00'.repeat(12)}`);
    expect(answer?.includes(Buffer.from('7900000000fe0100', 'hex'))).toBe(true);
  });

  it('refuses output parameters, by name', async () => {
    await using served = await serve();
    await using client = await connect(served);
    served.backend.on('SELECT @x', echo);
    const error = await failure(client.request().output('x', sql.Int).query('SELECT @x'));
    expect(error.message).toBe('OUTPUT parameters of a statement are not supported by the practice server.');
  });

  it('refuses table-valued parameters, by name', async () => {
    await using served = await serve();
    await using client = await connect(served);
    const table = new sql.Table('dbo.Ids');
    table.columns.add('id', sql.Int);
    table.rows.add(1);
    const error = await failure(client.request().input('ids', sql.TVP, table).query('SELECT @ids'));
    expect(error.message).toBe('Table-valued parameters are not supported by the practice server.');
    await client.query('SELECT 1');
  });
});

describe('a prepared statement', () => {
  it('is prepared once, executed often, and forgotten', async () => {
    await using served = await serve();
    await using client = await connect(served);
    served.backend.on('SELECT @x', echo);
    const statement = new sql.PreparedStatement(client);
    statement.input('x', sql.Int);
    await statement.prepare('SELECT @x');
    expect((await statement.execute({ x: 1 })).recordset).toEqual([{ x: 1 }]);
    expect((await statement.execute({ x: 2 })).recordset).toEqual([{ x: 2 }]);
    await statement.unprepare();
  });
});

describe('sp_prepexec', () => {
  it('prepares and executes at once, and returns the handle', async () => {
    await using served = await serve();
    await using client = await RawClient.to(served.listener.port);
    await client.login();
    served.backend.on('SELECT @a', echo);
    const send = async (...call: Parameters<typeof rpc>) => {
      client.send(3, Buffer.concat([headers, rpc(...call)]));
      return (await client.message()) ?? Buffer.alloc(0);
    };
    const texts = [nvarcharParameter('@a int'), nvarcharParameter('SELECT @a')];
    const prepared = await send(13, intParameter(0, true), ...texts, intParameter(5));
    const row = (value: number) => `d104${Buffer.from([value, 0, 0, 0]).toString('hex')}`;
    // The row, DONEINPROC, RETURNSTATUS 0, RETURNVALUE 1 (the handle), DONEPROC.
    expect(prepared.toString('hex')).toContain(`${row(5)}ff1100c1000100000000000000`);
    expect(prepared.subarray(-36).toString('hex')).toMatch(/^7900000000ac0000000100000000090026040401000000fe/);
    expect((await send(12, intParameter(1), intParameter(6))).toString('hex')).toContain(row(6));
    await send(15, intParameter(1));
    expect((await send(12, intParameter(1), intParameter(6))).toString('utf16le', 11)).toMatch(
      /^Could not find prepared statement with handle 1\./,
    );
  });
});

describe('a stored procedure', () => {
  it('that does not exist fails with 2812', async () => {
    await using served = await serve();
    await using client = await connect(served);
    const error = await failure(client.request().input('a', sql.Int, 1).execute('dbo.sp_nonsense'));
    expect(error).toMatchObject({ number: 2812, message: "Could not find stored procedure 'dbo.sp_nonsense'." });
    await client.query('SELECT 1');
  });
});

describe('a bulk load', () => {
  it('is refused in words', async () => {
    await using served = await serve();
    await using client = await RawClient.to(served.listener.port);
    await client.login();
    client.send(7, Buffer.from([0x81, 0, 0]));
    expect((await client.message())?.toString('utf16le', 11)).toMatch(/^Bulk loads \(INSERT BULK\) are not supported/);
    client.send(1, batch('SELECT 1'));
    expect((await client.message())?.at(0)).toBe(0x81);
  });
});

describe('a transaction', () => {
  it('begins, commits and rolls back', async () => {
    await using served = await serve();
    await using client = await connect(served);
    const [first, second] = [new sql.Transaction(client), new sql.Transaction(client)];
    await first.begin();
    await new sql.Request(first).query('SELECT 1');
    await first.commit();
    await second.begin(sql.ISOLATION_LEVEL.SERIALIZABLE);
    await second.rollback();
    const transactions = served.backend.sessions.map(session => session.transactions).find(list => list.length > 0);
    expect(transactions).toEqual(['begin', 'commit', 'begin', 'rollback']);
  });

  it('shows in every DONE while it is open', async () => {
    await using served = await serve();
    await using client = await RawClient.to(served.listener.port);
    await client.login();
    const done = async () => (await client.message())?.subarray(-13).toString('hex', 0, 3);
    client.send(14, Buffer.concat([headers, Buffer.from([5, 0, 2, 0])]));
    expect(await done()).toBe('fd0400');
    client.send(1, batch('SELECT 1'));
    expect(await done()).toBe('fd1400');
    client.send(14, Buffer.concat([headers, Buffer.from([7, 0, 0, 0])]));
    expect(await done()).toBe('fd0000');
  });

  it('that commits may begin the next one at once', async () => {
    await using served = await serve();
    await using client = await RawClient.to(served.listener.port);
    await client.login();
    client.send(14, Buffer.concat([headers, Buffer.from([7, 0, 0, 1, 2, 0])]));
    await client.message();
    expect(served.backend.sessions[0]?.transactions).toEqual(['commit', 'begin']);
  });

  it('has no save points, and says so', async () => {
    await using served = await serve();
    await using client = await RawClient.to(served.listener.port);
    await client.login();
    client.send(14, Buffer.concat([headers, Buffer.from([9, 0, 2, 0x53, 0])]));
    expect((await client.message())?.toString('utf16le', 11)).toMatch(/^Save points \(SAVE TRANSACTION\) are not/);
  });
});

describe('a pooled connection', () => {
  it('is reset before it is used again', async () => {
    await using served = await serve();
    await using client = await RawClient.to(served.listener.port);
    await client.login();
    client.send(1, batch('SELECT 1'), 0x09);
    expect((await client.message())?.subarray(0, 6).toString('hex')).toBe('e30300120000');
    expect(served.backend.sessions[0]?.resets).toBe(1);
  });

  it('has no transaction and no prepared statement left after that', async () => {
    await using served = await serve();
    await using client = await RawClient.to(served.listener.port);
    await client.login();
    client.send(14, Buffer.concat([headers, Buffer.from([5, 0, 2, 0])]));
    await client.message();
    const prepare = rpc(
      11,
      intParameter(0, true),
      nvarcharParameter(''),
      nvarcharParameter('SELECT 1'),
      intParameter(1),
    );
    client.send(3, Buffer.concat([headers, prepare]));
    await client.message();
    client.send(1, batch('SELECT 1'), 0x09);
    expect((await client.message())?.subarray(-13).toString('hex', 0, 3)).toBe('fd1000');
    client.send(3, Buffer.concat([headers, rpc(12, intParameter(1))]));
    expect((await client.message())?.toString('utf16le', 11)).toMatch(/^Could not find prepared statement/);
  });
});

describe('a client of TDS 7.1', () => {
  it('gets narrow counts and line numbers, and texts for the types it does not know', async () => {
    await using served = await serve();
    await using client = await RawClient.to(served.listener.port);
    const login = await client.login({ tdsVersion: 0x71000001 });
    expect(login?.includes(Buffer.from('0171000001', 'hex'))).toBe(true);
    served.backend.on(
      'SELECT old',
      oneRow([
        { name: 'd', type: { name: 'date' }, value: '2026-11-24' },
        { name: 'm', type: { name: 'varchar', length: 'max' }, value: 'long' },
        { name: 'n', type: { name: 'int' }, value: null },
      ]),
    );
    client.send(1, Buffer.from('SELECT old', 'utf16le'));
    const answer = (await client.message()) ?? Buffer.alloc(0);
    expect(answer.subarray(0, 8).toString('hex')).toBe('81030000000900e7');
    // A whole ROW, which ends in an int of no length.
    expect(answer.at(-10)).toBe(0);
    expect(answer.includes(0xd2)).toBe(false);
    expect(answer.includes(Buffer.from('2026-11-24', 'utf16le'))).toBe(true);
    expect(answer.subarray(-9).toString('hex')).toBe('fd1000c10001000000');
  });
});

describe('a client that does not read', () => {
  it('holds back the rows, not the server, and gets them all in the end', async () => {
    await using served = await serve();
    await using client = await RawClient.to(served.listener.port);
    await client.login();
    let sent = 0;
    let blocked = false;
    const note = 'n'.repeat(1000);
    served.backend.on('SELECT wide', async ({ sink }) => {
      sink.columns([{ name: 'note', type: { name: 'nvarchar', length: 1000 }, nullable: false }]);
      for (; sent < 20_000; sent++) {
        const written = sink.row([note]);
        if (!blocked && written !== undefined) blocked = !(await settlesWithin(1000, written));
        await written;
      }
      sink.statementDone(sent);
    });
    client.socket.pause();
    client.send(1, batch('SELECT wide'));
    await until(() => blocked);
    expect(sent).toBeLessThan(20_000);
    client.socket.resume();
    const answer = (await client.message()) ?? Buffer.alloc(0);
    expect(answer.length).toBeGreaterThan(20_000 * 2000);
    expect(answer.subarray(-13).toString('hex')).toBe('fd1000c100204e000000000000');
  });

  it('and goes away lets the statement end', async () => {
    await using served = await serve();
    await using client = await RawClient.to(served.listener.port);
    await client.login();
    served.backend.on('SELECT many', manyRows(2_000_000));
    client.socket.pause();
    client.send(1, batch('SELECT many'));
    await until(() => served.backend.sessions[0]?.running === 1);
    client.socket.resetAndDestroy();
    await until(() => served.backend.open.length === 0);
  });
});

describe('the network', () => {
  it.each([true, false])(
    'can fail under a running statement (abruptly: %s), and the session is closed',
    async abruptly => {
      await using served = await serve();
      await using client = await connect(served);
      served.backend.on(
        'WAITFOR',
        ({ signal }) => new Promise(resolve => signal.addEventListener('abort', () => resolve())),
      );
      const waiting = failure(client.request().batch('WAITFOR'));
      await until(() => served.backend.sessions.some(session => session.running > 0));
      served.listener.dropConnections(abruptly);
      expect(await waiting).toBeInstanceOf(Error);
      await until(() => served.backend.open.length === 0);
      expect((await client.request().query('SELECT 1')).recordset).toHaveLength(1);
    },
  );

  it('is closed with the listener', async () => {
    const served = await serve();
    await using client = await RawClient.to(served.listener.port);
    await client.login();
    await served.listener.close();
    await client.closed();
    expect(served.listener.connectionCount).toBe(0);
    expect(served.backend.open).toEqual([]);
    await expect(RawClient.to(served.listener.port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});
