import * as l10n from '@vscode/l10n';
import mssql from 'mssql';
import type { SqlCommand } from '../link/ports.ts';
import { LinkError } from '../link/problem.ts';
import { connectError, type LoginMessage, type ServerName } from './connect-error.ts';
import { changeError, isConnectionLost, readError } from './request-error.ts';
import { type Answer, answerOf } from './rows.ts';

declare module 'mssql' {
  interface ConnectionPool {
    /** mssql 12, "Per-request overrides"; @types/mssql 12.3 does not know it yet. */
    request(overrides: { readonly requestTimeout: number }): mssql.Request;
  }
}

/** Longest wait for a reading, ms. */
const READ_TIMEOUT_MS = 15_000;

/** A server's connections, and the two things done with them: read, and change exactly once. Throws LinkError, or the signal's reason. */
export class Session {
  readonly server: ServerName;
  readonly #pool: mssql.ConnectionPool;
  readonly #config: mssql.config;
  readonly #token: ((signal: AbortSignal) => Promise<string>) | undefined;
  /** What servers said during logins that failed; the driver's error objects do not hold it. */
  readonly #loginMessages = new WeakMap<object, readonly LoginMessage[]>();
  #closed = false;

  constructor(server: ServerName, config: mssql.config, token: ((signal: AbortSignal) => Promise<string>) | undefined) {
    this.server = server;
    this.#token = token;
    this.#config = { ...config, beforeConnect: connection => this.#listen(connection) };
    this.#pool = new mssql.ConnectionPool(this.#config);
    // A connection that breaks while idle shows here; the next request gets a fresh one. Without a listener the process would end.
    this.#pool.on('error', () => undefined);
  }

  async open(signal: AbortSignal): Promise<void> {
    await this.#refreshToken(signal);
    const connecting = this.#pool.connect();
    const aborted = whenAborted(signal, () => undefined);
    try {
      await Promise.race([connecting, aborted.promise]);
    } catch (error) {
      // The driver cannot close a pool that is connecting: it is closed as soon as it has.
      if (signal.aborted) void connecting.then(pool => pool.close()).catch(() => undefined);
      signal.throwIfAborted();
      throw connectError(error, this.server, this.#messagesOf(error));
    } finally {
      aborted.forget();
    }
  }

  /** One batch, answered by named parts (see rows.ts). Tried once more when the connection turns out to be broken. */
  async read(text: string, parameters: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Answer> {
    try {
      return await this.#read(text, parameters, signal);
    } catch (error) {
      if (!isConnectionLost(error) || this.#closed) throw this.#readingFailed(error, signal);
    }
    try {
      return await this.#read(text, parameters, signal);
    } catch (error) {
      throw this.#readingFailed(error, signal);
    }
  }

  async #read(text: string, parameters: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Answer> {
    signal.throwIfAborted();
    await this.#refreshToken(signal);
    const request = this.#pool.request({ requestTimeout: READ_TIMEOUT_MS });
    for (const [name, value] of Object.entries(parameters)) request.input(name, mssql.NVarChar(4000), value);
    const aborted = whenAborted(signal, () => request.cancel());
    try {
      return answerOf(this.server, (await Promise.race([request.query(text), aborted.promise])).recordsets);
    } finally {
      aborted.forget();
    }
  }

  /** Sends `command` once, as a batch of its own. Aborting after it was sent asks the server to stop it and is an unknown outcome. */
  async change(command: SqlCommand, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await this.#refreshToken(signal);
    signal.throwIfAborted();
    const request = this.#pool.request({ requestTimeout: command.timeoutMs });
    const cancel = () => request.cancel();
    signal.addEventListener('abort', cancel, { once: true });
    try {
      await request.batch(command.text);
    } catch (error) {
      // A connection that could not be had is the pool's ConnectionError: then nothing was sent.
      if (!(error instanceof mssql.RequestError)) throw connectError(error, this.server, this.#messagesOf(error));
      throw changeError(error, this.server);
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#pool.close().catch(() => undefined);
  }

  #readingFailed(error: unknown, signal: AbortSignal): unknown {
    if (signal.aborted) return signal.reason;
    if (error instanceof LinkError) return error;
    if (this.#closed)
      return new LinkError(
        {
          reason: 'unreachable',
          venue: this.server.side,
          message: l10n.t('The connection to {0} has been closed.', this.server.label),
        },
        { cause: error },
      );
    return error instanceof mssql.RequestError
      ? readError(error, this.server)
      : connectError(error, this.server, this.#messagesOf(error));
  }

  /** Collects the server's messages until the login is through. */
  #listen(connection: mssql.Connection): void {
    const messages: LoginMessage[] = [];
    const collect = (token: LoginMessage) => messages.push({ number: token.number, message: token.message });
    connection.on('errorMessage', collect);
    connection.once('connect', error => {
      connection.off('errorMessage', collect);
      if (error) this.#loginMessages.set(error, messages);
    });
  }

  #messagesOf(error: unknown): readonly LoginMessage[] {
    const original = error instanceof mssql.MSSQLError ? error.originalError : error;
    return (typeof original === 'object' && original !== null && this.#loginMessages.get(original)) || [];
  }

  /** A connection opened from now on logs in with this token: the driver reads its configuration anew for each. */
  async #refreshToken(signal: AbortSignal): Promise<void> {
    if (!this.#token) return;
    const token = await this.#token(signal);
    this.#config.authentication = { type: 'azure-active-directory-access-token', options: { token } };
  }
}

/** Calls `act` and rejects when `signal` aborts. */
function whenAborted(signal: AbortSignal, act: () => void): { readonly promise: Promise<never>; forget(): void } {
  let onAbort = () => {};
  const promise = new Promise<never>((_, reject) => {
    onAbort = () => {
      act();
      reject(signal.reason);
    };
  });
  signal.addEventListener('abort', onAbort, { once: true });
  return { promise, forget: () => signal.removeEventListener('abort', onAbort) };
}
