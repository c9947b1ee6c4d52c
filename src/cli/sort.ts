/**
 * `pipeline sort`: put photos into keep, review and reject, and take it back.
 */
import type { Command } from 'commander';
import { join } from 'node:path';
import { choicesOfPhotos } from '../choices/photos.js';
import { visible } from '../core/visible.js';
import { UsageError } from '../core/usage-error.js';
import { realDisk } from '../files/disk.js';
import { embedJournalPath, readEmbedJournal, samePhotos } from '../reports/xmp/embed-journal.js';
import { checkSort } from '../sort/check.js';
import { framesKept, onlyBest, withChoices } from '../sort/chosen.js';
import { lastSession, type SortSession } from '../sort/journal.js';
import type { Action, Step } from '../sort/place.js';
import { planSort, realFolder, type SortPlan } from '../sort/plan.js';
import { beginSort, finishSort, removeTarget, undoSort, type SortOutcome } from '../sort/session.js';
import { lockTarget, makeLockedTarget } from '../sort/target.js';
import { readVerdicts, type JudgedPhotos } from '../sort/verdicts.js';
import { wrongFolder } from '../sort/wrong-folder.js';
import { exitCodes } from './exit-codes.js';
import { log } from './log.js';
import { readOwnChoices } from './own-choices.js';

interface SortOptions {
  readonly report?: string;
  readonly scenes?: string;
  readonly choices: string | boolean;
  readonly to: string;
  readonly copy?: boolean;
  readonly link?: boolean;
  readonly move?: boolean;
  readonly dryRun?: boolean;
  readonly undo?: boolean;
}

export function registerSort(program: Command): void {
  program.command('sort')
    .description('Put photos into the folders keep, review and reject. Nothing is deleted, nothing is written over; --undo takes it back.')
    .argument('[folder]', 'the folder that was judged')
    .requiredOption('--to <dir>', 'where keep, review and reject are made')
    .option('--report <file>', 'the report (.csv, .json, .jsonl or .arrow), or the choices saved from the HTML report')
    .option('--scenes <best[:n]>', 'of frames of one moment only the best, or the n best, keep their verdict; the others go to reject')
    .option('--choices <file>', 'what you chose in pipeline review: by default choices.jsonl beside the report, if there is one')
    .option('--no-choices', 'go by the report alone')
    .option('--copy', 'copy the photos (the default)')
    .option('--link', 'give the photos a second name (hard links; no space is used)')
    .option('--move', 'move the photos; to another disk: copy, verify, then remove')
    .option('--dry-run', 'say what would be done, and do nothing')
    .option('--undo', 'take back the last sort into this folder')
    .action(sort)
    .addHelpText('after', `
RAW twins and sidecars (IMG.CR2, IMG.xmp, IMG.CR2.xmp) go along with IMG.jpg. A name that is taken gets a number.
A sort that was interrupted is finished by the same command, or taken back with --undo. Nothing outside the two folders is
read or written, whatever a report or a link says.

Examples:
  pipeline sort ./photos --report out.csv --to ./sorted --dry-run
  pipeline sort ./photos --report photos-choices.csv --to ./sorted --move
  pipeline sort ./photos --report out.csv --to ./sorted --scenes best:2
  pipeline sort ./photos --to ./sorted --undo`);
}

/** What the command line asks for, with what is on the disk already. */
interface Request {
  readonly folder: string;
  /** As given. */
  readonly to: string;
  /** Absolute, without links. */
  readonly target: string;
  readonly action: Action;
  readonly isDryRun: boolean;
}

async function sort(folder: string | undefined, options: SortOptions): Promise<void> {
  const request = await parse(folder, options);
  const lock = request.isDryRun ? undefined : await lockTarget(request.target, request.to);
  let undone: SortSession | undefined;
  try {
    const session = await lastSession(realDisk, request.target);
    if (options.undo === true) undone = await undo(request, session);
    else await sortOn(request, options, session, lock !== undefined);
  } finally {
    lock?.release();
  }
  // The lock lies in the folder, which is to go where it was made for this sort.
  if (undone !== undefined) await removeTarget(realDisk, undone);
}

async function parse(folder: string | undefined, options: SortOptions): Promise<Request> {
  const { to } = options;
  const target = await realFolder(realDisk, to);
  if (folder === undefined) throw new UsageError(await folderMissing(target, options));
  return { folder, to, target, action: actionOf(options), isDryRun: options.dryRun === true };
}

async function folderMissing(target: string, { to, undo }: SortOptions): Promise<string> {
  if (undo !== true) return 'A sort needs the folder and its report, as in: pipeline sort ./photos --report out.csv --to ./sorted';
  const session = await lastSession(realDisk, target);
  if (session === undefined) return `There is no sort to undo in ${to}.`;
  return `The last sort into ${to} says that its photos came from ${session.folder}. If that is right, name the folder: `
    + `pipeline sort ${session.folder} --to ${to} --undo`;
}

/** @returns the sort that was taken back */
async function undo({ folder, to, isDryRun }: Request, session: SortSession | undefined): Promise<SortSession | undefined> {
  if (session === undefined) throw new UsageError(`There is no sort to undo in ${to}.`);
  await checkFolder(session, folder, to);
  if (isDryRun) {
    list(session.steps.filter((_, number) => session.done.has(number)).map((step) =>
      session.action === 'move' ? `move ${step.to} -> ${step.from}` : `remove ${step.to}`));
    return undefined;
  }
  say('taken back', await undoSort(realDisk, session));
  return session;
}

async function sortOn(
  request: Request, { report, ...wishes }: SortOptions, session: SortSession | undefined, isLocked: boolean,
): Promise<void> {
  if (report === undefined) {
    throw new UsageError('A sort needs the folder and its report, as in: pipeline sort ./photos --report out.csv --to ./sorted');
  }
  const judged = await chosen(await readVerdicts(report), report, request.folder, wishes);
  if (session !== undefined && !session.finished) return finish(request, judged, session);
  const isSame = samePhotos(await readEmbedJournal(realDisk, embedJournalPath(report)));
  const plan = await planSort(realDisk, { ...request, photos: judged.photos, isSame });
  if (!(await isWorthBeginning(plan, request, report, session))) return;
  if (request.isDryRun) {
    list(plan.steps.map((step) => describe(request.action, step)));
    tellLeft(plan.left);
    return;
  }
  if (plan.steps.length === 0) {
    tellLeft(plan.left);
    return;
  }
  await checkSort(plan, request.to);
  const { above, lock } = isLocked ? { above: 0, lock: undefined } : await makeLockedTarget(plan.target, request.to);
  try {
    const { done, left } = await beginSort(realDisk, plan, judged.hash, above);
    say(pastOf(request.action), { done, left: [...plan.left, ...left] });
  } finally {
    lock?.release();
  }
}

/** The verdicts of a report, after what the person said of scenes and of single photos. */
async function chosen(
  judged: JudgedPhotos, report: string, folder: string, { scenes, choices }: Pick<SortOptions, 'scenes' | 'choices'>,
): Promise<JudgedPhotos> {
  const thinned = scenes === undefined ? judged : onlyBest(judged, framesKept(scenes));
  if (choices === false) return thinned;
  const { path, history, damaged, hash } = await readOwnChoices(report, typeof choices === 'string' ? choices : undefined);
  if (history.size === 0) return thinned;
  if (damaged > 0) log.warn(`${String(damaged)} line(s) of ${path} are damaged and were left out.`);
  const own = await choicesOfPhotos(history, folder, judged.photos.keys());
  if (own.size > 0) log.log(`Your own choices about ${String(own.size)} photo(s) count before the report: ${path}`);
  return withChoices(thinned, own, hash);
}

/** Goes on with an interrupted sort, if it is the one that was asked for. */
async function finish({ folder, to, action, isDryRun }: Request, judged: JudgedPhotos, session: SortSession): Promise<void> {
  await checkFolder(session, folder, to);
  if (session.report !== judged.hash || session.action !== action) {
    throw new UsageError(`The last sort into ${to} was interrupted, and was another one: it was to ${session.action} photos by a report `
      + 'that was not this one as it is now. Give the command as it was to finish it, or take it back with --undo.');
  }
  log.warn(`The last sort into ${to} was interrupted; ${isDryRun ? 'without --dry-run this finishes' : 'finishing'} it. --undo takes it back.`);
  if (isDryRun) {
    list(session.steps.filter((_, number) => !session.done.has(number)).map((step) => describe(session.action, step)));
    return;
  }
  say(pastOf(session.action), await finishSort(realDisk, session));
}

/** A journal may say anything; photos only come from, and go to, the folders that were named. */
async function checkFolder(session: SortSession, folder: string, to: string): Promise<void> {
  if (await realFolder(realDisk, folder) === session.folder) return;
  throw new UsageError(`The last sort into ${to} was of the folder ${session.folder}, not of ${folder}. Nothing was done. Name that folder if it is the right one.`);
}

/** Says what a person should know of a plan. @returns whether there is anything to do or to show */
async function isWorthBeginning(
  plan: SortPlan, { folder, to }: Request, report: string, session: SortSession | undefined,
): Promise<boolean> {
  const { steps, already, missing, others, left } = plan;
  if (steps.length + already + left.length + others.length === 0 && missing.length > 0) {
    if (!wereMoved(plan, session)) throw new UsageError(await wrongFolder(folder, report, missing));
    log.log(`There is nothing to do: the last sort into ${to} moved these photos. --undo takes it back.`);
    return false;
  }
  if (others.length > 0 && steps.length + already === 0) {
    throw new UsageError(`The photos in ${folder} have the names of those in ${report}, such as ${String(others[0])}, but are other files: `
      + 'their size or time is another. Name the folder that was judged, or judge this one.');
  }
  if (missing.length > 0) log.warn(`${String(missing.length)} photo(s) of the report are not in ${folder}, such as ${String(missing[0])}.`);
  if (already > 0) log.log(`${String(already)} file(s) are there already.`);
  return true;
}

function actionOf({ copy, link, move }: SortOptions): Action {
  if ([copy, link, move].filter((given) => given === true).length > 1) {
    throw new UsageError('Choose one of --copy, --link and --move.');
  }
  if (move === true) return 'move';
  return link === true ? 'link' : 'copy';
}

/** Whether all photos of a report are gone because the last sort has moved them. */
function wereMoved({ missing, folder }: SortPlan, session: SortSession | undefined): boolean {
  if (session?.action !== 'move') return false;
  const moved = new Set([...session.done].map((number) => session.steps[number]?.from));
  return missing.every((photo) => moved.has(join(folder, photo)));
}

function describe(action: Action, { from, to }: Step): string {
  return `${action} ${from} -> ${to}`;
}

function list(lines: readonly string[]): void {
  for (const line of lines) process.stdout.write(`${visible(line)}\n`);
}

function pastOf(action: Action): string {
  return { copy: 'copied', link: 'linked', move: 'moved' }[action];
}

function say(what: string, { done, left }: SortOutcome): void {
  log.log(`${String(done)} file(s) ${what}.`);
  tellLeft(left);
}

function tellLeft(left: readonly string[]): void {
  for (const file of left) log.warn(`Left as it is: ${file}`);
  if (left.length > 0) process.exitCode = exitCodes.failure;
}
