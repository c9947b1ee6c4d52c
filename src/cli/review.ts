/**
 * `pipeline review`: look at the photos of a folder in the browser, and choose.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import { UsageError } from '../core/usage-error.js';
import type { PhotoExecutor } from '../run/executor.js';
import { inTimeOrder } from '../run/time-order.js';
import { findPhotos } from '../run/walk.js';
import { isReadable, readReport } from '../reports/read.js';
import { openReview } from '../review/review.js';
import { folderOfPhotos } from '../sort/wrong-folder.js';
import { log } from './log.js';
import { addSettingsOptions, learnedPath, learnedSettings, settingsFrom, type SettingsOptions } from './settings.js';
import { checkReport, checkWritable } from './writable.js';
import '../image/one-thread.js';

interface ReviewVerbOptions extends SettingsOptions {
  readonly report?: string;
  readonly photos?: string;
  readonly port: number;
  readonly open: boolean;
  readonly followLinks?: boolean;
}

export function registerReview(program: Command, executor: PhotoExecutor): void {
  addSettingsOptions(program.command('review')
    .description('Look at photos in the browser and choose: judges what is not judged yet. Nothing leaves this machine.')
    .argument('<folder or report>', 'a folder of photos, or the report of one: .csv, .json, .jsonl or .arrow')
    .option('--report <file>', 'for a folder: its report, which is written if it is not there (default: FOLDER.csv, here)')
    .option('--photos <folder>', 'for a report: the folder that was judged, where it is not found nearby')
    .option('--follow-links', 'show photos behind links that lead out of the folder, too')
    .option('--port <number>', 'where the page is served on this machine; 0: any that is free', portFrom, 0)
    .option('--no-open', 'only print the link'))
    .action((what: string, options: ReviewVerbOptions) => review(what, options, executor))
    .addHelpText('after', `
Choices are kept in choices.jsonl beside the report, by the content of each photo; pipeline sort and pipeline xmp read them.
Photos are only read. Keys are in the page, under ?. Ctrl-C ends the review; the same command goes on with it.

Examples:
  pipeline review ./photos
  pipeline review out.csv
  pipeline xmp out.csv`);
}

async function review(what: string, options: ReviewVerbOptions, executor: PhotoExecutor): Promise<void> {
  const config = settingsFrom(options);
  const { folder, report } = await placesOf(what, options);
  const followLinks = options.followLinks ?? false;
  const { photos: found, folder: named, skippedLinks } = await findPhotos([folder], { followLinks });
  if (skippedLinks.length > 0) {
    log.warn(`${String(skippedLinks.length)} link(s) lead outside and were left alone, such as ${String(skippedLinks[0])}; --follow-links follows them.`);
  }
  if (found.length === 0) throw new UsageError(`There are no photos in ${folder}.`);
  const photos = await inTimeOrder(found);
  checkWritable(report);
  checkReport(report);
  const stop = new AbortController();
  const opened = await openReview({
    photos, folder: named, followLinks, report, config, executor, port: options.port, signal: stop.signal,
    learned: { file: learnedPath(options, report), config: () => learnedSettings(options, report) }, onNote: (note) => { log.warn(note); },
  });
  log.log(`${String(photos.length)} photo(s). The page: ${opened.link}`);
  if (options.open) openBrowser(opened.link);
  void opened.judged.then(() => { log.log(`Report: ${report}`); });
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  stop.abort();
  await opened.judged;
  await opened.close();
}

async function placesOf(what: string, { report, photos }: ReviewVerbOptions): Promise<{ readonly folder: string; readonly report: string }> {
  const stats = statSync(what, { throwIfNoEntry: false });
  if (stats === undefined) throw new UsageError(`There is no file or folder called ${what}.`);
  if (stats.isDirectory()) {
    if (photos !== undefined) throw new UsageError('--photos is for a report; name the folder alone.');
    if (report !== undefined && !isReadable(report)) throw new UsageError(`A review keeps a report in .csv, .json, .jsonl or .arrow; ${report} is none.`);
    return { folder: what, report: resolve(report ?? `${basename(resolve(what)) || 'photos'}.csv`) };
  }
  if (!isReadable(what)) throw new UsageError(`${what} is not a folder, nor a report in .csv, .json, .jsonl or .arrow.`);
  if (report !== undefined) throw new UsageError('--report is for a folder; the report is named already.');
  const folder = photos ?? await folderOfPhotos(what, (await readReport(what)).photos.map(({ photo }) => photo));
  if (folder === undefined) throw new UsageError(`The photos of ${what} are not found nearby. Name their folder: pipeline review ${what} --photos FOLDER`);
  return { folder, report: resolve(what) };
}

function portFrom(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new InvalidArgumentError('It is a number from 0 to 65535.');
  return port;
}

/** What opens a link, by platform. */
const openers: Partial<Record<NodeJS.Platform, readonly [command: string, first: readonly string[]]>> = {
  darwin: ['open', []],
  win32: ['cmd', ['/c', 'start', '']],
};

/** Where there is no browser to be opened, the link is printed all the same. */
function openBrowser(link: string): void {
  const [command, first] = openers[process.platform] ?? ['xdg-open', []];
  const child = spawn(command, [...first, link], { stdio: 'ignore', detached: true });
  child.on('error', () => undefined);
  child.unref();
}
