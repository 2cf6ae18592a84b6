// The whole test run, from a fresh clone on: what it needs, checks, package, unit, lab and end-to-end tests.
// Its last line is "N passed, N failed": tests of all stages; a stage that fails in any other way counts as one failure.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { runStage } from './stages.ts';

/** The part of vitest's JSON report that is counted. */
interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[];
}

const root = resolve(import.meta.dirname, '..');
const reports = mkdtempSync(join(tmpdir(), 'test-reports-'));
const { name, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, string>;
const vsix = join(root, `${name}-${version}.vsix`);
const counts = { passed: 0, failed: 0 };

const stage = async (title: string, command: string, ...args: readonly string[]): Promise<void> => {
  if ((await runStage({ name: title, command, args })) !== 0) counts.failed += 1;
};

const vitest = async (project: string): Promise<void> => {
  const file = join(reports, `${project}.json`);
  const code = await runStage({
    name: `${project} tests`,
    command: 'vitest',
    args: ['run', '--project', project, '--reporter=default', '--reporter=json', `--outputFile.json=${file}`],
    env: existsSync(vsix) ? { MI_LINK_VSIX: vsix } : {},
  });
  if (!existsSync(file)) {
    counts.failed += 1;
    return;
  }
  const report = JSON.parse(readFileSync(file, 'utf8')) as Report;
  // A file that cannot even be loaded has no tests in the report.
  const unloadable = report.testResults.filter(f => f.status === 'failed' && f.assertionResults.length === 0).length;
  const failed = report.numFailedTests + unloadable;
  counts.passed += report.numPassedTests;
  counts.failed += failed === 0 && code !== 0 ? 1 : failed;
};

rmSync(vsix, { force: true });
await stage('prerequisites', 'node', 'scripts/prerequisites.ts');
await stage('check', 'node', 'scripts/check.ts');
await stage('shell scripts', 'shellcheck', '.ci/run');
await stage('build and package', 'node', 'scripts/package.ts');
await vitest('unit');
await vitest('lab');
await stage('a real VS Code', 'node', 'scripts/vscode/install.ts');
await vitest('e2e');
rmSync(reports, { recursive: true });

console.log(`\n${counts.passed} passed, ${counts.failed} failed`);
process.exitCode = counts.failed === 0 ? 0 : 1;
