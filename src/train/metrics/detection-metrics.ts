/**
 * How well a detector finds annotated faces: recall by size at a given number of false faces, average precision by size.
 */
import type { Box } from '../../core/raster.js';
import { sameAnnotatedFace } from '../../detect/scoring.js';

/** A face that people have drawn. */
export interface AnnotatedFace extends Box {
  /** Neither to be found nor wrong to find. */
  readonly ignored: boolean;
}

export interface ScoredBox {
  readonly box: Box;
  readonly score: number;
}

/** A photo with what is on it and what was found; boxes in px of the photo. */
export interface ScoredPhoto {
  readonly faces: readonly AnnotatedFace[];
  readonly found: readonly ScoredBox[];
}

/** Longer sides of annotated boxes, px: from, to (exclusive). */
export const SIZES = [[12, 24], [24, 48], [48, 96], [96, Infinity]] as const;
/** Smaller faces are neither wanted nor wrong. */
const SMALLEST = SIZES[0][0];

export interface SizeFigures {
  /** As in `24-48`. */
  readonly size: string;
  readonly faces: number;
  /** 0 to 1, at the operating point. */
  readonly recall: number;
  /** Area under the curve of precision over recall, of the finds and faces of this size alone. */
  readonly averagePrecision: number;
}

export interface DetectionFigures {
  readonly photos: number;
  /** The lowest score at which there are no more false faces than allowed. */
  readonly threshold: number;
  readonly falseFaces: number;
  readonly sizes: readonly SizeFigures[];
}

/** What became of a find: the face it is, `false` for none, `undefined` where it counts neither way. */
interface Judged {
  readonly score: number;
  readonly side: number;
  readonly match: AnnotatedFace | false | undefined;
}

/**
 * Judges finds against annotations, best finds first: each takes the nearest face that is free and about as large.
 * @param falsePerPhoto how many false faces a photo are allowed, on average
 */
export function detectionFigures(photos: readonly ScoredPhoto[], falsePerPhoto: number): DetectionFigures {
  const judged = photos.flatMap(judge).sort((a, b) => b.score - a.score);
  const threshold = thresholdFor(judged, falsePerPhoto * photos.length);
  const kept = judged.filter(({ score }) => score >= threshold);
  return {
    photos: photos.length, threshold,
    falseFaces: kept.filter(({ match }) => match === false).length,
    sizes: SIZES.map(([low, high]) => {
      const within = (side: number): boolean => side >= low && side < high;
      const faces = photos.flatMap((photo) => photo.faces).filter((face) => !face.ignored && within(longerSide(face))).length;
      const found = kept.filter(({ match }) => isFace(match) && within(longerSide(match))).length;
      return {
        size: high === Infinity ? `>=${String(low)}` : `${String(low)}-${String(high)}`, faces,
        recall: faces === 0 ? NaN : found / faces,
        averagePrecision: averagePrecision(judged.filter(({ match, side }) =>
          (isFace(match) ? within(longerSide(match)) : match === false && within(side))), faces),
      };
    }),
  };
}

function isFace(match: Judged['match']): match is AnnotatedFace {
  return match !== undefined && match !== false;
}

function longerSide({ width, height }: Box): number {
  return Math.max(width, height);
}

function judge({ faces, found }: ScoredPhoto): Judged[] {
  const counts = (face: AnnotatedFace): boolean => !face.ignored && longerSide(face) >= SMALLEST;
  const free = new Set(faces.filter(counts));
  const others = faces.filter((face) => !counts(face));
  return [...found].sort((a, b) => b.score - a.score).map(({ box, score }) => {
    const side = longerSide(box);
    const match = nearest(box, [...free]);
    if (match !== undefined) {
      free.delete(match);
      return { score, side, match };
    }
    return { score, side, match: nearest(box, others) !== undefined || side < SMALLEST ? undefined : false };
  });
}

function nearest<T extends Box>(box: Box, faces: readonly T[]): T | undefined {
  const distance = (face: Box): number =>
    Math.hypot(face.x + face.width / 2 - box.x - box.width / 2, face.y + face.height / 2 - box.y - box.height / 2);
  return faces.filter((face) => sameAnnotatedFace(face, box)).sort((a, b) => distance(a) - distance(b))[0];
}

/** @param judged best first */
function thresholdFor(judged: readonly Judged[], allowed: number): number {
  let wrong = 0;
  let threshold = 1;
  for (const { score, match } of judged) {
    if (match === false) wrong += 1;
    if (wrong > allowed) return threshold;
    threshold = score;
  }
  return threshold;
}

/** @param judged best first; only hits and false finds */
function averagePrecision(judged: readonly Judged[], faces: number): number {
  if (faces === 0) return NaN;
  const precisions: number[] = [];
  let hits = 0;
  for (const [index, { match }] of judged.entries()) {
    if (!isFace(match)) continue;
    hits += 1;
    precisions.push(hits / (index + 1));
  }
  // Precision at a recall is the best there is at that recall or beyond.
  let best = 0;
  let sum = 0;
  for (const precision of precisions.toReversed()) {
    best = Math.max(best, precision);
    sum += best;
  }
  return sum / faces;
}
