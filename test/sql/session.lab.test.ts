import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { SqlSide } from '../../src/link/ports.ts';
import { connectSql, type SqlConnectOptions } from '../../src/sql/connect.ts';
import { never, type Script, scriptedServer, sendIdentity, sendRows, serverError } from './scripted-server.ts';

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const act of cleanUp.splice(0).reverse()) await act();
});

async function connected(script?: Script) {
  const server = await scriptedServer(script ? { script } : {});
  cleanUp.push(() => server.listener.close());
  const side = await connectSql(server.options, never);
  cleanUp.push(() => side.close());
  return { ...server, side };
}

const refusal = async (options: SqlConnectOptions) => {
  const error: unknown = await connectSql(options, never)
    .then(side => side.close())
    .catch((e: unknown) => e);
  return error;
};

describe('connecting', () => {
  it.each([
    [[18456], 'loginFailed', 18456],
    [[4060, 18456], 'permission', 4060],
    [[18470], 'loginFailed', 18470],
    [[18488], 'loginFailed', 18488],
    [[40615], 'unreachable', 40615],
    [[40613], 'unreachable', 40613],
    [[50123], 'refused', 50123],
  ] as const)('a server that answers with error %j', async (numbers, reason, number) => {
    const errors = numbers.map(n => ({ ...serverError(n, `Text of ${n}.`), class: 14 }));
    const { listener, options, logins } = await scriptedServer({ login: () => ({ accepted: false, errors }) });
    cleanUp.push(() => listener.close());
    const error = await refusal(options);
    expect(error).toMatchObject({
      problem: { reason, number, venue: 'sqlServer', serverText: numbers.map(n => `Text of ${n}.`).join(' ') },
    });
    expect(logins).toHaveLength(1);
    expect(JSON.stringify(error)).not.toContain('S3cret!pass');
  });

  it('a port where nothing listens', async () => {
    const { listener, options } = await scriptedServer({});
    await listener.close();
    expect(await refusal(options)).toMatchObject({
      problem: { reason: 'unreachable', code: 'ECONNREFUSED', message: expect.stringContaining(`${listener.port}`) },
    });
  });

  it('a name that does not exist', async () => {
    const { listener, options } = await scriptedServer({});
    cleanUp.push(() => listener.close());
    const error = await refusal({ ...options, server: { host: 'no-such-host.invalid' } });
    expect(error).toMatchObject({
      problem: { reason: 'unreachable', message: expect.stringContaining('no-such-host.invalid') },
    });
  });

  it('something that never answers, and something that hangs up', async () => {
    const silent = createServer(socket => socket.on('error', () => undefined)).listen(0, '127.0.0.1');
    const rude = createServer(socket => socket.destroy()).listen(0, '127.0.0.1');
    cleanUp.push(
      () => silent.close(),
      () => rude.close(),
    );
    const { listener, options } = await scriptedServer({});
    cleanUp.push(() => listener.close());
    const at = (server: typeof silent) => {
      const address = server.address();
      return { host: '127.0.0.1', port: typeof address === 'object' && address ? address.port : 0 };
    };
    expect(await refusal({ ...options, server: at(silent), connectTimeoutMs: 200 })).toMatchObject({
      problem: { reason: 'unreachable', code: 'ETIMEOUT' },
    });
    expect(await refusal({ ...options, server: at(rude) })).toMatchObject({
      problem: { reason: 'unreachable', code: 'ECONNRESET' },
    });
  });

  it('a named instance that no SQL Server Browser knows', async () => {
    const { listener, options } = await scriptedServer({});
    cleanUp.push(() => listener.close());
    const error = await refusal({
      ...options,
      server: { host: '127.0.0.1', instanceName: 'MISSING' },
      connectTimeoutMs: 400,
    });
    expect(error).toMatchObject({
      problem: {
        reason: 'unreachable',
        message: expect.stringContaining('MISSING'),
        advice: expect.stringContaining('1434'),
      },
    });
  });

  it('is given up at once when cancelled', async () => {
    const silent = createServer(socket => socket.on('error', () => undefined)).listen(0, '127.0.0.1');
    cleanUp.push(() => silent.close());
    const { listener, options } = await scriptedServer({});
    cleanUp.push(() => listener.close());
    const address = silent.address();
    const cancel = new AbortController();
    silent.once('connection', () => cancel.abort());
    const port = typeof address === 'object' && address ? address.port : 0;
    await expect(connectSql({ ...options, server: { host: '127.0.0.1', port } }, cancel.signal)).rejects.toMatchObject({
      name: 'AbortError',
    });
  });

  it('brings a fresh token for databases, and asks for no other audience', async () => {
    const asked: unknown[] = [];
    const { listener, options, logins } = await scriptedServer({});
    cleanUp.push(() => listener.close());
    const credential = {
      getToken: (scopes: string | string[]) => {
        asked.push(scopes);
        return Promise.resolve({ token: `token-${asked.length}`, expiresOnTimestamp: Date.now() + 3_600_000 });
      },
    };
    const authentication = {
      kind: 'accessToken' as const,
      credential,
      scope: 'https://database.windows.net/.default',
      account: 'dba@example.com',
    };
    const side = await connectSql({ ...options, authentication }, never);
    cleanUp.push(() => side.close());
    await side.identify(never);
    expect(asked).toEqual(['https://database.windows.net/.default']);
    expect(new Set(logins.map(l => JSON.stringify(l.proof)))).toEqual(
      new Set(['{"kind":"accessToken","token":"token-1"}']),
    );
  });

  it('logs in with a new token when the old one is about to end', async () => {
    let made = 0;
    const { listener, options, logins } = await scriptedServer({});
    cleanUp.push(() => listener.close());
    const credential = {
      getToken: () => Promise.resolve({ token: `token-${++made}`, expiresOnTimestamp: Date.now() + 60_000 }),
    };
    const side = await connectSql(
      { ...options, authentication: { kind: 'accessToken', credential, scope: 'x' } },
      never,
    );
    cleanUp.push(() => side.close());
    const before = made;
    listener.dropConnections(true);
    await side.identify(never);
    expect(made).toBeGreaterThan(before);
    expect(logins.at(-1)?.proof).toEqual({ kind: 'accessToken', token: `token-${made}` });
  });

  it('says so when no token can be got, and never connects', async () => {
    const { listener, options, logins } = await scriptedServer({});
    cleanUp.push(() => listener.close());
    const credential = { getToken: () => Promise.reject(new Error('AADSTS50076: multi-factor needed')) };
    const error = await refusal({ ...options, authentication: { kind: 'accessToken', credential, scope: 'x' } });
    expect(error).toMatchObject({ problem: { reason: 'loginFailed', serverText: 'AADSTS50076: multi-factor needed' } });
    expect(logins).toEqual([]);
  });
});

describe('reading', () => {
  it('uses the connections that are open: no new login, one request each', async () => {
    const { side, logins, texts } = await connected();
    const [loggedIn, sent] = [logins.length, texts.length];
    await Promise.all([side.identify(never), side.identify(never)]);
    await side.identify(never);
    expect(logins.length).toBe(loggedIn);
    expect(texts.length).toBe(sent + 3);
  });

  it('turns UTC into Unix time whatever the time zone of the server', async () => {
    const { side } = await connected();
    expect((await side.identify(never)).utcNow).toBe(Date.UTC(2026, 10, 24, 10));
  });

  it('tries once more on a fresh connection when the connection breaks', async () => {
    let breaks = 1;
    const { side } = await connected(text => {
      if (text.includes('partDatabases') && breaks-- > 0) throw new Error('server died');
    });
    expect(await side.databases(never)).toEqual([]);
  });

  it('says that the server cannot be reached when it stays broken', async () => {
    const { side, listener } = await connected();
    await listener.close();
    await expect(side.identify(never)).rejects.toMatchObject({
      problem: { reason: 'unreachable', venue: 'sqlServer', transient: true },
    });
  });

  it('ends at once when cancelled, and the connection can be used again', async () => {
    const cancel = new AbortController();
    const { side } = await connected((text, _sink, signal) => {
      if (!text.includes('partDatabases')) return undefined;
      cancel.abort();
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    });
    await expect(side.databases(cancel.signal)).rejects.toMatchObject({ name: 'AbortError' });
    expect(await side.identify(never)).toMatchObject({ name: 'SQLTEST01' });
  });

  it('names the column that it cannot understand', async () => {
    const { side } = await connected((text, sink) => {
      if (text.includes('partDatabases'))
        sendRows(sink, 'partDatabases', [{ database_id: 5, name: 'Sales', state_desc: null, updateability: null }]);
    });
    await expect(side.databases(never)).rejects.toMatchObject({
      problem: { reason: 'badAnswer', message: expect.stringMatching(/state_desc of partDatabases/) },
    });
  });

  it('tells a missing permission from another error', async () => {
    const { side } = await connected((text, sink) => {
      if (text.includes('partDatabases')) {
        sink.message(
          serverError(300, "VIEW SERVER STATE permission was denied on object 'server', database 'master'."),
        );
        sink.message(serverError(297, 'The user does not have permission to perform this action.'));
      }
    });
    await expect(side.databases(never)).rejects.toMatchObject({
      problem: { reason: 'permission', number: 300, serverText: expect.stringContaining('VIEW SERVER STATE') },
    });
  });

  it('knows a managed instance by its edition', async () => {
    const { listener, options } = await scriptedServer({
      script: (text, sink) => {
        if (text.includes('partIdentity'))
          sendIdentity(sink, { engine_edition: 8, is_hadr_enabled: null, server_name: null });
      },
    });
    cleanUp.push(() => listener.close());
    const side = await connectSql({ ...options, side: 'managedInstance', label: 'mi-prod' }, never);
    cleanUp.push(() => side.close());
    expect(await side.identify(never)).toMatchObject({
      name: 'mi-prod',
      isManagedInstance: true,
      alwaysOnEnabled: true,
    });
  });
});

describe('changing', () => {
  const DROP = { text: 'DROP AVAILABILITY GROUP [DAG_Sales]', timeoutMs: 5000 };
  const changes = (texts: readonly string[]) => texts.filter(text => text.startsWith('DROP'));
  const onDrop =
    (act: Script): Script =>
    (text, sink, signal, parameters) =>
      text.startsWith('DROP') ? act(text, sink, signal, parameters) : undefined;
  const hang: Script = (_text, _sink, signal) =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  const outcome = (side: SqlSide, command = DROP, signal = never) =>
    side.execute(command, signal).then(
      () => 'done',
      (e: unknown) => e,
    );

  it('sends the text as it stands, once, as a batch of its own', async () => {
    const { side, texts } = await connected(onDrop((_text, sink) => sink.statementDone(undefined)));
    expect(await outcome(side)).toBe('done');
    expect(changes(texts)).toEqual([DROP.text]);
  });

  it('an error of the server is an answer: refused, with number, text and advice', async () => {
    const { side, texts } = await connected(
      onDrop((_text, sink) => sink.message(serverError(41190, 'Availability group failed to process.'))),
    );
    expect(await outcome(side)).toMatchObject({
      problem: {
        reason: 'refused',
        number: 41190,
        serverText: 'Availability group failed to process.',
        advice: expect.stringContaining('online and primary'),
        transient: true,
      },
    });
    expect(changes(texts)).toHaveLength(1);
  });

  it('of two errors the one is shown that there is advice for', async () => {
    const { side } = await connected(
      onDrop((_text, sink) => {
        sink.message(serverError(41142, 'Databases are not synchronized.'));
        sink.message(serverError(19999, 'The command failed.'));
      }),
    );
    expect(await outcome(side)).toMatchObject({
      problem: { number: 41142, serverText: 'Databases are not synchronized. The command failed.' },
    });
  });

  it('a lost answer is an unknown outcome and is not sent again', async () => {
    const { side, texts } = await connected(onDrop(() => Promise.reject(new Error('server died'))));
    expect(await outcome(side)).toMatchObject({ problem: { reason: 'unknownOutcome', venue: 'sqlServer' } });
    expect(changes(texts)).toHaveLength(1);
    expect(await side.identify(never)).toMatchObject({ name: 'SQLTEST01' });
  });

  it('a lost answer stays unknown when the server had spoken before', async () => {
    const { side } = await connected(
      onDrop((_text, sink) => {
        sink.message(serverError(6005, 'SHUTDOWN is in progress.'));
        throw new Error('server died');
      }),
    );
    expect(await outcome(side)).toMatchObject({
      problem: { reason: 'unknownOutcome' },
    });
  });

  it('no answer in time is an unknown outcome, and the connection can be used again', async () => {
    const { side } = await connected(onDrop(hang));
    expect(await outcome(side, { ...DROP, timeoutMs: 150 })).toMatchObject({ problem: { reason: 'unknownOutcome' } });
    expect(await side.identify(never)).toMatchObject({ name: 'SQLTEST01' });
  });

  it('cancelled while it runs: the server is asked to stop it, and the outcome is unknown', async () => {
    const cancel = new AbortController();
    let asked = false;
    const { side } = await connected(
      onDrop((_text, _sink, signal) => {
        setImmediate(() => cancel.abort());
        return new Promise((_, reject) =>
          signal.addEventListener('abort', () => {
            asked = true;
            reject(signal.reason);
          }),
        );
      }),
    );
    expect(await outcome(side, DROP, cancel.signal)).toMatchObject({ problem: { reason: 'unknownOutcome' } });
    expect(asked).toBe(true);
  });

  it('cancelled before it is sent: nothing is sent', async () => {
    const { side, texts } = await connected();
    expect(await outcome(side, DROP, AbortSignal.abort())).toMatchObject({ name: 'AbortError' });
    expect(changes(texts)).toEqual([]);
  });

  it('with no connection to be had it was not sent: unreachable, not unknown', async () => {
    const { side, listener, texts } = await connected();
    await listener.close();
    await expect(side.identify(never)).rejects.toMatchObject({ problem: { reason: 'unreachable' } });
    expect(await outcome(side)).toMatchObject({ problem: { reason: 'unreachable' } });
    expect(changes(texts)).toEqual([]);
  });
});
