import { afterEach, describe, expect, it } from 'vitest';
import { CROP } from '../../../src/core/eye.js';
import { CANVASES, canvasBytes } from '../../../src/train/data/canvas.js';
import { createLoader, validationBatches, type Loader, type LoaderOptions } from '../../../src/train/data/loader.js';
import { eyes, many } from './eyes.js';

const CANVAS = CANVASES.eye;
const CANVAS_BYTES = canvasBytes('eye');

const dataset = eyes([...many('a', 0, 8), ...many('a', 1, 24), ...many('b', 1, 64), ...many('c', 0, 16)]);
const all = Int32Array.from({ length: dataset.length }, (_, row) => row);
const size = { height: 32, width: 48, strength: 1 };

const loaders: Loader[] = [];
afterEach(async () => { await Promise.all(loaders.splice(0).map((loader) => loader.close())); });

function loader(options: Partial<LoaderOptions> = {}): Loader {
  const made = createLoader(dataset, all, { batchSize: 16, seed: 1, ...options });
  loaders.push(made);
  return made;
}

async function collect(from: Loader, epoch: number, options = {}): Promise<{ rows: number[]; pixels: Buffer }[]> {
  const batches = [];
  for await (const { rows, pixels } of from.epoch(epoch, { ...size, ...options })) {
    batches.push({ rows: [...rows], pixels: Buffer.from(pixels) });
  }
  return batches;
}

describe('the loader', () => {
  it('gives full batches of the size asked for, with the labels of their rows', async () => {
    for await (const batch of loader().epoch(0, { height: 16, width: 24, strength: 0.5 })) {
      expect([batch.count, batch.height, batch.width, batch.pixels.length]).toEqual([16, 16, 24, 16 * 16 * 24]);
      expect([...batch.labels]).toEqual([...batch.rows].map((row) => dataset.labels[row]));
    }
  });

  it('gives the same batches for a seed however many threads work', async () => {
    expect(await collect(loader({ workers: 2 }), 3)).toEqual(await collect(loader(), 3));
  });

  it('gives other batches in another epoch or with another seed', async () => {
    const first = await collect(loader(), 0);
    expect(await collect(loader(), 1)).not.toEqual(first);
    expect(await collect(loader({ seed: 2 }), 0)).not.toEqual(first);
  });

  it('goes on in the middle of an epoch as if it had not stopped', async () => {
    expect(await collect(loader(), 2, { startBatch: 4 })).toEqual((await collect(loader(), 2)).slice(4));
  });

  it('makes larger batches of the same eyes where it is asked to', async () => {
    const small = await collect(loader(), 5);
    const large = await collect(loader(), 5, { batchFactor: 3 });
    expect(large).toHaveLength(Math.floor(small.length / 3));
    expect(loader().batchesPerEpoch({ batchFactor: 3 })).toBe(large.length);
    expect(large.flatMap(({ rows }) => rows)).toHaveLength(large.length * 48);
  });

  it('shows in larger batches the pixels of the rows that it names, the same rows as in small ones', async () => {
    const made = loader({ samplesPerEpoch: 96 });
    const small = await collect(made, 5, { strength: 0 });
    const large = await collect(made, 5, { strength: 0, batchFactor: 3 });
    expect(large.flatMap(({ rows }) => rows)).toEqual(small.flatMap(({ rows }) => rows));
    for (const { rows, pixels } of large) expectMirroredAtMost(rows, pixels);
  });

  it('evens out classes, and classes within a source', async () => {
    const rows = (await collect(loader({ samplesPerEpoch: 960 }), 0)).flatMap((batch) => batch.rows);
    const count = (label: number, source?: string): number => rows.filter((row) =>
      dataset.labels[row] === label && (source === undefined || dataset.sources[row] === source)).length;
    expect(count(0)).toBe(480);
    expect(Math.abs(count(0, 'a') - count(1, 'a'))).toBeLessThanOrEqual(2);
  });

  it('gives a fifth to crops without an eye, and rare kinds more than their share', async () => {
    const kinds = eyes([...many('a', 0, 40), ...many('a', 1, 90), ...many('a', 1, 10).map((row) => ({ ...row, kind: 'narrow' })),
      ...many('a', 2, 30), ...many('b', 2, 30)]);
    const made = createLoader(kinds, Int32Array.from(kinds.labels.keys()), { batchSize: 10, seed: 1, samplesPerEpoch: 1000 });
    loaders.push(made);
    const rows = (await collect(made, 0)).flatMap((batch) => batch.rows);
    const count = (fits: (row: number) => boolean): number => rows.filter(fits).length;
    expect(count((row) => kinds.labels[row] === 2)).toBe(200);
    expect(count((row) => kinds.labels[row] === 0)).toBe(400);
    expect(count((row) => kinds.kinds[row] === 'narrow')).toBe(100);
  });

  it('gives a source that is emphasized more than its size would', async () => {
    const ofA = async (emphasis: Record<string, number>): Promise<number> => {
      const two = eyes([...many('a', 0, 20), ...many('a', 1, 20), ...many('b', 0, 20), ...many('b', 1, 20)]);
      const made = createLoader(two, Int32Array.from(two.labels.keys()), { batchSize: 10, seed: 1, samplesPerEpoch: 400, emphasis });
      loaders.push(made);
      return (await collect(made, 0)).flatMap((batch) => batch.rows).filter((row) => two.sources[row] === 'a').length;
    };
    expect([await ofA({}), await ofA({ a: 3 })]).toEqual([200, 300]);
  });

  it('with weights shows each eye once and counts the rare ones more', async () => {
    const sums = [0, 0];
    const seen = new Set<number>();
    for await (const { rows, labels, weights } of loader({ balance: 'weights' }).epoch(0, size)) {
      rows.forEach((row, i) => {
        seen.add(row);
        sums[labels[i] ?? 0] = (sums[labels[i] ?? 0] ?? 0) + (weights[i] ?? 0);
      });
    }
    expect(seen.size).toBe(dataset.length);
    expect(sums[0]).toBeCloseTo(sums[1] ?? 0, 3);
  });

  it('at strength 0 only mirrors', async () => {
    for await (const { rows, pixels } of loader().epoch(0, { ...size, strength: 0 })) expectMirroredAtMost([...rows], pixels);
  });

  it('gives as many whole batches as are asked for, and one at least', async () => {
    const counts = [{}, { samplesPerEpoch: 40 }, { samplesPerEpoch: 48 }, { samplesPerEpoch: 3 }].map((options) => loader(options).batchesPerEpoch({}));
    expect(counts).toEqual([7, 2, 3, 1]);
    expect(await collect(loader({ samplesPerEpoch: 3 }), 0)).toHaveLength(1);
    expect(await collect(loader({ samplesPerEpoch: 40 }), 0, { startBatch: 2 })).toEqual([]);
  });

  it('gives more batches than it prepares ahead, in the order of the epoch', async () => {
    const rows = (batches: readonly { rows: number[] }[]): number[][] => batches.map((batch) => batch.rows);
    const small = await collect(loader({ batchSize: 2, workers: 2, samplesPerEpoch: 100 }), 4, { strength: 0 });
    expect(small).toHaveLength(50);
    for (const { rows: named, pixels } of small) expectMirroredAtMost(named, pixels);
    const large = await collect(loader({ batchSize: 10, samplesPerEpoch: 100 }), 4, { strength: 0 });
    expect(rows(small).flat()).toEqual(rows(large).flat());
  });

  it('counts every eye once where sampling shows the rare ones more often', async () => {
    for await (const { weights, count } of loader().epoch(0, size)) expect([...weights]).toEqual(Array.from({ length: count }, () => 1));
  });

  it('knows how long was waited for it', async () => {
    const made = loader();
    expect(made.waited()).toEqual({ ms: 0, share: 0 });
    const from = performance.now();
    const [batches, pause] = [made.batchesPerEpoch({}), 5];
    for await (const { count } of made.epoch(0, size)) {
      const waited = made.waited().ms;
      // What is done with a batch is no wait.
      for (const until = performance.now() + pause; performance.now() < until;) expect(count).toBe(16);
      expect(made.waited().ms).toBe(waited);
    }
    const { ms, share } = made.waited();
    expect(ms).toBeGreaterThan(0);
    expect(ms).toBeLessThanOrEqual(performance.now() - from - batches * pause);
    expect(share).toBeGreaterThan(0);
    expect(share).toBeLessThan(1);
    expect(ms / share).toBeGreaterThanOrEqual(ms + batches * pause);
    expect(ms / share).toBeLessThanOrEqual(performance.now() - from);
  });

  it('says so where a thread has stopped, to who waits and to who asks later', async () => {
    const broken = Object.assign(eyes(many('a', 0, 40)), { crop: 'moon' });
    const made = createLoader(broken, Int32Array.from(broken.labels.keys()), { batchSize: 4, seed: 1 });
    loaders.push(made);
    for (const epoch of [0, 1]) {
      const failed: unknown = await collect(made, epoch).catch((error: unknown) => error);
      expect(failed instanceof Error ? [failed.message, failed.cause instanceof Error] : failed).toEqual(['A thread that prepares batches has stopped.', true]);
    }
  });

  it('ends its threads when it is closed', async () => {
    const made = createLoader(dataset, all, { batchSize: 16, seed: 1, workers: 2 });
    await collect(made, 0);
    await made.close();
    await expect(Promise.race([collect(made, 1), new Promise((resolve) => { setTimeout(resolve, 300, 'silence'); })])).resolves.toBe('silence');
  });

  it('refuses to start without eyes', () => {
    expect(() => createLoader(dataset, new Int32Array(), { batchSize: 4, seed: 1 })).toThrow(/no eyes/);
  });
});

describe('validation batches', () => {
  it('show the very pixels of the canvas\'s middle, in order, the last batch short', () => {
    const batches = [...validationBatches(dataset, all.subarray(0, 20), { height: 32, width: 48, batchSize: 16 })];
    expect(batches.map(({ count }) => count)).toEqual([16, 4]);
    expect([...batches[1]?.rows ?? []]).toEqual([16, 17, 18, 19]);
    expect([...batches[1]?.pixels.subarray(0, 1536) ?? []]).toEqual(center(16));
  });
});

describe('validation batches of smaller eyes', () => {
  const [plain] = [...validationBatches(dataset, all.subarray(0, 1), { height: 32, width: 48, batchSize: 1 })];
  const pixelsAt = (eyeWidth: number): Uint8Array => {
    const [batch] = [...validationBatches(dataset, all.subarray(0, 1), { height: 32, width: 48, batchSize: 1, eyeWidth })];
    return batch?.pixels ?? new Uint8Array();
  };
  const contrast = (pixels: Uint8Array): number => {
    const mean = pixels.reduce((sum, value) => sum + value, 0) / pixels.length;
    return Math.sqrt(pixels.reduce((sum, value) => sum + (value - mean) ** 2, 0) / pixels.length);
  };

  it('have less detail the smaller they are, and the same light', () => {
    const contrasts = [Infinity, 12, 6, 3].map((width) => contrast(pixelsAt(width)));
    expect(contrasts).toEqual(contrasts.toSorted((a, b) => b - a));
    expect(new Set(contrasts).size).toBe(4);
    const mean = (pixels: Uint8Array): number => pixels.reduce((sum, value) => sum + value, 0) / pixels.length;
    expect(Math.abs(mean(pixelsAt(6)) - mean(plain?.pixels ?? new Uint8Array()))).toBeLessThan(2);
  });

  it('leave eyes alone that are no wider', () => {
    for (const width of [48 / 1.9, 30, 100]) expect(pixelsAt(width)).toEqual(plain?.pixels);
    const narrow = eyes([{ source: 'a', label: 0, group: 'g', cropWidth: 20 }]);
    const pixels = (eyeWidth?: number): Uint8Array | undefined => {
      const size = { height: 32, width: 48, batchSize: 1, ...(eyeWidth === undefined ? {} : { eyeWidth }) };
      return validationBatches(narrow, Int32Array.of(0), size).next().value?.pixels;
    };
    // It is 10.5 px wide in its own photo.
    expect(pixels(12)).toEqual(pixels());
    expect(pixels(9)).not.toEqual(pixels());
  });
});

/** Expects of each row its own pixels, as they are or mirrored. */
function expectMirroredAtMost(rows: readonly number[], pixels: Uint8Array): void {
  rows.forEach((row, i) => {
    const plain = center(row);
    const got = [...pixels.subarray(i * 1536, (i + 1) * 1536)];
    const mirrored = plain.map((_, at) => plain[at - (at % 48) + 47 - (at % 48)] ?? 0);
    expect([plain.join(), mirrored.join()]).toContain(got.join());
  });
}

function center(row: number): number[] {
  const canvas = dataset.pixels.subarray(row * CANVAS_BYTES, (row + 1) * CANVAS_BYTES);
  return Array.from({ length: CROP.width * CROP.height }, (_, i) =>
    canvas[(8 + Math.floor(i / CROP.width)) * CANVAS.width + 12 + (i % CROP.width)] ?? 0);
}
