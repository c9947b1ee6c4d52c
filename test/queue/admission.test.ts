import { describe, expect, it } from 'vitest';
import { difference } from '../../src/queue/admission.js';
import type { Judge } from '../../src/run/fingerprint.js';

const judge: Judge = {
  version: '1.0.0', program: 'aa', machine: 'linux x64', packages: { sharp: '0.35.5', 'heic-decode': 'none' }, models: { 'eye.onnx': '11', 'face.onnx': '22' },
};

describe('two judges', () => {
  it('that give the same results differ in nothing, whatever their models are called', () => {
    expect(difference(judge, { ...judge, models: { 'mine.onnx': '11', 'face.onnx': '22' } })).toBeUndefined();
  });

  it.each([
    [{ version: '1.1.0' }, /of version 1\.0\.0, this worker of version 1\.1\.0/],
    [{ program: 'bb' }, /another build of version 1\.0\.0/],
    [{ machine: 'linux arm64' }, /judged on linux x64, this worker runs on linux arm64/],
    [{ packages: { ...judge.packages, 'heic-decode': '2.1.0' } }, /heic-decode none, this worker has 2\.1\.0/],
    [{ models: { ...judge.models, 'eye.onnx': '12' } }, /The net eye\.onnx of this worker/],
  ])('with %j differ, as a sentence says', (change, sentence) => {
    expect(difference(judge, { ...judge, ...change })).toMatch(sentence);
  });
});
