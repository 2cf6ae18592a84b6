import { beforeEach, describe, expect, it, vi } from 'vitest';
import { fake } from '../hosts/fake-vscode.ts';

vi.mock('vscode', () => import('../hosts/fake-vscode.ts'));

import type { SqlConnectOptions } from '../../src/sql/connect.ts';
import { FakeServers, identity, linkError } from '../tree/servers.ts';

/** What connectSql was called with, and how often it fails. */
const sql = vi.hoisted(() => ({
  calls: [] as SqlConnectOptions[],
  failures: [] as Error[],
  open: 0,
  isManagedInstance: false,
  hang: false,
}));
vi.mock('../../src/sql/connect.ts', () => ({
  connectSql: async (options: SqlConnectOptions) => {
    sql.calls.push(options);
    if (sql.hang) return new Promise(() => undefined);
    const failure = sql.failures.shift();
    if (failure) throw failure;
    sql.open += 1;
    const side = await new FakeServers().connect('x', new AbortController().signal);
    return {
      ...side,
      identify: async () => ({ ...identity, isManagedInstance: sql.isManagedInstance }),
      close: async () => {
        sql.open -= 1;
      },
    };
  },
}));

import { addServer, editServer } from '../../src/commands/add-server.ts';
import { removeServer } from '../../src/commands/remove-server.ts';
import { savedOrigin } from '../../src/hosts/saved-origin.ts';
import { partsWith } from './parts.ts';

const answers = [
  { type: 'sqlprod01,1433' },
  'accept',
  { type: 'dba' },
  { type: 'Tr0ub4dor&3' },
  'accept',
  'accept',
  { type: 'Production' },
] as const;
const acceptAll = ['accept', 'accept', 'accept', 'accept', 'accept', 'accept', 'accept'] as const;
const wrongPassword = () => linkError('loginFailed', 'The login dba was refused.');

const worldWith = (...acts: Parameters<typeof partsWith>) => {
  const world = partsWith(...acts);
  const list = savedOrigin(world.parts.book, world.parts.access);
  world.servers.list = () => list.list();
  return world;
};

describe('Add SQL Server…', () => {
  beforeEach(() => {
    fake.reset();
    Object.assign(sql, { calls: [], failures: [], open: 0, isManagedInstance: false, hang: false });
  });

  it('tries the connection and puts the server on the list; the password goes into the secret storage only', async () => {
    const { parts, memory, secrets } = worldWith(...answers);
    const server = await addServer(parts);
    expect(server).toMatchObject({
      label: 'Production',
      description: 'sqlprod01,1433 · SQL login dba',
      practice: false,
    });
    expect(sql.calls).toEqual([
      {
        side: 'sqlServer',
        label: 'Production',
        practice: false,
        server: { host: 'sqlprod01', port: 1433 },
        authentication: { kind: 'sqlLogin', user: 'dba', password: 'Tr0ub4dor&3' },
        encrypt: 'mandatory',
        trustServerCertificate: false,
        connectTimeoutMs: 15_000,
      },
    ]);
    expect(sql.open).toBe(0);
    expect(memory.everWritten.join()).not.toContain('Tr0ub4dor');
    expect([...secrets.values.values()]).toEqual(['Tr0ub4dor&3']);
  });

  it('after a failure says why, and goes on where it went wrong with every value kept', async () => {
    sql.failures = [wrongPassword()];
    fake.answers = ['Edit'];
    const { parts, prompter } = worldWith(...answers, { type: 'Right-1' }, 'accept', 'accept', 'accept');
    await addServer(parts);
    expect(fake.messages).toEqual(['The login dba was refused.']);
    expect(prompter.prefilled.slice(4)).toEqual(['Tr0ub4dor&3', 'Production']);
    expect(parts.book.list()).toHaveLength(1);
    expect(sql.calls[1]).toEqual({
      ...sql.calls[0],
      authentication: { kind: 'sqlLogin', user: 'dba', password: 'Right-1' },
    });
    expect(fake.logged.join()).not.toMatch(/Tr0ub4dor|Right-1/);
  });

  it('can be saved all the same, or given up', async () => {
    sql.failures = [wrongPassword(), wrongPassword()];
    fake.answers = ['Save Anyway', undefined];
    const { parts } = worldWith(...answers, ...answers);
    await addServer(parts);
    expect(parts.book.list()).toHaveLength(1);
    expect(await addServer(parts)).toBeUndefined();
    expect(parts.book.list()).toHaveLength(1);
  });

  it('can be stopped while it connects, and nothing that was entered is lost', async () => {
    sql.hang = true;
    fake.cancelProgress = true;
    fake.answers = ['Save Anyway'];
    const { parts } = worldWith(...answers);
    await addServer(parts);
    expect(fake.messages).toEqual(['The connection to Production was not tested.']);
    expect(parts.book.list()).toHaveLength(1);
  });

  it('does not take a managed instance for the SQL Server of the link', async () => {
    sql.isManagedInstance = true;
    const { parts } = worldWith(...answers);
    expect(await addServer(parts)).toBeUndefined();
    expect(fake.messages[0]).toMatch(/is an Azure SQL Managed Instance.*Add the SQL Server at the other end/);
    expect(sql.open).toBe(0);
  });

  it('can be left at any question without a trace', async () => {
    const { parts, memory, secrets } = worldWith({ type: 'sqlprod01' }, 'close');
    expect(await addServer(parts)).toBeUndefined();
    expect(memory.everWritten).toEqual([]);
    expect(secrets.values.size).toBe(0);
    expect(sql.calls).toEqual([]);
  });
});

describe('a server on the list', () => {
  beforeEach(() => {
    fake.reset();
    Object.assign(sql, { calls: [], failures: [], open: 0, isManagedInstance: false, hang: false });
  });

  it('is edited from what is known of it, and keeps its id', async () => {
    const { parts, prompter } = worldWith(...answers, ...acceptAll);
    const server = await addServer(parts);
    if (!server) throw new Error('not added');
    await editServer(parts, { kind: 'server', server });
    expect(prompter.prefilled.slice(4)).toEqual(['sqlprod01,1433', 'dba', 'Tr0ub4dor&3', 'Production']);
    expect(parts.book.list().map(saved => saved.id)).toEqual([server.id]);
  });

  it('is removed after a question, with its password', async () => {
    const { parts, secrets } = worldWith(...answers);
    const server = await addServer(parts);
    if (!server) throw new Error('not added');
    await removeServer(parts, { kind: 'server', server });
    expect(parts.book.list()).toHaveLength(1);
    fake.answers = ['Remove'];
    await removeServer(parts, { kind: 'server', server });
    expect(parts.book.list()).toEqual([]);
    expect(secrets.values.size).toBe(0);
  });

  it('whose password is not stored says so instead of trying without one', async () => {
    const { parts, secrets } = worldWith(...answers);
    const server = await addServer(parts);
    if (!server) throw new Error('not added');
    secrets.values.clear();
    const connect = savedOrigin(parts.book, parts.access).connect(server.id, new AbortController().signal);
    await expect(connect).rejects.toMatchObject({
      problem: { reason: 'loginFailed', advice: expect.stringContaining('Edit Server') },
    });
    expect(sql.calls).toHaveLength(1);
  });
});
