import * as vscode from 'vscode';
import { startAutoRefresh } from './auto-refresh.ts';
import type { Node } from './rows.ts';
import { dimming, type ServerTree } from './server-tree.ts';

/** Of package.json. */
export const VIEW = 'miLink.servers';
const REFRESH_SECONDS = 'miLink.tree.refreshSeconds';

/** Puts the tree into its view and keeps it fresh while it is seen. */
export function showServerTree(tree: ServerTree): vscode.Disposable {
  const view = vscode.window.createTreeView<Node>(VIEW, { treeDataProvider: tree, showCollapseAll: true });
  const auto = startAutoRefresh({
    everySeconds: () => vscode.workspace.getConfiguration().get<number>(REFRESH_SECONDS, 30),
    visible: () => view.visible,
    refresh: () => tree.refreshUnasked(),
  });
  return vscode.Disposable.from(
    view,
    auto,
    tree,
    vscode.window.registerFileDecorationProvider(dimming),
    view.onDidExpandElement(({ element }) => tree.expandedChanged(element, true)),
    view.onDidCollapseElement(({ element }) => tree.expandedChanged(element, false)),
    view.onDidChangeVisibility(({ visible }) => {
      if (visible) void tree.refreshUnasked();
      else void tree.rest();
      auto.update();
    }),
    vscode.workspace.onDidChangeConfiguration(change => {
      if (change.affectsConfiguration(REFRESH_SECONDS)) auto.update();
    }),
  );
}
