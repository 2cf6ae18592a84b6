import * as v from 'valibot';
import type { ScriptLanguage } from '../failover/script/index.ts';

/**
 * What the wizard's host and its webview say to each other. The host holds the state; the webview shows one whole view after the other
 * and tells what the person did. Both ends validate what they receive. No message carries a secret.
 */

const text = v.string();
const maybeText = v.optional(text);

export const PAGES = ['introduction', 'logIn', 'failoverType', 'cleanUp', 'summary', 'executing', 'results'] as const;

/** The seven pages, in order. */
export type PageId = (typeof PAGES)[number];

const tone = v.picklist(['error', 'warning', 'info', 'success']);
export type Tone = v.InferOutput<typeof tone>;

/** Something the person must or should know: what happened, in whose words, what to do next. */
const notice = v.object({
  tone,
  title: text,
  detail: maybeText,
  /** Side and number, e.g. "SQLPROD01 · error 41140". */
  source: maybeText,
  serverText: maybeText,
  advice: maybeText,
});
export type Notice = v.InferOutput<typeof notice>;

const fact = v.object({ label: text, value: text });
export type Fact = v.InferOutput<typeof fact>;

const option = v.object({ id: text, label: text });
const choice = v.object({ label: text, placeholder: text, options: v.array(option), chosen: maybeText });
/** A drop-down. */
export type Choice = v.InferOutput<typeof choice>;

const button = v.object({ label: text, enabled: v.boolean() });
export type Button = v.InferOutput<typeof button>;

const tick = v.object({ label: text, ticked: v.boolean() });

/** Named here, not imported: the page needs the names, not the scripts. */
const scriptLanguage = v.picklist(['tsql', 'powershell', 'azureCli'] satisfies readonly ScriptLanguage[]);

/** What becomes of the link in a planned failover. */
const linkAfterwards = v.picklist(['keep', 'cut']);

const introduction = v.object({
  page: v.literal('introduction'),
  lead: text,
  busy: maybeText,
  problem: v.optional(notice),
  retry: maybeText,
  facts: v.object({ title: text, facts: v.array(fact) }),
  link: v.optional(choice),
  blocks: v.array(notice),
  effects: v.object({ title: text, items: v.array(text) }),
});

const logIn = v.object({
  page: v.literal('logIn'),
  lead: text,
  choices: v.array(v.object({ kind: text, label: text, description: text, used: v.boolean() })),
  choicesEnabled: v.boolean(),
  busy: v.optional(v.object({ text, stop: text })),
  problem: v.optional(notice),
  account: v.optional(fact),
  tenant: v.optional(choice),
  subscription: v.optional(choice),
  searchAll: maybeText,
  outcome: v.array(notice),
  instance: v.optional(v.object({ title: text, facts: v.array(fact) })),
  permissions: v.optional(
    v.object({
      title: text,
      granted: text,
      missing: text,
      items: v.array(v.object({ action: text, missing: v.boolean() })),
    }),
  ),
  reading: v.optional(notice),
});

const cell = v.object({ text, tone: v.optional(tone) });
const replicas = v.object({
  caption: text,
  columns: v.array(v.object({ name: text, place: text })),
  groups: v.array(
    v.object({ title: maybeText, rows: v.array(v.object({ label: text, cells: v.array(cell), code: v.boolean() })) }),
  ),
  asOf: text,
});
/** Both replicas side by side. */
export type Replicas = v.InferOutput<typeof replicas>;

const failoverType = v.object({
  page: v.literal('failoverType'),
  lead: text,
  busy: maybeText,
  replicas: v.optional(replicas),
  findings: v.array(notice),
  kinds: v.object({
    label: text,
    chosen: text,
    options: v.array(v.object({ kind: v.picklist(['planned', 'forced']), title: text, description: text })),
  }),
  /** Planned. Without options there is nothing to choose, and the notes say why. */
  way: v.optional(
    v.object({
      label: text,
      chosen: linkAfterwards,
      options: v.array(v.object({ link: linkAfterwards, title: text, description: text })),
      notes: v.object({ title: text, items: v.array(text) }),
    }),
  ),
  loss: v.optional(v.object({ title: text, tone, facts: v.array(fact), explanation: text })),
  confirm: tick,
  /** Forced: the name of the database as it is typed, beside the tick. */
  typedName: v.optional(v.object({ label: text, value: text })),
  budget: v.optional(v.object({ label: text, description: text, value: text, problem: maybeText })),
  sessions: v.optional(
    v.object({ title: text, none: maybeText, columns: v.array(text), rows: v.array(v.array(text)), more: maybeText }),
  ),
});

const cleanUp = v.object({
  page: v.literal('cleanUp'),
  lead: text,
  boxes: v.array(
    v.object({
      what: v.picklist(['dag', 'ag']),
      label: text,
      name: text,
      explanation: text,
      ticked: v.boolean(),
      enabled: v.boolean(),
      whyNot: maybeText,
    }),
  ),
  note: text,
});

const summary = v.object({
  page: v.literal('summary'),
  lead: text,
  busy: maybeText,
  notices: v.array(notice),
  retry: maybeText,
  steps: v.array(v.object({ title: text, detail: text, venue: text })),
  /** Index of the first step that cannot be taken back; the line stands before it. */
  pointOfNoReturn: v.optional(v.object({ before: v.number(), label: text })),
  lists: v.array(v.object({ title: text, items: v.array(text) })),
});

const stepMark = v.picklist(['waiting', 'running', 'done', 'tolerated', 'failed', 'undone', 'notRun']);
export type StepMark = v.InferOutput<typeof stepMark>;

const stepLine = v.object({
  id: text,
  title: text,
  venue: text,
  mark: stepMark,
  stateText: text,
  duration: maybeText,
  note: maybeText,
  problem: v.optional(notice),
});
export type StepLine = v.InferOutput<typeof stepLine>;

const live = v.object({ title: text, waitingFor: text, facts: v.array(fact) });
export type Live = v.InferOutput<typeof live>;

const executing = v.object({
  page: v.literal('executing'),
  lead: text,
  steps: v.array(stepLine),
  pointOfNoReturn: v.optional(v.object({ before: v.number(), label: text, passed: v.boolean() })),
  /** Stands under the step that is running. */
  live: v.optional(live),
});

const results = v.object({
  page: v.literal('results'),
  headline: notice,
  /** Why the script could not be written in the chosen language. */
  scriptProblem: v.optional(notice),
  /** What a forced failover may have left behind. */
  loss: v.optional(notice),
  actions: v.object({ title: text, steps: v.array(stepLine) }),
  lists: v.array(v.object({ title: text, items: v.array(text), ordered: v.boolean() })),
  copies: v.optional(notice),
  connection: v.optional(v.object({ title: text, server: text, copy: text, hint: text })),
  evidence: v.optional(v.object({ title: text, items: v.array(text) })),
  save: maybeText,
  saved: maybeText,
});

const page = v.variant('page', [introduction, logIn, failoverType, cleanUp, summary, executing, results]);

/** What a page shows; one shape for each page. */
export type PageView = v.InferOutput<typeof page>;
export type PageViewOf<P extends PageId> = Extract<PageView, { page: P }>;

const wizardView = v.object({
  title: text,
  /** Database and server. */
  subject: text,
  /** Shown as a badge wherever the server is the practice lab. */
  practice: maybeText,
  stepper: v.object({
    label: text,
    /** "Step 2 of 7", where there is no room for the list. */
    short: text,
    steps: v.array(
      v.object({
        page: v.picklist(PAGES),
        title: text,
        state: v.picklist(['done', 'current', 'todo']),
        stateText: text,
      }),
    ),
  }),
  page,
  footer: v.object({
    back: v.optional(button),
    next: v.optional(button),
    finish: v.optional(button),
    cancel: v.optional(button),
    close: v.optional(button),
    script: v.optional(button),
    /** The languages a script may be written in. */
    language: v.optional(choice),
    cancelRun: v.optional(button),
    /** Why Next cannot be pressed yet; what Script does; whether the failover can still be cancelled. */
    hint: maybeText,
  }),
  /** Read out by screen readers when `id` is new. */
  announcement: v.object({ id: v.number(), text }),
});

/** Everything the webview shows: a pure function of the host's state. */
export type WizardView = v.InferOutput<typeof wizardView>;

const toWizard = v.variant('kind', [v.object({ kind: v.literal('show'), view: wizardView })]);
/** Host → webview. */
export type ToWizard = v.InferOutput<typeof toWizard>;

const name = v.pipe(v.string(), v.maxLength(400));

const fromWizard = v.variant('kind', [
  v.object({ kind: v.literal('ready') }),
  v.object({ kind: v.literal('go'), to: v.picklist(['back', 'next', 'finish', 'cancel', 'close']) }),
  v.object({ kind: v.literal('retry') }),
  v.object({ kind: v.literal('chooseLink'), link: name }),
  v.object({ kind: v.literal('signIn'), choice: name }),
  v.object({ kind: v.literal('stopWaiting') }),
  v.object({ kind: v.literal('chooseTenant'), tenantId: name }),
  v.object({ kind: v.literal('chooseSubscription'), subscriptionId: name }),
  v.object({ kind: v.literal('searchAll') }),
  v.object({ kind: v.literal('chooseKind'), failover: v.picklist(['planned', 'forced']) }),
  v.object({ kind: v.literal('confirm'), ticked: v.boolean() }),
  v.object({ kind: v.literal('typeName'), text: name }),
  v.object({ kind: v.literal('chooseWay'), link: linkAfterwards }),
  v.object({ kind: v.literal('setBudget'), text: name }),
  v.object({ kind: v.literal('setCleanUp'), what: v.picklist(['dag', 'ag']), ticked: v.boolean() }),
  v.object({ kind: v.literal('chooseLanguage'), language: scriptLanguage }),
  v.object({ kind: v.literal('script') }),
  v.object({ kind: v.literal('cancelRun') }),
  v.object({ kind: v.literal('copyServerName') }),
  v.object({ kind: v.literal('saveReport') }),
]);
/** Webview → host. */
export type FromWizard = v.InferOutput<typeof fromWizard>;

/** undefined: not a message of this protocol; to be logged and dropped. */
export function readToWizard(data: unknown): ToWizard | undefined {
  const read = v.safeParse(toWizard, data);
  return read.success ? read.output : undefined;
}

/** undefined: not a message of this protocol; to be logged and dropped. */
export function readFromWizard(data: unknown): FromWizard | undefined {
  const read = v.safeParse(fromWizard, data);
  return read.success ? read.output : undefined;
}
