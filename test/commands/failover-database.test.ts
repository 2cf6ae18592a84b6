import { beforeEach, describe, expect, it, vi } from 'vitest';
import { fake } from '../hosts/fake-vscode.ts';

vi.mock('vscode', () => import('../hosts/fake-vscode.ts'));

import { failoverDatabase } from '../../src/commands/failover-database.ts';
import { aDatabase, aLink, linkError, practice, prod } from '../tree/servers.ts';
import { partsWith } from './parts.ts';

describe('Failover database…', () => {
  beforeEach(() => fake.reset());

  const sales = aDatabase('Sales', [aLink()]);
  const withServers = (...acts: Parameters<typeof partsWith>) => {
    const world = partsWith(...acts);
    world.servers.setServers(practice, prod);
    world.servers.databases = [aDatabase('Archive'), sales, aDatabase('Odd', [aLink({ instance: undefined })])];
    return world;
  };

  it('on a database or a link in the tree opens the wizard for it', async () => {
    const { parts, opened, prompter } = withServers();
    await failoverDatabase(parts, { kind: 'database', server: prod, database: sales });
    await failoverDatabase(parts, { kind: 'link', server: prod, database: sales, link: aLink() });
    expect(opened).toEqual([
      { server: prod, database: 'Sales' },
      { server: prod, database: 'Sales', link: 'DAG_Sales' },
    ]);
    expect(prompter.asked).toEqual([]);
  });

  it('from the palette asks for server and database, linked ones first', async () => {
    const { parts, opened, prompter, servers } = withServers({ pick: 'Production' }, { pick: 'Sales' });
    await failoverDatabase(parts, undefined);
    expect(opened).toEqual([{ server: prod, database: 'Sales' }]);
    expect(prompter.offered[0]?.map(choice => choice.label)).toEqual([
      'PRACTICE SQL Server',
      'Production',
      'Add SQL Server…',
    ]);
    expect(prompter.offered[1]?.map(({ label, group }) => [group, label])).toEqual([
      ['Linked to a managed instance', 'Sales'],
      ['Not linked', 'Archive'],
      ['Not linked', 'Odd'],
    ]);
    expect(servers.open).toBe(0);
  });

  it('says why a database cannot be failed over, and lets choose another one', async () => {
    const { parts, opened, prompter } = withServers(
      { pick: 'Production' },
      { pick: 'Archive' },
      { pick: 'Odd' },
      { pick: 'Sales' },
    );
    await failoverDatabase(parts, undefined);
    expect(prompter.refused).toEqual([
      'Archive is not part of a Managed Instance link.',
      expect.stringContaining('not an Azure SQL Managed Instance'),
    ]);
    expect(opened).toHaveLength(1);
  });

  it('goes back to the servers, and ends quietly when it is closed', async () => {
    const { parts, opened, prompter } = withServers(
      { pick: 'PRACTICE SQL Server' },
      'back',
      { pick: 'Production' },
      'close',
    );
    await failoverDatabase(parts, undefined);
    expect(prompter.asked).toEqual([
      '1/2 On which SQL Server is the database?',
      '2/2 Which database of PRACTICE SQL Server?',
      '1/2 On which SQL Server is the database?',
      '2/2 Which database of Production?',
    ]);
    expect(opened).toEqual([]);
  });

  it('on a server asks for the database only', async () => {
    const { parts, opened, prompter } = withServers({ pick: 'Sales' });
    await failoverDatabase(parts, { kind: 'server', server: prod });
    expect(prompter.asked).toEqual(['Which database of Production?']);
    expect(opened).toEqual([{ server: prod, database: 'Sales' }]);
  });

  it('does not use a node of a server that is no longer on the list', async () => {
    const { parts, opened } = withServers('close');
    parts.servers.list = () => [];
    await failoverDatabase(parts, { kind: 'database', server: prod, database: sales });
    expect(opened).toEqual([]);
  });

  it('fails with the words of the server when it cannot be read, and leaves no connection', async () => {
    const { parts, servers } = withServers({ pick: 'Production' });
    servers.readFailures = [linkError('permission', 'VIEW SERVER STATE is missing.')];
    await expect(failoverDatabase(parts, undefined)).rejects.toThrow('VIEW SERVER STATE is missing.');
    expect(servers.open).toBe(0);
  });
});
