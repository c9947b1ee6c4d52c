/**
 * A sort on its way: its steps are on the disk before the first is taken, and each is marked when done, so that an
 * interrupted sort can be finished and any sort undone.
 */
import { existsSync, readdirSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs';
import { access, constants, mkdir, open, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { UsageError } from '../core/usage-error.js';
import { checkSpace } from '../files/space.js';
import { isDiskProblem, WriteError, writeProblem } from '../files/write-problem.js';
import { exists, isSameContent, missingSource, placeFile, unfinishedName, type Action } from './place.js';
import type { SortPlan, Step } from './plan.js';

/** What became of a sort or of its undoing. */
export interface SortOutcome {
  readonly done: number;
  /** Files that were left where they are, each with the reason. */
  readonly left: readonly string[];
}

/** A sort that is written down in a folder. */
export interface SortSession {
  readonly path: string;
  readonly action: Action;
  readonly steps: readonly Step[];
  /** Numbers of the steps that were taken. */
  readonly done: ReadonlySet<number>;
  readonly finished: boolean;
}

interface Line {
  readonly action?: Action;
  readonly steps?: readonly Step[];
  readonly done?: number;
  readonly finished?: true;
}

const journalName = /^sort-(\d+)\.journal$/;

/** The newest sort of a folder that was begun, or undefined where there was none. Only reads. */
export function lastSession(to: string): SortSession | undefined {
  for (let number = lastNumber(to); number > 0; number -= 1) {
    const path = journalPath(to, number);
    const session = existsSync(path) ? readSession(path) : undefined;
    if (session !== undefined) return session;
  }
  return undefined;
}

/** Removes journals whose plan was cut short: such a sort was never begun. */
function clearUnbegun(to: string): void {
  for (let number = lastNumber(to); number > 0; number -= 1) {
    const path = journalPath(to, number);
    if (existsSync(path) && wholeLines(path).length === 0) rmSync(path);
  }
}

/**
 * Writes a plan down and takes its steps.
 * @throws UsageError before the first step where photos cannot be moved away, or the target cannot be written to or is too full
 */
export async function beginSort(plan: SortPlan, to: string): Promise<SortOutcome> {
  if (plan.action === 'move') await checkSources(plan.steps);
  await checkSpace([{ name: `the photos in ${to}`, folder: resolve(to), bytes: await bytesToCopy(plan, to) }]);
  const refuse = (error: unknown): never => {
    throw new UsageError(`Cannot sort into ${to}: ${writeProblem(error)}`);
  };
  await prepareTarget(to).catch(refuse);
  const path = journalPath(to, lastNumber(to) + 1);
  await append(path, { action: plan.action, steps: plan.steps }).catch(async (error: unknown) => {
    await rm(path, { force: true });
    refuse(error);
  });
  return finishSort({ path, action: plan.action, steps: plan.steps, done: new Set(), finished: false });
}

async function prepareTarget(to: string): Promise<void> {
  // Asked first, for the error of `mkdir` would be that a folder is missing.
  await access(await nearestFolder(to), constants.W_OK);
  await mkdir(to, { recursive: true });
  clearUnbegun(to);
}

/** A photo in a folder that can only be read could be copied, and then not be taken away. */
async function checkSources(steps: readonly Step[]): Promise<void> {
  for (const folder of new Set(steps.map(({ from }) => dirname(from)))) {
    await access(folder, constants.W_OK).catch((error: unknown) => {
      throw new UsageError(`Cannot move photos out of ${folder}: ${writeProblem(error)} Use --copy.`);
    });
  }
}

/** Files that move within a disk need no room, and neither do links. */
async function bytesToCopy({ action, steps }: SortPlan, to: string): Promise<number> {
  if (action === 'link') return 0;
  const { dev: target } = await stat(await nearestFolder(to));
  let bytes = 0;
  for (const { from } of steps) {
    const { size, dev } = await stat(from).catch(() => ({ size: 0, dev: 0 }));
    if (action === 'copy' || dev !== target) bytes += size;
  }
  return bytes;
}

/** The folder itself or, where it is not there yet, the one that it will be made in. */
async function nearestFolder(folder: string): Promise<string> {
  const path = resolve(folder);
  return await exists(path) || dirname(path) === path ? path : nearestFolder(dirname(path));
}

/**
 * Takes the steps of a sort that are still to be taken.
 * @throws WriteError where the disk is full; the sort can be finished later
 */
export async function finishSort(session: SortSession): Promise<SortOutcome> {
  takeCutLineOff(session.path);
  const left: string[] = [];
  let done = 0;
  for (const [number, { from, to }] of session.steps.entries()) {
    if (session.done.has(number)) continue;
    try {
      await placeFile(from, to, session.action);
      await append(session.path, { done: number });
      done += 1;
    } catch (error) {
      if (isDiskProblem(error)) {
        throw new WriteError(`Stopped after ${done} file(s), at ${to}: ${writeProblem(error)} `
          + 'The same command goes on; with --undo it takes back what was done.');
      }
      left.push(`${from}: ${await missingSource(from) ?? writeProblem(error)}`);
    }
  }
  await append(session.path, { finished: true });
  return { done, left };
}

/**
 * Takes a sort back: moved files return, copies and links go if the original is still there and they are still the same.
 * What cannot be taken back safely stays, and the sort stays written down.
 */
export async function undoSort(session: SortSession): Promise<SortOutcome> {
  const left: string[] = [];
  let done = 0;
  for (const { from, to } of session.steps.toReversed()) {
    await rm(unfinishedName(to), { force: true });
    if (!(await exists(to))) {
      if (!(await exists(from))) left.push(`${to}: it is gone, and so is ${from}`);
      continue;
    }
    const problem = await undoStep(from, to, session.action);
    if (problem === undefined) done += 1;
    else left.push(`${to}: ${problem}`);
  }
  await removeEmptyFolders(session);
  if (left.length > 0) return { done, left };
  await rm(session.path);
  clearUnbegun(dirname(session.path));
  return { done, left };
}

/** @returns why the step was not taken back, or undefined where it was */
async function undoStep(from: string, to: string, action: Action): Promise<string | undefined> {
  try {
    const isThere = await exists(from);
    if (action === 'move') {
      if (isThere && !(await isSameContent(from, to))) return `there is another file at ${from} now`;
      await placeFile(to, from, 'move');
      return undefined;
    }
    if (!isThere) return 'its original is gone; it may be the only one left';
    if (!(await isSameContent(from, to))) return 'it was changed since';
    await rm(to);
    return undefined;
  } catch (error) {
    const original = action === 'move' ? undefined : await missingSource(from);
    return original === undefined ? writeProblem(error) : `its original ${from} cannot be compared with it: ${original}`;
  }
}

/** Folders that only this sort has filled. */
async function removeEmptyFolders({ steps, path }: SortSession): Promise<void> {
  const root = dirname(path);
  const folders = new Set<string>();
  for (const { to } of steps) {
    for (let folder = dirname(to); folder.length > root.length; folder = dirname(folder)) folders.add(folder);
  }
  // The deepest first. A folder that holds something stays.
  for (const folder of [...folders].sort((a, b) => b.length - a.length)) await rmdir(folder).catch(() => undefined);
}

/** Undefined where not even the plan is whole. */
function readSession(path: string): SortSession | undefined {
  const lines: Line[] = [];
  for (const line of wholeLines(path).split('\n').slice(0, -1)) {
    try {
      lines.push(JSON.parse(line));
    } catch {
      throw new UsageError(`The sort's journal ${path} is damaged; look after the files by hand, then remove it.`);
    }
  }
  const [plan] = lines;
  if (plan === undefined) return undefined;
  return {
    path,
    action: plan.action ?? 'copy',
    steps: plan.steps ?? [],
    done: new Set(lines.flatMap((line) => line.done ?? [])),
    finished: lines.some((line) => line.finished === true),
  };
}

/** The text of a journal without a last line that was cut short. */
function wholeLines(path: string): string {
  const text = readFileSync(path, 'utf8');
  return text.slice(0, text.lastIndexOf('\n') + 1);
}

/** Else the next line would grow out of a last one that was cut short. */
function takeCutLineOff(path: string): void {
  const whole = Buffer.byteLength(wholeLines(path));
  if (whole < statSync(path).size) truncateSync(path, whole);
}

async function append(path: string, line: Line): Promise<void> {
  const file = await open(path, 'a');
  try {
    await file.appendFile(`${JSON.stringify(line)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
}

function lastNumber(to: string): number {
  if (!existsSync(to)) return 0;
  return Math.max(0, ...readdirSync(to).map((name) => Number(journalName.exec(name)?.[1] ?? 0)));
}

function journalPath(to: string, number: number): string {
  return join(resolve(to), `sort-${number}.journal`);
}
