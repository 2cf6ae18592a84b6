import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { connectSql } from '../../src/sql/connect.ts';
import { connectOptions, never, scriptedServer } from './scripted-server.ts';

const PASSWORD = 'S3cret!pass';

/** LOGIN7 obfuscates a password by swapping nibbles and XOR with A5 ([MS-TDS] 2.2.6.4). */
const obfuscated = Buffer.from([...Buffer.from(PASSWORD, 'utf16le')].map(b => (((b << 4) | (b >> 4)) & 0xff) ^ 0xa5));

/** PRELOGIN answer: VERSION and ENCRYPTION. */
const preloginAnswer = (encryption: number) => {
  const body = Buffer.from([0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xff, 15, 0, 0x10, 0xd8, 0, 0, encryption]);
  return Buffer.concat([Buffer.from([4, 1, 0, body.length + 8, 0, 0, 1, 0]), body]);
};

/** Answers PRELOGIN and keeps every byte that comes. */
async function preloginServer(encryption: number) {
  const received: Buffer[] = [];
  const sockets: Socket[] = [];
  const server = await new Promise<Server>(resolve => {
    const listening = createServer(socket => {
      sockets.push(socket);
      socket.on('error', () => undefined);
      socket.once('data', () => socket.write(preloginAnswer(encryption)));
      socket.on('data', bytes => received.push(bytes));
    }).listen(0, '127.0.0.1', () => resolve(listening));
  });
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const stop = () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  const ended = () =>
    Promise.all(sockets.map(s => (s.closed ? undefined : new Promise(resolve => s.once('close', resolve)))));
  return { port, bytes: () => Buffer.concat(received), stop, ended };
}

const ENCRYPT_OFF = 0;
const ENCRYPT_NOT_SUP = 2;

let stop: () => unknown = () => undefined;
afterEach(async () => {
  await stop();
  stop = () => undefined;
});

describe('a server that declines encryption', () => {
  it.each([
    ['ENCRYPT_NOT_SUP', ENCRYPT_NOT_SUP],
    ['ENCRYPT_OFF', ENCRYPT_OFF],
  ])('%s: is refused before the password goes out', async (_name, encryption) => {
    const server = await preloginServer(encryption);
    stop = server.stop;
    const options = connectOptions({ host: '127.0.0.1', port: server.port });
    await expect(connectSql(options, never)).rejects.toMatchObject({
      problem: { reason: 'notEncrypted', venue: 'sqlServer' },
    });
    await server.ended();
    expect(server.bytes()[0]).toBe(0x12);
    expect(server.bytes().includes(obfuscated)).toBe(false);
  });

  it('gets the password when encryption is optional, which shows that this test would notice it', async () => {
    const server = await preloginServer(ENCRYPT_NOT_SUP);
    stop = server.stop;
    const options = {
      ...connectOptions({ host: '127.0.0.1', port: server.port }),
      encrypt: 'optional' as const,
      connectTimeoutMs: 300,
    };
    await expect(connectSql(options, never)).rejects.toMatchObject({ problem: { reason: 'unreachable' } });
    expect(server.bytes().includes(obfuscated)).toBe(true);
  });

  it('is refused also when it is a whole SQL Server', async () => {
    const { listener, options, logins } = await scriptedServer({ encryption: 'notSupported' });
    stop = () => listener.close();
    await expect(connectSql(options, never)).rejects.toMatchObject({ problem: { reason: 'notEncrypted' } });
    expect(logins).toEqual([]);
  });
});

describe('an encrypted connection', () => {
  it.each(['mandatory', 'strict', 'optional'] as const)('%s: every login is encrypted', async encrypt => {
    const { listener, options, logins } = await scriptedServer({});
    const side = await connectSql({ ...options, encrypt }, never);
    stop = async () => {
      await side.close();
      await listener.close();
    };
    expect(await side.identify(never)).toMatchObject({ name: 'SQLTEST01', isManagedInstance: false });
    expect(logins.length).toBeGreaterThan(0);
    expect(logins.every(login => login.encrypted)).toBe(true);
    expect(new Set(logins.map(login => login.applicationName))).toEqual(new Set(['Managed Instance Link']));
  });

  it('stays encrypted or fails when the pool has to connect anew', async () => {
    const { listener, options, logins } = await scriptedServer({});
    const side = await connectSql(options, never);
    stop = async () => {
      await side.close();
      await listener.close();
    };
    const before = logins.length;
    listener.dropConnections(true);
    await side.identify(never);
    expect(logins.length).toBeGreaterThan(before);
    expect(logins.every(login => login.encrypted)).toBe(true);
  });
});

describe('a certificate that is not trusted', () => {
  it.each(['mandatory', 'strict', 'optional'] as const)(
    'from an authority unknown here, %s: nothing is sent',
    async encrypt => {
      const { listener, options, logins } = await scriptedServer({});
      stop = () => listener.close();
      const { certificateAuthority: _, ...untrusting } = options;
      const refusal = await connectSql({ ...untrusting, encrypt }, never).catch((error: unknown) => error);
      expect(refusal).toMatchObject({ problem: { reason: 'certificateUntrusted', venue: 'sqlServer' } });
      expect(logins).toEqual([]);
    },
  );

  it('for another name: says which names it holds', async () => {
    const { listener, options } = await scriptedServer({});
    stop = () => listener.close();
    const refusal = connectSql({ ...options, hostNameInCertificate: 'sql.example.com' }, never);
    await expect(refusal).rejects.toMatchObject({
      problem: {
        reason: 'certificateUntrusted',
        code: 'ERR_TLS_CERT_ALTNAME_INVALID',
        message: expect.stringContaining('localhost'),
      },
    });
  });

  it('is accepted when the person chose to trust it', async () => {
    const { listener, options, logins } = await scriptedServer({});
    const { certificateAuthority: _, ...untrusting } = options;
    const side = await connectSql({ ...untrusting, trustServerCertificate: true }, never);
    stop = async () => {
      await side.close();
      await listener.close();
    };
    expect(logins.every(login => login.encrypted)).toBe(true);
  });
});
