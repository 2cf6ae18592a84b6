// `npm start`: the extension and a practice lab in a VS Code of its own. The desktop `code` where there is one and a
// display, else a real VS Code in the browser. Ctrl+C stops everything.
// Options: --no-open (never open a window, print the address), --port N, --scenario NAME.
import { spawn } from 'node:child_process';
import { copyFile, mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { packageExtension } from './package.ts';
import { startPracticeLab } from './practice-lab.ts';
import { onPath } from './prerequisites.ts';
import { startVsCode } from './vscode/server.ts';

const { values } = parseArgs({
  options: {
    'no-open': { type: 'boolean', default: false },
    port: { type: 'string', default: '0' },
    scenario: { type: 'string', default: 'sql2019' },
  },
});

const root = resolve(import.meta.dirname, '..');
const home = join(root, '.practice');
const display = process.platform !== 'linux' || process.env.DISPLAY || process.env.WAYLAND_DISPLAY;
const code = values['no-open'] || !display ? undefined : onPath(process.platform === 'win32' ? 'code.cmd' : 'code');

const toStop: (() => Promise<void>)[] = [];
let stopping = false;
const stop = async (exitCode: number) => {
  if (stopping) return;
  stopping = true;
  for (const one of toStop.reverse()) await one();
  process.exit(exitCode);
};
process.on('SIGINT', () => void stop(0));
process.on('SIGTERM', () => void stop(0));

const openDesktop = async (program: string, env: Readonly<Record<string, string>>) => {
  // A VS Code of its own: the person's settings and extensions are neither used nor touched.
  const args = [
    '--new-window',
    '--user-data-dir',
    join(home, 'desktop'),
    '--extensions-dir',
    join(home, 'desktop-ext'),
  ];
  spawn(program, [...args, '--disable-workspace-trust', `--extensionDevelopmentPath=${root}`], {
    stdio: 'inherit',
    shell: process.platform === 'win32',
    env: { ...process.env, ...env },
  });
  console.log('VS Code opens with the extension and the practice server.');
};

const openServer = async (vsix: string, env: Readonly<Record<string, string>>) => {
  const server = await startVsCode({ home: join(home, 'server'), vsix: [vsix], env, port: Number(values.port) });
  toStop.push(server.stop);
  console.log(`VS Code with the extension and the practice server: ${server.url}`);
};

const start = async () => {
  await rm(home, { recursive: true, force: true });
  await mkdir(home, { recursive: true, mode: 0o700 });
  const vsix = await packageExtension();
  const lab = await startPracticeLab(values.scenario);
  toStop.push(lab.stop);
  const file = join(home, 'lab.json');
  await copyFile(lab.file, file);
  toStop.push(() => rm(file, { force: true }));
  const env = { MI_LINK_PRACTICE_LAB: file };
  console.log(`Practice lab: ${lab.description.sqlServer.host},${lab.description.sqlServer.port} (details in ${file})`);
  await (code ? openDesktop(code, env) : openServer(vsix, env));
  console.log('Ctrl+C stops it.');
};

try {
  await start();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  await stop(1);
}
