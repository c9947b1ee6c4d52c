import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { writeBurstFrame, type BurstFrame } from '../../src/image/fake-burst.js';
import { Random } from '../../src/train/data/random.js';
import { pipeline } from '../support/pipeline.js';
import { demoPhotos, hasSharedData, sharedSet } from '../support/shared-data.js';

const box = z.object({ x: z.number(), y: z.number(), width: z.number(), height: z.number() });
const eye = z.object({ box: box.nullable() });
const reportSchema = z.object({
  photos: z.array(z.object({
    photo: z.string(), scene: z.number().nullable(), best_of_scene: z.string().nullable(),
    faces: z.array(z.object({ box, bystander: z.boolean(), left_eye: eye, right_eye: eye })),
  })),
});
type Photos = z.infer<typeof reportSchema>['photos'];

/** The whole way, with real photos: what bench/scenes.js counts for many, for a few. */
describe.skipIf(!hasSharedData)('bursts made of real photos, judged by pipeline run', () => {
  let work: string;
  let photos: Photos;
  /** Two photos of people with open eyes, and a third that is a series of exposures. */
  const sources = [4, 5, 2].map((index) => demoPhotos[index] ?? '');
  const faults = ['none', 'blink', 'defocus', 'none'] as const;
  const frames = (burst: number): Photos => photos.filter(({ photo }) => photo.startsWith(String(burst)));

  const judge = async (name: string, ...what: readonly string[]): Promise<Photos> => {
    const report = join(work, `${name}.json`);
    expect(await pipeline('run', ...what, '--report', report)).toMatchObject({ code: 0 });
    return reportSchema.parse(JSON.parse(readFileSync(report, 'utf8'))).photos;
  };

  beforeAll(async () => {
    work = mkdtempSync(join(tmpdir(), 'bursts-'));
    mkdirSync(join(work, 'bursts'));
    const lids = join(sharedSet('cew_patches'), 'closed');
    const [lid = ''] = readdirSync(lids).sort();
    const base = await judge('base', ...sources);
    const random = new Random(19);
    let time = Date.UTC(2026, 10, 24, 18);
    for (const [burst, path] of sources.entries()) {
      const faces = base.find(({ photo }) => photo === basename(path))?.faces.filter(({ bystander }) => !bystander) ?? [];
      const eyes = faces.slice(0, 1).flatMap((face) => [face.left_eye.box, face.right_eye.box]).filter((each) => each !== null);
      const shots: Pick<BurstFrame, 'fault' | 'bracket'>[] = burst === 2 ? [-2, 0, 2].map((bracket) => ({ fault: 'none', bracket })) : faults.map((fault) => ({ fault }));
      for (const [index, shot] of shots.entries()) {
        time += 400;
        await writeBurstFrame({ path, eyes, faceWidth: faces[0]?.box.width ?? 60 }, { ...shot, time, camera: 'A' }, join(lids, lid), () => random.next(), join(work, 'bursts', `${String(burst)}-${String(index)}.jpg`));
      }
      // The next moment is two seconds later: what tells them apart is how they look.
      time += 2000;
    }
    photos = await judge('judged', join(work, 'bursts'));
  }, 180_000);
  afterAll(() => { rmSync(work, { recursive: true }); });

  it('are scenes of their own, whole, and nobody else is in them', () => {
    const scenes = sources.map((_, burst) => [...new Set(frames(burst).map(({ scene }) => scene))]);
    expect(scenes.map((each) => each.length)).toEqual([1, 1, 1]);
    expect(new Set(scenes.flat()).size).toBe(3);
    expect(scenes.flat()).not.toContain(null);
  });

  it('have as their best frame one without a blink and in focus', () => {
    for (const burst of [0, 1]) {
      const best = frames(burst).findIndex(({ best_of_scene: said }) => said === 'yes');
      expect(faults[best], `burst ${String(burst)}`).toBe('none');
    }
  });

  it('are left whole where they are exposures of one picture', () => {
    expect(frames(2).map(({ best_of_scene: said }) => said)).toEqual(['bracket', 'bracket', 'bracket']);
  });
});
