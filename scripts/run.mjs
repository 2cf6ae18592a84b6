// The one door to every npm script: `node scripts/run.mjs TARGET [args…]`, on any Node from 20 on, from a fresh clone too.
// A TARGET ending in .ts runs under the project's own Node 24; any other TARGET is a tool of node_modules/.bin.
// What it installs is reported on stderr, so that stdout belongs to the target alone.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = join(root, 'node_modules', '.bin');
const node24 = join(bin, process.platform === 'win32' ? 'node.cmd' : 'node');
const installing = join(root, '.installing');
const windows = process.platform === 'win32';

const readLock = file => {
  try {
    return JSON.parse(readFileSync(join(root, file), 'utf8')).packages;
  } catch {
    return undefined;
  }
};

/** npm's own record of what it put into node_modules against the lock file; optional packages depend on the platform. */
const isInstalled = () => {
  const wanted = readLock('package-lock.json');
  const present = readLock('node_modules/.package-lock.json');
  if (!wanted || !present) return false;
  return Object.entries(wanted).every(
    ([path, { version, optional }]) => path === '' || optional || present[path]?.version === version,
  );
};

const nodeWorks = () =>
  spawnSync(node24, ['-p', 'process.versions.node'], { encoding: 'utf8', shell: windows }).stdout?.startsWith('24.');

const npm = (...args) => {
  const { status } = spawnSync('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: windows,
  });
  return status === 0;
};

const fail = message => {
  console.error(message);
  process.exit(1);
};

const isAlive = pid => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
};

/** Two scripts started at once in a fresh clone must not both install. A lock whose process is gone was left by a crash. */
const withInstallLock = async install => {
  for (;;) {
    try {
      writeFileSync(installing, `${process.pid}`, { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      await sleep(500);
      const owner = existsSync(installing) ? Number(readFileSync(installing, 'utf8')) : 0;
      if (owner > 0 && !isAlive(owner)) rmSync(installing, { force: true });
    }
  }
  process.once('exit', () => rmSync(installing, { force: true }));
  install();
  rmSync(installing, { force: true });
};

const install = () => {
  if (!isInstalled()) {
    console.error('Installing the packages of package-lock.json (npm ci)…');
    if (!npm('ci'))
      fail('npm ci failed. Its messages are above; the network or the package registry may be out of reach.');
  }
  // Where npm does not run install scripts (npm 11 with strict settings, --ignore-scripts) these binaries are still missing.
  if (!nodeWorks() && !(npm('rebuild', 'node', 'esbuild', '--ignore-scripts=false') && nodeWorks())) {
    fail(
      'node_modules/.bin/node is not a working Node 24: allow the install scripts of "node" and "esbuild", then run npm ci.',
    );
  }
};

const [target, ...args] = process.argv.slice(2);
if (!target) fail('Usage: node scripts/run.mjs TARGET [args…]');
if (!isInstalled() || !nodeWorks()) await withInstallLock(install);

const [command, commandArgs] = target.endsWith('.ts')
  ? [node24, [join(root, target), ...args]]
  : [join(bin, windows ? `${target}.cmd` : target), args];
const child = spawn(command, commandArgs, {
  stdio: 'inherit',
  shell: windows,
  env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ''}` },
});

// Ctrl+C at a terminal reaches the child by itself (same process group); a second one would be taken for "stop at once".
for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT']) {
  process.on(signal, () => {
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
  });
}
// npm killed outright passes nothing on, and its shell may go on waiting: notice that either is gone, and do not outlive it.
const parentOf = pid => {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[1];
  } catch {
    return undefined;
  }
};
const ancestors = () => `${process.ppid} ${parentOf(process.ppid)}`;
const atStart = ancestors();
const watch = setInterval(() => {
  if (!process.env.npm_lifecycle_event || ancestors() === atStart) return;
  clearInterval(watch);
  child.kill('SIGTERM');
}, 100);

child.on('error', error => fail(`Cannot start ${target}: ${error.message}`));
child.on('exit', (code, signal) => {
  clearInterval(watch);
  process.exit(code ?? 128 + (constants.signals[signal] ?? 0));
});
