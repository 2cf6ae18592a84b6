import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { oneStory } from './harness/one-story.ts';
import { linkOn, theLabOf, truthOf } from './harness/truth.ts';
import { type Wizard, walkToSummary, wizardOf } from './harness/wizard.ts';
import { startWorkbench, type Workbench } from './harness/workbench.ts';

const CATCH_UP = 'Wait until the databases are synchronized';
const ASYNCHRONOUS = 'ASYNCHRONOUS_COMMIT ASYNCHRONOUS_COMMIT connected';

let workbench: Workbench;
let wizard: Wizard;

beforeAll(async () => {
  // A stalled line: the failover waits for as long as a story needs.
  workbench = await startWorkbench({ theme: 'dark', lab: 'lagging', labArgs: ['--seed', '7'], knobs: { sendRate: 0 } });
  await workbench.openActivity('Managed Instance Link');
});
afterAll(() => workbench?.stop());

const theLab = () => theLabOf(workbench);
const openWizard = async () => {
  await workbench.contextMenu(workbench.treeItem('Sales'), 'Managed Instance link', 'Failover database…');
  wizard = await wizardOf(workbench);
};
const startFailover = async () => {
  await openWizard();
  await walkToSummary(wizard);
  await wizard.click('finish');
  await wizard.on('Executing actions');
  await wizard.running(CATCH_UP);
};
const closeTab = () =>
  workbench.page.locator('.tab', { hasText: 'Failover: Sales' }).locator('.tab-actions .action-label').click();

describe('Cancel while the instance is catching up', () => {
  oneStory(() => workbench);

  it('is offered as long as nothing is cut', async () => {
    await startFailover();
    await expect.poll(() => wizard.text()).toMatch(/Send queue\s+(?!0 KB)/);
    await workbench.screenshot('dark-6-catching-up');
    expect(linkOn((await truthOf(theLab())).sqlServer, 'DAG_Sales')).toContain('SYNCHRONOUS_COMMIT SYNCHRONOUS_COMMIT');
  });

  it('puts everything back and says that nothing was changed', async () => {
    await wizard.click('cancel-run');
    await wizard.on('Results');
    await workbench.screenshot('dark-7-cancelled');
    expect(await wizard.find('.headline').innerText()).toMatch(
      /Sales was not failed over: everything is as it was, SQLPROD01 is primary\s+You cancelled before the point of no return\./,
    );
    const states = new Map((await wizard.steps()).map(step => [step.title, step.state]));
    expect(states.get(CATCH_UP)).toBe('Cancelled');
    expect(states.get('Set the link to synchronous mode on SQL Server')).toBe('Put back');
    expect(states.get('Delete the link in Azure')).toBe('Not run');
  });

  it('left the link as it was on both sides', async () => {
    const { sqlServer, managedInstance } = await truthOf(theLab());
    expect(linkOn(sqlServer, 'DAG_Sales')).toBe(`PRIMARY ${ASYNCHRONOUS}`);
    expect(linkOn(managedInstance, 'DAG_Sales')).toBe(`SECONDARY ${ASYNCHRONOUS}`);
    expect(sqlServer.databases.Sales).toMatchObject({ role: 'PRIMARY', writable: true });
    expect(managedInstance.databases.Sales).toMatchObject({ role: 'SECONDARY', writable: false });
    await wizard.click('close');
    await expect.poll(() => workbench.tabs()).toEqual([]);
  });
});

describe('Closing the tab while the failover runs', () => {
  oneStory(() => workbench);

  it('asks, and goes on in the notification area', async () => {
    await startFailover();
    await closeTab();
    await workbench.page.locator('.monaco-dialog-box').waitFor();
    await workbench.screenshot('dark-closed-while-running');
    const question = await workbench.answerDialog('Keep running in background');
    expect(question).toContain('The failover of Sales is still running.');
    expect(question).toContain('Cancel failover');
    await workbench.notification(/Failover of Sales.*4 of \d+: Wait until the databases are synchronized/).waitFor();
    await workbench.screenshot('dark-in-background');
    expect(await workbench.tabs()).toEqual([]);
  });

  it('shows the same failover when it is opened again', async () => {
    await openWizard();
    await wizard.on('Executing actions');
    await wizard.running(CATCH_UP);
  });

  it('shows it again straight from the question', async () => {
    await closeTab();
    await workbench.answerDialog('Reopen');
    wizard = await wizardOf(workbench);
    await wizard.running(CATCH_UP);
    await closeTab();
    await workbench.answerDialog('Keep running in background');
  });

  it('ends well without its tab, says so, and shows the results when asked', async () => {
    await theLab().setKnobs({ sendRate: 20_000 });
    const told = workbench.notification('Sales was failed over to mi-prod-weu');
    await told.waitFor();
    await workbench.screenshot('dark-ended-in-background');
    await told.getByRole('button', { name: 'Show results' }).click();
    wizard = await wizardOf(workbench);
    await wizard.on('Results');
    const { sqlServer, managedInstance, workload } = await truthOf(theLab());
    expect(linkOn(sqlServer, 'DAG_Sales')).toBe('gone');
    expect(managedInstance.databases.Sales?.writable).toBe(true);
    expect(workload.acknowledged).toBeGreaterThan(0);
    expect(managedInstance.databases.Sales?.rows).toEqual(sqlServer.databases.Sales?.rows);
  });
});
