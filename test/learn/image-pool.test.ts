import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openImagePool, type ImagePool } from '../../src/learn/image-pool.js';
import { loadConfig } from '../../src/pipeline/config.js';
import { evaluateSource } from '../../src/train/data/evaluate.js';
import { packSource } from '../../src/train/data/pack.js';
import { datasetOf, writePackedFile } from '../../src/train/data/packed-file.js';
import { openSource } from '../../src/train/data/sources.js';
import { labelledSet } from '../support/made-sets.js';

const folder = mkdtempSync(join(tmpdir(), 'image-pool-'));
const photos = join(folder, 'photos');
let pool: ImagePool;

beforeAll(async () => {
  pool = openImagePool();
  for (const [set, label] of [['cew_closed', 'closed'], ['utkface_open', 'open']] as const) {
    const from = join(await labelledSet(set), label);
    mkdirSync(join(photos, label), { recursive: true });
    for (const name of readdirSync(from).sort().slice(0, 6)) copyFileSync(join(from, name), join(photos, label, name));
  }
  writeFileSync(join(photos, 'open', 'broken.jpg'), 'not a picture');
});
afterAll(async () => {
  await pool.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('labelled images', () => {
  it('are packed to the same bytes and lists by any number of workers', async () => {
    const [one, three] = await Promise.all([1, 3].map(async (workers) => {
      const config = loadConfig(undefined, [`run.workers=${String(workers)}`]);
      let seen = 0;
      const { kind, rows, leftOut } = await packSource(await openSource(photos), pool.ask, { kind: 'auto', config, onImage: () => { seen += 1; } });
      const file = join(folder, `${String(workers)}.arrow`);
      writePackedFile(file, datasetOf(rows));
      return { kind, seen, leftOut, bytes: readFileSync(file) };
    }));
    expect(three).toEqual(one);
    expect(one).toMatchObject({ kind: 'photo', seen: 13 });
    expect(one?.leftOut.filter(({ unreadable }) => unreadable).map(({ path }) => path)).toEqual(['open/broken.jpg']);
  });

  it('are judged to the same figures, and drawn in the same order', async () => {
    const [one, three] = await Promise.all([1, 3].map(async (workers) => {
      const config = loadConfig(undefined, [`run.workers=${String(workers)}`]);
      const drawn: string[] = [];
      const evaluation = await evaluateSource(await openSource(photos), pool.ask, {
        kind: 'photo', config, onEye: ({ path, crop }) => {
          drawn.push(`${path} ${String(crop.data.length)}`);
          return Promise.resolve();
        },
      });
      return { evaluation, drawn };
    }));
    expect(three).toEqual(one);
    expect(one?.evaluation.unreadable.map(({ path }) => path)).toEqual(['open/broken.jpg']);
    expect(one?.drawn.length).toBe(one?.evaluation.eye.n);
  });
});
