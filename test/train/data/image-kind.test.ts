import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../src/core/usage-error.js';
import { loadConfig } from '../../../src/pipeline/config.js';
import { guessKind } from '../../../src/train/data/image-kind.js';
import type { AskImages, ImageOutcome } from '../../../src/train/data/image-task.js';
import type { ImageKind } from '../../../src/train/data/labelled-eyes.js';

const config = loadConfig();
const images = (count: number): { file: string; path: string; faces: [] }[] => Array.from({ length: count }, (_, index) => ({ file: '', path: String(index), faces: [] }));

/** Which kind images are of which so many show a face, so many do not, and so many cannot be read. */
function guess(faces: number, others: number, unreadable = 0): Promise<ImageKind> {
  const looks: ImageOutcome[] = [
    ...Array.from({ length: faces }, () => ({ kind: 'look', face: true }) as const),
    ...Array.from({ length: others }, () => ({ kind: 'look', face: false }) as const),
    ...Array.from({ length: unreadable }, () => ({ kind: 'unreadable', reason: 'damaged' }) as const),
  ];
  return guessKind({ name: 'mine', images: images(looks.length) }, () => Promise.resolve(looks), config);
}

describe('the kind of images', () => {
  it('is photos where faces are found, eye patches where none are', async () => {
    expect([await guess(24, 0), await guess(0, 24), await guess(1, 0), await guess(0, 1)]).toEqual(['photo', 'eye', 'photo', 'eye']);
  });

  it('may be mistaken in some of them: one of seven is put down to the detector', async () => {
    expect([await guess(20, 4), await guess(4, 20)]).toEqual(['photo', 'eye']);
    await expect(guess(19, 5)).rejects.toThrow(UsageError);
    await expect(guess(5, 19)).rejects.toThrow(UsageError);
  });

  it('is eye patches where nothing can be read', async () => {
    expect(await guess(0, 0, 5)).toBe('eye');
    expect(await guess(3, 0, 20)).toBe('photo');
  });

  it('has to be said where both lie mixed', async () => {
    await expect(guess(16, 8)).rejects.toThrow(new UsageError('mine seems to hold both photos and eye crops: of 24 images looked at, 16 show a whole face and 8 look '
      + 'like an eye crop. Put them into two folders and give these apart, or say what all of them are with --kind photo or --kind eye.'));
    await expect(guess(1, 1)).rejects.toThrow(/of 2 images looked at, 1 shows a whole face and 1 looks like an eye crop/);
  });

  it('is told by 24 of them, evenly spread, or by all where there are fewer', async () => {
    const askedFor: string[] = [];
    const ask: AskImages = (asked, settings) => {
      askedFor.push(...asked.map(({ path }) => path));
      expect(settings).toEqual({ config, source: 'mine', task: { kind: 'look' } });
      return Promise.resolve(asked.map(() => ({ kind: 'look', face: true })));
    };
    await guessKind({ name: 'mine', images: images(240) }, ask, config);
    expect(askedFor).toEqual(Array.from({ length: 24 }, (_, index) => String(10 * index)));
    askedFor.length = 0;
    await guessKind({ name: 'mine', images: images(25) }, ask, config);
    expect(askedFor).toHaveLength(24);
    askedFor.length = 0;
    await guessKind({ name: 'mine', images: images(23) }, ask, config);
    expect(askedFor).toEqual(images(23).map(({ path }) => path));
  });
});
