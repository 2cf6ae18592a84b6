import { afterEach, beforeEach } from 'vitest';
import type { Workbench } from './workbench.ts';

/**
 * The tests of this suite are chapters of one story: when one fails, what the screen shows is kept as a picture, and those after it are skipped
 * instead of failing for its reason.
 */
export function oneStory(workbench: () => Workbench | undefined): void {
  let broken = false;
  beforeEach(({ skip }) => skip(broken, 'an earlier chapter failed'));
  afterEach(async ({ task }) => {
    if (task.result?.state !== 'fail') return;
    broken = true;
    await workbench()?.screenshot(`failed-${task.name.replaceAll(/\W+/g, '-').slice(0, 80)}`);
  });
}
