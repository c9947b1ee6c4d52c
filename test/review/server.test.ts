import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ChoicesFile, readChoices } from '../../src/choices/file.js';
import { nameFromBytes, reportName, systemPath } from '../../src/files/file-name.js';
import { ShownPhotos } from '../../src/image/shown.js';
import { knownFrom, knownFromReport } from '../../src/review/known.js';
import { createApp } from '../../src/review/server.js';
import { Shoot } from '../../src/review/shoot.js';
import { readReport } from '../../src/reports/read.js';
import { Teacher } from '../../src/review/teacher.js';
import { loadConfig } from '../../src/pipeline/config.js';
import type { PhotoExecutor } from '../../src/run/executor.js';
import type { NewsData, ReviewPhoto, ShootData } from '../../src/review/data.js';
import sharp from 'sharp';
import { face, photoResult } from '../support/results.js';
import { writeReport } from '../support/reports.js';
import { demoPhotos } from '../support/shared-data.js';

const limits = { max_megapixels: 50, max_megabytes: 50, timeout_seconds: 30 };
const token = 'a-token-of-this-review';
const host = '127.0.0.1:8123';

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;
const executor: PhotoExecutor = { mostAhead: 8, prepare: () => undefined, run: () => Promise.resolve(), close: () => Promise.resolve() };

describe('the server of a review', () => {
  let folder: string;
  let choices: ChoicesFile;
  let shoot: Shoot;
  let app: ReturnType<typeof createApp>;
  let news: NewsData[];

  const ask = (path: string, init: Omit<RequestInit, 'headers'> & { headers?: Record<string, string> } = {}): Promise<Response> =>
    Promise.resolve(app.request(`http://${host}/${token}/${path}`, { ...init, headers: { host, ...init.headers } }));
  const post = (path: string, body: unknown): Promise<Response> => ask(path, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body), headers: { origin: `http://${host}` } });
  const data = async (): Promise<ShootData> => z.custom<ShootData>(isObject).parse(await (await ask('shoot')).json());

  const open = async (names = ['a.jpg', '<b> & "c".jpg'], elsewhere: ReadonlySet<string> = new Set()): Promise<void> => {
    choices = await ChoicesFile.open(join(folder, 'choices.jsonl'));
    const photos = names.map((name) => ({ path: join(folder, name), photo: reportName(name) }));
    shoot = new Shoot({ title: 'photos', marks: {}, orders: [], praise: 'fine' }, photos, choices, { folder, elsewhere });
    shoot.add([knownFrom(photoResult('a.jpg', { reasons: ['face 1: eyes closed'], verdict: 'reject' }))]);
    await shoot.recognize();
    news = [];
    shoot.listen((each) => { news.push(each); });
    const teacher = new Teacher({ shoot, executor, signal: new AbortController().signal, file: join(folder, 'mine.yaml'), config: () => loadConfig() });
    app = createApp({ shoot, token, shown: new ShownPhotos(limits), page: { html: '<p>page</p>', script: '', style: '' }, port: () => 8123, teacher });
  };

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'review-'));
    copyFileSync(demoPhotos[0] ?? '', join(folder, 'a.jpg'));
    copyFileSync(demoPhotos[1] ?? '', join(folder, '<b> & "c".jpg'));
    await open();
  });
  afterEach(() => choices.close());

  it.each([
    ['no token', { path: `http://${host}/`, headers: {} }, 404],
    ['another token', { path: `http://${host}/${token.replace('a', 'b')}/shoot`, headers: {} }, 403],
    ['a part of the token', { path: `http://${host}/${token.slice(0, -1)}/shoot`, headers: {} }, 403],
    ['another host (DNS rebinding)', { path: `http://${host}/${token}/shoot`, headers: { host: 'evil.example:8123' } }, 403],
    ['another port', { path: `http://${host}/${token}/shoot`, headers: { host: '127.0.0.1:9999' } }, 403],
    ['another origin', { path: `http://${host}/${token}/shoot`, headers: { origin: 'http://evil.example' } }, 403],
    ['a page inside another page', { path: `http://${host}/${token}/shoot`, headers: { 'sec-fetch-site': 'cross-site' } }, 403],
  ])('refuses %s', async (_, { path, headers }, status) => {
    expect((await app.request(path, { headers: { host, ...headers } })).status).toBe(status);
  });

  it('lets the page run its own script only, and nobody frame it', async () => {
    const policy = (await ask('')).headers.get('content-security-policy') ?? '';
    expect(policy).toContain('script-src \'self\'');
    expect(policy).toContain('default-src \'none\'');
    expect(policy).toContain('frame-ancestors \'none\'');
    expect(policy).not.toContain('unsafe');
  });

  it.each(['photo/2/fitted/300', 'photo/-1/fitted/300', 'photo/..%2f..%2fetc%2fpasswd/fitted/300', 'photo/a.jpg/fitted/300', 'photo/2/part?x=0&y=0&width=9&height=9', 'photo/0/part?x=0&y=0&width=1e9&height=9'])(
    'serves photos of the review by number, and nothing else: %s', async (path) => {
      expect((await ask(path)).status).toBe(404);
    });

  it('gives a photo fitted, and parts of it in the pixels of the camera', async () => {
    const fitted = await sharp(Buffer.from(await (await ask('photo/0/fitted/500')).arrayBuffer())).metadata();
    expect(Math.max(fitted.width, fitted.height)).toBe(500);
    const part = Buffer.from(await (await ask('photo/0/part?x=100&y=60&width=64&height=48')).arrayBuffer());
    const expected = await sharp(demoPhotos[0]).extract({ left: 100, top: 60, width: 64, height: 48 }).raw().toBuffer();
    const { data: got, info } = await sharp(part).raw().toBuffer({ resolveWithObject: true });
    expect([info.width, info.height]).toEqual([64, 48]);
    const off = got.reduce((sum, value, at) => sum + Math.abs(value - (expected[at] ?? 0)), 0) / got.length;
    expect(off).toBeLessThan(3);
  });

  it('opens no photo that has become a link out of the folder, or lies behind one, and still opens those behind links in it', async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'elsewhere-'));
    copyFileSync(demoPhotos[2] ?? '', join(elsewhere, 'b.jpg'));
    for (const day of ['day', 'other day']) mkdirSync(join(folder, day));
    copyFileSync(demoPhotos[2] ?? '', join(folder, 'day', 'b.jpg'));
    await choices.close();
    await open(['a.jpg', 'day/b.jpg']);
    rmSync(join(folder, 'a.jpg'));
    symlinkSync(join(elsewhere, 'b.jpg'), join(folder, 'a.jpg'));
    renameSync(join(folder, 'day', 'b.jpg'), join(folder, 'other day', 'b.jpg'));
    rmSync(join(folder, 'day'), { recursive: true });
    symlinkSync(elsewhere, join(folder, 'day'));
    for (const asked of ['photo/0/fitted/64', 'photo/0/part?x=0&y=0&width=9&height=9', 'photo/1/fitted/800']) {
      const answer = await ask(asked);
      expect([answer.status, await answer.text()], asked).toEqual([422, expect.stringMatching(/link .* leads out of the folder/)]);
    }
    await post('choose', [{ ids: [0, 1], change: { stars: 4 } }]);
    expect((await data()).choices).toEqual([]);

    rmSync(join(folder, 'day'));
    symlinkSync('other day', join(folder, 'day'));
    expect((await ask('photo/1/fitted/64')).status).toBe(200);
    await post('choose', [{ ids: [1], change: { stars: 4 } }]);
    expect((await data()).choices).toEqual([[1, { stars: 4 }]]);
  });

  it('opens a photo behind a link that leads out where that was asked for, and no other that the link leads to by now', async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'elsewhere-'));
    for (const name of ['b.jpg', 'private.jpg']) copyFileSync(demoPhotos[2] ?? '', join(elsewhere, name));
    symlinkSync(join(elsewhere, 'b.jpg'), join(folder, 'b.jpg'));
    await choices.close();
    await open(['b.jpg'], new Set([realpathSync(join(elsewhere, 'b.jpg'))]));
    expect((await ask('photo/0/fitted/64')).status).toBe(200);
    await post('choose', [{ ids: [0], change: { stars: 4 } }]);
    expect((await data()).choices).toEqual([[0, { stars: 4 }]]);
    rmSync(join(folder, 'b.jpg'));
    symlinkSync(join(elsewhere, 'private.jpg'), join(folder, 'b.jpg'));
    expect((await ask('photo/0/fitted/65')).status).toBe(422);
  });

  it('shows photos before they are judged, and tells when they are', async () => {
    expect((await data()).items.map(({ verdict }) => verdict)).toEqual(['reject', undefined]);
    expect((await ask('photo/1')).status).toBe(404);
    shoot.add([knownFrom(photoResult('<b> & "c".jpg'))]);
    expect(news).toMatchObject([{ kind: 'items', items: [{ id: 1, verdict: 'keep' }], progress: { judged: 2, total: 2 } }]);
    const photo = z.custom<ReviewPhoto>(isObject).parse(await (await ask('photo/1')).json());
    expect(photo.faces[0]).toMatchObject({ look: [418 + 30 + 60, 480], leftEye: [418 + 100 + 30, 480], rightEye: [418 + 20 + 30, 480] });
  });

  it('writes a choice down before it says so, and tells every window', async () => {
    expect((await post('choose', [{ ids: [0], change: { stars: 4 } }])).status).toBe(200);
    const key = createHash('sha256').update(readFileSync(join(folder, 'a.jpg'))).digest('hex');
    expect((await readChoices(join(folder, 'choices.jsonl'))).history.of(key)).toEqual({ stars: 4 });
    expect(news).toEqual([{ kind: 'choices', choices: [[0, { stars: 4 }]], undo: true, redo: false }]);
  });

  it('takes this one and not the others, and a batch, back with one undo', async () => {
    await post('choose', [{ ids: [1], change: { verdict: 'reject' } }, { ids: [0], change: { verdict: 'keep' } }]);
    expect((await data()).choices).toEqual(expect.arrayContaining([[1, { verdict: 'reject' }], [0, { verdict: 'keep' }]]));
    expect(await (await post('undo', '')).json()).toEqual({ ids: [1, 0] });
    expect((await data()).choices).toEqual([]);
    expect(await (await post('redo', '')).json()).toEqual({ ids: [1, 0] });
    expect((await data()).choices).toHaveLength(2);
    await post('undo', '');
    expect(await (await post('undo', '')).json()).toEqual({ ids: [] });
  });

  it('knows photos again by content after a restart, whatever they are called now', async () => {
    await post('choose', [{ ids: [0], change: { stars: 5 } }]);
    await choices.close();
    renameSync(join(folder, 'a.jpg'), join(folder, 'x.jpg'));
    renameSync(join(folder, '<b> & "c".jpg'), join(folder, 'a.jpg'));
    renameSync(join(folder, 'x.jpg'), join(folder, '<b> & "c".jpg'));
    await open();
    expect((await data()).choices).toEqual([[1, { stars: 5 }]]);
  });

  it.skipIf(process.platform !== 'linux')('keeps a choice about a photo whose name is not UTF-8, and knows it again', async () => {
    const odd = nameFromBytes(Buffer.from('odd\xff.jpg', 'latin1'));
    copyFileSync(demoPhotos[2] ?? '', systemPath(join(folder, odd)));
    await choices.close();
    await open([odd]);
    await post('choose', [{ ids: [0], change: { stars: 2 } }]);
    await choices.close();
    await open([odd]);
    const { items, choices: chosen } = await data();
    expect([items[0]?.photo, chosen]).toEqual(['odd\\xff.jpg', [[0, { stars: 2 }]]]);
  });

  it.each([[{}], [[]], [[{ ids: [0], change: { stars: 9 } }]], [[{ ids: ['../x'], change: {} }]], ['nonsense']])('refuses what is no choice: %j', async (body) => {
    expect((await post('choose', body)).status).toBe(400);
  });

  it('says what choices teach, or how many are missing, and writes nothing that was not proposed', async () => {
    await post('choose', [{ ids: [0], change: { stars: 5 } }]);
    expect(await (await post('learn', '')).json()).toEqual({ lines: [expect.stringContaining('49 more choices')], changed: [] });
    expect((await post('learn/write', '')).status).toBe(422);
    expect(existsSync(join(folder, 'mine.yaml'))).toBe(false);
  });

  it('imports what an HTML report saved, and saves in the same form', async () => {
    const answer = await post('import', 'photo,verdict,stars,chosen_by,tool_verdict,reasons\r\na.jpg,keep,3,me,reject,\r\ngone.jpg,keep,1,me,keep,\r\n');
    expect(await answer.json()).toEqual({ known: 1, all: 2 });
    expect((await ask('choices.csv')).headers.get('content-disposition')).toContain('attachment');
    expect(await (await ask('choices.csv')).text()).toContain('a.jpg,keep,3,me,reject,face 1: eyes closed\r\n');
    expect(await (await ask('choices.json')).json()).toMatchObject([{ photo: 'a.jpg', verdict: 'keep', stars: 3, chosen_by: 'me' }]);
    expect((await post('import', 'a,b\n1,2')).status).toBe(422);
  });
});

describe('what a review knows from a report', () => {
  it.each(['csv', 'json', 'jsonl', 'arrow'])('is what it knows from the results themselves, but for bars (.%s)', async (kind) => {
    const results = [
      photoResult('a.jpg', { faces: [face(), face({ x: 900, reasons: ['eyes closed'] })], reasons: ['face 2: eyes closed'], verdict: 'reject', scene: { scene: 1, frames: 2, rank: 2, reason: 'more eyes closed than b.jpg', people: [0, 1] } }),
      photoResult('b.jpg', { scene: { scene: 1, frames: 2, rank: 1, reason: 'best of 2: all eyes open', people: [0] } }),
    ];
    const path = join(mkdtempSync(join(tmpdir(), 'known-')), `out.${kind}`);
    await writeReport(path, results);
    const known = knownFromReport((await readReport(path)).photos, path);
    expect(known).toMatchObject(results.map((result) => {
      const { photo, verdict, reasons, scene, faces } = knownFrom(result);
      return { photo, verdict, reasons, scene, faces: faces.map(({ box, reasons: said }) => ({ box, reasons: said })) };
    }));
    const meters = known[0]?.faces[0]?.meters ?? [];
    expect(meters.map(({ share }) => share)).toEqual(meters.map(() => undefined));
    expect(meters.filter(({ tone }) => tone !== 'unknown')).toEqual([]);
    const said = new Map(meters.map(({ name, text }) => [name, text]));
    expect([Number(said.get('left eye open')), said.get('eyes'), said.get('blur')]).toEqual([0.97, 'open', 'sharp']);
  });
});
