/**
 * A sort on its way: its steps are on the disk before the first is taken, and each is marked when done, so that an
 * interrupted sort can be finished and any sort undone.
 */
import { dirname, join } from 'node:path';
import { UsageError } from '../core/usage-error.js';
import type { Disk } from '../files/disk.js';
import { isDiskProblem, WriteError, fileProblem } from '../files/problem.js';
import { clearUnbegun, mark, settleJournal, writePlan, type SortSession } from './journal.js';
import { LeftError, nearestThere, Placer } from './place.js';
import type { SortPlan } from './plan.js';

/** What became of a sort or of its undoing. */
export interface SortOutcome {
  readonly done: number;
  /** Files that were left where they are, each with the reason. */
  readonly left: readonly string[];
}

/** Makes the folder that is sorted into. @returns how many folders were missing, it and those above it */
export async function makeTarget(disk: Disk, target: string): Promise<number> {
  const nearest = await nearestThere(disk, target);
  if (nearest === target) return 0;
  const above = await makeTarget(disk, dirname(target));
  await disk.makeFolder(target);
  await disk.flushFolder(dirname(target));
  return above + 1;
}

/**
 * Writes a plan down and takes its steps.
 * @param report hash of the report that it was made from
 * @param above how many folders were made for it, see `makeTarget`
 * @throws UsageError before the first step where the plan cannot be written down
 */
export async function beginSort(disk: Disk, plan: SortPlan, report: string, above: number): Promise<SortOutcome> {
  await clearUnbegun(disk, plan.target);
  const inside = await missingFolders(disk, plan);
  const session = await writePlan(disk, plan, report, { inside, above }).catch((error: unknown) => {
    throw new UsageError(`Cannot sort into ${plan.target}: ${fileProblem(error, 'write')}`);
  });
  return finishSort(disk, session);
}

/** The folders in the target that the steps need and that are not there yet; relative to it, those above before those below. */
async function missingFolders(disk: Disk, { target, steps }: SortPlan): Promise<string[]> {
  const missing = new Set<string>();
  const looked = new Set<string>();
  for (const { to } of steps) {
    for (let folder = dirname(to); folder.length > target.length && !looked.has(folder); folder = dirname(folder)) {
      looked.add(folder);
      if (await disk.look(folder) === undefined) missing.add(folder.slice(target.length + 1));
    }
  }
  return [...missing].sort();
}

/**
 * Takes the steps of a sort that are still to be taken.
 * @throws WriteError where the disk is full, or the journal takes no more lines; the sort can be finished later
 */
export async function finishSort(disk: Disk, session: SortSession): Promise<SortOutcome> {
  const { path } = session;
  await inWords(path, settleJournal(disk, path));
  const placer = new Placer(disk, [session.folder, session.target]);
  const left: string[] = [];
  let done = 0;
  for (const [number, step] of session.steps.entries()) {
    if (session.done.has(number)) continue;
    try {
      await placer.place(step, session.action);
    } catch (error) {
      if (isDiskProblem(error)) throw stoppedAt(step.to, done, error);
      left.push(`${step.from}: ${problemOf(error)}`);
      continue;
    }
    // Where a line was cut short, the next one would grow out of it, and the journal could not be read again.
    await mark(disk, path, { done: number }).catch((error: unknown) => { throw stoppedAt(step.to, done, error); });
    done += 1;
  }
  await inWords(path, mark(disk, path, { finished: true }));
  return { done, left };
}

/**
 * Takes a sort back: moved files return, copies and links go if the original is still there and they are still the same.
 * What cannot be taken back safely stays, and the sort stays written down.
 * @throws WriteError where a disk is full or can only be read, or the journal takes no more lines; the rest can be taken back later
 */
export async function undoSort(disk: Disk, session: SortSession): Promise<SortOutcome> {
  const { path } = session;
  await inWords(path, settleJournal(disk, path));
  await inWords(path, mark(disk, path, { undoing: true }));
  const placer = new Placer(disk, [session.folder, session.target]);
  const left = new Map<number, string>();
  let done = 0;
  for (const [number, step] of [...session.steps.entries()].reverse()) {
    try {
      if (await placer.takeBack(step, session.action)) done += 1;
    } catch (error) {
      if (isDiskProblem(error)) throw stoppedAt(session.action === 'move' ? step.from : step.to, done, error);
      left.set(number, `${step.to}: ${problemOf(error)}`);
    }
  }
  await removeEmptyFolders(disk, session);
  if (left.size > 0) {
    for (const number of left.keys()) await inWords(path, mark(disk, path, { done: number }));
    await inWords(path, mark(disk, path, { finished: true }));
    return { done, left: [...left.values()] };
  }
  await disk.flushFolder(session.target);
  await inWords(path, disk.remove(path));
  await clearUnbegun(disk, session.target);
  return { done, left: [] };
}

/** Removes the target and those above it that were made for an undone sort, as far as they are empty. */
export async function removeTarget(disk: Disk, { target, made: { above } }: SortSession): Promise<void> {
  let folder = target;
  for (let number = 0; number < above; number += 1) {
    await disk.removeFolder(folder).catch(() => undefined);
    folder = dirname(folder);
  }
}

/** The folders in the target that the sort has made: the deepest first. A folder that holds something stays. */
async function removeEmptyFolders(disk: Disk, { target, made: { inside } }: SortSession): Promise<void> {
  for (const inner of inside.toReversed()) {
    const folder = join(target, inner);
    const above = await disk.realPath(dirname(folder)).catch(() => undefined);
    if (above === dirname(folder)) await disk.removeFolder(folder).catch(() => undefined);
  }
}

function stoppedAt(place: string, done: number, error: unknown): WriteError {
  return new WriteError(`Stopped after ${String(done)} file(s), at ${place}: ${fileProblem(error, 'write')} ${goesOn}`);
}

/** What is done to the journal, and where it fails what that means. */
async function inWords(journal: string, work: Promise<void>): Promise<void> {
  await work.catch((error: unknown) => {
    if (error instanceof UsageError) throw error;
    throw new WriteError(`Cannot write ${journal}, in which the sort is kept: ${fileProblem(error, 'write')} ${goesOn}`);
  });
}

const goesOn = 'The same command goes on; with --undo it takes back what was done.';

function problemOf(error: unknown): string {
  return error instanceof LeftError ? error.message : fileProblem(error, 'write');
}
