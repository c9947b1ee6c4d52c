/**
 * `pipeline evaluate`: how right the tool is on your own labelled images.
 */
import { Option, type Command } from 'commander';
import { join } from 'node:path';
import type { CropKind, EyeCrop } from '../core/eye.js';
import { fileProblem } from '../files/problem.js';
import { writeWholeFile } from '../files/whole-file.js';
import { makeFolder } from '../files/make-folder.js';
import { writeGray } from '../image/draw.js';
import type { Evaluation, LevelFigures } from '../train/data/evaluate.js';
import type { LabelledEye } from '../train/data/image-task.js';
import { describeQuality } from '../train/metrics/binary-metrics.js';
import { predictionsCsv } from '../reports/predictions.js';
import { evaluateImages } from '../learn/evaluate.js';
import { endOnSignal } from './end-on-signal.js';
import { exitCodes } from './exit-codes.js';
import { log } from './log.js';
import { createProgress, type Progress } from './progress.js';
import { addSettingsOptions, settingsFrom, type SettingsOptions } from './settings.js';
import { checkWritable } from './writable.js';

interface EvaluateVerbOptions extends SettingsOptions {
  readonly kind: 'photo' | 'eye' | 'auto';
  readonly labels?: readonly string[];
  readonly corrections?: readonly string[];
  readonly report?: string;
  readonly predictions?: string;
  readonly debugCrops?: string;
}

export function registerEvaluate(program: Command): void {
  const command = program.command('evaluate')
    .description('Measure how right the tool is on labelled images. Images are only read.')
    .argument('<folder>', 'a folder or .tar with open/ and closed/ inside, or with a labels.csv')
    .addOption(new Option('--kind <kind>', 'photo: whole faces, cut by the detector; eye: already cut around one eye; auto: look')
      .choices(['photo', 'eye', 'auto']).default('auto'))
    .option('--labels <files...>', 'tables of labels: columns path,label (open, closed, hidden), or path,left,right (the person\'s own)')
    .option('--corrections <files...>', 'tables that have the last word on single images')
    .option('--report <file>', 'write the figures as JSON')
    .option('--predictions <file>', 'write a row an image as CSV: label, chance of open, verdict, and whether a closed eye would have been kept')
    .option('--debug-crops <folder>', 'write the eyes that were judged wrongly, named by probability and path')
    .action(evaluate);
  addSettingsOptions(command).addHelpText('after', `
For photos the largest face counts, both its eyes together; a photo whose eyes are not found is undetected, and wrong.
Exit codes: 0 all images read; 3 finished, but some images could not be read; 2 wrong usage or settings; 1 nothing
could be measured, or anything else.

Examples:
  pipeline evaluate my-portraits/ --report m.json
  pipeline evaluate eye-patches.tar --kind eye
  pipeline evaluate my-portraits/ --debug-crops wrong/ --set classify.model=workdir/001-eyes/eye-state.onnx`);
}

async function evaluate(folder: string, options: EvaluateVerbOptions): Promise<void> {
  endOnSignal();
  const config = settingsFrom(options);
  if (options.report !== undefined) checkWritable(options.report);
  if (options.predictions !== undefined) checkWritable(options.predictions);
  const { debugCrops, labels, corrections } = options;
  let progress: Progress | undefined;
  const evaluation = await evaluateImages(folder, {
    config, kind: options.kind,
    onNote: (note) => { log.warn(note); },
    onOpen: (images) => {
      if (debugCrops !== undefined) makeFolder(debugCrops, '--debug-crops');
      progress = createProgress(images);
    },
    onImage: () => { progress?.step(); },
    ...(labels === undefined ? {} : { labels }),
    ...(corrections === undefined ? {} : { corrections }),
    ...(debugCrops === undefined ? {} : { onEye: (eye) => writeIfWrong(debugCrops, eye) }),
  }).finally(() => { progress?.stop(); });
  finish(evaluation, config.classify.crop, options);
}

async function writeIfWrong(folder: string, { path, label, open, crop }: LabelledEye & { readonly crop: EyeCrop }): Promise<void> {
  if ((open >= 0.5) === (label === 1)) return;
  const name = path.replaceAll(/[^\p{L}\p{N}._#-]+/gu, '_').slice(-120);
  await writeGray(join(folder, `${open.toFixed(3)}-${label === 0 ? 'closed' : 'open'}-${name}.png`), crop);
}

function finish(evaluation: Evaluation, crop: CropKind, { report, predictions }: EvaluateVerbOptions): void {
  const { kind, eye, photo, unreadable, closedKept, closedImages } = evaluation;
  for (const { path, reason } of unreadable) log.warn(`${path}: ${reason}`);
  if (eye.n === 0) throw new Error(nothingMeasured(evaluation, report));
  const lines = [
    ...describe(crop, eye),
    `  decided ${percent(eye.coverage)} of the ${crop}s, ${percent(eye.decided_accuracy)} of them rightly; the others are unsure`,
    ...(photo === null ? [] : [...describe('photo', photo), `  undetected ${String(photo.undetected)} of ${String(photo.n)}, counted as wrong`]),
    `closed eyes that would have been kept: ${String(closedKept)} of ${String(closedImages)} images${closedImages === 0 ? '' : ` (${percent(closedKept / closedImages)})`}`,
    ...(unreadable.length === 0 ? [] : [`${String(unreadable.length)} image(s) could not be read and are in no figure.`]),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  for (const [name, level] of [['closed', eye.closed], ['open', eye.open]] as const) {
    if (level.n === 0) log.warn(`There is no ${name} eye among the images: there is no F1 and no AUC, only recall.`);
  }
  if (predictions !== undefined) write(predictions, predictionsCsv(evaluation.predictions));
  if (report !== undefined) write(report, `${JSON.stringify({ kind, eye, photo, closed_images: closedImages, closed_kept: closedKept, unreadable }, undefined, 2)}\n`);
  process.exitCode = unreadable.length > 0 ? exitCodes.someUnread : exitCodes.ok;
}

/** Figures of no eye would all be zero, as if the tool had been wrong each time. */
function nothingMeasured({ kind, unreadable, missing }: Evaluation, report: string | undefined): string {
  const reasons = [...missing].sort((a, b) => b[1] - a[1]).map(([reason, count]) => `${String(count)} ${reason}`);
  if (unreadable.length > 0) reasons.push(`${String(unreadable.length)} could not be read`);
  return `Nothing could be measured: there was no eye to judge${reasons.length === 0 ? '' : ` (${reasons.join(', ')})`}.`
    + (kind === 'photo' && missing.size > 0 ? ' If the images show one eye and little else, say --kind eye.' : '')
    + (report === undefined ? '' : ` ${report} was not written.`);
}

function describe(level: string, figures: LevelFigures): string[] {
  const { n, weighted_f1, accuracy, confusion, auc, ece, closed, open, intervals } = figures;
  const row = (name: string, [toClosed, toOpen]: readonly [number, number], { precision, recall, f1 }: typeof closed): string =>
    `  ${name.padEnd(6)} called closed ${String(toClosed).padStart(6)}  called open ${String(toOpen).padStart(6)}  ` +
    `precision ${precision.toFixed(4)}  recall ${recall.toFixed(4)}  F1 ${f1.toFixed(4)}`;
  return [
    `${level}: n ${String(n)}, ${weighted_f1 === null ? '' : 'weighted '}${describeQuality(figures, intervals)}, accuracy ` +
      `${accuracy.toFixed(4)}, AUC ${auc === null ? 'none' : auc.toFixed(4)}, calibration error ${ece.toFixed(4)}`,
    row('closed', confusion[0], closed),
    row('open', confusion[1], open),
  ];
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function write(path: string, content: string): void {
  try {
    writeWholeFile(path, content);
  } catch (error) {
    throw new Error(`Cannot write ${path}: ${fileProblem(error, 'write')}`, { cause: error });
  }
}
