import { afterAll, beforeAll, expect, it } from 'vitest';
import { startWorkbench, type Workbench } from './harness/workbench.ts';

let workbench: Workbench;
beforeAll(async () => {
  workbench = await startWorkbench();
});
afterAll(() => workbench?.stop());

it('VS Code opens with our packaged extension, and its activity-bar icon opens the view', async () => {
  await workbench.openActivity('Managed Instance Link');
  await expect.poll(() => workbench.page.locator('.sidebar .pane-header').count()).toBeGreaterThan(0);
  await workbench.screenshot('smoke-dark');
});
