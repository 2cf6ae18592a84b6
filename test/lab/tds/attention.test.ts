import { describe, expect, it } from 'vitest';
import { connect, failure, serve, until } from './clients.ts';
import { batch, RawClient } from './raw-client.ts';
import { manyRows, waitForever } from './scripted-backend.ts';

const attention = 6;
/** MS-TDS 2.2.7.6: the statement is cut short, and the attention acknowledged. */
const cut = 'fd0200c1000000000000000000';
const acknowledged = 'fd2000fd000000000000000000';

describe('a client that cancels', () => {
  it.each([false, true])('a statement that waits gets ECANCEL and can go on (TLS: %s)', async encrypt => {
    await using served = await serve();
    await using client = await connect(served, { options: { encrypt } });
    served.backend.on('WAITFOR', waitForever);
    const request = client.request();
    const cancelled = failure(request.batch('WAITFOR'));
    await until(() => served.backend.sessions.some(session => session.running > 0));
    request.cancel();
    expect(await cancelled).toMatchObject({ code: 'ECANCEL' });
    expect((await client.request().query('SELECT 1')).recordset).toEqual([{ '': 1 }]);
  });

  it.each([false, true])('a result that streams stops the server, and can go on (TLS: %s)', async encrypt => {
    await using served = await serve();
    await using client = await connect(served, { options: { encrypt } });
    let sent = 0;
    served.backend.on('SELECT endless', async ({ sink }) => {
      sink.columns([{ name: 'n', type: { name: 'int' }, nullable: false }]);
      for (;;) {
        await sink.row([sent]);
        sent += 1;
      }
    });
    const request = client.request();
    request.stream = true;
    let seen = 0;
    const over = new Promise<Error>(resolve => request.on('error', resolve));
    request.on('row', () => {
      seen += 1;
      if (seen === 2000) request.cancel();
    });
    request.query('SELECT endless').catch(() => undefined);
    expect(await over).toMatchObject({ code: 'ECANCEL' });
    const stoppedAt = sent;
    expect((await client.request().query('SELECT 1')).recordset).toEqual([{ '': 1 }]);
    expect(sent).toBe(stoppedAt);
  });

  it('by its request timeout gets ETIMEOUT, and its connection is used again', async () => {
    await using served = await serve();
    await using client = await connect(served, { requestTimeout: 50 });
    served.backend.on('WAITFOR', waitForever);
    expect(await failure(client.request().query('WAITFOR'))).toMatchObject({ code: 'ETIMEOUT' });
    const sessions = served.backend.sessions.length;
    expect((await client.request().query('SELECT 1')).recordset).toHaveLength(1);
    expect(served.backend.sessions).toHaveLength(sessions);
  });

  it('at a hundred different moments never waits in vain', async () => {
    await using served = await serve();
    await using client = await connect(served);
    served.backend.on('SELECT some', manyRows(300));
    for (let turns = 0; turns < 100; turns++) {
      const request = client.request();
      const outcome = request.query('SELECT some').then(
        () => 'done',
        error => error.code,
      );
      for (let turn = 0; turn < turns % 25; turn++) await new Promise(resolve => setImmediate(resolve));
      request.cancel();
      expect(['done', 'ECANCEL']).toContain(await outcome);
    }
    expect((await client.request().query('SELECT 1')).recordset).toHaveLength(1);
  });
});

describe('a result that streams', () => {
  it('lets the event loop turn, or an attention would never be read', async () => {
    await using served = await serve();
    await using client = await RawClient.to(served.listener.port);
    await client.login();
    let turnsAt = 0;
    served.backend.on('SELECT wide', async ({ sink }) => {
      sink.columns([{ name: 'note', type: { name: 'nvarchar', length: 500 }, nullable: false }]);
      let rows = 0;
      setImmediate(() => {
        turnsAt = rows;
      });
      // Too little to fill the socket's buffers, which would give the loop a turn anyway.
      for (; rows < 300; rows++) await sink.row(['n'.repeat(500)]);
      sink.statementDone(rows);
    });
    client.send(1, batch('SELECT wide'));
    await client.message();
    expect(turnsAt).toBeGreaterThan(0);
    expect(turnsAt).toBeLessThan(100);
  });
});

describe('an attention', () => {
  it('is answered by two messages: the cut response, and the acknowledgement', async () => {
    await using served = await serve();
    await using client = await RawClient.to(served.listener.port);
    await client.login();
    served.backend.on('WAITFOR', waitForever);
    client.send(1, batch('WAITFOR'));
    client.send(attention, Buffer.alloc(0));
    expect((await client.message())?.toString('hex')).toBe(cut);
    expect((await client.message())?.toString('hex')).toBe(acknowledged);
    client.send(1, batch('SELECT 1'));
    expect((await client.message())?.at(0)).toBe(0x81);
  });

  it('that comes late is acknowledged alone', async () => {
    await using served = await serve();
    await using client = await RawClient.to(served.listener.port);
    await client.login();
    client.send(1, batch('SELECT 1'));
    await client.message();
    client.send(attention, Buffer.alloc(0));
    expect((await client.message())?.toString('hex')).toBe(acknowledged);
  });

  it('tells that the transaction was rolled back', async () => {
    await using served = await serve();
    await using client = await RawClient.to(served.listener.port);
    await client.login();
    served.backend.on('UPDATE', async ({ sink, signal }) => {
      sink.transactionChanged('begin', 5n);
      await new Promise<void>(resolve => signal.addEventListener('abort', () => resolve()));
      sink.message({ number: 3621, class: 0, state: 0, line: 1, message: 'Never seen.' });
      sink.transactionChanged('rollback', 5n);
    });
    client.send(1, batch('UPDATE'));
    client.send(attention, Buffer.alloc(0));
    const begun = 'e30b0008080500000000000000' + '00';
    const rolledBack = 'e30b000a00080500000000000000';
    expect((await client.message())?.toString('hex')).toBe(begun + rolledBack + cut);
    expect((await client.message())?.toString('hex')).toBe(acknowledged);
  });

  it('does not wait for a statement that will not stop; the next request does', async () => {
    await using served = await serve();
    await using client = await RawClient.to(served.listener.port);
    await client.login();
    let letGo: () => void = () => undefined;
    served.backend.on('STUBBORN', async ({ sink }) => {
      await new Promise<void>(resolve => {
        letGo = resolve;
      });
      sink.columns([]);
      sink.statementDone(99);
    });
    client.send(1, batch('STUBBORN'));
    client.send(attention, Buffer.alloc(0));
    expect((await client.message())?.toString('hex')).toBe(cut);
    expect((await client.message())?.toString('hex')).toBe(acknowledged);
    client.send(1, batch('SELECT 1'));
    await until(() => served.backend.sessions[0]?.running === 1);
    letGo();
    // Nothing of the stubborn statement is left in the answer.
    expect((await client.message())?.at(0)).toBe(0x81);
    client.send(attention, Buffer.alloc(0));
    expect((await client.message())?.toString('hex')).toBe(acknowledged);
  });

  it('may come in the middle of a request, which is then forgotten', async () => {
    await using served = await serve();
    await using client = await RawClient.to(served.listener.port);
    await client.login();
    client.send(1, batch('SELECT '), 0);
    client.send(attention, Buffer.alloc(0));
    expect((await client.message())?.toString('hex')).toBe(acknowledged);
    client.send(1, batch('SELECT 1'));
    expect((await client.message())?.at(0)).toBe(0x81);
  });
});

describe('a request the client gave up before it was sent whole', () => {
  it('is answered by a plain DONE and never run', async () => {
    await using served = await serve();
    await using client = await RawClient.to(served.listener.port);
    await client.login();
    let ran = false;
    served.backend.on('DROP', () => {
      ran = true;
    });
    client.send(1, batch('DR'), 0);
    client.send(1, Buffer.from('OP', 'utf16le'), 0x03);
    expect((await client.message())?.toString('hex')).toBe('fd000000000000000000000000');
    expect(ran).toBe(false);
  });
});

describe('a second request while one is running', () => {
  it('is no TDS without MARS: the connection is closed and its session too', async () => {
    await using served = await serve();
    await using client = await RawClient.to(served.listener.port);
    await client.login();
    served.backend.on('WAITFOR', waitForever);
    client.send(1, batch('WAITFOR'));
    client.send(1, batch('SELECT 1'));
    await client.closed();
    await until(() => served.backend.open.length === 0);
  });
});
