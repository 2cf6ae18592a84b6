import type { Memory, Secrets } from '../../src/hosts/server-book.ts';

/** VS Code's global state, with all it ever held. */
export class FakeMemory implements Memory {
  readonly values = new Map<string, unknown>();
  readonly everWritten: string[] = [];
  get<T>(key: string): T | undefined {
    return this.values.get(key) as T | undefined;
  }
  async update(key: string, value: unknown): Promise<void> {
    this.everWritten.push(JSON.stringify([key, value]));
    if (value === undefined) this.values.delete(key);
    // As VS Code does: what comes back is a copy.
    else this.values.set(key, JSON.parse(JSON.stringify(value)));
  }
}

/** VS Code's secret storage. */
export class FakeSecrets implements Secrets {
  readonly values = new Map<string, string>();
  async get(key: string): Promise<string | undefined> {
    return this.values.get(key);
  }
  async store(key: string, value: string): Promise<void> {
    this.values.set(key, value);
  }
  async delete(key: string): Promise<void> {
    this.values.delete(key);
  }
}
