/**
 * `pipeline pack`: labelled images into one file that training reads at once.
 */
import { Option, type Command } from 'commander';
import { existsSync, realpathSync, rmSync } from 'node:fs';
import { stringify } from 'csv-stringify/sync';
import { checkApart } from '../train/data/sources.js';
import { datasetOf } from '../train/data/packed-file.js';
import { placeOf, writeWholeFile } from '../files/whole-file.js';
import { CLASSES } from '../train/data/labels.js';
import type { CropKind } from '../core/eye.js';
import { UsageError } from '../core/usage-error.js';
import { escaped } from '../reports/csv.js';
import type { LeftOut } from '../train/data/image-task.js';
import { describeLayout, type PackedSource } from '../train/data/pack.js';
import { writeSheet } from '../image/draw.js';
import { packedSheet, sheetCell } from '../train/run-report/sheets.js';
import { packImages } from '../learn/pack.js';
import { endOnSignal } from './end-on-signal.js';
import { exitCodes } from './exit-codes.js';
import { log } from './log.js';
import { packBoxes } from './pack-boxes.js';
import { createProgress, type Progress } from './progress.js';
import { checkSheetFile } from './sheet-file.js';
import { addSettingsOptions, settingsFrom, type SettingsOptions } from './settings.js';
import { checkWritable } from './writable.js';

interface PackVerbOptions extends SettingsOptions {
  readonly output: string;
  readonly kind: 'photo' | 'eye' | 'auto' | 'boxes';
  readonly crop: CropKind;
  readonly labels?: readonly string[];
  readonly corrections?: readonly string[];
  readonly show?: string;
}

export function registerPack(program: Command): void {
  const command = program.command('pack')
    .description('Pack labelled images for training: their eyes, or whole photos with boxes around faces. Images are only read.')
    .argument('<sources...>', 'folders or .tar files with open/, closed/ and hidden/ inside, or with a labels.csv; with --kind boxes also with boxes around the faces')
    .requiredOption('-o, --output <file>', 'the packed file to write (Apache Arrow IPC)')
    .addOption(new Option('--kind <kind>', 'photo: whole faces, cut by the detector; eye: already cut around one eye; auto: look; boxes: photos to train a detector on')
      .choices(['photo', 'eye', 'auto', 'boxes']).default('auto'))
    .addOption(new Option('--crop <crop>', 'what a net is to look at: each eye, each face, or the whole photo')
      .choices(['eye', 'face', 'photo']).default('eye'))
    .option('--labels <files...>', 'tables of labels: columns path,label (open, closed, hidden), or path,left,right (the person\'s own)')
    .option('--corrections <files...>', 'tables that have the last word on single images')
    .option('--show <png>', 'also draw some eyes of each source and class: closed framed red, open blue')
    .action(pack);
  addSettingsOptions(command).addHelpText('after', `
Eyes that cannot be used are listed with the reason in <output>.left-out.csv.
Exit codes: 0 all images read; 3 finished, but some images could not be read; 2 wrong usage or settings; 1 anything else.

Examples:
  pipeline pack my-eyes/ -o eyes.arrow
  pipeline pack faces/cew_closed.tar faces/utkface_open.tar eyes/cew_patches.tar -o eyes.arrow
  pipeline pack portraits/ --kind photo --labels portraits.csv -o eyes.arrow
  pipeline pack portraits/ --crop face -o faces.arrow
  pipeline pack parties/ weddings/ --kind boxes -o photos.arrow   (annotations.csv, WIDER FACE .txt, COCO .json or VOC .xml inside)`);
}

async function pack(inputs: readonly string[], options: PackVerbOptions): Promise<void> {
  endOnSignal();
  const config = settingsFrom(options);
  checkApart(inputs);
  checkWritable(options.output);
  const replaced = inputs.find((input) => existsSync(input) && realpathSync(input) === placeOf(options.output));
  if (replaced !== undefined) throw new UsageError(`Cannot write ${options.output}: it is ${replaced}, which is to be packed. Name another file.`);
  const { kind, crop } = options;
  if (crop !== 'eye' && kind === 'eye') throw new UsageError(`--crop ${crop} needs photos; --kind eye says that the images show one eye each.`);
  if (crop !== 'eye' && kind === 'boxes') throw new UsageError(`--crop ${crop} is for classifiers; --kind boxes packs photos to train a detector on.`);
  if (kind === 'boxes') {
    if (options.show !== undefined) throw new UsageError('--show draws eyes: it is not for --kind boxes.');
    await packBoxes(inputs, options.output, config, options);
    return;
  }
  if (options.show !== undefined) checkSheetFile(options.show, '--show');
  let progress: Progress | undefined;
  const { labels, corrections } = options;
  const packed = await packImages(inputs, options.output, {
    config, kind, crop,
    onSource: ({ images }) => { progress = createProgress(images.length); },
    onSourceDone: () => { progress?.stop(); },
    onImage: () => { progress?.step(); },
    onPacked: (source) => { log.log(describe(source)); },
    onNote: (note) => { log.warn(note); },
    ...(labels === undefined ? {} : { labels }),
    ...(corrections === undefined ? {} : { corrections }),
  });
  finish(packed, options.output, crop);
  if (options.show === undefined) return;
  await writeSheet(options.show, packedSheet(datasetOf(packed.flatMap(({ rows }) => rows), crop)), sheetCell(crop));
  log.log(options.show);
}

function finish(packed: readonly PackedSource[], output: string, crop: CropKind): void {
  const rows = packed.flatMap((source) => source.rows);
  const leftOut = packed.flatMap((source) => source.leftOut);
  writeLeftOut(`${output}.left-out.csv`, leftOut);
  log.log(`${output}: ${String(rows.length)} ${crop}s, ${describeLayout(crop)}.`);
  for (const [label, name] of ['closed', 'open'].entries()) {
    if (!rows.some((row) => row.label === label)) log.warn(`There is no ${name} eye: training needs both classes.`);
  }
  process.exitCode = leftOut.some(({ unreadable }) => unreadable) ? exitCodes.someUnread : exitCodes.ok;
}

function describe({ name, kind, rows, leftOut }: PackedSource): string {
  const counts = CLASSES.map((word, label) => ({ word, count: rows.filter((row) => row.label === label).length }))
    .filter(({ word, count }) => count > 0 || word !== 'hidden').map(({ word, count }) => `${String(count)} ${word}`);
  const reasons = new Map<string, number>();
  for (const { reason } of leftOut) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  const listed = [...reasons].sort((a, b) => b[1] - a[1]).map(([reason, count]) => `${String(count)} ${reason}`).join(', ');
  return `${name} (${kind === 'photo' ? 'photos' : 'eye patches'}): ${counts.join(', ')}` +
    (listed === '' ? '' : `; left out: ${listed}`);
}

/** A list of an earlier pack must not stay behind and speak of this one. */
function writeLeftOut(file: string, leftOut: readonly LeftOut[]): void {
  if (leftOut.length === 0) {
    rmSync(file, { force: true });
    return;
  }
  const table = leftOut.map(({ source, path, kind, reason }) =>
    ({ source: escaped(source), path: escaped(path), kind, reason: escaped(reason) }));
  writeWholeFile(file, stringify(table, { header: true, quoted_match: /[\r\n]/ }));
}
