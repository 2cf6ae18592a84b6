import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { packagedExtension } from '../../scripts/package.ts';

const extension = resolve(import.meta.dirname, '../../dist/extension.cjs');
const folder = mkdtempSync(join(tmpdir(), 'activation-'));
afterAll(() => rmSync(folder, { recursive: true }));
beforeAll(async () => {
  await packagedExtension();
}, 120_000);

/** Loads the bundle as VS Code does, with a `vscode` that has everything, and lists the files that were read. */
const loader = `
const Module = require('node:module');
const anything = new Proxy(class {}, { get: (_, key) => (key === 'prototype' ? {} : anything), apply: () => anything });
const load = Module._load;
Module._load = (name, ...rest) => (name === 'vscode' ? anything : load(name, ...rest));
require(${JSON.stringify(extension)});
const { statSync } = require('node:fs');
const files = Object.keys(require.cache).filter(file => file !== __filename);
console.log(JSON.stringify(files.map(file => [file, statSync(file).size])));
`;

it('loading the extension reads less than 200 kB: no driver, no SDK, no lab', () => {
  const script = join(folder, 'load.cjs');
  writeFileSync(script, loader);
  const files = JSON.parse(execFileSync(process.execPath, [script], { encoding: 'utf8' })) as [string, number][];
  const total = files.reduce((sum, [, size]) => sum + size, 0);
  expect(files.map(([file]) => file)).toContain(extension);
  expect(total).toBeLessThan(200_000);
});
