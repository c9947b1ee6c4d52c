/**
 * What the loader and its threads say to each other.
 */
import { MessagePort } from 'node:worker_threads';
import { z } from 'zod';

/** What a thread is started with. */
export const loaderSetup = z.object({
  /** All canvases, in shared memory. */
  pixels: z.custom<Uint8Array>((value) => value instanceof Uint8Array),
  /** What they show. */
  crop: z.enum(['eye', 'face', 'photo']),
  port: z.instanceof(MessagePort),
});
export type LoaderSetup = z.infer<typeof loaderSetup>;

/** One batch to make. */
export interface BatchRequest {
  readonly rows: Int32Array;
  readonly seed: number;
  readonly height: number;
  readonly width: number;
  readonly strength: number;
}

/** Luminance, [rows, height, width]. */
export const batchReply = z.object({ pixels: z.instanceof(Uint8Array) });
export type BatchReply = z.infer<typeof batchReply>;
