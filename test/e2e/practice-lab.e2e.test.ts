import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { oneStory } from './harness/one-story.ts';
import { walkToSummary, wizardOf } from './harness/wizard.ts';
import { startWorkbench, type Workbench } from './harness/workbench.ts';

let workbench: Workbench;

beforeAll(async () => {
  workbench = await startWorkbench({ theme: 'highContrastLight' });
});
afterAll(() => workbench?.stop());

const picture = (name: string) => workbench.screenshot(`high-contrast-light-${name}`);
/** Command lines of the labs that run from this VS Code's extension. */
const labs = async () => {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-ww', '-o', 'args']);
  return stdout.split('\n').filter(line => line.includes(workbench.home) && line.includes('lab.cjs'));
};
const welcome = () => workbench.page.locator('.sidebar .welcome-view-content');

describe('A person without any server', () => {
  oneStory(() => workbench);

  it('is welcomed with the two things to do', async () => {
    await workbench.openActivity('Managed Instance Link');
    await expect.poll(() => welcome().innerText()).toContain('Add SQL Server');
    await expect.poll(() => welcome().innerText()).toContain('Start Practice Lab');
    await picture('welcome');
  });

  it('starts the lab that comes with the extension: its server appears, marked PRACTICE', async () => {
    await welcome().getByRole('button', { name: 'Start Practice Lab' }).click();
    await workbench.quickPick('Healthy link');
    await expect.poll(() => workbench.treeText('PRACTICE SQL Server')).toContain('SQL Server 2019');
    await expect.poll(() => workbench.treeText('Sales')).toContain('PRACTICE · primary');
    expect(await labs()).toHaveLength(1);
    await picture('started');
  });

  it('walks to the Summary on it', async () => {
    await workbench.contextMenu(workbench.treeItem('Sales'), 'Managed Instance link', 'Failover database…');
    const wizard = await wizardOf(workbench);
    await walkToSummary(wizard, {
      seen: page => picture(`practice-${page.toLowerCase().replaceAll(/\W+/g, '-')}`),
    });
    await wizard.click('cancel');
    await expect.poll(() => workbench.tabs()).toEqual([]);
  });

  it('stops it: the server goes, the welcome is back, and no lab is left running', async () => {
    await workbench.contextMenu(workbench.treeItem('PRACTICE SQL Server'), 'Stop Practice Lab');
    await expect.poll(() => workbench.treeText('PRACTICE SQL Server')).toBe('');
    await welcome().waitFor();
    await expect.poll(labs).toEqual([]);
  });
});
