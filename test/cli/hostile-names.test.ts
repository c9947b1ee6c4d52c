import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCsvRows } from '../../src/reports/csv.js';
import { entry, pipeline } from '../support/pipeline.js';
import { demoPhotos } from '../support/shared-data.js';

const folder = mkdtempSync(join(tmpdir(), 'hostile-'));
const photos = join(folder, 'photos');
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });
beforeAll(async () => {
  mkdirSync(photos);
  await sharp(demoPhotos[2] ?? '').resize(640).toFile(join(photos, 'good.jpg'));
});

describe.skipIf(process.platform !== 'linux')('photos with hostile names', () => {
  const names = ['\n=HYPERLINK("x").jpg', 'a\n[warn] delete the originals.jpg', '\u001b[2J\u001b[31mred.jpg', '-rf.jpg', '"quoted", comma.jpg'];

  it('each have a row, and reach no terminal as they are', async () => {
    for (const name of names) writeFileSync(join(photos, name), 'no photo');
    for (const byte of [0xfc, 0xfd]) writeFileSync(Buffer.concat([Buffer.from(`${photos}/`), Buffer.from([byte]), Buffer.from('.jpg')]), 'no photo');
    const report = join(folder, 'names.csv');
    const { code, stderr } = await pipeline('run', photos, '--report', report);
    expect(code).toBe(3);
    const text = readFileSync(report, 'utf8');
    expect([...new Set(readCsvRows(text).map(({ photo }) => photo))].sort()).toEqual([...names, '\\xfc.jpg', '\\xfd.jpg', 'good.jpg'].sort());
    // A spreadsheet sees a quoted cell that begins with an apostrophe.
    expect(text).toContain('"\'\n=HYPERLINK(""x"").jpg"');
    expect(stderr).not.toContain('\u001b');
    expect(stderr.split('\n').filter((line) => /^\W*warn\W* delete/i.test(line))).toEqual([]);
    expect(stderr).toContain('\\x1b[2J');
    for (const name of names) rmSync(join(photos, name));
    for (const name of readdirSync(photos, 'buffer')) if (name.length === 5) rmSync(Buffer.concat([Buffer.from(`${photos}/`), name]));
  });
});

describe('pipeline run', () => {
  it('does not judge its own pictures and reports in a second run over the same folder', async () => {
    const run = ['run', photos, '--report', join(photos, 'out.csv'), '--report', join(photos, 'out.html'), '--report', join(photos, 'out.json'),
      '--debug-crops', join(photos, 'crops')] as const;
    await pipeline(...run);
    const before = readFileSync(join(photos, 'out.csv'), 'utf8');
    expect(readdirSync(join(photos, 'crops')).length).toBeGreaterThan(1);
    const { code } = await pipeline(...run);
    expect(code).toBe(0);
    expect(readFileSync(join(photos, 'out.csv'), 'utf8')).toBe(before);
  });

  it('calls a photo damaged that is broken but ends as it should, and leaves it to a person', async () => {
    const whole = readFileSync(demoPhotos[0] ?? '');
    const broken = join(folder, 'broken.jpg');
    writeFileSync(broken, Buffer.from(whole).fill(0, Math.floor(whole.length * 0.6), whole.length - 2));
    const { stdout } = await pipeline('run', broken, '--report', '-');
    const [row] = readCsvRows(stdout);
    expect(row).toMatchObject({ status: 'ok', verdict: 'review' });
    expect(row?.reasons).toMatch(/^photo damaged/);
  });

  it.skipIf(process.platform === 'win32')('ends in words when the reader of its standard output goes away', async () => {
    const child = spawn('sh', ['-c', `"$0" "$1" run "$2" "$3" "$4" --report - | head -c 10`, process.execPath, entry, ...demoPhotos.slice(0, 3)]);
    let stderr = '';
    child.stderr.on('data', (text: Buffer) => { stderr += text.toString(); });
    await new Promise((resolve) => { child.on('close', resolve); });
    expect(stderr).toMatch(/Cannot write the report to standard output: its reader has gone\./);
    expect(stderr).not.toMatch(/ at .*\.js:\d+|EPIPE/);
  });

  it.each([['--help'], []])('that is no verb is refused, with %j too', async (...rest) => {
    const { code, stderr } = await pipeline('rnu', ...rest);
    expect(code).toBe(2);
    expect(stderr).toMatch(/no verb rnu\. Did you mean run\?/);
  });
});

describe.skipIf(process.platform === 'win32')('pipeline pack', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('ended by %s leaves nothing unpacked behind', async (signal) => {
    const source = join(folder, `eyes-${signal}`);
    for (const label of ['open', 'closed']) {
      mkdirSync(join(source, label), { recursive: true });
      for (const [index, photo] of [...demoPhotos, ...demoPhotos].entries()) copyFileSync(photo, join(source, label, `${String(index)}.jpg`));
    }
    const temporary = join(folder, `tmp-${signal}`);
    mkdirSync(temporary);
    const tar = `${source}.tar`;
    await new Promise((resolve) => { spawn('tar', ['-cf', tar, '-C', source, '.']).on('close', resolve); });
    const child = spawn(process.execPath, [entry, 'pack', tar, '-o', join(folder, 'eyes.arrow')], { env: { ...process.env, TMPDIR: temporary }, stdio: 'ignore' });
    const ended = new Promise<number | null>((resolve) => { child.on('close', resolve); });
    const unpacked = (): string[] => readdirSync(temporary, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.jpg'));
    while (child.exitCode === null && unpacked().length < 3) await new Promise((resolve) => { setTimeout(resolve, 5); });
    child.kill(signal);
    expect(await ended).toBe(1);
    expect(readdirSync(temporary).filter((name) => name.startsWith('pipeline-'))).toEqual([]);
  }, 30_000);
});
