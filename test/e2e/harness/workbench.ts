import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Browser, chromium, type FrameLocator, type Locator, type Page } from 'playwright-core';
import { packagedExtension } from '../../../scripts/package.ts';
import { type PracticeLab, startPracticeLab } from '../../../scripts/practice-lab.ts';
import { chromiumPath } from '../../../scripts/prerequisites.ts';
import { startVsCode } from '../../../scripts/vscode/server.ts';

const root = resolve(import.meta.dirname, '../../..');

const themes = {
  dark: 'Default Dark Modern',
  light: 'Default Light Modern',
  highContrast: 'Default High Contrast',
  highContrastLight: 'Default High Contrast Light',
} as const;

/** What to open a workbench with; each one is a fresh VS Code with fresh settings. */
export interface WorkbenchOptions {
  readonly theme?: keyof typeof themes;
  /** Starts a practice lab of this scenario and tells the extension of it by MI_LINK_PRACTICE_LAB. */
  readonly lab?: string;
  /** More arguments for that lab. */
  readonly labArgs?: readonly string[];
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Other extensions than our own packaged one. */
  readonly vsix?: readonly string[];
  readonly size?: { readonly width: number; readonly height: number };
}

/** A real VS Code in Chromium, and what a person does in it. Locators wait; actions throw after playwright's time-out. */
export interface Workbench {
  readonly page: Page;
  /** Present when `lab` was asked for. */
  readonly lab: PracticeLab | undefined;
  /** Where this VS Code keeps its settings and logs. */
  readonly home: string;
  /** Opens a view container by its activity-bar title. */
  openActivity(title: string): Promise<void>;
  /** The first row of the open tree whose accessible name begins with `label`. */
  treeItem(label: string): Locator;
  /** The same row as it is read out: label and description. '' while it is not there. */
  treeText(label: string): Promise<string>;
  /** Expands a tree row by keyboard and waits until it is expanded. */
  expand(label: string): Promise<void>;
  /** Right-clicks a row or element and picks a path through the menu: contextMenu(row, 'Managed Instance link', 'Failover database…'). */
  contextMenu(on: Locator, ...path: readonly string[]): Promise<void>;
  /** Runs a command from the palette by its full title, by keyboard; Enter is pressed only when just that command is the chosen one. */
  palette(command: string): Promise<void>;
  /** Picks a row of the open quick pick, once it is there. */
  quickPick(label: string, how?: 'mouse' | 'keyboard'): Promise<void>;
  /** All rows of the open quick pick, as read out to a person. */
  quickPickRows(): Promise<readonly string[]>;
  /** Fills the input box that asks for this, once it does, and accepts it. `text` undefined: accepts what stands there; gives that. */
  inputBox(prompt: string, text?: string): Promise<string>;
  /** The content of the visible webview, of the tab with this title when given. */
  webview(title?: string): Promise<FrameLocator>;
  /** A notification that contains `text`. */
  notification(text: string | RegExp): Locator;
  /** Presses a button of a modal dialog, and gives the dialog's text. */
  answerDialog(button: string): Promise<string>;
  /** The text of the active editor, whole (it copies it out, so lines out of sight are there too). */
  editorText(): Promise<string>;
  /** Titles of the open editor tabs. */
  tabs(): Promise<readonly string[]>;
  /** Text of our log channel's file ('' while there is none). */
  log(channel: string): Promise<string>;
  /** Makes the side bar about this wide (px), so that the tree's rows can be read to their ends. */
  widenSideBar(width: number): Promise<void>;
  /** Writes .e2e/screenshots/NAME.png once nothing moves any more. `readme` also takes a smaller one for the README (`npm run screenshots`). */
  screenshot(name: string, options?: { readonly readme?: boolean }): Promise<void>;
  /** All text that was on the screen at any screenshot. */
  readonly seen: string;
  /** Ends browser, VS Code and lab. */
  stop(): Promise<void>;
}

/** Starts lab, VS Code and Chromium, and resolves when the workbench stands. What was started is stopped again if any part fails. */
export async function startWorkbench(options: WorkbenchOptions = {}): Promise<Workbench> {
  const toStop: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const one of toStop.splice(0).reverse()) await one();
  };
  try {
    const home = await mkdtemp(join(tmpdir(), 'workbench-'));
    toStop.push(() => rm(home, { recursive: true, force: true, maxRetries: 5 }));
    const lab = options.lab === undefined ? undefined : await startPracticeLab(options.lab, ...(options.labArgs ?? []));
    if (lab) toStop.push(() => lab.stop());
    const server = await startVsCode({
      home,
      vsix: options.vsix ?? [await packagedExtension()],
      settings: { 'workbench.colorTheme': themes[options.theme ?? 'dark'], ...options.settings },
      env: { ...(lab && { MI_LINK_PRACTICE_LAB: lab.file }), ...options.env },
    });
    toStop.push(() => server.stop());
    const browser = await launchChromium();
    toStop.push(() => browser.close());
    const context = await browser.newContext({ viewport: options.size ?? { width: 1280, height: 800 } });
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    const page = await context.newPage();
    page.setDefaultTimeout(30_000);
    await page.goto(server.url);
    // A first, cold load takes up to 14 s; with other work on the machine longer.
    await page.locator('.monaco-workbench .activitybar').waitFor({ timeout: 90_000 });
    return Object.assign(actions(page, home), { page, lab, home, stop });
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Debian's Chromium, without the parts that reach for the network. */
const launchChromium = (): Promise<Browser> =>
  chromium.launch({
    executablePath: chromiumPath(),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });

type Actions = Omit<Workbench, 'page' | 'lab' | 'home' | 'stop'>;

function actions(page: Page, home: string): Actions {
  const quickInput = page.locator('.quick-input-widget:visible');
  const quickRows = quickInput.locator('.monaco-list-row');
  let seen = '';
  const treeItem = (label: string) =>
    page.locator(`.pane-body .monaco-list-row[aria-label^="${cssText(label)}"]`).first();

  return {
    treeItem,

    async treeText(label) {
      const row = treeItem(label);
      return (await row.count()) === 0 ? '' : ((await row.getAttribute('aria-label')) ?? '');
    },

    async openActivity(title) {
      const icon = page.locator(`.activitybar a.action-label[aria-label^="${cssText(title)}"]`);
      await icon.waitFor();
      const open = page.locator('.sidebar .composite.title', { hasText: new RegExp(title, 'i') });
      if (!(await open.isVisible())) await icon.click();
      await open.waitFor();
    },

    async expand(label) {
      const row = treeItem(label);
      await row.waitFor();
      if ((await row.getAttribute('aria-expanded')) === 'false') {
        await row.click({ position: { x: 60, y: 11 } });
        // A click on a row without a command of its own already expands it.
        if ((await row.getAttribute('aria-expanded')) === 'false') await page.keyboard.press('ArrowRight');
      }
      await page
        .locator(`.pane-body .monaco-list-row[aria-label^="${cssText(label)}"][aria-expanded="true"]`)
        .first()
        .waitFor();
    },

    async contextMenu(on, ...path) {
      await on.click({ button: 'right' });
      for (const [depth, name] of path.entries()) {
        const item = page.locator('.monaco-menu').nth(depth).getByRole('menuitem', { name });
        await item.waitFor();
        // Monaco swallows a press that comes while its menu is still opening: hover, let it settle, press slowly.
        await item.hover();
        if (depth === path.length - 1) await item.click({ delay: 120 });
        else
          await page
            .locator('.monaco-menu')
            .nth(depth + 1)
            .waitFor();
      }
      await page.locator('.monaco-menu').first().waitFor({ state: 'hidden' });
    },

    async palette(command) {
      const name = cssText(command);
      const row = quickInput.locator(`.monaco-list-row.focused:is([aria-label="${name}"], [aria-label^="${name}, "])`);
      // The open list does not learn of commands registered later: type again until the row is there.
      for (let attempt = 0; attempt < 20; attempt += 1) {
        await page.keyboard.press('F1');
        await quickInput.locator('input').first().fill(`>${command}`);
        const found = await row
          .first()
          .waitFor({ timeout: 2_000 })
          .then(
            () => true,
            () => false,
          );
        if (found) return page.keyboard.press('Enter');
        await page.keyboard.press('Escape');
      }
      throw new Error(`The palette does not offer "${command}"`);
    },

    async quickPick(label, how = 'mouse') {
      const row = quickRows.filter({ hasText: label }).first();
      await row.waitFor();
      if (how === 'mouse') return row.click();
      for (let presses = 0; !/\bfocused\b/.test((await row.getAttribute('class')) ?? ''); presses += 1) {
        if (presses === 50) throw new Error(`The arrow keys do not lead to "${label}"`);
        await page.keyboard.press('ArrowDown');
      }
      await page.keyboard.press('Enter');
    },

    async quickPickRows() {
      await quickRows.first().waitFor();
      return Promise.all((await quickRows.all()).map(async row => (await row.getAttribute('aria-label')) ?? ''));
    },

    async inputBox(prompt, text) {
      await quickInput.getByText(prompt).first().waitFor();
      const input = quickInput.locator('input').first();
      if (text !== undefined) await input.fill(text);
      const value = await input.inputValue();
      await input.press('Enter');
      return value;
    },

    async webview(title) {
      if (title !== undefined) await page.locator('.tab', { hasText: title }).first().click();
      const frame = page.frameLocator('iframe.webview.ready:visible').frameLocator('iframe#active-frame');
      await frame.locator('body').waitFor();
      return frame;
    },

    notification: text => page.locator('.notifications-toasts .notification-list-item', { hasText: text }).first(),

    async answerDialog(button) {
      const dialog = page.locator('.monaco-dialog-box');
      await dialog.waitFor();
      const text = await dialog.innerText();
      await dialog.getByRole('button', { name: button }).click();
      await dialog.waitFor({ state: 'hidden' });
      return text;
    },

    async editorText() {
      await page.locator('.editor-group-container.active .monaco-editor .view-lines').first().click();
      await page.keyboard.press('ControlOrMeta+a');
      await page.keyboard.press('ControlOrMeta+c');
      return page.evaluate<string>('navigator.clipboard.readText()');
    },

    async tabs() {
      return Promise.all(
        (await page.locator('.tabs-container .tab').all()).map(async tab => (await tab.innerText()).trim()),
      );
    },

    async log(channel) {
      const { glob } = await import('node:fs/promises');
      for await (const file of glob(`data/logs/**/${channel}.log`, { cwd: home }))
        return readFile(join(home, file), 'utf8');
      return '';
    },

    async widenSideBar(width) {
      const edge = (await page.locator('.part.sidebar').boundingBox()) ?? { x: 0, y: 0, width: 0 };
      const y = edge.y + 300;
      await page.mouse.move(edge.x + edge.width, y);
      await page.mouse.down();
      await page.mouse.move(edge.x + width, y, { steps: 5 });
      await page.mouse.up();
    },

    async screenshot(name, { readme = false } = {}) {
      const folder = join(root, '.e2e/screenshots');
      await mkdir(join(folder, 'readme'), { recursive: true });
      // Nothing hovers, so that no tooltip covers what is to be seen.
      await page.mouse.move(0, 0);
      seen += await textOf(page);
      await writeFile(join(folder, `${name}.png`), await stillPicture(page));
      if (!readme) return;
      const size = page.viewportSize();
      await page.setViewportSize(README_SIZE);
      await writeFile(join(folder, 'readme', `${name}.png`), await stillPicture(page));
      if (size) await page.setViewportSize(size);
    },

    get seen() {
      return seen;
    },
  };
}

/** Small enough for the README's column to show it without shrinking it beyond reading. */
const README_SIZE = { width: 1180, height: 740 };
/** What moves all the time (a running step's duration) must not keep us. */
const MOST_PICTURES = 8;

/** Takes pictures until two in a row are the same: what was opening or being laid out has come to rest. */
async function stillPicture(page: Page): Promise<Buffer> {
  const take = () => page.screenshot({ animations: 'disabled' });
  let last = await take();
  for (let taken = 1; taken < MOST_PICTURES; taken += 1) {
    const next = await take();
    if (next.equals(last)) return next;
    last = next;
  }
  return last;
}

/** What the page and its webviews say. */
async function textOf(page: Page): Promise<string> {
  // A frame may go away while it is read.
  const texts = page.frames().map(frame => frame.evaluate<string>('document.body?.innerText ?? ""').catch(() => ''));
  return `${(await Promise.all(texts)).join('\n')}\n`;
}

/** Text inside a quoted CSS attribute value. */
const cssText = (text: string) => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"');
