import { spawn } from 'node:child_process';

/** One command of a check or test run. */
export interface Stage {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a stage with its output shown. Resolves with its exit code; a command that cannot be started or is killed counts as 1. */
export async function runStage({ name, command, args, env }: Stage): Promise<number> {
  console.log(`\n── ${name}`);
  const began = performance.now();
  const code = await new Promise<number>(resolve => {
    const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, ...env } });
    child.on('error', error => {
      console.error(`${command}: ${error.message}`);
      resolve(1);
    });
    child.on('exit', exit => resolve(exit ?? 1));
  });
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`── ${name}: ${code === 0 ? 'ok' : `FAILED (exit code ${code})`}, ${seconds} s`);
  return code;
}
