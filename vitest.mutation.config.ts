import { defineConfig } from 'vitest/config';
import type { Reporter, TestModule, Vitest } from 'vitest/node';

/**
 * Mutation testing looks at tests alone: a file that a fault keeps from beginning, or whose beforeAll fails, has none that failed and
 * would pass for one that noticed nothing. It is made an error of the run here.
 */
class BrokenFiles implements Reporter {
  private vitest: Vitest | undefined;

  onInit(vitest: Vitest): void {
    this.vitest = vitest;
  }

  onTestModuleEnd(file: TestModule): void {
    const [failed] = file.children.allTests('failed');
    if (file.state() === 'failed' && failed === undefined) this.vitest?.state.catchError(new Error(`${file.moduleId} cannot run.`), 'Broken file');
  }
}

/** The tests that mutation testing runs: those of one room, in one process; scripts/test-mutation.js says which. */
export default defineConfig({
  test: {
    include: (process.env['MUTATION_TESTS'] ?? 'test/{pipeline,classify,blur,exposure}/**/*.test.ts').split(' '),
    testTimeout: 120_000,
    hookTimeout: 240_000,
    pool: 'threads',
    maxWorkers: 1,
    reporters: [new BrokenFiles()],
  },
});
