import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type LabDescription, parseLabDescription } from './description.ts';

/** A practice lab of our own, in a process of its own. */
export interface LabProcess {
  readonly lab: LabDescription;
  stop(): Promise<void>;
}

/** Starts the lab's command line and waits for its one line of JSON. Throws Error with what it said on stderr when it ends before that. */
export async function startLabProcess(scenario: string, seed: number | undefined): Promise<LabProcess> {
  const main = fileURLToPath(new URL('../lab/main.ts', import.meta.url));
  const seedArguments = seed === undefined ? [] : ['--seed', String(seed)];
  const child = spawn(
    process.execPath,
    [main, '--json', '--stop-with-parent', '--scenario', scenario, ...seedArguments],
    {
      stdio: ['pipe', 'pipe', 'pipe'],
    },
  );
  let complaints = '';
  child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
  const line = await firstLine(child, () => complaints);
  return { lab: parseLabDescription(line), stop: () => stop(child) };
}

function firstLine(
  child: ChildProcess & { readonly stdout: NodeJS.ReadableStream },
  complaints: () => string,
): Promise<string> {
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    child.once('error', reject);
    child.once('exit', code =>
      reject(new Error(`The practice lab ended (${code ?? 'signal'}) before it was ready. ${complaints()}`)),
    );
  });
}

function stop(child: ChildProcess): Promise<void> {
  return new Promise(resolve => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once('exit', () => resolve());
    child.kill('SIGTERM');
  });
}
