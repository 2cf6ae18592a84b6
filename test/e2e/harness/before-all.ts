import { globSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { packagedExtension } from '../../../scripts/package.ts';

const screenshots = resolve(import.meta.dirname, '../../../.e2e/screenshots');

/** One package for all end-to-end tests of a run (the workers find it by MI_LINK_VSIX), and no pictures of failures of an earlier one. */
export default async function beforeAll(): Promise<void> {
  for (const file of globSync('failed-*.png', { cwd: screenshots })) await rm(resolve(screenshots, file));
  process.env.MI_LINK_VSIX = await packagedExtension();
}
