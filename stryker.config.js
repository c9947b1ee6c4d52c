/** Mutation testing of one room; scripts/test-mutation.js says which one, and reads the report. */
export default {
  testRunner: 'vitest',
  vitest: { configFile: 'vitest.mutation.config.ts' },
  plugins: ['@stryker-mutator/vitest-runner'],
  ignorePatterns: ['docs', 'workdir', '.cache', '*.arrow'],
  coverageAnalysis: 'perTest',
  // Constants of a module are read once, when a test file loads it: to test a fault in one of them all files run again.
  ignoreStatic: true,
  concurrency: 2,
  timeoutMS: 60_000,
  reporters: ['clear-text', 'progress', 'json'],
  clearTextReporter: { allowColor: false, reportTests: false },
  jsonReporter: { fileName: process.env.MUTATION_REPORT ?? '.cache/mutation.json' },
  tempDirName: '.cache/stryker',
};
