import { createCertificates, type LabCertificates } from '../../src/lab/certificate.ts';
import type {
  ListenerOptions,
  LoginOutcome,
  LoginRequest,
  ResultSink,
  RpcParameter,
  TdsListener,
} from '../../src/lab/tds/backend.ts';
import { listenTds } from '../../src/lab/tds/listener.ts';
import type { SqlType, SqlValue } from '../../src/lab/values.ts';
import type { SqlConnectOptions } from '../../src/sql/connect.ts';

export const never = new AbortController().signal;

let certificates: Promise<LabCertificates> | undefined;
const testCertificates = () => {
  certificates ??= createCertificates([]);
  return certificates;
};

/** What a server does with one batch; a rejected promise breaks the connection, as a dying server does. */
export type Script = (
  text: string,
  sink: ResultSink,
  signal: AbortSignal,
  parameters: readonly RpcParameter[],
) => Promise<void> | void;

/** A TDS server whose answers a test writes itself; it says who it is in every session. */
export async function scriptedServer(options: {
  readonly script?: Script;
  readonly login?: (request: LoginRequest) => LoginOutcome | undefined;
  readonly encryption?: ListenerOptions['encryption'];
}) {
  const { server, authority } = await testCertificates();
  const texts: string[] = [];
  const logins: LoginRequest[] = [];
  const script = options.script ?? (() => undefined);
  const run = async (text: string, sink: ResultSink, signal: AbortSignal, parameters: readonly RpcParameter[]) => {
    texts.push(text);
    if (text.includes('partIdentity')) sendIdentity(sink);
    await script(text, sink, signal, parameters);
  };
  const listener = await listenTds(
    {
      serverName: 'SQLTEST01',
      productVersion: '15.0.4312.2',
      async login(request) {
        logins.push(request);
        const refused = options.login?.(request);
        if (refused) return refused;
        return {
          accepted: true,
          session: {
            sessionId: 50 + logins.length,
            serverName: 'SQLTEST01',
            database: 'master',
            batch: async (text, sink, signal) => {
              if (!text.startsWith('set ')) await run(text, sink, signal, []);
            },
            executeSql: (text, parameters, sink, signal) => run(text, sink, signal, parameters),
            transaction: async () => undefined,
            reset: () => undefined,
            close: () => undefined,
          },
        };
      },
    },
    { host: '127.0.0.1', port: 0, certificate: server, encryption: options.encryption ?? 'on', accessTokens: true },
  );
  return { listener, texts, logins, options: connectOptions(listener, authority) };
}

export const connectOptions = (
  listener: Pick<TdsListener, 'host' | 'port'>,
  authority?: string,
): SqlConnectOptions => ({
  side: 'sqlServer',
  label: 'SQLTEST01',
  practice: false,
  server: { host: listener.host, port: listener.port },
  authentication: { kind: 'sqlLogin', user: 'failover', password: 'S3cret!pass' },
  encrypt: 'mandatory',
  trustServerCertificate: false,
  ...(authority !== undefined && { certificateAuthority: authority }),
});

const TYPES: Readonly<Record<string, SqlType>> = {
  number: { name: 'int' },
  boolean: { name: 'bit' },
  bigint: { name: 'bigint' },
  string: { name: 'nvarchar', length: 4000 },
};

/** Sends one result set; dates are ISO text under a name that ends in _now or _time. */
export function sendRows(sink: ResultSink, part: string, rows: readonly Readonly<Record<string, SqlValue>>[]): void {
  const names = [part, ...Object.keys(rows[0] ?? {})];
  const typeOf = (name: string): SqlType => {
    if (/_(now|time|timestamp)$/.test(name)) return { name: 'datetime2', scale: 3 };
    const value = rows.map(row => row[name]).find(v => v !== null && v !== undefined);
    return TYPES[typeof value] ?? { name: 'int' };
  };
  sink.columns(names.map(name => ({ name, type: typeOf(name), nullable: true })));
  for (const row of rows) void sink.row([1, ...names.slice(1).map(name => row[name] ?? null)]);
  sink.statementDone(rows.length);
}

export const sendIdentity = (sink: ResultSink, changes: Readonly<Record<string, SqlValue>> = {}) =>
  sendRows(sink, 'partIdentity', [
    {
      server_name: 'SQLTEST01',
      product_version: '15.0.4312.2',
      edition: 'Enterprise Edition (64-bit)',
      engine_edition: 3,
      is_hadr_enabled: 1,
      utc_now: '2026-11-24T10:00:00.000',
      offset_minutes: 60,
      ...changes,
    },
  ]);

export const serverError = (number: number, message: string) => ({ number, class: 16, state: 1, message, line: 1 });
