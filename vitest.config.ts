import { defineConfig } from 'vitest/config';

/** Tests that open sockets: everything under test/lab, and any test named so elsewhere. */
const lab = ['test/lab/**/*.test.ts', 'test/**/*.lab.test.ts'];
/** Tests that drive a real VS Code in Chromium. */
const e2e = ['test/e2e/**/*.e2e.test.ts'];
const notOurs = ['**/node_modules/**', '**/dist/**'];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          setupFiles: ['test/seed.ts'],
          environment: 'node',
          include: ['test/**/*.test.ts'],
          exclude: [...notOurs, ...lab, ...e2e],
        },
      },
      {
        test: {
          name: 'lab',
          setupFiles: ['test/seed.ts'],
          environment: 'node',
          include: lab,
          exclude: [...notOurs, ...e2e],
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'e2e',
          globalSetup: 'test/e2e/harness/before-all.ts',
          environment: 'node',
          include: e2e,
          exclude: notOurs,
          fileParallelism: false,
          maxWorkers: 1,
          testTimeout: 180_000,
          // A busy machine is slow; a condition that holds ends the wait at once.
          expect: { poll: { timeout: 30_000 } },
          hookTimeout: 240_000,
        },
      },
    ],
  },
});
