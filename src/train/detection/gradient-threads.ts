/**
 * Threads that share the work of each batch.
 */
import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import { workerScript } from '../../files/package.js';
import { mixSeed } from '../data/random.js';
import type { TrainingState } from '../loop/step.js';
import type { GradientRequest, GradientSetup } from './gradient-worker.js';
import type { Scenes } from './scenes.js';
import type { PartResult } from './step.js';

export interface GradientThreads {
  /**
   * What the parts of one batch give. The same for the same weights and seed.
   * @param batch crops in each part
   * @param size side of a crop, px
   */
  run(state: TrainingState, seed: number, batch: number, size: number): Promise<PartResult[]>;
  close(): Promise<void>;
}

/** @param count threads, and parts of a batch */
export function startGradientThreads(scenes: Scenes, state: TrainingState, count: number): GradientThreads {
  const parameters = sharedFloats(state.parameters.length);
  const statistics = sharedFloats(state.statistics.length);
  const threads = Array.from({ length: count }, () => new GradientThread({ scenes, parameters, statistics }));
  return {
    run: (now, seed, batch, size) => {
      parameters.set(now.parameters);
      statistics.set(now.statistics);
      return Promise.all(threads.map((thread, part) => thread.ask({ seed: mixSeed(seed, part), batch, size })));
    },
    close: async () => { await Promise.all(threads.map((thread) => thread.close())); },
  };
}

function sharedFloats(length: number): Float32Array {
  return new Float32Array(new SharedArrayBuffer(4 * length));
}

class GradientThread {
  private readonly worker: Worker;
  private readonly port: MessagePort;
  private waiting: { resolve: (result: PartResult) => void; reject: (error: Error) => void } | undefined;

  constructor(setup: Omit<GradientSetup, 'port'>) {
    const { port1, port2 } = new MessageChannel();
    this.port = port1;
    const workerData: GradientSetup = { ...setup, port: port2 };
    this.worker = new Worker(workerScript('gradient-worker'), { workerData, transferList: [port2] });
    this.worker.on('error', (error) => {
      this.waiting?.reject(new Error('A thread that finds gradients has stopped.', { cause: error }));
    });
    this.port.on('message', (result: PartResult) => { this.waiting?.resolve(result); });
  }

  ask(request: GradientRequest): Promise<PartResult> {
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
      this.port.postMessage(request);
    });
  }

  async close(): Promise<void> {
    this.port.close();
    await this.worker.terminate();
  }
}
