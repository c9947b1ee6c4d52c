import { describe, expect, it } from 'vitest';
import { UNCALIBRATED } from '../../src/classify/calibration.js';
import { infoFromMetadata, infoToMetadata, type EyeModelInfo } from '../../src/classify/model-info.js';

const info: EyeModelInfo = {
  backbone: 'plain-nano', crop: 'face', width: 160, height: 120, calibration: UNCALIBRATED, closedBelow: 0.3, openAbove: 0.8, precision: 'int8', toolVersion: '1.2.3',
};
const read = (changes: Readonly<Record<string, string>>): EyeModelInfo | undefined => infoFromMetadata({ ...infoToMetadata(info), ...changes });

describe('what a model says of itself', () => {
  it('is text in its file, and comes back as it was', () => {
    expect(infoToMetadata(info)).toEqual({
      format: 'portrait-pipeline/eye-state/2', backbone: 'plain-nano', crop: 'face', width: '160', height: '120', calibration: JSON.stringify(UNCALIBRATED),
      closed_below: '0.3', open_above: '0.8', precision: 'int8', tool_version: '1.2.3',
    });
    expect(read({})).toEqual(info);
  });

  it('is that it looks at eyes where an older one does not say', () => {
    const older = Object.fromEntries(Object.entries(infoToMetadata(info)).filter(([name]) => name !== 'crop'));
    expect(infoFromMetadata(older)?.crop).toBe('eye');
  });

  it.each<[string, Readonly<Record<string, string>>]>([
    ['of another format', { format: 'portrait-pipeline/eye-state/1' }], ['without a backbone', { backbone: '' }],
    ['with a name that is a novel', { backbone: 'x'.repeat(101) }], ['that looks at hands', { crop: 'hand' }],
    ['whose crop has no width', { width: '0' }], ['whose crop has half a px', { height: '32.5' }], ['whose crop is huge', { width: '513' }], ['whose crop is as high', { height: '513' }],
    ['whose calibration is no JSON', { calibration: '{' }], ['whose calibration is of something else', { calibration: '{}' }],
    ['with a threshold below 0', { closed_below: '-0.1' }], ['with one above 1', { open_above: '1.1' }],
    ['of weights in no known form', { precision: 'fp64' }], ['of a version that is a novel', { tool_version: '1'.repeat(101) }],
  ])('is not believed of one %s', (_, changes) => {
    expect(read(changes)).toBeUndefined();
  });

  it('may go to the limits', () => {
    const limits = { backbone: 'x'.repeat(100), width: '512', height: '512', closed_below: '0', open_above: '1', tool_version: '1'.repeat(100) };
    expect(read(limits)).toMatchObject({ width: 512, height: 512, closedBelow: 0, openAbove: 1 });
    expect(read({ backbone: 'x', precision: 'fp16', crop: 'photo' })).toMatchObject({ backbone: 'x', precision: 'fp16', crop: 'photo' });
  });
});
