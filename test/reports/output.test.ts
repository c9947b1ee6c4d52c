import { mkdtempSync, readdirSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/pipeline/config.js';
import { reportOutput } from '../../src/reports/output.js';
import type { RunOutput } from '../../src/run/sink.js';

describe('the output of a run', () => {
  it('is one run\'s at a time, also where the other names the report by a link, and another\'s after it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'output-'));
    symlinkSync('out.csv', join(folder, 'link.csv'));
    const output = (name: string): RunOutput =>
      reportOutput({ reports: [join(folder, 'more.json'), join(folder, name)], folder, config: loadConfig(), times: false });
    const first = output('out.csv');
    const sinks = await first.open(() => undefined);
    for (const name of ['out.csv', 'link.csv']) {
      await expect(output(name).open(() => undefined)).rejects.toThrow(/Another run is at work on the report .*more\.json \(process \d+ on /);
    }
    const alone = reportOutput({ reports: [join(folder, 'link.csv')], folder, config: loadConfig(), times: false });
    await expect(alone.open(() => undefined)).rejects.toThrow(/at work on the report .*link\.csv/);
    for (const sink of sinks) await sink.discard();
    first.close();
    for (const sink of await alone.open(() => undefined)) await sink.discard();
    alone.close();
    expect(readdirSync(folder)).toEqual(['link.csv']);
  });
});
