import { beforeEach, describe, expect, it, vi } from 'vitest';
import { fake } from '../hosts/fake-vscode.ts';

vi.mock('vscode', () => import('../hosts/fake-vscode.ts'));

import type { Node } from '../../src/tree/rows.ts';
import { dimming, ServerTree } from '../../src/tree/server-tree.ts';
import { showServerTree } from '../../src/tree/view.ts';
import { aDatabase, aLink, FakeServers, linkError, practice, prod } from './servers.ts';

describe('the tree of servers', () => {
  let servers: FakeServers;
  let tree: ServerTree;
  let changes: (Node | undefined)[];
  beforeEach(() => {
    fake.reset();
    servers = new FakeServers();
    servers.databases = [aDatabase('Sales', [aLink()]), aDatabase('Archive')];
    servers.setServers(practice, prod);
    tree = new ServerTree(servers);
    changes = [];
    tree.onDidChangeTreeData(node => changes.push(node));
  });

  const labels = async (node?: Node) => (await tree.getChildren(node)).map(child => tree.getTreeItem(child).label);
  const server = async (id: string): Promise<Node> => {
    const node = (await tree.getChildren()).find(child => child.server.id === id);
    if (!node) throw new Error(`no ${id}`);
    return node;
  };

  it('is servers, databases, links; nothing is connected before a server is opened', async () => {
    expect(await labels()).toEqual(['PRACTICE SQL Server', 'Production']);
    expect(servers.connects).toBe(0);
    const node = await server('prod');
    expect(await labels(node)).toEqual(['Sales', 'Archive']);
    const [sales, archive] = await tree.getChildren(node);
    expect(await labels(sales)).toEqual(['DAG_Sales']);
    expect(await labels(archive)).toEqual([]);
    expect(servers).toMatchObject({ connects: 1, reads: 1 });
    // The server's own row now shows its version.
    expect(changes).toEqual([node]);
    expect(tree.getTreeItem(node).description).toBe('SQL Server 2019');
  });

  it('dims what has no link', async () => {
    const [sales, archive] = await tree.getChildren(await server('prod'));
    if (!sales || !archive) throw new Error('no databases');
    expect(tree.getTreeItem(sales).resourceUri).toBeUndefined();
    const { resourceUri } = tree.getTreeItem(archive);
    if (!resourceUri) throw new Error('not dimmed');
    const cancel = {} as Parameters<typeof dimming.provideFileDecoration>[1];
    expect(dimming.provideFileDecoration(resourceUri, cancel)).toMatchObject({ color: { id: 'disabledForeground' } });
  });

  it('takes nothing in a name for Markdown', async () => {
    servers.databases = [aDatabase('[Sales](command:evil) **x**')];
    const [node] = await tree.getChildren(await server('prod'));
    if (!node) throw new Error('no database');
    const { tooltip } = tree.getTreeItem(node) as unknown as { tooltip: { value: string } };
    expect(tooltip.value).toContain('\\[Sales\\]\\(command:evil\\) \\*\\*x\\*\\*');
  });

  it('shows a failure in place of the databases, and the databases after Retry', async () => {
    servers.connectFailures = [linkError('unreachable', 'sqlprod01 does not answer.')];
    const node = await server('prod');
    expect(await labels(node)).toEqual(['sqlprod01 does not answer.']);
    await tree.refresh('prod');
    expect(changes.at(-1)).toBe(node);
    expect(await labels(node)).toEqual(['Sales', 'Archive']);
  });

  it('redraws after a refresh only what has changed', async () => {
    const node = await server('prod');
    await tree.getChildren(node);
    changes.length = 0;
    await tree.refresh();
    expect(changes).toEqual([]);
    servers.databases = [aDatabase('Sales', [aLink({ connected: false })])];
    await tree.refresh();
    expect(changes).toEqual([node]);
    expect(servers.reads).toBe(3);
  });

  it('reads unasked only what is open, and never repeats a failed login', async () => {
    const node = await server('prod');
    servers.connectFailures = [linkError('loginFailed')];
    await tree.getChildren(node);
    await tree.getChildren(await server('practice'));
    expect(servers).toMatchObject({ connects: 2, reads: 1 });
    await tree.refreshUnasked();
    expect(servers).toMatchObject({ connects: 2, reads: 2 });
    tree.expandedChanged(await server('practice'), false);
    await tree.refreshUnasked();
    expect(servers).toMatchObject({ connects: 2, reads: 2, open: 0 });
  });

  it('keeps the node of a server while the list changes around it, and closes what was removed', async () => {
    const node = await server('prod');
    await tree.getChildren(node);
    await tree.getChildren(await server('practice'));
    servers.setServers(prod);
    expect(await server('prod')).toBe(node);
    await vi.waitFor(() => expect(servers.open).toBe(1));
    tree.forget('prod');
    await vi.waitFor(() => expect(servers.open).toBe(0));
    expect(tree.getTreeItem(await server('prod')).description).toBe('');
  });

  it('reads again when a server is opened whose reading was ended by closing it', async () => {
    const node = await server('prod');
    let open = () => {};
    servers.gate = new Promise(resolve => {
      open = resolve;
    });
    const first = tree.getChildren(node);
    tree.expandedChanged(node, false);
    open();
    expect(await first).toEqual([]);
    tree.expandedChanged(node, true);
    await vi.waitFor(async () => expect(await labels(node)).toEqual(['Sales', 'Archive']));
  });

  it('holds no connection while its view is hidden, and is fresh when it is seen again', async () => {
    const shown = showServerTree(tree);
    const [view] = fake.views;
    if (!view) throw new Error('no view');
    await tree.getChildren(await server('prod'));
    view.visible = false;
    view.visibility.fire({ visible: false });
    await vi.waitFor(() => expect(servers.open).toBe(0));
    view.visible = true;
    view.visibility.fire({ visible: true });
    await vi.waitFor(() => expect(servers).toMatchObject({ open: 1, reads: 2 }));
    shown.dispose();
    await vi.waitFor(() => expect(servers.open).toBe(0));
  });
});
