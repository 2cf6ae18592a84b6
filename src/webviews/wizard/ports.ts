import type { runPlan } from '../../failover/run.ts';
import type { ScriptLanguage } from '../../failover/script/index.ts';
import type { AzureSignIn, Servers } from '../../hosts/contract.ts';
import type { Clock } from '../../link/clock.ts';
import type { Journal } from '../../link/ports.ts';
import type { Remembered } from './host.ts';

/** Everything the wizard's controller asks of the outside; the panel fills it from VS Code, tests from fakes. */
export interface WizardPorts {
  readonly servers: Pick<Servers, 'connect'>;
  readonly signIn: AzureSignIn;
  readonly clock: Clock;
  readonly log: { info(text: string): void; warn(text: string): void; error(text: string): void };
  journalFor(planId: string): Journal;
  readonly remembered: Remembered;
  readonly runPlan: typeof runPlan;
  /** Opens a script in an untitled editor tab. */
  openScript(text: string, language: ScriptLanguage): Promise<void>;
  copyText(text: string): Promise<void>;
  /** Asks where to, writes the one that was chosen, and gives its name; undefined: not saved. */
  saveReport(
    suggestedName: string,
    report: { readonly markdown: string; readonly json: string },
  ): Promise<string | undefined>;
  /** Tells of something beside the main way that did not work, e.g. a report that could not be written. */
  showError(text: string): void;
  /** Closes the panel. */
  close(): void;
  onRunActivity(active: boolean): void;
  refreshTree(): void;
}
