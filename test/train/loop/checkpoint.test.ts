import { createHash } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createBackbone } from '../../../src/train/backbones/index.js';
import { CheckpointError, readCheckpoint, writeCheckpoint, type TrainingProgress } from '../../../src/train/loop/checkpoint.js';
import { initialState, layoutOf } from '../../../src/train/loop/step.js';

const folder = mkdtempSync(join(tmpdir(), 'checkpoint-'));
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

const layout = layoutOf(createBackbone('plain-nano'));
const progress: TrainingProgress = {
  backbone: 'plain-nano', optimizer: 'adamw', epoch: 3, batch: 7, learningRate: 0.002, batchSize: 64,
  history: [{ epoch: 1, size: '16x24', train_loss: 0.5 }], best: { score: 0.93, loss: 0.2, epoch: 3 },
  top: [{ score: 0.93, loss: 0.2, epoch: 3 }], leg: { epoch: 0, until: 18 }, partial: { lossSum: 3.5, seconds: 60 },
  state: { ...initialState(layout, 'adamw', 5), step: 250 },
};

const headerOf = z.looseObject({ lengths: z.array(z.number()) });

describe('checkpoints', () => {
  it('give back what was put in', () => {
    const path = join(folder, 'good.ckpt');
    writeCheckpoint(path, progress, layout);
    expect(readCheckpoint(path, 'plain-nano', layout)).toEqual(progress);
  });

  it('refuse one of another backbone and name both', () => {
    const path = join(folder, 'other.ckpt');
    writeCheckpoint(path, progress, layout);
    expect(() => readCheckpoint(path, 'plain-small', layoutOf(createBackbone('plain-small'))))
      .toThrow(/is of the backbone plain-nano, train\.backbone is plain-small\. Set train\.backbone to plain-nano/);
  });

  it.each(['cut short', 'one bit wrong', 'empty'])('refuse one that is %s', (how) => {
    const path = join(folder, 'bad.ckpt');
    writeCheckpoint(path, progress, layout);
    const bytes = readFileSync(path);
    const wrong = Buffer.from(bytes);
    wrong[1000] = (wrong[1000] ?? 0) ^ 1;
    writeFileSync(path, how === 'cut short' ? bytes.subarray(0, 5000) : how === 'empty' ? Buffer.alloc(0) : wrong);
    expect(() => readCheckpoint(path, 'plain-nano', layout)).toThrow(/is damaged/);
  });

  it.each([0, 3])('refuse one that somebody signed anew and that ends %i bytes after its first line', (more) => {
    const path = join(folder, 'short.ckpt');
    writeCheckpoint(path, progress, layout);
    const content = readFileSync(path);
    const short = content.subarray(0, content.indexOf(10) + 1 + more);
    writeFileSync(path, Buffer.concat([short, createHash('sha256').update(short).digest()]));
    expect(() => readCheckpoint(path, 'plain-nano', layout)).toThrow(/is damaged/);
  });

  it('say so when there is none', () => {
    expect(() => readCheckpoint(join(folder, 'none.ckpt'), 'plain-nano', layout)).toThrow(/Cannot read the checkpoint/);
  });

  it('leave the earlier one whole where the next cannot be written', () => {
    const path = join(folder, 'kept.ckpt');
    writeCheckpoint(path, progress, layout);
    chmodSync(path, 0o444);
    expect(() => { writeCheckpoint(path, { ...progress, epoch: 4 }, layout); })
      .toThrow(/it is write-protected.*Earlier checkpoints are unharmed/);
    expect(readCheckpoint(path, 'plain-nano', layout).epoch).toBe(3);
    expect(readdirSync(folder).filter((name) => name.includes('part'))).toEqual([]);
  });

  it.each<[string, (header: z.infer<typeof headerOf>) => unknown]>([
    ['a header of other kinds', (header) => ({ ...header, history: 'long' })],
    ['a header that is none', () => null],
    ['vectors of other lengths', ({ lengths: [first = 0, ...rest], ...header }) => ({ ...header, lengths: [first - 1, ...rest] })],
    ['vectors of no length', ({ lengths: [first = 0, second = 0, ...rest], ...header }) => ({ ...header, lengths: [0, first + second, ...rest] })],
    ['vectors beyond its end', (header) => ({ ...header, lengths: header.lengths.map(() => 1e9) })],
  ])('refuse one that somebody signed anew with %s', (_, forge) => {
    const path = join(folder, 'forged.ckpt');
    writeCheckpoint(path, progress, layout);
    const content = readFileSync(path).subarray(0, -32);
    const start = content.indexOf(10) + 1;
    const end = start + 4 + content.readUInt32LE(start);
    const header = Buffer.from(JSON.stringify(forge(headerOf.parse(JSON.parse(content.toString('utf8', start + 4, end))))));
    const length = Buffer.alloc(4);
    length.writeUInt32LE(header.length);
    const forged = Buffer.concat([content.subarray(0, start), length, header, content.subarray(end)]);
    writeFileSync(path, Buffer.concat([forged, createHash('sha256').update(forged).digest()]));
    expect(() => readCheckpoint(path, 'plain-nano', layout)).toThrow(CheckpointError);
  });
});
