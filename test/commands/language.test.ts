import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as strings from '@vscode/l10n';
import { getL10nJson } from '@vscode/l10n-dev';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { fake, l10n } from '../hosts/fake-vscode.ts';

vi.mock('vscode', () => import('../hosts/fake-vscode.ts'));

import type * as vscode from 'vscode';
import { activate } from '../../src/extension.ts';
import { FakeMemory, FakeSecrets } from '../hosts/memory.ts';

const root = join(import.meta.dirname, '..', '..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');

describe('the language of the extension', () => {
  afterEach(() => {
    Object.assign(l10n, { bundle: undefined });
    strings.config({ contents: {} });
    fake.reset();
  });

  it('has every text in the bundle that translators get (vscode-l10n-dev export --outDir l10n src)', async () => {
    const files = globSync('src/**/*.ts', { cwd: root });
    const found = await getL10nJson(files.map(file => ({ contents: read(file), extension: '.ts' })));
    expect(Object.keys(found).length).toBeGreaterThan(100);
    expect(JSON.parse(read('l10n/bundle.l10n.json'))).toEqual(found);
  }, 30_000);

  it('is that of VS Code', () => {
    Object.assign(l10n, { bundle: { 'Enter a name.': 'Namen eingeben.' } });
    activate({
      globalState: new FakeMemory(),
      secrets: new FakeSecrets(),
      subscriptions: [],
      asAbsolutePath: (path: string) => join(root, path),
      globalStorageUri: { fsPath: '/nowhere' },
    } as unknown as vscode.ExtensionContext);
    expect(strings.t('Enter a name.')).toBe('Namen eingeben.');
  });
});
