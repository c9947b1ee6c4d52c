import { mkdtempSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ChoicesFile } from '../../src/choices/file.js';
import { loadConfig } from '../../src/pipeline/config.js';
import { Shoot } from '../../src/review/shoot.js';
import { Teacher } from '../../src/review/teacher.js';
import { matching } from '../support/matchers.js';
import { face, photoResult } from '../support/results.js';

describe('what a review teaches', () => {
  let folder: string;
  let choices: ChoicesFile;
  let shoot: Shoot;
  let teacher: Teacher;
  /** Photos that were judged again, each time that something was learned. */
  let judged: string[][];
  let fails: boolean;

  const name = (index: number): string => `${String(index).padStart(2, '0')}.jpg`;
  const settings = (): string => join(folder, 'mine.yaml');
  const choose = (ids: readonly number[], change: Parameters<Shoot['choose']>[0][number]['change']): Promise<void> => shoot.choose([{ ids, change }]);
  const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'teacher-'));
    const photos = range(0, 60).map((index) => ({ path: join(folder, name(index)), photo: name(index) }));
    for (const { path, photo } of photos) writeFileSync(path, photo);
    choices = await ChoicesFile.open(join(folder, 'choices.jsonl'));
    shoot = new Shoot({ title: '', marks: {}, orders: [], praise: '' }, photos, choices, { folder, elsewhere: new Set() });
    [judged, fails] = [[], false];
    teacher = new Teacher({
      shoot, file: settings(), signal: new AbortController().signal, config: () => loadConfig(existsSync(settings()) ? settings() : undefined),
      executor: {
        mostAhead: 100, prepare: () => undefined, close: () => Promise.resolve(),
        run: async (list, _settings, onResult) => {
          const round: string[] = [];
          judged.push(round);
          for await (const { photo } of list) {
            if (fails) throw new Error('The nets are gone.');
            // The first twenty are soft to anybody; the next thirty are softer than the settings like, and this person keeps them.
            const index = Number(photo.slice(0, 2));
            onResult(round.length, photoResult(photo, { faces: [face({ sharpness: index < 20 ? 10 : index < 50 ? 36 : 80 })] }));
            round.push(photo);
          }
        },
      },
    });
  });
  afterEach(() => choices.close());

  it('is asked of the photos that were kept or rejected, those with stars too, and of no others', async () => {
    await choose(range(0, 20), { verdict: 'reject' });
    await choose(range(20, 55), { stars: 3 });
    await choose(range(55, 58), { verdict: 'review' });
    await teacher.learn();
    expect(judged).toEqual([range(0, 55).map(name)]);
  });

  it('names each photo that would change, by its number, and what was said of it', async () => {
    await choose(range(0, 20), { verdict: 'reject' });
    await choose(range(20, 60), { verdict: 'keep' });
    const { changed, file } = await teacher.learn();
    expect(file).toBe(settings());
    expect(changed).toEqual(range(20, 50).map((id) => ({ id, photo: name(id), said: matching(/^reject \u2192 \w+; you kept it$/) })));
  });

  it('is learned once by all who ask meanwhile, and anew after that', async () => {
    await choose(range(0, 20), { verdict: 'reject' });
    await choose(range(20, 60), { verdict: 'keep' });
    const [one, other] = await Promise.all([teacher.learn(), teacher.learn()]);
    expect([judged.length, one === other]).toEqual([1, true]);
    await teacher.learn();
    expect(judged.length).toBe(2);
  });

  it('can be asked again after it went wrong', async () => {
    await choose(range(0, 20), { verdict: 'reject' });
    await choose(range(20, 60), { verdict: 'keep' });
    fails = true;
    await expect(teacher.learn()).rejects.toThrow('The nets are gone.');
    fails = false;
    expect((await teacher.learn()).file).toBe(settings());
  });

  it('is written once, where it was proposed, and not before', async () => {
    expect(() => teacher.write()).toThrow('Nothing was proposed');
    await choose(range(0, 5), { verdict: 'reject' });
    expect(await teacher.learn()).toEqual({ lines: [expect.stringContaining('45 more choices')], changed: [] });
    expect(() => teacher.write()).toThrow('Nothing was proposed');
    expect(existsSync(settings())).toBe(false);

    await choose(range(5, 20), { verdict: 'reject' });
    await choose(range(20, 60), { verdict: 'keep' });
    await teacher.learn();
    expect(teacher.write()).toBe(settings());
    const written = readFileSync(settings(), 'utf8');
    expect(loadConfig(settings()).blur.blurred_below).toBeLessThan(40);
    expect(() => teacher.write()).toThrow('Nothing was proposed');
    expect(readFileSync(settings(), 'utf8')).toBe(written);
  });

  it('begins with what was written: of the same choices nothing more is learned', async () => {
    await choose(range(0, 20), { verdict: 'reject' });
    await choose(range(20, 60), { verdict: 'keep' });
    await teacher.learn();
    teacher.write();
    const again = await teacher.learn();
    expect([again.file, again.changed]).toEqual([undefined, []]);
    expect(() => teacher.write()).toThrow('Nothing was proposed');
  });
});
