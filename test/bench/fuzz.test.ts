import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const script = fileURLToPath(new URL('../../bench/fuzz.js', import.meta.url));

describe('damaged files of each format of our own', () => {
  // As many as take about a second; thousands are for bench/fuzz.js itself.
  it.each([
    ['raw', 200], ['journal', 100], ['packed', 60], ['checkpoint', 200], ['config', 200], ['report', 100], ['sidecar', 500],
  ])('are read or refused in words: %s', (format, count) => {
    const { stdout, stderr, status } = spawnSync(process.execPath, [script, String(count), '7', format], { encoding: 'utf8' });
    expect(stdout, stderr).toMatch(new RegExp(`^${format}: ${String(count)} mutations .* failed otherwise 0, crashes 0, hangs 0,`, 'm'));
    expect(status).toBe(0);
    // Neither is everything damaged beyond reading, nor nothing.
    expect(stdout).toMatch(/: read [1-9]\d*, refused in words [1-9]/);
  });
});
