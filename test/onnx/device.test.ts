import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chooseDevice, DeviceError, thisHost, type DeviceHost } from '../../src/onnx/device.js';
import { createSession, type Device, type Session } from '../../src/onnx/session.js';
import { runTrial } from '../../src/onnx/trial.js';
import { tryOut } from '../../src/onnx/try-out.js';

/** A Linux machine on which these devices start. */
function machine(starts: readonly Device[], changes: Partial<DeviceHost> = {}): DeviceHost & { tried: Device[] } {
  const tried: Device[] = [];
  return {
    tried,
    platform: 'linux/x64',
    hasCudaLibraries: true,
    tryOut: (device) => {
      tried.push(device);
      return starts.includes(device)
        ? Promise.resolve()
        : Promise.reject(new Error('webgpu_context.cc:136 status == Success was false. Failed to get a WebGPU adapter: No supported adapters\n'));
    },
    ...changes,
  };
}

describe('the choice of a device', () => {
  it('is the CPU where that is asked for, and nothing else is tried', async () => {
    const host = machine(['cuda', 'webgpu']);
    expect(await chooseDevice('cpu', host)).toEqual({ device: 'cpu', passedOver: [] });
    expect(host.tried).toEqual([]);
  });

  it('is CUDA for auto where that starts', async () => {
    expect(await chooseDevice('auto', machine(['cuda', 'webgpu']))).toEqual({ device: 'cuda', passedOver: [] });
  });

  it('is WebGPU for auto where CUDA does not start, with the reason', async () => {
    const choice = await chooseDevice('auto', machine(['webgpu']));
    expect(choice.device).toBe('webgpu');
    expect(choice.passedOver).toHaveLength(1);
    expect(choice.passedOver[0]).toMatch(/^CUDA could not be started: .*CUDA 12 and cuDNN 9/);
  });

  it('is the CPU for auto where no GPU starts, with a reason for each', async () => {
    const choice = await chooseDevice('auto', machine([]));
    expect(choice.device).toBe('cpu');
    expect(choice.passedOver).toHaveLength(2);
    expect(choice.passedOver[1]).toBe('WebGPU could not be started: Failed to get a WebGPU adapter: No supported adapters. '
      + 'It takes a GPU with a driver for Vulkan (Linux), Direct3D 12 (Windows) or Metal (macOS).');
  });

  it('is the GPU that was asked for by name', async () => {
    const host = machine(['cuda', 'webgpu']);
    expect(await chooseDevice('webgpu', host)).toEqual({ device: 'webgpu', passedOver: [] });
    expect(host.tried).toEqual(['webgpu']);
  });

  it('is an error where the GPU asked for by name does not start', async () => {
    await expect(chooseDevice('webgpu', machine(['cuda']))).rejects.toThrow(DeviceError);
    await expect(chooseDevice('webgpu', machine(['cuda']))).rejects.toThrow(/No supported adapters.*use runtime\.device cpu/);
  });

  it('says how to get the CUDA libraries where they are missing, without trying', async () => {
    const host = machine(['cuda'], { hasCudaLibraries: false });
    await expect(chooseDevice('cuda', host)).rejects.toThrow(/ONNXRUNTIME_NODE_INSTALL=true node .*install\.js/);
    expect(host.tried).toEqual([]);
  });

  it('names the platforms that have a device where this one has not', async () => {
    const host = machine(['cuda'], { platform: 'darwin/arm64' });
    await expect(chooseDevice('cuda', host)).rejects.toThrow('onnxruntime-node has it for linux/x64, this is darwin/arm64');
  });

  it('finds a device that works on this machine', async () => {
    const { device } = await chooseDevice('auto', thisHost());
    expect(['cpu', 'cuda', 'webgpu']).toContain(device);
  });
});

describe('the try-out of a device', () => {
  it('is content with one that computes', async () => {
    await expect(tryOut('cpu')).resolves.toBeUndefined();
  });

  it('does not take one that computes something else', async () => {
    const wrong = async (model: Uint8Array): Promise<Session> => {
      const session = await createSession(model);
      return { ...session, run: ({ x }) => (x === undefined ? Promise.reject(new Error('no input')) : Promise.resolve({ y: x })) };
    };
    await expect(tryOut('webgpu', wrong)).rejects.toThrow('2 x 3 gave 3');
  });
});

describe('the trial in a process of its own', () => {
  let folder: string;
  beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'trial-')); });
  afterAll(() => { rmSync(folder, { recursive: true }); });

  function script(text: string): string {
    const path = join(folder, 'script.cjs');
    writeFileSync(path, text);
    return path;
  }

  it('works where the device does', async () => {
    await expect(runTrial('cpu')).resolves.toBeUndefined();
  });

  it('gives the reason that the process printed, and keeps its warnings to itself', async () => {
    const failing = script('console.error("Warning: no Vulkan"); console.log("No " + process.argv[2]); process.exitCode = 1;');
    await expect(runTrial('webgpu', failing)).rejects.toThrow(/^No webgpu$/);
  });

  it('survives a driver that ends the process', async () => {
    await expect(runTrial('webgpu', script('process.kill(process.pid, "SIGSEGV"); setTimeout(() => {}, 9000);')))
      .rejects.toThrow('its driver ended the process (SIGSEGV)');
  });
});
