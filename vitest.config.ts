import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/e2e/cloud-keeper.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    // Real hosts and storage on a shared runner: a second try there, told as such in the report; none on a laptop, where it should be looked into.
    retry: process.env.CI ? 1 : 0,
  },
});
