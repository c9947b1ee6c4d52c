/**
 * From labelled images to eyes: what packing and evaluation share. An image is either a photo, whose eyes are found as a
 * run finds them, or already a patch around one eye.
 */
import { patchRegion } from './canvas.js';
import type { LabelledSource } from './sources.js';
import { UsageError } from '../../core/usage-error.js';
import type { Config } from '../../pipeline/config.js';
import { findEyes } from '../../detect/eye-region.js';
import { mapLandmarks, type FaceFinder } from '../../detect/faces.js';
import type { EyeRegion, Face, Side } from '../../core/face.js';
import type { TurnedRegion } from '../../image/crop.js';
import { decodePhoto, decodeRegion, openPhoto, shrinkFor } from '../../image/decode.js';
import { boxInPhoto, isFullSize, pointInPhoto, regionInView } from '../../image/view.js';
import { growBox, type Raster } from '../../core/raster.js';

/** What an image shows: a whole face or more, or one eye and little else. */
export type ImageKind = 'photo' | 'eye';

/** Where to cut one eye. */
export interface EyeView {
  /** The pixels that the camera gave, or part of them. */
  readonly image: Raster;
  /** The classifier's crop, px of `image`. */
  readonly region: TurnedRegion;
}

/** The eyes of a photo's largest face. */
export interface PhotoEyes {
  /** False where no face was found; then there is no eye either. */
  readonly face: boolean;
  readonly eyes: Readonly<Partial<Record<Side, EyeView>>>;
  /** Why an eye is missing. */
  readonly reasons: readonly string[];
}

/**
 * The eye of a patch image.
 * @throws PhotoError if the image cannot be read
 */
export async function patchEye(file: string, config: Config): Promise<EyeView> {
  const { raster } = await decodePhoto(await openPhoto(file, config.image), 1);
  return { image: raster, region: patchRegion(raster.width, raster.height) };
}

/**
 * The eyes of the largest face in a photo.
 * @throws PhotoError if the photo cannot be read
 */
export async function photoEyes(file: string, finder: FaceFinder, config: Config): Promise<PhotoEyes> {
  const photo = await openPhoto(file, config.image);
  const whole = await decodePhoto(photo, shrinkFor(photo, config.image.decode_side));
  const face = largestFace(await finder.find(whole.raster), config.detect.min_face / whole.scaleX);
  if (face === undefined) return { face: false, eyes: {}, reasons: ['no face found'] };
  const sights = findEyes(mapLandmarks(face.landmarks, (point) => pointInPhoto(point, whole)), photo, config.eyes);
  const view = isFullSize(whole) ? whole : await decodeRegion(photo, boxInPhoto(growBox(face.box, 2), whole));
  const cut = (region: EyeRegion | undefined): EyeView | undefined =>
    region === undefined ? undefined : { image: view.raster, region: regionInView(region, view) };
  const [left, right] = [cut(sights.left.region), cut(sights.right.region)];
  return {
    face: true,
    eyes: { ...(left === undefined ? {} : { left }), ...(right === undefined ? {} : { right }) },
    reasons: [sights.left.reason, sights.right.reason].filter((reason) => reason !== undefined),
  };
}

function largestFace(faces: readonly Face[], minWidth: number): Face | undefined {
  const area = ({ box }: Face): number => box.width * box.height;
  const wide = faces.filter(({ box }) => box.width >= minWidth);
  return wide.reduce<Face | undefined>((best, face) => (best === undefined || area(face) > area(best) ? face : best), undefined);
}

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
export async function guessKind(
  source: Pick<LabelledSource, 'name' | 'images'>, finder: FaceFinder, config: Config,
): Promise<ImageKind> {
  let faces = 0;
  let seen = 0;
  for (const { file } of spread(source.images, SAMPLE)) {
    try {
      const { face } = await photoEyes(file, finder, config);
      faces += face ? 1 : 0;
      seen += 1;
    } catch {
      // Counted where the image is really needed, with its reason.
    }
  }
  const others = seen - faces;
  if (Math.min(faces, others) > Math.round(NOISE * seen)) {
    throw new UsageError(`${source.name} seems to hold both photos and eye crops: of ${seen} images looked at, ${faces} `
      + `${faces === 1 ? 'shows' : 'show'} a whole face and ${others} ${others === 1 ? 'looks' : 'look'} like an eye crop. `
      + 'Put them into two folders and give these apart, or say what all of them are with --kind photo or --kind eye.');
  }
  return faces * 2 > seen ? 'photo' : 'eye';
}

/** `count` items from the first to near the last, or all where there are fewer. */
function spread<T>(items: readonly T[], count: number): T[] {
  return items.filter((_, index) => items.length <= count
    || Math.floor((index * count) / items.length) !== Math.floor(((index - 1) * count) / items.length));
}
