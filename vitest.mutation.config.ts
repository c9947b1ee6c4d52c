import { defineConfig } from 'vitest/config';

/** The tests that mutation testing runs: those of one room, in one process; scripts/test-mutation.js says which. */
export default defineConfig({
  test: {
    include: [process.env['MUTATION_TESTS'] ?? 'test/{pipeline,classify,blur,exposure}/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 240_000,
    pool: 'threads',
    maxWorkers: 1,
  },
});
