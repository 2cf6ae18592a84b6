import type { Locator } from 'playwright-core';
import { expect } from 'vitest';
import type { Workbench } from './workbench.ts';

/** The wizard's pages as their headings call them, in order. */
const pages = [
  'Introduction',
  'Log in to Azure',
  'Failover type',
  'Clean-up (optional)',
  'Summary',
  'Executing actions',
  'Results',
] as const;
export type WizardPage = (typeof pages)[number];

/** The failover wizard as a person sees and uses it. Controls go by their id in the page. */
export interface Wizard {
  /** Waits until this page is on the screen. */
  on(page: WizardPage): Promise<void>;
  part(id: string): Locator;
  find(css: string): Locator;
  /** All that the page says. */
  text(): Promise<string>;
  /** Clicks a control once it can be used. */
  click(id: string): Promise<void>;
  /** Presses Tab until this control has the focus. Fails when it cannot be reached, e.g. because it cannot be used. */
  tabTo(id: string): Promise<void>;
  /** Id of the control (or heading) that has the focus. */
  focused(): Promise<string>;
  /** Waits until this step is running. */
  running(step: string): Promise<void>;
  /** Titles of the steps, in order, of the Summary, Executing actions or Results page, each with its state in words where there is one. */
  steps(): Promise<readonly { readonly title: string; readonly state: string | undefined }[]>;
}

/** More presses of Tab than any page has controls. */
const MOST_TABS = 25;

/** The wizard on the screen; with `tab`, of the tab with this title. */
export async function wizardOf(workbench: Workbench, tab?: string): Promise<Wizard> {
  const frame = await workbench.webview(tab);
  const part = (id: string) => frame.locator(`#${id}`);
  const focused = async () => String(await frame.locator('body').evaluate('document.activeElement?.id ?? ""'));
  return {
    part,
    find: css => frame.locator(css),
    on: page => frame.getByRole('heading', { level: 1, name: page, exact: true }).waitFor(),
    focused,
    text: () => frame.locator('main').innerText(),
    click: id => frame.locator(`#${id}:not([disabled])`).click(),
    async tabTo(id) {
      await expect.poll(() => part(id).getAttribute('disabled'), { timeout: 15_000 }).toBeNull();
      for (let presses = 0; presses < MOST_TABS; presses += 1) {
        if ((await focused()) === id) return;
        await workbench.page.keyboard.press('Tab');
      }
      throw new Error(`Tab does not lead to #${id}`);
    },
    running: step => frame.locator('li.step-running .step-title', { hasText: step }).waitFor(),
    steps: async () =>
      Promise.all(
        (await frame.locator('ol.steps > li.step').all()).map(async step => ({
          title: await step.locator('.step-title').innerText(),
          state:
            (await step.locator('.step-state').count()) > 0 ? await step.locator('.step-state').innerText() : undefined,
        })),
      ),
  };
}

/** What to choose on the way to the Summary. */
export interface Choices {
  readonly dropAvailabilityGroup?: boolean;
  /** Called on each page when all is chosen there. */
  readonly seen?: (page: WizardPage) => Promise<void>;
}

/** Walks from the Introduction to the Summary of a planned failover with the mouse. */
export async function walkToSummary(wizard: Wizard, choices: Choices = {}): Promise<void> {
  const { dropAvailabilityGroup = false, seen = async () => undefined } = choices;
  const next = async (page: WizardPage, following: WizardPage) => {
    await wizard.find('#next:not([disabled])').waitFor();
    await seen(page);
    await wizard.click('next');
    await wizard.on(following);
  };
  await wizard.on('Introduction');
  await next('Introduction', 'Log in to Azure');
  await wizard.click('sign-in-practice');
  await next('Log in to Azure', 'Failover type');
  await wizard.click('confirm');
  await next('Failover type', 'Clean-up (optional)');
  if (dropAvailabilityGroup) await wizard.click('clean-up-ag');
  await next('Clean-up (optional)', 'Summary');
  await wizard.find('#finish:not([disabled])').waitFor();
  await seen('Summary');
}
