import { spawn } from 'node:child_process';
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const root = resolve(import.meta.dirname, '../..');
const home = join(root, '.vscode-server');
const vscode = join(home, 'node_modules/code-server/lib/vscode');
const stamp = join(home, 'installed.json');
const pinned = ['package.json', 'package-lock.json'];

/** VS Code's own server. It must be run by the project's Node 24: on Node 20 it answers, but the workbench never loads. */
export const serverMain = join(vscode, 'out/server-main.js');

const npm = (cwd: string, ...args: string[]) =>
  new Promise<void>((done, reject) => {
    const command = ['npm', ...args, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    const child = spawn(command.join(' '), { cwd, shell: true, stdio: ['ignore', 2, 2] });
    child.on('error', reject);
    child.on('exit', code => (code === 0 ? done() : reject(new Error(`${command.join(' ')} failed in ${cwd}`))));
  });

/**
 * Installs the pinned VS Code server into .vscode-server/ unless it is there already (about 15 s, 600 MB, npm packages only).
 * No install script runs: VS Code's server needs no launcher and nothing compiled. Throws when npm fails.
 */
export async function installVsCode(): Promise<void> {
  const lock = await readFile(join(import.meta.dirname, 'package-lock.json'), 'utf8');
  if ((await readFile(stamp, 'utf8').catch(() => undefined)) === lock) return;
  console.error('Installing a real VS Code (code-server) into .vscode-server/…');
  await rm(home, { recursive: true, force: true });
  await mkdir(home, { recursive: true });
  for (const file of pinned) await copyFile(join(import.meta.dirname, file), join(home, file));
  await npm(home, 'ci');
  // The package holds VS Code's own dependencies only as a shrinkwrap, which npm ci refuses there.
  await npm(vscode, 'install', '--omit=dev');
  await npm(join(vscode, 'extensions'), 'install', '--omit=dev');
  await copyFile(join(import.meta.dirname, 'spdlog.cjs'), join(vscode, 'node_modules/@vscode/spdlog/index.js'));
  await writeFile(stamp, lock);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await installVsCode();
