import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { LabDescription } from '../src/lab/lab.ts';

const root = resolve(import.meta.dirname, '..');

/** A practice lab in its own process, as `npm run lab` starts it. */
export interface PracticeLab {
  readonly description: LabDescription;
  /** The file holding that description, for MI_LINK_PRACTICE_LAB. */
  readonly file: string;
  /** GET /state of the lab's control server. */
  state(): Promise<Record<string, unknown>>;
  /** POST /knobs. Throws with the lab's answer when it refuses. */
  setKnobs(knobs: Readonly<Record<string, unknown>>): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a lab of `scenario` and resolves when it is ready. Throws with what it wrote to stderr when it ends instead. */
export async function startPracticeLab(scenario = 'sql2019', ...args: readonly string[]): Promise<PracticeLab> {
  const folder = await mkdtemp(join(tmpdir(), 'practice-lab-'));
  const main = join(root, 'src/lab/main.ts');
  const child = spawn(process.execPath, [main, '--json', '--stop-with-parent', '--scenario', scenario, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const stop = async () => {
    await ended(child);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const line = await firstLine(child);
    const file = join(folder, 'lab.json');
    await writeFile(file, line, { mode: 0o600 });
    const description = JSON.parse(line) as LabDescription;
    return {
      description,
      file,
      state: async () => (await (await fetch(`${description.control}/state`)).json()) as Record<string, unknown>,
      setKnobs: async knobs => {
        const answer = await fetch(`${description.control}/knobs`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(knobs),
        });
        if (!answer.ok) throw new Error(`The lab refused ${JSON.stringify(knobs)}: ${await answer.text()}`);
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

const firstLine = (child: ChildProcess) =>
  new Promise<string>((found, reject) => {
    let errors = '';
    child.stderr?.setEncoding('utf8').on('data', text => {
      errors += text;
    });
    child.on('error', reject);
    child.on('exit', code => reject(new Error(`The practice lab ended with ${code} before it was ready:\n${errors}`)));
    if (child.stdout) createInterface(child.stdout).once('line', found);
  });

const ended = (child: ChildProcess) =>
  new Promise<void>(done => {
    if (child.exitCode !== null || child.signalCode !== null) return done();
    child.once('exit', () => done());
    child.kill('SIGTERM');
  });
