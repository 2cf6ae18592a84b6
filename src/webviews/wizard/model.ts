import { DEFAULT_CATCH_UP_BUDGET_SECONDS, type Plan } from '../../failover/plan.ts';
import type { RunView } from '../../failover/run-view.ts';
import type { ScriptLanguage } from '../../failover/script/index.ts';
import type { SignedIn, SignInChoice } from '../../hosts/contract.ts';
import type {
  DatabaseSummary,
  InstanceInAzure,
  LinkInAzure,
  Observation,
  ServerIdentity,
  ServerSight,
  Sight,
} from '../../link/observation.ts';
import type { AzurePermissions, AzureSubscription, AzureTenant, SqlSide } from '../../link/ports.ts';
import type { Problem } from '../../link/problem.ts';
import type { FailoverKind } from '../../link/vocabulary.ts';
import type { PageId } from '../messages.ts';
import type { WizardStart } from './host.ts';

/** Everything the wizard knows. Immutable: a change makes a new one. What is shown is a pure function of it. */
export interface Model {
  readonly start: WizardStart;
  readonly signInChoices: readonly SignInChoice[];
  readonly page: PageId;
  /** Unix ms, for durations on the screen. */
  readonly now: number;
  readonly opening: Opening;
  /** Name of the chosen link. */
  readonly link: string | undefined;
  readonly look: LinkLook;
  readonly logIn: LogIn;
  /** The latest look at both sides. */
  readonly observation: Observation | undefined;
  readonly choices: Choices;
  readonly summary: Summary;
  readonly scriptLanguage: ScriptLanguage;
  /** Why the script could not be written in that language. */
  readonly scriptProblem: Problem | undefined;
  readonly run: Run | undefined;
  /** The file a report was saved to. */
  readonly savedAs: string | undefined;
  readonly announcement: { readonly id: number; readonly text: string };
}

/** The connection to SQL Server. */
type Opening =
  | { readonly state: 'working' }
  | { readonly state: 'failed'; readonly problem: Problem }
  | {
      readonly state: 'ready';
      readonly side: SqlSide;
      readonly identity: ServerIdentity;
      readonly databases: readonly DatabaseSummary[];
    };

/** What SQL Server says of the chosen link. */
type LinkLook =
  | { readonly state: 'none' | 'looking' }
  | { readonly state: 'failed'; readonly problem: Problem }
  | { readonly state: 'seen'; readonly sight: ServerSight; readonly at: number };

export interface LogIn {
  /** What is being waited for, in words. */
  readonly busy: string | undefined;
  readonly problem: Problem | undefined;
  readonly choice: SignInChoice | undefined;
  readonly signedIn: SignedIn | undefined;
  readonly tenants: readonly AzureTenant[];
  readonly tenantId: string | undefined;
  readonly subscriptions: readonly AzureSubscription[];
  readonly subscriptionId: string | undefined;
  readonly instance: InstanceSearch;
}

export type InstanceSearch =
  | { readonly state: 'notSearched' }
  | {
      readonly state: 'notFound';
      readonly searched: readonly AzureSubscription[];
      readonly unread: readonly UnreadSubscription[];
    }
  | {
      readonly state: 'found';
      readonly instance: InstanceInAzure;
      readonly permissions: AzurePermissions | 'asking';
      /** The link as Azure has it. */
      readonly link: Sight<LinkInAzure | 'absent'>;
      readonly access: InstanceAccess;
    };

export interface UnreadSubscription {
  readonly subscription: AzureSubscription;
  readonly problem: Problem;
}

/** How the instance is read: over its own endpoint, or through Azure only (and why). */
export type InstanceAccess =
  | { readonly by: 'trying' }
  | { readonly by: 'tds'; readonly side: SqlSide }
  | { readonly by: 'azure'; readonly problem: Problem };

export interface Choices {
  readonly kind: FailoverKind;
  readonly workloadStopped: boolean;
  readonly lossUnderstood: boolean;
  /** The name of the database as typed to confirm a forced failover. */
  readonly typedName: string;
  /** Planned: the link is kept, with its roles reversed. */
  readonly keepLink: boolean;
  /** As typed, seconds. */
  readonly budgetText: string;
  /** undefined: not touched yet, so what is recommended holds. */
  readonly dropDag: boolean | undefined;
  readonly dropAg: boolean;
}

/** `changes`: what became different since the person last looked. */
type Summary =
  | { readonly state: 'none' }
  | { readonly state: 'looking'; readonly plan: Plan | undefined }
  | { readonly state: 'refused'; readonly problem: Problem }
  | { readonly state: 'ready'; readonly plan: Plan; readonly changes: readonly string[] };

export interface Run {
  readonly plan: Plan;
  readonly view: RunView;
  readonly cancelRequested: boolean;
  /** The run itself broke (a bug, or the journal could not be written). */
  readonly broke: Problem | undefined;
}

export const emptyLogIn: LogIn = {
  busy: undefined,
  problem: undefined,
  choice: undefined,
  signedIn: undefined,
  tenants: [],
  tenantId: undefined,
  subscriptions: [],
  subscriptionId: undefined,
  instance: { state: 'notSearched' },
};

/** Where a wizard begins. `budgetSeconds` comes from the settings. */
export function initialModel(
  start: WizardStart,
  signInChoices: readonly SignInChoice[],
  now: number,
  budgetSeconds = DEFAULT_CATCH_UP_BUDGET_SECONDS,
): Model {
  return {
    start,
    signInChoices,
    page: 'introduction',
    now,
    opening: { state: 'working' },
    link: undefined,
    look: { state: 'none' },
    logIn: emptyLogIn,
    observation: undefined,
    choices: {
      kind: 'planned',
      workloadStopped: false,
      lossUnderstood: false,
      typedName: '',
      keepLink: false,
      budgetText: String(budgetSeconds),
      dropDag: undefined,
      dropAg: false,
    },
    summary: { state: 'none' },
    scriptLanguage: 'tsql',
    scriptProblem: undefined,
    run: undefined,
    savedAs: undefined,
    announcement: { id: 0, text: '' },
  };
}

/** Holds the model and tells of each change. */
export class Store {
  #model: Model;
  readonly #listeners = new Set<() => void>();
  constructor(model: Model) {
    this.#model = model;
  }
  get model(): Model {
    return this.#model;
  }
  change(patch: Partial<Model>): void {
    this.#model = { ...this.#model, ...patch };
    for (const listener of this.#listeners) listener();
  }
  changeLogIn(patch: Partial<LogIn>): void {
    this.change({ logIn: { ...this.#model.logIn, ...patch } });
  }
  changeChoices(patch: Partial<Choices>): void {
    this.change({ choices: { ...this.#model.choices, ...patch } });
  }
  /** Has screen readers read `text` out, once. */
  announce(text: string): void {
    this.change({ announcement: { id: this.#model.announcement.id + 1, text } });
  }
  onDidChange(listener: () => void): { dispose(): void } {
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  }
}
