import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/pipeline/config.js';
import { createImageNets } from '../../../src/train/data/image-nets.js';
import { frontalView } from '../../support/views.js';

const config = loadConfig();
const gray = { data: new Uint8Array(3 * 64 * 64).fill(120), width: 64, height: 64, channels: 3 } as const;

describe('the nets that labelled images are looked at with', () => {
  it('are loaded once, when they are first asked for, and work until they are released', async () => {
    const nets = createImageNets(config);
    const [faces, eyes] = await Promise.all([nets.faces(), nets.eyes()]);
    expect(await nets.faces()).toBe(faces);
    expect(await nets.eyes()).toBe(eyes);
    expect(await faces.find(gray)).toEqual([]);
    const view = frontalView(gray, { x: 0, y: 0, width: 64, height: 64 });
    expect(await eyes.measure([view])).toHaveLength(1);
    await nets.release();
    await expect(faces.find(gray)).rejects.toThrow();
    await expect(eyes.measure([view])).rejects.toThrow();
  });

  it('need not be there as long as nobody asks for them, and are not missed when all is released', async () => {
    const nets = createImageNets({ ...config, classify: { ...config.classify, model: join('/nowhere', 'eyes.onnx') } });
    await expect(nets.release()).resolves.toBeUndefined();
    await expect(nets.eyes()).rejects.toThrow(/Cannot read the eye-state model \/nowhere\/eyes\.onnx/);
  });

  it('serve one image at a time, in the order of asking', async () => {
    const nets = createImageNets(config);
    const steps: string[] = [];
    const work = (name: string) => async (): Promise<string> => {
      steps.push(`${name} begins`);
      await Promise.resolve();
      steps.push(`${name} ends`);
      return name;
    };
    expect(await Promise.all([nets.exclusive(work('a')), nets.exclusive(work('b'))])).toEqual(['a', 'b']);
    expect(steps).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
  });
});
