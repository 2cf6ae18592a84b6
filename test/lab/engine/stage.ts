import { afterEach } from 'vitest';
import { type VirtualClock, virtualClock } from '../../../src/lab/clock.ts';
import type { AdminCommand, LabInstance, LabSide, LoginView, SessionView } from '../../../src/lab/engine/contract.ts';
import { openConnection, recordChanges } from '../../../src/lab/engine/sqlite.ts';
import { createWorld, type PracticeWorld } from '../../../src/lab/engine/world.ts';
import type { SqlValue } from '../../../src/lab/values.ts';

/** A practice world in virtual time, and the hands of an administrator and of an application in it. */
export interface Stage {
  readonly world: PracticeWorld;
  readonly clock: VirtualClock;
  /** Runs an administrative command to its end, as the administrator unless another login is named. */
  run(side: LabSide, command: AdminCommand, login?: string): Promise<readonly { readonly number: number }[]>;
  /** Writes rows into a database's dbo.Ledger as one transaction. The promise is the commit's acknowledgement. */
  write(side: LabSide, ids: readonly number[], database?: string): Promise<void>;
  /** Rows of a system view as objects, as a login may see them. */
  read(side: LabSide, view: string, login?: string): readonly Readonly<Record<string, SqlValue>>[];
  /** Opens a session and leaves it open. */
  connect(side: LabSide, options?: SessionOptions): OpenSession;
  rows(side: LabSide, database?: string): number;
  hardened(side: LabSide): string | null;
}

export interface SessionOptions {
  readonly login?: string;
  readonly database?: string;
  readonly transaction?: SessionView['transaction'];
}

export interface OpenSession extends SessionView {
  /** Number of the message it was ended with. */
  readonly endedWith: number | undefined;
}

const monday = Date.UTC(2026, 2, 2, 8);
const open: PracticeWorld[] = [];

afterEach(() => {
  for (const world of open.splice(0)) world.stop();
});

export async function stage(scenario = 'sql2019', seed = 1): Promise<Stage> {
  const clock = virtualClock(monday);
  const world = await createWorld({ scenario, seed, clock });
  open.push(world);
  const instance = (side: LabSide): LabInstance => world[side];

  const connect = (side: LabSide, options: SessionOptions = {}): OpenSession => {
    const server = instance(side);
    let endedWith: number | undefined;
    const session = server.sessionOpened(id => ({
      id,
      login: loginOf(world, side, options.login),
      hostName: 'DBA-LAPTOP',
      programName: 'test',
      connectedAt: clock.now(),
      encrypted: true,
      clientAddress: '10.20.9.9',
      databaseId: server.database(options.database ?? 'master')?.id ?? 1,
      request: undefined,
      transaction: options.transaction,
      lastRequestStartedAt: clock.now(),
      lastRequestEndedAt: clock.now(),
      kill: reason => {
        endedWith = reason.number;
        server.sessionClosed(session.id);
      },
    }));
    return Object.defineProperty(session, 'endedWith', { get: () => endedWith }) as OpenSession;
  };

  const during = <T>(side: LabSide, login: string | undefined, work: (session: SessionView) => T): T => {
    const session = connect(side, login === undefined ? {} : { login });
    const done = () => instance(side).sessionClosed(session.id);
    try {
      const result = work(session);
      if (result instanceof Promise) return result.finally(done) as T;
      done();
      return result;
    } catch (error) {
      done();
      throw error;
    }
  };

  return {
    world,
    clock,
    connect,
    run: (side, command, login) =>
      during(side, login, async session => {
        const { messages } = await clock.finish(instance(side).execute(command, session, new AbortController().signal));
        return messages;
      }),
    async write(side, ids, name = 'Sales') {
      const database = instance(side).database(name);
      if (!database) throw new Error(`No database ${name}`);
      database.assertWritable();
      const connection = openConnection(database.storeUri);
      try {
        const recorder = recordChanges(connection);
        connection.exec('BEGIN IMMEDIATE');
        for (const id of ids)
          connection.exec({
            sql: `INSERT INTO "dbo.Ledger" VALUES (?, 99, 'by hand', '2026-03-02T08:00:00.000')`,
            bind: [id],
          });
        connection.exec('COMMIT');
        const changeset = recorder.take();
        recorder.close();
        return database.commit([{ kind: 'rows', changeset }], 51);
      } finally {
        connection.close();
      }
    },
    read: (side, name, login) =>
      during(side, login, session => {
        const view = instance(side).systemView(name);
        if (!view) throw new Error(`No view ${name}`);
        return view
          .rows(session)
          .map(row => Object.fromEntries(view.columns.map((column, index) => [column.name, row[index] ?? null])));
      }),
    rows: (side, name = 'Sales') => world.state()[side].databases[name]?.rows?.['dbo.Ledger'] ?? -1,
    hardened: side => world.state()[side].databases.Sales?.lsn.lastHardened ?? null,
  };
}

function loginOf(world: PracticeWorld, side: LabSide, name = world.credentials[side].user): LoginView {
  const logins = (world[side] as LabInstance & { readonly logins: readonly LoginView[] }).logins;
  const login = logins.find(known => known.name === name);
  if (!login) throw new Error(`No login ${name}`);
  return login;
}

/** The statements of a planned failover. */
export const setMode = (availabilityMode: 'SYNCHRONOUS_COMMIT' | 'ASYNCHRONOUS_COMMIT'): AdminCommand => ({
  kind: 'modifyAvailabilityGroup',
  group: 'DAG_Sales',
  members: [
    { name: 'AG_Sales', availabilityMode },
    { name: 'mi-prod-weu', availabilityMode },
  ],
});

export const dropGroup = (group: string): AdminCommand => ({ kind: 'dropAvailabilityGroup', group });

export const setDatabase = (
  option: Extract<AdminCommand, { kind: 'setDatabase' }>['option'],
  termination: Extract<AdminCommand, { kind: 'setDatabase' }>['termination'] = 'wait',
  database = 'Sales',
): AdminCommand => ({ kind: 'setDatabase', database, option, termination });

/** The resource id of the practice instance in Azure. */
export function instanceId(world: PracticeWorld): string {
  const [subscription] = world.azure.subscriptions;
  return world.azure.instances(subscription?.subscriptionId ?? '')[0]?.id ?? '';
}
