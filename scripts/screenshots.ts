// Takes the README's pictures anew: runs the end-to-end tests and keeps the screenshots they mark for the README.
import { cpSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { runStage } from './stages.ts';

const root = resolve(import.meta.dirname, '..');
const taken = join(root, '.e2e/screenshots/readme');
const kept = join(root, 'media/readme');

rmSync(taken, { recursive: true, force: true });
const code = await runStage({ name: 'end-to-end tests', command: 'vitest', args: ['run', '--project', 'e2e'] });
if (code !== 0 || !existsSync(taken)) {
  console.error('The pictures in media/readme were left as they are.');
  process.exit(code || 1);
}
rmSync(kept, { recursive: true, force: true });
cpSync(taken, kept, { recursive: true });
console.log(`media/readme: ${readdirSync(kept).join(', ')}`);
