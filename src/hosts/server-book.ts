import * as v from 'valibot';
import { createNotifier } from './notifier.ts';

/** What is kept of a server between sessions. Its password is not part of it: that is in the secret storage under the same id. */
export interface SavedServer {
  readonly id: string;
  /** How the person calls it. */
  readonly name: string;
  /** As typed: host, host,port, host\instance, … */
  readonly server: string;
  readonly authentication: { readonly kind: 'sqlLogin'; readonly user: string } | { readonly kind: 'entra' };
  readonly encrypt: Encryption;
  readonly trustServerCertificate: boolean;
}

/** optional: encrypted when the server offers it; mandatory: TLS inside TDS; strict: TDS 8.0, TLS first. */
export type Encryption = 'optional' | 'mandatory' | 'strict';

/** The part of vscode.Memento that is used. */
export interface Memory {
  get<T>(key: string): T | undefined;
  update(key: string, value: unknown): PromiseLike<void>;
}

/** The part of vscode.SecretStorage that is used. */
export interface Secrets {
  get(key: string): PromiseLike<string | undefined>;
  store(key: string, value: string): PromiseLike<void>;
  delete(key: string): PromiseLike<void>;
}

/** The servers a person has added. */
export interface ServerBook {
  list(): readonly SavedServer[];
  find(id: string): SavedServer | undefined;
  /** Adds or replaces by id. `password` undefined: the stored one, if any, is removed. */
  save(server: SavedServer, password: string | undefined): Promise<void>;
  remove(id: string): Promise<void>;
  password(id: string): Promise<string | undefined>;
  readonly onDidChange: (listener: () => void) => { dispose(): void };
}

const SERVERS = 'miLink.servers';
const passwordKey = (id: string) => `miLink.password.${id}`;

const savedServer = v.object({
  id: v.string(),
  name: v.string(),
  server: v.string(),
  authentication: v.variant('kind', [
    v.object({ kind: v.literal('sqlLogin'), user: v.string() }),
    v.object({ kind: v.literal('entra') }),
  ]),
  encrypt: v.picklist(['optional', 'mandatory', 'strict']),
  trustServerCertificate: v.boolean(),
});

/** The book over VS Code's global state and secret storage. Entries that cannot be read (an older or newer release) are left alone, not shown. */
export function createServerBook(memory: Memory, secrets: Secrets): ServerBook {
  const changed = createNotifier();
  const entries = (): readonly unknown[] => {
    const stored = memory.get<unknown>(SERVERS);
    return Array.isArray(stored) ? stored : [];
  };
  const list = (): readonly SavedServer[] =>
    entries().filter((entry): entry is SavedServer => v.is(savedServer, entry));
  const replace = async (id: string, server: SavedServer | undefined): Promise<void> => {
    const isOld = (entry: unknown) => v.is(savedServer, entry) && entry.id === id;
    const before = entries();
    const place = before.findIndex(isOld);
    const others = before.filter(entry => !isOld(entry));
    const after = server ? others.toSpliced(place < 0 ? others.length : place, 0, server) : others;
    await memory.update(SERVERS, after);
  };
  return {
    list,
    find: id => list().find(server => server.id === id),
    async save(server, password) {
      if (password === undefined) await secrets.delete(passwordKey(server.id));
      else await secrets.store(passwordKey(server.id), password);
      // Parsed, so that nothing but the known fields can ever reach the global state.
      await replace(server.id, v.parse(savedServer, server));
      changed.notify();
    },
    async remove(id) {
      await replace(id, undefined);
      await secrets.delete(passwordKey(id));
      changed.notify();
    },
    password: async id => secrets.get(passwordKey(id)),
    onDidChange: changed.onDidChange,
  };
}
