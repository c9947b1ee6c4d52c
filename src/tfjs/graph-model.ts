/**
 * Runs the graph models of @vladmandic/human on TensorFlow.js itself, behind the interface of an ONNX session.
 */
import type * as tfjs from '@tensorflow/tfjs';
import { z } from 'zod';
import { readPackageFile } from '../files/weight-packages.js';
import { floatTensor, type Session, type Tensors } from '../onnx/session.js';
import type { GraphModelSpec } from './graph-model-specs.js';
import { sharedTfjs } from './shared.js';
import { bytesOf, valuesOf } from './tensors.js';

/**
 * Loads a graph model.
 * @returns a session that takes `pixels` (uint8, count x size x size x 3) and gives the outputs that the ONNX graph would
 * @throws if no TensorFlow.js is installed, or the weights are not
 */
export async function openGraphModel(spec: GraphModelSpec): Promise<Session> {
  const { api: { tf } } = await sharedTfjs();
  const model = await tf.loadGraphModel(tf.io.fromMemory(await readArtifacts(spec)));
  return {
    inputNames: ['pixels'],
    outputNames: spec.outputs.map(({ name }) => name),
    run: async (inputs) => {
      const pixels = bytesOf(inputs, 'pixels');
      const imageBytes = spec.inputSize * spec.inputSize * 3;
      const count = pixels.length / imageBytes;
      const images: Float32Array[][] = [];
      // One by one: the shapes inside the models hold for a single image.
      for (let image = 0; image < count; image += 1) {
        images.push(await runOne(tf, model, spec, pixels.subarray(image * imageBytes, (image + 1) * imageBytes)));
      }
      return gather(spec, images);
    },
    release: () => { model.dispose(); return Promise.resolve(); },
  };
}

const modelFile = z.custom<tfjs.io.ModelJSON>((value) => typeof value === 'object' && value !== null && 'modelTopology' in value && 'weightsManifest' in value);

async function readArtifacts({ name }: GraphModelSpec): Promise<tfjs.io.ModelArtifacts> {
  const [json, bytes] = await Promise.all([
    readPackageFile('@vladmandic/human', `models/${name}.json`),
    readPackageFile('@vladmandic/human', `models/${name}.bin`),
  ]);
  const model = modelFile.parse(JSON.parse(new TextDecoder().decode(json)));
  return {
    modelTopology: model.modelTopology,
    weightSpecs: model.weightsManifest.flatMap((group) => group.weights),
    // Copied: a Buffer may be a part of a larger one.
    weightData: Uint8Array.from(bytes).buffer,
  };
}

async function runOne(
  tf: typeof tfjs,
  model: tfjs.GraphModel,
  spec: GraphModelSpec,
  pixels: Uint8Array,
): Promise<Float32Array[]> {
  const outputs = tf.tidy(() => {
    const image = tf.tensor4d(pixels, [1, spec.inputSize, spec.inputSize, 3], 'float32');
    return model.execute(image.mul(spec.scale).add(spec.offset), spec.outputs.map(({ node }) => node));
  });
  return valuesOf(Array.isArray(outputs) ? outputs : [outputs]);
}

/** The outputs of every image, one after the other, as a batch gives them. */
function gather(spec: GraphModelSpec, images: readonly Float32Array[][]): Tensors {
  return Object.fromEntries(spec.outputs.map(({ name, shape }, output) => {
    const length = shape.reduce((product, dim) => product * dim, 1);
    const values = new Float32Array(images.length * length);
    images.forEach((outputs, image) => { values.set(outputs[output] ?? [], image * length); });
    return [name, floatTensor(values, [images.length, ...shape])];
  }));
}
