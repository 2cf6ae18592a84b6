// Bundles the extension into dist/. Options: --production (minified, no source maps), --watch (rebuilds on change, for F5).
import { globSync } from 'node:fs';
import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import * as esbuild from 'esbuild';

const root = resolve(import.meta.dirname, '..');
const dist = join(root, 'dist');
const production = process.argv.includes('--production');
const watch = process.argv.includes('--watch');

/** Node 22 is what the oldest supported VS Code runs extensions on. */
const node: esbuild.BuildOptions = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node22',
  external: ['vscode'],
  minify: production,
  sourcemap: production ? false : 'inline',
  logLevel: 'warning',
};

const fileUrl = { name: 'fileUrl', banner: 'const fileUrl=require("node:url").pathToFileURL(__filename).href;' };

/**
 * The extension, one file per lazily imported part. esbuild splits ES modules only and VS Code 1.105 wants CommonJS, so
 * split first and turn each file into CommonJS afterwards: activating costs about 1 ms this way and 63 ms as one file.
 */
const extension: esbuild.BuildOptions = {
  ...node,
  entryPoints: ['src/extension.ts'],
  format: 'esm',
  splitting: true,
  outdir: 'dist',
  outExtension: { '.js': '.cjs' },
  chunkNames: 'chunks/[name]-[hash]',
  write: false,
  plugins: [
    {
      name: 'split files to CommonJS',
      setup: build =>
        build.onEnd(async ({ outputFiles = [] }) => {
          await Promise.all(
            outputFiles.map(async file => {
              const { code } = await esbuild.transform(file.text, {
                format: 'cjs',
                platform: 'node',
                target: 'node22',
                supported: { 'dynamic-import': false },
                minify: production,
                sourcemap: production ? false : 'inline',
              });
              await mkdir(dirname(file.path), { recursive: true });
              await writeFile(file.path, code);
            }),
          );
        }),
    },
  ],
};

/** The practice lab: its own process, plain Node or Electron's. It looks for sqlite3.wasm beside itself. */
const lab: esbuild.BuildOptions = {
  ...node,
  entryPoints: { lab: 'src/lab/main.ts' },
  format: 'cjs',
  outdir: 'dist',
  outExtension: { '.js': '.cjs' },
  define: { 'import.meta.url': fileUrl.name },
  banner: { js: fileUrl.banner },
};

/** What the browser side of a webview loads: dist/webview/main.js and the style sheets. */
const webview: esbuild.BuildOptions = {
  absWorkingDir: root,
  entryPoints: ['src/webviews/ui/main.ts', ...globSync('src/webviews/ui/*.css', { cwd: root })],
  bundle: true,
  platform: 'browser',
  format: 'iife',
  target: 'es2022',
  minify: true,
  sourcemap: production ? false : 'inline',
  outdir: 'dist/webview',
  outbase: 'src/webviews/ui',
  logLevel: 'warning',
};

await rm(dist, { recursive: true, force: true });
await mkdir(dist, { recursive: true });
await copyFile(join(root, 'node_modules/@sqlite.org/sqlite-wasm/dist/sqlite3.wasm'), join(dist, 'sqlite3.wasm'));

const bundles = [extension, lab, webview];
if (watch) {
  for (const bundle of bundles) await (await esbuild.context({ ...bundle, logLevel: 'info' })).watch();
} else {
  await Promise.all(bundles.map(bundle => esbuild.build(bundle)));
}
