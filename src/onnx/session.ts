/**
 * The only file that touches onnxruntime-node: models in, tensors through, tensors out.
 */
import { env, InferenceSession, listSupportedBackends, Tensor } from 'onnxruntime-node';

export { Tensor };

// Before the first session: the runtime's own log looks for graphics cards when it starts, and warns of each that has no driver.
env.logLevel = 'error';

/** Where a model runs. `cpu` always works; the others need what `pipeline doctor` names. */
export type Device = 'cpu' | 'cuda' | 'webgpu';

export interface SessionOptions {
  /** Threads inside one inference. The pool of workers is where the tool's parallelism comes from, so 1 is usual. */
  readonly threads?: number;
  readonly device?: Device;
}

/** Named tensors, as a model takes and gives them. */
export type Tensors = Readonly<Record<string, Tensor>>;

/**
 * A loaded model. `run` blocks its thread for the whole inference (onnxruntime-node does), although it returns a promise.
 */
export interface Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  run(inputs: Tensors, outputs?: readonly string[]): Promise<Tensors>;
  release(): Promise<void>;
}

/**
 * Loads an ONNX model from its bytes (as `GraphBuilder.toModel` or a file gives them).
 * @throws if onnxruntime refuses the model or the device's execution provider cannot start.
 */
export async function createSession(model: Uint8Array, options: SessionOptions = {}): Promise<Session> {
  const session = await InferenceSession.create(model, {
    intraOpNumThreads: options.threads ?? 1,
    interOpNumThreads: 1,
    executionProviders: [options.device ?? 'cpu'],
    // Warnings about initializers and shapes are for whoever writes graphs, not for whoever runs photos.
    logSeverityLevel: 3,
  });
  return {
    inputNames: session.inputNames,
    outputNames: session.outputNames,
    run: (inputs, outputs) => (outputs ? session.run(inputs, [...outputs]) : session.run(inputs)),
    release: () => session.release(),
  };
}

/** What the installed onnxruntime-node is. */
export interface RuntimeInfo {
  readonly version: string;
  /** Execution providers that it was built with; one that is not bundled needs libraries that npm does not carry. */
  readonly providers: readonly { readonly name: string; readonly bundled: boolean }[];
}

/** Version and execution providers of the installed onnxruntime-node. */
export function runtimeInfo(): RuntimeInfo {
  return { version: env.versions.node ?? env.versions.common, providers: listSupportedBackends() };
}

/** A float32 tensor over `data`, which is not copied. Row-major. */
export function floatTensor(data: Float32Array, shape: readonly number[]): Tensor {
  return new Tensor('float32', data, shape);
}

/** A uint8 tensor over `data`, which is not copied. Row-major. */
export function byteTensor(data: Uint8Array, shape: readonly number[]): Tensor {
  return new Tensor('uint8', data, shape);
}

/**
 * The float32 values of the output called `name`, without a copy.
 * @throws if there is no such output or it is not float32.
 */
export function floatsOf(tensors: Tensors, name: string): Float32Array {
  const data = tensors[name]?.data;
  if (!(data instanceof Float32Array)) throw new Error(`the model has no float32 output called ${name}`);
  return data;
}
