/**
 * The language in which backbones are written. One description serves twice: `TrainingNet` writes it with gradients,
 * `InferenceNet` as a plain model with batch norm folded into the convolutions.
 */
import type { Activation } from '../autodiff/activation.js';
import type { GraphBuilder, Value } from '../../onnx/graph.js';

/** A feature map [batch, channels, height, width]. */
export interface Features extends Value {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** A feature vector [batch, channels]. */
export interface FeatureVector extends Value {
  readonly channels: number;
}

export interface ConvLayer {
  /** Channels of the output. */
  readonly channels: number;
  /** px, odd. */
  readonly kernel: number;
  /** Default 1. */
  readonly stride?: number;
  /** A kernel of its own for every channel; `channels` is then that of the input. */
  readonly depthwise?: boolean;
}

/** Layers. `name` is unique in a net and names the layer's tensors in checkpoints and model files. */
export interface NetWriter {
  /** Convolution with bias. */
  conv(name: string, x: Features, options: ConvLayer): Features;
  /** Convolution followed by batch normalization. */
  convNorm(name: string, x: Features, options: ConvLayer): Features;
  /** Normalization over the channels of each position. */
  channelNorm(name: string, x: Features): Features;
  activate<T extends Features | FeatureVector>(x: T, activation: Activation): T;
  add(a: Features, b: Features): Features;
  /** Every pixel four times: twice the height and width. */
  double(x: Features): Features;
  /** Multiplies channels by gates. */
  gate(x: Features, gates: FeatureVector): Features;
  /** Mean over all positions. */
  pool(x: Features): FeatureVector;
  /** Fully connected layer with bias. */
  dense(name: string, x: FeatureVector, channels: number): FeatureVector;
}

/** What a net says of a crop: one channel each, logits. */
export interface EyeLogits {
  /** Positive for an open eye; says nothing where there is no eye to see. */
  readonly open: FeatureVector;
  /** Positive where there is an eye to see. */
  readonly visible: FeatureVector;
}

/** The end of every net: both answers from the same features. */
export function eyeHeads(net: NetWriter, features: FeatureVector): EyeLogits {
  return { open: net.dense('head', features, 1), visible: net.dense('visible', features, 1) };
}

/** A net that turns eye crops of any size into logits. */
export interface Backbone {
  /** Family and size, as in `residual-base`. */
  readonly name: string;
  /** One line for `pipeline models`. */
  readonly description: string;
  /**
   * Writes the net.
   * @param crops one channel, normalized
   */
  write(net: NetWriter, crops: Features): EyeLogits;
}

/** Gray levels: a crop with less contrast than this is not stretched to full contrast, because it would be noise. */
const CONTRAST_FLOOR = 6;
const FLOAT32 = 1;

/**
 * Brings crops to mean 0 and standard deviation near 1, each by itself, so that a dim photo looks like a bright one.
 * @param pixels uint8 [batch, height, width]
 * @returns float32 [batch, 1, height, width]
 */
export function normalizeCrops(graph: GraphBuilder, pixels: Value): Value {
  const axes = { axes: { ints: [2, 3] } };
  const crops = graph.op('Unsqueeze', [graph.op('Cast', [pixels], { to: { int: FLOAT32 } }), graph.int64s([1])]);
  const centred = graph.op('Sub', [crops, graph.op('ReduceMean', [crops], axes)]);
  const variance = graph.op('ReduceMean', [graph.op('Mul', [centred, centred])], axes);
  const contrast = graph.op('Sqrt', [graph.op('Add', [variance, graph.scalar(CONTRAST_FLOOR ** 2)])]);
  return graph.op('Div', [centred, contrast]);
}
