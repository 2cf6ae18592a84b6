import sql from 'mssql';
import { generate } from 'selfsigned';
import type { ListenerOptions, TdsListener } from '../../../src/lab/tds/backend.ts';
import { listenTds } from '../../../src/lab/tds/listener.ts';
import { password, ScriptedBackend } from './scripted-backend.ts';

const pems = await generate([{ name: 'commonName', value: 'localhost' }], {
  keySize: 2048,
  algorithm: 'sha256',
  extensions: [
    { name: 'basicConstraints', cA: true },
    {
      name: 'subjectAltName',
      altNames: [
        { type: 2, value: 'localhost' },
        { type: 7, ip: '127.0.0.1' },
      ],
    },
  ],
});

/** One for all tests of a file: making a key takes longer than most of them. */
export const certificate = { key: pems.private, cert: pems.cert };

export interface Served extends AsyncDisposable {
  readonly backend: ScriptedBackend;
  readonly listener: TdsListener;
}

/** A listener on a free port over a new scripted backend. */
export async function serve(options: Partial<ListenerOptions> = {}): Promise<Served> {
  const backend = new ScriptedBackend();
  const listener = await listenTds(backend, {
    host: '127.0.0.1',
    port: 0,
    certificate,
    encryption: 'on',
    accessTokens: true,
    ...options,
  });
  return { backend, listener, [Symbol.asyncDispose]: () => listener.close() };
}

type Client = sql.ConnectionPool & AsyncDisposable;

/** Connects the mssql driver; plain by default, and with one connection, so that a test knows which session it speaks to. */
export async function connect({ listener }: Served, config: Partial<sql.config> = {}): Promise<Client> {
  const pool = new sql.ConnectionPool({
    server: '127.0.0.1',
    port: listener.port,
    user: 'dba',
    password,
    database: 'Sales',
    pool: { max: 1, min: 0 },
    ...config,
    options: { encrypt: false, trustServerCertificate: true, serverName: 'localhost', ...config.options },
  });
  // Without a listener a lost connection would end the process.
  pool.on('error', () => undefined);
  await pool.connect();
  return Object.assign(pool, { [Symbol.asyncDispose]: () => pool.close() });
}

/** Resolves as soon as `condition` holds; rejects when it does not within ten seconds. */
export async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`It never came true that ${condition}`);
    await new Promise(resolve => setImmediate(resolve));
  }
}

/** The error a promise rejects with. */
export async function failure(promise: Promise<unknown>): Promise<Error & Record<string, unknown>> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error) return error as Error & Record<string, unknown>;
    throw error;
  }
  throw new Error('It did not fail');
}
