/**
 * `pipeline xmp`: put what was chosen, or else what the report says, where editors read it: into sidecars, or into the photos.
 */
import { existsSync } from 'node:fs';
import { extname, isAbsolute, join } from 'node:path';
import { Option, type Command } from 'commander';
import type { Choice } from '../choices/choice.js';
import { marksOf } from '../choices/marks.js';
import { choicesOfPhotos } from '../choices/photos.js';
import { UsageError } from '../core/usage-error.js';
import { systemPath } from '../files/file-name.js';
import { WriteError, isDiskProblem, fileProblem } from '../files/problem.js';
import type { EmbedWish } from '../reports/xmp/embed.js';
import { needExiftool } from '../reports/xmp/exiftool.js';
import { endingsWithParts } from '../reports/xmp/image-parts.js';
import type { Editor } from '../reports/xmp/packet.js';
import { checkSidecarFolder, sidecarPath, writeSidecar } from '../reports/xmp/sidecars.js';
import { readVerdicts, type JudgedPhoto } from '../sort/verdicts.js';
import { embed, undoEmbed } from './embed.js';
import { exitCodes } from './exit-codes.js';
import { log } from './log.js';
import { photosFolder, readOwnChoices } from './own-choices.js';
import { addSettingsOptions, settingsFrom, type SettingsOptions } from './settings.js';

interface XmpOptions extends SettingsOptions {
  readonly editor: Editor;
  readonly photos?: string;
  readonly choices?: string;
  readonly onlyChosen?: boolean;
  readonly force?: boolean;
  readonly embed?: boolean;
  readonly undo?: boolean;
}

export function registerXmp(program: Command): void {
  addSettingsOptions(program.command('xmp')
    .description('Write stars, colours, picks and rejects into sidecars beside the photos, where an editor reads them; with --embed into the photos.')
    .argument('<report>', 'the report: .csv, .json, .jsonl or .arrow')
    .addOption(new Option('--editor <name>', 'whose sidecars: IMG.xmp (lightroom; also Bridge and digiKam) or IMG.CR2.xmp (darktable)')
      .choices(['lightroom', 'darktable']).default('lightroom'))
    .option('--embed', 'write into JPEG, HEIC, AVIF, TIFF and DNG files themselves, through exiftool; other photos get sidecars')
    .option('--undo', 'take back what --embed last wrote: every byte as it was')
    .option('--photos <folder>', 'the folder that was judged, where it is not found nearby')
    .option('--choices <file>', 'what you chose in pipeline review (default: choices.jsonl beside the report)')
    .option('--only-chosen', 'leave out photos that you chose nothing for')
    .option('--force', 'put the stars and labels in place of those that are there'))
    .action(xmp)
    .addHelpText('after', `
Lightroom and Bridge read sidecars of RAW files only; of JPEG, HEIC and DNG they read what is inside the file, which this
command writes with --embed and not without it. darktable and digiKam read sidecars of all.
--embed replaces a photo only by a file that holds the same picture, byte by byte. How to get the old file back is in
REPORT.embed before that; your choices and the report know the photo as before.

Examples:
  pipeline xmp out.csv
  pipeline xmp out.csv --embed
  pipeline xmp out.csv --undo
  pipeline xmp out.csv --editor darktable --only-chosen`);
}

async function xmp(report: string, options: XmpOptions): Promise<void> {
  const { photos } = await readVerdicts(report);
  const folder = await photosFolder(report, photos.keys(), options.photos);
  if (options.undo === true) return undoEmbed(report, folder);
  const { path, history } = await readOwnChoices(report, options.choices);
  const exiftool = options.embed === true ? await needExiftool() : undefined;
  await checkSidecarFolder(folder);
  const chosen = await choicesOfPhotos(history, folder, photos.keys());
  const wishes = wishesFor(photos, folder, chosen, options);
  const isInside = (photo: string): boolean => exiftool !== undefined && endingsWithParts.has(extname(photo).toLowerCase());
  const beside = wishes.filter(({ photo }) => !isInside(photo));
  await writeSidecars(beside, folder, options);
  if (exiftool !== undefined) {
    await embed(wishes.filter(({ photo }) => isInside(photo)), {
      report, folder, exiftool, choices: history.knowsAny ? path : undefined, force: options.force === true,
    });
  }
  log.log(`${String(chosen.size)} photo(s) by your own choice.`);
}

/** The marks of the photos that are there. @throws UsageError where a name leads out of the folder */
function wishesFor(
  photos: ReadonlyMap<string, JudgedPhoto>, folder: string, chosen: ReadonlyMap<string, Choice>, options: XmpOptions,
): EmbedWish[] {
  const { xmp: settings } = settingsFrom(options);
  return [...photos].flatMap(([photo, { verdict }]) => {
    if (isAbsolute(photo) || photo.split('/').includes('..')) {
      throw new UsageError(`The report names ${photo}, which lies outside ${folder}. Is this the folder that was judged?`);
    }
    const choice = chosen.get(photo);
    if (choice === undefined && options.onlyChosen === true) return [];
    return existsSync(systemPath(join(folder, photo))) ? [{ photo, marks: marksOf(choice ?? {}, verdict, settings) }] : [];
  });
}

async function writeSidecars(wishes: readonly EmbedWish[], folder: string, { editor, force, embed: isEmbedding }: XmpOptions): Promise<void> {
  const [written, unseen] = [new Set<string>(), new Set<string>()];
  for (const { photo, marks } of wishes) {
    const path = sidecarPath(join(folder, photo), editor);
    try {
      await writeSidecar(path, marks, { editor, force: force === true, within: folder });
      if (existsSync(path)) written.add(path);
      if (editor === 'lightroom' && readsInsideOnly.has(extname(photo).toLowerCase())) unseen.add(photo);
    } catch (error) {
      if (isDiskProblem(error)) throw new WriteError(`Cannot write the sidecar ${path}: ${fileProblem(error, 'write')}`);
      log.warn(`${path} was left as it is: ${fileProblem(error, 'write')}`);
      process.exitCode = exitCodes.failure;
    }
  }
  if (wishes.length > 0) log.log(`${String(written.size)} sidecar(s) beside the photos in ${folder}.`);
  if (unseen.size === 0) return;
  log.warn(`Lightroom and Bridge will not see the sidecars of ${String(unseen.size)} photo(s) that are no RAW: of JPEG, HEIC, DNG and the like they read `
    + `what is inside the file. ${isEmbedding === true ? 'PNG and WebP are not written into.' : 'Add --embed to write it there.'} darktable and digiKam do see them.`);
}

/** Of these Adobe's programs do not read sidecars. */
const readsInsideOnly: ReadonlySet<string> = new Set([...endingsWithParts, '.png', '.webp']);
