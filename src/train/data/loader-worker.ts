/**
 * The thread that augments: a request names rows, the answer is a batch of pixels.
 */
import { workerData } from 'node:worker_threads';
import { Augmenter } from './augment.js';
import { loaderSetup, type BatchReply, type BatchRequest } from './loader-messages.js';
import { mixSeed } from './random.js';

const { port, ...canvases } = loaderSetup.parse(workerData);
let augmenter = new Augmenter(1, 1);

port.on('message', ({ rows, seed, height, width, strength }: BatchRequest) => {
  if (augmenter.width !== width || augmenter.height !== height) augmenter = new Augmenter(width, height);
  const batch = new Uint8Array(rows.length * height * width);
  rows.forEach((row, index) => {
    augmenter.augment(canvases, row, batch, index * height * width, strength, mixSeed(seed, index));
  });
  const reply: BatchReply = { pixels: batch };
  port.postMessage(reply, [batch.buffer]);
});
