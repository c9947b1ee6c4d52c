/**
 * A photo as large as cameras make them, made from a demo photo when a test runs.
 */
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { demoPhotos, root } from './shared-data.js';

/** How many times as large as the demo photo the large one is. */
export const enlarged = 3.2;

/** The first demo photo (three people, 1920 x 1280) at 6144 x 4096: 25 megapixels. */
export async function largePhoto(): Promise<string> {
  const folder = join(root, '.cache', 'made');
  const path = join(folder, 'large.jpg');
  if (existsSync(path)) return path;
  mkdirSync(folder, { recursive: true });
  // Made beside and renamed: test files start together.
  const beside = join(folder, `large-${String(process.pid)}.jpg`);
  await sharp(demoPhotos[0]).resize(1920 * enlarged, 1280 * enlarged, { kernel: 'lanczos3' }).jpeg({ quality: 90 }).toFile(beside);
  renameSync(beside, path);
  return path;
}
