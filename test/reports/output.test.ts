import { mkdirSync, mkdtempSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/pipeline/config.js';
import { reportOutput } from '../../src/reports/output.js';
import type { RunOutput } from '../../src/run/sink.js';
import { canMount, Disk, withoutMount } from '../support/disk.js';

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

  it('reads the models for a report that names them, and for no other', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'output-'));
    const config = loadConfig({ classify: { model: join(folder, 'none.onnx') } });
    const open = async (...names: readonly string[]): Promise<void> => {
      const output = reportOutput({ reports: names.map((name) => join(folder, name)), folder, config, times: false });
      for (const sink of await output.open(() => undefined)) await sink.discard();
      output.close();
    };
    await open('out.csv', 'out.jsonl', 'out.html');
    for (const name of ['out.json', 'out.arrow']) await expect(open('out.csv', name)).rejects.toThrow(/none\.onnx/);
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe.skipIf(!canMount)(`the room that a run asks for${withoutMount}`, () => {
  const base = mkdtempSync(join(tmpdir(), 'room-'));
  const mounted = join(base, 'mounted');
  const photos = Array.from({ length: 10 }, (_, index) => ({ path: join(base, `${String(index)}.jpg`), photo: `${String(index)}.jpg` }));
  const csv = { folder: base, config: loadConfig(), times: false };
  const none = { photos, isJournaled: () => false, keeps: false };
  const allBut = (count: number) => ({ ...none, isJournaled: (photo: string) => Number(photo.slice(0, 1)) >= count });
  let disk: Disk;

  beforeAll(async () => {
    mkdirSync(mounted);
    // Rows of ten photos, and what a journal has of six.
    disk = await Disk.ofSize(mounted, 92);
  });

  afterAll(() => disk.close());

  it('is that of the journal for the photos that are not in it yet, and of the whole report', async () => {
    const output = reportOutput({ ...csv, reports: [disk.at('out.csv')] });
    await expect(output.check(none)).rejects.toThrow(/0\.1 MB are free, 0\.1 MB may be needed/);
    await expect(output.check(allBut(7))).rejects.toThrow(/too full for the report/);
    await expect(output.check(allBut(6))).resolves.toBeUndefined();
  });

  it('is that of the journal once more where it is kept', async () => {
    const output = reportOutput({ ...csv, reports: [disk.at('out.csv')] });
    await expect(output.check({ ...allBut(0), keeps: true })).rejects.toThrow(/too full for the report/);
  });

  it('is none for sidecars that are there', async () => {
    const folder = disk.at('');
    const onDisk = Array.from({ length: 25 }, (_, index) => ({ path: join(folder, `${String(index)}.jpg`), photo: `${String(index)}.jpg` }));
    const output = reportOutput({ ...csv, folder, reports: [join(base, 'out.csv')], sidecars: { editor: 'darktable', force: false, followLinks: false } });
    await expect(output.check({ ...none, photos: onDisk })).rejects.toThrow(/too full for the sidecars/);
    for (const { path } of onDisk.slice(0, 5)) writeFileSync(`${path}.xmp`, '');
    await expect(output.check({ ...none, photos: onDisk })).resolves.toBeUndefined();
  });
});
