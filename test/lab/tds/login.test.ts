import { connect as connectTls } from 'node:tls';
import { Connection } from 'tedious';
import { describe, expect, it } from 'vitest';
import { certificate, connect, failure, serve, until } from './clients.ts';
import { encryptionOf, login7, packet, prelogin, RawClient } from './raw-client.ts';
import { accessToken, password } from './scripted-backend.ts';

describe('a SQL login', () => {
  it('tells the backend who connects, from where and for what', async () => {
    await using served = await serve();
    await using client = await connect(served, { options: { appName: 'Practice', readOnlyIntent: true } });
    await client.query('SELECT 1');
    expect(served.backend.logins.at(-1)).toEqual({
      proof: { kind: 'password', user: 'dba', password },
      database: 'Sales',
      applicationName: 'Practice',
      hostName: expect.stringMatching(/./),
      libraryName: 'Tedious',
      encrypted: false,
      readOnlyIntent: true,
      remoteAddress: '127.0.0.1',
    });
  });

  it('goes over TLS when the client asks for it, with any certificate', async () => {
    await using served = await serve();
    await using client = await connect(served, { options: { encrypt: true, trustServerCertificate: true } });
    await client.query('SELECT 1');
    expect(served.backend.logins.at(-1)?.encrypted).toBe(true);
  });

  it('goes over TLS when the client trusts the certificate as its CA', async () => {
    await using served = await serve();
    const trusting = {
      encrypt: true,
      trustServerCertificate: false,
      cryptoCredentialsDetails: { ca: certificate.cert },
    };
    await using client = await connect(served, { options: trusting });
    expect((await client.query('SELECT 1')).recordset).toEqual([{ '': 1 }]);
  });

  it('fails on an untrusted certificate, and leaves no connection behind', async () => {
    await using served = await serve();
    const error = await failure(connect(served, { options: { encrypt: true, trustServerCertificate: false } }));
    expect(error.message).toMatch(/self-signed/);
    await until(() => served.listener.connectionCount === 0);
    expect(served.backend.logins).toEqual([]);
  });

  it('fails with 18456 on a wrong password, and the connection is closed', async () => {
    await using served = await serve();
    const connection = new Connection({
      server: '127.0.0.1',
      authentication: { type: 'default', options: { userName: 'dba', password: 'wrong' } },
      options: { port: served.listener.port, encrypt: true, trustServerCertificate: true, serverName: 'localhost' },
    });
    const messages: unknown[] = [];
    connection.on('errorMessage', token =>
      messages.push({ number: token.number, class: token.class, text: token.message }),
    );
    const error = await new Promise(resolve => connection.connect(resolve));
    expect(error).toMatchObject({ code: 'ELOGIN', message: "Login failed for user 'dba'." });
    expect(messages).toEqual([{ number: 18456, class: 14, text: "Login failed for user 'dba'." }]);
    await until(() => served.listener.connectionCount === 0);
  });

  it('works for twenty clients at once, each with a session of its own', async () => {
    await using served = await serve();
    const clients = await Promise.all(
      Array.from({ length: 20 }, () => connect(served, { options: { encrypt: true } })),
    );
    const answers = await Promise.all(clients.map(client => client.query('SELECT 1')));
    expect(answers.map(answer => answer.recordset)).toEqual(Array.from({ length: 20 }, () => [{ '': 1 }]));
    expect(new Set(served.backend.sessions.map(session => session.sessionId)).size).toBe(
      served.backend.sessions.length,
    );
    await Promise.all(clients.map(client => client.close()));
    await until(() => served.listener.connectionCount === 0);
    expect(served.backend.open).toEqual([]);
  });

  it('that is accepted after the client has gone leaves no session behind', async () => {
    await using served = await serve();
    let accept: () => void = () => undefined;
    served.backend.checking = new Promise(resolve => {
      accept = resolve;
    });
    await using client = await RawClient.to(served.listener.port);
    client.send(0x10, login7());
    await until(() => served.backend.logins.length === 1);
    client.socket.destroy();
    await until(() => served.listener.connectionCount === 0);
    accept();
    await until(() => served.backend.sessions.length === 1);
    await until(() => served.backend.open.length === 0);
  });

  it('may come without PRELOGIN, and with packet size 0 for the default', async () => {
    await using served = await serve();
    await using client = await RawClient.to(served.listener.port);
    const answer = await client.login({ packetSize: 0 });
    // ENVCHANGE for the packet size ("4096"), then DONE: no feature is acknowledged that was not asked for.
    const size = '0434003000390036 00'.replace(' ', '');
    expect(answer?.subarray(-35).toString('hex')).toBe(`e3130004${size}${size}fd${'00'.repeat(12)}`);
    expect(served.backend.logins).toHaveLength(1);
  });
});

describe('an access token', () => {
  const tokenAuthority = { stsUrl: 'https://login.example/tenant', resource: 'https://database.example/' };

  it('comes with the login', async () => {
    await using served = await serve();
    const authentication = { type: 'azure-active-directory-access-token', options: { token: accessToken } } as const;
    await using client = await connect(served, { authentication, options: { encrypt: true } });
    await client.query('SELECT 1');
    expect(served.backend.logins.at(-1)?.proof).toEqual({ kind: 'accessToken', token: accessToken });
  });

  it('is refused when it is not known', async () => {
    await using served = await serve();
    const authentication = { type: 'azure-active-directory-access-token', options: { token: 'forged' } } as const;
    const error = await failure(connect(served, { authentication, options: { encrypt: true } }));
    expect(error).toMatchObject({ code: 'ELOGIN', message: "Login failed for user '<token-identified principal>'." });
  });

  it('is refused by a server that takes SQL logins only', async () => {
    await using served = await serve({ accessTokens: false });
    const authentication = { type: 'azure-active-directory-access-token', options: { token: accessToken } } as const;
    const error = await failure(connect(served, { authentication, options: { encrypt: true } }));
    expect(error.message).toMatch(/takes SQL logins only/);
    expect(served.backend.logins).toEqual([]);
  });

  it('is fetched by the client from the authority the server names', async () => {
    await using served = await serve({ tokenAuthority });
    const scopes: unknown[] = [];
    const error = await new Promise(resolve => {
      const connection = new Connection({
        server: '127.0.0.1',
        authentication: {
          type: 'token-credential',
          options: {
            credential: {
              getToken: async (scope: unknown) => {
                scopes.push(scope);
                return { token: accessToken, expiresOnTimestamp: Number.MAX_SAFE_INTEGER };
              },
            },
          },
        },
        options: { port: served.listener.port, encrypt: true, trustServerCertificate: true, serverName: 'localhost' },
      });
      connection.connect(failed => {
        connection.close();
        resolve(failed);
      });
    });
    expect(error).toBeUndefined();
    expect(scopes).toEqual(['https://database.example/.default']);
    expect(served.backend.logins.at(-1)?.proof).toEqual({ kind: 'accessToken', token: accessToken });
  });
});

describe('encryption', () => {
  const off = 0;
  const on = 1;
  const notSupported = 2;
  const required = 3;

  it.each([
    ['on', off, off],
    ['on', on, on],
    ['on', notSupported, notSupported],
    ['on', required, required],
    ['required', off, required],
    ['required', on, on],
    ['required', notSupported, required],
    ['notSupported', off, notSupported],
    ['notSupported', on, notSupported],
  ] as const)('a server with encryption %s answers %i with %i', async (encryption, asked, answered) => {
    await using served = await serve({ encryption });
    await using client = await RawClient.to(served.listener.port);
    client.send(0x12, prelogin(asked));
    expect(encryptionOf((await client.message()) ?? Buffer.alloc(0))).toBe(answered);
  });

  it('is not given up where it is required: a client that goes on in plain text is cut off', async () => {
    await using served = await serve({ encryption: 'required' });
    await using client = await RawClient.to(served.listener.port);
    client.send(0x12, prelogin(notSupported));
    await client.message();
    client.send(0x10, login7());
    await client.closed();
    await using hasty = await RawClient.to(served.listener.port);
    hasty.send(0x10, login7());
    await hasty.closed();
    expect(served.backend.logins).toEqual([]);
  });

  it('tells the driver that it is required', async () => {
    await using served = await serve({ encryption: 'required' });
    const error = await failure(connect(served));
    expect(error).toMatchObject({ code: 'EENCRYPT' });
  });

  it('is on from the first byte for a strict client (TDS 8.0)', async () => {
    await using served = await serve();
    const connection = new Connection({
      server: 'localhost',
      authentication: { type: 'default', options: { userName: 'dba', password } },
      options: {
        port: served.listener.port,
        encrypt: 'strict',
        cryptoCredentialsDetails: { ca: certificate.cert },
      },
    });
    expect(await new Promise(resolve => connection.connect(resolve))).toBeUndefined();
    expect(served.backend.logins.at(-1)?.encrypted).toBe(true);
    connection.close();
  });

  it('offers tds/8.0 to a strict client and closes when it says something else', async () => {
    await using served = await serve();
    const socket = connectTls({
      host: '127.0.0.1',
      port: served.listener.port,
      ALPNProtocols: ['tds/8.0'],
      rejectUnauthorized: false,
    });
    await new Promise(resolve => socket.once('secureConnect', resolve));
    expect(socket.alpnProtocol).toBe('tds/8.0');
    socket.write('GET / HTTP/1.1\r\n\r\n');
    await new Promise(resolve => socket.once('close', resolve).on('error', () => undefined));
    await until(() => served.listener.connectionCount === 0);
  });
});

describe('what is refused at the door', () => {
  it.each([
    ['integrated security', { optionFlags2: 0x80 }, /18452|Integrated authentication/],
    ['a change of password', { optionFlags3: 0x01 }, /cannot be changed/],
    ['TDS 7.0', { tdsVersion: 0x70000000 }, /TDS 7\.1 to 7\.4/],
  ])('%s, with words', async (_what, options, words) => {
    await using served = await serve();
    await using client = await RawClient.to(served.listener.port);
    const answer = await client.login(options);
    expect(answer?.toString('utf16le', 9)).toMatch(words);
    await client.closed();
    expect(served.backend.logins).toEqual([]);
  });

  it.each([
    ['a web browser', Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')],
    ['a packet shorter than its header', Buffer.from([0x12, 1, 0, 4, 0, 0, 0, 0])],
    ['a packet larger than any', Buffer.from([0x12, 1, 0xff, 0xff, 0, 0, 0, 0])],
    ['a batch before a login', packet(0x01, Buffer.from('SELECT 1', 'utf16le'))],
    ['MARS (SMP)', Buffer.from([0x53, 1, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0])],
    ['a LOGIN7 whose offsets lead out of it', packet(0x10, Buffer.alloc(94, 0xff))],
  ])('%s is cut off', async (_what, bytes) => {
    await using served = await serve();
    await using client = await RawClient.to(served.listener.port);
    client.socket.write(bytes);
    await client.closed();
    await until(() => served.listener.connectionCount === 0);
  });
});
