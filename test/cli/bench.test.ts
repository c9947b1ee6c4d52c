import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pipeline } from '../support/pipeline.js';

describe('pipeline bench', () => {
  it('says before it measures that it writes no report on the engines', async () => {
    const { code, stderr } = await pipeline('bench', '--engine', '--rounds', '1', '--report', join(tmpdir(), 'engines.json'));
    expect(stderr).toMatch(/--engine prints its table and writes no report/);
    expect(code).toBe(2);
  });
});
