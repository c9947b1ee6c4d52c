import { describe, expect, it } from 'vitest';
import { createEyeClassifier } from '../../src/classify/eye-classifier.js';
import { loadConfig } from '../../src/pipeline/config.js';
import { UsageError } from '../../src/core/usage-error.js';
import { readThresholds, thresholdsOf } from '../../src/classify/thresholds.js';

describe('the thresholds of an eye', () => {
  it('are the model\'s own where the settings leave it to the model', async () => {
    const { classify } = loadConfig();
    const { info, release } = await createEyeClassifier(classify.model);
    await release();
    expect(await readThresholds(classify)).toEqual({ closed_below: info.closedBelow, open_above: info.openAbove });
    expect(info.closedBelow).toBeLessThan(info.openAbove);
  });

  it('are those of the settings where they say so', async () => {
    const { classify } = loadConfig(undefined, ['classify.closed_below=0.3', 'classify.open_above=0.6']);
    expect(await readThresholds(classify)).toEqual({ closed_below: 0.3, open_above: 0.6 });
  });

  it('are refused where a setting and the model\'s own are in the wrong order', async () => {
    const model = { closedBelow: 0.1, openAbove: 0.9 };
    const { classify } = loadConfig(undefined, ['classify.closed_below=0.95']);
    expect(() => thresholdsOf(classify, model)).toThrow(/closed_below \(0\.95\) must not be above .*open_above \(0\.9\); the second is the model's/);
    expect(() => thresholdsOf({ ...classify, closed_below: 'auto', open_above: 0.05 }, model)).toThrow(
      new UsageError('classify.closed_below (0.1) must not be above classify.open_above (0.05); the first is the model\'s own. Set both.'));
    await expect(readThresholds({ ...classify, closed_below: 1 })).rejects.toThrow(UsageError);
    expect(thresholdsOf({ ...classify, closed_below: 0.9 }, model)).toEqual({ closed_below: 0.9, open_above: 0.9 });
  });

  it('are refused where the model looks at something else than the settings say', async () => {
    const { classify } = loadConfig(undefined, ['classify.crop=face']);
    const refused = readThresholds(classify);
    await expect(refused).rejects.toThrow(UsageError);
    await expect(refused).rejects.toThrow(/eye-state\.onnx \(classify\.model\) was trained on eyes, and classify\.crop is face\. .*pack --crop face/);
  });

  it('are unknown where there is no such model', async () => {
    expect(await readThresholds(loadConfig(undefined, ['classify.model=package.json']).classify)).toBeUndefined();
    expect(await readThresholds(loadConfig(undefined, ['classify.model=nowhere.onnx']).classify)).toBeUndefined();
  });
});
