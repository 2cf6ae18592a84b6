import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { openSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { installVsCode, serverMain } from './install.ts';

/** A running VS Code server. */
export interface VsCodeServer {
  /** The workbench, with the token that lets a browser in. */
  readonly url: string;
  /** Ends the server and every extension host it started. */
  stop(): Promise<void>;
}

/** What a VS Code server starts with. */
export interface VsCodeServerOptions {
  /** Everything it writes goes here: settings, extensions, logs (server.log). A fresh folder gives a fresh VS Code. */
  readonly home: string;
  /** Files to install as extensions. */
  readonly vsix: readonly string[];
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Added to the environment, which the extension host inherits. */
  readonly env?: Readonly<Record<string, string>>;
  /** 0 or nothing: any free port of the loopback interface. */
  readonly port?: number;
  /** The folder the workbench opens. */
  readonly folder?: string;
}

/** Settings that keep a first start quiet: no welcome, no chat, no telemetry. */
const quiet = {
  'workbench.startupEditor': 'none',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.tips.enabled': false,
  'chat.disableAIFeatures': true,
  'telemetry.telemetryLevel': 'off',
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'git.enabled': false,
  'remote.autoForwardPorts': false,
  'security.workspace.trust.enabled': false,
};

const freePort = () =>
  new Promise<number>((resolve, reject) => {
    const probe = createServer();
    probe.on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        address && typeof address === 'object' ? resolve(address.port) : reject(new Error('No port')),
      );
    });
  });

/** Installs VS Code if need be, starts it on the loopback interface, and resolves when it answers. Throws when it does not within 60 s. */
export async function startVsCode(options: VsCodeServerOptions): Promise<VsCodeServer> {
  await installVsCode();
  const { home, settings, env, vsix, folder } = options;
  const extensions = join(home, 'extensions');
  await mkdir(join(home, 'data/User'), { recursive: true });
  await mkdir(extensions, { recursive: true });
  await writeFile(join(home, 'data/User/settings.json'), JSON.stringify({ ...quiet, ...settings }, undefined, 2));
  const log = openSync(join(home, 'server.log'), 'a');
  const run = (...args: string[]) =>
    spawn(process.execPath, [serverMain, '--server-data-dir', home, '--extensions-dir', extensions, ...args], {
      env: { ...process.env, ...env },
      stdio: ['ignore', log, log],
      detached: true,
    });

  for (const file of vsix) {
    const code = await exited(run('--install-extension', file, '--force'));
    if (code !== 0) throw new Error(`VS Code did not install ${file}; see ${join(home, 'server.log')}`);
  }

  const port = options.port || (await freePort());
  const token = randomBytes(16).toString('hex');
  const server = run(
    ...['--host', '127.0.0.1', '--port', `${port}`, '--connection-token', token],
    ...['--accept-server-license-terms', '--telemetry-level', 'off', '--disable-workspace-trust'],
  );
  const stop = () => endGroup(server);
  try {
    await answers(`http://127.0.0.1:${port}/version`, server);
  } catch (error) {
    await stop();
    throw new Error(`VS Code did not start; see ${join(home, 'server.log')}`, { cause: error });
  }
  const where = folder ? `&folder=${encodeURIComponent(folder)}` : '';
  return { url: `http://127.0.0.1:${port}/?tkn=${token}${where}`, stop };
}

const exited = (child: ChildProcess) =>
  new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', resolve);
  });

async function answers(url: string, server: ChildProcess): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (server.exitCode === null && Date.now() < deadline) {
    const answer = await fetch(url, { signal: AbortSignal.timeout(5_000) }).catch(() => undefined);
    if (answer?.ok) return;
    await sleep(100);
  }
  throw new Error(server.exitCode === null ? 'No answer within 60 s' : `It ended with exit code ${server.exitCode}`);
}

/** Extension hosts are the server's children: end the whole process group, gently first. */
async function endGroup(server: ChildProcess): Promise<void> {
  const group = server.pid;
  if (group === undefined) return;
  const kill = (signal: NodeJS.Signals | 0) => {
    try {
      return process.kill(-group, signal);
    } catch {
      return false;
    }
  };
  kill('SIGTERM');
  for (let waited = 0; kill(0) && waited < 5_000; waited += 50) await sleep(50);
  kill('SIGKILL');
}
