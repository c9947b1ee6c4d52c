/** Mutation testing of one room; scripts/test-mutation.js says which one, and reads the report. */
export default {
  testRunner: 'vitest',
  vitest: { configFile: 'vitest.mutation.config.ts' },
  plugins: ['@stryker-mutator/vitest-runner'],
  ignorePatterns: ['docs', 'workdir', '.cache', '*.arrow', 'bench/results'],
  // Every test of the room for every fault: what tests do beforehand, as judging a photo, is counted for none of them otherwise.
  coverageAnalysis: 'all',
  concurrency: 2,
  timeoutMS: 60_000,
  // On a machine with other work, loops that count their faults take minutes.
  dryRunTimeoutMinutes: 15,
  reporters: ['clear-text', 'progress', 'json'],
  clearTextReporter: { allowColor: false, reportTests: false },
  jsonReporter: { fileName: process.env.MUTATION_REPORT ?? '.cache/mutation.json' },
  tempDirName: '.cache/stryker',
};
