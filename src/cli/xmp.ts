/**
 * `pipeline xmp`: put what was chosen, or else what the report says, into sidecars that editors read.
 */
import { existsSync } from 'node:fs';
import { extname, join } from 'node:path';
import { Option, type Command } from 'commander';
import { marksOf } from '../choices/marks.js';
import { choicesPath, readChoices } from '../choices/file.js';
import { choicesOfPhotos } from '../choices/photos.js';
import { UsageError } from '../core/usage-error.js';
import { WriteError, isDiskProblem, fileProblem } from '../files/problem.js';
import type { Editor } from '../reports/xmp/packet.js';
import { checkSidecarFolder, sidecarPath, writeSidecar } from '../reports/xmp/sidecars.js';
import { readVerdicts } from '../sort/verdicts.js';
import { folderOfPhotos } from '../sort/wrong-folder.js';
import { exitCodes } from './exit-codes.js';
import { log } from './log.js';
import { addSettingsOptions, settingsFrom, type SettingsOptions } from './settings.js';

interface XmpOptions extends SettingsOptions {
  readonly editor: Editor;
  readonly photos?: string;
  readonly choices?: string;
  readonly onlyChosen?: boolean;
  readonly force?: boolean;
}

export function registerXmp(program: Command): void {
  addSettingsOptions(program.command('xmp')
    .description('Write stars, colours and rejects into sidecars beside the photos, where an editor reads them. The photos are not touched.')
    .argument('<report>', 'the CSV or JSON report')
    .addOption(new Option('--editor <name>', 'whose sidecars: IMG.xmp (lightroom; also Bridge and digiKam) or IMG.CR2.xmp (darktable)')
      .choices(['lightroom', 'darktable']).default('lightroom'))
    .option('--photos <folder>', 'the folder that was judged, where it is not found nearby')
    .option('--choices <file>', 'what you chose in pipeline review (default: choices.jsonl beside the report)')
    .option('--only-chosen', 'leave out photos that you chose nothing for')
    .option('--force', 'put the stars and labels in place of those that a sidecar has'))
    .action(xmp)
    .addHelpText('after', `
Lightroom and Bridge read sidecars of RAW files only; of JPEG, HEIC and DNG they read what is inside the file, which this
command does not write. darktable and digiKam read sidecars of all.

Examples:
  pipeline xmp out.csv
  pipeline xmp out.csv --editor darktable --only-chosen`);
}

async function xmp(report: string, options: XmpOptions): Promise<void> {
  const { xmp: settings } = settingsFrom(options);
  const { photos } = await readVerdicts(report);
  const folder = options.photos ?? await folderOfPhotos(report, [...photos.keys()]);
  if (folder === undefined) throw new UsageError(`The photos of ${report} are not found nearby. Name their folder with --photos.`);
  if (options.choices !== undefined && !existsSync(options.choices)) throw new UsageError(`There are no choices ${options.choices}.`);
  await checkSidecarFolder(folder);
  const { history } = await readChoices(options.choices ?? choicesPath(report));
  const chosen = await choicesOfPhotos(history, folder, photos.keys());
  const [written, left, unseen] = [new Set<string>(), new Set<string>(), new Set<string>()];
  for (const [photo, { verdict }] of photos) {
    const choice = chosen.get(photo);
    if (choice === undefined && options.onlyChosen === true) continue;
    if (!existsSync(join(folder, photo))) continue;
    const path = sidecarPath(join(folder, photo), options.editor);
    try {
      await writeSidecar(path, marksOf(choice ?? {}, verdict, settings), options.editor, options.force === true);
      if (existsSync(path)) written.add(path);
      if (options.editor === 'lightroom' && readsInsideOnly.has(extname(photo).toLowerCase())) unseen.add(photo);
    } catch (error) {
      if (isDiskProblem(error)) throw new WriteError(`Cannot write the sidecar ${path}: ${fileProblem(error, 'write')}`);
      log.warn(`${path} was left as it is: ${fileProblem(error, 'write')}`);
      left.add(path);
    }
  }
  log.log(`${String(written.size)} sidecar(s) beside the photos in ${folder}; ${String(chosen.size)} photo(s) by your own choice.`);
  if (unseen.size > 0) {
    log.warn(`Lightroom and Bridge will not see the sidecars of ${String(unseen.size)} JPEG, HEIC or DNG file(s): of these they read what is inside the file. `
      + 'darktable and digiKam do.');
  }
  if (left.size > 0) process.exitCode = exitCodes.failure;
}

/** Of these Adobe's programs do not read sidecars. */
const readsInsideOnly: ReadonlySet<string> = new Set(['.jpg', '.jpeg', '.jpe', '.heic', '.heif', '.hif', '.dng', '.tif', '.tiff', '.png', '.webp', '.avif']);
