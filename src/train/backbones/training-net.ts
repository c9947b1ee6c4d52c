/**
 * Writes a backbone with gradients, its tensors taken from flat vectors.
 */
import { activate, type Activation } from '../autodiff/activation.js';
import { add, dense, gate, globalAveragePool } from '../autodiff/arithmetic.js';
import { convolution } from '../autodiff/convolution.js';
import type { FlatVector, Initial } from '../autodiff/flat-vector.js';
import { double } from '../autodiff/layout.js';
import { batchNorm, channelNorm, frozenBatchNorm } from '../autodiff/normalization.js';
import type { Tape, Variable } from '../autodiff/tape.js';
import type { ConvLayer, Features, FeatureVector, NetWriter } from './net.js';

/** Share of a batch in batch norm's running statistics. */
const STATISTICS_MOMENTUM = 0.05;

export interface TrainingNetOptions {
  readonly batch: number;
  /**
   * Layers that stay as they are, by name or by what their names begin with up to a dot; their batch norms go by their running
   * statistics. `all`: the whole net, as at inference.
   */
  readonly frozen: readonly string[] | 'all';
}

/** Whether a tensor or layer stays as it is. */
export function isFrozen(name: string, frozen: TrainingNetOptions['frozen']): boolean {
  return frozen === 'all' || frozen.some((layer) => name === layer || name.startsWith(`${layer}.`));
}

export class TrainingNet implements NetWriter {
  private readonly parameterVariables: Variable[] = [];
  private readonly trainedVariables: Variable[] = [];
  private readonly statisticsVariables: Variable[] = [];

  /**
   * @param parameters what is trained
   * @param statistics batch norm's running means and variances
   */
  constructor(
    private readonly tape: Tape,
    private readonly parameters: FlatVector,
    private readonly statistics: FlatVector,
    private readonly options: TrainingNetOptions,
  ) {}

  /** Everything that was taken from `parameters`, in order. */
  get parametersInOrder(): readonly Variable[] {
    return this.parameterVariables;
  }

  /** Those of them that do not stay as they are. */
  get trained(): readonly Variable[] {
    return this.trainedVariables;
  }

  /** The new value of everything that was taken from `statistics`, in order. */
  get updatedStatistics(): readonly Variable[] {
    return this.statisticsVariables;
  }

  conv(name: string, x: Features, options: ConvLayer): Features {
    const bias = this.parameter(`${name}.bias`, [options.channels], { constant: 0 });
    return this.map(convolution(this.tape, this.image(x), this.kernel(name, x, options), bias, options));
  }

  convNorm(name: string, x: Features, options: ConvLayer): Features {
    const { channels } = options;
    const output = convolution(this.tape, this.image(x), this.kernel(name, x, options), undefined, options);
    const variables = {
      scale: this.parameter(`${name}.scale`, [channels], { constant: 1 }),
      shift: this.parameter(`${name}.shift`, [channels], { constant: 0 }),
      runningMean: this.statistic(`${name}.mean`, channels, 0),
      runningVariance: this.statistic(`${name}.variance`, channels, 1),
    };
    const result = isFrozen(name, this.options.frozen)
      ? frozenBatchNorm(this.tape, output, variables)
      : batchNorm(this.tape, output, variables, STATISTICS_MOMENTUM);
    this.statisticsVariables.push(result.runningMean, result.runningVariance);
    return this.map(result.output);
  }

  channelNorm(name: string, x: Features): Features {
    const scale = this.parameter(`${name}.scale`, [x.channels], { constant: 1 });
    const shift = this.parameter(`${name}.shift`, [x.channels], { constant: 0 });
    return this.map(channelNorm(this.tape, this.image(x), scale, shift));
  }

  activate<T extends Features | FeatureVector>(x: T, activation: Activation): T {
    const variable = 'height' in x ? this.image(x) : this.vector(x);
    return { ...x, name: activate(this.tape, variable, activation).name };
  }

  add(a: Features, b: Features): Features {
    return this.map(add(this.tape, this.image(a), this.image(b)));
  }

  double(x: Features): Features {
    return this.map(double(this.tape, this.image(x)));
  }

  gate(x: Features, gates: FeatureVector): Features {
    return this.map(gate(this.tape, this.image(x), this.vector(gates)));
  }

  pool(x: Features): FeatureVector {
    return { name: globalAveragePool(this.tape, this.image(x)).name, channels: x.channels };
  }

  dense(name: string, x: FeatureVector, channels: number): FeatureVector {
    const weight = this.parameter(`${name}.weight`, [channels, x.channels], { deviation: Math.sqrt(1 / x.channels) });
    const bias = this.parameter(`${name}.bias`, [channels], { constant: 0 });
    return { name: dense(this.tape, this.vector(x), weight, bias).name, channels };
  }

  /** Deviation by He et al. 2015: keeps the variance of features through layers with ReLU. */
  private kernel(name: string, x: Features, { channels, kernel, depthwise }: ConvLayer): Variable {
    const inputs = depthwise === true ? 1 : x.channels;
    const deviation = Math.sqrt(2 / (inputs * kernel * kernel));
    return this.parameter(`${name}.weight`, [channels, inputs, kernel, kernel], { deviation });
  }

  /** Weight decay is for weights, not for biases, scales and shifts. */
  private parameter(name: string, shape: readonly number[], initial: Initial): Variable {
    const variable = this.parameters.take({ name, shape, initial, decayed: shape.length > 1 });
    this.parameterVariables.push(variable);
    if (isFrozen(name, this.options.frozen)) return variable;
    this.trainedVariables.push(variable);
    return this.tape.parameter(variable);
  }

  private statistic(name: string, channels: number, constant: number): Variable {
    return this.statistics.take({ name, shape: [channels], initial: { constant }, decayed: false });
  }

  private image(x: Features): Variable {
    return { name: x.name, shape: [this.options.batch, x.channels, x.height, x.width] };
  }

  private vector(x: FeatureVector): Variable {
    return { name: x.name, shape: [this.options.batch, x.channels] };
  }

  private map({ name, shape: [, channels = 0, height = 0, width = 0] }: Variable): Features {
    return { name, channels, height, width };
  }
}
