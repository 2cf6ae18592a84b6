import { beforeEach, describe, expect, it } from 'vitest';
import { createServerBook, type SavedServer, type ServerBook } from '../../src/hosts/server-book.ts';
import { FakeMemory, FakeSecrets } from './memory.ts';

const prod: SavedServer = {
  id: 'a',
  name: 'Production',
  server: 'sqlprod01,1433',
  authentication: { kind: 'sqlLogin', user: 'dba' },
  encrypt: 'mandatory',
  trustServerCertificate: false,
};
const test: SavedServer = { ...prod, id: 'b', name: 'Test', authentication: { kind: 'entra' } };

describe('the book of servers', () => {
  let memory: FakeMemory;
  let secrets: FakeSecrets;
  let book: ServerBook;
  beforeEach(() => {
    memory = new FakeMemory();
    secrets = new FakeSecrets();
    book = createServerBook(memory, secrets);
  });

  it('keeps servers in the order they came, also when one is edited', async () => {
    await book.save(prod, 'Secret-1');
    await book.save(test, undefined);
    await book.save({ ...prod, name: 'Production (new)' }, 'Secret-2');
    expect(createServerBook(memory, secrets).list()).toEqual([{ ...prod, name: 'Production (new)' }, test]);
    expect(await book.password('a')).toBe('Secret-2');
  });

  it('never puts a password into the global state, not even when it is part of the object', async () => {
    const careless = {
      ...prod,
      password: 'Secret-1',
      authentication: { ...prod.authentication, password: 'Secret-1' },
    };
    await book.save(careless, 'Secret-1');
    expect(memory.everWritten).toHaveLength(1);
    expect(memory.everWritten.join()).not.toContain('Secret-1');
    expect([...secrets.values.values()]).toEqual(['Secret-1']);
  });

  it('removes the password with the server, and when a login becomes an Entra account', async () => {
    await book.save(prod, 'Secret-1');
    await book.save({ ...prod, authentication: { kind: 'entra' } }, undefined);
    expect(secrets.values.size).toBe(0);
    await book.save(prod, 'Secret-1');
    await book.remove('a');
    expect(secrets.values.size).toBe(0);
    expect(book.list()).toEqual([]);
  });

  it('leaves entries alone that it cannot read, and does not show them', async () => {
    const foreign = { id: 'z', name: 'of a later release' };
    await memory.update('miLink.servers', [foreign, prod]);
    await book.save({ ...prod, name: 'Renamed' }, 'Secret-1');
    expect(book.list().map(server => server.name)).toEqual(['Renamed']);
    expect(memory.get('miLink.servers')).toContainEqual(foreign);
  });

  it('tells of changes until it is told to stop', async () => {
    const seen: number[] = [];
    const listening = book.onDidChange(() => seen.push(book.list().length));
    await book.save(prod, 'Secret-1');
    await book.remove('a');
    listening.dispose();
    await book.save(prod, 'Secret-1');
    expect(seen).toEqual([1, 0]);
  });
});
