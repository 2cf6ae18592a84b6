import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import type { PracticeWorld } from '../../src/lab/engine/world.ts';
import { startLab } from '../../src/lab/lab.ts';
import type { SqlSide } from '../../src/link/ports.ts';
import type { Side } from '../../src/link/vocabulary.ts';
import { connectSql, type SqlConnectOptions } from '../../src/sql/connect.ts';

const never = new AbortController().signal;

const Accounts = v.record(v.string(), v.object({ name: v.string(), password: v.string() }));

export type PracticeLab = Awaited<ReturnType<typeof startPracticeLab>>;

/** A practice lab, and ways to connect to it that remember to close. */
export async function startPracticeLab(scenario = 'sql2019') {
  const running = await startLab({ scenario, seed: 7 });
  const { description } = running;
  const certificateAuthority = await readFile(description.sqlServer.certificateFile, 'utf8');
  const open: SqlSide[] = [];
  const optionsFor = (side: Side): SqlConnectOptions => {
    const { host, port, user, password } = description[side];
    return {
      side,
      label: side,
      practice: true,
      server: { host, port },
      authentication: { kind: 'sqlLogin', user, password },
      encrypt: 'mandatory',
      trustServerCertificate: false,
      certificateAuthority,
      connectTimeoutMs: 3000,
    };
  };
  const connectWith = async (options: SqlConnectOptions) => {
    const side = await connectSql(options, never);
    open.push(side);
    return side;
  };
  const [database = ''] = description.link.databases;
  return {
    description,
    database,
    query: {
      link: description.link.dag,
      availabilityGroup: description.link.ag,
      databases: description.link.databases,
    },
    state: () => running.world.state() as ReturnType<PracticeWorld['state']>,
    /** One of the lab's logins that may do less. */
    account: (name: string) => {
      const account = v.parse(Accounts, (running.world.state() as ReturnType<PracticeWorld['state']>).accounts)[name];
      if (!account) throw new Error(`the lab has no account ${name}`);
      return account;
    },
    setKnobs: (values: Readonly<Record<string, unknown>>) => running.world.setKnobs(values),
    setKnobsAndPorts: (values: Readonly<Record<string, unknown>>) => running.setKnobs(values),
    optionsFor,
    connect: (side: Side) => connectWith(optionsFor(side)),
    connectAs: (
      side: Side,
      as: { readonly name?: string; readonly password?: string; readonly applicationName?: string },
    ) => {
      const options = optionsFor(side);
      return connectWith({
        ...options,
        ...(as.applicationName !== undefined && { applicationName: as.applicationName }),
        ...(as.name !== undefined && {
          authentication: { kind: 'sqlLogin', user: as.name, password: as.password ?? '' },
        }),
      });
    },
    closeAll: async () => {
      await Promise.all(open.splice(0).map(side => side.close()));
    },
    stop: () => running.stop(),
  };
}
