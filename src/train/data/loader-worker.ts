/**
 * The thread that augments: a request names rows, the answer is a batch of pixels.
 */
import { workerData, type MessagePort } from 'node:worker_threads';
import { Augmenter } from './augment.js';
import { mixSeed } from './random.js';

/** What the thread is started with. */
export interface LoaderSetup {
  /** All canvases, in shared memory. */
  readonly pixels: Uint8Array;
  readonly port: MessagePort;
}

/** One batch to make. */
export interface BatchRequest {
  readonly rows: Int32Array;
  readonly seed: number;
  readonly height: number;
  readonly width: number;
  readonly strength: number;
}

/** Luminance, [rows, height, width]. */
export interface BatchReply {
  readonly pixels: Uint8Array<ArrayBuffer>;
}

const { pixels, port }: LoaderSetup = workerData;
let augmenter = new Augmenter(1, 1);

port.on('message', ({ rows, seed, height, width, strength }: BatchRequest) => {
  if (augmenter.width !== width || augmenter.height !== height) augmenter = new Augmenter(width, height);
  const batch = new Uint8Array(rows.length * height * width);
  rows.forEach((row, index) => {
    augmenter.augment(pixels, row, batch, index * height * width, strength, mixSeed(seed, index));
  });
  const reply: BatchReply = { pixels: batch };
  port.postMessage(reply, [batch.buffer]);
});
