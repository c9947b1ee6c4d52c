/**
 * `pipeline run`: judge photos, write reports.
 */
import { Option, type Command } from 'commander';
import { resolve } from 'node:path';
import { UsageError } from '../core/usage-error.js';
import { makeFolder } from '../files/make-folder.js';
import { settleEngine } from '../pipeline/engine.js';
import type { PhotoFile } from '../core/result.js';
import type { Config } from '../pipeline/config.js';
import type { PhotoExecutor } from '../run/executor.js';
import { runPhotos, type RunOptions } from '../run/run.js';
import type { RunSummary } from '../run/summary.js';
import { checkStages } from '../pipeline/stages.js';
import { inTimeOrder } from '../run/time-order.js';
import { findPhotos } from '../run/walk.js';
import { queueHelp } from '../queue/address.js';
import { reportOutput } from '../reports/output.js';
import type { Editor } from '../reports/xmp/packet.js';
import { exitCodes } from './exit-codes.js';
import { readFileList } from './file-list.js';
import { checkReport } from './writable.js';
import { log } from './log.js';
import { createProgress } from './progress.js';
import { openRunQueue, type RunQueue } from './run-queue.js';
import { addSettingsOptions, collect, settingsFrom, shortcut, type SettingsOptions } from './settings.js';

interface RunVerbOptions extends SettingsOptions {
  readonly report?: readonly string[];
  readonly detector?: string;
  readonly landmarks?: string;
  readonly engine?: string;
  readonly device?: string;
  readonly workers?: string;
  readonly filesFrom?: string;
  readonly followLinks?: boolean;
  readonly resume?: boolean;
  readonly update?: boolean;
  readonly compareContent?: boolean;
  readonly times: boolean;
  readonly xmp?: Editor;
  readonly force?: boolean;
  readonly debugCrops?: string;
  readonly queue?: string;
  readonly root?: string;
  readonly detach?: boolean;
}

/** @param executor where photos will be judged */
export function registerRun(program: Command, executor: PhotoExecutor): void {
  const command = program.command('run')
    .description('Judge photos: which have closed eyes, which faces are blurred. Photos are only read, never changed.')
    .argument('[photos...]', 'folders (searched recursively), files, and tars of photos (shard-000.tar)')
    .option('--files-from <file>', 'read names of photos and folders from a file, a line each; - for standard input; NUL between names is understood too')
    .addOption(new Option('--report <file>', 'write the results: .csv, .json, .jsonl, .arrow or .html, or - for CSV on standard output (repeatable)')
      .argParser(collect))
    .option('--detector <name>', 'the net that finds faces (see pipeline models)')
    .option('--landmarks <name>', 'the net that finds the eyes (see pipeline models)')
    .option('--engine <name>', 'what runs the nets of detection: onnx, or tfjs where it is installed (see pipeline doctor)')
    .option('--device <name>', 'where the onnx engine runs them: cpu, cuda, webgpu or auto (see pipeline doctor)')
    .option('--workers <n>', 'photos worked on at once; auto: one a core')
    .option('--resume', 'go on with a run of the same report that was stopped or killed; done and unchanged photos are skipped')
    .option('--update', 'judge only photos that are new or changed since the last run of this report with --update; what was found is kept beside it (out.csv.found)')
    .option('--compare-content', 'tell changed photos by their content too, not by size and time alone (with --resume or --update, from the first run on)')
    .option('--no-times', 'leave out of a JSON report how many milliseconds each stage took: then two runs write the same bytes')
    .addOption(new Option('--xmp <editor>', 'write sidecars with stars and colour labels beside the photos, as this editor reads them')
      .choices(['lightroom', 'darktable']))
    .option('--force', 'with --xmp: put the stars and labels in place of those that a sidecar has')
    .option('--follow-links', 'follow links that lead outside the folders given')
    .option('--debug-crops <folder>', 'write pictures of the faces and eye crops that were found')
    .option('--queue <address>', 'let the workers of a queue judge the photos, on as many machines as there are (see pipeline worker, docs/cluster.md)')
    .option('--root <folder>', 'with --queue: the folder that holds all photos and that every worker sees as its --root; else the one that they are named by')
    .option('--detach', 'with --queue: hand all photos out and end; the same command with --resume instead takes what was found')
    .action((inputs: readonly string[], options: RunVerbOptions) => run(inputs, options, executor));
  addSettingsOptions(command).addHelpText('after', `${queueHelp}

Exit codes: 0 all photos read; 3 finished, but some photos could not be read; 2 wrong usage or settings; 1 anything else.

Examples:
  pipeline run ./photos --report out.csv
  pipeline run ./photos --report out.csv --report out.json
  pipeline run ./photos --report out.csv --report out.html --resume
  pipeline run ./photos --report out.csv --update
  pipeline run day1 day2 extra.jpg --report - > out.csv
  pipeline run shards/shard-*.tar --report out.arrow
  find . -newer last-run -name '*.jpg' -print0 | pipeline run --files-from - --report out.arrow
  pipeline run ./photos --report out.csv --set detect.min_score=0.6 --detector ssd-mobilenet-v1
  pipeline run /mnt/photos --report out.csv --queue redis://host:6379/0`);
}

async function run(named: readonly string[], options: RunVerbOptions, executor: PhotoExecutor): Promise<void> {
  const plan = await planRun(named, options);
  const reports = eachOnce(options.report ?? []);
  const start = performance.now();
  const queue = await openQueue(plan, options);
  const progress = createProgress(plan.photos.length);
  queue?.onNote((note) => { progress.note(note); });
  const stop = stopOnInterrupt(() => { progress.stop(); });
  const summary = await runPhotos(plan.photos, {
    ...runOptions(plan, reports, options),
    executor: queue?.executor ?? executor,
    onNote: (note) => { progress.note(note); },
    onProgress: () => { progress.step(); },
    onResult: (result) => { if (result.error !== undefined) progress.note(`${result.photo}: ${result.error}`); },
    signal: stop.signal,
  }).finally(() => {
    progress.stop();
    stop.dispose();
    queue?.close();
  });
  if (options.detach === true) {
    log.log(`Handed out ${String(plan.photos.length)} photos. The same command with --resume instead of --detach takes what is found, now or later.`);
    return;
  }
  printSummary(summary, reports, options, [...summary.lines((performance.now() - start) / 1000), ...queue?.shares() ?? []]);
  const failed = summary.stopped || summary.unwritten > 0;
  process.exitCode = failed ? exitCodes.failure : summary.errors > 0 || plan.unread ? exitCodes.someUnread : exitCodes.ok;
}

/** What is to be judged, and how. */
interface RunPlan {
  readonly config: Config;
  /** What the photos' names in reports start at. */
  readonly folder: string;
  readonly photos: readonly PhotoFile[];
  /** Whether a folder could not be looked through. */
  readonly unread: boolean;
}

/** @throws UsageError for what cannot be done as it is asked for, before any photo is opened */
async function planRun(named: readonly string[], options: RunVerbOptions): Promise<RunPlan> {
  checkCompanions(options);
  for (const report of options.report ?? []) if (report !== '-') checkReport(report);
  const inputs = options.filesFrom === undefined ? named : [...named, ...await readFileList(options.filesFrom)];
  if (inputs.length === 0) throw new UsageError('Name folders or photos to judge, or a list of them with --files-from.');
  const config = await settingsOf(options);
  const { folder, photos: found, skippedLinks, unreadFolders } = await findPhotos(inputs, { followLinks: options.followLinks ?? false });
  if (skippedLinks.length > 0) {
    log.warn(`${String(skippedLinks.length)} link(s) lead outside and were left alone, such as ${String(skippedLinks[0])}; --follow-links follows them.`);
  }
  for (const { folder: unread, reason } of unreadFolders) log.warn(`${unread} was left out: ${reason}`);
  if (found.length === 0) throw new UsageError(`There are no photos in ${inputs.join(', ')}.`);
  const photos = await inTimeOrder(found);
  if (options.xmp !== undefined && photos.some(({ part }) => part !== undefined)) {
    throw new UsageError('--xmp writes sidecars beside photos, and there is no place beside a photo in a tar. Unpack the tar, or leave --xmp out.');
  }
  if (options.debugCrops !== undefined) makeFolder(options.debugCrops, '--debug-crops');
  return { config, folder, photos, unread: unreadFolders.length > 0 };
}

async function settingsOf(options: RunVerbOptions): Promise<Config> {
  const chosen = settingsFrom(options, [
    shortcut('detect.detector', options.detector),
    shortcut('detect.landmarks', options.landmarks),
    shortcut('detect.engine', options.engine),
    shortcut('runtime.device', options.device),
    shortcut('run.workers', options.workers),
  ]);
  await checkStages(chosen);
  const { config, notes } = await settleEngine(chosen);
  for (const note of notes) log.info(note);
  return config;
}

async function openQueue({ config, folder }: RunPlan, { queue, root, detach }: RunVerbOptions): Promise<RunQueue | undefined> {
  return queue === undefined ? undefined
    : openRunQueue({ address: queue, root: root ?? folder, settings: config.queue, leave: detach ?? false });
}

function runOptions({ config, folder }: RunPlan, reports: readonly string[], options: RunVerbOptions): Omit<RunOptions, 'executor' | 'signal'> {
  return {
    settings: { config, ...(options.debugCrops === undefined ? {} : { debugCrops: options.debugCrops }) },
    folder,
    output: reportOutput({
      reports, folder, config, times: options.times,
      ...(options.xmp === undefined ? {} : { sidecars: { editor: options.xmp, force: options.force ?? false, followLinks: options.followLinks ?? false } }),
    }),
    resume: options.resume ?? false,
    update: options.update ?? false,
    compareContent: options.compareContent ?? false,
    leave: options.detach ?? false,
  };
}

function printSummary({ stopped, photos, total }: RunSummary, reports: readonly string[], { report }: RunVerbOptions, lines: readonly string[]): void {
  for (const line of lines) log.log(line);
  for (const path of reports) if (path !== '-' && !stopped) log.log(`Report: ${path}`);
  if (report === undefined) log.log('No report was written; --report out.csv writes one.');
  if (stopped) log.warn(`Stopped after ${String(photos)} of ${String(total)} photos. What is done is in the .partial report; --resume goes on.`);
}

/** Options that only mean something with another, or not with it. */
function checkCompanions(options: RunVerbOptions): void {
  checkQueueCompanions(options);
  const { force, xmp, compareContent, resume, update } = options;
  if (force === true && xmp === undefined) {
    throw new UsageError('--force is about the stars and labels in sidecars, and no sidecars are written. Add --xmp lightroom or --xmp darktable, or leave --force out.');
  }
  if (compareContent === true && resume !== true && update !== true) {
    throw new UsageError('--compare-content is for --resume and --update. Give both, in the first run already: only what was noted of the contents then can be compared later.');
  }
}

function checkQueueCompanions({ queue, root, detach, report = [], workers, followLinks, debugCrops }: RunVerbOptions): void {
  if (queue === undefined) {
    if (root !== undefined || detach === true) throw new UsageError('--root and --detach are about the machines of a queue. Name it with --queue, or leave them out.');
    return;
  }
  if (workers !== undefined) throw new UsageError('With --queue every machine decides for itself how much it does: give --workers to pipeline worker.');
  if (followLinks === true) throw new UsageError('--follow-links leads out of the folder that all machines see. Leave it out, or leave --queue out.');
  if (debugCrops !== undefined) throw new UsageError('--debug-crops are written where photos are judged, which with --queue is elsewhere. Leave one of them out.');
  if (detach === true && !report.some((path) => path !== '-')) {
    throw new UsageError('--detach needs a --report that is a file: by it the run is found again.');
  }
}

/** Two writers of one report would be in each other's way. */
function eachOnce(reports: readonly string[]): string[] {
  return [...new Map(reports.map((report) => [report === '-' ? report : resolve(report), report])).values()];
}

/**
 * The first Ctrl-C asks the run to end, the second ends the process.
 * @param onStop called before the person is told so
 */
function stopOnInterrupt(onStop: () => void): { readonly signal: AbortSignal; dispose(): void } {
  const controller = new AbortController();
  const onInterrupt = (): void => {
    if (controller.signal.aborted) process.exit(exitCodes.failure);
    onStop();
    log.warn('Finishing the photos in work; press Ctrl-C again to stop at once.');
    controller.abort();
  };
  process.on('SIGINT', onInterrupt);
  process.on('SIGTERM', onInterrupt);
  return {
    signal: controller.signal,
    dispose: () => {
      process.off('SIGINT', onInterrupt);
      process.off('SIGTERM', onInterrupt);
    },
  };
}
