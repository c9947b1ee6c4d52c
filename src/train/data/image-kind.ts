/**
 * Tells photos from eye patches.
 */
import { UsageError } from '../../core/usage-error.js';
import type { Config } from '../../pipeline/config.js';
import type { AskImages } from './image-task.js';
import type { ImageKind } from './labelled-eyes.js';
import type { LabelledSource } from './sources.js';

/** Images that are looked at to tell patches from photos. */
const SAMPLE = 24;

/**
 * Votes against the others that are put down to the detector, as a share of all: of the eye patches of public sets it
 * found a face in up to 2 of 24, of photos of one face it missed 1 of 60.
 */
const NOISE = 0.15;

/**
 * Tells photos from eye patches by looking at a few images, evenly spread: photos are those in which a face is found.
 * @param source its images, of one kind; unreadable ones do not vote
 * @throws UsageError if photos and patches lie mixed: the middle of a face would be taken for an eye
 */
export async function guessKind(source: Pick<LabelledSource, 'name' | 'images'>, ask: AskImages, config: Config): Promise<ImageKind> {
  const looks = await ask(spread(source.images, SAMPLE), { config, source: source.name, task: { kind: 'look' } });
  const votes = looks.flatMap((look) => (look.kind === 'look' ? [look.face] : []));
  const seen = votes.length;
  const faces = votes.filter(Boolean).length;
  const others = seen - faces;
  if (Math.min(faces, others) > Math.round(NOISE * seen)) {
    throw new UsageError(`${source.name} seems to hold both photos and eye crops: of ${String(seen)} images looked at, ${String(faces)} `
      + `${faces === 1 ? 'shows' : 'show'} a whole face and ${String(others)} ${others === 1 ? 'looks' : 'look'} like an eye crop. `
      + 'Put them into two folders and give these apart, or say what all of them are with --kind photo or --kind eye.');
  }
  return faces * 2 > seen ? 'photo' : 'eye';
}

/** `count` items from the first to near the last, or all where there are fewer. */
function spread<T>(items: readonly T[], count: number): T[] {
  return items.filter((_, index) => items.length <= count
    || Math.floor((index * count) / items.length) !== Math.floor(((index - 1) * count) / items.length));
}
