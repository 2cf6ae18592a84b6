import { settle } from '../failover/choices.ts';
import type { RunEvent, RunResult } from '../failover/events.ts';
import { makePlan } from '../failover/make-plan.ts';
import type { Plan } from '../failover/plan.ts';
import { runPlan } from '../failover/run.ts';
import { observe } from '../failover/sides.ts';
import type { Way } from '../link/capabilities.ts';
import { systemClock } from '../link/clock.ts';
import type { FailoverKind, Side } from '../link/vocabulary.ts';
import type { SqlConnectOptions } from '../sql/connect.ts';
import { type NumberedRows, openNumberedRows } from '../sql/numbered-rows.ts';
import { type Application, firstAcceptedWrite, startApplication } from './application.ts';
import { connectToLab } from './connect.ts';
import type { LabDescription } from './lab-description.ts';
import { labServer } from './lab-server.ts';

export interface PracticeOptions {
  readonly kind: FailoverKind;
  /** How a failover to the instance goes. */
  readonly way: Way;
  /** Seconds. */
  readonly budget: number;
  readonly writers: number;
  readonly dropAg: boolean;
  readonly signal: AbortSignal;
  report(event: RunEvent): void;
}

export interface PracticeOutcome {
  readonly plan: Plan;
  readonly result: RunResult;
  /** Rows the application was told are safe. */
  readonly acknowledged: number;
  /** Of these, rows on the side that is primary now. */
  readonly present: number;
  readonly missing: number;
  readonly countedOn: 'sqlServer' | 'managedInstance';
  /** Last row accepted on the old primary to first row accepted on the new one, ms; undefined when it was not measured. */
  readonly outageMs: number | undefined;
}

const WRITER_ROWS_PER_SECOND = 20;
const SETTLE_MS = 500;

/** Fails the lab's link over with an application at work, through the same code as the wizard, and counts its rows afterwards. */
export async function practise(lab: LabDescription, options: PracticeOptions): Promise<PracticeOutcome> {
  const closing = new AsyncDisposableStack();
  try {
    return await practiseWith(lab, options, closing);
  } finally {
    await closing.disposeAsync();
  }
}

async function practiseWith(
  lab: LabDescription,
  options: PracticeOptions,
  closing: AsyncDisposableStack,
): Promise<PracticeOutcome> {
  const { sides, target } = await connectToLab(lab, closing, options.signal);
  const database = target.databases[0] ?? '';
  const sqlServer = { ...(await labServer(lab, 'sqlServer', 'SQL Server')), database };
  const managedInstance = await labServer(lab, 'managedInstance', 'managed instance');
  const open = async (server: SqlConnectOptions) => {
    const rows = await openNumberedRows(server, database);
    closing.defer(() => rows.close());
    return rows;
  };
  const keepsLink = settle(options.kind, { way: options.way }).keepsLink;
  const intent = {
    kind: options.kind,
    way: options.way,
    target,
    cleanUp: { dropDistributedAvailabilityGroup: !keepsLink, dropAvailabilityGroup: !keepsLink && options.dropAg },
    catchUpBudgetSeconds: options.budget,
    // On a practice link the choice of the kind is confirmation enough.
    typedDatabaseName: database,
  };
  // A look before anything is opened or written: what speaks against the failover is told first.
  makePlan(intent, await observe(sides, target, systemClock, options.signal), systemClock);
  const here = await open(sqlServer);
  const there = sides.instance ? await open(managedInstance) : undefined;
  await here.prepare();
  const firstId = Math.max(0, ...(await here.ids())) + 1;
  const application = startApplication(here, firstId, options.writers, WRITER_ROWS_PER_SECOND);
  const move = new Move(application, there, firstId);
  closing.defer(() => move.end());
  await systemClock.sleep(SETTLE_MS, options.signal);
  const plan = makePlan(intent, await observe(sides, target, systemClock, options.signal), systemClock);
  const result = await runPlan(plan, sides, {
    clock: systemClock,
    signal: options.signal,
    journal: { append: async () => undefined },
    report: event => {
      options.report(event);
      move.follow(event);
    },
  });
  const outageMs = await move.outageMs(result);
  const countOn = async (side: Side) => {
    if (side === 'sqlServer') return open(sqlServer);
    return there ?? (await openTheDoor(lab, closing, () => open(managedInstance)));
  };
  return { plan, result, ...(await count(result, application, countOn)), outageMs };
}

/** The application's side of the cutover: it stops when the failover asks for it, and then tries the new primary until it is let in. */
class Move {
  readonly #application: Application;
  readonly #there: NumberedRows | undefined;
  /** The row with which the application tries the new primary; negative: not one of its orders. */
  readonly #probeId: number;
  readonly #over = new AbortController();
  #stopped: Promise<void> | undefined;
  #accepted: Promise<number | undefined> | undefined;

  constructor(application: Application, there: NumberedRows | undefined, firstId: number) {
    this.#application = application;
    this.#there = there;
    this.#probeId = -firstId;
  }

  follow(event: RunEvent): void {
    if (event.event === 'stepStarted' && event.step === 'awaitEquality') this.#stop();
    if (event.event !== 'pointOfNoReturn') return;
    this.#stop();
    if (this.#there) this.#accepted ??= firstAcceptedWrite(this.#there, this.#probeId, this.#over.signal);
  }

  /** ms between the last acknowledged row here and the first accepted one there. */
  async outageMs(result: RunResult): Promise<number | undefined> {
    if (result.outcome !== 'failedOver') this.#over.abort();
    const accepted = await this.#accepted;
    const last = this.#application.lastAcknowledgedAt;
    return accepted !== undefined && last !== undefined ? accepted - last : result.observedOutageMs;
  }

  /** However it went, nobody writes any more. */
  async end(): Promise<void> {
    this.#over.abort();
    await this.#application.stop();
  }

  #stop(): void {
    this.#stopped ??= this.#application.stop();
  }
}

/**
 * The instance cannot be reached by T-SQL in this scenario, so the failover went through Azure alone. To count its rows one by one all the same, the lab is
 * asked to open the instance's port for that long.
 */
async function openTheDoor(
  lab: LabDescription,
  closing: AsyncDisposableStack,
  open: () => Promise<NumberedRows>,
): Promise<NumberedRows> {
  const setDoor = (up: boolean) =>
    fetch(`${lab.control}/knobs`, { method: 'POST', body: JSON.stringify({ instanceTdsUp: up }) });
  await setDoor(true);
  closing.defer(async () => void (await setDoor(false)));
  return open();
}

async function count(result: RunResult, application: Application, countOn: (side: Side) => Promise<NumberedRows>) {
  await application.stop();
  const countedOn = result.passedPointOfNoReturn ? 'managedInstance' : 'sqlServer';
  const ids = new Set(await (await countOn(countedOn)).ids());
  const missing = [...application.acknowledged].filter(id => !ids.has(id)).length;
  const acknowledged = application.acknowledged.size;
  return { acknowledged, present: acknowledged - missing, missing, countedOn } as const;
}
