/**
 * Real images for tests: the sets beside the checkout, unpacked once into a folder that git ignores, and the photos that
 * @vladmandic/face-api ships.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout's folder. */
export const root = fileURLToPath(new URL('../../', import.meta.url));
const source = join(root, '..', 'shared', 'data');
const cache = join(root, '.cache', 'shared');

const folders = {
  cew_closed: 'faces', utkface_open: 'faces', cew_patches: 'eyes', kaggle_drowsiness: 'eyes', mrl_ir_probe: 'eyes',
  utk_handlabelled: 'blur', ytf68: 'detect', dlib_faces: 'detect', wider_val: 'detect', face_recognition: 'smoke',
} as const;

export type SharedSet = keyof typeof folders;

/** Whether ../shared/data is there. Tests that need it are skipped, visibly, where it is not. */
export const hasSharedData = existsSync(source);

/** The folder of a set, unpacked: `<folder>/open`, `<folder>/closed`, `<folder>/images` and so on. */
export function sharedSet(set: SharedSet): string {
  const folder = join(cache, set);
  if (existsSync(folder)) return folder;
  mkdirSync(cache, { recursive: true });
  // Unpacked beside and renamed, so that two test files that start together never see half a set.
  const beside = mkdtempSync(join(cache, `${set}-`));
  execFileSync('tar', ['-xf', join(source, folders[set], `${set}.tar`), '-C', beside]);
  try {
    renameSync(join(beside, set), folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
  }
  rmSync(beside, { recursive: true, force: true });
  return folder;
}

/** The six group photos (22 people) that @vladmandic/face-api ships. */
export const demoPhotos: readonly string[] = [1, 2, 3, 4, 5, 6].map((n) =>
  join(root, 'node_modules', '@vladmandic', 'face-api', 'demo', `sample${String(n)}.jpg`));
