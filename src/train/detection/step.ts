/**
 * A training step of the `portrait` net: the gradients of a batch, found by threads that make their own crops, and the update.
 */
import { decayMask, FlatVector, flatten, initialValues, lengthOf } from '../autodiff/flat-vector.js';
import { averageRate, momentCount, optimizerStep, type OptimizerOptions } from '../autodiff/optimizer.js';
import { Tape, type Variable } from '../autodiff/tape.js';
import { TrainingNet } from '../backbones/training-net.js';
import { Random } from '../data/random.js';
import { startGradientThreads } from '../loop/gradient-threads.js';
import { divide } from '../loop/gradients.js';
import type { Layout, TrainingState } from '../loop/step.js';
import { GraphBuilder, type Value } from '../../onnx/graph.js';
import { cropInputs } from './crop-inputs.js';
import { detectionLoss, PARTS, type LossPart } from './loss.js';
import { writePortraitNet } from './net.js';
import type { Scenes } from './scenes.js';
import { cellCount, TARGETS_PER_CELL } from './targets.js';

/** Named in checkpoints. */
export const PORTRAIT = 'portrait';
/** The average follows the weights at this rate at most. */
const AVERAGE_RATE = 0.002;
const FLOAT32 = 1;

/** Brings bytes to -1 to 1, and channels first. @param photos uint8 [batch, height, width, 3] */
export function normalizePhotos(graph: GraphBuilder, photos: Value): Value {
  const floats = graph.op('Cast', [graph.op('Transpose', [photos], { perm: { ints: [0, 3, 1, 2] } })], { to: { int: FLOAT32 } });
  return graph.op('Add', [graph.op('Mul', [floats, graph.scalar(1 / 127.5)]), graph.scalar(-1)]);
}

interface Forward {
  readonly graph: GraphBuilder;
  readonly tape: Tape;
  readonly net: TrainingNet;
  readonly parameters: FlatVector;
  readonly statistics: FlatVector;
  readonly maps: readonly Variable[];
}

function writeForward(batch: number, size: number): Forward {
  const graph = new GraphBuilder(PORTRAIT);
  const tape = new Tape(graph);
  const pixels = graph.input('pixels', 'uint8', [batch, size, size, 3]);
  const parameters = new FlatVector(tape, graph.input('parameters', 'float32', ['parameters']));
  const statistics = new FlatVector(tape, graph.input('statistics', 'float32', ['statistics']));
  const net = new TrainingNet(tape, parameters, statistics, { batch, frozen: [] });
  const maps = writePortraitNet(net, { ...normalizePhotos(graph, pixels), channels: 3, height: size, width: size })
    .map(({ name, channels, height, width }) => ({ name, shape: [batch, channels, height, width] }));
  return { graph, tape, net, parameters, statistics, maps };
}

/** Where the net's tensors lie. */
export function portraitLayout(): Layout {
  const { parameters, statistics } = writeForward(1, 32);
  return { parameters: parameters.slots, statistics: statistics.slots };
}

/** The state before the first step. The same for the same seed. */
export function portraitState(layout: Layout, { name }: OptimizerOptions, seed: number): TrainingState {
  const random = new Random(seed);
  const draw = () => random.next();
  const parameters = initialValues(layout.parameters, draw);
  return {
    parameters,
    moments: Array.from({ length: momentCount(name) }, () => new Float32Array(parameters.length)),
    statistics: initialValues(layout.statistics, draw),
    average: parameters.slice(),
    step: 0,
  };
}

/** What a batch has cost, before the update. */
export interface BatchLoss {
  readonly loss: number;
  readonly parts: Readonly<Record<LossPart, number>>;
}

export interface PortraitStep {
  /**
   * @param seed the same crops for the same seed, whatever the threads
   * @param learningRate of this step
   */
  run(state: TrainingState, seed: number, learningRate: number): Promise<BatchLoss & { readonly state: TrainingState }>;
  release(): Promise<void>;
}

export interface PortraitStepOptions {
  /** Crops a step. */
  readonly batch: number;
  /** Side of a crop, px. */
  readonly size: number;
  readonly optimizer: OptimizerOptions;
  /** Threads, each with its part of every batch. */
  readonly threads: number;
}

/** Prepares steps for crops of one size. */
export async function createPortraitStep(scenes: Scenes, layout: Layout, options: PortraitStepOptions): Promise<PortraitStep> {
  const { batch, size, threads } = options;
  const shares = divide(batch, threads);
  const gradients = startGradientThreads({
    count: shares.length, parameters: lengthOf(layout.parameters), statistics: lengthOf(layout.statistics),
    scalars: ['loss', ...PARTS], script: 'crop-gradient-worker', source: scenes, inputsOf: cropInputs,
  });
  await gradients.prepare(shares.map(({ from, to }) => writeGradients(to - from, size)));
  const decayed = decayMask(layout.parameters);
  return {
    run: async (state, seed, learningRate) => {
      const parts = shares.map(({ from, to }) => [{ share: (to - from) / batch, work: { seed, from, count: to - from, size } }]);
      const { gradient, statistics, scalars } = await gradients.run(state, parts);
      const step = state.step + 1;
      const { parameters, moments, average } = optimizerStep(state, gradient, decayed, { learningRate, step, averageRate: averageRate(step, AVERAGE_RATE) }, options.optimizer);
      const [loss = NaN, score = NaN, box = NaN, points = NaN, visible = NaN, open = NaN] = scalars;
      return { state: { parameters, moments, average, statistics, step }, loss, parts: { score, box, points, visible, open } };
    },
    release: () => gradients.close(),
  };
}

function writeGradients(batch: number, size: number): Uint8Array {
  const { graph, tape, net, maps } = writeForward(batch, size);
  const shape = [batch, TARGETS_PER_CELL, cellCount(size)];
  const loss = detectionLoss(tape, maps, { ...graph.input('targets', 'float32', shape), shape });
  const give = (name: string, { shape: dims, ...value }: Variable): void => { graph.output(value, name, 'float32', dims); };
  give('gradient', flatten(tape, tape.gradients(loss.total, net.trained)));
  give('new_statistics', flatten(tape, net.updatedStatistics));
  give('loss', loss.total);
  for (const part of PARTS) give(part, loss.parts[part]);
  return graph.toModel();
}
