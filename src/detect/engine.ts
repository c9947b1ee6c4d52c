/**
 * Opens nets on the engine that was asked for: their ONNX graph on onnxruntime, or their original on TensorFlow.js.
 *
 * Both take the same pixels and give the same tensors, so that what comes before and after a net is the same for both.
 */
import { readFile } from 'node:fs/promises';
import { netPath } from '../files/package.js';
import { createSession, type Session, type SessionOptions } from '../onnx/session.js';
import type { ForeignNetName } from '../tfjs/nets.js';

export type Engine = 'onnx' | 'tfjs';

export interface EngineOptions extends SessionOptions {
  /** `onnx` where not given. Threads and device are the onnx engine's. */
  readonly engine?: Engine;
}

/**
 * Opens one of the foreign nets: on the onnx engine the graph that the build compiled, on the tfjs engine the original.
 * @throws if the graph is not there or the engine is not installed; the message says what to do
 */
export async function openNet(name: ForeignNetName, options: EngineOptions): Promise<Session> {
  if (options.engine !== 'tfjs') return createSession(await readGraph(name), options);
  // Loaded only here: TensorFlow.js is not needed, and need not be installed, for anything else.
  const tfjs = await import('../tfjs/nets.js');
  return tfjs.openTfjsNet(name);
}

async function readGraph(name: ForeignNetName): Promise<Uint8Array> {
  const path = netPath(name);
  return readFile(path).catch((error: unknown) => {
    throw new Error(`Cannot read the net ${path}. In a checkout, "npm run build" makes it; else install the package again.`, { cause: error });
  });
}
