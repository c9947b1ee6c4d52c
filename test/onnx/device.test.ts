import { describe, expect, it } from 'vitest';
import { chooseDevice, DeviceError, thisHost, type DeviceHost } from '../../src/onnx/device.js';
import { createSession, type Device } from '../../src/onnx/session.js';

/** A Linux machine on which these devices start; a net "on" them is computed by the CPU. */
function machine(starts: readonly Device[], changes: Partial<DeviceHost> = {}): DeviceHost & { tried: Device[] } {
  const tried: Device[] = [];
  return {
    tried,
    platform: 'linux/x64',
    hasCudaLibraries: true,
    createSession: async (model, options) => {
      const device = options?.device ?? 'cpu';
      tried.push(device);
      if (!starts.includes(device)) {
        throw new Error('webgpu_context.cc:136 status == Success was false. Failed to get a WebGPU adapter: No supported adapters\n');
      }
      return createSession(model, { ...options, device: 'cpu' });
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

  it('does not take a device that computes something else', async () => {
    const host = machine([]);
    const wrong: DeviceHost['createSession'] = async (model, options) => {
      const session = await createSession(model, { ...options, device: 'cpu' });
      return { ...session, run: async ({ x }) => ({ y: x ?? (() => { throw new Error('no input'); })() }) };
    };
    expect((await chooseDevice('auto', { ...host, createSession: wrong })).device).toBe('cpu');
  });

  it('finds a device that works on this machine', async () => {
    const { device } = await chooseDevice('auto', thisHost());
    expect(['cpu', 'cuda', 'webgpu']).toContain(device);
  });
});
