import { describe, expect, it } from 'vitest';
import { ProtocolViolation } from '../../../src/lab/tds/bytes.ts';
import { negotiate } from '../../../src/lab/tds/dialect.ts';
import { readFederatedToken, readLogin7 } from '../../../src/lab/tds/login7.ts';
import { Unsupported } from '../../../src/lab/tds/parameters.ts';
import { readPrelogin } from '../../../src/lab/tds/prelogin.ts';
import { readBatch, readRpc, readTransactionRequest } from '../../../src/lab/tds/requests.ts';
import { connect, serve, until } from './clients.ts';
import { batch, headers, login7, packet, prelogin, RawClient } from './raw-client.ts';

/** Mulberry32: the same bytes in every run. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const below = (next: () => number, limit: number): number => Math.floor(next() * limit);
const garbage = (next: () => number, limit: number): Buffer =>
  Buffer.from(Array.from({ length: below(next, limit) }, () => below(next, 256)));

/** The message with a few bytes changed, and perhaps cut off. */
function damaged(next: () => number, message: Buffer): Buffer {
  const bytes = Buffer.from(message);
  for (let count = 1 + below(next, 4); count > 0; count--) bytes[below(next, bytes.length)] = below(next, 256);
  return next() < 0.3 ? bytes.subarray(0, below(next, bytes.length)) : bytes;
}

const rpc = Buffer.concat([
  headers,
  Buffer.from('ffff0a00', 'hex'),
  Buffer.from('0000', 'hex'),
  Buffer.from('0000e7400009 04d0003408005300450 04c00'.replaceAll(' ', ''), 'hex'),
  Buffer.from('0000260404 07000000 00006c1119040501020304 00'.replaceAll(' ', ''), 'hex'),
]);

const dialect = negotiate(0x74000004, false);
if (!dialect) throw new Error('7.4 is spoken');

describe('what a message says', () => {
  it.each([
    ['PRELOGIN', prelogin(1), readPrelogin],
    ['LOGIN7', login7(), readLogin7],
    ['a federated token', Buffer.from('0c0000000800000061006200', 'hex'), readFederatedToken],
    ['a batch', batch('SELECT 1'), (bytes: Buffer) => readBatch(bytes, dialect)],
    ['an RPC', rpc, (bytes: Buffer) => readRpc(bytes, dialect)],
    [
      'a transaction request',
      Buffer.concat([headers, Buffer.from([5, 0, 2, 0])]),
      (bytes: Buffer) => readTransactionRequest(bytes, dialect),
    ],
  ])('%s, damaged 20 000 times, is read or refused, nothing else', (_name, message, read) => {
    const next = random(message.length);
    const others: unknown[] = [];
    for (let round = 0; round < 20_000; round++) {
      const bytes = round % 4 === 0 ? garbage(next, 120) : damaged(next, message);
      try {
        read(bytes);
      } catch (error) {
        if (!(error instanceof ProtocolViolation || error instanceof Unsupported))
          others.push([bytes.toString('hex'), error]);
      }
    }
    expect(others).toEqual([]);
  });
});

describe('a server under garbage', () => {
  /** Some of what a broken or hostile client may send, at any stage. */
  function nonsense(next: () => number): Buffer[] {
    const types = [0x01, 0x03, 0x06, 0x07, 0x08, 0x0e, 0x10, 0x11, 0x12, 0x16, 0x17];
    const type = () => types[below(next, types.length)] ?? 0;
    const login = packet(0x10, login7());
    const kinds: (() => Buffer[])[] = [
      () => [garbage(next, 200)],
      () => [packet(type(), garbage(next, 200), below(next, 256))],
      () => [packet(0x12, prelogin(below(next, 4))), packet(0x12, garbage(next, 200))],
      () => [packet(0x12, prelogin(1)), Buffer.concat([Buffer.from([0x16, 3, 3]), garbage(next, 100)])],
      () => [packet(0x10, damaged(next, login7()))],
      () => [login, packet(0x03, damaged(next, rpc))],
      () => [login, packet(0x01, damaged(next, batch('SELECT 1'))), packet(0x06, Buffer.alloc(0))],
      () => [login, packet(type(), garbage(next, 200), below(next, 256))],
      () => [login.subarray(0, below(next, login.length))],
    ];
    return kinds[below(next, kinds.length)]?.() ?? [];
  }

  it('of 3 000 connections stays up, and serves the next one as ever', async () => {
    const broken: Error[] = [];
    await using served = await serve({ onBroken: reason => broken.push(reason) });
    const next = random(20261124);
    for (let round = 0; round < 60; round++) {
      const clients = await Promise.all(Array.from({ length: 50 }, () => RawClient.to(served.listener.port)));
      const sent = clients.map(client => {
        client.socket.write(Buffer.concat(nonsense(next)));
        return new Promise<void>(resolve => client.socket.end(resolve));
      });
      await Promise.allSettled(sent);
      for (const client of clients) client.socket.destroy();
    }
    await until(() => served.listener.connectionCount === 0);
    await until(() => served.backend.open.length === 0);
    expect(broken.length).toBeGreaterThan(500);
    expect(broken.filter(reason => !(reason instanceof ProtocolViolation))).toEqual([]);
    await using client = await connect(served, { options: { encrypt: true } });
    expect((await client.request().query('SELECT 1')).recordset).toEqual([{ '': 1 }]);
  });

  it('refuses packets larger than was negotiated, and requests larger than 64 MB', async () => {
    const broken: string[] = [];
    await using served = await serve({ onBroken: reason => broken.push(reason.message) });
    await using client = await RawClient.to(served.listener.port);
    await client.login({ packetSize: 512 });
    client.send(1, Buffer.alloc(4000));
    await client.closed();
    expect(broken).toEqual(['A packet of 4008 bytes is not between 8 and 512']);
    await using greedy = await RawClient.to(served.listener.port);
    await greedy.login({ packetSize: 32_767 });
    const part = packet(1, Buffer.alloc(32_000), 0);
    for (let sent = 0; sent < 2200 && !greedy.ended; sent++) {
      greedy.socket.write(part);
      if (greedy.socket.writableNeedDrain) await until(() => greedy.ended || !greedy.socket.writableNeedDrain);
    }
    await greedy.closed();
    expect(broken[1]).toMatch(/more than 67108864 bytes/);
  });
});
