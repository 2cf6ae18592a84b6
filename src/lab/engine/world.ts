import { randomInt } from 'node:crypto';
import { realClock } from '../clock.ts';
import { scenarioNames, scenarioOf } from '../scenarios.ts';
import type { Conditions } from './conditions.ts';
import type { LabClock, LabSide, LabWorld } from './contract.ts';
import { type Controls, readKnobs, setKnobs } from './knobs.ts';
import { shuttingDown } from './messages.ts';
import { ledgerIds } from './sample-data.ts';
import { buildSetting, type Setting } from './setting.ts';
import { loadSqlite } from './sqlite.ts';
import { describeState } from './state.ts';
import { timerScope } from './timers.ts';

/** What a practice world is made from. */
export interface WorldOptions {
  /** Default: the first of `scenarioNames`. */
  readonly scenario?: string;
  /** Same seed, same identifiers, LSNs, passwords and timing. Default: random. */
  readonly seed?: number;
  /** Default: the machine's own time. */
  readonly clock?: LabClock;
}

/** The practice world with what only tests and the practice panel need. */
export interface PracticeWorld extends LabWorld {
  readonly scenario: string;
  readonly seed: number;
  state(): ReturnType<typeof describeState>;
  /** Ids that the writers wrote and whose commit was acknowledged to them. */
  acknowledgedIds(): readonly number[];
  /** Ids in dbo.Ledger of the linked database on a side. */
  ledgerIds(side: LabSide): readonly number[];
  /** Restarts a server: every session ends at once, and log flows again when it is back after about three seconds. Data is not lost. */
  restart(side: LabSide): void;
  /** Logins with less than all rights, by what they lack. */
  readonly accounts: Setting['accounts'];
}

const defaultConditions: Conditions = {
  sendRateKbPerSecond: 20_000,
  redoRateKbPerSecond: 40_000,
  roundTripMs: 4,
  roleChangeMs: 400,
};

/** Makes a practice world: two servers, a link between them, Azure above them. Throws Error for an unknown scenario. */
export async function createWorld(options: WorldOptions = {}): Promise<PracticeWorld> {
  await loadSqlite();
  const scenarioName = options.scenario ?? scenarioNames[0] ?? '';
  const scenario = scenarioOf(scenarioName);
  const seed = options.seed ?? randomInt(2 ** 31);
  const outer = options.clock ?? realClock();
  const timers = timerScope(outer);
  const conditions: Conditions = { ...defaultConditions, ...scenario.conditions };
  const setting = buildSetting({ scenario, seed, clock: timers.clock, conditions });
  const { sqlServer, managedInstance, azure, workload, network, faults } = setting;

  const controls: Controls = {
    conditions,
    workload: setting.workloadSettings,
    azure: setting.azureSettings,
    network,
    faults,
    sqlServer,
    backups: setting.backups,
    instanceTdsUp: scenario.instanceTdsUp,
    changed() {
      for (const link of setting.links) link.conditionsChanged();
      for (const instance of [sqlServer, managedInstance])
        for (const database of instance.databases()) database.redo.setRate(conditions.redoRateKbPerSecond);
      workload.adjust();
    },
  };

  if (scenario.backlogKb > 0) await workload.writeBacklog(scenario.backlogKb);
  if (scenario.splitBrain) await setting.splitTheBrain();
  workload.adjust();

  return {
    scenario: scenarioName,
    seed,
    clock: outer,
    sqlServer,
    managedInstance,
    azure,
    link: setting.link,
    credentials: setting.credentials,
    accounts: setting.accounts,
    get instanceUnreachable() {
      return !controls.instanceTdsUp;
    },
    knobs: () => readKnobs(controls),
    setKnobs: values => setKnobs(controls, values),
    state: () =>
      describeState({
        now: outer.now(),
        scenario: scenarioName,
        seed,
        instances: { sqlServer, managedInstance },
        azure,
        links: setting.links,
        workload,
        accounts: Object.fromEntries(
          Object.entries(setting.accounts).map(([key, { name, password, permissions }]) => [
            key,
            { name, password, permissions },
          ]),
        ),
      }),
    acknowledgedIds: () => workload.acknowledgedIds,
    ledgerIds: side => ledgerIds({ sqlServer, managedInstance }[side].database(setting.linkedDatabase)?.storeUri ?? ''),
    restart(side) {
      const instance = { sqlServer, managedInstance }[side];
      for (const session of instance.sessions()) session.kill(shuttingDown);
      network.interrupt(3000);
    },
    setTokenCheck(check) {
      sqlServer.tokenCheck = check;
      managedInstance.tokenCheck = check;
    },
    stop() {
      timers.stop();
      workload.stop();
      for (const link of setting.links) link.stop();
      sqlServer.close();
      managedInstance.close();
    },
  };
}
