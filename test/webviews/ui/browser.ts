import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import * as esbuild from 'esbuild';
import { type Browser, chromium, type Page } from 'playwright-core';
import { readFromWizard, type ToWizard, type WizardView } from '../../../src/webviews/messages.ts';
import type { WizardController } from '../../../src/webviews/wizard/controller.ts';
import { wizardHtml } from '../../../src/webviews/wizard/panel-html.ts';
import { type ThemeName, themes } from './themes.ts';

const root = resolve(import.meta.dirname, '../../..');
const screenshots = resolve(root, '.e2e/screenshots/webview');
const ORIGIN = 'https://wizard.test';
/** What a page of the wizard may ever be asked for. */
const SIZE = { width: 1100, height: 900 };

/** The wizard's real bundle, page and content security policy in Chromium, with VS Code's part played by the test. */
export class WizardBrowser {
  readonly #browser: Browser;
  readonly #files: ReadonlyMap<string, string>;

  private constructor(browser: Browser, files: ReadonlyMap<string, string>) {
    this.#browser = browser;
    this.#files = files;
  }

  static async start(): Promise<WizardBrowser> {
    const built = await esbuild.build({
      absWorkingDir: root,
      entryPoints: ['src/webviews/ui/main.ts', 'src/webviews/ui/wizard.css'],
      bundle: true,
      format: 'iife',
      platform: 'browser',
      target: 'es2022',
      outdir: 'out',
      write: false,
      logLevel: 'warning',
    });
    const files = new Map(built.outputFiles.map(f => [f.path.replace(/^.*\//, '/'), f.text]));
    const browser = await chromium.launch({
      executablePath: '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--force-color-profile=srgb'],
    });
    await mkdir(screenshots, { recursive: true });
    return new WizardBrowser(browser, files);
  }

  async open(theme: ThemeName = 'dark', size: { width: number; height: number } = SIZE): Promise<WizardPage> {
    const context = await this.#browser.newContext({ viewport: size, reducedMotion: 'reduce' });
    const page = await context.newPage();
    page.setDefaultTimeout(10_000);
    const wizard = new WizardPage(page);
    const html = wizardHtml({
      cspSource: ORIGIN,
      script: `${ORIGIN}/main.js`,
      style: `${ORIGIN}/wizard.css`,
      nonce: 'bm9uY2U=',
      language: 'en',
    });
    await page.route(`${ORIGIN}/**`, route => {
      const path = new URL(route.request().url()).pathname;
      const type = path.endsWith('.js') ? 'text/javascript' : path.endsWith('.css') ? 'text/css' : 'text/html';
      return route.fulfill({ contentType: `${type}; charset=utf-8`, body: this.#files.get(path) ?? html });
    });
    await page.exposeFunction('postToHost', (data: unknown) => wizard.receive(data));
    await page.addInitScript(({ bodyClass, variables }) => {
      const host = window as unknown as { postToHost(data: unknown): void };
      Object.assign(window, { acquireVsCodeApi: () => ({ postMessage: (data: unknown) => host.postToHost(data) }) });
      document.addEventListener('DOMContentLoaded', () => {
        for (const [name, value] of Object.entries(variables))
          document.documentElement.style.setProperty(`--vscode-${name}`, value);
        document.body.className = bodyClass;
        document.body.setAttribute('data-vscode-theme-kind', bodyClass);
      });
    }, themes[theme]);
    await page.goto(`${ORIGIN}/`);
    return wizard;
  }

  stop(): Promise<void> {
    return this.#browser.close();
  }
}

/** One open wizard page. */
export class WizardPage {
  readonly page: Page;
  /** What the browser complained of: must stay empty. */
  readonly complaints: string[] = [];
  /** Everything the page told its host. */
  readonly told: unknown[] = [];
  #controller: WizardController | undefined;

  constructor(page: Page) {
    this.page = page;
    page.on('pageerror', error => this.complaints.push(error.message));
    page.on('console', message => {
      if (message.type() === 'error' || message.type() === 'warning') this.complaints.push(message.text());
    });
  }

  receive(data: unknown): void {
    this.told.push(data);
    const message = readFromWizard(data);
    if (!message) this.complaints.push(`The host does not understand ${JSON.stringify(data)}`);
    else if (message.kind === 'ready') void this.#showLatest();
    else this.#controller?.receive(message);
  }

  /** Joins the page to a real controller, as the panel does. */
  async join(controller: WizardController): Promise<void> {
    this.#controller = controller;
    controller.onDidChange(() => void this.#showLatest());
    await this.#showLatest();
  }

  async #showLatest(): Promise<void> {
    if (this.#controller && !this.page.isClosed()) await this.show(this.#controller.view);
  }

  async show(view: WizardView): Promise<void> {
    const message: ToWizard = JSON.parse(JSON.stringify({ kind: 'show', view }));
    const shown = (data: ToWizard) =>
      new Promise<void>(resolve => {
        window.addEventListener('message', () => resolve(), { once: true });
        window.postMessage(data, '*');
      });
    // A page that is being left has nothing to show.
    await this.page.evaluate(shown, message).catch(() => undefined);
  }

  /** Resolves when this page of the wizard is shown. */
  async on(title: string): Promise<void> {
    await this.page.getByRole('heading', { level: 1, name: title, exact: true }).waitFor();
  }

  /** The whole page in one picture: the window is made as tall as what it shows. */
  async picture(name: string): Promise<void> {
    const size = this.page.viewportSize() ?? SIZE;
    const height = await this.page.evaluate(() => document.documentElement.scrollHeight);
    await this.page.setViewportSize({ width: size.width, height: Math.max(size.height, height) });
    await this.page.screenshot({ path: resolve(screenshots, `${name}.png`) });
    await this.page.setViewportSize(size);
  }

  /** Elements that stick out of the window to the right, by class or tag. */
  overflowing(): Promise<string[]> {
    return this.page.evaluate(() =>
      [...document.querySelectorAll('#wizard *')]
        .filter(
          e =>
            !e.closest('.visually-hidden') &&
            e.getBoundingClientRect().right > document.documentElement.clientWidth + 1,
        )
        .map(e => e.className.toString() || e.tagName),
    );
  }

  /** Texts with less contrast to what is behind them than WCAG AA asks (4.5:1). What is disabled is exempt. */
  faintTexts(): Promise<string[]> {
    return this.page.evaluate(() => {
      const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
      const pixel = (color: string, under: readonly number[]): number[] => {
        if (!canvas) return [];
        canvas.fillStyle = `rgb(${under.join(' ')})`;
        canvas.fillRect(0, 0, 1, 1);
        canvas.fillStyle = color;
        canvas.fillRect(0, 0, 1, 1);
        return [...canvas.getImageData(0, 0, 1, 1).data.slice(0, 3)];
      };
      const behind = (element: Element | null): number[] => {
        if (!element) return [255, 255, 255];
        return pixel(getComputedStyle(element).backgroundColor, behind(element.parentElement));
      };
      const luminance = (rgb: readonly number[]): number => {
        const [r = 0, g = 0, b = 0] = rgb.map(v =>
          v / 255 <= 0.03928 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4,
        );
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const contrast = (element: Element): number => {
        const back = behind(element);
        const [light = 0, dark = 0] = [luminance(back), luminance(pixel(getComputedStyle(element).color, back))].sort(
          (a, b) => b - a,
        );
        return (light + 0.05) / (dark + 0.05);
      };
      const hasText = (e: Element) => [...e.childNodes].some(n => n.nodeType === Node.TEXT_NODE && n.nodeValue?.trim());
      return [...document.querySelectorAll('#wizard *')]
        .filter(e => hasText(e) && !e.closest('.visually-hidden, [disabled], vscode-button, vscode-dropdown'))
        .filter(e => contrast(e) < 4.5)
        .map(e => `${contrast(e).toFixed(1)} ${e.className} ${e.textContent}`);
    });
  }

  close(): Promise<void> {
    return this.page.context().close();
  }
}
