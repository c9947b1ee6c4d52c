import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import type { FaceResult, PhotoResult } from '../../src/core/result.js';
import { faceStages } from '../../src/pipeline/face-stages.js';
import { csvHeader, csvRows, readCsvRows, timeText } from '../../src/reports/csv.js';
import { measured } from '../support/measured.js';
import { frontalLandmarks } from '../support/views.js';

const face: FaceResult = {
  box: { x: 10.4, y: 20.6, width: 100, height: 120 },
  score: 0.98765,
  eyeBoxes: {},
  landmarks: frontalLandmarks({ x: 10.4, y: 20.6, width: 100, height: 120 }),
  measured: measured({
    classify: { state: 'open', closed: 0.01, profile: false, left: { state: 'open', open: 0.9512 }, right: { state: 'unknown' } },
    blur: { sharpness: 71.26, verdict: 'sharp', kind: 'none', detail: 200, needed: 150, laplacianVariance: 321 },
  }),
  bystander: false,
  reasons: [],
};

function photo(name: string, faces: readonly FaceResult[], extra: Partial<PhotoResult> = {}): PhotoResult {
  return {
    photo: name, status: faces.length > 0 ? 'ok' : 'no_face', width: 1920, height: 1280, faces, verdict: 'keep',
    reasons: [], times: {}, ...extra,
  };
}

function read(text: string): Record<string, string>[] {
  return parse(text, { columns: true });
}

describe('the CSV report', () => {
  it('has exactly the columns of the contract, in order; those of the stages stand before the verdict', () => {
    const stages = faceStages.flatMap(({ columns }) => Object.keys(columns));
    expect(stages.slice(0, 5)).toEqual(['left_eye_open', 'right_eye_open', 'eyes', 'sharpness', 'blur']);
    expect(csvHeader()).toBe('photo,status,width,height,faces,face,face_x,face_y,face_width,face_height,face_score,' +
      `${stages.join(',')},verdict,reasons,error,scene,best_of_scene,scene_rank,scene_reason,file_size,file_modified\r\n`);
  });

  it('has a row a face, numbered from 1', () => {
    const rows = read(csvHeader() + csvRows(photo('a.jpg', [face, face])));
    expect(rows.map((row) => row['face'])).toEqual(['1', '2']);
    expect(rows[0]).toMatchObject({
      photo: 'a.jpg', status: 'ok', width: '1920', height: '1280', faces: '2', face_x: '10', face_y: '21',
      face_width: '100', face_height: '120', face_score: '0.988', left_eye_open: '0.951', right_eye_open: '',
      eyes: 'open', sharpness: '71.3', blur: 'sharp', verdict: 'keep', reasons: '', error: '',
    });
  });

  it('has one row for a photo without a face and for one that could not be read', () => {
    const none = read(csvHeader() + csvRows(photo('b.jpg', [], { verdict: 'review', reasons: ['no face found'] })));
    expect(none).toHaveLength(1);
    expect(none[0]).toMatchObject({ status: 'no_face', faces: '0', face: '', reasons: 'no face found' });
    const unread = read(csvHeader() + csvRows(photo('c.jpg', [], { status: 'error', error: 'The file is empty.' })));
    expect(unread[0]).toMatchObject({ status: 'error', width: '', faces: '', error: 'The file is empty.' });
  });

  it.each(['=1+1.jpg', '+1.jpg', '-1.jpg', '@sum.jpg', '\tx.jpg'])('turns the name %j into text for spreadsheets', (name) => {
    const [row] = read(csvHeader() + csvRows(photo(name, [])));
    expect(row?.['photo']).toBe(`'${name}`);
  });

  it.each(['=1+1.jpg', "'quoted.jpg", 'a,"b"\nc.jpg', ' space.jpg ', '🙂 ünï.jpg', 'x'.repeat(200)])(
    'gives the name %j back as it was',
    (name) => {
      expect(readCsvRows(csvHeader() + csvRows(photo(name, [])))[0]?.photo).toBe(name);
    });

  it('keeps line feeds and formulas of names and messages as text, for spreadsheets and for us', () => {
    const names = ['a\nb.jpg', '\n=1+1.jpg', '\r=1+1.jpg', '=cmd|x.jpg', "'quoted.jpg"];
    const text = csvHeader() + names.map((name) => csvRows(photo(name, [], { error: '=1\n+1' }))).join('');
    expect(readCsvRows(text).map((row) => row.photo)).toEqual(names);
    for (const cells of parse(text, { columns: false }).slice(1)) for (const cell of cells) expect(cell).not.toMatch(/^[\r\n=+@-]/);
    // Nothing ends a line but the end of a row: a reader that knows no quotes sees as many rows as there are.
    expect(text.replace(/"[^"]*"/g, '').split(/\r\n|\r|\n/)).toHaveLength(names.length + 2);
  });

  it('says which column is missing from a file that is no report', () => {
    expect(() => readCsvRows('a,b\n1,2\n')).toThrow(/no column photo/);
  });
});

describe('the time of a file', () => {
  it('is in whole seconds, with four digits for the year, also where a disk knows times that no date has', () => {
    expect([1.7e12 + 999, -1e16, 8.7e15, Date.UTC(-1, 0), Date.UTC(10_003, 0)].map(timeText)).toEqual([
      '2023-11-14T22:13:20Z', '1000-01-01T00:00:00Z', '9999-12-31T23:59:59Z', '1000-01-01T00:00:00Z', '9999-12-31T23:59:59Z',
    ]);
  });
});
