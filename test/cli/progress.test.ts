import { afterEach, describe, expect, it, vi } from 'vitest';
import { createProgress } from '../../src/cli/progress.js';

describe('a progress bar on a terminal', () => {
  const { isTTY } = process.stderr;
  afterEach(() => {
    process.stderr.isTTY = isTTY;
    vi.restoreAllMocks();
  });

  it('is gone once it was stopped, whatever is still finished afterwards', () => {
    process.stderr.isTTY = true;
    const written = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const progress = createProgress(10);
    progress.step();
    expect(written.mock.calls.join('')).toMatch(/10 photos/);
    progress.stop();
    written.mockClear();
    progress.step();
    progress.stop();
    expect(written).not.toHaveBeenCalled();
    progress.note('a.jpg is damaged');
    expect(written.mock.calls.join('')).toMatch(/a\.jpg is damaged/);
  });
});
