import type { Command } from './parts.ts';

/** Reads the server of the node again, or all servers whose databases are shown. */
export const refresh: Command = async (parts, node) => parts.tree.refresh(node?.server.id);
