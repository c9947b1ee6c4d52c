/**
 * The thread that makes crops and finds the gradients of its part of each batch.
 */
import { workerData, type MessagePort } from 'node:worker_threads';
import { mixSeed, Random } from '../data/random.js';
import { Cropper } from './augment.js';
import type { Scenes } from './scenes.js';
import { createGradientStep, type GradientStep } from './step.js';
import { cellCount, TARGETS_PER_CELL, writeTargets } from './targets.js';

/** What the thread is started with. */
export interface GradientSetup {
  readonly scenes: Scenes;
  /** Shared: the main thread writes the weights here before it asks. */
  readonly parameters: Float32Array;
  readonly statistics: Float32Array;
  readonly port: MessagePort;
}

/** One part of a batch. */
export interface GradientRequest {
  readonly seed: number;
  /** Crops. */
  readonly batch: number;
  /** Side of a crop, px. */
  readonly size: number;
}

const { scenes, parameters, statistics, port }: GradientSetup = workerData;
let cropper = new Cropper(scenes, 32);
let step: { readonly batch: number; readonly size: number; readonly graph: GradientStep } | undefined;

async function answer({ seed, batch, size }: GradientRequest): Promise<void> {
  if (step?.batch !== batch || step.size !== size) {
    await step?.graph.release();
    step = { batch, size, graph: await createGradientStep(batch, size) };
    cropper = new Cropper(scenes, size);
  }
  const pixels = new Uint8Array(batch * size * size * 3);
  const perCrop = TARGETS_PER_CELL * cellCount(size);
  const targets = new Float32Array(batch * perCrop);
  for (let index = 0; index < batch; index += 1) {
    const faces = cropper.crop(new Random(mixSeed(seed, index)), pixels, index * size * size * 3);
    writeTargets(faces, size, targets, index * perCrop);
  }
  // Copies: onnxruntime takes no shared memory.
  port.postMessage(await step.graph.run(parameters.slice(), statistics.slice(), pixels, targets));
}

port.on('message', (request: GradientRequest) => {
  answer(request).catch((error: unknown) => { setImmediate(() => { throw error; }); });
});
