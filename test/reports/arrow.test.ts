import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tableFromIPC } from 'apache-arrow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorResult, type PhotoResult } from '../../src/core/result.js';
import { createArrowReport } from '../../src/reports/arrow.js';
import { measured } from '../support/measured.js';

let folder: string;
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'arrow-')); });
afterAll(() => { rmSync(folder, { recursive: true }); });

/** A Python that reads Arrow files, if there is one; PIPELINE_PYTHON names it. */
const python = process.env['PIPELINE_PYTHON'] ?? 'python3';
const hasPandas = spawnSync(python, ['-c', 'import pandas, pyarrow']).status === 0;

const face = {
  box: { x: 10.5, y: 20, width: 100, height: 100 }, score: 0.875, eyeBoxes: {}, measured: measured(), bystander: false,
  reasons: [{ text: 'eyes closed', verdict: 'reject' }],
} as const;
const good: PhotoResult = {
  photo: 'a.jpg', status: 'ok', width: 1920, height: 1280, faces: [face, { ...face, bystander: true, reasons: [] }], verdict: 'reject',
  reasons: ['face 1: eyes closed'], times: {},
};
const bad = errorResult({ path: '/b.jpg', photo: 'b.jpg' }, 'The file is empty.');

async function write(name: string, results: readonly PhotoResult[]): Promise<string> {
  const path = join(folder, name);
  const report = await createArrowReport(path);
  for (const result of results) await report.write(result);
  await report.finish();
  return path;
}

describe('the Arrow report', () => {
  it('has a row a face and one for a photo without, with types and without values where nothing is known', async () => {
    const rows = tableFromIPC(readFileSync(await write('out.arrow', [good, bad]))).toArray().map((row) => row.toJSON());
    expect(rows).toMatchObject([
      { photo: 'a.jpg', status: 'ok', width: 1920, faces: 2, face: 1, face_x: 10.5, face_score: 0.875, bystander: false, eyes: 'open', sharpness: 80, face_reasons: 'eyes closed', verdict: 'reject', error: null },
      { photo: 'a.jpg', face: 2, bystander: true, face_reasons: '' },
      { photo: 'b.jpg', status: 'error', width: null, face: null, face_x: null, eyes: null, sharpness: null, error: 'The file is empty.' },
    ]);
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

  it.skipIf(!hasPandas)(`is read by pandas${hasPandas ? '' : ' (skipped: no Python with pandas and pyarrow)'}`, async () => {
    const path = await write('out.feather', [good, bad]);
    const program = 'import pandas, sys; f = pandas.read_feather(sys.argv[1]); print(len(f), f.face_x[0], f.eyes[0], f.sharpness.dtype, f.face_x.isna().sum())';
    expect(execFileSync(python, ['-c', program, path], { encoding: 'utf8' }).trim()).toBe('3 10.5 open float64 1');
  });
});
