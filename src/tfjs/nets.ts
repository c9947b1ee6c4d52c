/**
 * The foreign nets as their own packages run them, by the names that they have everywhere here.
 */
import type { Session } from '../onnx/session.js';
import { openFaceApiNet, type FaceApiNetName } from './face-api-nets.js';
import { openGraphModel } from './graph-model.js';
import { graphModels, type GraphModelName } from './graph-model-specs.js';

/** The nets of @vladmandic/human and @vladmandic/face-api that are used here. */
export type ForeignNetName = GraphModelName | FaceApiNetName;

/**
 * Opens a net on TensorFlow.js.
 * @returns a session that takes and gives what the ONNX graph of the same name does
 * @throws if no TensorFlow.js is installed, or the net's own package is not
 */
export function openTfjsNet(name: ForeignNetName): Promise<Session> {
  return name === 'blazeface' || name === 'facemesh' ? openGraphModel(graphModels[name]) : openFaceApiNet(name);
}
