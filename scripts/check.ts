// Everything that can be said about the code without running it.
import { runStage, type Stage } from './stages.ts';

const stages: readonly Stage[] = [
  { name: 'types', command: 'tsc', args: ['-p', '.'] },
  { name: 'types of what runs in a browser', command: 'tsc', args: ['-p', 'tsconfig.browser.json'] },
  { name: 'lint and format', command: 'biome', args: ['ci', '--error-on-warnings', '.'] },
  { name: 'layers', command: 'node', args: ['scripts/layers.ts'] },
  { name: 'dead code and dependencies', command: 'knip', args: ['--no-progress'] },
];

const failed: string[] = [];
for (const stage of stages) {
  if ((await runStage(stage)) !== 0) failed.push(stage.name);
}
console.log(failed.length === 0 ? '\nAll checks passed.' : `\nFailed: ${failed.join('; ')}`);
process.exitCode = failed.length === 0 ? 0 : 1;
