/**
 * From labelled images to eyes: what packing and evaluation share. An image is either a photo, whose eyes are found as a
 * run finds them, or already a patch around one eye.
 */
import { patchRegion } from './canvas.js';
import type { ImageNets } from './image-nets.js';
import type { FaceLabels } from './labels.js';
import { enoughPixels } from '../../blur/stage.js';
import { faceRegion, photoRegion } from '../../classify/eye-crops.js';
import type { Config } from '../../pipeline/config.js';
import { seeFaces } from '../../pipeline/face-views.js';
import { StageClock } from '../../pipeline/stage-clock.js';
import { CROP } from '../../core/eye.js';
import type { WantedPixels } from '../../core/stage.js';
import { headTurn, type EyeSight, type FaceView, type Side } from '../../core/face.js';
import type { TurnedRegion } from '../../image/crop.js';
import { decodePhoto, openPhoto, shrinkFor } from '../../image/decode.js';
import { intersectionOverUnion, type Box, type Raster } from '../../core/raster.js';

/** What an image shows: a whole face or more, or one eye and little else. */
export type ImageKind = 'photo' | 'eye';

/** Where to cut one eye, a face or a photo. */
export interface EyeView {
  /** The pixels that a run would cut it from. */
  readonly image: Raster;
  /** The classifier's crop, px of `image`. */
  readonly region: TurnedRegion;
  /** Width of the crop in px of the full-size photo: how much detail there is. */
  readonly photoWidth: number;
}

/** A face of a photo with those of its eyes that a run would look at. */
export interface FoundFace {
  /** px of the upright full-size photo. */
  readonly box: Box;
  /** How far the head is turned, 0 frontal to 1. */
  readonly turn: number;
  readonly eyes: Readonly<Partial<Record<Side, EyeView>>>;
  /** The face as a whole. */
  readonly whole: EyeView;
  /** The face as a run judges it. */
  readonly view: FaceView;
  /** Why an eye is missing. */
  readonly reasons: readonly string[];
}

/** A labelled face, and what a run finds there; `found` is undefined where it finds no face. */
interface LabelledFace<Found> {
  readonly labels: FaceLabels;
  readonly found: Found | undefined;
}

/**
 * The eye of a patch image.
 * @throws PhotoError if the image cannot be read
 */
export async function patchEye(file: string, config: Config): Promise<EyeView> {
  const { raster } = await decodePhoto(await openPhoto(file, config.image), 1);
  const region = patchRegion(raster.width, raster.height);
  return { image: raster, region, photoWidth: region.width };
}

/**
 * The faces that a run finds in a photo, largest first, each in the pixels that the run would judge it by.
 * @param wants of what judges the eyes: a face that has fewer px in a shrunk photo is looked at in the full-size one
 * @throws PhotoError if the photo cannot be read
 */
export async function photoFaces(file: string, nets: ImageNets, config: Config, wants: WantedPixels = { face: 0, eye: CROP.width }): Promise<FoundFace[]> {
  const photo = await openPhoto(file, config.image);
  const whole = await decodePhoto(photo, shrinkFor(photo, config.image.decode_side));
  const lookout = { config, faces: await nets.faces(), wants: { ...wants, face: Math.max(enoughPixels, wants.face) } };
  const { faces, views } = await nets.exclusive(() => seeFaces(photo, whole, lookout, new StageClock()));
  const found = faces.flatMap(({ box }, index) => {
    const view = views[index];
    return view === undefined ? [] : [foundFace(box, view)];
  });
  const area = ({ box }: FoundFace): number => box.width * box.height;
  return found.sort((a, b) => area(b) - area(a));
}

/**
 * A photo as a whole.
 * @throws PhotoError if it cannot be read
 */
export async function wholePhoto(file: string, config: Config): Promise<EyeView> {
  const photo = await openPhoto(file, config.image);
  const { raster } = await decodePhoto(photo, shrinkFor(photo, config.image.decode_side));
  const region = photoRegion(raster);
  return { image: raster, region, photoWidth: region.width };
}

function foundFace(box: Box, view: FaceView): FoundFace {
  const { raster, scale, landmarks, left, right } = view;
  const region = faceRegion(view);
  const eye = (side: Side, { region: cut }: EyeSight): FoundFace['eyes'] =>
    cut === undefined ? {} : { [side]: { image: raster, region: cut, photoWidth: cut.width * scale } };
  return {
    box, view, turn: headTurn(landmarks), whole: { image: raster, region, photoWidth: region.width * scale }, eyes: { ...eye('left', left), ...eye('right', right) },
    reasons: [left.reason, right.reason].filter((reason) => reason !== undefined),
  };
}

/** What is no face of a photo (one eye by itself, a photo as a whole) as if it were a level one, to be judged as one. */
export function standIn({ image, region, photoWidth }: EyeView): FaceView {
  const eye = { outer: { x: 0, y: 0 }, inner: { x: 0, y: 0 }, center: { x: 0, y: 0 } };
  const ahead = { left: { ...eye, outer: { x: 1, y: 0 } }, right: eye, nose: { x: 0.5, y: 0 } };
  return {
    raster: image, photo: image, scale: photoWidth / region.width, box: { x: 0, y: 0, width: image.width, height: image.height },
    landmarks: { ...ahead, mouth: { left: eye.center, right: eye.center }, faceScore: 1 }, left: { region }, right: {},
  };
}

/** How much a labelled box and a found one must overlap (intersection over union): they are drawn by different rules. */
const SAME_FACE = 0.25;

/**
 * The labelled faces with what was found there: without a box the largest face, with boxes the one that overlaps most.
 * @param found largest first; boxes in px of the upright full-size photo
 */
export function matchFaces<Found extends { readonly box: Box }>(labelled: readonly FaceLabels[], found: readonly Found[]): LabelledFace<Found>[] {
  const pairs = labelled.flatMap(({ box }, index) => box === undefined ? [] : found.map((face) =>
    ({ index, face, overlap: intersectionOverUnion(box, face.box) }))).filter(({ overlap }) => overlap >= SAME_FACE);
  const matched = new Map<number, Found>();
  const taken = new Set<Found>();
  for (const { index, face } of pairs.sort((a, b) => b.overlap - a.overlap)) {
    if (matched.has(index) || taken.has(face)) continue;
    matched.set(index, face);
    taken.add(face);
  }
  return labelled.map((labels, index) => ({ labels, found: labels.box === undefined ? found[0] : matched.get(index) }));
}
