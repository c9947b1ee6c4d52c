/**
 * Checkpoints: everything that a run needs to go on as if it had never stopped, in one file.
 *
 * Layout: the magic line, the length of the header (uint32, little-endian), the header (JSON), the vectors (float32,
 * little-endian) in the order of the header's lengths, SHA-256 of all that.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { fileProblem } from '../../files/problem.js';
import { writeWholeFile } from '../../files/whole-file.js';
import { momentCount } from '../autodiff/optimizer.js';
import { lengthOf } from '../autodiff/flat-vector.js';
import type { Layout, TrainingState } from './step.js';

const MAGIC = 'portrait-pipeline checkpoint 2\n';
const HASH_BYTES = 32;

const historyRow = z.record(z.string(), z.union([z.number(), z.string()]));

const scored = z.object({ score: z.number(), loss: z.number(), epoch: z.number().int() });

const headerSchema = z.object({
  backbone: z.string(),
  optimizer: z.enum(['adamw', 'sgd']),
  /** Names and shapes of all tensors: what the vectors mean. */
  tensors: z.array(z.string()),
  step: z.number().int(),
  /** The epoch and batch that come next. */
  epoch: z.number().int(),
  batch: z.number().int(),
  learningRate: z.number(),
  batchSize: z.number().int(),
  /** Of the epoch that was begun: what its figures need of the batches that are behind. */
  partial: z.object({ lossSum: z.number(), seconds: z.number() }).optional(),
  best: scored.optional(),
  /** The best epochs whose checkpoints are kept, best first. */
  top: z.array(scored),
  /** The epochs that the learning rate's schedule runs over: all of them, or those that a finished run was given in addition. */
  leg: z.object({ epoch: z.number().int(), until: z.number().int() }),
  history: z.array(historyRow),
  lengths: z.array(z.number().int().min(0)),
});

type Header = z.infer<typeof headerSchema>;

/** One epoch's figures: a row of metrics.csv. */
export type HistoryRow = z.infer<typeof historyRow>;

/** Where a run stands. */
export interface TrainingProgress extends Omit<Header, 'lengths' | 'tensors' | 'step'> {
  readonly state: TrainingState;
}

/** A checkpoint that cannot be written or used; the message says why and what to do. */
export class CheckpointError extends Error {
  override readonly name = 'CheckpointError';
}

/**
 * Writes a checkpoint beside `path` first and renames it then, so that the one before is whole until this one is.
 * @throws CheckpointError if the disk refuses; the earlier checkpoint is still there
 */
export function writeCheckpoint(path: string, progress: TrainingProgress, layout: Layout): void {
  try {
    writeWholeFile(path, encode(progress, layout));
  } catch (error) {
    throw new CheckpointError(`Cannot write the checkpoint ${path}: ${fileProblem(error, 'write')} `
      + 'Earlier checkpoints are unharmed. Make room or choose another train.workdir, then go on with --resume.');
  }
}

/**
 * Reads a checkpoint.
 * @throws CheckpointError if it is missing, damaged, or of another backbone or optimizer
 */
export function readCheckpoint(path: string, backbone: string, layout: Layout): TrainingProgress {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch {
    throw new CheckpointError(`Cannot read the checkpoint ${path}. Give --resume the folder of a run that was interrupted.`);
  }
  const { header, vectors } = decode(bytes, path);
  if (header.backbone !== backbone) {
    throw new CheckpointError(`The checkpoint ${path} is of the backbone ${header.backbone}, train.backbone is ${backbone}. `
      + `Set train.backbone to ${header.backbone}, or start a new run.`);
  }
  if (header.tensors.join() !== tensorsOf(layout).join()) {
    throw new CheckpointError(`The backbone ${backbone} has changed since the checkpoint ${path} was written. `
      + 'Start a new run, or use the version of the tool that the run folder names.');
  }
  const { step, lengths, tensors, ...rest } = header;
  const [parameters, statistics, average, ...moments] = vectors;
  if (!parameters || !statistics || !average || lengths.length < 4 || tensors.length === 0
    || !fits({ parameters, statistics, average, moments }, layout, header.optimizer)) throw damaged(path);
  return { ...rest, state: { parameters, statistics, average, moments, step } };
}

function tensorsOf(layout: Layout): string[] {
  return [...layout.parameters, ...layout.statistics].map(({ name, shape }) => `${name}[${shape.join('x')}]`);
}

function encode({ state, ...rest }: TrainingProgress, layout: Layout): Buffer {
  const vectors = [state.parameters, state.statistics, state.average, ...state.moments];
  const header: Header = {
    ...rest, step: state.step, tensors: tensorsOf(layout), lengths: vectors.map(({ length }) => length),
  };
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.length);
  const content = Buffer.concat([
    Buffer.from(MAGIC), length, json,
    ...vectors.map((vector) => Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength)),
  ]);
  return Buffer.concat([content, createHash('sha256').update(content).digest()]);
}

function decode(bytes: Buffer, path: string): { header: Header; vectors: Float32Array[] } {
  const content = bytes.subarray(0, Math.max(0, bytes.length - HASH_BYTES));
  const hash = createHash('sha256').update(content).digest();
  if (!bytes.subarray(content.length).equals(hash) || content.toString('latin1', 0, MAGIC.length) !== MAGIC) throw damaged(path);
  const start = MAGIC.length + 4;
  if (content.length < start) throw damaged(path);
  const end = start + content.readUInt32LE(MAGIC.length);
  const header = parseHeader(content.toString('utf8', start, end));
  if (header === undefined) throw damaged(path);
  if (end + 4 * header.lengths.reduce((sum, length) => sum + length, 0) !== content.length) throw damaged(path);
  let at = end;
  const vectors = header.lengths.map((length) => {
    // A copy: the header's length need not be a multiple of four.
    const { buffer } = Uint8Array.from(content.subarray(at, at + 4 * length));
    at += 4 * length;
    return new Float32Array(buffer);
  });
  return { header, vectors };
}

function parseHeader(text: string): Header | undefined {
  try {
    return headerSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Whether vectors are as long as those that a run with this layout begins with. */
function fits({ parameters, statistics, average, moments }: Omit<TrainingState, 'step'>, layout: Layout, optimizer: Header['optimizer']): boolean {
  const length = lengthOf(layout.parameters);
  return parameters.length === length && statistics.length === lengthOf(layout.statistics)
    && average.length === length && moments.length === momentCount(optimizer) && moments.every((moment) => moment.length === length);
}

function damaged(path: string): CheckpointError {
  return new CheckpointError(`The checkpoint ${path} is damaged or not a checkpoint of this version of the tool. `
    + 'Use the other one in its folder (last.ckpt, best.ckpt), or start a new run.');
}
