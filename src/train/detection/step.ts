/**
 * A training step of the `portrait` net in two graphs: gradients of a part of the batch, and the update by their mean.
 *
 * Two threads with half a batch each do more than one session with two threads: onnxruntime does little at a time in graphs
 * like these, and the threads make their own crops besides.
 */
import { floatAt } from '../../core/typed-array.js';
import { decayMask, FlatVector, flatten, initialValues, lengthOf } from '../autodiff/flat-vector.js';
import { momentCount, movingAverage, optimizerStep, type OptimizerOptions } from '../autodiff/optimizer.js';
import { Tape, type Variable } from '../autodiff/tape.js';
import { TrainingNet } from '../backbones/training-net.js';
import { Random } from '../data/random.js';
import type { Layout, TrainingState } from '../loop/step.js';
import { GraphBuilder, type Value } from '../../onnx/graph.js';
import { byteTensor, createSession, floatsOf, floatTensor, type Session } from '../../onnx/session.js';
import { detectionLoss, PARTS, type LossPart } from './loss.js';
import { writePortraitNet } from './net.js';
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

/** What one part of a batch gives. */
export interface PartResult {
  readonly gradient: Float32Array;
  readonly statistics: Float32Array;
  readonly loss: number;
  readonly parts: Readonly<Record<LossPart, number>>;
}

export interface GradientStep {
  /**
   * @param pixels [batch, size, size, 3]
   * @param targets [batch, TARGETS_PER_CELL, cells]
   */
  run(parameters: Float32Array, statistics: Float32Array, pixels: Uint8Array, targets: Float32Array): Promise<PartResult>;
  release(): Promise<void>;
}

/** Prepares the graph that finds gradients for `batch` crops of `size` px. */
export async function createGradientStep(batch: number, size: number, threads = 1): Promise<GradientStep> {
  const session = await createSession(writeGradients(batch, size), { threads });
  const cells = cellCount(size);
  return {
    run: async (parameters, statistics, pixels, targets) => {
      const outputs = await session.run({
        pixels: byteTensor(pixels, [batch, size, size, 3]),
        targets: floatTensor(targets, [batch, TARGETS_PER_CELL, cells]),
        parameters: floatTensor(parameters, [parameters.length]),
        statistics: floatTensor(statistics, [statistics.length]),
      });
      const number = (name: string): number => floatsOf(outputs, name)[0] ?? NaN;
      return {
        gradient: floatsOf(outputs, 'gradient'), statistics: floatsOf(outputs, 'new_statistics'), loss: number('loss'),
        parts: {
          score: number('score'), box: number('box'), points: number('points'), visible: number('visible'), open: number('open'),
        },
      };
    },
    release: () => session.release(),
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

export interface UpdateStep {
  /**
   * @param results of the parts of one batch
   * @param learningRate of this step
   */
  run(state: TrainingState, results: readonly PartResult[], learningRate: number): Promise<TrainingState>;
  release(): Promise<void>;
}

/** Prepares the graph that moves the weights. */
export async function createUpdateStep(layout: Layout, optimizer: OptimizerOptions): Promise<UpdateStep> {
  const session = await createSession(writeUpdate(layout, optimizer));
  return {
    run: (state, results, learningRate) => update(session, state, results, learningRate),
    release: () => session.release(),
  };
}

function writeUpdate(layout: Layout, optimizer: OptimizerOptions): Uint8Array {
  const graph = new GraphBuilder('update');
  const tape = new Tape(graph);
  const size = lengthOf(layout.parameters);
  const vector = (name: string): Variable => ({ ...graph.input(name, 'float32', [size]), shape: [size] });
  const updated = optimizerStep(tape, {
    gradient: vector('gradient'),
    parameters: vector('parameters'),
    moments: Array.from({ length: momentCount(optimizer.name) }, (_, index) => vector(momentName(index))),
    decayed: graph.constant(decayMask(layout.parameters), [size]),
    learningRate: graph.input('learning_rate', 'float32', []),
    step: graph.input('step', 'float32', []),
  }, optimizer);
  const average = movingAverage(tape, vector('average'), updated.parameters, graph.input('average_rate', 'float32', []));
  const give = (name: string, { shape, ...value }: Variable): void => { graph.output(value, `new_${name}`, 'float32', shape); };
  give('parameters', updated.parameters);
  for (const [index, moment] of updated.moments.entries()) give(momentName(index), moment);
  give('average', average);
  return graph.toModel();
}

async function update(
  session: Session, state: TrainingState, results: readonly PartResult[], learningRate: number,
): Promise<TrainingState> {
  const step = state.step + 1;
  const scalar = (value: number) => floatTensor(Float32Array.of(value), []);
  const vector = (data: Float32Array) => floatTensor(data, [data.length]);
  const outputs = await session.run({
    gradient: vector(meanOf(results.map(({ gradient }) => gradient))),
    parameters: vector(state.parameters),
    ...Object.fromEntries(state.moments.map((moment, index) => [momentName(index), vector(moment)])),
    average: vector(state.average),
    learning_rate: scalar(learningRate),
    step: scalar(step),
    // At first the average follows quickly, so that the starting values do not linger in it.
    average_rate: scalar(Math.max(AVERAGE_RATE, 1 / (1 + step / 5))),
  });
  return {
    parameters: floatsOf(outputs, 'new_parameters'),
    moments: state.moments.map((_, index) => floatsOf(outputs, `new_${momentName(index)}`)),
    statistics: meanOf(results.map(({ statistics }) => statistics)),
    average: floatsOf(outputs, 'new_average'),
    step,
  };
}

function meanOf(vectors: readonly Float32Array[]): Float32Array {
  const [first] = vectors;
  if (first === undefined) throw new Error('no part of the batch gave a result');
  const mean = new Float32Array(first.length);
  for (const vector of vectors) {
    for (let index = 0; index < mean.length; index += 1) mean[index] = floatAt(mean, index) + floatAt(vector, index) / vectors.length;
  }
  return mean;
}

function momentName(index: number): string {
  return `moment${String(index + 1)}`;
}
