import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/pipeline/config.js';
import { runFingerprint } from '../../src/run/fingerprint.js';

const of = (settings: object = {}, ...set: string[]): Promise<string> => runFingerprint({ config: loadConfig(undefined, set), ...settings }, '/photos');

describe('the fingerprint of a run', () => {
  it.each([
    'image.decode_side=900', 'detect.min_score=0.5', 'detect.detector=tiny-face', 'eyes.max_turn=0.5', 'classify.closed_below=0.2', 'blur.sharp_above=90',
    'verdict.min_relative_area=0.5', 'runtime.threads=2', 'exposure.burnt_above=200',
  ].filter((setting) => known(setting)))('is another one with %s', async (setting) => {
    expect(await of({}, setting)).not.toBe(await of());
  });

  it('is another one with anything that is set beside the configuration and may matter', async () => {
    expect(await of({ previews: true })).not.toBe(await of());
    expect(await of({ somethingNew: 1 })).not.toBe(await of());
    expect(await runFingerprint({ config: loadConfig() }, '/other')).not.toBe(await of());
  });

  it.each(['run.workers=3', 'run.photo_seconds=5', 'xmp.keep_stars=3'])('is the same with %s', async (setting) => {
    expect(await of({}, setting)).toBe(await of());
  });

  it('is the same whether pictures for debugging are written or not', async () => {
    expect(await of({ debugCrops: '/tmp/crops' })).toBe(await of());
  });
});

function known(setting: string): boolean {
  try {
    loadConfig(undefined, [setting]);
    return true;
  } catch {
    return false;
  }
}
