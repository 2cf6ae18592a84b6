// Makes managed-instance-link-<version>.vsix in the project's folder, and prints where.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createVSIX } from '@vscode/vsce';

const root = resolve(import.meta.dirname, '..');

/** Builds and packages the extension; gives the path of the .vsix file. */
export async function packageExtension(): Promise<string> {
  const { name, version } = JSON.parse(readFileSync(resolve(root, 'package.json'), 'utf8')) as Record<string, string>;
  const packagePath = resolve(root, `${name}-${version}.vsix`);
  // createVSIX runs vscode:prepublish, the production build. All dependencies are in the bundles.
  await createVSIX({
    cwd: root,
    packagePath,
    dependencies: false,
    allowMissingRepository: true,
    rewriteRelativeLinks: false,
  });
  return packagePath;
}

/** The .vsix that MI_LINK_VSIX names (a test run packages once, for all its stages), else a new one. */
export async function packagedExtension(): Promise<string> {
  const given = process.env.MI_LINK_VSIX;
  return given && existsSync(given) ? given : packageExtension();
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const vsix = await packageExtension();
  console.log(`${vsix} (${(statSync(vsix).size / 1_000_000).toFixed(2)} MB)`);
}
