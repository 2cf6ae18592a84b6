import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type * as vscode from 'vscode';
import {
  type FromWizard,
  type PageId,
  type PageViewOf,
  readToWizard,
  type WizardView,
} from '../../src/webviews/messages.ts';
import type { WizardHost } from '../../src/webviews/wizard/host.ts';
import { type FakePanel, type Question, screen } from './fake-vscode.ts';
import { WizardWorld } from './wizard-world.ts';

let world: WizardWorld;
vi.mock('vscode', () => import('./fake-vscode.ts'));
vi.mock('../../src/link/clock.ts', async original => ({
  ...(await original<typeof import('../../src/link/clock.ts')>()),
  systemClock: {
    now: () => world.clock.now(),
    sleep: (ms: number, signal: AbortSignal) => world.clock.sleep(ms, signal),
  },
}));
const { openFailoverWizard } = await import('../../src/webviews/wizard/panel.ts');

const warnings: string[] = [];
let test = 0;

function host(): WizardHost {
  const ports = world.ports();
  return {
    extensionUri: { path: '/extension' } as vscode.Uri,
    servers: { ...ports.servers, list: () => [world.server], onDidChange: () => ({ dispose: () => undefined }) },
    signIn: ports.signIn,
    log: { ...ports.log, warn: (text: string) => void warnings.push(text) } as unknown as vscode.LogOutputChannel, // foreign edge
    journalFor: ports.journalFor,
    remembered: ports.remembered,
    onRunActivity: ports.onRunActivity,
    refreshTree: ports.refreshTree,
  };
}

/** Each test has a server of its own, so no session is left over from another one. */
const open = () =>
  openFailoverWizard(host(), { server: { ...world.server, id: `server-${test}` }, database: world.database });

const thePanel = (index = 0): FakePanel => {
  const panel = screen.panels.at(index);
  if (!panel) throw new Error('There is no such panel');
  return panel;
};
const say = (message: FromWizard, index = 0) => thePanel(index).sends(message);

/** What the page shows now. */
function shown(index = 0): WizardView | undefined {
  const last = thePanel(index).posted.at(-1);
  return last === undefined ? undefined : readToWizard(last)?.view;
}

async function sees<P extends PageId>(
  page: P,
  what: (view: PageViewOf<P>, all: WizardView) => unknown = () => true,
): Promise<PageViewOf<P>> {
  return vi.waitUntil(() => {
    const view = shown(-1);
    return view?.page.page === page && what(view.page as PageViewOf<P>, view)
      ? (view.page as PageViewOf<P>)
      : undefined;
  });
}

async function toSummary(): Promise<void> {
  await open();
  say({ kind: 'ready' });
  await sees('introduction', (_, all) => all.footer.next?.enabled);
  say({ kind: 'go', to: 'next' });
  say({ kind: 'signIn', choice: 'vscode' });
  await sees('logIn', (_, all) => all.footer.next?.enabled);
  say({ kind: 'go', to: 'next' });
  await sees('failoverType', view => view.replicas);
  say({ kind: 'confirm', ticked: true });
  say({ kind: 'go', to: 'next' });
  await sees('cleanUp');
  say({ kind: 'go', to: 'next' });
  await sees('summary', (_, all) => all.footer.finish?.enabled);
}

const question = (text: string): Promise<Question> =>
  vi.waitUntil(() => screen.questions.find(q => q.text.includes(text)));

beforeEach(() => {
  test++;
  world = new WizardWorld();
  screen.clear();
  warnings.length = 0;
});
afterEach(async () => {
  for (const panel of screen.panels) panel.dispose();
  await vi.waitUntil(() => world.openConnections === 0);
});

describe('the wizard’s panel', () => {
  it('is one for each database: the second time it is shown, not made', async () => {
    await open();
    await open();
    expect(screen.panels).toHaveLength(1);
    expect(thePanel().revealed).toBe(1);
    await openFailoverWizard(host(), { server: { ...world.server, id: `server-${test}` }, database: 'Archive' });
    expect(screen.panels.map(p => p.title)).toEqual(['Failover: Sales', 'Failover: Archive']);
  });

  it('loads its own script and style only', async () => {
    await open();
    const { webview, options } = thePanel();
    expect(options).toEqual({
      enableScripts: true,
      localResourceRoots: [{ path: '/extension/dist/webview' }],
      retainContextWhenHidden: false,
    });
    const nonce = /script-src 'nonce-([^']+)'/.exec(webview.html)?.[1];
    expect(webview.html).toContain("default-src 'none';");
    expect(webview.html).not.toContain('unsafe');
    expect(webview.html).toContain(
      `<script nonce="${nonce}" src="https://webview.test/extension/dist/webview/main.js">`,
    );
    expect(webview.html).toContain('href="https://webview.test/extension/dist/webview/wizard.css"');
  });

  it('posts the whole view when the page is ready, and again when it is shown after being hidden', async () => {
    await open();
    say({ kind: 'ready' });
    expect(shown()?.page.page).toBe('introduction');
    thePanel().show(false);
    const before = thePanel().posted.length;
    await vi.waitUntil(() => world.looks > 0);
    await new Promise(setImmediate);
    expect(thePanel().posted).toHaveLength(before);
    thePanel().show(true);
    say({ kind: 'ready' });
    await sees('introduction', (_, all) => all.footer.next?.enabled);
  });

  it('logs and drops what the page should not say', async () => {
    await open();
    thePanel().sends({ kind: 'executeCommand', command: 'anything' });
    expect(warnings).toHaveLength(1);
  });

  it('opens the script beside, as SQL', async () => {
    await toSummary();
    say({ kind: 'script' });
    await vi.waitUntil(() => screen.documents.length > 0);
    expect(screen.documents[0]?.language).toBe('sql');
    expect(screen.documents[0]?.content).toContain('ALTER AVAILABILITY GROUP');
  });

  it.each([
    ['powershell', 'powershell', /ErrorActionPreference/],
    ['azureCli', 'shellscript', /^#!.*sh/],
  ] as const)('opens the script in %s as %s', async (language, editor, content) => {
    await toSummary();
    say({ kind: 'chooseLanguage', language });
    say({ kind: 'script' });
    await vi.waitUntil(() => screen.documents.length > 0);
    expect(screen.documents[0]?.language).toBe(editor);
    expect(screen.documents[0]?.content).toMatch(content);
  });

  it.each([
    ['/home/dba/report.md', /^# Sales was failed over/],
    ['/home/dba/report.JSON', /^{\n {2}"version": 1,/],
  ])('saves the report as %s', async (path, content) => {
    await toSummary();
    say({ kind: 'go', to: 'finish' });
    await sees('results');
    screen.saveTo = { path };
    say({ kind: 'saveReport' });
    await vi.waitUntil(() => screen.written.has(path));
    expect(screen.written.get(path)).toMatch(content);
    await sees('results', view => view.saved);
  });

  it('closes on Close', async () => {
    await toSummary();
    say({ kind: 'go', to: 'finish' });
    await sees('results');
    say({ kind: 'go', to: 'close' });
    expect(thePanel().disposed).toBe(true);
    expect(screen.questions).toEqual([]);
  });

  it('begins with the catch-up budget of the settings', async () => {
    screen.settings.set('catchUpBudgetSeconds', 45);
    await toSummary();
    say({ kind: 'go', to: 'back' });
    say({ kind: 'go', to: 'back' });
    const view = await sees('failoverType');
    expect(view.budget?.value).toBe('45');
  });
});

describe('a panel that is closed while the failover runs', () => {
  async function closeWhileRunning(): Promise<() => void> {
    await toSummary();
    const goOn = world.holdTime();
    say({ kind: 'go', to: 'finish' });
    await sees('executing', view => view.steps.some(s => s.mark === 'running'));
    thePanel().dispose();
    return goOn;
  }

  it('asks; the failover goes on in a notification and says how it ended', async () => {
    const goOn = await closeWhileRunning();
    const asked = await question('still running');
    expect(asked).toMatchObject({ modal: true, buttons: ['Keep running in background', 'Reopen', 'Cancel failover'] });
    asked.answer(undefined);
    expect(screen.progress[0]).toMatchObject({ title: 'Failover of Sales', cancellable: true, ended: false });
    goOn();
    const told = await question('Sales was failed over to mi-prod');
    expect(screen.progress.map(p => [p.cancellable, p.ended])).toEqual([
      [true, true],
      [false, true],
    ]);
    expect(screen.progress[1]?.messages.some(m => m.endsWith('(can no longer be cancelled)'))).toBe(true);
    expect(told.buttons).toEqual(['Show results']);
    told.answer('Show results');
    await vi.waitUntil(() => screen.panels.length === 2);
    say({ kind: 'ready' }, 1);
    await sees('results', view => view.headline.tone === 'success');
  });

  it('can be reopened where it is', async () => {
    const goOn = await closeWhileRunning();
    (await question('still running')).answer('Reopen');
    await vi.waitUntil(() => screen.panels.length === 2);
    say({ kind: 'ready' }, 1);
    await sees('executing');
    goOn();
    await sees('results');
    expect(screen.questions.filter(q => q.text.includes('was failed over'))).toEqual([]);
  });

  it('opens again by the command', async () => {
    const goOn = await closeWhileRunning();
    await open();
    expect(screen.panels).toHaveLength(2);
    goOn();
    say({ kind: 'ready' }, 1);
    await sees('results');
  });

  it.each([
    ['the question', async () => (await question('still running')).answer('Cancel failover')],
    ['the notification', async () => (await vi.waitUntil(() => screen.progress[0])).pressCancel()],
  ])('can be cancelled by %s, and then everything is put back', async (_by, cancel) => {
    const goOn = await closeWhileRunning();
    await cancel();
    goOn();
    const told = await question('Sales was not failed over: everything is as it was');
    expect([world.link.mode, world.link.linkInAzure]).toEqual(['asynchronous', true]);
    told.answer(undefined);
  });
});
