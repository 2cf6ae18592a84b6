import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WizardView } from '../../../src/webviews/messages.ts';
import { WizardBrowser } from './browser.ts';
import { sevenPages, troubledPages } from './shown-states.ts';
import { type ThemeName, themes } from './themes.ts';

let browser: WizardBrowser;
let pages: ReadonlyMap<string, WizardView>;
beforeAll(async () => {
  [browser, pages] = await Promise.all([
    WizardBrowser.start(),
    (async () => new Map([...(await sevenPages()), ...(await troubledPages())]))(),
  ]);
}, 60_000);
afterAll(() => browser.stop());

const themeNames = Object.keys(themes) as ThemeName[];

describe('every page of the wizard', () => {
  it.each(themeNames)(
    'is drawn in %s without a complaint of the browser, with nothing sticking out and every text readable',
    async theme => {
      const wizard = await browser.open(theme);
      for (const [name, view] of pages) {
        await wizard.show(view);
        await wizard.page.locator(`.page-${view.page.page}`).waitFor();
        expect(await wizard.overflowing(), name).toEqual([]);
        expect(await wizard.faintTexts(), name).toEqual([]);
        await wizard.picture(`${name}-${theme}`);
      }
      expect(wizard.complaints).toEqual([]);
      await wizard.close();
    },
    60_000,
  );

  it.each([
    ['400 px wide', { width: 400, height: 700 }],
    ['at 200 % zoom of a laptop', { width: 640, height: 400 }],
  ])(
    'fits %s',
    async (_what, size) => {
      const wizard = await browser.open('light', size);
      for (const [name, view] of pages) {
        await wizard.show(view);
        await wizard.page.locator(`.page-${view.page.page}`).waitFor();
        expect(await wizard.overflowing(), name).toEqual([]);
        if (size.width === 400) await wizard.picture(`${name}-narrow`);
      }
      await wizard.close();
    },
    60_000,
  );

  it('is really looked at: a faint text and one that sticks out are found', async () => {
    const wizard = await browser.open();
    await wizard.show([...pages.values()][0] as WizardView);
    await wizard.on('Introduction');
    await wizard.page.evaluate(() => {
      const heading = document.getElementById('heading') as HTMLElement;
      heading.style.color = '#555555';
      heading.style.width = '200vw';
    });
    expect(await wizard.faintTexts()).toEqual([expect.stringContaining('Introduction')]);
    expect(await wizard.overflowing()).toContain('H1');
    await wizard.close();
  }, 30_000);
});
