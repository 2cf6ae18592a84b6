import * as l10n from '@vscode/l10n';
import { type Clock, deadline } from '../link/clock.ts';
import type { Observation } from '../link/observation.ts';
import type { Journal } from '../link/ports.ts';
import { LinkError, type Problem, problemOf } from '../link/problem.ts';
import { backOut } from './back-out.ts';
import { whyNotSend } from './data-loss.ts';
import type { Outcome, RunEvent, RunResult } from './events.ts';
import { holdsNow, nextDuties, twoWritableCopies } from './holds.ts';
import type { Plan, Step } from './plan.ts';
import { applyEvent, initialView, type RunView } from './run-view.ts';
import { observe, type Sides } from './sides.ts';
import type { Change } from './statements.ts';
import type { RunNotes, Sent, StepEnd, Work } from './steps/handler.ts';
import { bind } from './steps/index.ts';

export interface RunOptions {
  readonly clock: Clock;
  /** Cancels while that is possible; ignored from the point of no return on. */
  readonly signal: AbortSignal;
  readonly journal: Journal;
  /** Taken up again after an interruption: what lies before a point of no return that is passed is not looked at any more. */
  readonly resume?: boolean;
  /** Called after the journal has the event. What it throws is ignored: a screen must not stop a run. */
  report(event: RunEvent): void;
}

/** A look older than this is not used to decide that a step is done already (ms). */
const LOOK_VALID_MS = 1_000;
const FORWARD_TRIES = 5;
const FORWARD_PAUSE_MS = 2_000;
/** The last look at the end of a run may take this long (ms). */
const LAST_LOOK_MS = 30_000;
const NEVER = new AbortController().signal;

/**
 * Executes a plan, step by step: asks the servers what is done already, writes down, acts, writes down. Before the point of no return every failure and
 * cancel ends in a back-out; after it the only way is forward. Never throws: the result says how it ended and what holds now.
 */
export async function runPlan(plan: Plan, sides: Sides, options: RunOptions): Promise<RunResult> {
  const run = new Run(plan, sides, options);
  return run.execute();
}

class Run {
  readonly #plan: Plan;
  readonly #sides: Sides;
  readonly #options: RunOptions;
  readonly #notes: RunNotes = {
    quiet: undefined,
    catchUpEndsAt: undefined,
    proof: undefined,
    roleSwitchProof: undefined,
    operation: undefined,
    writableAt: undefined,
    evidence: [],
  };
  readonly #startedAt: number;
  #latest: Observation | undefined;
  #view: RunView;
  /** 'sent' = the request of the point of no return may have taken effect. */
  #pointOfNoReturn: 'ahead' | 'sent' | 'passed' = 'ahead';

  constructor(plan: Plan, sides: Sides, options: RunOptions) {
    this.#plan = plan;
    this.#sides = sides;
    this.#options = options;
    this.#startedAt = options.clock.now();
    this.#view = initialView(plan);
  }

  async execute(): Promise<RunResult> {
    const started: Step[] = [];
    try {
      await this.#tell({ event: 'started', at: this.#now(), plan: this.#plan });
      for (const step of await this.#stepsAhead(started)) {
        this.#signal().throwIfAborted();
        started.push(step);
        await this.#step(step);
      }
      return await this.#finish('failedOver', undefined);
    } catch (error) {
      const cause = this.#causeOf(error);
      if (this.#pointOfNoReturn !== 'ahead') return this.#finish('failed', cause);
      await this.#tellSafely({ event: 'backingOut', at: this.#now(), cause });
      const complete = await backOut(started, this.#plan, this.#work(NEVER), event => this.#tellSafely(event));
      return this.#finish(complete ? 'backedOut' : 'failed', cause);
    }
  }

  /** All steps; taken up again, those after the last one that the servers show as passed. What would have to be put back counts as started. */
  async #stepsAhead(started: Step[]): Promise<readonly Step[]> {
    const { steps } = this.#plan;
    if (!this.#options.resume) return steps;
    const crossing = steps.findIndex(s => s.pointOfNoReturn);
    const look = await this.#recentLook();
    const isDone = (step: Step | undefined) => step !== undefined && bind(step, this.#plan).isDone(look);
    if (isDone(steps[crossing])) {
      this.#pointOfNoReturn = 'passed';
      return this.#skip(steps, crossing);
    }
    // Between SQL Server's giving up its role and the instance's taking it nobody is primary: what comes before cannot be looked at any more.
    const givenUp = steps.findIndex(s => s.kind === 'giveUpRole');
    if (!isDone(steps[givenUp])) return steps;
    started.push(...steps.slice(0, givenUp + 1));
    return this.#skip(steps, givenUp);
  }

  async #skip(steps: readonly Step[], last: number): Promise<readonly Step[]> {
    for (const { id } of steps.slice(0, last + 1))
      await this.#tell({ event: 'stepDone', at: this.#now(), step: id, how: 'alreadyDone', note: undefined });
    return steps.slice(last + 1);
  }

  async #step(step: Step): Promise<void> {
    const bound = bind(step, this.#plan);
    if (bound.canBeDoneAlready && bound.isDone(await this.#recentLook())) {
      if (step.pointOfNoReturn) this.#pointOfNoReturn = 'passed';
      await this.#tell({ event: 'stepDone', at: this.#now(), step: step.id, how: 'alreadyDone', note: undefined });
      return;
    }
    await this.#tell({ event: 'stepStarted', at: this.#now(), step: step.id });
    try {
      const end = step.pointOfNoReturn ? await this.#crossPointOfNoReturn(step) : await this.#runForward(step);
      await this.#tell({ event: 'stepDone', at: this.#now(), step: step.id, how: end.how, note: end.note });
    } catch (error) {
      await this.#tellSafely({
        event: 'stepFailed',
        at: this.#now(),
        step: step.id,
        problem: this.#causeOf(error, step),
      });
      throw error;
    }
  }

  /** Cancel counts until the very last moment; once the request is on its way only its definite refusal leads back. */
  async #crossPointOfNoReturn(step: Step): Promise<StepEnd> {
    const bound = bind(step, this.#plan);
    await this.#tell({ event: 'pointOfNoReturn', at: this.#now(), step: step.id });
    this.#options.signal.throwIfAborted();
    this.#pointOfNoReturn = 'sent';
    try {
      const end = await bound.run(this.#work(NEVER));
      this.#pointOfNoReturn = 'passed';
      return end;
    } catch (error) {
      if (!definitelyNotDone(problemOf(error))) throw error;
      const look = await this.#work(NEVER).observe();
      if (bound.isDone(look)) {
        this.#pointOfNoReturn = 'passed';
        return { how: 'done', note: undefined };
      }
      this.#pointOfNoReturn = 'ahead';
      throw error;
    }
  }

  /** After the point of no return transient errors and lost answers are looked into and tried again: there is no other way than forward. */
  async #runForward(step: Step): Promise<StepEnd> {
    const bound = bind(step, this.#plan);
    for (let attempt = 1; ; attempt++) {
      try {
        return await bound.run(this.#work(this.#signal()));
      } catch (error) {
        const problem = problemOf(error, step.venue);
        const retry =
          this.#pointOfNoReturn === 'passed' &&
          attempt < FORWARD_TRIES &&
          (problem.transient || problem.reason === 'unknownOutcome' || problem.reason === 'unreachable');
        if (!retry) throw error;
        await this.#options.clock.sleep(FORWARD_PAUSE_MS, NEVER);
        if (bound.canBeDoneAlready && bound.isDone(await this.#work(NEVER).observe()))
          return { how: 'done', note: undefined };
      }
    }
  }

  #work(signal: AbortSignal): Work {
    return {
      plan: this.#plan,
      sides: this.#sides,
      clock: this.#options.clock,
      signal,
      notes: this.#notes,
      observe: async azure => {
        this.#latest = await observe(this.#sides, this.#plan.intent.target, this.#options.clock, signal, azure);
        return this.#latest;
      },
      send: change => this.#send(change, signal),
      progress: progress => {
        const step = this.#view.steps.find(s => s.state === 'running')?.id ?? '';
        this.#report({ event: 'progress', at: this.#now(), step, progress });
      },
    };
  }

  async #send(change: Change, signal: AbortSignal): Promise<Sent> {
    const refusal = whyNotSend(change, this.#plan, this.#notes, this.#freshLook(), this.#now());
    if (refusal)
      throw new LinkError({
        reason: 'refused',
        venue: change.on,
        message: l10n.t('This was not sent: {0}.', refusal),
      });
    this.#latest = undefined;
    if (change.on === 'azure') return this.#side('azure', this.#sides.azure).start(change.arm, signal);
    await this.#side(change.on, change.on === 'sqlServer' ? this.#sides.sqlServer : this.#sides.instance).execute(
      change.sql,
      signal,
    );
    return { state: 'done' };
  }

  #side<T>(venue: Change['on'], side: T | undefined): T {
    if (side) return side;
    throw new LinkError({
      reason: 'unreachable',
      venue,
      message: l10n.t('There is no connection to send this step to.'),
    });
  }

  #freshLook(): Observation | undefined {
    const latest = this.#latest;
    return latest && this.#now() - latest.takenAt <= LOOK_VALID_MS ? latest : undefined;
  }

  async #recentLook(): Promise<Observation> {
    return this.#freshLook() ?? this.#work(this.#signal()).observe();
  }

  #signal(): AbortSignal {
    return this.#pointOfNoReturn === 'ahead' ? this.#options.signal : NEVER;
  }

  #now(): number {
    return this.#options.clock.now();
  }

  /** A cancel by the person is told as such, whatever error the abort caused. */
  #causeOf(error: unknown, step?: Step): Problem {
    if (this.#pointOfNoReturn === 'ahead' && this.#options.signal.aborted)
      return { reason: 'cancelled', venue: undefined, message: l10n.t('Cancelled.') };
    return problemOf(error, step?.venue);
  }

  /** Journal first, then the screen. A journal that cannot be written stops a run only while it can still be backed out. */
  async #tell(event: RunEvent): Promise<void> {
    if (this.#pointOfNoReturn !== 'ahead') return this.#tellSafely(event);
    await this.#options.journal.append(event);
    this.#report(event);
  }

  /** Where nothing may stop the run any more, a journal that cannot be written does not either. */
  async #tellSafely(event: RunEvent): Promise<void> {
    await this.#options.journal.append(event).catch(() => undefined);
    this.#report(event);
  }

  #report(event: RunEvent): void {
    this.#view = applyEvent(this.#view, event);
    try {
      this.#options.report(event);
    } catch {
      // A screen that fails must not stop a run between two steps.
    }
  }

  async #finish(outcome: Outcome, problem: Problem | undefined): Promise<RunResult> {
    const look = await this.#lastLook();
    const passed = this.#pointOfNoReturn !== 'ahead';
    const { proof, writableAt, evidence } = this.#notes;
    const result: RunResult = {
      outcome,
      kind: this.#plan.intent.kind,
      planId: this.#plan.id,
      startedAt: this.#startedAt,
      finishedAt: this.#now(),
      passedPointOfNoReturn: passed,
      steps: this.#view.steps.map(s =>
        s.state === 'waiting' || s.state === 'running' ? { ...s, state: 'notRun' } : s,
      ),
      problem,
      holds: look
        ? holdsNow(look, this.#plan, outcome)
        : [l10n.t('Neither side could be read at the end: look at both before you do anything else.')],
      next: nextDuties(this.#plan, outcome, passed),
      twoWritableCopies: look !== undefined && twoWritableCopies(look, this.#plan),
      observedOutageMs: proof && writableAt ? writableAt - proof.at : undefined,
      evidence: [...evidence],
    };
    await this.#tellSafely({ event: 'finished', at: this.#now(), result });
    return result;
  }

  async #lastLook(): Promise<Observation | undefined> {
    const limit = deadline(this.#options.clock, LAST_LOOK_MS, NEVER);
    try {
      return await observe(this.#sides, this.#plan.intent.target, this.#options.clock, limit.signal);
    } catch {
      return undefined;
    } finally {
      limit.cancel();
    }
  }
}

/** The request was not made, or the service said no: nothing can have happened. */
function definitelyNotDone(problem: Problem): boolean {
  switch (problem.reason) {
    case 'refused':
    case 'permission':
    case 'notFound':
    case 'loginFailed':
    case 'unreachable':
    case 'unsupported':
      return true;
    default:
      return false;
  }
}
