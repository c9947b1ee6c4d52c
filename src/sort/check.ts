/**
 * Whether a sort can be carried out, asked before the first step.
 */
import { access, constants } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UsageError } from '../core/usage-error.js';
import { realDisk } from '../files/disk.js';
import { systemPath } from '../files/file-name.js';
import { fileProblem } from '../files/problem.js';
import { checkSpace } from '../files/space.js';
import { nearestThere } from './place.js';
import type { SortPlan } from './plan.js';

/**
 * @param to the target as it was given, for the message
 * @throws UsageError where photos cannot be moved away, or the target cannot be written to or is too full
 */
export async function checkSort(plan: SortPlan, to: string): Promise<void> {
  if (plan.action === 'move') await checkSources(plan);
  await checkSpace([{ name: `the photos in ${to}`, folder: plan.target, bytes: await bytesToCopy(plan) }]);
  // Asked first, for the error of `mkdir` would be that a folder is missing.
  await access(systemPath(await nearestThere(realDisk, plan.target)), constants.W_OK).catch((error: unknown) => {
    throw new UsageError(`Cannot sort into ${to}: ${fileProblem(error, 'write')}`);
  });
}

/** A photo in a folder that can only be read could be copied, and then not be taken away. */
async function checkSources({ steps }: SortPlan): Promise<void> {
  for (const folder of new Set(steps.map(({ from }) => dirname(from)))) {
    await access(systemPath(folder), constants.W_OK).catch((error: unknown) => {
      throw new UsageError(`Cannot move photos out of ${folder}: ${fileProblem(error, 'write')} Use --copy.`);
    });
  }
}

/** Files that move within a disk need no room, and neither do links. */
async function bytesToCopy({ action, steps, target }: SortPlan): Promise<number> {
  if (action === 'link') return 0;
  const disk = await diskOf(await nearestThere(realDisk, target));
  let bytes = 0;
  for (const { from, size } of steps) {
    if (action === 'copy' || await diskOf(from) !== disk) bytes += size;
  }
  return bytes;
}

async function diskOf(path: string): Promise<string | undefined> {
  return (await realDisk.follow(path))?.identity.split(':')[0];
}
