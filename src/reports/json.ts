/**
 * The JSON report: what it was made with, then an object a photo with everything that the CSV says and more. What each key means
 * stands in schema.ts.
 */
import { landmarkNames, landmarkPoints } from '../core/face.js';
import type { FaceResult, PhotoResult } from '../core/result.js';
import { bestOfScene, timeText } from './csv.js';
import { faceStages } from '../pipeline/face-stages.js';
import type { ReportHeader } from './header.js';

/** The beginning of a JSON report: a line a key, then the photos. */
export function jsonHead(header: ReportHeader): string {
  const lines = Object.entries(header).map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)},\n`);
  return `{${lines.join('')}"photos":[`;
}

/** Its end. */
export const jsonFoot = '\n]}\n';

/**
 * A photo as one line of the array, without the comma. Absent numbers are null.
 * @param withTimes say how many milliseconds each stage took, which no two runs have the same
 */
export function jsonPhoto(result: PhotoResult, withTimes: boolean): string {
  return JSON.stringify({
    photo: result.photo,
    status: result.status,
    width: result.width,
    height: result.height,
    verdict: result.verdict,
    reasons: result.reasons,
    error: result.error ?? null,
    ...sceneKeys(result),
    faces: result.faces.map(jsonFace),
    sha256: result.sha256 ?? null,
    ...(result.file === undefined ? {} : { file_size: result.file.size, file_modified: timeText(result.file.modified) }),
    ...(withTimes ? { times_ms: result.times } : {}),
  });
}

function sceneKeys({ capture = {}, scene }: PhotoResult): Readonly<Record<string, unknown>> {
  return {
    // The camera's own clock: no time zone is known.
    taken: capture.time === undefined ? null : new Date(capture.time).toISOString().replace(/Z$/, ''),
    camera: capture.camera ?? null,
    scene: scene?.scene ?? null,
    best_of_scene: scene === undefined ? null : bestOfScene(scene),
    scene_rank: scene?.rank ?? null,
    scene_reason: scene?.reason ?? null,
  };
}

function jsonFace(face: FaceResult): unknown {
  return {
    box: face.box,
    score: face.score,
    bystander: face.bystander,
    landmarks: landmarksJson(face),
    pose: face.pose === undefined ? null : { yaw: rounded(face.pose.yaw), pitch: rounded(face.pose.pitch), roll: rounded(face.pose.roll) },
    ...Object.fromEntries(faceStages.flatMap((stage) => Object.entries(stage.json(face)))),
    reasons: face.reasons.map(({ text }) => text),
  };
}

function landmarksJson({ landmarks }: FaceResult): unknown {
  const points = landmarkPoints(landmarks);
  return Object.fromEntries(landmarkNames.map((name) => [name, { x: rounded(points[name].x), y: rounded(points[name].y) }]));
}

/** To hundredths: of what is known no better, more digits would be half of the report. */
function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
