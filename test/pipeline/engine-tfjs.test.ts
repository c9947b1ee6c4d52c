import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/core/usage-error.js';
import { loadConfig } from '../../src/pipeline/config.js';
import { settleEngine } from '../../src/pipeline/engine.js';

describe('a device for the tfjs engine', () => {
  it.each(['cuda', 'webgpu'])('%s is refused in words, not passed over in silence', async (device) => {
    const settled = settleEngine(loadConfig(undefined, ['detect.engine=tfjs', `runtime.device=${device}`]));
    await expect(settled).rejects.toThrow(UsageError);
    await expect(settled).rejects.toThrow(new RegExp(`runtime\\.device ${device} is for the onnx engine`));
  });
});
