import { createHash } from 'node:crypto';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { csvHeader, readCsvRows, type CsvRow } from '../../src/reports/csv.js';
import { demoPhotos } from '../support/shared-data.js';
import { pipeline, pipelineUnder } from '../support/pipeline.js';

function temporary(): string {
  return mkdtempSync(join(tmpdir(), 'run-'));
}

function rowsOf(path: string): CsvRow[] {
  return readCsvRows(readFileSync(path, 'utf8'));
}

const jsonPhotos = z.array(z.object({
  photo: z.string(),
  faces: z.array(z.looseObject({ left_eye: z.looseObject({ box: z.unknown() }) })),
  times_ms: z.record(z.string(), z.number()).optional(),
}));

function readPhotos(path: string): z.infer<typeof jsonPhotos> {
  return z.object({ photos: jsonPhotos }).parse(JSON.parse(readFileSync(path, 'utf8'))).photos;
}

describe('pipeline run on the demo photos', () => {
  const folder = temporary();
  const csv = join(folder, 'out.csv');
  const json = join(folder, 'out.json');
  let rows: CsvRow[];

  beforeAll(async () => {
    const { code, stdout, stderr } = await pipeline('run', ...demoPhotos, '--report', csv, '--report', json,
      '--debug-crops', join(folder, 'crops'));
    expect(code, stderr).toBe(0);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/6 photos, 22 faces/);
    rows = rowsOf(csv);
  });

  it('writes a report once that is named twice', async () => {
    const twice = join(folder, 'twice.csv');
    const { code, stdout, stderr } = await pipeline(
      'run', demoPhotos[2] ?? '', '--report', twice, '--report', join(folder, '.', 'twice.csv'), '--report', '-', '--report', '-');
    expect(code, stderr).toBe(0);
    expect(stdout).toBe(readFileSync(twice, 'utf8'));
  });

  it('says with --resume where the run before had finished', async () => {
    const report = join(folder, 'finished.csv');
    const run = ['run', demoPhotos[2] ?? '', '--report', report] as const;
    await pipeline(...run);
    const { code, stderr } = await pipeline(...run, '--resume');
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/There is no unfinished run of this report to go on with; all photos are judged\./);
    expect(stderr).not.toMatch(/were done before/);
  });

  it('finds the 22 people, a row each, in a fixed order', () => {
    expect(rows).toHaveLength(22);
    const perPhoto = demoPhotos.map((_, index) => rows.filter((row) => row.photo === `sample${String(index + 1)}.jpg`).length);
    expect(perPhoto).toEqual([3, 3, 3, 4, 5, 4]);
    expect(rows.map((row) => row.photo)).toEqual(rows.map((row) => row.photo).toSorted());
  });

  it('numbers the faces of a photo from the largest down', () => {
    for (const photo of new Set(rows.map((row) => row.photo))) {
      const faces = rows.filter((row) => row.photo === photo);
      expect(faces.map((row) => row.face)).toEqual(faces.map((_, index) => String(index + 1)));
      const areas = faces.map((row) => Number(row.face_width) * Number(row.face_height));
      for (const [index, area] of areas.entries()) expect(area).toBeLessThanOrEqual((areas[index - 1] ?? Infinity) * 1.02);
    }
  });

  it('keeps every figure in its range', () => {
    for (const row of rows) {
      expect(row.status).toBe('ok');
      expect(Number(row.width)).toBe(1920);
      for (const probability of [row.left_eye_open, row.right_eye_open]) expect(probability).toMatch(/^(|0\.\d{3}|1\.000)$/);
      expect(['open', 'closed', 'one_closed', 'unsure', 'unknown']).toContain(row.eyes);
      expect(['sharp', 'blurred', 'unsure']).toContain(row.blur);
      expect(['keep', 'review', 'reject']).toContain(row.verdict);
      expect(Number(row.sharpness)).toBeGreaterThanOrEqual(0);
      expect(Number(row.sharpness)).toBeLessThanOrEqual(100);
      expect(Number(row.face_x) + Number(row.face_width)).toBeLessThanOrEqual(Number(row.width) + 1);
    }
  });

  it('says the same in JSON, with eye boxes', () => {
    const photos = readPhotos(json);
    expect(photos.map(({ faces }) => faces.length)).toEqual([3, 3, 3, 4, 5, 4]);
    expect(photos.flatMap(({ faces }) => faces).some(({ left_eye }) => left_eye.box !== null)).toBe(true);
    for (const { times_ms } of photos) {
      for (const stage of ['decode', 'detect', 'landmarks', 'classify', 'blur']) expect(times_ms?.[stage]).toBeGreaterThan(0);
    }
  });

  it('draws what it measured where', async () => {
    const drawn = readdirSync(join(folder, 'crops'));
    expect(drawn.filter((name) => name.endsWith('.faces.jpg'))).toHaveLength(6);
    expect(drawn.filter((name) => name.includes('.eye-')).length).toBeGreaterThan(30);
    const { width, height } = await sharp(join(folder, 'crops', 'sample6.jpg.eye-1.png')).metadata();
    expect(width / height).toBe(1.5);
  });

  it.each(['1', '3'])('writes the same bytes with %s worker(s)', async (workers) => {
    const [otherCsv, otherJson] = [join(folder, `${workers}.csv`), join(folder, `${workers}.json`)];
    await pipeline('run', ...demoPhotos, '--report', otherCsv, '--report', otherJson, '--workers', workers, '--no-times');
    expect(readFileSync(otherCsv, 'utf8')).toBe(readFileSync(csv, 'utf8'));
    expect(readPhotos(otherJson)).toEqual(readPhotos(json).map((photo) => ({ ...photo, times_ms: undefined })));
  });

  it('writes CSV, and nothing else, to standard output for --report -', async () => {
    const { code, stdout } = await pipeline('run', demoPhotos[0] ?? '', '--report', '-');
    expect(code).toBe(0);
    expect(stdout.startsWith(csvHeader())).toBe(true);
    expect(readCsvRows(stdout)).toEqual(rows.filter((row) => row.photo === 'sample1.jpg'));
  });

  it('keeps what a library prints in a worker out of standard output', async () => {
    // Loaded into every process; those of workers print when they get their first photos.
    const talking = 'data:text/javascript,if(process.send)process.once(`message`,()=>setTimeout(()=>console.log(`chatter`),1))';
    const { stdout, stderr } = await pipelineUnder(['env', `NODE_OPTIONS=--import=${talking}`], 'run', demoPhotos[0] ?? '', '--report', '-');
    expect(stderr).toContain('chatter');
    expect(stdout).not.toContain('chatter');
    expect(readCsvRows(stdout)).toHaveLength(3);
  });
});

describe('pipeline run on a folder of bad photos', () => {
  const folder = temporary();
  const photos = join(folder, 'photos');
  const bad: Record<string, RegExp> = {};
  let rows: CsvRow[];
  let code: number | null;

  function put(name: string, content: Buffer | string, error?: RegExp): void {
    writeFileSync(join(photos, name), content);
    if (error !== undefined) bad[name] = error;
  }

  function fingerprint(): string {
    const hash = createHash('sha256');
    for (const name of readdirSync(photos).sort()) {
      hash.update(name);
      if (!name.startsWith('loop')) hash.update(readFileSync(join(photos, name)));
    }
    return hash.digest('hex');
  }

  beforeAll(async () => {
    mkdirSync(photos);
    const demo = readFileSync(demoPhotos[1] ?? '');
    put('empty.jpg', '', /empty/);
    put('cut.jpg', demo.subarray(0, demo.length / 2), /cut short/);
    put('text.jpg', 'These are not the pixels you are looking for.', /text, not an image/);
    put('drawing.svg', '<svg xmlns="http://www.w3.org/2000/svg"/>', /SVG/);
    put('bomb.png', pngHeader(30_000, 30_000), /900 megapixels/);
    put('one.png', await sharp({ create: { width: 1, height: 1, channels: 3, background: 'red' } }).png().toBuffer());
    put('strip.png', await sharp({ create: { width: 1, height: 20_000, channels: 3, background: 'red' } }).png().toBuffer());
    put('animated.gif', await sharp([demo, demo], { join: { animated: true } }).resize(600).gif().toBuffer());
    symlinkSync(join(photos, 'loop-b.jpg'), join(photos, 'loop-a.jpg'));
    symlinkSync(join(photos, 'loop-a.jpg'), join(photos, 'loop-b.jpg'));
    bad['loop-a.jpg'] = /circle/;
    bad['loop-b.jpg'] = /circle/;
    if (process.getuid?.() !== 0) {
      put('locked.jpg', demo, /permission/);
      chmodSync(join(photos, 'locked.jpg'), 0);
    }
    for (const name of ['with space.jpg', 'quote"d.jpg', 'new\nline.jpg', '🙂.jpg', '=cmd.jpg', `${'x'.repeat(200)}.jpg`]) {
      cpSync(demoPhotos[0] ?? '', join(photos, name));
    }
    const before = fingerprint();
    const finished = await pipeline('run', photos, '--report', join(folder, 'out.csv'));
    code = finished.code;
    rows = rowsOf(join(folder, 'out.csv'));
    expect(fingerprint()).toBe(before);
  });

  it('finishes with exit code 3', () => {
    expect(code).toBe(3);
  });

  it('gives every photo its row', () => {
    expect(new Set(rows.map((row) => row.photo))).toEqual(new Set(readdirSync(photos)));
  });

  it('says what is wrong with each bad photo', () => {
    for (const [name, message] of Object.entries(bad)) {
      const row = rows.find(({ photo }) => photo === name);
      expect(row?.status, name).toBe('error');
      expect(row?.error, name).toMatch(message);
      expect(row?.verdict, name).toBe('review');
    }
  });

  it('reads the odd but sound ones', () => {
    for (const name of ['one.png', 'strip.png']) expect(rows.find(({ photo }) => photo === name)?.status).toBe('no_face');
    expect(rows.find(({ photo }) => photo === 'animated.gif')?.status).toBe('ok');
    for (const name of ['with space.jpg', 'quote"d.jpg', 'new\nline.jpg', '🙂.jpg', '=cmd.jpg']) {
      expect(rows.filter(({ photo }) => photo === name), name).toHaveLength(3);
    }
  });
});

/** A PNG of that size as far as its header goes: all that a limit on pixels needs to see. */
function pngHeader(width: number, height: number): Buffer {
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    const checksum = Buffer.alloc(4);
    checksum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, checksum]);
  };
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0]);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  const signature = Buffer.from('89504e470d0a1a0a', 'hex');
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', deflateSync(Buffer.alloc(100))), chunk('IEND', Buffer.alloc(0))]);
}

describe('pipeline run, used wrongly', () => {
  const empty = temporary();

  it.each<[string, string[], RegExp]>([
    ['a missing folder', ['run', '/nowhere/photos'], /no file or folder called \/nowhere\/photos/],
    ['a folder without photos', ['run', empty], /no photos in/],
    ['no folder at all', ['run'], /Name folders or photos to judge, or a list of them with --files-from/],
    ['an unknown option', ['run', empty, '--speed'], /unknown option/],
    ['an unknown verb', ['rum', empty], /no verb rum\. Did you mean run/],
    ['an unknown setting', ['run', ...demoPhotos, '--set', 'detect.min_skore=1'], /Did you mean detect\.min_score/],
    ['a value out of range', ['run', ...demoPhotos, '--workers', '0'], /run\.workers is 0/],
    ['a detector that does not exist', ['run', ...demoPhotos, '--detector', 'yolo'], /detect\.detector is "yolo"/],
    ['a report of an unknown kind', ['run', ...demoPhotos, '--report', 'out.xlsx'], /\.csv/],
    ['a report in a missing folder', ['run', ...demoPhotos, '--report', join(empty, 'no', 'out.csv')], /folder does not exist/],
    ['--force without sidecars', ['run', ...demoPhotos, '--force'], /--force is about .*Add --xmp/],
    ['--compare-content without --resume', ['run', ...demoPhotos, '--compare-content'], /--compare-content is for --resume and --update\. Give both/],
    ['a model that does not exist', ['run', ...demoPhotos, '--set', 'classify.model=nowhere.onnx'], /nowhere\.onnx/],
  ])('%s: exit code 2 and a message that helps', async (_, arguments_, message) => {
    const { code, stdout, stderr } = await pipeline(...arguments_);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
    expect(stdout).toBe('');
  });

  it('leaves an earlier report as it was when it stops before the work', async () => {
    const report = join(temporary(), 'out.csv');
    writeFileSync(report, 'precious');
    await pipeline('run', empty, '--report', report);
    expect(readFileSync(report, 'utf8')).toBe('precious');
    expect(existsSync(`${report}.part`)).toBe(false);
  });

  it.each(['run', 'models', 'pack', 'train', 'evaluate', 'bench', 'sort', 'doctor'])('%s has a --help with examples', async (verb) => {
    const { code, stdout } = await pipeline(verb, '--help');
    expect(code).toBe(0);
    expect(stdout).toMatch(/Examples:/);
  });
});
