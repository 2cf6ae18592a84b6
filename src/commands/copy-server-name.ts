import * as vscode from 'vscode';
import { type Command, serverOfNode } from './parts.ts';

/** Copies the name to connect to (for a saved server), else the name in the list. */
export const copyServerName: Command = async (parts, node) => {
  const server = serverOfNode(parts, node);
  if (server) await vscode.env.clipboard.writeText(parts.book.find(server.id)?.server ?? server.label);
};
