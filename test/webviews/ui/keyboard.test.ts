import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Person, twoWayWorld, WizardWorld } from '../wizard-world.ts';
import { WizardBrowser, type WizardPage } from './browser.ts';

let browser: WizardBrowser;
let wizard: WizardPage;
let person: Person;
beforeAll(async () => {
  browser = await WizardBrowser.start();
}, 60_000);
afterAll(() => browser.stop());
afterEach(async () => {
  await person.leaves();
  expect(wizard.complaints).toEqual([]);
  await wizard.close();
});

/** The real page, joined to the real controller over a small link whose time stands still until the person acts. */
async function open(world = new WizardWorld()): Promise<void> {
  wizard = await browser.open();
  person = new Person(world);
  await wizard.join(person.controller);
}

const focused = () =>
  wizard.page.evaluate(() => {
    const element = document.activeElement;
    return element?.id || element?.tagName || '';
  });

/** Presses Tab until the focus is on this element. */
async function tabTo(id: string): Promise<void> {
  for (let presses = 0; presses < 20; presses++) {
    if ((await focused()) === id) return;
    await wizard.page.keyboard.press('Tab');
  }
  throw new Error(`Tab does not reach ${id}; the focus is on ${await focused()}`);
}

const press = (key: string) => wizard.page.keyboard.press(key);

/** Waits until the page has the focus where `id` is. */
const hasFocus = (id: string) => wizard.page.waitForFunction(wanted => document.activeElement?.id === wanted, id);
const enabled = (id: string) => wizard.page.locator(`#${id}:not([disabled])`).waitFor();

describe('the wizard by keyboard alone', () => {
  it('goes from Introduction to Results', async () => {
    await open();
    await wizard.on('Introduction');
    await enabled('next');
    await press('Enter');

    await wizard.on('Log in to Azure');
    await hasFocus('heading');
    await tabTo('sign-in-vscode');
    await press('Enter');
    await enabled('next');
    await tabTo('next');
    await press('Enter');

    await wizard.on('Failover type');
    await hasFocus('heading');
    await tabTo('confirm');
    await press('Space');
    await enabled('next');
    await tabTo('next');
    await press('Enter');

    await wizard.on('Clean-up (optional)');
    await tabTo('clean-up-ag');
    await press('Space');
    await tabTo('next');
    await press('Enter');

    await wizard.on('Summary');
    await enabled('finish');
    await tabTo('finish');
    await press('Enter');

    await wizard.on('Results');
    await wizard.page.getByText('Sales was failed over to mi-prod').waitFor();
    expect([...person.world.link.groups]).toEqual([]);
    await tabTo('copy');
    await press('Enter');
    await wizard.page.getByText('mi-prod.abc123.database.windows.net copied').waitFor({ state: 'attached' });
    expect(person.world.clipboard).toBe('mi-prod.abc123.database.windows.net');
    await tabTo('close');
    await press('Enter');
    await expect.poll(() => person.world.happened).toContain('closed');
  }, 60_000);

  it('Enter on the heading never starts the failover', async () => {
    await open();
    await person.toSummary();
    await wizard.on('Summary');
    await hasFocus('heading');
    await enabled('finish');
    await press('Enter');
    await press('Escape');
    await hasFocus('cancel');
    expect(wizard.told).toEqual([{ kind: 'ready' }]);
  }, 30_000);

  it('the type is chosen with the arrow keys', async () => {
    await open();
    await person.toFailoverType();
    await wizard.on('Failover type');
    await tabTo('kind-planned');
    await press('ArrowDown');
    await wizard.page.getByText('I understand that data committed on SQLPROD01').waitFor();
    expect(await focused()).toBe('kind-forced');
    await press('ArrowUp');
    await wizard.page.getByText('The workload on Sales is stopped.').waitFor();
    expect(person.controller.model.choices.kind).toBe('planned');
  }, 30_000);

  it('a link is kept with the arrow keys, and the name for a forced failover is typed', async () => {
    await open(twoWayWorld());
    await person.toFailoverType();
    await wizard.on('Failover type');
    await tabTo('way-cut');
    await press('ArrowUp');
    await wizard.page.getByText('then reverses the roles').waitFor();
    expect(await focused()).toBe('way-keep');
    person.do({ kind: 'chooseKind', failover: 'forced' });
    await wizard.page.locator('#typed-name').waitFor();
    await tabTo('confirm');
    await press('Space');
    await tabTo('typed-name');
    await wizard.page.keyboard.type('Sale');
    await wizard.page.locator('#next[disabled]').waitFor();
    await wizard.page.keyboard.type('s');
    await enabled('next');
  }, 30_000);

  it('the language of the script is chosen from a list that opens inside the window', async () => {
    await open();
    await person.toSummary();
    await wizard.on('Summary');
    await tabTo('script-language');
    await press('Enter');
    const azureCli = wizard.page.locator('#script-language vscode-option', { hasText: 'Azure CLI' });
    await azureCli.waitFor();
    const box = (await azureCli.boundingBox()) ?? { y: -1, height: 0 };
    const height = wizard.page.viewportSize()?.height ?? 0;
    expect(box.y).toBeGreaterThan(0);
    expect(box.y + box.height).toBeLessThan(height);
    await wizard.picture('5-summary-language-list');
    await press('ArrowDown');
    await press('Enter');
    await expect.poll(() => person.controller.model.scriptLanguage).toBe('powershell');
    await tabTo('script');
    await press('Enter');
    await expect.poll(() => person.world.scriptLanguages).toEqual(['powershell']);
  }, 30_000);
});

describe('while the figures move', () => {
  it('focus and caret stay where the person is typing, and nothing typed is lost', async () => {
    await open();
    await person.toFailoverType();
    await wizard.on('Failover type');
    await tabTo('budget');
    await press('End');
    await wizard.page.keyboard.type('0');
    await press('ArrowLeft');
    const looks = person.world.looks;
    await expect.poll(() => person.world.looks).toBeGreaterThan(looks + 3);
    await wizard.page.keyboard.type('9');
    expect(await focused()).toBe('budget');
    await expect.poll(() => person.controller.model.choices.budgetText).toBe('30090');
  }, 30_000);

  it('a tick stays visible', async () => {
    await open();
    await person.toFailoverType();
    await wizard.on('Failover type');
    await tabTo('confirm');
    await press('Space');
    await enabled('next');
    const { looks } = person.world;
    await expect.poll(() => person.world.looks).toBeGreaterThan(looks + 3);
    const tickMark = wizard.page.locator('#confirm .checked-indicator');
    await expect.poll(() => tickMark.evaluate(mark => getComputedStyle(mark).opacity)).toBe('1');
  }, 30_000);

  it('a budget that is none is named at the field, and Next waits', async () => {
    await open();
    await person.toFailoverType();
    await wizard.on('Failover type');
    person.do({ kind: 'confirm', ticked: true });
    await enabled('next');
    await tabTo('budget');
    await press('End');
    await wizard.page.keyboard.type('x');
    await wizard.page
      .getByRole('alert')
      .getByText('Enter whole seconds from 10 to')
      .or(wizard.page.getByText('Enter whole seconds'))
      .first()
      .waitFor();
    await wizard.page.locator('#next[disabled]').waitFor();
  }, 30_000);
});

describe('a page that is made anew', () => {
  it('shows the same state again as soon as it is ready', async () => {
    await open();
    await person.toSummary();
    await wizard.on('Summary');
    await wizard.page.reload();
    await wizard.on('Summary');
  }, 30_000);

  it('drops what is not of the wizard', async () => {
    await open();
    await wizard.on('Introduction');
    await wizard.page.evaluate(() => window.postMessage({ kind: 'show', view: { title: 'not ours' } }, '*'));
    await expect.poll(() => wizard.complaints).toEqual(['A message that is not of the wizard was dropped.']);
    wizard.complaints.length = 0;
    await wizard.on('Introduction');
  }, 30_000);
});
