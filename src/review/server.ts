/**
 * The server of a review. It answers this machine only, and only to whoever has the link: its token is part of every address, so
 * that no other page can ask for anything. Photos are asked for by number; no path ever comes in.
 */
import { timingSafeEqual } from 'node:crypto';
import { Hono, type Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { streamSSE } from 'hono/streaming';
import { z } from 'zod';
import { changeSchema } from '../choices/choice.js';
import { readSaved, savedCsv, savedJson } from '../choices/saved.js';
import { UsageError } from '../core/usage-error.js';
import { WriteError } from '../files/problem.js';
import { PhotoError } from '../image/decode.js';
import type { ShownPhotos } from '../image/shown.js';
import type { NewsData } from './data.js';
import type { PageFiles } from './page-files.js';
import type { Shoot } from './shoot.js';
import type { Teacher } from './teacher.js';

export interface ServerOptions {
  readonly shoot: Shoot;
  readonly shown: ShownPhotos;
  readonly page: PageFiles;
  readonly teacher: Teacher;
  /** Part of every address: at least 128 random bits. */
  readonly token: string;
  /** Where the server listens: what a browser that was not tricked (DNS rebinding) names as its host. */
  readonly port: () => number;
}

/** Bytes: a saved file of 100,000 photos is shorter. */
const longestBody = 64e6;
const idList = z.array(z.number().int().min(0)).min(1).max(200_000);
const chooseBody = z.array(z.strictObject({ ids: idList, change: changeSchema })).min(1).max(100);
const px = z.coerce.number();
const partQuery = z.object({ x: px, y: px, width: px.refine((value) => value > 0 && value <= 4096), height: px.refine((value) => value > 0 && value <= 4096) });

/** What the page may do: its own script and style, pictures and news from this server, and nothing else. */
const contentPolicy = [
  'default-src \'none\'', 'script-src \'self\'', 'style-src \'self\'', 'img-src \'self\' data:', 'connect-src \'self\'',
  'base-uri \'none\'', 'form-action \'none\'', 'frame-ancestors \'none\'',
].join('; ');

/** The application; `fetch` of it answers requests. */
export function createApp({ shoot, shown, page, teacher, token, port }: ServerOptions): Hono {
  const app = new Hono();
  app.use(async (context, next) => {
    context.header('Content-Security-Policy', contentPolicy);
    context.header('X-Content-Type-Options', 'nosniff');
    context.header('Referrer-Policy', 'no-referrer');
    context.header('Cross-Origin-Resource-Policy', 'same-origin');
    context.header('Cross-Origin-Opener-Policy', 'same-origin');
    context.header('Cache-Control', 'no-store');
    return isOwn(context, port()) ? next() : context.text('This server answers its own page only.', 403);
  });
  app.use('/:token/*', async (context, next) =>
    (isEqual(context.req.param('token'), token) ? next() : context.text('The link is not complete, or of an earlier review.', 403)));
  const photos = new Hono();
  photos.get('/page.js', (context) => context.body(page.script, 200, { 'Content-Type': 'text/javascript; charset=utf-8' }));
  photos.get('/page.css', (context) => context.body(page.style, 200, { 'Content-Type': 'text/css; charset=utf-8' }));
  photos.get('/shoot', (context) => context.json(shoot.data()));
  photos.get('/news', (context) => streamSSE(context, async (stream) => {
    const stop = shoot.listen((news: NewsData) => { void stream.writeSSE({ data: JSON.stringify(news) }); });
    stream.onAbort(stop);
    // A page that has gone is noticed by writing to it.
    while (!stream.aborted && !stream.closed) {
      await stream.writeSSE({ event: 'pulse', data: '' });
      await stream.sleep(15_000);
    }
    stop();
  }));
  addPictures(photos, shoot, shown);
  addChoices(photos, shoot);
  photos.post('/learn', async (context) => context.json(await teacher.learn()));
  photos.post('/learn/write', (context) => context.json({ file: teacher.write() }));
  photos.onError((error, context) => {
    if (error instanceof PhotoError || error instanceof UsageError) return context.text(error.message, 422);
    if (error instanceof WriteError) return context.text(error.message, 507);
    return context.text(error.message, 500);
  });
  app.get('/:token/', (context) => context.html(page.html));
  app.route('/:token', photos);
  return app;
}

function addPictures(app: Hono, shoot: Shoot, shown: ShownPhotos): void {
  const path = (context: Context): Promise<string | undefined> => shoot.pathOf(Number(context.req.param('id')));
  app.get('/photo/:id{[0-9]+}', (context) => {
    const photo = shoot.photo(Number(context.req.param('id')));
    return photo === undefined ? context.text('This photo is not judged yet.', 404) : context.json(photo);
  });
  app.get('/photo/:id{[0-9]+}/fitted/:side{[0-9]+}', async (context) => {
    const from = await path(context);
    if (from === undefined) return context.text('There is no such photo.', 404);
    const side = Math.min(4096, Math.max(64, Number(context.req.param('side'))));
    return jpeg(context, await shown.fitted(from, side, context.req.raw.signal));
  });
  app.get('/photo/:id{[0-9]+}/part', async (context) => {
    const [from, box] = [await path(context), partQuery.safeParse(context.req.query())];
    if (from === undefined || !box.success) return context.text('There is no such part.', 404);
    const part = await shown.part(from, box.data, context.req.raw.signal);
    return part === undefined ? context.text('There is no such part.', 404) : jpeg(context, part);
  });
}

function addChoices(app: Hono, shoot: Shoot): void {
  app.use(bodyLimit({ maxSize: longestBody, onError: (context) => context.text('This is too long.', 413) }));
  app.post('/choose', async (context) => {
    const body = chooseBody.safeParse(await context.req.json().catch(() => undefined));
    if (!body.success) return context.text('This is no choice.', 400);
    await shoot.choose(body.data);
    return context.json({});
  });
  app.post('/undo', async (context) => {
    const ids = await shoot.undo();
    return context.json({ ids });
  });
  app.post('/redo', async (context) => {
    const ids = await shoot.redo();
    return context.json({ ids });
  });
  app.post('/import', async (context) => {
    const saved = readSaved(await context.req.text());
    return context.json({ known: await shoot.chooseByName(saved), all: saved.size });
  });
  app.get('/choices.:kind{csv|json}', async (context) => {
    const photos = (await shoot.chosen()).flatMap(({ photo, known, choice }) => known === undefined ? [] : [{
      photo, choice, toolVerdict: known.verdict, reasons: known.reasons,
    }]);
    const isCsv = context.req.param('kind') === 'csv';
    return context.body(isCsv ? savedCsv(photos) : savedJson(photos), 200, {
      'Content-Type': isCsv ? 'text/csv; charset=utf-8' : 'application/json; charset=utf-8',
      'Content-Disposition': `attachment; filename="choices.${isCsv ? 'csv' : 'json'}"`,
    });
  });
}

/** Pictures are kept by the browser: an address names a photo of this review, and reviews have tokens of their own. */
function jpeg(context: Context, bytes: Buffer): Response {
  return context.body(new Uint8Array(bytes), 200, { 'Content-Type': 'image/jpeg', 'Cache-Control': 'private, max-age=86400, immutable' });
}

/** Whether a request comes from a page of this server, by the names that a browser does not let a page choose. */
function isOwn({ req }: Context, port: number): boolean {
  const hosts = [`127.0.0.1:${String(port)}`, `localhost:${String(port)}`];
  if (!hosts.includes(req.header('host') ?? '')) return false;
  const origin = req.header('origin');
  if (origin !== undefined && !hosts.some((host) => origin === `http://${host}`)) return false;
  return ['same-origin', 'none', undefined].includes(req.header('sec-fetch-site'));
}

function isEqual(given: string, token: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b);
}
