import * as l10n from '@vscode/l10n';
import { reportJson, reportMarkdown } from '../../failover/report.ts';
import { renderScript } from '../../failover/script/index.ts';
import { observe } from '../../failover/sides.ts';
import { LinkError, problemOf } from '../../link/problem.ts';
import type { FromWizard, PageId, WizardView } from '../messages.ts';
import { intentOf, sidesOf, targetOfModel, whyNotNext } from './facts.ts';
import type { WizardStart } from './host.ts';
import { dropInstance, findInstance, signIn, stopWaiting } from './log-in.ts';
import { initialModel, type Model, Store } from './model.ts';
import { OneAtATime } from './one-at-a-time.ts';
import { lookAtLink, openServer } from './open-server.ts';
import type { WizardPorts } from './ports.ts';
import { planFrom, preparePlan, whatChanged } from './prepare-plan.ts';
import { runFailover } from './run-failover.ts';
import { viewOf } from './view/view.ts';

/** Pause between two looks at both sides on the Failover type page (ms). */
const LOOK_EVERY_MS = 2_000;

type Slot = 'open' | 'logIn' | 'watch' | 'plan' | 'run' | 'aside';
type FromKind = FromWizard['kind'];
type Handlers = { readonly [K in FromKind]: (message: Extract<FromWizard, { kind: K }>) => void };

/**
 * The wizard without its panel: takes what the person did, does the work through its ports, and holds the state of which the view is a pure function.
 * It outlives the panel while a failover runs.
 */
export class WizardController {
  readonly #store: Store;
  readonly #ports: WizardPorts;
  readonly #work: OneAtATime<Slot>;
  readonly #cancelRun = new AbortController();
  #visible = true;

  constructor(start: WizardStart, ports: WizardPorts, budgetSeconds?: number) {
    this.#store = new Store(initialModel(start, ports.signIn.choices(start.server), ports.clock.now(), budgetSeconds));
    this.#ports = ports;
    this.#work = new OneAtATime(error => {
      const { message } = problemOf(error);
      ports.log.error(message);
      ports.showError(message);
    });
  }

  /** Connects to SQL Server. To be called once. */
  open(): void {
    this.#work.start('open', signal => openServer(this.#store, this.#ports, signal));
  }

  get model(): Model {
    return this.#store.model;
  }
  get view(): WizardView {
    return viewOf(this.#store.model);
  }
  get run(): 'notStarted' | 'running' | 'finished' {
    const { run, page } = this.model;
    if (!run) return 'notStarted';
    return page === 'results' ? 'finished' : 'running';
  }
  get cancellable(): boolean {
    const { run } = this.model;
    return this.run === 'running' && run !== undefined && run.view.cancellable && !run.cancelRequested;
  }
  onDidChange(listener: () => void): { dispose(): void } {
    return this.#store.onDidChange(listener);
  }

  /** While nobody looks, the servers are not asked. */
  setVisible(visible: boolean): void {
    if (visible === this.#visible) return;
    this.#visible = visible;
    this.#watchWhileLooking();
  }

  receive(message: FromWizard): void {
    // The table has one handler for each kind, made for exactly that message.
    (this.#handlers[message.kind] as (message: FromWizard) => void)(message);
  }

  /** Takes effect before the point of no return only. */
  cancelFailover(): void {
    const { run } = this.model;
    if (!run || !this.cancellable) return;
    this.#store.change({ run: { ...run, cancelRequested: true } });
    this.#store.announce(l10n.t('Cancelling'));
    this.#cancelRun.abort(new DOMException('Cancelled by the person', 'AbortError'));
  }

  /** Stops everything but a running failover and closes the connections. Not to be called while a failover runs. */
  async dispose(): Promise<void> {
    this.#work.stopAll();
    const { opening } = this.model;
    await dropInstance(this.#store);
    if (opening.state === 'ready') await opening.side.close();
  }

  readonly #handlers: Handlers = {
    ready: () => undefined,
    go: ({ to }) => this.#go(to),
    retry: () => this.#retry(),
    chooseLink: ({ link }) => this.#chooseLink(link),
    signIn: ({ choice }) => this.#signIn(choice),
    stopWaiting: () => {
      this.#work.stop('logIn');
      stopWaiting(this.#store);
    },
    chooseTenant: ({ tenantId }) => {
      const { choice } = this.model.logIn;
      if (this.model.page !== 'logIn' || !choice || tenantId === this.model.logIn.tenantId) return;
      this.#work.start('logIn', signal => signIn(this.#store, this.#ports, choice, tenantId, signal));
    },
    chooseSubscription: ({ subscriptionId }) => {
      const chosen = this.model.logIn.subscriptions.filter(s => s.subscriptionId === subscriptionId);
      if (this.model.page !== 'logIn' || chosen.length === 0) return;
      this.#work.start('logIn', signal => findInstance(this.#store, this.#ports, chosen, signal));
    },
    searchAll: () => {
      if (this.model.page !== 'logIn') return;
      const { subscriptions } = this.model.logIn;
      this.#work.start('logIn', signal => findInstance(this.#store, this.#ports, subscriptions, signal));
    },
    chooseKind: ({ failover }) => this.#choose({ kind: failover }),
    confirm: ({ ticked }) =>
      this.#choose(this.model.choices.kind === 'planned' ? { workloadStopped: ticked } : { lossUnderstood: ticked }),
    typeName: ({ text }) => this.#choose({ typedName: text }),
    chooseWay: ({ link }) => this.#choose({ keepLink: link === 'keep' }),
    setBudget: ({ text }) => this.#choose({ budgetText: text }),
    setCleanUp: ({ what, ticked }) => this.#choose(what === 'dag' ? { dropDag: ticked } : { dropAg: ticked }),
    chooseLanguage: ({ language }) => this.#store.change({ scriptLanguage: language, scriptProblem: undefined }),
    script: () => this.#script(),
    cancelRun: () => this.cancelFailover(),
    copyServerName: () => this.#copyServerName(),
    saveReport: () => this.#saveReport(),
  };

  #go(to: Extract<FromWizard, { kind: 'go' }>['to']): void {
    const { page } = this.model;
    switch (to) {
      case 'cancel':
        if (!this.model.run) this.#ports.close();
        return;
      case 'close':
        if (page === 'results') this.#ports.close();
        return;
      case 'back':
        if (before[page]) this.#show(before[page]);
        return;
      case 'next':
        if (after[page] && whyNotNext(this.model) === undefined) this.#show(after[page]);
        return;
      case 'finish':
        if (page === 'summary') this.#finish();
        return;
    }
  }

  #show(page: PageId): void {
    this.#work.stop('plan');
    this.#store.change({ page, scriptProblem: undefined });
    this.#watchWhileLooking();
    if (page === 'logIn') this.#takeUpSearch();
    if (page === 'summary') this.#openSummary();
  }

  /** Signed in already, but for another link: the instance is looked for again. */
  #takeUpSearch(): void {
    const { signedIn, instance, subscriptions, subscriptionId } = this.model.logIn;
    if (!signedIn || instance.state !== 'notSearched' || this.#work.isRunning('logIn')) return;
    const where = subscriptions.filter(s => s.subscriptionId === subscriptionId);
    this.#work.start('logIn', signal =>
      findInstance(this.#store, this.#ports, where.length > 0 ? where : subscriptions, signal),
    );
  }

  #openSummary(): void {
    const { observation } = this.model;
    const intent = intentOf(this.model);
    if (!intent || !observation) return;
    this.#work.start('plan', async signal => {
      await preparePlan(this.#store, this.#ports, planFrom(intent, observation, this.#ports.clock), signal);
    });
  }

  /** Once more from a fresh look: it runs only if that gives what the person has just read. */
  #finish(): void {
    const { summary } = this.model;
    if (summary.state !== 'ready') return;
    this.#work.start('plan', async signal => {
      const plan = await preparePlan(this.#store, this.#ports, summary.plan, signal);
      if (!plan || signal.aborted || whatChanged(summary.plan, plan).length > 0) return;
      // From here on it runs to its end, whatever happens to the panel.
      this.#work.start('run', () => runFailover(this.#store, this.#ports, plan, this.#cancelRun.signal));
    });
  }

  #retry(): void {
    const { page, opening } = this.model;
    if (page === 'introduction' && opening.state === 'ready' && this.model.look.state === 'failed')
      this.#work.start('open', signal => lookAtLink(this.#store, this.#ports, signal));
    else if (page === 'introduction') this.open();
    else if (page === 'summary') this.#openSummary();
  }

  #chooseLink(link: string): void {
    if (this.model.page !== 'introduction' || link === this.model.link) return;
    this.#work.stop('logIn');
    this.#store.change({ link, look: { state: 'none' }, observation: undefined, summary: { state: 'none' } });
    this.#work.start('open', async signal => {
      await dropInstance(this.#store);
      await lookAtLink(this.#store, this.#ports, signal);
    });
  }

  #signIn(kind: string): void {
    const choice = this.model.signInChoices.find(c => c.kind === kind);
    if (this.model.page !== 'logIn' || !choice) return;
    this.#work.start('logIn', signal => signIn(this.#store, this.#ports, choice, undefined, signal));
  }

  #choose(patch: Parameters<Store['changeChoices']>[0]): void {
    const { page } = this.model;
    if (page === 'failoverType' || page === 'cleanUp') this.#store.changeChoices(patch);
  }

  #watchWhileLooking(): void {
    if (this.model.page !== 'failoverType' || !this.#visible) {
      this.#work.stop('watch');
      return;
    }
    const target = targetOfModel(this.model);
    if (!target || this.#work.isRunning('watch')) return;
    this.#work.start('watch', async signal => {
      const { clock } = this.#ports;
      for (;;) {
        const observation = await observe(sidesOf(this.model), target, clock, signal);
        this.#store.change({ observation, now: clock.now() });
        await clock.sleep(LOOK_EVERY_MS, signal);
      }
    });
  }

  #script(): void {
    const { summary, run, scriptLanguage: language } = this.model;
    const plan = run?.plan ?? (summary.state === 'ready' ? summary.plan : undefined);
    if (!plan) return;
    this.#store.change({ scriptProblem: undefined });
    this.#work.start('aside', async () => {
      try {
        await this.#ports.openScript(renderScript(plan, language), language);
      } catch (error) {
        if (!(error instanceof LinkError)) throw error;
        // A name that this language cannot take: the person chooses another one.
        this.#store.change({ scriptProblem: error.problem });
      }
    });
  }

  #copyServerName(): void {
    const target = this.model.run?.plan.intent.target;
    if (!target) return;
    this.#work.start('aside', async () => {
      await this.#ports.copyText(target.instance.fullyQualifiedDomainName);
      this.#store.announce(l10n.t('{0} copied', target.instance.fullyQualifiedDomainName));
    });
  }

  #saveReport(): void {
    const run = this.model.run;
    const result = run?.view.result;
    if (!run || !result) return;
    const day = new Date(result.finishedAt).toISOString().slice(0, 10);
    const name = `failover-${run.plan.intent.target.link}-${day}`.replaceAll(/[^\p{L}\p{N}._-]+/gu, '-');
    this.#work.start('aside', async () => {
      const report = { markdown: reportMarkdown(run.plan, result), json: reportJson(run.plan, result) };
      const savedAs = await this.#ports.saveReport(name, report);
      if (savedAs === undefined) return;
      this.#store.change({ savedAs });
      this.#store.announce(l10n.t('Report saved: {0}', savedAs));
    });
  }
}

const after: Partial<Record<PageId, PageId>> = {
  introduction: 'logIn',
  logIn: 'failoverType',
  failoverType: 'cleanUp',
  cleanUp: 'summary',
};
const before: Partial<Record<PageId, PageId>> = {
  logIn: 'introduction',
  failoverType: 'logIn',
  cleanUp: 'failoverType',
  summary: 'cleanUp',
};
