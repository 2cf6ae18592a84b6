import { describe, expect, it } from 'vitest';
import type { RegisteredServer } from '../../src/hosts/contract.ts';
import type { DatabaseSummary, LinkSummary } from '../../src/link/observation.ts';
import { childrenOfDatabase, childrenOfServer, type Node, rowOf } from '../../src/tree/rows.ts';
import type { ServerState } from '../../src/tree/server-reading.ts';
import { aDatabase, aLink, identity, practice, prod } from './servers.ts';

const unread: ServerState = { status: 'unread' };
const read = (...databases: readonly DatabaseSummary[]): ServerState => ({ status: 'read', identity, databases });
const database = (summary: DatabaseSummary, server: RegisteredServer = prod) =>
  rowOf({ kind: 'database', server, database: summary }, unread);
const link = (changes: Partial<LinkSummary>, server: RegisteredServer = prod) =>
  rowOf({ kind: 'link', server, database: aDatabase('Sales'), link: aLink(changes) }, unread);
const fact = (row: ReturnType<typeof rowOf>, name: string) => row.tooltip.facts.find(([n]) => n === name)?.[1];

describe('a server', () => {
  it('shows its product once it was read', () => {
    expect(rowOf({ kind: 'server', server: prod }, unread)).toMatchObject({ description: '', icon: { id: 'server' } });
    const row = rowOf({ kind: 'server', server: prod }, read());
    expect(row).toMatchObject({ label: 'Production', description: 'SQL Server 2019', contextValue: 'miLink.server' });
    expect(fact(row, 'Version')).toBe('SQL Server 2019 (15.0.4312.2)');
    expect(fact(row, 'Connection')).toBe('sqlprod01,1433 · SQL login dba');
  });

  it('is closed at first; the practice server, which the person has just started, is open', () => {
    expect(rowOf({ kind: 'server', server: prod }, unread).children).toBe('collapsed');
    expect(rowOf({ kind: 'server', server: practice }, unread).children).toBe('expanded');
  });

  it('has its user databases as children; the system ones are not shown', () => {
    const names = ['master', 'Sales', 'tempdb', 'MSDB', 'model', 'Archive'];
    const children = childrenOfServer(prod, read(...names.map(name => aDatabase(name))));
    expect(children.map(node => node.kind === 'database' && node.database.name)).toEqual(['Sales', 'Archive']);
  });

  it('says when there is nothing to show, and why', () => {
    expect(childrenOfServer(prod, read(aDatabase('master'))).map(node => node.kind)).toEqual(['empty']);
    const problem = {
      reason: 'loginFailed',
      venue: 'sqlServer',
      message: 'Login failed.',
      number: 18456,
      advice: 'Check the password.',
    } as const;
    const [node] = childrenOfServer(prod, { status: 'failed', problem });
    if (!node) throw new Error('no node');
    const row = rowOf(node, unread);
    expect(row).toMatchObject({ label: 'Login failed.', contextValue: 'miLink.problem', icon: { id: 'error' } });
    expect(row.tooltip.text).toBe('SQL Server, error 18456.\n\nCheck the password.');
  });
});

describe('a database', () => {
  it('tells role, state and instance of its link', () =>
    expect(database(aDatabase('Sales', [aLink()]))).toMatchObject({
      label: 'Sales',
      description: 'primary · synchronizing · mi-prod',
      icon: { id: 'database', color: 'charts.green' },
      contextValue: 'miLink.database.linked',
      children: 'collapsed',
      dimmed: false,
    }));

  it('is dimmed without a link, and says so', () => {
    const row = database(aDatabase('Archive'));
    expect(row).toMatchObject({
      description: 'no link',
      contextValue: 'miLink.database',
      children: 'none',
      dimmed: true,
    });
    expect(row.tooltip.text).toContain('not part of a Managed Instance link');
  });

  it('cannot be failed over through a link whose partner is no managed instance', () => {
    const row = database(aDatabase('Sales', [aLink({ instance: undefined })]));
    expect(row).toMatchObject({
      contextValue: 'miLink.database',
      description: 'primary · synchronizing · no managed instance',
      children: 'collapsed',
    });
    expect(row.tooltip.text).toContain('not an Azure SQL Managed Instance');
  });

  it('counts several links and takes the colour of the worst', () =>
    expect(database(aDatabase('Sales', [aLink(), aLink({ name: 'DAG_2', connected: false })]))).toMatchObject({
      description: '2 links',
      icon: { color: 'problemsErrorIcon.foreground' },
    }));

  it('that is not online says so first', () =>
    expect(database({ ...aDatabase('Sales'), state: 'RESTORING' }).description).toBe('restoring · no link'));
});

describe('a link', () => {
  it.each<[Partial<LinkSummary>, string, string, string]>([
    [{}, 'primary · async · synchronizing · lag 2 s · mi-prod', 'link', 'charts.green'],
    [
      { commitMode: 'synchronous', syncState: 'synchronized', lagSeconds: 0 },
      'primary · sync · synchronized · lag 0 s · mi-prod',
      'link',
      'charts.green',
    ],
    [{ commitMode: 'synchronous' }, 'primary · sync · synchronizing · lag 2 s · mi-prod', 'sync', 'charts.blue'],
    [
      { syncState: 'notSynchronizing', health: 'notHealthy', lagSeconds: undefined },
      'primary · async · not synchronizing · mi-prod',
      'warning',
      'problemsWarningIcon.foreground',
    ],
    [
      { connected: false },
      'primary · async · disconnected · mi-prod',
      'debug-disconnect',
      'problemsErrorIcon.foreground',
    ],
    [
      { localRole: 'unknown', commitMode: 'unknown', syncState: 'unknown', lagSeconds: undefined },
      'state unknown · mi-prod',
      'question',
      'disabledForeground',
    ],
    [
      { localRole: 'secondary', instance: undefined },
      'secondary · async · synchronizing · lag 2 s · no managed instance',
      'link',
      'disabledForeground',
    ],
  ])('%j', (changes, description, id, color) =>
    expect(link(changes)).toMatchObject({ label: 'DAG_Sales', description, icon: { id, color } }),
  );

  it('has the exact facts in its tooltip, unknown ones named as unknown', () => {
    const row = link({ sendQueueKb: 512, redoQueueKb: 3072, lagSeconds: undefined });
    expect(fact(row, 'Send queue')).toBe('512 KB');
    expect(fact(row, 'Redo queue')).toBe('3.0 MB');
    expect(fact(row, 'Lag')).toBe('unknown');
    expect(fact(row, 'Managed instance')).toBe('mi-prod.zone.database.windows.net');
    expect(fact(row, 'Availability group')).toBe('AG_Sales → mi-prod');
  });
});

describe('every node', () => {
  const nodesOf = (server: RegisteredServer): readonly Node[] => {
    const state = read(
      aDatabase('Sales', [aLink()]),
      aDatabase('Sales/DAG_Sales'),
      aDatabase('problem'),
      aDatabase('a%2Fb'),
    );
    const problem = { reason: 'unreachable', venue: 'sqlServer', message: 'No answer.' } as const;
    const databases = childrenOfServer(server, state);
    const links = databases.flatMap(node => (node.kind === 'database' ? childrenOfDatabase(node) : []));
    return [
      { kind: 'server', server },
      ...databases,
      ...links,
      ...childrenOfServer(server, { status: 'failed', problem }),
      ...childrenOfServer(server, read()),
    ];
  };

  it('has an id of its own, whatever the names', () => {
    const ids = [...nodesOf(prod), ...nodesOf(practice)].map(node => rowOf(node, unread).id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('of the practice lab says PRACTICE in its tooltip, and servers, databases and links in what is always seen', () => {
    for (const node of nodesOf(practice)) {
      const row = rowOf(node, unread);
      expect(row.tooltip.facts.map(([name]) => name)).toContain('PRACTICE');
      if (node.kind === 'server') expect(row.label).toMatch(/^PRACTICE/);
      if (node.kind === 'database' || node.kind === 'link') expect(row.description).toMatch(/^PRACTICE/);
    }
    for (const node of nodesOf(prod)) expect(JSON.stringify(rowOf(node, unread))).not.toContain('PRACTICE');
  });
});
