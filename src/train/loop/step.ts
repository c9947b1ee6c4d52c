/**
 * One training step: the gradients of a batch, found by one ONNX graph (forward, loss and backward in a single run) in as many
 * parts as there are threads and as the settings say, and then the update.
 */
import { floatAt } from '../../core/typed-array.js';
import { decayMask, FlatVector, flatten, initialValues, lengthOf, type Slot } from '../autodiff/flat-vector.js';
import { add } from '../autodiff/arithmetic.js';
import { binaryCrossEntropy } from '../autodiff/loss.js';
import { averageRate, momentCount, optimizerStep, type OptimizerName, type OptimizerOptions } from '../autodiff/optimizer.js';
import { Tape, type Variable } from '../autodiff/tape.js';
import { GraphBuilder } from '../../onnx/graph.js';
import { byteTensor, createSession, floatsOf, floatTensor } from '../../onnx/session.js';
import { normalizeCrops, type Backbone, type FeatureVector } from '../backbones/net.js';
import { isFrozen, TrainingNet, type TrainingNetOptions } from '../backbones/training-net.js';
import { HIDDEN, OPEN } from '../data/labels.js';
import { Random } from '../data/random.js';
import type { StepInput } from './step-input.js';
import { startGradientThreads, type GradientThreads } from './gradient-threads.js';
import { divide, givenInputs, type GraphInputs, type Part } from './gradients.js';

/** Everything that a step changes. Vectors are flat; `Layout` says what lies where in them. */
export interface TrainingState {
  readonly parameters: Float32Array;
  /** What the optimizer remembers: vectors as long as `parameters`. */
  readonly moments: readonly Float32Array[];
  /** Batch norm's running means and variances. */
  readonly statistics: Float32Array;
  /** Moving average of `parameters`: what is evaluated and exported. */
  readonly average: Float32Array;
  /** Steps taken. */
  readonly step: number;
}

/** The tensors of a backbone in its flat vectors. The same for every input size. */
export interface Layout {
  readonly parameters: readonly Slot[];
  readonly statistics: readonly Slot[];
}

export interface StepOptions {
  /** Images a step: a multiple of `accumulate`. */
  readonly batch: number;
  /**
   * Parts of a batch that are gone through one after the other, 1 where not given: the memory of a part, the gradient of the whole.
   */
  readonly accumulate?: number;
  /** px. */
  readonly height: number;
  readonly width: number;
  readonly optimizer: OptimizerOptions;
  /** 0 to 1: targets are drawn towards 1/2 by this share. */
  readonly labelSmoothing: number;
  /** Threads that share a part among them; batch norm takes each one's share by itself. */
  readonly threads: number;
  /** Layers that stay as they are, by name or by what their names begin with up to a dot: `conv1`, `stage1`. */
  readonly frozen?: readonly string[];
}

export interface StepResult {
  readonly state: TrainingState;
  /** Weighted mean cross-entropy of both answers before the update. */
  readonly loss: number;
  /** L2 norm over all parameters, before clipping. */
  readonly gradientNorm: number;
}

export interface TrainingStep {
  readonly batch: number;
  /** @param learningRate of this step */
  run(state: TrainingState, batch: StepInput, learningRate: number): Promise<StepResult>;
  release(): Promise<void>;
}

/** The average follows the weights at this rate at most. */
const AVERAGE_RATE = 0.005;

/** Where the tensors of a backbone lie. */
export function layoutOf(backbone: Backbone): Layout {
  const { parameters, statistics } = writeForward(backbone, { batch: 1, height: 32, width: 48 }, []);
  return { parameters: parameters.slots, statistics: statistics.slots };
}

/** The state before the first step. The same for the same seed. */
export function initialState(layout: Layout, optimizer: OptimizerName, seed: number): TrainingState {
  const random = new Random(seed);
  const draw = () => random.next();
  const parameters = initialValues(layout.parameters, draw);
  return {
    parameters,
    moments: Array.from({ length: momentCount(optimizer) }, () => new Float32Array(parameters.length)),
    statistics: initialValues(layout.statistics, draw),
    average: parameters.slice(),
    step: 0,
  };
}

/** Prepares the training step of a backbone for one input size. */
export async function createTrainingStep(backbone: Backbone, options: StepOptions): Promise<TrainingStep> {
  const { batch, accumulate = 1, threads } = options;
  const layout = layoutOf(backbone);
  const shares = divide(batch / accumulate, threads);
  const gradients = startGradientThreads({
    count: shares.length, parameters: lengthOf(layout.parameters), statistics: lengthOf(layout.statistics), scalars: ['loss'],
    script: 'gradient-worker', source: undefined, inputsOf: givenInputs,
  });
  await gradients.prepare(shares.map(({ from, to }) => writeGradients(backbone, options, to - from)));
  const frozen = options.frozen ?? [];
  const decayed = decayMask(layout.parameters.map((slot) => ({ ...slot, decayed: slot.decayed && !isFrozen(slot.name, frozen) })));
  return {
    batch,
    run: (state, data, learningRate) => runStep(gradients, state, partsOf(data, accumulate, threads), { decayed, learningRate, options }),
    release: () => gradients.close(),
  };
}

/** Logits of some crops, one each. */
export interface LogitVectors {
  readonly open: Float32Array;
  readonly visible: Float32Array;
}

/**
 * The logits of the training graph with batch norm's statistics as they are: what an export is checked against.
 * @param parameters of `state` or its average
 */
export async function forwardLogits(
  backbone: Backbone, parameters: Float32Array, statistics: Float32Array, batch: StepInput,
): Promise<LogitVectors> {
  const { height, width, labels } = batch;
  const { graph, open, visible } = writeForward(backbone, { batch: labels.length, height, width }, 'all');
  graph.output(open, 'open', 'float32', [labels.length]);
  graph.output(visible, 'visible', 'float32', [labels.length]);
  const session = await createSession(graph.toModel());
  const outputs = await session.run({
    pixels: byteTensor(batch.pixels, [labels.length, height, width]),
    parameters: floatTensor(parameters, [parameters.length]),
    statistics: floatTensor(statistics, [statistics.length]),
  });
  await session.release();
  return { open: floatsOf(outputs, 'open'), visible: floatsOf(outputs, 'visible') };
}

interface Forward {
  readonly graph: GraphBuilder;
  readonly tape: Tape;
  readonly net: TrainingNet;
  readonly parameters: FlatVector;
  readonly statistics: FlatVector;
  readonly open: Variable;
  readonly visible: Variable;
}

function writeForward(
  backbone: Backbone, { batch, height, width }: Pick<StepOptions, 'batch' | 'height' | 'width'>, frozen: TrainingNetOptions['frozen'],
): Forward {
  const graph = new GraphBuilder(backbone.name);
  const tape = new Tape(graph);
  const pixels = graph.input('pixels', 'uint8', [batch, height, width]);
  const parameters = new FlatVector(tape, graph.input('parameters', 'float32', ['parameters']));
  const statistics = new FlatVector(tape, graph.input('statistics', 'float32', ['statistics']));
  const net = new TrainingNet(tape, parameters, statistics, { batch, frozen });
  const crops = { ...normalizeCrops(graph, pixels), channels: 1, height, width };
  const written = backbone.write(net, crops);
  const flat = ({ name }: FeatureVector): Variable => tape.reshape({ name, shape: [batch, 1] }, [batch]);
  return { graph, tape, net, parameters, statistics, open: flat(written.open), visible: flat(written.visible) };
}

/** The graph that finds the gradients of `count` images: inputs as `inputsFor` makes them. */
function writeGradients(backbone: Backbone, options: StepOptions, count: number): Uint8Array {
  const { graph, tape, net, open, visible } = writeForward(backbone, { ...options, batch: count }, options.frozen ?? []);
  const { labelSmoothing } = options;
  const perImage = (name: string) => graph.input(name, 'float32', [count]);
  const loss = add(tape,
    binaryCrossEntropy(tape, open, perImage('open'), perImage('open_weights'), labelSmoothing),
    binaryCrossEntropy(tape, visible, perImage('visible'), perImage('visible_weights'), labelSmoothing));
  const { shape, ...gradient } = flatten(tape, gradientsOf(tape, net, loss));
  graph.output(gradient, 'gradient', 'float32', shape);
  writeStatistics(tape, net);
  graph.output(loss, 'loss', 'float32', []);
  return graph.toModel();
}

/** Of every parameter, in the order of the vector; 0 for those that stay. */
function gradientsOf(tape: Tape, net: TrainingNet, loss: Variable): Variable[] {
  const moving = tape.gradients(loss, net.trained);
  return net.parametersInOrder.map((parameter) => {
    const index = net.trained.indexOf(parameter);
    const { shape } = parameter;
    return moving[index] ?? { ...tape.graph.constant(new Float32Array(shape.reduce((size, dim) => size * dim, 1)), shape), shape };
  });
}

/** A net without batch norm has no statistics to give. */
function writeStatistics(tape: Tape, net: TrainingNet): void {
  if (net.updatedStatistics.length === 0) return;
  const { shape, ...statistics } = flatten(tape, net.updatedStatistics);
  tape.graph.output(statistics, 'new_statistics', 'float32', shape);
}

interface Update {
  /** 1 where weight decay applies, else 0. */
  readonly decayed: Float32Array;
  readonly learningRate: number;
  readonly options: StepOptions;
}

async function runStep(
  gradients: GradientThreads<GraphInputs>, state: TrainingState, parts: readonly (readonly Part<GraphInputs>[])[],
  { decayed, learningRate, options }: Update,
): Promise<StepResult> {
  const step = state.step + 1;
  const { gradient, statistics, scalars: [loss = NaN] } = await gradients.run(state, parts);
  const { gradientNorm, ...updated } = optimizerStep(state, gradient, decayed, { learningRate, step, averageRate: averageRate(step, AVERAGE_RATE) }, options.optimizer);
  return { state: { ...updated, statistics, step }, loss, gradientNorm };
}

/** What each thread is to do of a batch: of each of the batch's parts its share, in order. */
function partsOf(batch: StepInput, accumulate: number, threads: number): Part<GraphInputs>[][] {
  const targets = targetsOf(batch);
  const whole = batch.labels.length;
  const size = whole / accumulate;
  return divide(size, threads).map(({ from, to }) => Array.from({ length: accumulate }, (_, index) => ({
    share: (to - from) / whole,
    work: inputsFor(batch, targets, index * size + from, index * size + to),
  })));
}

function inputsFor({ pixels, height, width }: StepInput, targets: Targets, from: number, to: number): GraphInputs {
  const count = to - from;
  const area = height * width;
  return {
    pixels: { shape: [count, height, width], data: pixels.slice(from * area, to * area) },
    ...Object.fromEntries(Object.entries(targets).map(([name, values]) => [name, { shape: [count], data: values.slice(from, to) }])),
  };
}

type Targets = Readonly<Record<'open' | 'open_weights' | 'visible' | 'visible_weights', Float32Array>>;

/**
 * What the step is to learn of a batch. An eye that cannot be seen is neither open nor closed; and where every eye of the
 * batch can be seen, it says nothing about which can.
 */
function targetsOf({ labels, weights }: StepInput): Targets {
  const each = (value: (label: number, index: number) => number): Float32Array => Float32Array.from(labels, value);
  const weightOf = (index: number): number => floatAt(weights, index);
  const telling = labels.includes(HIDDEN) ? 1 : 0;
  return {
    open: each((label) => (label === OPEN ? 1 : 0)),
    open_weights: each((label, index) => (label === HIDDEN ? 0 : weightOf(index))),
    visible: each((label) => (label === HIDDEN ? 0 : 1)),
    visible_weights: each((_, index) => telling * weightOf(index)),
  };
}
