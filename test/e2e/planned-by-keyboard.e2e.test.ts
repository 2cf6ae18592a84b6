import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { oneStory } from './harness/one-story.ts';
import { linkOn, theLabOf, truthOf } from './harness/truth.ts';
import { type Wizard, wizardOf } from './harness/wizard.ts';
import { startWorkbench, type Workbench } from './harness/workbench.ts';

let workbench: Workbench;
let wizard: Wizard;

beforeAll(async () => {
  // The cut takes its time, so that what is shown meanwhile can be seen.
  workbench = await startWorkbench({
    theme: 'light',
    lab: 'sql2019',
    labArgs: ['--seed', '7'],
    knobs: { roleChange: 5_000 },
  });
  await workbench.openActivity('Managed Instance Link');
});
afterAll(() => workbench?.stop());

const press = (key: string) => workbench.page.keyboard.press(key);
const picture = (name: string) => workbench.screenshot(`light-${name}`);
const pressOn = async (id: string, key: 'Enter' | 'Space') => {
  await wizard.tabTo(id);
  await press(key);
};

describe('a planned failover by keyboard alone, from the palette, keeping the availability group', () => {
  oneStory(() => workbench);

  it('asks for server and database by quick picks', async () => {
    await workbench.palette('Managed Instance Link: Failover database…');
    await workbench.quickPick('PRACTICE SQL Server', 'keyboard');
    await workbench.page.locator('.quick-input-widget .monaco-list-row', { hasText: 'Archive' }).waitFor();
    await picture('palette-databases');
    await workbench.quickPick('Sales', 'keyboard');
    wizard = await wizardOf(workbench);
    await wizard.on('Introduction');
  });

  it('has the focus on the heading of each new page, from where Enter goes on', async () => {
    await wizard.find('#next:not([disabled])').waitFor();
    await expect.poll(() => wizard.focused()).toBe('heading');
    await picture('1-introduction');
    await press('Enter');
    await wizard.on('Log in to Azure');
    await expect.poll(() => wizard.focused()).toBe('heading');
  });

  it('signs in, ticks, and walks back and forth without losing a choice', async () => {
    await pressOn('sign-in-practice', 'Space');
    await wizard.find('#next:not([disabled])').waitFor();
    await picture('2-log-in-to-azure');
    await pressOn('next', 'Enter');
    await wizard.on('Failover type');
    await pressOn('confirm', 'Space');
    await wizard.find('#next:not([disabled])').waitFor();
    await picture('3-failover-type');
    await pressOn('next', 'Enter');
    await wizard.on('Clean-up (optional)');
    await pressOn('back', 'Enter');
    await wizard.on('Failover type');
    expect(await wizard.part('confirm').getAttribute('aria-checked')).toBe('true');
    await pressOn('next', 'Space');
    await wizard.on('Clean-up (optional)');
    expect(await wizard.part('clean-up-dag').getAttribute('aria-checked')).toBe('true');
    expect(await wizard.part('clean-up-ag').getAttribute('aria-checked')).toBe('false');
    await picture('4-clean-up');
    await press('Enter');
  });

  it('never starts by Enter on the Summary’s heading, only by its Finish button', async () => {
    await wizard.on('Summary');
    await wizard.find('#finish:not([disabled])').waitFor();
    await expect.poll(() => wizard.focused()).toBe('heading');
    await press('Enter');
    await picture('5-summary');
    await wizard.on('Summary');
    expect((await wizard.steps()).map(step => step.title)).not.toContain('Drop the availability group on SQL Server');
    await pressOn('finish', 'Enter');
    await wizard.on('Executing actions');
  });

  it('keeps the running step in sight, and offers no Cancel after the point of no return', async () => {
    const step = 'Delete the link in Azure';
    await wizard.running(step);
    await picture('6-executing');
    const bottomOf = async (css: string) => {
      const box = await wizard.find(css).boundingBox();
      return box ? box.y + box.height : Number.NaN;
    };
    const footer = await wizard.find('footer').boundingBox();
    expect(await bottomOf('.step-running')).toBeLessThanOrEqual(footer?.y ?? 0);
    expect(await wizard.part('cancel-run').count()).toBe(0);
    expect(await wizard.part('hint').innerText()).toContain('The point of no return is passed');
    await wizard.on('Results');
    await picture('7-results');
    expect(await wizard.find('.headline').innerText()).toContain('Sales was failed over to mi-prod-weu');
  });

  it('cut the link, dropped the distributed group, and kept the availability group', async () => {
    const { sqlServer, managedInstance } = await truthOf(theLabOf(workbench));
    expect(sqlServer.availabilityGroups.map(group => group.name)).toEqual(['AG_Sales']);
    expect(linkOn(managedInstance, 'DAG_Sales')).toBe('gone');
    expect(managedInstance.databases.Sales?.writable).toBe(true);
    expect(sqlServer.databases.Sales?.writable).toBe(true);
  });

  it('closes by keyboard too', async () => {
    await pressOn('close', 'Enter');
    await expect.poll(() => workbench.tabs()).toEqual([]);
  });
});
