import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StructRow, tableFromIPC } from 'apache-arrow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { errorResult, type PhotoResult } from '../../src/core/result.js';
import { createArrowReport } from '../../src/reports/arrow.js';
import { measured } from '../support/measured.js';
import { header, writeReport } from '../support/reports.js';
import { frontalLandmarks } from '../support/views.js';

let folder: string;
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'arrow-')); });
afterAll(() => { rmSync(folder, { recursive: true }); });

/** A Python that reads Arrow files, if there is one; PIPELINE_PYTHON names it. */
const python = process.env['PIPELINE_PYTHON'] ?? 'python3';
const readers = [
  {
    name: 'pandas', modules: 'pandas, pyarrow',
    program: 'f = pandas.read_feather(sys.argv[1]); print(len(f), f.face_x[0], f.eyes[0], f.yaw[0], f.file_modified[0].isoformat(), f.face_x.isna().sum())',
  },
  {
    name: 'polars', modules: 'polars',
    program: 'f = polars.read_ipc(sys.argv[1]); print(len(f), f["face_x"][0], f["eyes"][0], f["yaw"][0], f["file_modified"][0].isoformat(), f["face_x"].null_count())',
  },
  {
    name: 'DuckDB', modules: 'duckdb, pyarrow.feather',
    program: 'f = pyarrow.feather.read_table(sys.argv[1]); print(*duckdb.sql("set timezone = \'UTC\'; select count(*), first(face_x), first(eyes), first(yaw), '
      + 'strftime(first(file_modified), \'%Y-%m-%dT%H:%M:%S+00:00\'), count(*) filter (face_x is null) from f").fetchall()[0])',
  },
].map((reader) => ({ ...reader, isThere: spawnSync(python, ['-c', `import ${reader.modules}`]).status === 0 }));

const box = { x: 10.5, y: 20, width: 100, height: 100 } as const;
const face = {
  box, landmarks: frontalLandmarks(box), pose: { yaw: -12.5, pitch: 3, roll: 0 }, score: 0.875, eyeBoxes: {}, measured: measured(), bystander: false,
  reasons: [{ text: 'eyes closed', verdict: 'reject' }],
} as const;
const good: PhotoResult = {
  photo: 'a.jpg', status: 'ok', width: 1920, height: 1280, faces: [face, { ...face, bystander: true, reasons: [] }], verdict: 'reject',
  reasons: ['face 1: eyes closed'], times: {}, sha256: 'ab'.repeat(32),
  file: { size: 6_000_000_000, modified: Date.UTC(2026, 10, 24, 12, 0, 1, 500) },
  capture: { time: Date.UTC(2026, 10, 24, 9, 30, 0, 250), camera: 'X 1' },
  scene: { scene: 2, frames: 3, rank: 1, reason: 'eyes open', people: [1, 2] },
};
const bad = errorResult({ path: '/b.jpg', photo: 'b.jpg' }, 'The file is empty.');

async function write(name: string, results: readonly PhotoResult[]): Promise<string> {
  const path = join(folder, name);
  await writeReport(path, results);
  return path;
}

const arrowRow = z.custom<{ toJSON(): unknown }>((value) => value instanceof StructRow);

describe('the Arrow report', () => {
  it('has a row a face and one for a photo without, with types and without values where nothing is known', async () => {
    const rows = tableFromIPC(readFileSync(await write('out.arrow', [good, bad]))).toArray().map((row: unknown) => arrowRow.parse(row).toJSON());
    expect(rows).toMatchObject([
      { photo: 'a.jpg', status: 'ok', width: 1920, faces: 2, face: 1, face_x: 10.5, face_score: 0.875, bystander: false, eyes: 'open', sharpness: 80, face_reasons: 'eyes closed', verdict: 'reject', error: null },
      { photo: 'a.jpg', face: 2, bystander: true, face_reasons: '' },
      { photo: 'b.jpg', status: 'error', width: null, face: null, face_x: null, eyes: null, sharpness: null, error: 'The file is empty.' },
    ]);
  });

  it('says where the points of a face are and where it looks, and what is known of the photo\'s moment and file', async () => {
    const table = tableFromIPC(readFileSync(await write('more.arrow', [good, bad])));
    const [row, , other] = table.toArray().map((each: unknown) => arrowRow.parse(each).toJSON());
    expect(row).toMatchObject({
      left_eye_outer_x: face.landmarks.left.outer.x, mouth_right_y: face.landmarks.mouth.right.y, yaw: -12.5, roll: 0,
      scene: 2, best_of_scene: 'yes', scene_rank: 1, scene_reason: 'eyes open', camera: 'X 1', taken: Date.UTC(2026, 10, 24, 9, 30, 0, 250),
      file_size: 6_000_000_000n, file_modified: Date.UTC(2026, 10, 24, 12, 0, 1), sha256: good.sha256,
    });
    expect(other).toMatchObject({ left_eye_outer_x: null, yaw: null, scene: null, taken: null, file_size: null, sha256: null });
    expect(String(table.schema.fields.find(({ name }) => name === 'file_modified')?.type)).toMatch(/UTC/);
  });

  it('says which tool, folder, settings and models it is of', async () => {
    const { metadata } = tableFromIPC(readFileSync(await write('header.arrow', [good]))).schema;
    expect(Object.fromEntries(metadata)).toEqual({
      format: 'portrait-pipeline report', format_version: '1', tool_version: '1.2.3', root: '/photos',
      config: '{"detect":{"min_score":0.6}}', models: JSON.stringify(header.models),
    });
  });

  it('lies on the disk up to its last batch while it is written', async () => {
    const place = mkdtempSync(join(folder, 'growing-'));
    const report = await createArrowReport(join(place, 'out.arrow'), header);
    const sizes: number[] = [];
    for (let number = 0; number < 9000; number += 1) {
      await report.write({ ...bad, photo: `${String(number)}.jpg` });
      sizes.push(statSync(join(place, readdirSync(place)[0] ?? '')).size);
    }
    expect(new Set(sizes).size).toBe(3);
    expect(sizes.at(-1)).toBeGreaterThan(500_000);
    await report.discard();
    expect(readdirSync(place)).toEqual([]);
  });

  it('keeps more rows than a batch holds, in their order', async () => {
    const many = Array.from({ length: 9000 }, (_, index) => ({ ...bad, photo: `${String(index)}.jpg` }));
    const table = tableFromIPC(readFileSync(await write('many.arrow', many)));
    expect(table.batches.length).toBeGreaterThan(2);
    expect(Array.from(table.getChild('photo') ?? [])).toEqual(many.map(({ photo }) => photo));
  });

  it('has its columns even where there is no photo', async () => {
    const table = tableFromIPC(readFileSync(await write('none.arrow', [])));
    expect(table.numRows).toBe(0);
    expect(table.schema.metadata.get('format')).toBe('portrait-pipeline report');
  });

  for (const { name, modules, program, isThere } of readers) {
    it.skipIf(!isThere)(`is read by ${name}${isThere ? '' : ' (skipped: no Python that has it)'}`, async () => {
      const path = await write('out.feather', [good, bad]);
      const printed = execFileSync(python, ['-c', `import sys, ${modules}\n${program}`, path], { encoding: 'utf8' });
      expect(printed.trim()).toBe('3 10.5 open -12.5 2026-11-24T12:00:01+00:00 1');
    });
  }
});
