/**
 * What a review knows of photos: made from results as they come, or read back from a CSV report.
 */
import type { Box } from '../core/raster.js';
import type { FaceResult, PhotoResult } from '../core/result.js';
import { faceStages } from '../pipeline/face-stages.js';
import type { CsvRow } from '../reports/csv.js';
import { photoData } from '../reports/html/blocks.js';
import type { FaceData, VerdictName } from '../reports/html/data.js';
import type { ReviewFace, ReviewPhoto, SceneData } from './data.js';

/** What the page is told of a result. */
export function knownFrom(result: PhotoResult): ReviewPhoto {
  const { faces, ...photo } = photoData(result);
  const { scene } = result;
  return {
    ...photo,
    faces: faces.map((face, index) => {
      const [found, person] = [result.faces[index], scene?.people[index]];
      return { ...face, look: found === undefined ? eyeLine(face.box) : between(found), ...(person === undefined ? {} : { person }) };
    }),
    ...(scene === undefined ? {} : { scene: sceneFrom(scene.scene, scene.frames, scene.rank, scene.reason) }),
  };
}

/** Where the eyes are; where none is known, where they are in most faces. */
function between({ eyeBoxes: { left, right }, box }: FaceResult): readonly [number, number] {
  const centers = [left, right].flatMap((eye) => (eye === undefined ? [] : [centerOf(eye)]));
  if (centers.length === 0) return eyeLine([box.x, box.y, box.width, box.height]);
  const mean = (axis: 0 | 1): number => Math.round(centers.reduce((sum, center) => sum + center[axis], 0) / centers.length);
  return [mean(0), mean(1)];
}

function centerOf({ x, y, width, height }: Box): readonly [number, number] {
  return [x + width / 2, y + height / 2];
}

function eyeLine([x, y, width, height]: FaceData['box']): readonly [number, number] {
  return [Math.round(x + width / 2), Math.round(y + height * 0.4)];
}

function sceneFrom(scene: number, frames: number, rank: number | undefined, reason: string): SceneData {
  return { scene, frames, ...(rank === undefined ? {} : { rank }), reason };
}

/** The photos of a CSV report, in its order; measured values as the text that they are there. */
export function knownFromCsv(rows: readonly CsvRow[]): ReviewPhoto[] {
  const photos = new Map<string, CsvRow[]>();
  for (const row of rows) photos.set(row.photo, [...photos.get(row.photo) ?? [], row]);
  const frames = new Map<string, Set<string>>();
  for (const { photo, scene = '' } of rows) frames.set(scene, (frames.get(scene) ?? new Set()).add(photo));
  return [...photos.values()].flatMap((of) => {
    const [first] = of;
    return first === undefined ? [] : [photoFrom(first, of, frames.get(first['scene'] ?? '')?.size ?? 1)];
  });
}

function photoFrom(row: CsvRow, rows: readonly CsvRow[], frames: number): ReviewPhoto {
  const reasons = row.reasons === '' ? [] : row.reasons.split('; ');
  const scene = row['scene'] ?? '';
  const rank = row['scene_rank'] ?? '';
  return {
    photo: row.photo,
    status: row.status === 'error' ? 'error' : row.status === 'no_face' ? 'no_face' : 'ok',
    width: Number(row.width), height: Number(row.height),
    verdict: verdictFrom(row.verdict), reasons,
    ...(row.error === '' ? {} : { error: row.error }),
    faces: rows.filter(({ face }) => face !== '' && face !== undefined).map((face) => faceFrom(face, reasons, rows.length)),
    ...(scene === '' ? {} : { scene: sceneFrom(Number(scene), frames, rank === '' ? undefined : Number(rank), row['scene_reason'] ?? '') }),
  };
}

function faceFrom(row: CsvRow, all: readonly string[], faces: number): ReviewFace {
  const number = (column: string): number => Number(row[column] ?? 0);
  const box = [number('face_x'), number('face_y'), number('face_width'), number('face_height')] as const;
  const prefix = `face ${row['face'] ?? ''}: `;
  const reasons = faces === 1 ? all : all.filter((reason) => reason.startsWith(prefix)).map((reason) => reason.slice(prefix.length));
  return {
    box, look: eyeLine(box), reasons, ranks: {}, bystander: false,
    tone: reasons.length === 0 ? 'keep' : 'review',
    meters: faceStages.flatMap((stage) => Object.keys(stage.columns)).flatMap((name) => {
      const text = row[name] ?? '';
      return text === '' ? [] : [{ name: name.replaceAll('_', ' '), text, tone: 'unknown' as const }];
    }),
  };
}

function verdictFrom(text: string): VerdictName {
  return text === 'keep' || text === 'reject' ? text : 'review';
}
