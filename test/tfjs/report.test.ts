import { basename } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/pipeline/config.js';
import { processPhoto } from '../../src/pipeline/photo.js';
import { createStages, type Stages } from '../../src/pipeline/stages.js';
import { csvRows, csvHeader, readCsvRows, type CsvRow } from '../../src/reports/csv.js';
import { demoPhotos } from '../support/shared-data.js';

/** By how much a number may differ between the engines. What is not named here must be equal. */
const tolerances: Readonly<Record<string, number>> = {
  // One px of the image that the nets see is up to three of the photo.
  face_x: 3, face_y: 3, face_width: 3, face_height: 3, face_score: 1e-3, left_eye_open: 0.02, right_eye_open: 0.02, sharpness: 1,
};

/** Opens the pipeline with face-api's nets on an engine. One look at each photo: WebAssembly takes its time. */
function open(engine: string): Promise<Stages> {
  return createStages(loadConfig(undefined, [
    `detect.engine=${engine}`, 'detect.detector=ssd-mobilenet-v1', 'detect.landmarks=landmarks68', 'detect.second_look=false',
  ]));
}

async function report(path: string, stages: Stages): Promise<CsvRow[]> {
  const result = await processPhoto({ path, photo: basename(path) }, stages, { config: stages.config });
  return readCsvRows(csvHeader() + csvRows(result));
}

const engines: Partial<Record<'onnx' | 'tfjs', Promise<Stages>>> = {};
afterAll(async () => { for (const stages of Object.values(engines)) await (await stages).release(); });

describe.each(demoPhotos.map((path) => ({ name: basename(path), path })))('the report on $name', ({ path }) => {
  let onnx: CsvRow[];
  let tfjs: CsvRow[];
  beforeAll(async () => {
    onnx = await report(path, await (engines.onnx ??= open('onnx')));
    tfjs = await report(path, await (engines.tfjs ??= open('tfjs')));
  });

  it('has a row for the same faces', () => {
    expect(Number(onnx[0]?.faces)).toBeGreaterThan(0);
    expect(tfjs.map(({ photo, face }) => [photo, face])).toEqual(onnx.map(({ photo, face }) => [photo, face]));
  });

  it('has the same verdicts, reasons, states of the eyes and of the blur', () => {
    const words = (rows: readonly CsvRow[]): Record<string, string>[] =>
      rows.map((row) => Object.fromEntries(Object.entries(row).filter(([column]) => !Object.hasOwn(tolerances, column))));
    expect(words(tfjs)).toEqual(words(onnx));
  });

  it('has the same numbers, as near as the engines compute alike', () => {
    onnx.forEach((row, index) => {
      const other = new Map(Object.entries(tfjs[index] ?? {}));
      for (const [column, expected] of Object.entries(row)) {
        const tolerance = tolerances[column];
        if (tolerance === undefined) continue;
        const found = other.get(column);
        expect(found === '', `${row.photo} ${column}`).toBe(expected === '');
        expect(Math.abs(Number(found) - Number(expected)), `${row.photo} ${column}`).toBeLessThanOrEqual(tolerance);
      }
    });
  });
});
