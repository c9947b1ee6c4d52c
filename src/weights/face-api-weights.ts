/**
 * Weights of face-api's nets. The package carries no graphs: each net's layers are written out in its own file.
 */
import { readPackageFile } from '../files/weight-packages.js';
import { decodeWeights, manifestSchema, weightOf, type Weight } from './manifest.js';

/** The weights of one net, by the names that face-api gives them. */
export interface FaceApiWeights {
  /** @throws if there is none of that name */
  get(name: string): Weight;
}

/** @param name of the model, such as `tiny_face_detector_model` */
export async function readFaceApiWeights(name: string): Promise<FaceApiWeights> {
  const [json, bytes] = await Promise.all([
    readPackageFile('@vladmandic/face-api', `model/${name}-weights_manifest.json`),
    readPackageFile('@vladmandic/face-api', `model/${name}.bin`),
  ]);
  const weights = decodeWeights(manifestSchema.parse(JSON.parse(new TextDecoder().decode(json))), bytes);
  return { get: (weight) => weightOf(weights, weight) };
}
