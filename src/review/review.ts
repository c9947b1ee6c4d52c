/**
 * A review from its beginning to its end: what is known is shown, what is not is judged, and a page is served meanwhile.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import pLimit from 'p-limit';
import { ChoicesFile, choicesPath } from '../choices/file.js';
import type { PhotoFile } from '../core/result.js';
import { realDisk } from '../files/disk.js';
import { realPath } from '../files/file-name.js';
import { ShownPhotos } from '../image/shown.js';
import type { Config } from '../pipeline/config.js';
import { reportData } from '../reports/html/report.js';
import { reportOutput } from '../reports/output.js';
import { readReport } from '../reports/read.js';
import { embedJournalPath, readEmbedJournal, samePhotos } from '../reports/xmp/embed-journal.js';
import type { PhotoExecutor } from '../run/executor.js';
import { runPhotos } from '../run/run.js';
import type { ResultSink, RunOutput } from '../run/sink.js';
import { knownFrom, knownFromReport } from './known.js';
import { readPageFiles } from './page-files.js';
import { createApp } from './server.js';
import { Shoot } from './shoot.js';
import { Teacher } from './teacher.js';
import { createStore, readKnown, storePath } from './store.js';
import type { ReviewPhoto } from './data.js';

export interface ReviewOptions {
  readonly photos: readonly PhotoFile[];
  /** The folder that photos are named by. */
  readonly folder: string;
  /** Whether photos are shown that lie elsewhere, behind links. */
  readonly followLinks: boolean;
  /** The report, CSV, JSON, JSON Lines or Arrow: read where it is there, written where it is not. */
  readonly report: string;
  readonly config: Config;
  readonly executor: PhotoExecutor;
  /** Where settings that are learned from choices are written, and the settings with what is there. */
  readonly learned: { readonly file: string; readonly config: () => Config };
  /** 0: any that is free. */
  readonly port: number;
  /** Called with what the person should know. */
  readonly onNote: (note: string) => void;
  readonly signal: AbortSignal;
}

export interface Review {
  /** The link that opens the page. */
  readonly link: string;
  /** Fulfilled when all photos are judged, or judging came to an end otherwise. */
  readonly judged: Promise<void>;
  close(): Promise<void>;
}

/**
 * Begins a review; the page can be opened when this is fulfilled.
 * @throws UsageError where choices cannot be kept beside the report, or the report is none
 */
export async function openReview(options: ReviewOptions): Promise<Review> {
  const { photos, report, folder, config, onNote } = options;
  const choices = await ChoicesFile.open(choicesPath(report));
  try {
    if (choices.damaged > 0) onNote(`${String(choices.damaged)} line(s) of ${choicesPath(report)} are damaged and were left out.`);
    const data = await reportData(report, { folder, config });
    const shoot = new Shoot(data, photos, choices, { folder, elsewhere: options.followLinks ? await linkedFiles(photos) : new Set() });
    const kept = await readKnown(storePath(report), photos, samePhotos(await readEmbedJournal(realDisk, embedJournalPath(report))));
    const reported = existsSync(report) ? knownFromReport((await readReport(report)).photos, report) : [];
    const known = [...new Map([...reported, ...kept].map((photo) => [photo.photo, photo])).values()];
    shoot.add(known);
    await shoot.recognize();
    const server = await serve(shoot, options);
    return {
      link: server.link,
      judged: judgeRest(shoot, known, options).catch((error: unknown) => {
        const problem = error instanceof Error ? error.message : String(error);
        shoot.fail(problem);
        onNote(problem);
      }),
      close: async () => {
        await server.close();
        await choices.close();
      },
    };
  } catch (error) {
    await choices.close();
    throw error;
  }
}

/** Where photos lie when the review begins: a link that leads elsewhere later leads to nothing that it shows. */
async function linkedFiles(photos: readonly PhotoFile[]): Promise<ReadonlySet<string>> {
  const limit = pLimit(64);
  const places = await Promise.all(photos.map(({ path }) => limit(() => realPath(path).catch(() => []))));
  return new Set(places.flat());
}

/** Judges what is not known. A report that is not there is written; one that is there stays as it is. */
async function judgeRest(shoot: Shoot, known: readonly ReviewPhoto[], options: ReviewOptions): Promise<void> {
  const { photos, report, folder, config, executor, signal, onNote } = options;
  const names = new Set(known.map(({ photo }) => photo));
  const rest = photos.filter(({ photo }) => !names.has(photo));
  if (rest.length === 0) return;
  const isNew = !existsSync(report);
  const todo = isNew ? photos : rest;
  const paths = new Map(photos.map(({ path, photo }) => [photo, path]));
  const output = liveOutput({
    reports: isNew ? reportOutput({ reports: [report], folder, config, times: false }) : undefined,
    journal: `${report}.journal`,
    sinks: async () => [await createStore(storePath(report), isNew ? [] : known, (photo) => paths.get(photo)), liveSink(shoot)],
  });
  await runPhotos(todo, {
    executor, settings: { config }, folder, output, resume: existsSync(`${report}.journal`), onNote, signal,
  });
  if (!isNew) onNote(`${String(rest.length)} photo(s) that ${report} does not know were judged for this review. pipeline run writes a report with them.`);
}

/** Hands results to the page, many at once: a page that opens its eyes is not to draw for each. */
function liveSink(shoot: Shoot): ResultSink {
  let waiting: ReviewPhoto[] = [];
  const tell = (): Promise<void> => {
    shoot.add(waiting);
    waiting = [];
    return Promise.resolve();
  };
  const timer = setInterval(() => { void tell(); }, 300).unref();
  const end = (): Promise<void> => {
    clearInterval(timer);
    return tell();
  };
  return {
    write: (result) => {
      waiting.push(knownFrom(result));
      return Promise.resolve();
    },
    finish: end, abandon: end, discard: end,
  };
}

function liveOutput({ reports, journal, sinks }: {
  readonly reports: RunOutput | undefined; readonly journal: string; readonly sinks: () => Promise<readonly ResultSink[]>;
}): RunOutput {
  return {
    journal, previews: false,
    check: async (work) => { await reports?.check(work); },
    open: async (onProblem) => [...await reports?.open(onProblem) ?? [], ...await sinks()],
    close: () => { reports?.close(); },
  };
}

async function serve(shoot: Shoot, { port, config, learned, executor, signal }: ReviewOptions): Promise<{ readonly link: string; close(): Promise<void> }> {
  const token = randomBytes(24).toString('base64url');
  let actual = port;
  const app = createApp({
    shoot, token, teacher: new Teacher({ shoot, executor, signal, ...learned }), shown: new ShownPhotos(config.image), page: readPageFiles(shoot.report.title), port: () => actual,
  });
  const server = createServer((request, response) => { void getRequestListener(app.fetch)(request, response); });
  // This machine only: no other one can reach it.
  server.listen(port, '127.0.0.1');
  await Promise.race([once(server, 'listening'), once(server, 'error').then(([error]) => { throw error; })]);
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  actual = address.port;
  return {
    link: `http://127.0.0.1:${String(actual)}/${token}/`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
