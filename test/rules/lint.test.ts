import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const biome = join(root, 'node_modules/.bin/biome');
const tsc = join(root, 'node_modules/.bin/tsc');

const project = mkdtempSync(join(tmpdir(), 'lint-rules-'));
afterAll(() => rmSync(project, { recursive: true }));

/** Lints one file with the project's own rules, in a folder of its own. */
const lint = (files: Readonly<Record<string, string>>): string => {
  copyFileSync(join(root, 'biome.jsonc'), join(project, 'biome.jsonc'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(project, name), text);
  const args = ['lint', '--vcs-enabled=false', '--colors=off', ...Object.keys(files)];
  const { status, stdout, stderr } = spawnSync(biome, args, { cwd: project, encoding: 'utf8' });
  return `exit ${status}\n${stdout}${stderr}`;
};

describe('the lint rules that guard a failover fire on one deliberately bad line', () => {
  it.each([
    ['noFloatingPromises', 'async function cut(): Promise<void> {}\nexport function go(): void {\n  cut();\n}\n'],
    [
      'noMisusedPromises',
      'async function ready(): Promise<boolean> {\n  return true;\n}\nexport const go = () => (ready() ? 1 : 2);\n',
    ],
    [
      'useExhaustiveSwitchCases',
      "export function go(kind: 'planned' | 'forced'): number {\n  switch (kind) {\n    case 'planned':\n      return 1;\n  }\n  return 0;\n}\n",
    ],
    ['noExplicitAny', 'export const go = (x: any): number => x;\n'],
  ])('%s', (rule, text) => {
    const said = lint({ [`${rule}.ts`]: text });
    expect(said).toContain(rule);
    expect(said).toContain('exit 1');
  });

  it('noImportCycles', () => {
    const said = lint({
      'a.ts': "import { b } from './b.ts';\nexport const a = (): number => b();\n",
      'b.ts': "import { a } from './a.ts';\nexport const b = (): number => a();\n",
    });
    expect(said).toContain('noImportCycles');
    expect(said).toContain('exit 1');
  });
});

describe('the compiler flags fire on one deliberately bad line', () => {
  it.each([
    ['noUncheckedIndexedAccess', 'export const first = (xs: number[]): number => xs[0];\n', 'TS2322'],
    ['exactOptionalPropertyTypes', 'export const x: { a?: number } = { a: undefined };\n', 'TS2375'],
    [
      'verbatimModuleSyntax',
      "import { MakeDirectoryOptions } from 'node:fs';\nexport const options: MakeDirectoryOptions = {};\n",
      'TS1484',
    ],
    ['erasableSyntaxOnly', 'export enum Side { A }\n', 'TS1294'],
    [
      'noFallthroughCasesInSwitch',
      'export const f = (n: number): void => {\n  switch (n) {\n    case 1:\n      f(2);\n    case 2:\n      f(3);\n  }\n};\n',
      'TS7029',
    ],
  ])('%s', (flag, text, code) => {
    writeFileSync(join(project, 'package.json'), '{"type":"module"}');
    writeFileSync(join(project, `${flag}.ts`), text);
    writeFileSync(
      join(project, 'tsconfig.json'),
      JSON.stringify({
        extends: join(root, 'tsconfig.json'),
        compilerOptions: { typeRoots: [join(root, 'node_modules/@types')] },
        files: [`${flag}.ts`],
        include: [],
        exclude: [],
      }),
    );
    expect(spawnSync(tsc, ['-p', project], { encoding: 'utf8' }).stdout).toContain(code);
  });
});
