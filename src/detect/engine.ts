/**
 * Opens nets on the engine that was asked for: their ONNX graph on onnxruntime, or their original on TensorFlow.js.
 *
 * Both take the same pixels and give the same tensors, so that what comes before and after a net is the same for both.
 */
import { createSession, type Session, type SessionOptions } from '../onnx/session.js';
import type { FaceApiNetName } from '../tfjs/face-api-nets.js';
import { compileGraphModel, type GraphModelSpec } from './graph-model.js';

export type Engine = 'onnx' | 'tfjs';

export interface EngineOptions extends SessionOptions {
  /** `onnx` where not given. Threads and device are the onnx engine's. */
  readonly engine?: Engine;
}

/**
 * Opens a graph model of @vladmandic/human.
 * @throws if its weights are not installed, or the engine is not
 */
export async function openGraphModel(spec: GraphModelSpec, options: EngineOptions): Promise<Session> {
  if (options.engine !== 'tfjs') return createSession(await compileGraphModel(spec), options);
  // Loaded only here: TensorFlow.js is not needed, and need not be installed, for anything else.
  const tfjs = await import('../tfjs/graph-model.js');
  return tfjs.openGraphModel(spec);
}

/**
 * Opens a net of @vladmandic/face-api.
 * @param compile gives the bytes of its ONNX graph
 * @throws if its weights are not installed, or the engine is not
 */
export async function openFaceApiNet(
  name: FaceApiNetName,
  compile: () => Promise<Uint8Array>,
  options: EngineOptions,
): Promise<Session> {
  if (options.engine !== 'tfjs') return createSession(await compile(), options);
  const tfjs = await import('../tfjs/face-api-nets.js');
  return tfjs.openFaceApiNet(name);
}
