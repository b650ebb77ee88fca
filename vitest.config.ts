import { defineConfig } from 'vitest/config';

/** Rooms whose tests change nothing of their process (no environment, no module, no folder): their files share a worker each, which saves a start per file. */
const ALONE = 'azure|browser|cli|conformance|e2e|functions|local|real-engine|real-worker';

export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    // Real hosts and storage on a shared runner: a second try there, told as such in the report; none on a laptop, where it should be looked into.
    retry: process.env.CI ? 1 : 0,
    projects: [
      {
        extends: true,
        test: {
          name: 'parts',
          include: [`test/!(${ALONE})/**/*.test.ts`],
          isolate: false,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'whole',
          include: [`test/+(${ALONE})/**/*.test.ts`, 'test/*.test.ts'],
          globalSetup: ['test/e2e/cloud-keeper.ts'],
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
