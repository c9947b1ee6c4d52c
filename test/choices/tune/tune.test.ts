import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ChoicesFile } from '../../../src/choices/file.js';
import { missingChoices, tune } from '../../../src/choices/tune/fit.js';
import { labelledFiles, learn, type Lesson } from '../../../src/choices/tune/learn.js';
import { measurePhotos, sift, verdictOfBlur, verdictOfEyes, verdictOfRest, type MeasuredPhoto } from '../../../src/choices/tune/measured.js';
import { candidatesFrom, changesBetween, presentSettings, type TunedSettings } from '../../../src/choices/tune/settings.js';
import { leftOutSaid, tuningSaid } from '../../../src/choices/tune/words.js';
import { writeSettings } from '../../../src/choices/tune/write.js';
import { lookSide } from '../../../src/core/capture.js';
import type { FaceResult, PhotoResult } from '../../../src/core/result.js';
import { contentHash } from '../../../src/files/content-hash.js';
import { loadConfig } from '../../../src/pipeline/config.js';
import { photoVerdict } from '../../../src/pipeline/verdict.js';
import type { PhotoExecutor } from '../../../src/run/executor.js';
import { Random } from '../../../src/train/data/random.js';
import { pipeline } from '../../support/pipeline.js';
import { face, photoResult } from '../../support/results.js';
import { demoPhotos } from '../../support/shared-data.js';

const config = loadConfig();
const present: TunedSettings = { strictness: 'normal', blurred_below: 45, sharp_above: 50, closed_below: 0.2, open_above: 0.6 };

/** As it is measured without thresholds: no eye is closed, no face soft by itself. */
function neutralFace(sharpness: number, closed = 0.02): FaceResult {
  const made = face({ sharpness });
  const eye = { state: 'open' as const, open: 1 - closed, visible: 0.98 };
  return { ...made, measured: { ...made.measured, blur: { ...made.measured.blur, verdict: 'sharp' }, classify: { state: 'open', closed, profile: false, left: eye, right: eye } } };
}

const measuredPhoto = (number: number, label: 'keep' | 'reject', faces: readonly FaceResult[]): MeasuredPhoto =>
  ({ photo: `${String(number)}.jpg`, label, faces, group: `${String(number)}.jpg` });

/** Someone who keeps what is sharper than a limit, but for so many of a hundred, who are chosen for something else. */
function somebody(limit: number, noise: number, count = 120): MeasuredPhoto[] {
  const random = new Random(7);
  return Array.from({ length: count }, (_, number) => {
    const sharpness = 5 + 90 * random.next();
    const keeps = random.next() < noise ? random.next() < 0.5 : sharpness > limit;
    return measuredPhoto(number, keeps ? 'keep' : 'reject', [neutralFace(sharpness)]);
  });
}

describe('settings from choices', () => {
  it('follow somebody who keeps softer photos, and hold on photos that were not learned from', () => {
    const { proposed, now, then, crossValidated, cost } = tune(somebody(25, 0), present);
    expect(proposed.blurred_below).toBeLessThanOrEqual(30);
    expect(proposed.sharp_above).toBeLessThanOrEqual(30);
    expect(then.keep.keep).toBeGreaterThan(now.keep.keep);
    expect(crossValidated.keep.reject).toBeLessThan(now.keep.reject);
    expect(cost.crossValidated).toBeLessThan(cost.now / 3);
  });

  it('stay where the choices agree with them, and where choices have nothing to do with faults', () => {
    const content = tune(somebody(47, 0), present);
    expect(content.proposed).toEqual(present);
    expect(content.changed).toEqual([]);
    expect(tune(somebody(47, 1), present).cost.crossValidated).toBeGreaterThan(0.5);
    expect(tune(somebody(47, 0.3), present).proposed.blurred_below).toBeGreaterThan(30);
  });

  it('are stricter about eyes for somebody who rejects every doubtful blink', () => {
    const photos = Array.from({ length: 100 }, (_, number) => measuredPhoto(number, number % 4 === 0 ? 'reject' : 'keep', [neutralFace(90, number % 4 === 0 ? 0.85 : 0.05)]));
    const { proposed, now, then } = tune(photos, present);
    expect(proposed.strictness).toBe('strict');
    expect([now.reject.reject, then.reject.reject]).toEqual([0, 25]);
  });

  it('name each photo that would change, and count what they say', () => {
    const photos = somebody(25, 0);
    const { changed, now, then } = tune(photos, present);
    const rejected = (tally: typeof now): number => tally.keep.reject + tally.reject.reject;
    const [from, to] = [changed.filter(({ now: verdict }) => verdict === 'reject').length, changed.filter(({ then: verdict }) => verdict === 'reject').length];
    expect(rejected(now) - from + to).toBe(rejected(then));
    expect(new Set(changed.map(({ photo }) => photo)).size).toBe(changed.length);
  });

  it('give the verdicts that a run gives with them', () => {
    const photos = somebody(25, 0);
    const { now } = tune(photos, present);
    const run = photos.map(({ faces }) => {
      const { sharpness } = faces[0]?.measured.blur ?? { sharpness: 0 };
      const judged = faces.map((each) => ({ ...each, measured: { ...each.measured, blur: { ...each.measured.blur, verdict: sharpness < 45 ? 'blurred' as const : sharpness > 50 ? 'sharp' as const : 'unsure' as const } } }));
      return photoVerdict(judged, 'normal').verdict;
    });
    expect(now.keep.reject + now.reject.reject).toBe(run.filter((verdict) => verdict === 'reject').length);
  });

  /** So many photos of a sharpness, chosen for so. */
  const many = (count: number, label: 'keep' | 'reject', sharpness: number): MeasuredPhoto[] =>
    Array.from({ length: count }, (_, number) => measuredPhoto(number * 1000 + sharpness, label, [neutralFace(sharpness)]));
  const costOf = ({ keep, reject }: ReturnType<typeof tune>['now']): number => keep.review + 5 * keep.reject + 3 * reject.keep + reject.review;

  it('count a look as one, a photo thrown out wrongly as five, one let through as three', () => {
    const { now, cost } = tune([
      ...many(40, 'keep', 80), ...many(2, 'keep', 48), ...many(1, 'keep', 10), ...many(3, 'reject', 80), ...many(4, 'reject', 48), ...many(10, 'reject', 10),
    ], present);
    expect(now).toEqual({ keep: { keep: 40, review: 2, reject: 1 }, reject: { keep: 3, review: 4, reject: 10 } });
    expect(cost.now).toBeCloseTo((2 + 5 + 9 + 4) / 60);
  });

  it('are tried on photos that they were not chosen by: of a single scene there are none, and nothing is proposed', () => {
    const scene = somebody(25, 0).map((photo) => ({ ...photo, group: 'scene 1' }));
    const { proposed, now, then, crossValidated, changed } = tune(scene, present);
    expect([proposed, then, crossValidated, changed]).toEqual([present, now, now, []]);
  });

  it('cost what is counted of photos that were not learned from', () => {
    const photos = somebody(27, 0.2);
    const { now, then, crossValidated, cost } = tune(photos, present);
    expect(crossValidated).not.toEqual(then);
    expect(cost.now).toBeCloseTo(costOf(now) / photos.length);
    expect(cost.crossValidated).toBeCloseTo(costOf(crossValidated) / photos.length);
  });

  it('are, of those that fit equally well, the nearest to those of now', () => {
    expect(tune([...many(30, 'keep', 30), ...many(20, 'reject', 10)], present).proposed).toEqual({ ...present, blurred_below: 25, sharp_above: 25 });
  });

  it('leave to other faults what they ask for', () => {
    const burnt = neutralFace(80);
    const photos = many(60, 'keep', 80).map((photo) => ({ ...photo, faces: [{ ...burnt, measured: { ...burnt.measured, exposure: { ...burnt.measured.exposure, said: 'burnt out' as const, asks: 'reject' as const } } }] }));
    expect(verdictOfRest({ photo: '', label: 'keep', group: '', faces: [burnt] }, 'strict')).toBe('keep');
    expect(tune(photos, present).now.keep).toEqual({ keep: 0, review: 0, reject: 60 });
  });

  it('are tried from now on, each in order, with room for doubt and without', () => {
    const { blur, eyes, strictness } = candidatesFrom({ ...present, strictness: 'strict', open_above: 0.3 });
    expect([strictness, blur[0], eyes[0]]).toEqual([['strict', 'lenient', 'normal'], { blurred_below: 45, sharp_above: 50 }, { closed_below: 0.2, open_above: 0.3 }]);
    expect(blur.every(({ blurred_below: below, sharp_above: above }) => below <= above && above <= 100)).toBe(true);
    expect(new Set(blur.map(({ blurred_below: below, sharp_above: above }) => above - below))).toEqual(new Set([0, 5, 10, 15, 25]));
    expect(eyes.every(({ closed_below: below, open_above: above }) => below <= above)).toBe(true);
    expect(eyes).toContainEqual({ closed_below: 0.5, open_above: 0.5 });
  });

  it('need an eye net', async () => {
    await expect(presentSettings({ ...config, classify: { ...config.classify, model: 'nobody' } })).rejects.toThrow();
  });

  it('need 50 choices, 10 of each kind', () => {
    const labels = (keep: number, reject: number): ('keep' | 'reject')[] => [...Array.from({ length: keep }, () => 'keep' as const), ...Array.from({ length: reject }, () => 'reject' as const)];
    expect(missingChoices(labels(20, 3))).toEqual({ all: 27, keep: 0, reject: 7 });
    expect(missingChoices(labels(40, 10))).toEqual({ all: 0, keep: 0, reject: 0 });
  });
});

describe('what thresholds make of a measured photo', () => {
  const with1 = (change: Partial<FaceResult['measured']>): MeasuredPhoto => {
    const made = neutralFace(50);
    return measuredPhoto(1, 'keep', [{ ...made, measured: { ...made.measured, ...change } }]);
  };
  const eyes = (left: number | undefined, state: 'open' | 'one_closed' = 'open'): MeasuredPhoto => {
    const { classify } = neutralFace(50).measured;
    const seen = { state: 'open' as const, open: 0.9, visible: 1 };
    return with1({ classify: { ...classify, state, left: left === undefined ? { state: 'unknown' } : { ...seen, open: left }, right: seen } });
  };

  it('is that one eye is closed where it is below the threshold, and a wink whatever it is', () => {
    const thresholds = { closed_below: 0.2, open_above: 0.6 };
    expect(verdictOfEyes(eyes(0.1), thresholds, 'normal')).toBe('review');
    expect(verdictOfEyes(eyes(0.1), { ...thresholds, closed_below: 0.05 }, 'normal')).toBe('keep');
    expect(verdictOfEyes(eyes(0.9, 'one_closed'), thresholds, 'normal')).toBe('review');
    expect(verdictOfEyes(eyes(undefined), thresholds, 'normal')).toBe('keep');
  });

  it('is that a face is sharp, blurred or between, unless nobody can tell', () => {
    const { blur } = neutralFace(50).measured;
    const verdict = (below: number, above: number, doubt = false): string =>
      verdictOfBlur(with1({ blur: doubt ? { ...blur, verdict: 'unsure' } : blur }), { blurred_below: below, sharp_above: above }, 'normal');
    expect([verdict(20, 40), verdict(40, 60), verdict(60, 65), verdict(60, 65, true)]).toEqual(['keep', 'review', 'reject', 'review']);
  });
});

describe('what is learned from', () => {
  it('leaves out a frame that was rejected for a better one of its moment, photos without faces, and what is only looked at again', () => {
    const scene = (rank: number): NonNullable<PhotoResult['scene']> => ({ scene: 1, frames: 2, rank, reason: '', people: [0] });
    const results = [
      photoResult('a', { scene: scene(1), faces: [face(), face({ bystander: true })] }), photoResult('b', { scene: scene(2) }), photoResult('c', { faces: [], status: 'no_face' }),
      photoResult('d', { reasons: ['photo damaged'] }), photoResult('e', { faces: [face({ bystander: true })] }), photoResult('f'),
    ];
    const { photos, faceless, others } = sift(results, new Map([['a', 'keep'], ['b', 'reject'], ['c', 'reject'], ['d', 'keep'], ['e', 'keep'], ['f', 'reject']]));
    expect([photos.map(({ photo }) => photo), faceless, others]).toEqual([['a', 'f'], 3, 1]);
    expect(photos.map(({ group, faces }) => [group, faces.length])).toEqual([['scene 1', 1], ['f', 1]]);
    const file = (photo: string): { path: string; photo: string } => ({ path: `/${photo}`, photo });
    expect(labelledFiles([
      { ...file('a'), choice: { stars: 1 } }, { ...file('b'), choice: { verdict: 'review', stars: 2 } }, { ...file('c'), choice: { colour: 'Red' } },
      { ...file('d'), choice: { verdict: 'reject', stars: 3 } },
    ])).toEqual([{ ...file('a'), label: 'keep' }, { ...file('d'), label: 'reject' }]);
  });

  it('counts a frame that was rejected with all others of its moment', () => {
    const scene = { scene: 1, frames: 2, rank: 1, reason: '', people: [0] };
    const { photos, others } = sift([photoResult('a', { scene }), photoResult('b', { scene })], new Map([['a', 'reject'], ['b', 'reject']]));
    expect([photos.length, others]).toEqual([2, 0]);
  });

  it('knows the scenes of the photos, tells of each that is done, and ends when it is told to', async () => {
    const random = new Random(3);
    const look = Uint8Array.from({ length: lookSide ** 2 }, () => random.below(256));
    const ending = new AbortController();
    const measure = async (abort: boolean): Promise<unknown> => {
      let done = 0;
      const measured = await measurePhotos([{ path: '', photo: 'a', label: 'keep' }, { path: '', photo: 'b', label: 'reject' }, { path: '', photo: 'c', label: 'keep' }], {
        config, signal: ending.signal, onPhoto: () => { done += 1; },
        executor: {
          mostAhead: 8, prepare: () => undefined, close: () => Promise.resolve(),
          run: (_, { config: used }, onResult) => {
            expect([used.blur.blurred_below, used.blur.sharp_above, used.classify.closed_below, used.classify.open_above]).toEqual([0, 0, 0, 0]);
            for (const [index, photo] of ['a', 'b', 'c'].entries()) onResult(index, photoResult(photo, { look }));
            if (abort) ending.abort(new Error('enough'));
            return Promise.resolve();
          },
        },
      });
      return [measured.photos.map(({ photo, group }) => `${photo} ${group}`), measured.others, done];
    };
    expect(await measure(false)).toEqual([['a scene 1', 'c scene 1'], 1, 3]);
    await expect(measure(true)).rejects.toThrow('enough');
  });

  const lesson = (photos: number, keeps: (number: number) => boolean, faceless = 0): Promise<Lesson> => {
    const files = Array.from({ length: photos }, (_, number) => ({ path: '', photo: String(number), label: keeps(number) ? 'keep' as const : 'reject' as const }));
    const executor: PhotoExecutor = {
      mostAhead: 8, prepare: () => undefined, close: () => Promise.resolve(),
      run: async (list, { config: used }, onResult) => {
        expect([used.blur.blurred_below, used.classify.open_above]).toEqual([0, 0]);
        let index = 0;
        // In any order.
        const all: string[] = [];
        for await (const { photo } of list) all.push(photo);
        for (const photo of all.reverse()) onResult(all.length - 1 - index++, photoResult(photo, { faces: Number(photo) < faceless ? [] : [neutralFace(Number(photo) % 100)] }));
      },
    };
    return learn(files, { config, executor, signal: new AbortController().signal, onPhoto: () => undefined });
  };

  it('is said in words: how many choices are missing, or what is proposed and what it changes', async () => {
    const few = await lesson(31, (number) => number % 2 === 0);
    expect([few.lines, few.changes]).toEqual([[expect.stringContaining('19 more choices are needed')], []]);
    const one = await lesson(60, () => true);
    expect(one.lines).toEqual([expect.stringContaining('10 more that you reject are needed')]);
    const left = '6 chosen photo(s) without a face, or not readable, were left out.';
    const fewer = await lesson(55, (number) => number % 2 === 0, 6);
    expect([fewer.lines, fewer.changes]).toEqual([[left, expect.stringContaining('49 of your choices can be learned from')], []]);
    expect((await lesson(100, (number) => number > 20, 6)).lines[0]).toBe(left);
    const { lines, changes, changed } = await lesson(100, (number) => number > 20);
    expect(changes.map(({ section, key }) => `${section}.${key}`)).toEqual(['blur.blurred_below', 'blur.sharp_above']);
    expect(lines.join('\n')).toMatch(/blur\.blurred_below: 45 -> 2[05]\n.*Your settings now:\n {2}of 79 that you kept: 49 kept, 6 to look at, 24 rejected/s);
    expect(changed).toContainEqual({ photo: '40', label: 'keep', now: 'reject', then: 'keep' });
  });
});

describe('what was learned, in words', () => {
  const row = (keep: number, review: number, reject: number): { keep: number; review: number; reject: number } => ({ keep, review, reject });
  const tuning = {
    present: { ...present, closed_below: 0.123456 }, proposed: { ...present, closed_below: 0.3 },
    now: { keep: row(1, 2, 3), reject: row(4, 5, 6) }, then: { keep: row(4, 1, 1), reject: row(3, 3, 9) }, crossValidated: { keep: row(2, 2, 2), reject: row(7, 0, 8) },
    cost: { now: 1.5, crossValidated: 0.25 }, changed: [{ photo: 'a', label: 'keep' as const, now: 'reject' as const, then: 'keep' as const }],
  };

  it('is each number in its place', () => {
    expect(tuningSaid(tuning)).toEqual([
      'classify.closed_below: 0.123 -> 0.3', 'classify.open_above: 0.6 -> 0.6',
      'Your settings now:', '  of 6 that you kept: 1 kept, 2 to look at, 3 rejected', '  of 15 that you rejected: 6 rejected, 5 to look at, 4 missed',
      'With what is proposed:', '  of 6 that you kept: 4 kept, 1 to look at, 1 rejected', '  of 15 that you rejected: 9 rejected, 3 to look at, 3 missed',
      'On photos that were not learned from (five parts in turn):', '  of 6 that you kept: 2 kept, 2 to look at, 2 rejected',
      '  of 15 that you rejected: 8 rejected, 0 to look at, 7 missed',
      'Cost a photo (a look 1, thrown out wrongly 5, let through wrongly 3): 1.500 now, 0.250 on photos not learned from.',
      '1 of your photos would be judged otherwise.',
    ]);
    expect(tuningSaid({ ...tuning, proposed: tuning.present })[0]).toContain('Nothing is proposed');
  });

  it('is what was left out, where anything was', () => {
    expect(leftOutSaid({ faceless: 0, others: 0 })).toEqual([]);
    expect(leftOutSaid({ faceless: 2, others: 3 })).toEqual([expect.stringMatching(/^2 chosen/), expect.stringMatching(/^3 rejected while you kept another frame/)]);
  });
});

describe('what was learned, in a settings file', () => {
  it('says in a file of its own where it comes from', () => {
    const path = join(mkdtempSync(join(tmpdir(), 'tune-')), 'new.yaml');
    writeSettings(path, [{ section: 'verdict', key: 'strictness', value: 'strict' }]);
    expect(readFileSync(path, 'utf8')).toBe('# Learned by pipeline tune. Give this file with --config.\nverdict:\n  strictness: strict\n');
  });

  it('loads, beside what was in it', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'tune-')), 'mine.yaml');
    writeFileSync(path, '# my own\nblur:\n  for: screen # small\n');
    writeSettings(path, changesBetween(present, { ...present, blurred_below: 60, sharp_above: 60, strictness: 'strict', closed_below: 0.3 }));
    expect(readFileSync(path, 'utf8')).toContain('# my own\nblur:\n');
    expect(readFileSync(path, 'utf8')).toContain('for: screen # small');
    const { blur, verdict, classify } = loadConfig(path);
    expect([blur, verdict.strictness, classify.closed_below, classify.open_above]).toEqual([{ ...loadConfig().blur, for: 'screen', blurred_below: 60, sharp_above: 60 }, 'strict', 0.3, 0.6]);
    expect(await presentSettings(loadConfig(path))).toMatchObject({ strictness: 'strict', blurred_below: 60 });
  });
});

describe('a settings file that could not be written back as it is', () => {
  const change = [{ section: 'verdict', key: 'strictness', value: 'strict' }] as const;

  it('is left as it is where it is not UTF-8', () => {
    const path = join(mkdtempSync(join(tmpdir(), 'tune-')), 'mine.yaml');
    const bytes = Buffer.from('# Gr\xfc\xdfe\nverdict:\n  strictness: normal\n', 'latin1');
    writeFileSync(path, bytes);
    expect(() => { writeSettings(path, change); }).toThrow(/not UTF-8/);
    expect(readFileSync(path).equals(bytes)).toBe(true);
  });

  it.skipIf(process.platform === 'win32')('is not made through a link that leads nowhere, and no pipe is waited for', async () => {
    const [base, outside] = [mkdtempSync(join(tmpdir(), 'tune-')), mkdtempSync(join(tmpdir(), 'tune-'))];
    symlinkSync(join(outside, 'made.yaml'), join(base, 'link.yaml'));
    expect(() => { writeSettings(join(base, 'link.yaml'), change); }).toThrow(/a link to a file that is not there/);
    expect(readdirSync(outside)).toEqual([]);
    execFileSync('mkfifo', [join(base, 'pipeline.yaml')]);
    expect(() => { writeSettings(join(base, 'pipeline.yaml'), change); }).toThrow(/it is a pipe/);
    writeFileSync(join(base, 'out.csv'), 'photo,verdict\r\na.jpg,keep\r\n');
    const { code, stderr } = await pipeline('tune', join(base, 'out.csv'), '--photos', base);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/pipeline\.yaml.*it is a pipe/)]);
  });
});

describe('pipeline tune', () => {
  it('says how many choices are missing, and writes nothing', async () => {
    const base = mkdtempSync(join(tmpdir(), 'tune-'));
    mkdirSync(join(base, 'photos'));
    copyFileSync(demoPhotos[0] ?? '', join(base, 'photos', 'a.jpg'));
    writeFileSync(join(base, 'out.csv'), 'photo,verdict\r\na.jpg,keep\r\n');
    const file = await ChoicesFile.open(join(base, 'choices.jsonl'));
    const key = await contentHash(join(base, 'photos', 'a.jpg'));
    await file.choose([{ photo: { key, size: readFileSync(join(base, 'photos', 'a.jpg')).length, photo: 'a.jpg' }, change: { stars: 2 } }]);
    await file.close();
    const { code, stdout } = await pipeline('tune', join(base, 'out.csv'), '--yes');
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^1 of your choices can be learned from.*49 more choices, 9 more photo\(s\) that you keep, 10 more that you reject are needed/)]);
    expect(existsSync(join(base, 'pipeline.yaml'))).toBe(false);
  });
});
