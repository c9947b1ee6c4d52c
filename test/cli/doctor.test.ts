import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { registerDoctor } from '../../src/cli/doctor.js';
import { examine, thisDoctorHost, type DoctorHost, type Finding } from '../../src/cli/examination.js';
import { loadConfig } from '../../src/pipeline/config.js';
import type { Exiftool } from '../../src/reports/xmp/exiftool.js';
import { UsageError } from '../../src/core/usage-error.js';
import { TfjsMissingError } from '../../src/tfjs/packages.js';
import { canMount, withoutMount } from '../support/disk.js';
import { pipeline, pipelineUnder } from '../support/pipeline.js';

/** A Linux machine without a GPU and without any TensorFlow.js. */
const bare: DoctorHost = {
  machine: {
    platform: 'linux/x64', node: '20.20.2', processor: 'AMD EPYC', threads: 2, simd: ['AVX2'], memory: 8 * 2 ** 30, nvidiaGpus: [],
  },
  devices: {
    platform: 'linux/x64',
    hasCudaLibraries: false,
    tryOut: () => Promise.reject(new Error('No supported adapters')),
  },
  loadTfjs: () => Promise.reject(new TfjsMissingError(['@tensorflow/tfjs is not installed; npm install @tensorflow/tfjs.'])),
  findExiftool: () => Promise.resolve(undefined),
};

function part(findings: readonly Finding[], name: Finding['part']): string {
  return findings.filter((finding) => finding.part === name).map(({ state, text }) => `${state} ${text}`).join('\n');
}

describe('the examination', () => {
  it('tells the machine: Node.js, threads, SIMD, memory, GPU', async () => {
    const machine = part(await examine(loadConfig(), bare), 'machine');
    expect(machine).toContain('ok Node.js 20.20.2 on linux/x64');
    expect(machine).toContain('2 threads on AMD EPYC, with AVX2; 8 GiB');
    expect(machine).toContain('missing No NVIDIA GPU');
  });

  it('names the GPUs there are', async () => {
    const nvidiaGpus = ['NVIDIA RTX A2000, 550.54, 6138 MiB'];
    const machine = part(await examine(loadConfig(), { ...bare, machine: { ...bare.machine, nvidiaGpus } }), 'machine');
    expect(machine).toContain('ok NVIDIA GPU: NVIDIA RTX A2000, 550.54, 6138 MiB.');
  });

  it('calls a Node.js that is too old broken', async () => {
    const findings = await examine(loadConfig(), { ...bare, machine: { ...bare.machine, node: '18.19.0' } });
    expect(part(findings, 'machine')).toContain('broken Node.js 18.19.0 on linux/x64. Install Node.js 20.9 or newer.');
  });

  it('says for every engine and device what is there and how to get the rest, and that nothing of it is needed', async () => {
    const findings = await examine(loadConfig(), bare);
    expect(part(findings, 'onnx engine')).toMatch(/^ok onnxruntime-node \d+\.\d+\.\d+, on the CPU\./);
    expect(part(findings, 'onnx engine')).toContain('ONNXRUNTIME_NODE_INSTALL=true');
    expect(part(findings, 'onnx engine')).toContain('missing WebGPU could not be started: No supported adapters.');
    expect(part(findings, 'tfjs engine')).toBe('missing @tensorflow/tfjs is not installed; npm install @tensorflow/tfjs.');
    expect(findings.filter(({ state }) => state === 'broken')).toEqual([]);
  });

  it('finds TensorFlow.js on this machine, with its version and SIMD', async () => {
    const { loadTfjs } = await thisDoctorHost();
    expect(part(await examine(loadConfig(), { ...bare, loadTfjs }), 'tfjs engine')).toMatch(/^ok @tensorflow\/tfjs.* 4\.\d+\.\d+/m);
  });

  it('says whether pipeline xmp --embed finds exiftool, which nothing else needs', async () => {
    expect(part(await examine(loadConfig(), bare), 'editors')).toMatch(/^missing No exiftool.*npm install --save-dev exiftool-vendored/);
    const findExiftool = (): Promise<Exiftool> => Promise.resolve({ command: 'exiftool', version: '13.59', source: 'this system' });
    expect(part(await examine(loadConfig(), { ...bare, findExiftool }), 'editors')).toMatch(/^ok exiftool 13\.59 of this system/);
  });

  it('calls an eye-state net that is not there broken, and says what to do', async () => {
    const findings = await examine(loadConfig(undefined, ['classify.model=nowhere.onnx']), bare);
    expect(part(findings, 'models')).toMatch(/broken .*nowhere\.onnx.*pipeline train/);
  });

  it('calls a platform that the device asked for does not run on broken', async () => {
    const onCuda = loadConfig(undefined, ['runtime.device=cuda']);
    const findings = await examine(onCuda, { ...bare, devices: { ...bare.devices, platform: 'darwin/arm64' } });
    expect(part(findings, 'settings')).toMatch(/^broken CUDA is not available: .*use runtime\.device cpu/);
  });
});

describe('pipeline doctor', () => {
  let output = '';
  beforeEach(() => {
    output = '';
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      output += String(text);
      return true;
    });
  });
  afterEach(() => {
    vi.restoreAllMocks();
    process.exitCode = undefined;
  });

  async function doctor(...arguments_: readonly string[]): Promise<void> {
    const program = new Command().exitOverride();
    registerDoctor(program);
    await program.parseAsync(['doctor', ...arguments_], { from: 'user' });
  }

  it('prints the findings under headings and ends well where nothing is broken', async () => {
    await doctor();
    for (const heading of ['machine', 'onnx engine', 'tfjs engine', 'models', 'settings']) expect(output).toContain(`\n${heading}\n`);
    expect(output).toContain('All that these settings need is there.');
    expect(process.exitCode).toBe(0);
  });

  it('ends with 1 where the settings need what is missing', async () => {
    await doctor('--set', 'classify.model=nowhere.onnx');
    expect(output).toContain('1 of these must be put right (!!).');
    expect(process.exitCode).toBe(1);
  });

  it('prints JSON where that is asked for', async () => {
    await doctor('--json');
    const findings: unknown = JSON.parse(output);
    expect(findings).toContainEqual(expect.objectContaining({ part: 'onnx engine', state: 'ok' }));
  });

  it.each(['doctor', 'models'])('leaves standard error empty, whatever libraries have to say (%s)', async (verb) => {
    const { stderr } = await pipeline(verb);
    expect(stderr).toBe('');
  });

  it.skipIf(!canMount)(`leaves it empty beside a graphics card that the runtime cannot make out${withoutMount}`, async () => {
    const card = 'mount -t tmpfs none /sys/class && mkdir -p /sys/class/drm/card0/device && touch /sys/class/drm/card0/device/vendor';
    const { stderr, stdout } = await pipelineUnder(['unshare', '-rm', 'sh', '-c', `${card} && exec "$@"`, 'sh'], 'doctor');
    expect(stdout).toContain('All that these settings need is there.');
    expect(stderr).toBe('');
  });

  it('refuses settings that there are not', async () => {
    await expect(doctor('--set', 'runtime.device=tpu')).rejects.toThrow(UsageError);
  });
});
