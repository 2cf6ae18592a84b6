import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { oneStory } from './harness/one-story.ts';
import { linkOn, secretsIn, theLabOf, truthOf } from './harness/truth.ts';
import { type Wizard, wizardOf } from './harness/wizard.ts';
import { startWorkbench, type Workbench } from './harness/workbench.ts';

let workbench: Workbench;
let wizard: Wizard;

beforeAll(async () => {
  workbench = await startWorkbench({ theme: 'dark', lab: 'sql2022', labArgs: ['--seed', '7'] });
  await workbench.openActivity('Managed Instance Link');
});
afterAll(() => workbench?.stop());

const theLab = () => theLabOf(workbench);
const picture = (name: string) => workbench.screenshot(`dark-kept-${name}`);

describe('a planned failover of SQL Server 2022 that keeps the link', () => {
  oneStory(() => workbench);

  it('is chosen on the page Failover type', async () => {
    await workbench.expand('Sales');
    await workbench.contextMenu(workbench.treeItem('Sales'), 'Managed Instance link', 'Failover database…');
    wizard = await wizardOf(workbench);
    await wizard.on('Introduction');
    await wizard.click('next');
    await wizard.on('Log in to Azure');
    await wizard.click('sign-in-practice');
    await wizard.click('next');
    await wizard.on('Failover type');
    await wizard.click('way-keep');
    await wizard.find('#kind-planned').getByText('then reverses the roles').waitFor();
    await wizard.click('confirm');
    await wizard.find('#next:not([disabled])').waitFor();
    await picture('3-failover-type');
    await wizard.click('next');
  });

  it('drops nothing: the boxes of the Clean-up page cannot be ticked', async () => {
    await wizard.on('Clean-up (optional)');
    expect(await wizard.find('vscode-checkbox[disabled]').count()).toBe(2);
    expect(await wizard.text()).toContain('Nothing is dropped: the link is kept');
    await wizard.click('next');
    await wizard.on('Summary');
    await wizard.find('#finish:not([disabled])').waitFor();
    await picture('5-summary');
    const titles = (await wizard.steps()).map(step => step.title);
    expect(titles).toContain('Fail over on SQLPROD01');
    expect(titles).not.toContain('Delete the link in Azure');
  });

  it('can be had as a PowerShell script instead', async () => {
    await wizard.click('script-language');
    await wizard.find('#script-language vscode-option').getByText('PowerShell').click();
    await wizard.click('script');
    await workbench.page.locator('.tab', { hasText: 'Untitled-1' }).waitFor();
    await expect.poll(() => workbench.page.locator('#status\\.editor\\.mode').innerText()).toMatch(/PowerShell/);
    expect(await workbench.editorText()).toContain('ErrorActionPreference');
    wizard = await wizardOf(workbench, 'Failover: Sales');
  });

  it('ends with the roles reversed and nothing lost', async () => {
    await wizard.on('Summary');
    await wizard.click('finish');
    await wizard.on('Results');
    await picture('7-results');
    expect(await wizard.find('.headline').innerText()).toContain('Sales was failed over to mi-prod-weu');
    expect(await wizard.text()).not.toContain('Two writable copies');
    const { sqlServer, managedInstance, partings } = await truthOf(theLab());
    expect(linkOn(sqlServer, 'DAG_Sales')).toMatch(/^SECONDARY .* connected$/);
    expect(linkOn(managedInstance, 'DAG_Sales')).toMatch(/^PRIMARY .* connected$/);
    expect(managedInstance.databases.Sales).toMatchObject({ writable: true });
    expect(sqlServer.databases.Sales).toMatchObject({ writable: false });
    expect(partings.filter(p => p.lostLsns !== null)).toEqual([]);
    expect(secretsIn(workbench.seen, theLab())).toEqual([]);
  });
});
