import { describe, expect, it } from 'vitest';
import { createEyeClassifier } from '../../src/classify/eye-classifier.js';
import { loadConfig } from '../../src/config/load.js';
import { modelPath } from '../../src/pipeline/model-path.js';
import { readThresholds } from '../../src/pipeline/thresholds.js';

describe('the thresholds of an eye', () => {
  it('are the model\'s own where the settings leave it to the model', async () => {
    const { classify } = loadConfig();
    const { info, release } = await createEyeClassifier(modelPath(classify.model));
    await release();
    expect(await readThresholds(classify)).toEqual({ closed_below: info.closedBelow, open_above: info.openAbove });
    expect(info.closedBelow).toBeLessThan(info.openAbove);
  });

  it('are those of the settings where they say so', async () => {
    const { classify } = loadConfig(undefined, ['classify.closed_below=0.3', 'classify.open_above=0.6']);
    expect(await readThresholds(classify)).toEqual({ closed_below: 0.3, open_above: 0.6 });
  });

  it('are unknown where there is no such model', async () => {
    expect(await readThresholds(loadConfig(undefined, ['classify.model=package.json']).classify)).toBeUndefined();
    expect(await readThresholds(loadConfig(undefined, ['classify.model=nowhere.onnx']).classify)).toBeUndefined();
  });
});
