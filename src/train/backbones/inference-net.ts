/**
 * Writes a backbone as a plain model: weights are constants, batch norm is folded into the convolution before it.
 */
import { floatAt } from '../../core/typed-array.js';
import { STEEPNESS, type Activation } from '../autodiff/activation.js';
import type { NamedTensor } from '../autodiff/flat-vector.js';
import { NORM_EPSILON } from '../autodiff/normalization.js';
import type { GraphBuilder, Value } from '../../onnx/graph.js';
import type { Precision } from '../../classify/model-info.js';
import { storeWeight } from './stored-weight.js';
import type { ConvLayer, Features, FeatureVector, NetWriter } from './net.js';

export class InferenceNet implements NetWriter {
  private readonly foldedTensors = new Map<string, Float32Array>();

  /**
   * @param tensors trained parameters and running statistics by name
   * @param precision how weights are stored; all computation is float32
   */
  constructor(
    private readonly graph: GraphBuilder,
    private readonly tensors: ReadonlyMap<string, NamedTensor>,
    private readonly precision: Precision,
  ) {}

  /** What was folded into convolutions and no node reads: with it the weights can be unfolded again, to train on. */
  get folded(): ReadonlyMap<string, Float32Array> {
    return this.foldedTensors;
  }

  conv(name: string, x: Features, options: ConvLayer): Features {
    return this.writeConv(name, x, this.tensor(`${name}.weight`), this.tensor(`${name}.bias`), options);
  }

  convNorm(name: string, x: Features, options: ConvLayer): Features {
    const weight = this.tensor(`${name}.weight`);
    const norm = batchNormOf(this.tensors, name);
    for (const part of BATCH_NORM_PARTS) this.foldedTensors.set(`${name}.${part}`, norm[part]);
    const { factors, bias } = folding(norm);
    return this.writeConv(name, x, scaleRows(weight, factors), bias, options);
  }

  channelNorm(name: string, x: Features): Features {
    const { graph } = this;
    const axes = { axes: { ints: [1] } };
    const centred = graph.op('Sub', [x, graph.op('ReduceMean', [x], axes)]);
    const variance = graph.op('ReduceMean', [graph.op('Mul', [centred, centred])], axes);
    const deviation = graph.op('Sqrt', [graph.op('Add', [variance, graph.scalar(NORM_EPSILON)])]);
    const perChannel = (part: string) => graph.op('Unsqueeze', [this.store(`${name}.${part}`), graph.int64s([1, 2])]);
    const scaled = graph.op('Mul', [graph.op('Div', [centred, deviation]), perChannel('scale')]);
    return { ...x, ...graph.op('Add', [scaled, perChannel('shift')]) };
  }

  activate<T extends Features | FeatureVector>(x: T, activation: Activation): T {
    return { ...x, name: this.writeActivation(x, activation).name };
  }

  add(a: Features, b: Features): Features {
    return { ...a, ...this.graph.op('Add', [a, b]) };
  }

  double(x: Features): Features {
    const scales = this.graph.constant(Float32Array.of(1, 1, 2, 2), [4]);
    const output = this.graph.op('Resize', [x, undefined, scales], {
      mode: { string: 'nearest' }, coordinate_transformation_mode: { string: 'asymmetric' }, nearest_mode: { string: 'floor' },
    });
    return { ...output, channels: x.channels, height: 2 * x.height, width: 2 * x.width };
  }

  gate(x: Features, gates: FeatureVector): Features {
    return { ...x, ...this.graph.op('Mul', [x, this.graph.op('Unsqueeze', [gates, this.graph.int64s([2, 3])])]) };
  }

  pool(x: Features): FeatureVector {
    const pooled = this.graph.op('Flatten', [this.graph.op('GlobalAveragePool', [x])]);
    return { ...pooled, channels: x.channels };
  }

  dense(name: string, x: FeatureVector, channels: number): FeatureVector {
    const inputs = [x, this.store(`${name}.weight`), this.store(`${name}.bias`)];
    return { ...this.graph.op('Gemm', inputs, { transB: { int: 1 } }), channels };
  }

  private writeActivation(x: Value, activation: Activation): Value {
    const { graph } = this;
    if (activation === 'relu') return graph.op('Relu', [x]);
    if (activation === 'sigmoid') return graph.op('Sigmoid', [x]);
    const steepness = STEEPNESS[activation];
    return graph.op('Mul', [x, graph.op('Sigmoid', [steepness === 1 ? x : graph.op('Mul', [x, graph.scalar(steepness)])])]);
  }

  private writeConv(name: string, x: Features, weight: NamedTensor, bias: NamedTensor, options: ConvLayer): Features {
    const { channels, kernel, stride = 1, depthwise = false } = options;
    const padding = (kernel - 1) / 2;
    const inputs = [
      x, storeWeight(this.graph, `${name}.weight`, weight, this.precision),
      storeWeight(this.graph, `${name}.bias`, bias, this.precision),
    ];
    const output = this.graph.op('Conv', inputs, {
      kernel_shape: { ints: [kernel, kernel] },
      pads: { ints: [padding, padding, padding, padding] },
      strides: { ints: [stride, stride] },
      group: { int: depthwise ? x.channels : 1 },
    });
    return { ...output, channels, height: Math.ceil(x.height / stride), width: Math.ceil(x.width / stride) };
  }

  private store(name: string): Value {
    return storeWeight(this.graph, name, this.tensor(name), this.precision);
  }

  private tensor(name: string): NamedTensor {
    return tensorOf(this.tensors, name);
  }
}

/** What batch norm knows of a channel: trained scale and shift, running mean and variance. */
const BATCH_NORM_PARTS = ['scale', 'shift', 'mean', 'variance'] as const;

type BatchNorm = Readonly<Record<(typeof BATCH_NORM_PARTS)[number], Float32Array>>;

function batchNormOf(tensors: ReadonlyMap<string, NamedTensor>, name: string): BatchNorm {
  const part = (key: string) => tensorOf(tensors, `${name}.${key}`).data;
  return { scale: part('scale'), shift: part('shift'), mean: part('mean'), variance: part('variance') };
}

/** scale (w x - mean) / deviation + shift = (factor w) x + bias. */
function folding({ scale, shift, mean, variance }: BatchNorm): { factors: Float32Array; bias: NamedTensor } {
  const factors = scale.map((value, channel) => value / Math.sqrt(floatAt(variance, channel) + NORM_EPSILON));
  const bias = shift.map((value, channel) => value - floatAt(mean, channel) * floatAt(factors, channel));
  return { factors, bias: { shape: [bias.length], data: bias } };
}

/** Multiplies each output channel's weights by its factor. */
function scaleRows({ shape, data }: NamedTensor, factors: Float32Array): NamedTensor {
  const row = data.length / factors.length;
  return { shape, data: data.map((value, index) => value * floatAt(factors, Math.floor(index / row))) };
}

/**
 * The weight that was folded, from what `convNorm` wrote into a model: the inverse of folding. A channel whose scale is
 * 0 has lost its weights; they come back as 0.
 * @param tensors the constants of an exported model, and what was folded into them
 */
export function unfoldedWeight(tensors: ReadonlyMap<string, NamedTensor>, name: string): NamedTensor {
  const { factors } = folding(batchNormOf(tensors, name));
  return scaleRows(tensorOf(tensors, `${name}.weight`), factors.map((factor) => (factor === 0 ? 0 : 1 / factor)));
}

function tensorOf(tensors: ReadonlyMap<string, NamedTensor>, name: string): NamedTensor {
  const tensor = tensors.get(name);
  if (!tensor) throw new Error(`the weights have no ${name}`);
  return tensor;
}
