import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ChoicesFile } from '../../../src/choices/file.js';
import { missingChoices, tune } from '../../../src/choices/tune/fit.js';
import { labelledFiles, learn, type Lesson } from '../../../src/choices/tune/learn.js';
import { sift, type MeasuredPhoto } from '../../../src/choices/tune/measured.js';
import { changesBetween, presentSettings, type TunedSettings } from '../../../src/choices/tune/settings.js';
import { writeSettings } from '../../../src/choices/tune/write.js';
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

  it('need 50 choices, 10 of each kind', () => {
    const labels = (keep: number, reject: number): ('keep' | 'reject')[] => [...Array.from({ length: keep }, () => 'keep' as const), ...Array.from({ length: reject }, () => 'reject' as const)];
    expect(missingChoices(labels(20, 3))).toEqual({ all: 27, keep: 0, reject: 7 });
    expect(missingChoices(labels(40, 10))).toEqual({ all: 0, keep: 0, reject: 0 });
  });
});

describe('what is learned from', () => {
  it('leaves out a frame that was rejected for a better one of its moment, photos without faces, and what is only looked at again', () => {
    const scene = (rank: number): NonNullable<PhotoResult['scene']> => ({ scene: 1, frames: 2, rank, reason: '', people: [0] });
    const results = [
      photoResult('a', { scene: scene(1) }), photoResult('b', { scene: scene(2) }), photoResult('c', { faces: [], status: 'no_face' }),
      photoResult('d', { reasons: ['photo damaged'] }), photoResult('e', { faces: [face({ bystander: true })] }), photoResult('f'),
    ];
    const { photos, faceless, others } = sift(results, new Map([['a', 'keep'], ['b', 'reject'], ['c', 'reject'], ['d', 'keep'], ['e', 'keep'], ['f', 'reject']]));
    expect([photos.map(({ photo }) => photo), faceless, others]).toEqual([['a', 'f'], 3, 1]);
    const file = (photo: string): { path: string; photo: string } => ({ path: `/${photo}`, photo });
    expect(labelledFiles([
      { ...file('a'), choice: { stars: 1 } }, { ...file('b'), choice: { verdict: 'review', stars: 2 } }, { ...file('c'), choice: { colour: 'Red' } },
      { ...file('d'), choice: { verdict: 'reject', stars: 3 } },
    ])).toEqual([{ ...file('a'), label: 'keep' }, { ...file('d'), label: 'reject' }]);
  });

  const lesson = (photos: number, keeps: (number: number) => boolean): Promise<Lesson> => {
    const files = Array.from({ length: photos }, (_, number) => ({ path: '', photo: String(number), label: keeps(number) ? 'keep' as const : 'reject' as const }));
    const executor: PhotoExecutor = {
      mostAhead: 8, prepare: () => undefined, close: () => Promise.resolve(),
      run: async (list, { config: used }, onResult) => {
        expect([used.blur.blurred_below, used.classify.open_above]).toEqual([0, 0]);
        let index = 0;
        // In any order.
        const all: string[] = [];
        for await (const { photo } of list) all.push(photo);
        for (const photo of all.reverse()) onResult(all.length - 1 - index++, photoResult(photo, { faces: [neutralFace(Number(photo) % 100)] }));
      },
    };
    return learn(files, { config, executor, signal: new AbortController().signal, onPhoto: () => undefined });
  };

  it('is said in words: how many choices are missing, or what is proposed and what it changes', async () => {
    const few = await lesson(31, (number) => number % 2 === 0);
    expect([few.lines, few.changes]).toEqual([[expect.stringContaining('19 more choices are needed')], []]);
    const one = await lesson(60, () => true);
    expect(one.lines).toEqual([expect.stringContaining('10 more that you reject are needed')]);
    const { lines, changes, changed } = await lesson(100, (number) => number > 20);
    expect(changes.map(({ section, key }) => `${section}.${key}`)).toEqual(['blur.blurred_below', 'blur.sharp_above']);
    expect(lines.join('\n')).toMatch(/blur\.blurred_below: 45 -> 2[05]\n.*Your settings now:\n {2}of 79 that you kept: 49 kept, 6 to look at, 24 rejected/s);
    expect(changed).toContainEqual({ photo: '40', label: 'keep', now: 'reject', then: 'keep' });
  });
});

describe('what was learned, in a settings file', () => {
  it('loads, beside what was in it', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'tune-')), 'mine.yaml');
    writeFileSync(path, '# my own\nblur:\n  for: screen # small\n');
    writeSettings(path, changesBetween(present, { ...present, blurred_below: 60, sharp_above: 60, strictness: 'strict', closed_below: 0.3 }));
    expect(readFileSync(path, 'utf8')).toContain('# my own\nblur:\n');
    expect(readFileSync(path, 'utf8')).toContain('for: screen # small');
    const { blur, verdict, classify } = loadConfig(path);
    expect([blur, verdict.strictness, classify.closed_below, classify.open_above]).toEqual([{ for: 'screen', region: 'face', blurred_below: 60, sharp_above: 60 }, 'strict', 0.3, 0.6]);
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
