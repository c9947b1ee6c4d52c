import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pack } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCsvRows, type CsvRow } from '../../src/reports/csv.js';
import { pipeline } from '../support/pipeline.js';
import { demoPhotos } from '../support/shared-data.js';

describe('a run over tars', () => {
  let folder: string;
  let shard: string;
  const tar = async (name: string, files: Readonly<Record<string, Buffer | string>>): Promise<string> => {
    const tarred = pack();
    for (const [file, content] of Object.entries(files)) tarred.entry({ name: file }, content);
    tarred.finalize();
    writeFileSync(join(folder, name), await buffer(tarred));
    return join(folder, name);
  };
  /** What a report says, but for names and times. */
  const rowsOf = (path: string): Record<string, string>[] => readCsvRows(readFileSync(path, 'utf8'))
    .map((row: CsvRow) => ({ ...row, photo: row.photo.replace(/^.*\//, ''), file_modified: '' }));

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tars-'));
    mkdirSync(join(folder, 'loose'));
    for (const photo of [1, 3]) copyFileSync(demoPhotos[photo] ?? '', join(folder, 'loose', `000${String(photo)}.jpg`));
    writeFileSync(join(folder, 'loose', 'broken.jpg'), 'no photo');
    const names = readdirSync(join(folder, 'loose'));
    shard = await tar('shard-000.tar', {
      ...Object.fromEntries(names.toReversed().map((name) => [`./${name}`, readFileSync(join(folder, 'loose', name))])),
      '0001.json': '{"caption":"people"}', '0001.cls': '7', '._0001.jpg': 'of a Mac',
    });
  });
  afterAll(() => { rmSync(folder, { recursive: true }); });

  it('says of the photos in them what it says of the same photos in a folder', async () => {
    const [csv, loose] = [join(folder, 'tar.csv'), join(folder, 'loose.csv')];
    const { code, stderr } = await pipeline('run', shard, '--report', csv, '--debug-crops', join(folder, 'crops'));
    expect(code, stderr).toBe(3);
    await pipeline('run', join(folder, 'loose'), '--report', loose);
    expect(readCsvRows(readFileSync(csv, 'utf8'))[0]?.photo).toBe('shard-000.tar/0001.jpg');
    expect(rowsOf(csv)).toEqual(rowsOf(loose));
    expect(readdirSync(join(folder, 'crops', 'shard-000.tar'))).toContain('0003.jpg.faces.jpg');
  });

  it('knows with --update what it has judged in them', async () => {
    const run = ['run', shard, '--report', join(folder, 'update.csv'), '--update', '--compare-content'];
    await pipeline(...run);
    const { stderr } = await pipeline(...run);
    expect(stderr).toMatch(/2 of 3 photos were done before/);
  });

  it('leaves out a tar that leads out of itself, and says so; others are judged', async () => {
    const hostile = await tar('hostile.tar', { 'a.jpg': readFileSync(demoPhotos[2] ?? ''), '../../evil.jpg': 'x' });
    const { code, stdout, stderr } = await pipeline('run', shard, hostile, '--report', '-');
    expect(stderr).toMatch(/hostile\.tar was left out: a name in it leads out of it/);
    expect(new Set(readCsvRows(stdout).map(({ photo }) => photo.split('/')[0]))).toEqual(new Set(['shard-000.tar']));
    expect(code).toBe(3);
    expect((await pipeline('run', hostile)).code).toBe(2);
  });

  it('refuses a photo in a tar that is larger than image.max_megabytes before it is read', async () => {
    const { stdout } = await pipeline('run', shard, '--report', '-', '--set', 'image.max_megabytes=0.1');
    expect(stdout).toMatch(/0001\.jpg,error,.*the limit is 0\.1 \(image\.max_megabytes\)/);
  });

  it('writes no sidecars: there is no place for them', async () => {
    const { code, stderr } = await pipeline('run', shard, '--xmp', 'lightroom');
    expect(stderr).toMatch(/there is no place beside a photo in a tar/);
    expect(code).toBe(2);
  });
});
