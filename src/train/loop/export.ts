/**
 * Trained weights to model files, and back.
 */
import { z } from 'zod';
import { unflatten, type NamedTensor } from '../autodiff/flat-vector.js';
import { UsageError } from '../../core/usage-error.js';
import { GraphBuilder } from '../../onnx/graph.js';
import { readInitializers, readMetadata } from '../../onnx/model-file.js';
import { createBackbone, type Backbone } from '../backbones/index.js';
import { InferenceNet, unfoldedWeight } from '../backbones/inference-net.js';
import { normalizeCrops } from '../backbones/net.js';
import { loadWeights } from '../backbones/stored-weight.js';
import { EYES_INPUT, OPEN_OUTPUT, VISIBLE_OUTPUT } from '../../classify/eye-classifier.js';
import { infoFromMetadata, infoToMetadata, type EyeModelInfo } from '../../classify/model-info.js';
import { layoutOf, type Layout } from './step.js';

/**
 * The metadata key under which a model carries the batch norms that were folded into its weights: as constants of the graph
 * they would be ones that no node reads, and every runtime that loads the file would warn of them.
 */
export const FOLDED = 'folded_batch_norm';

const foldedSchema = z.record(z.string(), z.base64());

/** A backbone's weights, as training leaves them: parameters and batch norm statistics, flat. */
export interface TrainedWeights {
  readonly parameters: Float32Array;
  readonly statistics: Float32Array;
}

/** A model to train on from: its weights, and what it says of itself. */
export interface ImportedModel extends TrainedWeights {
  readonly info: EyeModelInfo;
}

/** A plain inference model: uint8 eyes [batch, height, width] in, two logits [batch] out; batch norm folded. */
export function exportModel(layout: Layout, weights: TrainedWeights, info: EyeModelInfo): Uint8Array {
  const graph = new GraphBuilder(info.backbone);
  const { width, height } = info;
  const tensors = new Map([
    ...unflatten(layout.parameters, weights.parameters), ...unflatten(layout.statistics, weights.statistics),
  ]);
  const eyes = graph.input(EYES_INPUT, 'uint8', ['batch', height, width]);
  const crops = { ...normalizeCrops(graph, eyes), channels: 1, height, width };
  const net = new InferenceNet(graph, tensors, info.precision);
  const { open, visible } = createBackbone(info.backbone).write(net, crops);
  graph.output(graph.op('Squeeze', [open, graph.int64s([1])]), OPEN_OUTPUT, 'float32', ['batch']);
  graph.output(graph.op('Squeeze', [visible, graph.int64s([1])]), VISIBLE_OUTPUT, 'float32', ['batch']);
  return graph.toModel(13, { ...infoToMetadata(info), [FOLDED]: foldedToText(net.folded) });
}

/**
 * The weights of an exported model, batch norm unfolded, to train on from.
 * @param name what error messages call the model
 * @throws UsageError if it is not an eye-state model, or one of another backbone
 */
export function importModel(model: Uint8Array, backbone: Backbone, name: string): ImportedModel {
  const info = infoOf(model);
  if (!info) throw new UsageError(`${name} is not an eye-state model of this version of the tool.`);
  if (info.backbone !== backbone.name) {
    throw new UsageError(`${name} is a ${info.backbone}, train.backbone is ${backbone.name}. `
      + `Set train.backbone to ${info.backbone}, or leave --init out.`);
  }
  return { info, ...collectWeights(layoutOf(backbone), model, name) };
}

/**
 * The weights that a model carries, batch norm unfolded.
 * @param model the bytes of a file that was exported with `foldedToText`
 * @param name what error messages call the model
 */
export function collectWeights(layout: Layout, model: Uint8Array, name: string): TrainedWeights {
  const stored = new Map([...loadWeights(readInitializers(model)), ...foldedFromText(readMetadata(model)[FOLDED], name)]);
  return {
    parameters: collect(layout.parameters, (tensor) => isFolded(layout, tensor)
      ? unfoldedWeight(stored, tensor.replace(/\.weight$/, '')) : stored.get(tensor), name),
    statistics: collect(layout.statistics, (tensor) => stored.get(tensor), name),
  };
}

/** JSON: base64 of little-endian float32 by name. */
export function foldedToText(folded: ReadonlyMap<string, Float32Array>): string {
  return JSON.stringify(Object.fromEntries([...folded].map(([name, { buffer, byteOffset, byteLength }]) =>
    [name, Buffer.from(buffer, byteOffset, byteLength).toString('base64')])));
}

function foldedFromText(text: string | undefined, model: string): Map<string, NamedTensor> {
  if (text === undefined) throw new UsageError(`${model} does not carry what training needs; it is from another version of the tool.`);
  return new Map(Object.entries(foldedSchema.parse(JSON.parse(text))).map(([name, base64]) => {
    const { buffer } = Uint8Array.from(Buffer.from(base64, 'base64'));
    const data = new Float32Array(buffer);
    return [name, { shape: [data.length], data }];
  }));
}

function infoOf(model: Uint8Array): EyeModelInfo | undefined {
  try {
    return infoFromMetadata(readMetadata(model));
  } catch {
    return undefined;
  }
}

/** A convolution's weight is folded where batch norm follows it. */
function isFolded(layout: Layout, tensor: string): boolean {
  const mean = tensor.replace(/\.weight$/, '.mean');
  return tensor.endsWith('.weight') && layout.statistics.some((slot) => slot.name === mean);
}

function collect(
  slots: Layout['parameters'], find: (name: string) => NamedTensor | undefined, model: string,
): Float32Array {
  const values = new Float32Array(slots.reduce((sum, { size }) => sum + size, 0));
  for (const { name, offset, size } of slots) {
    const data = find(name)?.data;
    if (data?.length !== size) throw new Error(`${model} holds no fitting ${name}; it is from another version of the tool.`);
    values.set(data, offset);
  }
  return values;
}
