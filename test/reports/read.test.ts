import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeData, makeVector, Null, RecordBatchFileWriter, Table, vectorFromArray, Utf8, type Vector } from 'apache-arrow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UsageError } from '../../src/core/usage-error.js';
import { errorResult, type PhotoResult } from '../../src/core/result.js';
import { faceStages } from '../../src/pipeline/face-stages.js';
import { readReport, type ReportPhoto } from '../../src/reports/read.js';
import { face, photoResult } from '../support/results.js';
import { writeReport } from '../support/reports.js';

let folder: string;
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'read-')); });
afterAll(() => { rmSync(folder, { recursive: true }); });

const file = { size: 5_000_000_000, modified: Date.UTC(2026, 10, 24, 12) };
const results: readonly PhotoResult[] = [
  photoResult('=a, "1".jpg', {
    faces: [face({ reasons: ['face dark'] }), face({ x: 900, eyes: 'closed', open: 0.25, reasons: ['face dark', 'eyes closed'] })],
    reasons: ['faces 1, 2: face dark', 'face 2: eyes closed'], verdict: 'reject', file,
    scene: { scene: 3, frames: 2, rank: 2, reason: 'more eyes closed than b.jpg', people: [0, 1] },
  }),
  photoResult('b.jpg', { scene: { scene: 3, frames: 2, rank: undefined, reason: 'exposure bracket of 2', people: [0] }, faces: [], status: 'no_face' }),
  errorResult({ path: '/c.jpg', photo: 'c\r\n.jpg' }, 'The file is empty.'),
];

async function read(name: string, content?: string | Uint8Array): Promise<readonly ReportPhoto[]> {
  const path = join(folder, name);
  if (content === undefined) await writeReport(path, results);
  else writeFileSync(path, content);
  return (await readReport(path)).photos;
}

/** A text of that form. */
function like(form: RegExp): unknown {
  return expect.stringMatching(form);
}

/** The bytes of an Arrow file with these columns. */
function arrow(columns: Readonly<Record<string, Vector>>): Uint8Array {
  return RecordBatchFileWriter.writeAll(new Table(columns)).toUint8Array(true);
}

describe.each(['csv', 'json', 'jsonl', 'arrow', 'feather'])('a report in .%s', (kind) => {
  let photos: readonly ReportPhoto[];
  beforeAll(async () => { photos = await read(`out.${kind}`); });

  it('says of each photo what was written', () => {
    expect(photos).toMatchObject([
      {
        photo: '=a, "1".jpg', verdict: 'reject', reasons: ['faces 1, 2: face dark', 'face 2: eyes closed'], file,
        scene: { scene: 3, rank: 2, reason: 'more eyes closed than b.jpg' },
        found: { status: 'ok', width: 1920, height: 1280 },
      },
      { photo: 'b.jpg', verdict: 'keep', reasons: [], scene: { scene: 3, reason: 'exposure bracket of 2' }, found: { status: 'no_face', faces: [] } },
      { photo: 'c\r\n.jpg', verdict: 'review', error: 'The file is empty.', found: { status: 'error', faces: [] } },
    ]);
    expect(photos[1]?.scene).not.toHaveProperty('rank');
    expect(photos[2]).not.toHaveProperty('file');
  });

  it('says of each face where it is, and all that the stages found', () => {
    expect(photos[0]?.found?.faces).toMatchObject([
      { box: { x: 418, y: 406, width: 190, height: 190 }, reasons: ['face dark'], cells: { eyes: 'open', sharpness: like(/^80(\.0)?$/) } },
      { box: { x: 900 }, reasons: ['face dark', 'eyes closed'], cells: { eyes: 'closed', left_eye_open: like(/^0\.250?$/) } },
    ]);
    const columns = faceStages.flatMap((stage) => Object.keys(stage.columns));
    expect(Object.keys(photos[0]?.found?.faces[0]?.cells ?? {})).toEqual(columns);
  });

  it('knows where the eyes are, where it has landmarks', () => {
    const eyes = photos[0]?.found?.faces[0]?.eyes ?? [];
    expect(eyes).toHaveLength(kind === 'csv' ? 0 : 2);
    for (const [index, { left, right }] of results[0]?.faces.map(({ landmarks }) => landmarks).slice(0, eyes.length / 2).entries() ?? []) {
      expect(eyes[2 * index]?.x).toBeCloseTo(left.center.x, 2);
      expect(eyes[2 * index + 1]?.y).toBeCloseTo(right.center.y, 2);
    }
  });

  it('is refused where it is cut short', async () => {
    const whole = readFileSync(join(folder, `out.${kind}`));
    await expect(read(`cut.${kind}`, whole.subarray(0, whole.length / 2))).rejects.toThrow(/is not a report/);
    await expect(read(`empty.${kind}`, '')).rejects.toThrow(/is not a report in CSV, JSON, JSON Lines or Arrow/);
  });
});

describe('what else is read', () => {
  it('are choices saved from an HTML report, which say no more than photo and verdict', async () => {
    for (const photos of [
      await read('saved.csv', 'photo,verdict,stars,chosen_by,tool_verdict,reasons\r\n\'=a.jpg,keep,3,me,reject,\r\n'),
      await read('saved.json', JSON.stringify([{ photo: '=a.jpg', verdict: 'keep', stars: 3, chosen_by: 'me', tool_verdict: 'reject', reasons: '' }])),
    ]) expect(photos).toEqual([{ photo: '=a.jpg', verdict: 'keep', reasons: [] }]);
  });

  it('is a table of a spreadsheet, with rows sorted otherwise and times in its own words', async () => {
    const photos = await read('sheet.csv', 'photo,verdict,file_size,file_modified,scene_rank\nb.jpg,keep,12,24.11.2026,x\na.jpg,keep,,,\nb.jpg,keep,12,24.11.2026,x\n');
    expect(photos).toEqual([{ photo: 'b.jpg', verdict: 'keep', reasons: [] }, { photo: 'a.jpg', verdict: 'keep', reasons: [] }]);
  });
});

describe('a file that somebody else has made', () => {
  it.each<[string, string, string | Uint8Array]>([
    ['a verdict that there is none of', 'a.jsonl', '{"photo":"a.jpg","verdict":"maybe"}\n'],
    ['a line that is no JSON', 'b.jsonl', '{"photo":"a.jpg","verdict":"keep"}\n{"photo":\n'],
    ['an Arrow table without photos', 'c.arrow', arrow({ verdict: vectorFromArray(['keep'], new Utf8()) })],
    ['an Arrow table with numbers for names', 'd.arrow', arrow({ photo: makeVector(new Float64Array(2)), verdict: vectorFromArray(['keep', 'keep'], new Utf8()) })],
    ['an Arrow table of nothing, many times', 'e.arrow', arrow({ photo: makeVector(makeData({ type: new Null(), length: 400 })), verdict: makeVector(makeData({ type: new Null(), length: 400 })) })],
  ])('is refused with a sentence that does not quote it: %s', async (_, name, content) => {
    await expect(read(name, content)).rejects.toThrow(UsageError);
    await expect(read(name, content)).rejects.toThrow(/is not a report in CSV, JSON, JSON Lines or Arrow: /);
    await expect(read(name, content)).rejects.not.toThrow(/maybe/);
  });
});
