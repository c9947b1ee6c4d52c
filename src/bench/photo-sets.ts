/**
 * The photos that are measured where the user names none.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UsageError } from '../core/usage-error.js';
import { packageFilePath } from '../files/weight-packages.js';
import { writeLargePhoto } from '../image/large-photo.js';
import type { PhotoFile } from '../core/result.js';

/** Photos that are measured together. */
export interface PhotoSet {
  /** One word. */
  readonly name: string;
  readonly description: string;
  readonly photos: readonly PhotoFile[];
}

/** Two people of the third photo, as a portrait of both would show them. */
const portrait = { photo: 3, cut: { left: 900, top: 100, width: 900, height: 600 } } as const;

/** The sets, and how to remove the files that were made for them. */
export interface DefaultSets {
  readonly sets: readonly PhotoSet[];
  readonly dispose: () => Promise<void>;
}

/**
 * The six group photos (22 people, 1920 px wide) in @vladmandic/face-api, and a portrait of two in 24 megapixels made
 * from one of them: with grain, as large a file as a camera's, and without.
 * @throws UsageError if the package is not installed
 * @throws if the temporary folder cannot be written to
 */
export async function makeDefaultSets(): Promise<DefaultSets> {
  const folder = await mkdtemp(join(tmpdir(), 'pipeline-bench-'));
  const source = demoPhoto(portrait.photo);
  const [grainy, smooth] = [join(folder, '24mp.jpg'), join(folder, '24mp-smooth.jpg')];
  await writeLargePhoto(source, portrait.cut, grainy, true);
  await writeLargePhoto(source, portrait.cut, smooth, false);
  return {
    sets: [
      { name: 'group', description: '6 group photos, 1920 px, 22 people', photos: demoPhotos() },
      { name: '24mp', description: '24 MP JPEG with grain, 2 people', photos: [photoFile(grainy)] },
      { name: '24mp-smooth', description: '24 MP JPEG without grain, 2 people', photos: [photoFile(smooth)] },
    ],
    dispose: () => rm(folder, { recursive: true, force: true }),
  };
}

/** The group photos that @vladmandic/face-api ships. */
export function demoPhotos(): PhotoFile[] {
  return [1, 2, 3, 4, 5, 6].map((number) => photoFile(demoPhoto(number)));
}

function demoPhoto(number: number): string {
  try {
    return packageFilePath('@vladmandic/face-api', `demo/sample${String(number)}.jpg`);
  } catch (error) {
    throw new UsageError('The photos to measure come with @vladmandic/face-api, which is not installed: '
      + 'name photos of your own, or "npm install --save-dev @vladmandic/face-api".', { cause: error });
  }
}

function photoFile(path: string): PhotoFile {
  return { path, photo: path };
}
