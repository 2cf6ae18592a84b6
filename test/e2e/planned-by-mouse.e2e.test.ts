import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { oneStory } from './harness/one-story.ts';
import {
  type Business,
  linkOn,
  openBothSides,
  secretsIn,
  startBusiness,
  theLabOf,
  truthOf,
  writtenFiles,
} from './harness/truth.ts';
import { type Wizard, walkToSummary, wizardOf } from './harness/wizard.ts';
import { startWorkbench, type Workbench } from './harness/workbench.ts';

let workbench: Workbench;
let business: Business;
let wizard: Wizard;

beforeAll(async () => {
  workbench = await startWorkbench({ theme: 'dark', lab: 'sql2019', labArgs: ['--seed', '7'] });
  business = await startBusiness(theLab(), 3);
});
afterAll(async () => {
  await business?.close();
  await workbench?.stop();
});

const theLab = () => theLabOf(workbench);
/** Pictures of the README, by the page they show. */
const README: Readonly<Record<string, string>> = {
  '5-summary': 'summary',
  '6-executing': 'executing',
  '7-results': 'results',
};
const picture = (name: string) => {
  const readme = README[name];
  return workbench.screenshot(`dark-${name}`, readme === undefined ? {} : { readme });
};

describe('a planned failover by mouse, with an application at work, dropping both groups', () => {
  oneStory(() => workbench);

  it('begins at the database in the tree, on a server that is marked PRACTICE', async () => {
    await workbench.openActivity('Managed Instance Link');
    await workbench.widenSideBar(520);
    await expect.poll(() => workbench.treeText('PRACTICE SQL Server')).toContain('SQL Server 2019');
    await workbench.expand('Sales');
    await expect
      .poll(() => workbench.treeText('DAG_Sales'))
      .toMatch(/^DAG_Sales, PRACTICE · primary · async · synchronizing .*mi-prod-weu$/);
    await picture('tree');
    await workbench.openMenu(workbench.treeItem('Sales'), 'Managed Instance link', 'Failover database…');
    await workbench.screenshot('dark-menu', { readme: 'menu', part: { x: 0, y: 34, width: 800, height: 220 } });
    await workbench.page.keyboard.press('Escape');
    await workbench.page.keyboard.press('Escape');
    await workbench.widenSideBar(300);
    await workbench.contextMenu(workbench.treeItem('Sales'), 'Managed Instance link', 'Failover database…');
    wizard = await wizardOf(workbench);
    await wizard.on('Introduction');
    expect(await wizard.find('.badge').innerText()).toBe('PRACTICE');
  });

  it('leads through the pages, and shows the sessions that are still at work', async () => {
    const numbers = { Introduction: 1, 'Log in to Azure': 2, 'Failover type': 3, 'Clean-up (optional)': 4, Summary: 5 };
    await walkToSummary(wizard, {
      dropAvailabilityGroup: true,
      seen: async page => {
        if (page === 'Failover type') expect(await wizard.text()).toContain('Practice application');
        const slug = page
          .toLowerCase()
          .replaceAll(/[^a-z]+/g, '-')
          .replace(/-optional-$/, '');
        await picture(`${numbers[page as keyof typeof numbers]}-${slug}`);
      },
    });
    const titles = (await wizard.steps()).map(step => step.title);
    expect(titles).toContain('Drop the availability group on SQL Server');
    const [before] = (await wizard.text()).split('Point of no return');
    expect(before).toContain(titles.at(titles.indexOf('Delete the link in Azure') - 1));
    expect(before).not.toContain('Delete the link in Azure');
  });

  it('opens the very same steps as a script, guarded, in an untitled SQL tab', async () => {
    await wizard.click('script');
    await workbench.page.locator('.tab', { hasText: 'Untitled-1' }).waitFor();
    const script = await workbench.editorText();
    const { subscriptionId, resourceGroup, managedInstance } = theLab().description.azure;
    const link = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Sql/managedInstances/${managedInstance}/distributedAvailabilityGroups/DAG_Sales`;
    expect(script).toContain("IF CASE WHEN @@SERVERNAME = N'SQLPROD01'");
    expect(script).toContain('THROW 50000');
    expect(script).toContain('ALTER AVAILABILITY GROUP [DAG_Sales] MODIFY AVAILABILITY GROUP ON');
    expect(script).toContain(`az rest --method delete --url '${link}?api-version=2025-01-01'`);
    expect(script).toContain('DROP AVAILABILITY GROUP [AG_Sales];');
    expect(await workbench.page.locator('.editor-group-container.active .mtk1').count()).toBeGreaterThan(0);
    expect(await workbench.page.locator('#status\\.editor\\.mode').innerText()).toMatch(/SQL/);
    await picture('script');
    wizard = await wizardOf(workbench, 'Failover: Sales');
  });

  it('waits while the application writes, and goes on when it is stopped', async () => {
    await wizard.click('finish');
    await wizard.on('Executing actions');
    await wizard.running('Wait until both sides are equal and nobody writes');
    await expect.poll(() => business.application.acknowledged.size).toBeGreaterThan(10);
    await picture('6-executing');
    expect(linkOn((await truthOf(theLab())).sqlServer, 'DAG_Sales')).toBe(
      'PRIMARY SYNCHRONOUS_COMMIT SYNCHRONOUS_COMMIT connected',
    );
    expect(await wizard.part('cancel-run').getAttribute('disabled')).toBeNull();
    await business.application.stop();
    await wizard.on('Results');
    await picture('7-results');
  });

  it('says that it failed over, and the lab agrees', async () => {
    expect(await wizard.find('.headline').innerText()).toContain('Sales was failed over to mi-prod-weu');
    expect(await wizard.text()).toContain('Two writable copies');
    expect((await wizard.steps()).filter(step => step.state !== 'Done')).toEqual([]);
    const { sqlServer, managedInstance } = await truthOf(theLab());
    expect(sqlServer.availabilityGroups).toEqual([]);
    expect(linkOn(managedInstance, 'DAG_Sales')).toBe('gone');
    expect(managedInstance.databases.Sales).toMatchObject({ role: 'STANDALONE', state: 'ONLINE', writable: true });
    expect(sqlServer.databases.Sales).toMatchObject({ role: 'STANDALONE', state: 'ONLINE', writable: true });
  });

  it('has every acknowledged row on the instance, and leaves two databases that take writes and do not share them', async () => {
    const { here, there, close } = await openBothSides(theLab());
    onTestFinished(close);
    const present = new Set(await there.ids());
    const { acknowledged } = business.application;
    expect(acknowledged.size).toBeGreaterThan(10);
    expect([...acknowledged].filter(id => !present.has(id))).toEqual([]);
    await there.insert(9_000_001, 0);
    await here.insert(9_000_002, 0);
    const own = (ids: readonly number[]) => ids.filter(id => id > 9_000_000);
    expect(own(await there.ids())).toEqual([9_000_001]);
    expect(own(await here.ids())).toEqual([9_000_002]);
  });

  it('copies the new server name, and closes; the tree shows no link any more', async () => {
    await wizard.click('copy');
    await expect
      .poll(() => workbench.page.evaluate<string>('navigator.clipboard.readText()'))
      .toBe(theLab().description.managedInstance.fullyQualifiedDomainName);
    await wizard.click('close');
    await workbench.page.locator('.tab', { hasText: 'Failover: Sales' }).waitFor({ state: 'detached' });
    await expect.poll(() => workbench.treeText('Sales')).toBe('Sales, PRACTICE · no link');
  });

  it('has shown and written no secret', async () => {
    expect(secretsIn(workbench.seen, theLab())).toEqual([]);
    const files = await writtenFiles(workbench);
    const withSecrets = [...files].flatMap(([name, text]) => secretsIn(text, theLab()).map(what => `${name}: ${what}`));
    expect(withSecrets).toEqual([]);
    const journal = [...files].find(([name]) => /globalStorage\/[^/]+\/runs\/[\w-]+\.jsonl$/.test(name))?.[1] ?? '';
    expect(
      journal
        .trim()
        .split('\n')
        .map(line => JSON.parse(line).event),
    ).toContain('pointOfNoReturn');
    expect(await workbench.log('Managed Instance Link')).toContain('Delete the link in Azure');
  });
});
