import { defineConfig } from 'vitest/config';

/**
 * Rooms whose tests have a process for each file: they change its environment, modules or folder, or a library's tables that all of it shares (what
 * the generator of samples writes with the workbook library stays in its list of formats). The files of the others share a worker, which saves
 * a start per file.
 */
const ALONE = 'azure|browser|cli|conformance|documents|functions|local|real-engine|real-worker|samples';

/** The engine of Azure polls and waits for leases; of what vitest is told on the command line a project takes the time of tests, not that of hooks. */
const PATIENCE_MS = process.env.SLUICE_TEST_HOST === 'real-engine' ? 600_000 : 60_000;

export default defineConfig({
  test: {
    testTimeout: PATIENCE_MS,
    hookTimeout: PATIENCE_MS,
    maxWorkers: 2,
    // Real hosts and storage on a shared runner: a second try there, told as such in the report; none on a laptop, where it should be looked into.
    retry: process.env.CI ? 1 : 0,
    projects: [
      {
        extends: true,
        test: {
          name: 'parts',
          include: [`test/!(e2e|${ALONE})/**/*.test.ts`],
          isolate: false,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'whole',
          include: [`test/+(${ALONE})/**/*.test.ts`, 'test/*.test.ts'],
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          // They share a local cloud per worker (cloud-keeper.ts), and the compiled command line as it is loaded.
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          isolate: false,
          server: { deps: { external: [/\/dist\//] } },
          globalSetup: ['test/e2e/cloud-keeper.ts'],
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
