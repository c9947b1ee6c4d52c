import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { installedVersion } from '../../src/files/installed-version.js';
import { loadConfig } from '../../src/pipeline/config.js';
import { judgingSettings, runFingerprint } from '../../src/run/fingerprint.js';

vi.mock('../../src/files/installed-version.js', { spy: true });
afterEach(() => { vi.restoreAllMocks(); });

const of = (settings: object = {}, ...set: string[]): Promise<string> => runFingerprint({ config: loadConfig(undefined, set), ...settings }, '/photos');

describe('the fingerprint of a run', () => {
  it.each([
    'image.decode_side=900', 'detect.min_score=0.5', 'detect.detector=tiny-face', 'eyes.max_turn=0.5', 'classify.closed_below=0.2', 'blur.sharp_above=90',
    'verdict.min_relative_area=0.5', 'runtime.threads=2', 'exposure.burnt_share=0.5',
  ])('is another one with %s', async (setting) => {
    expect(await of({}, setting)).not.toBe(await of());
  });

  it('is another one with anything that is set beside the configuration and may matter', async () => {
    expect(await of({ previews: true })).not.toBe(await of());
    expect(await of({ somethingNew: 1 })).not.toBe(await of());
    expect(await runFingerprint({ config: loadConfig() }, '/other')).not.toBe(await of());
  });

  it('takes in every section of the settings but the few that change no result: a new one needs no mention', () => {
    const judging = judgingSettings(loadConfig()).map(([name]) => name);
    expect(Object.keys(loadConfig()).filter((name) => !judging.includes(name)).sort()).toEqual(['data', 'queue', 'run', 'train', 'train_detector', 'xmp']);
  });

  it('is another one with another version of what opens pictures and runs nets, whichever it is', async () => {
    const before = await of();
    for (const name of ['sharp', 'onnxruntime-node', '@tensorflow/tfjs']) {
      vi.mocked(installedVersion).mockImplementation((asked) => Promise.resolve(asked === name ? '99.0.0' : undefined));
      const with99 = await of();
      vi.mocked(installedVersion).mockImplementation((asked) => Promise.resolve(asked === name ? '99.0.1' : undefined));
      expect(await of(), name).not.toBe(with99);
      expect(with99, name).not.toBe(before);
    }
  });

  it('is another one with other weights under the same name', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fingerprint-'));
    const model = join(folder, 'mine.onnx');
    const withWeights = (weights: string): Promise<string> => {
      writeFileSync(model, weights);
      return of({}, `classify.model=${model}`);
    };
    expect(await withWeights('a')).toBe(await withWeights('a'));
    expect(await withWeights('b')).not.toBe(await withWeights('a'));
    rmSync(folder, { recursive: true });
  });

  it.each(['run.workers=3', 'run.photo_seconds=5', 'xmp.keep_stars=3'])('is the same with %s', async (setting) => {
    expect(await of({}, setting)).toBe(await of());
  });

  it('is the same whether pictures for debugging are written or not', async () => {
    expect(await of({ debugCrops: '/tmp/crops' })).toBe(await of());
  });
});
