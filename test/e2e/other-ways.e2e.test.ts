import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { oneStory } from './harness/one-story.ts';
import { linkOn, secretsIn, theLabOf, truthOf, writtenFiles } from './harness/truth.ts';
import { type Wizard, wizardOf } from './harness/wizard.ts';
import { startWorkbench, type Workbench } from './harness/workbench.ts';

const WRONG_PASSWORD = 'not-the-password-0815';
const ADD = 'Managed Instance Link: Add SQL Server…';

let workbench: Workbench;
let wizard: Wizard;

beforeAll(async () => {
  // What is not sent yet stays unsent: the forced failover has something to lose.
  workbench = await startWorkbench({
    theme: 'highContrast',
    lab: 'lagging',
    labArgs: ['--seed', '7'],
    knobs: { sendRate: 0 },
  });
  await workbench.openActivity('Managed Instance Link');
});
afterAll(() => workbench?.stop());

const theLab = () => theLabOf(workbench);
const picture = (name: string) => workbench.screenshot(`high-contrast-${name}`);
const address = () => `${theLab().description.sqlServer.host},${theLab().description.sqlServer.port}`;
const dialog = () => workbench.page.locator('.monaco-dialog-box');

/** Answers the questions of "Add SQL Server" up to the last one. */
const enterServer = async (password: string, trust: string) => {
  await workbench.palette(ADD);
  await workbench.inputBox('SQL Server that is an end of the link', address());
  await workbench.quickPick('SQL login');
  await workbench.inputBox('Name of the SQL login', theLab().description.sqlServer.user);
  await workbench.inputBox('Password of', password);
  await workbench.quickPick('Mandatory');
  await workbench.quickPick(trust);
  await workbench.inputBox('Name to show in the list', 'Head office');
};

describe('Adding a server', () => {
  oneStory(() => workbench);

  it('whose certificate is not trusted says so, begins to correct there, and keeps what was entered', async () => {
    await enterServer(theLab().description.sqlServer.password, 'Check the certificate');
    await dialog().waitFor();
    await picture('untrusted-certificate');
    const said = await workbench.answerDialog('Edit');
    expect(said).toMatch(/certificate/i);
    expect(said).toContain('Head office');
    await workbench.quickPick('Trust any certificate');
    expect(await workbench.inputBox('Name to show in the list')).toBe('Head office');
    await expect.poll(() => workbench.treeText('Head office')).toContain('Head office');
    await workbench.expand('Head office');
    await workbench.page.locator('.pane-body .monaco-list-row', { hasText: 'Archive' }).nth(1).waitFor();
    await expect.poll(() => workbench.treeText('Head office')).toBe('Head office, SQL Server 2019');
    await picture('two-servers');
  });

  it('can be taken back: Remove asks, and the server is gone', async () => {
    await workbench.contextMenu(workbench.treeItem('Head office'), 'Remove Server…');
    expect(await workbench.answerDialog('Remove')).toContain('Nothing changes on the server');
    await expect.poll(() => workbench.treeText('Head office')).toBe('');
  });

  it('with a wrong password says whose it is, asks again just for it, and stores nothing', async () => {
    await enterServer(WRONG_PASSWORD, 'Trust any certificate');
    await dialog().waitFor();
    await picture('wrong-password');
    const said = await workbench.answerDialog('Edit');
    expect(said).toMatch(/log ?in|password/i);
    expect(said).toContain('18456');
    expect(said).not.toContain(WRONG_PASSWORD);
    await workbench.page.locator('.quick-input-widget', { hasText: 'Password of' }).waitFor();
    await workbench.page.keyboard.press('Escape');
    await workbench.page.locator('.quick-input-widget').waitFor({ state: 'hidden' });
    expect(await workbench.treeText('Head office')).toBe('');
    const withPassword = [...(await writtenFiles(workbench))].filter(([, text]) => text.includes(WRONG_PASSWORD));
    expect(withPassword.map(([name]) => name)).toEqual([]);
    expect(await workbench.log('Managed Instance Link')).toMatch(/18456|loginFailed/);
  });
});

describe('A database without a link', () => {
  it('is listed by the palette’s way under «Not linked», with the reason, and cannot be chosen', async () => {
    await workbench.palette('Managed Instance Link: Failover database…');
    await workbench.quickPick('PRACTICE SQL Server');
    await workbench.page.locator('.quick-input-widget .monaco-list-row', { hasText: 'Archive' }).waitFor();
    const rows = await workbench.quickPickRows();
    expect(rows.find(row => row.includes('Archive'))).toMatch(/no.*link|not.*link|no.*availability group/i);
    await picture('not-linked');
    await workbench.quickPick('Archive');
    await workbench.notification(/link|availability group/i).waitFor();
    expect(await workbench.tabs()).toEqual([]);
    expect(await workbench.page.locator('.quick-input-widget').isVisible()).toBe(true);
    await workbench.page.keyboard.press('Escape');
    // It would lie over the wizard's buttons for a while.
    await workbench.palette('Notifications: Clear All Notifications');
  });
});

describe('A forced failover', () => {
  oneStory(() => workbench);

  it('states what may be lost and goes on only with its own tick and the name of the database', async () => {
    await workbench.contextMenu(workbench.treeItem('Sales'), 'Managed Instance link', 'Failover database…');
    wizard = await wizardOf(workbench);
    await wizard.on('Introduction');
    await wizard.click('next');
    await wizard.on('Log in to Azure');
    await wizard.click('sign-in-practice');
    await wizard.click('next');
    await wizard.on('Failover type');
    await wizard.click('kind-forced');
    await wizard.click('confirm');
    await wizard.find('.panel-warning').waitFor();
    const text = await wizard.text();
    expect(text).toContain('What may be lost');
    expect(text).toMatch(/Waiting to be sent\s+(?!0 KB)\d/);
    expect(text).toContain('I understand that data committed on SQLPROD01');
    expect(text).toContain('Type the name of the database to confirm: Sales');
    // The tick alone is not enough, nor is another name.
    await wizard.find('#next[disabled]').waitFor();
    await wizard.click('typed-name');
    await workbench.page.keyboard.type('Archive');
    await wizard.find('#next[disabled]').waitFor();
    await workbench.page.keyboard.press('ControlOrMeta+a');
    await workbench.page.keyboard.type('Sales');
    await wizard.find('#next:not([disabled])').waitFor();
    await picture('3-forced');
    // The other kind has a tick of its own: this one is not taken for it.
    await wizard.click('kind-planned');
    await wizard.find('#next[disabled]').waitFor();
    await wizard.click('kind-forced');
    await wizard.click('next');
    await wizard.on('Clean-up (optional)');
    await wizard.click('next');
    await wizard.on('Summary');
    await wizard.find('#finish:not([disabled])').waitFor();
    await picture('5-forced-summary');
    expect((await wizard.steps()).map(step => step.title)).not.toContain('Wait until the databases are synchronized');
  });

  it('ends failed over, and says what stayed behind', async () => {
    await wizard.click('finish');
    await wizard.on('Results');
    await picture('7-forced-results');
    expect(await wizard.find('.headline').innerText()).toContain('Sales was failed over to mi-prod-weu');
    const { sqlServer, managedInstance, partings } = await truthOf(theLab());
    expect(linkOn(managedInstance, 'DAG_Sales')).toBe('gone');
    expect(linkOn(sqlServer, 'DAG_Sales')).toBe('gone');
    expect(managedInstance.databases.Sales).toMatchObject({ role: 'STANDALONE', writable: true });
    const [parting] = partings;
    expect(parting?.lostLsns).not.toBeNull();
    const text = await wizard.text();
    expect(text).toContain('What may be lost');
    expect(text).toMatch(/not yet sent: (?!0 KB)\d/);
    expect(text).toContain('It is in the copy on SQLPROD01 only');
  });

  it('has shown and written no secret', async () => {
    expect(secretsIn(workbench.seen, theLab())).toEqual([]);
    const files = await writtenFiles(workbench);
    const withSecrets = [...files].flatMap(([name, text]) => secretsIn(text, theLab()).map(what => `${name}: ${what}`));
    expect(withSecrets).toEqual([]);
  });
});
