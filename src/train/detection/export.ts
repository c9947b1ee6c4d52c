/**
 * Trained weights of the `portrait` net to a model file.
 */
import { unflatten, type NamedTensor } from '../autodiff/flat-vector.js';
import { InferenceNet } from '../backbones/inference-net.js';
import { FOLDED, foldedToText, type TrainedWeights } from '../loop/export.js';
import type { Layout } from '../loop/step.js';
import type { Precision } from '../../classify/model-info.js';
import { MULTIPLE, STRIDES, VALUES, VALUES_PER_CELL } from '../../detect/portrait-cells.js';
import { cellsOutput, PHOTOS_INPUT, PORTRAIT_FORMAT } from '../../detect/portrait-model.js';
import { packageVersion } from '../../files/package.js';
import { GraphBuilder } from '../../onnx/graph.js';
import { SCORE_PRIOR } from './loss.js';
import { writePortraitNet } from './net.js';
import { normalizePhotos, PORTRAIT } from './step.js';

/** A plain inference model for photos of any size; batch norm and the score's prior are worked into the weights. */
export function exportPortrait(layout: Layout, weights: TrainedWeights, precision: Precision): Uint8Array {
  const graph = new GraphBuilder(PORTRAIT);
  const tensors = new Map([
    ...unflatten(layout.parameters, weights.parameters), ...unflatten(layout.statistics, weights.statistics),
  ]);
  for (const [name, tensor] of tensors) if (/^head\.\d+\.values\.bias$/.test(name)) tensors.set(name, withPrior(tensor));
  const photos = graph.input(PHOTOS_INPUT, 'uint8', ['batch', 'height', 'width', 3]);
  const net = new InferenceNet(graph, tensors, precision);
  // The writer only passes sizes on; what the graph takes is decided when it runs.
  const maps = writePortraitNet(net, { ...normalizePhotos(graph, photos), channels: 3, height: MULTIPLE, width: MULTIPLE });
  for (const [level, stride] of STRIDES.entries()) {
    const map = maps[level];
    if (map === undefined) throw new Error('the net has fewer levels than strides');
    graph.output(map, cellsOutput(stride), 'float32', ['batch', VALUES_PER_CELL, `rows${String(stride)}`, `columns${String(stride)}`]);
  }
  return graph.toModel(13, {
    format: PORTRAIT_FORMAT, precision, tool_version: packageVersion(), [FOLDED]: foldedToText(net.folded),
  });
}

function withPrior({ shape, data }: NamedTensor): NamedTensor {
  return { shape, data: data.map((value, index) => (index === VALUES.score ? value + SCORE_PRIOR : value)) };
}
