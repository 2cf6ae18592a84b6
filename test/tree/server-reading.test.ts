import { beforeEach, describe, expect, it } from 'vitest';
import { createServerReading, mayReadUnasked, type ServerReading } from '../../src/tree/server-reading.ts';
import { aDatabase, FakeServers, linkError, prod } from './servers.ts';

describe('reading a server again and again', () => {
  let servers: FakeServers;
  let reading: ServerReading;
  beforeEach(() => {
    servers = new FakeServers();
    servers.databases = [aDatabase('Sales')];
    reading = createServerReading(prod, servers);
  });

  it('uses one connection and tells whether anything has changed', async () => {
    expect(await reading.read()).toBe(true);
    expect(await reading.read()).toBe(false);
    servers.databases = [aDatabase('Sales'), aDatabase('Archive')];
    expect(await reading.read()).toBe(true);
    expect(servers).toMatchObject({ connects: 1, reads: 3, open: 1 });
    await reading.close();
    expect(servers.open).toBe(0);
    expect(reading.state).toMatchObject({ status: 'read' });
  });

  it('is shared by those who ask at the same time', async () => {
    await Promise.all([reading.read(), reading.read(), reading.read()]);
    expect(servers).toMatchObject({ connects: 1, reads: 1 });
  });

  it('connects anew when an idle connection was cut, and the person does not notice', async () => {
    await reading.read();
    servers.readFailures = [linkError('unreachable')];
    expect(await reading.read()).toBe(false);
    expect(reading.state.status).toBe('read');
    expect(servers).toMatchObject({ connects: 2, open: 1 });
  });

  it('tries a server that just refused only once', async () => {
    servers.connectFailures = [linkError('unreachable'), linkError('unreachable')];
    await reading.read();
    expect(reading.state).toMatchObject({ status: 'failed', problem: { reason: 'unreachable' } });
    expect(servers.connects).toBe(1);
  });

  it('keeps a failure as what it is, closes the connection, and recovers with the next reading', async () => {
    await reading.read();
    servers.readFailures = [linkError('permission')];
    expect(await reading.read()).toBe(true);
    expect(reading.state).toMatchObject({ status: 'failed', problem: { reason: 'permission' } });
    expect(servers.open).toBe(0);
    expect(await reading.read()).toBe(true);
    expect(reading.state.status).toBe('read');
  });

  it('that is closed while under way changes nothing and leaves no connection', async () => {
    let open = () => {};
    servers.gate = new Promise(resolve => {
      open = resolve;
    });
    const pending = reading.read();
    await reading.close();
    open();
    expect(await pending).toBe(false);
    expect(reading.state).toEqual({ status: 'unread' });
    expect(servers.open).toBe(0);
  });

  it.each([
    ['unreachable', true],
    ['timeout', true],
    ['loginFailed', false],
    ['certificateUntrusted', false],
    ['permission', false],
    ['cancelled', false],
  ] as const)('after %s it may be repeated unasked: %s', async (reason, unasked) => {
    servers.connectFailures = [linkError(reason)];
    await reading.read();
    expect(mayReadUnasked(reading.state)).toBe(unasked);
  });
});
