import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageFolder } from '../../src/files/package.js';

describe('the examples of a net and callbacks of one\'s own', () => {
  it('fit the types that they name', () => {
    const tsc = join(packageFolder, 'node_modules', 'typescript', 'bin', 'tsc');
    expect(execFileSync(process.execPath, [tsc, '-p', join(packageFolder, 'docs', 'examples')], { encoding: 'utf8' })).toBe('');
  });
});
