import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { packagedExtension } from '../../scripts/package.ts';
import { zipEntries } from './zip-entries.ts';

let files: readonly string[];
let size: number;

beforeAll(async () => {
  const zip = readFileSync(await packagedExtension());
  size = zip.length;
  files = zipEntries(zip).map(name => name.replace(/^extension\//, ''));
}, 120_000);

/** Every file of the package matches one of these; nothing else may travel to a user. */
const allowed = [
  /^\[Content_Types\]\.xml$/,
  /^extension\.vsixmanifest$/,
  /^package(\.nls(\.[\w-]+)?)?\.json$/,
  /^(readme|changelog)\.md$/i,
  /^LICENSE(\.txt|\.md)?$/,
  /^l10n\/bundle\.l10n(\.[\w-]+)?\.json$/,
  /^media\/(icon\.png|link(-dark|-light)?\.svg|walkthrough\/[\w.-]+\.(svg|png|md))$/,
  /^dist\/(extension|lab)\.cjs$/,
  /^dist\/chunks\/[\w.-]+\.cjs$/,
  /^dist\/sqlite3\.wasm$/,
  /^dist\/webview\/[\w.-]+\.(js|css)$/,
];

describe('the packaged extension', () => {
  it('holds only what a user needs', () => {
    expect(files.filter(file => !allowed.some(rule => rule.test(file)))).toEqual([]);
  });

  it.each([
    /^package\.json$/,
    /^package\.nls\.json$/,
    /^readme\.md$/i,
    /^changelog\.md$/i,
    /^LICENSE/,
    /^l10n\/bundle\.l10n\.json$/,
    /^media\/icon\.png$/,
    /^media\/link\.svg$/,
    /^dist\/extension\.cjs$/,
    /^dist\/lab\.cjs$/,
    /^dist\/sqlite3\.wasm$/,
    /^dist\/webview\/main\.js$/,
    /^dist\/webview\/wizard\.css$/,
  ])('has %s', wanted => {
    expect(files.some(file => wanted.test(file))).toBe(true);
  });

  it.each(['src/', 'test/', 'scripts/', 'node_modules/', '.vscode/', '.ci/', '.map', '.ts'])(
    'has nothing of %s',
    part => {
      expect(files.filter(file => file.startsWith(part) || file.endsWith(part))).toEqual([]);
    },
  );

  it('is smaller than 3 MB', () => {
    expect(size).toBeLessThan(3_000_000);
  });
});
