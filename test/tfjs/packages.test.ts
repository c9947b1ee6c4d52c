import { createRequire } from 'node:module';
import { afterEach, describe, expect, it } from 'vitest';
import { loadTfjs, TfjsMissingError, type Load } from '../../src/tfjs/packages.js';

const require = createRequire(import.meta.url);

const gpu = '@tensorflow/tfjs-node-gpu';
const node = '@tensorflow/tfjs-node';
const wasm = '@tensorflow/tfjs-backend-wasm';

/** The error that `require` gives for a package that is not there. */
function missing(name: string): Error {
  return Object.assign(new Error(`Cannot find module '${name}'`), { code: 'MODULE_NOT_FOUND' });
}

/** face-api's build for a native TensorFlow.js, with a backend that computes `value` where 6 is right. */
function nativeFaceApi(value: () => number, seesGpu = false): object {
  const net = (): void => undefined;
  return {
    NetInput: net, SsdMobilenetv1: net, TinyFaceDetector: net, FaceLandmark68Net: net,
    tf: {
      setBackend: (name: string) => Promise.resolve(name === 'tensorflow'),
      ready: () => Promise.resolve(),
      getBackend: () => 'tensorflow',
      env: () => ({}),
      fill: () => ({}),
      tensor3d: () => ({}),
      conv2d: () => ({ data: () => Promise.resolve([value()]), dispose: () => undefined }),
      backend: () => ({ isUsingGpuDevice: seesGpu }),
      tidy: (work: () => unknown) => work(),
      loadGraphModel: () => Promise.resolve({}),
    },
  };
}

const isThrower = (module: unknown): module is () => unknown => typeof module === 'function';

/** Loads like a machine on which `installed` are there; a function in place of a module throws what loading it throws. */
function machine(installed: Readonly<Record<string, unknown>>): { load: Load; asked: string[] } {
  const asked: string[] = [];
  const load: Load = (name) => {
    asked.push(name);
    if (!Object.hasOwn(installed, name)) throw missing(name);
    const module = installed[name];
    return isThrower(module) ? module() : module;
  };
  return { load, asked };
}

const works = nativeFaceApi(() => 6);

describe('a native TensorFlow.js', () => {
  const asIs = process.env['TF_NUM_INTRAOP_THREADS'];
  afterEach(() => {
    if (asIs === undefined) delete process.env['TF_NUM_INTRAOP_THREADS'];
    else process.env['TF_NUM_INTRAOP_THREADS'] = asIs;
  });

  /** What the environment says of threads when the package is loaded. */
  async function threadsAtLoading(threads: number): Promise<string | undefined> {
    let seen: string | undefined;
    await loadTfjs(threads, (name) => {
      if (name === node) seen = process.env['TF_NUM_INTRAOP_THREADS'];
      return machine({ [node]: {}, '@vladmandic/face-api/dist/face-api.node.js': works }).load(name);
    });
    return seen;
  }

  it('is told the threads of an inference before it is loaded, for it does not ask later', async () => {
    delete process.env['TF_NUM_INTRAOP_THREADS'];
    expect(await threadsAtLoading(3)).toBe('3');
  });

  it('keeps what the environment says', async () => {
    process.env['TF_NUM_INTRAOP_THREADS'] = '7';
    expect(await threadsAtLoading(3)).toBe('7');
  });
});

describe('the choice of a TensorFlow.js', () => {
  it('takes tfjs-node-gpu before all others where it sees a GPU', async () => {
    const { load, asked } = machine({
      [gpu]: {}, [node]: {}, '@vladmandic/face-api/dist/face-api.node-gpu.js': nativeFaceApi(() => 6, true),
    });
    const found = await loadTfjs(1, load);
    expect(found.package.packages).toEqual([gpu]);
    expect(found.passedOver).toEqual([]);
    expect(asked).not.toContain(node);
  });

  it('passes over tfjs-node-gpu without a GPU, which would compute on the CPU without a word', async () => {
    const { load } = machine({
      [gpu]: {}, '@vladmandic/face-api/dist/face-api.node-gpu.js': works, [node]: {}, '@vladmandic/face-api/dist/face-api.node.js': works,
    });
    const found = await loadTfjs(1, load);
    expect(found.package.packages).toEqual([node]);
    expect(found.passedOver[0]).toContain('libtensorflow sees no GPU');
  });

  it('takes tfjs-node where there is neither a GPU nor WebAssembly, and says how to get those', async () => {
    const { load } = machine({ [node]: {}, '@vladmandic/face-api/dist/face-api.node.js': works });
    const found = await loadTfjs(1, load);
    expect(found.package.packages).toEqual([node]);
    expect(found.passedOver).toEqual([
      '@tensorflow/tfjs-node-gpu is not installed; for an NVIDIA GPU: npm install --save-dev @tensorflow/tfjs-node-gpu.',
      expect.stringContaining('npm install --save-dev @tensorflow/tfjs @tensorflow/tfjs-backend-wasm.'),
    ]);
  });

  it('takes WebAssembly before tfjs-node, which is slower with the default nets, and keeps libtensorflow quiet', async () => {
    const asked: string[] = [];
    const found = await loadTfjs(1, (name) => {
      asked.push(name);
      if (name === gpu) throw missing(name);
      return require(name);
    });
    expect(found.package.backend).toBe('wasm');
    expect(found.api.tf.getBackend()).toBe('wasm');
    expect(found.passedOver).toHaveLength(1);
    expect(asked).not.toContain(node);
    expect(process.env['TF_CPP_MIN_LOG_LEVEL']).toBe('2');
  });

  it('says what to install where TensorFlow.js is there and the packages of the nets are not', async () => {
    const { load } = machine({ '@tensorflow/tfjs': {}, [wasm]: {} });
    await expect(loadTfjs(1, load)).rejects.toThrow(
      '@tensorflow/tfjs is installed, the packages of the nets are not: npm install --save-dev @vladmandic/face-api @vladmandic/human.');
  });

  it('passes over a package whose native part is missing, with its own words', async () => {
    const { load } = machine({
      [gpu]: () => { throw new Error('The native addon module can not be found at path: lib/tfjs_binding.node.\nRun npm rebuild'); },
      [node]: {},
      '@vladmandic/face-api/dist/face-api.node.js': works,
    });
    const found = await loadTfjs(1, load);
    expect(found.package.packages).toEqual([node]);
    expect(found.passedOver[0]).toMatch(/^@tensorflow\/tfjs-node-gpu is installed but does not work: The native addon/);
    expect(found.passedOver[0]).toContain('CUDA 11.2');
    expect(found.passedOver[0]).not.toContain('\n');
  });

  it('passes over a package that loads but cannot compute, as tfjs-node on Node.js 23 and newer', async () => {
    const broken = nativeFaceApi(() => { throw new TypeError('(0 , util_1.isNullOrUndefined) is not a function'); });
    const { load } = machine({
      [gpu]: {}, '@vladmandic/face-api/dist/face-api.node-gpu.js': broken,
      [node]: {}, '@vladmandic/face-api/dist/face-api.node.js': works,
    });
    const found = await loadTfjs(1, load);
    expect(found.package.packages).toEqual([node]);
    expect(found.passedOver[0]).toContain('Node.js 22 or older');
  });

  it('passes over a package that computes something else', async () => {
    const { load } = machine({
      [gpu]: {}, '@vladmandic/face-api/dist/face-api.node-gpu.js': nativeFaceApi(() => 5),
      [node]: {}, '@vladmandic/face-api/dist/face-api.node.js': works,
    });
    expect((await loadTfjs(1, load)).passedOver[0]).toContain('2 x 3 gave 5');
  });

  it('does not take tfjs without its WebAssembly backend', async () => {
    const { load } = machine({ '@tensorflow/tfjs': {} });
    await expect(loadTfjs(1, load)).rejects.toThrow(TfjsMissingError);
  });

  it('says what to install where there is none at all', async () => {
    const { load } = machine({});
    await expect(loadTfjs(1, load)).rejects.toThrow(/npm install --save-dev @tensorflow\/tfjs @tensorflow\/tfjs-backend-wasm.*detect\.engine onnx/);
  });
});
