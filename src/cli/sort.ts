/**
 * `pipeline sort`: put photos into keep, review and reject, and take it back.
 */
import type { Command } from 'commander';
import { resolve } from 'node:path';
import { UsageError } from '../core/usage-error.js';
import type { Action } from '../sort/place.js';
import { planSort, type SortPlan, type Step } from '../sort/plan.js';
import { beginSort, finishSort, lastSession, undoSort, type SortOutcome, type SortSession } from '../sort/session.js';
import { readVerdicts } from '../sort/verdicts.js';
import { wrongFolder } from '../sort/wrong-folder.js';
import { exitCodes } from './exit-codes.js';
import { log } from './log.js';

interface SortOptions {
  readonly report?: string;
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
    .option('--report <file>', 'the CSV or JSON report, or the choices saved from the HTML report')
    .option('--copy', 'copy the photos (the default)')
    .option('--link', 'give the photos a second name (hard links; no space is used)')
    .option('--move', 'move the photos; to another disk: copy, verify, then remove')
    .option('--dry-run', 'say what would be done, and do nothing')
    .option('--undo', 'take back the last sort into this folder')
    .action(sort)
    .addHelpText('after', `
RAW twins and sidecars (IMG.CR2, IMG.xmp, IMG.CR2.xmp) go along with IMG.jpg. A name that is taken gets a number.
A sort that was interrupted is finished by the same command, or taken back with --undo.

Examples:
  pipeline sort ./photos --report out.csv --to ./sorted --dry-run
  pipeline sort ./photos --report photos-choices.csv --to ./sorted --move
  pipeline sort --to ./sorted --undo`);
}

async function sort(folder: string | undefined, options: SortOptions): Promise<void> {
  const action = actionOf(options);
  const session = lastSession(options.to);
  if (options.undo === true) {
    if (session === undefined) throw new UsageError(`There is no sort to undo in ${options.to}.`);
    if (options.dryRun === true) return list(session.steps.filter((_, number) => session.done.has(number)).map(({ from, to }) =>
      session.action === 'move' ? `move ${to} -> ${from}` : `remove ${to}`));
    return say('taken back', await undoSort(session));
  }
  if (session !== undefined && !session.finished) {
    if (options.dryRun === true) {
      log.warn(`The last sort into ${options.to} was interrupted; without --dry-run this finishes it. --undo takes it back.`);
      return list(session.steps.filter((_, number) => !session.done.has(number)).map((step) => describe(session.action, step)));
    }
    log.warn(`The last sort into ${options.to} was interrupted; finishing it. --undo takes it back.`);
    return say(pastOf(session.action), await finishSort(session));
  }
  if (folder === undefined || options.report === undefined) {
    throw new UsageError('A sort needs the folder and its report, as in: pipeline sort ./photos --report out.csv --to ./sorted');
  }
  const plan = await planSort(folder, await readVerdicts(options.report), options.to, action);
  if (plan.steps.length + plan.already === 0 && plan.missing.length > 0) {
    if (!wereMoved(plan, folder, session)) throw new UsageError(await wrongFolder(folder, options.report, plan.missing));
    log.log(`There is nothing to do: the last sort into ${options.to} moved these photos. --undo takes it back.`);
    return;
  }
  if (plan.missing.length > 0) {
    log.warn(`${plan.missing.length} photo(s) of the report are not in ${folder}, such as ${plan.missing[0]}.`);
  }
  if (plan.already > 0) log.log(`${plan.already} file(s) are there already.`);
  if (options.dryRun === true) {
    return list(plan.steps.map((step) => describe(action, step)));
  }
  if (plan.steps.length > 0) say(pastOf(action), await beginSort(plan, options.to));
}

function actionOf({ copy, link, move }: SortOptions): Action {
  if ([copy, link, move].filter((given) => given === true).length > 1) {
    throw new UsageError('Choose one of --copy, --link and --move.');
  }
  if (move === true) return 'move';
  return link === true ? 'link' : 'copy';
}

/** Whether all photos of a report are gone because the last sort has moved them. */
function wereMoved({ missing }: SortPlan, folder: string, session: SortSession | undefined): boolean {
  if (session?.action !== 'move') return false;
  const moved = new Set([...session.done].map((number) => session.steps[number]?.from));
  return missing.every((photo) => moved.has(resolve(folder, photo)));
}

function describe(action: Action, { from, to }: Step): string {
  return `${action} ${from} -> ${to}`;
}

function list(lines: readonly string[]): void {
  for (const line of lines) process.stdout.write(`${line}\n`);
}

function pastOf(action: Action): string {
  return { copy: 'copied', link: 'linked', move: 'moved' }[action];
}

function say(what: string, outcome: SortOutcome): void {
  log.log(`${outcome.done} file(s) ${what}.`);
  for (const file of outcome.left) log.warn(`Left as it is: ${file}`);
  if (outcome.left.length > 0) process.exitCode = exitCodes.failure;
}
