import * as vscode from 'vscode';
import type { RegisteredServer, Servers } from '../hosts/contract.ts';
import { childrenOfDatabase, childrenOfServer, type Node, type Row, rowOf } from './rows.ts';
import { createServerReading, mayReadUnasked, type ServerReading } from './server-reading.ts';

interface Entry {
  /** VS Code knows an element by its identity, so a server's node lives as long as the server. */
  readonly node: Extract<Node, { kind: 'server' }>;
  readonly reading: ServerReading;
  /** Whether its children are on the screen, as far as one can know. */
  expanded: boolean;
}

/** The data behind the view "Managed Instance Link": servers → databases → links. */
export class ServerTree implements vscode.TreeDataProvider<Node>, vscode.Disposable {
  readonly #servers: Servers;
  readonly #changed = new vscode.EventEmitter<Node | undefined>();
  readonly #subscription: vscode.Disposable;
  #entries = new Map<string, Entry>();

  readonly onDidChangeTreeData = this.#changed.event;

  constructor(servers: Servers) {
    this.#servers = servers;
    this.#subscription = servers.onDidChange(() => this.#follow());
    this.#follow();
  }

  async getChildren(node?: Node): Promise<Node[]> {
    if (!node) return [...this.#entries.values()].map(entry => entry.node);
    if (node.kind === 'database') return [...childrenOfDatabase(node)];
    const entry = node.kind === 'server' ? this.#entries.get(node.server.id) : undefined;
    if (!entry) return [];
    entry.expanded = true;
    if (entry.reading.state.status === 'unread') {
      await entry.reading.read();
      // The server's own row tells its version now.
      if (this.#entries.get(node.server.id) === entry) this.#changed.fire(entry.node);
    }
    return [...childrenOfServer(node.server, entry.reading.state)];
  }

  getTreeItem(node: Node): vscode.TreeItem {
    return treeItem(rowOf(node, this.#entries.get(node.server.id)?.reading.state ?? { status: 'unread' }));
  }

  getParent(node: Node): Node | undefined {
    return node.kind === 'server' ? undefined : this.#entries.get(node.server.id)?.node;
  }

  /** Reads one server again, or all whose children are shown. */
  async refresh(serverId?: string): Promise<void> {
    const entries =
      serverId === undefined ? this.#shown() : [this.#entries.get(serverId)].filter(entry => entry !== undefined);
    await Promise.all(entries.map(entry => this.#read(entry)));
  }

  /** The unasked reading: never repeats a failed login. */
  async refreshUnasked(): Promise<void> {
    const entries = this.#shown().filter(entry => mayReadUnasked(entry.reading.state));
    await Promise.all(entries.map(entry => this.#read(entry)));
  }

  /** After the way to connect has changed: what was read and the connection are dropped. */
  forget(serverId: string): void {
    const entry = this.#entries.get(serverId);
    if (!entry) return;
    void entry.reading.close();
    this.#entries.set(serverId, this.#newEntry(entry.node.server));
    this.#changed.fire(undefined);
  }

  expandedChanged(node: Node, expanded: boolean): void {
    const entry = node.kind === 'server' ? this.#entries.get(node.server.id) : undefined;
    if (!entry) return;
    entry.expanded = expanded;
    if (!expanded) void entry.reading.close();
    // VS Code keeps the children it was given, also those of a reading that was ended by collapsing.
    else if (entry.reading.state.status === 'unread') void this.#read(entry);
  }

  /** Nobody looks: connections are not held for nothing. */
  async rest(): Promise<void> {
    await Promise.all([...this.#entries.values()].map(entry => entry.reading.close()));
  }

  dispose(): void {
    this.#subscription.dispose();
    void this.rest();
    this.#changed.dispose();
  }

  #shown(): readonly Entry[] {
    return [...this.#entries.values()].filter(entry => entry.expanded);
  }

  async #read(entry: Entry): Promise<void> {
    const changed = await entry.reading.read();
    if (changed && this.#entries.get(entry.node.server.id) === entry) this.#changed.fire(entry.node);
  }

  /** Takes over what the list of servers has become; what is as before keeps its connection and what was read. */
  #follow(): void {
    const before = this.#entries;
    this.#entries = new Map(this.#servers.list().map(server => [server.id, this.#entryFor(server, before)]));
    for (const [id, entry] of before) if (this.#entries.get(id) !== entry) void entry.reading.close();
    this.#changed.fire(undefined);
  }

  #entryFor(server: RegisteredServer, before: ReadonlyMap<string, Entry>): Entry {
    const old = before.get(server.id);
    return old && JSON.stringify(old.node.server) === JSON.stringify(server) ? old : this.#newEntry(server);
  }

  #newEntry(server: RegisteredServer): Entry {
    return { node: { kind: 'server', server }, reading: createServerReading(server, this.#servers), expanded: false };
  }
}

/** Items that are dimmed bear a resource of this scheme; the decoration provider below knows it. */
const DIMMED = 'milink-dimmed';

function treeItem(row: Row): vscode.TreeItem {
  const { None, Collapsed, Expanded } = vscode.TreeItemCollapsibleState;
  const item = new vscode.TreeItem(row.label, { none: None, collapsed: Collapsed, expanded: Expanded }[row.children]);
  item.id = row.id;
  item.description = row.description;
  item.contextValue = row.contextValue;
  item.iconPath = new vscode.ThemeIcon(row.icon.id, row.icon.color ? new vscode.ThemeColor(row.icon.color) : undefined);
  item.tooltip = tooltip(row.tooltip);
  item.accessibilityInformation = { label: [row.label, row.description].filter(Boolean).join(', ') };
  if (row.dimmed) item.resourceUri = vscode.Uri.from({ scheme: DIMMED, path: `/${row.id}` });
  return item;
}

/** Names and server texts go in as text, so that nothing in them is taken for Markdown. */
function tooltip({ title, facts, text }: Row['tooltip']): vscode.MarkdownString {
  const markdown = new vscode.MarkdownString();
  markdown.appendMarkdown('**').appendText(title).appendMarkdown('**\n\n');
  for (const [name, value] of facts) markdown.appendText(`${name}: `).appendText(value).appendMarkdown('  \n');
  if (text) markdown.appendMarkdown('\n\n').appendText(text);
  return markdown;
}

/** Shows databases without a link in the colour of what is not available. */
export const dimming: vscode.FileDecorationProvider = {
  provideFileDecoration: uri =>
    uri.scheme === DIMMED ? { color: new vscode.ThemeColor('disabledForeground') } : undefined,
};
