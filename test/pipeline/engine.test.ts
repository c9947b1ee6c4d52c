import { beforeEach, describe, expect, it, vi } from 'vitest';
import { UsageError } from '../../src/core/usage-error.js';
import type { DeviceHost } from '../../src/onnx/device.js';
import { loadConfig, type Config } from '../../src/pipeline/config.js';
import { engineOptions, settleEngine } from '../../src/pipeline/engine.js';
import type { LoadedTfjs } from '../../src/tfjs/packages.js';

const sharedTfjs = vi.hoisted(() => vi.fn<(threads: number) => Promise<Pick<LoadedTfjs, 'passedOver'> & { package: { packages: string[] } }>>());
vi.mock('../../src/tfjs/shared.js', () => ({ sharedTfjs }));

const settings = (...set: string[]): Config => loadConfig(undefined, set);

/** A machine on which these devices work. */
function machine(...working: string[]): DeviceHost & { tried: string[] } {
  const tried: string[] = [];
  return {
    platform: 'linux/x64', hasCudaLibraries: true, tried,
    tryOut: (device) => {
      tried.push(device);
      return working.includes(device) ? Promise.resolve() : Promise.reject(new Error('no such GPU here'));
    },
  };
}

describe('the device of the onnx engine', () => {
  it('is the CPU where that is asked for: no GPU is tried, and there is nothing to say', async () => {
    const host = machine('cuda');
    const config = settings('runtime.device=cpu');
    expect(await settleEngine(config, host)).toEqual({ config: { ...config, detect: { ...config.detect, engine: 'onnx' } }, notes: [] });
    expect(host.tried).toEqual([]);
  });

  it('is the first GPU that works where it is left open, and what was passed over is said', async () => {
    const { config, notes } = await settleEngine(settings('runtime.device=auto'), machine('webgpu'));
    expect([config.detect.engine, config.runtime.device]).toEqual(['onnx', 'webgpu']);
    expect(notes).toEqual([expect.stringMatching(/^CUDA could not be started: no such GPU here/), 'Detection runs on the GPU (webgpu).']);
  });

  it('is the CPU where no GPU works', async () => {
    const { config, notes } = await settleEngine(settings('runtime.device=auto'), machine());
    expect(config.runtime.device).toBe('cpu');
    expect(notes).toHaveLength(3);
    expect(notes[2]).toBe('Detection runs on the CPU (cpu).');
  });

  it('is the GPU that is asked for, without a word', async () => {
    const config = settings('runtime.device=webgpu', 'runtime.threads=3');
    const settled = await settleEngine(config, machine('webgpu'));
    expect(settled.notes).toEqual([]);
    expect(settled.config.runtime).toEqual(config.runtime);
  });

  it('is refused in words where it is asked for and does not work', async () => {
    const settled = settleEngine(settings('runtime.device=cuda'), machine('webgpu'));
    await expect(settled).rejects.toThrow(UsageError);
    await expect(settled).rejects.toThrow(/CUDA could not be started.*Or use runtime\.device cpu/);
    await expect(settled).rejects.toMatchObject({ cause: { name: 'DeviceError' } });
  });

  it('once settled is settled for workers, too: they have nothing to say', async () => {
    const { config } = await settleEngine(settings('runtime.device=auto'), machine());
    expect(await settleEngine(config, machine('cuda'))).toEqual({ config, notes: [] });
  });
});

describe('the tfjs engine', () => {
  beforeEach(() => { sharedTfjs.mockReset().mockResolvedValue({ package: { packages: ['tfjs', 'wasm'] }, passedOver: [] }); });

  it.each(['cuda', 'webgpu'])('has no device %s: it is refused in words, not passed over in silence', async (device) => {
    const settled = settleEngine(settings('detect.engine=tfjs', `runtime.device=${device}`));
    await expect(settled).rejects.toThrow(UsageError);
    await expect(settled).rejects.toThrow(new RegExp(`runtime\\.device ${device} is for the onnx engine; detect\\.engine tfjs runs .* `
      + 'installed and sees one\\. Leave the device out, or use detect\\.engine onnx'));
    expect(sharedTfjs).not.toHaveBeenCalled();
  });

  it('is loaded with as many threads as are set, and says nothing where the best package is there', async () => {
    const config = settings('detect.engine=tfjs', 'runtime.threads=3');
    expect(await settleEngine(config)).toEqual({ config, notes: [] });
    expect(sharedTfjs).toHaveBeenCalledWith(3);
  });

  it('says what was passed over, and what runs instead', async () => {
    sharedTfjs.mockResolvedValue({ package: { packages: ['tfjs', 'wasm'] }, passedOver: ['tfjs-node is not installed.'] });
    const { notes } = await settleEngine(settings('detect.engine=tfjs'));
    expect(notes).toEqual(['tfjs-node is not installed.', 'Detection runs on tfjs with wasm.']);
  });

  it('that is not installed is a matter of usage', async () => {
    sharedTfjs.mockRejectedValue(new Error('install tfjs'));
    await expect(settleEngine(settings('detect.engine=tfjs'))).rejects.toThrow(new UsageError('install tfjs'));
  });
});

describe('what the detection nets are opened with', () => {
  it('is the engine, a device and the threads of the settings', async () => {
    expect(await engineOptions(settings('runtime.device=cpu', 'runtime.threads=2'))).toEqual({ engine: 'onnx', device: 'cpu', threads: 2 });
  });

  it('is the CPU for tfjs, where the device is left open', async () => {
    sharedTfjs.mockResolvedValue({ package: { packages: ['tfjs'] }, passedOver: [] });
    expect(await engineOptions(settings('detect.engine=tfjs', 'runtime.device=auto', 'runtime.threads=1'))).toEqual({ engine: 'tfjs', device: 'cpu', threads: 1 });
  });
});
