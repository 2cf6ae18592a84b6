import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { fake } from '../hosts/fake-vscode.ts';

vi.mock('vscode', () => import('../hosts/fake-vscode.ts'));

import type * as vscode from 'vscode';
import { practiceScenarios } from '../../src/commands/practice-scenarios.ts';
import { activate, deactivate } from '../../src/extension.ts';
import { VIEW } from '../../src/tree/view.ts';
import { FakeMemory, FakeSecrets } from '../hosts/memory.ts';

const root = join(import.meta.dirname, '..', '..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');

interface MenuItem {
  readonly command?: string;
  readonly submenu?: string;
  readonly when?: string;
}
interface Manifest {
  readonly icon: string;
  readonly contributes: {
    readonly commands: readonly { readonly command: string; readonly enablement?: string }[];
    readonly menus: Readonly<Record<string, readonly MenuItem[]>>;
    readonly submenus: readonly { readonly id: string }[];
    readonly views: Readonly<Record<string, readonly { readonly id: string }[]>>;
    readonly viewsWelcome: readonly { readonly view: string }[];
    readonly viewsContainers: { readonly activitybar: readonly { readonly id: string; readonly icon: string }[] };
    readonly configuration: {
      readonly properties: Readonly<Record<string, { readonly default: unknown; readonly scope: string }>>;
    };
    readonly walkthroughs: readonly { readonly steps: readonly { readonly media: { readonly markdown: string } }[] }[];
  };
}

const text = read('package.json');
const { contributes, icon } = JSON.parse(text) as Manifest;
const nls = JSON.parse(read('package.nls.json')) as Record<string, string>;
const sources = globSync('src/**/*.ts', { cwd: root }).map(file => read(file));
const items = Object.values(contributes.menus).flat();
const whens = [...items.map(item => item.when), ...contributes.commands.map(({ enablement }) => enablement)].filter(
  when => when !== undefined,
);

const start = () => {
  const context = {
    globalState: new FakeMemory(),
    secrets: new FakeSecrets(),
    subscriptions: [] as { dispose(): void }[],
    asAbsolutePath: (path: string) => join(root, path),
    globalStorageUri: { fsPath: '/nowhere' },
    extensionUri: {},
  };
  activate(context as unknown as vscode.ExtensionContext);
  return context;
};

describe('package.json and the extension', () => {
  beforeEach(() => fake.reset());

  it('know the same commands', () => {
    const { subscriptions } = start();
    expect([...fake.commands.keys()].sort()).toEqual(contributes.commands.map(({ command }) => command).sort());
    for (const part of subscriptions) part.dispose();
    expect(fake.commands.size).toBe(0);
  });

  it('know the same view, container, submenus and pictures', () => {
    start();
    expect(fake.views.map(view => view.id)).toEqual([VIEW]);
    expect(
      Object.values(contributes.views)
        .flat()
        .map(view => view.id),
    ).toEqual([VIEW]);
    expect(contributes.viewsWelcome.map(welcome => welcome.view)).toEqual([VIEW]);
    expect(Object.keys(contributes.views)).toEqual(contributes.viewsContainers.activitybar.map(({ id }) => id));
    const submenus = contributes.submenus.map(({ id }) => id);
    for (const item of items) if (item.submenu) expect(submenus).toContain(item.submenu);
    for (const id of submenus) expect(contributes.menus[id]?.length).toBeGreaterThan(0);
    const media = contributes.walkthroughs.flatMap(({ steps }) => steps.map(step => step.media.markdown));
    const pictures = contributes.viewsContainers.activitybar.map(container => container.icon);
    for (const file of [icon, ...pictures, ...media]) expect(existsSync(join(root, file)), file).toBe(true);
  });

  it('offer only commands that exist, also in the texts of the welcome view and the walkthrough', () => {
    const ids = contributes.commands.map(({ command }) => command);
    for (const { command } of items) if (command) expect(ids).toContain(command);
    const linked = [
      ...Object.values(nls)
        .join('\n')
        .matchAll(/command:([\w.]+)/g),
    ].map(match => match[1]);
    expect(linked.length).toBeGreaterThan(3);
    for (const id of linked) expect(ids).toContain(id);
  });

  it('have a text for every key, and no key without use', () => {
    const used = [...text.matchAll(/"%([\w.]+)%"/g)].map(match => match[1]);
    expect(new Set(used)).toEqual(new Set(Object.keys(nls)));
  });

  it('ask in when-clauses only for what is set', () => {
    start();
    const known = new Set(['view', 'viewItem', ...fake.contextKeys.keys()]);
    const words = whens.flatMap(when =>
      when
        .replace(/=~ \/(?:[^/\\]|\\.)*\//g, '')
        .replace(/== [\w.]+/g, '')
        .split(/&&|\|\||!|\(|\)/)
        .map(word => word.trim())
        .filter(word => word !== '' && word !== 'false'),
    );
    expect(words.length).toBeGreaterThan(10);
    for (const word of words) expect([...known]).toContain(word);
  });

  it('ask in when-clauses only for nodes that the tree has', () => {
    const values = new Set(
      sources.flatMap(source =>
        [...source.matchAll(/'(miLink\.(?:server|database|link|problem|empty)[\w.]*)'/g)].map(m => m[1] ?? ''),
      ),
    );
    expect(values).toContain('miLink.database.linked');
    for (const when of whens) {
      const exact = /viewItem == ([\w.]+)/.exec(when)?.[1];
      const pattern = /viewItem =~ \/((?:[^/\\]|\\.)*)\//.exec(when)?.[1];
      if (exact) expect([...values]).toContain(exact);
      if (pattern)
        expect(
          [...values].some(value => new RegExp(pattern).test(value)),
          when,
        ).toBe(true);
    }
  });

  it('know the same settings; none can be set by a workspace', () => {
    for (const [key, { default: value, scope }] of Object.entries(contributes.configuration.properties)) {
      expect(
        sources.some(source => source.includes(`'${key}'`) || source.includes(`'${key.replace('miLink.', '')}'`)),
        key,
      ).toBe(true);
      expect(value).toBeTypeOf('number');
      expect(scope).toBe('application');
    }
  });

  it('say in the menus whether the practice lab runs', async () => {
    start();
    expect(fake.contextKeys.get('miLink.practiceRunning')).toBe(false);
    await deactivate();
  });

  it('say so when the practice lab they were told to use is not there', async () => {
    vi.stubEnv('MI_LINK_PRACTICE_LAB', '/nowhere/lab.json');
    start();
    await vi.waitFor(() => expect(fake.messages).toHaveLength(1));
    expect(fake.messages[0]).toMatch(/practice lab cannot be read.*Start the practice lab again/);
    vi.unstubAllEnvs();
  });

  it('offer the practice scenarios that the lab has', async () => {
    const { scenarioNames } = await import('../../src/lab/scenarios.ts');
    for (const { value } of practiceScenarios()) expect([...scenarioNames]).toContain(value);
  });
});

describe('starting the extension', () => {
  let atOnce: readonly string[];
  beforeAll(async () => {
    const { metafile } = await build({
      absWorkingDir: root,
      entryPoints: ['src/extension.ts'],
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      external: ['vscode'],
      outdir: 'dist',
      write: false,
      metafile: true,
      logLevel: 'silent',
    });
    const outputs = metafile.outputs;
    const loaded = new Set<string>();
    const load = (file: string): void => {
      if (loaded.has(file)) return;
      loaded.add(file);
      for (const { path, kind } of outputs[file]?.imports ?? []) if (kind === 'import-statement') load(path);
    };
    load('dist/extension.js');
    atOnce = [...loaded].flatMap(file => Object.keys(outputs[file]?.inputs ?? {}));
  });

  it('loads no driver, no Azure SDK, no lab and no wizard', () => {
    expect(atOnce).toContain('src/commands/register.ts');
    const heavy = atOnce.filter(file =>
      /node_modules\/(mssql|tedious|@azure)|^src\/(sql|azure|lab|webviews)\//.test(file),
    );
    expect(heavy).toEqual([]);
  });
});
