import { afterEach } from 'vitest';
import type { LabClock, LabInstance } from '../../../src/lab/engine/contract.ts';
import { createWorld } from '../../../src/lab/engine/world.ts';
import type { TdsBackend, TdsSession } from '../../../src/lab/tds/backend.ts';
import { createTsqlBackend } from '../../../src/lab/tsql/backend.ts';
import type { Column, ServerMessage, SqlType, SqlValue } from '../../../src/lab/values.ts';

/** A result set as a client sees it. */
export interface Result {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly SqlValue[])[];
}

/** All that one request sent back. */
export interface Answer {
  readonly results: readonly Result[];
  readonly messages: readonly ServerMessage[];
  readonly counts: readonly (number | undefined)[];
  readonly events: readonly string[];
}

export interface Client {
  readonly session: TdsSession;
  run(sql: string, signal?: AbortSignal): Promise<Answer>;
  /** sp_executesql with parameters, as drivers send it. */
  execute(sql: string, parameters: Readonly<Record<string, readonly [SqlType, SqlValue]>>): Promise<Answer>;
  /** Rows of the first result set. Throws when the server answered with an error. */
  rows(sql: string): Promise<readonly (readonly SqlValue[])[]>;
  /** The single value of the first result set. */
  value(sql: string): Promise<SqlValue>;
  /** The first error's number. */
  error(sql: string): Promise<number | undefined>;
}

type World = Awaited<ReturnType<typeof createWorld>>;

export interface Practice {
  readonly world: World;
  readonly backend: TdsBackend;
  connect(database?: string): Promise<Client>;
  connectAs(user: string, password: string, database?: string): Promise<Client>;
  /** Another server's client. */
  connectTo(instance: LabInstance, database?: string): Promise<Client>;
}

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

export const errorsOf = (answer: Answer): readonly ServerMessage[] =>
  answer.messages.filter(message => message.class > 10);

/** A practice world and its SQL Server; everything is closed after the test. */
export async function practice(options: { scenario?: string; clock?: LabClock } = {}): Promise<Practice> {
  const world = await createWorld(options);
  open.push(() => world.stop());
  const backends = new Map<LabInstance, TdsBackend>();
  const backendOf = async (instance: LabInstance): Promise<TdsBackend> => {
    const backend = backends.get(instance) ?? (await createTsqlBackend(instance));
    backends.set(instance, backend);
    return backend;
  };
  const connectTo = async (instance: LabInstance, database = 'Sales'): Promise<Client> => {
    const { user, password } = world.credentials[instance.side];
    return logIn(instance, user, password, database);
  };
  const logIn = async (instance: LabInstance, user: string, password: string, database: string): Promise<Client> => {
    const outcome = await (await backendOf(instance)).login(
      {
        proof: { kind: 'password', user, password },
        database,
        applicationName: 'test',
        hostName: 'tests',
        libraryName: 'none',
        encrypted: true,
        readOnlyIntent: false,
        remoteAddress: '127.0.0.1',
      },
      new AbortController().signal,
    );
    if (!outcome.accepted) throw new Error(outcome.errors.map(error => error.message).join(' '));
    const { session } = outcome;
    open.push(() => session.close());
    return clientOf(session);
  };
  return {
    world,
    backend: await backendOf(world.sqlServer),
    connect: database => connectTo(world.sqlServer, database),
    connectAs: (user, password, database = '') => logIn(world.sqlServer, user, password, database),
    connectTo,
  };
}

/** A client of a fresh world's SQL Server. */
export async function practiceClient(): Promise<Client> {
  return (await practice()).connect();
}

function clientOf(session: TdsSession): Client {
  const run = (sql: string, signal = new AbortController().signal): Promise<Answer> =>
    collect(sink => session.batch(sql, sink, signal));
  const rows = async (sql: string) => {
    const answer = await run(sql);
    const [failed] = errorsOf(answer);
    if (failed) throw new Error(`${failed.number}: ${failed.message}`);
    return answer.results[0]?.rows ?? [];
  };
  return {
    session,
    run,
    rows,
    execute: (sql, parameters) =>
      collect(sink =>
        session.executeSql(
          sql,
          Object.entries(parameters).map(([name, [type, value]]) => ({ name, type, value, output: false })),
          sink,
          new AbortController().signal,
        ),
      ),
    value: async sql => (await rows(sql))[0]?.[0] ?? null,
    error: async sql => errorsOf(await run(sql))[0]?.number,
  };
}

async function collect(work: (sink: Parameters<TdsSession['batch']>[1]) => Promise<void>): Promise<Answer> {
  const results: { columns: readonly Column[]; rows: (readonly SqlValue[])[] }[] = [];
  const messages: ServerMessage[] = [];
  const counts: (number | undefined)[] = [];
  const events: string[] = [];
  await work({
    columns: columns => void results.push({ columns, rows: [] }),
    row: values => void results.at(-1)?.rows.push(values),
    statementDone: count => void counts.push(count),
    message: message => void messages.push(message),
    databaseChanged: (from, to) => void events.push(`database ${from} → ${to}`),
    transactionChanged: change => void events.push(`transaction ${change}`),
  });
  return { results, messages, counts, events };
}
