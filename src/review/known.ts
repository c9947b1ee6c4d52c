/**
 * What a review knows of photos: made from results as they come, or read back from a report.
 */
import type { Box, Point } from '../core/raster.js';
import type { PhotoResult } from '../core/result.js';
import { UsageError } from '../core/usage-error.js';
import { photoData } from '../reports/html/blocks.js';
import type { FaceData } from '../reports/html/data.js';
import type { ReportFace, ReportPhoto } from '../reports/read.js';
import type { ReviewFace, ReviewPhoto, SceneData } from './data.js';

/** What the page is told of a result. */
export function knownFrom(result: PhotoResult): ReviewPhoto {
  const { faces, ...photo } = photoData(result);
  const { scene } = result;
  return {
    ...photo,
    faces: faces.map((face, index) => {
      const [found, person] = [result.faces[index], scene?.people[index]];
      return { ...face, ...eyesOf(face.box, found?.eyeBoxes.left, found?.eyeBoxes.right), ...(person === undefined ? {} : { person }) };
    }),
    ...(scene === undefined ? {} : { scene: sceneFrom(scene.scene, scene.frames, scene.rank, scene.reason) }),
  };
}

/** Where to look: between the eyes; where none is known, where they are in most faces. */
function lookOf(face: FaceData['box'], eyes: readonly Point[]): readonly [number, number] {
  return eyes.length === 0 ? eyeLine(face) : meanOf(eyes);
}

/** Where the eyes are, and where to look. */
function eyesOf(face: FaceData['box'], left: Box | undefined, right: Box | undefined): Pick<ReviewFace, 'look' | 'leftEye' | 'rightEye'> {
  const eyes = [left, right].flatMap((eye) => (eye === undefined ? [] : [centerOf(eye)]));
  return {
    look: lookOf(face, eyes),
    ...(left === undefined ? {} : { leftEye: meanOf([centerOf(left)]) }),
    ...(right === undefined ? {} : { rightEye: meanOf([centerOf(right)]) }),
  };
}

/** In whole px. */
function meanOf(points: readonly Point[]): readonly [number, number] {
  const mean = (axis: 'x' | 'y'): number => Math.round(points.reduce((sum, point) => sum + point[axis], 0) / points.length);
  return [mean('x'), mean('y')];
}

function centerOf({ x, y, width, height }: Box): Point {
  return { x: x + width / 2, y: y + height / 2 };
}

function eyeLine([x, y, width, height]: FaceData['box']): readonly [number, number] {
  return [Math.round(x + width / 2), Math.round(y + height * 0.4)];
}

function sceneFrom(scene: number, frames: number, rank: number | undefined, reason: string): SceneData {
  return { scene, frames, ...(rank === undefined ? {} : { rank }), reason };
}

/** The photos of a report, in its order; measured values as text. @throws UsageError where it does not say what was found */
export function knownFromReport(photos: readonly ReportPhoto[], report: string): ReviewPhoto[] {
  const frames = new Map<number, number>();
  for (const { scene } of photos) if (scene !== undefined) frames.set(scene.scene, (frames.get(scene.scene) ?? 0) + 1);
  return photos.map(({ photo, verdict, reasons, error, found, scene }) => {
    if (found === undefined) throw new UsageError(`${report} cannot be reviewed: it does not say what was found in ${photo}.`);
    return {
      photo, verdict, reasons, status: found.status, width: found.width, height: found.height,
      ...(error === undefined ? {} : { error }),
      faces: found.faces.map(faceFrom),
      ...(scene === undefined ? {} : { scene: sceneFrom(scene.scene, frames.get(scene.scene) ?? 1, scene.rank, scene.reason) }),
    };
  });
}

function faceFrom({ box: { x, y, width, height }, bystander, reasons, eyes, cells }: ReportFace): ReviewFace {
  const box = [x, y, width, height].map(Math.round);
  const [left = 0, top = 0, wide = 0, high = 0] = box;
  return {
    box: [left, top, wide, high], look: lookOf([left, top, wide, high], eyes), ...sides(eyes), reasons, ranks: {}, bystander,
    tone: reasons.length === 0 ? 'keep' : 'review',
    meters: Object.entries(cells).map(([name, text]) => ({ name: name.replaceAll('_', ' '), text, tone: 'unknown' as const })),
  };
}

/** Which of the eyes of a report is which: it names the left one first, and of one alone it cannot be told. */
function sides([left, right]: readonly Point[]): Pick<ReviewFace, 'leftEye' | 'rightEye'> {
  return left === undefined || right === undefined ? {} : { leftEye: meanOf([left]), rightEye: meanOf([right]) };
}
