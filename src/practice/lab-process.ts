import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import * as l10n from '@vscode/l10n';
import { LinkError } from '../link/problem.ts';
import { type LabDescription, parseLabDescription } from './lab-description.ts';

/** How to start the practice lab's program. */
export interface LabProgram {
  /** The bundled program, a file that Node runs. */
  readonly file: string;
  readonly arguments: readonly string[];
  /** How long it may take to become ready, ms. */
  readonly readyWithinMs: number;
  /** What the lab writes to its standard error, line by line. */
  log(line: string): void;
}

/** A practice lab that runs as a child process. */
export interface LabProcess {
  readonly description: LabDescription;
  /** Resolves when the process has ended by itself or by `stop`, with its last words. */
  readonly ended: Promise<string>;
  /** Idempotent; resolves when the process is gone. */
  stop(): Promise<void>;
}

const LAST_WORDS = 12;
const STOP_WITHIN_MS = 5_000;

/**
 * Starts the lab and waits for the line that says it is ready. Throws LinkError with the lab's last words when it ends before or is not ready in
 * time; on `signal` it is stopped. It also stops by itself when this process goes away, since its standard input then closes.
 */
export async function startLabProcess(program: LabProgram, signal: AbortSignal): Promise<LabProcess> {
  signal.throwIfAborted();
  const child = spawn(process.execPath, [program.file, ...program.arguments], { env: environment(), stdio: 'pipe' });
  // Writing to, or closing, the input of a process that has just gone is no news.
  child.stdin.on('error', () => undefined);
  const words: string[] = [];
  createInterface({ input: child.stderr }).on('line', line => {
    words.push(line);
    if (words.length > LAST_WORDS) words.shift();
    program.log(line);
  });
  const ended = endOf(child).then(why => [...words, why].filter(Boolean).join('\n'));
  const stop = () => stopChild(child, ended);
  try {
    const line = await readyLine(child, ended, program.readyWithinMs, signal);
    return { description: parseLabDescription(line), ended, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Electron's binary acts as Node with this variable; the debugger's options of the extension host are not the lab's. */
function environment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _, ...rest } = process.env;
  return { ...rest, ELECTRON_RUN_AS_NODE: '1' };
}

/** Resolves when the process has ended and all it wrote was read; '' for an ordinary end. */
function endOf(child: ChildProcess): Promise<string> {
  return new Promise(resolve => {
    child.once('error', error => resolve(error.message));
    child.once('close', (code, by) => {
      if (by) resolve(by === 'SIGTERM' ? '' : l10n.t('Ended by {0}', by));
      else resolve(code ? l10n.t('Exit code {0}', code) : '');
    });
  });
}

function readyLine(
  child: ChildProcess & { readonly stdout: NodeJS.ReadableStream },
  ended: Promise<string>,
  withinMs: number,
  signal: AbortSignal,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => settle(() => reject(notReady(withinMs))), withinMs);
    const onAbort = () => settle(() => reject(signal.reason));
    const settle = (how: () => void) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      how();
    };
    signal.addEventListener('abort', onAbort, { once: true });
    createInterface({ input: child.stdout }).once('line', line => settle(() => resolve(line)));
    void ended.then(lastWords => settle(() => reject(endedEarly(lastWords))));
  });
}

async function stopChild(child: ChildProcess, ended: Promise<string>): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    // Windows knows no SIGTERM: there it would end the lab without letting it tidy up. The closed input tells it as well.
    if (process.platform !== 'win32') child.kill('SIGTERM');
    child.stdin?.end();
  }
  const force = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
  await ended;
  clearTimeout(force);
}

const endedEarly = (lastWords: string): LinkError =>
  new LinkError({
    reason: 'unreachable',
    venue: undefined,
    message: l10n.t('The practice lab ended before it was ready.'),
    ...(lastWords ? { serverText: lastWords } : {}),
  });

const notReady = (ms: number): LinkError =>
  new LinkError({
    reason: 'timeout',
    venue: undefined,
    message: l10n.t('The practice lab was not ready within {0} seconds, so it was stopped.', Math.round(ms / 1000)),
    advice: l10n.t('Start it again when the machine is less busy.'),
  });
