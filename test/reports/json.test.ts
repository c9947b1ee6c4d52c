import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { tmpdir } from 'node:os';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { packageVersion } from '../../src/files/package.js';
import { defaultConfigPath } from '../../src/config/load.js';
import { reportJsonSchema, reportSchema } from '../../src/reports/schema.js';
import { demoPhotos } from '../support/shared-data.js';
import { pipeline } from '../support/pipeline.js';
import { matching } from '../support/matchers.js';

const [, , third = ''] = demoPhotos;
const published = readFileSync(join(dirname(defaultConfigPath), 'report.schema.json'), 'utf8');

describe('a JSON report', () => {
  let folder: string;
  let text: string;
  let report: z.infer<typeof reportSchema>;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'json-'));
    copyFileSync(third, join(folder, 'people.jpg'));
    writeFileSync(join(folder, 'broken.jpg'), 'no photo');
    await sharp({ create: { width: 300, height: 200, channels: 3, background: '#888' } }).jpeg().toFile(join(folder, 'wall.jpg'));
    const { code, stderr } = await pipeline('run', folder, '--set', 'detect.min_score=0.65', '--set', 'run.workers=1',
      '--report', join(folder, 'out.json'), '--report', join(folder, 'out.jsonl'));
    expect(code, stderr).toBe(3);
    text = readFileSync(join(folder, 'out.json'), 'utf8');
    report = reportSchema.parse(JSON.parse(text));
  });
  afterAll(() => { rmSync(folder, { recursive: true }); });

  it('keeps the published schema, as the lines of a JSONL report do', () => {
    const schema = z.custom<z.core.JSONSchema.JSONSchema>((value) => typeof value === 'object').parse(JSON.parse(published));
    z.fromJSONSchema(schema).parse(JSON.parse(text));
    const line = z.fromJSONSchema({ ...schema, ...schema.$defs?.['photo'], $defs: schema.$defs ?? {} });
    const lines = readFileSync(join(folder, 'out.jsonl'), 'utf8').trimEnd().split('\n');
    expect(lines).toHaveLength(3);
    for (const each of lines) line.parse(JSON.parse(each));
    expect(() => line.parse({ ...z.looseObject({}).parse(JSON.parse(lines[0] ?? '')), verdict: 'maybe' })).toThrow(/verdict/);
  });

  it('says which tool, folder, settings and models it is of', () => {
    expect(report).toMatchObject({ tool_version: packageVersion(), root: folder, config: { detect: { min_score: 0.65 } } });
    expect(Object.keys(report.config)).not.toContain('run');
    const model = readFileSync(join(dirname(defaultConfigPath), 'models', 'eye-state.onnx'));
    expect(report.models).toMatchObject({
      'blazeface.onnx': matching(/./), 'facemesh.onnx': matching(/./), 'eye-state.onnx': createHash('sha256').update(model).digest('hex'),
    });
  });

  it('has an object a photo, read or not, on a line of its own', () => {
    expect(report.photos.map(({ photo, status, faces }) => [photo, status, faces.length])).toEqual([
      ['broken.jpg', 'error', 0], ['people.jpg', 'ok', 3], ['wall.jpg', 'no_face', 0],
    ]);
    expect(text.split('\n').filter((line) => line.startsWith('{"photo":'))).toHaveLength(3);
  });
});

describe('the published schema of reports', () => {
  it('is what the code says (npm run config writes it)', () => {
    expect(published).toBe(reportJsonSchema());
  });
});
