import { defineConfig } from 'vitest/config';

/** The tests of the rooms that mutation testing plants faults in; those that start the built command would not see a fault. */
export default defineConfig({
  test: {
    include: ['test/{pipeline,classify,blur,exposure}/**/*.test.ts', 'test/train/data/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 240_000,
    pool: 'threads',
    maxWorkers: 1,
  },
});
