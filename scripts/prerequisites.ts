// What the tests need besides npm packages: Chromium, FreeTDS (an independent TDS client) and ShellCheck.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Debian package → the program of it that is used. */
const packages: Readonly<Record<string, string>> = {
  chromium: 'chromium',
  'freetds-bin': 'tsql',
  shellcheck: 'shellcheck',
};

/** The first program of this name on PATH. */
export const onPath = (program: string): string | undefined =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .map(folder => join(folder, program))
    .find(file => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });

/** The Chromium that drives VS Code. CHROMIUM_PATH overrides it. Throws when there is none. */
export function chromiumPath(): string {
  const given = process.env.CHROMIUM_PATH;
  const found = given ?? ['chromium', 'chromium-browser', 'google-chrome'].map(onPath).find(path => path !== undefined);
  if (!found || !existsSync(found))
    throw new Error('Chromium was not found. Install it, or set CHROMIUM_PATH to its program file.');
  return found;
}

const missingPackages = () =>
  Object.entries(packages)
    .filter(([name, program]) => (name === 'chromium' && process.env.CHROMIUM_PATH ? false : !onPath(program)))
    .map(([name]) => name);

/** Installs what is missing where that is possible (Debian, as root). Throws with the command to type where it is not. */
export function ensurePrerequisites(): void {
  const missing = missingPackages();
  if (missing.length === 0) return;
  const mayInstall = onPath('apt-get') && process.getuid?.() === 0;
  if (!mayInstall) {
    throw new Error(
      `These programs are missing: ${missing.map(name => packages[name]).join(', ')}. ` +
        `On Debian or Ubuntu: sudo apt-get install ${missing.join(' ')}. Elsewhere install Chromium, FreeTDS and ShellCheck, ` +
        'and set CHROMIUM_PATH where Chromium is not on PATH.',
    );
  }
  const apt = (...args: string[]) =>
    spawnSync('apt-get', args, { stdio: ['ignore', 2, 2], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
  apt('update');
  apt('install', '--yes', '--no-install-recommends', ...missing);
  const still = missingPackages();
  if (still.length > 0) throw new Error(`apt-get could not install ${still.join(', ')}; its messages are above.`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    ensurePrerequisites();
    console.log('Chromium, FreeTDS and ShellCheck are here.');
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
