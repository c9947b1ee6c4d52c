/**
 * Results for tests of what is done with results.
 */
import { decodePhoto, openPhoto } from '../../src/image/decode.js';
import { makePreview } from '../../src/image/preview.js';
import type { EyesState, EyeState } from '../../src/core/eye.js';
import type { FaceResult, PhotoResult } from '../../src/core/result.js';
import type { Verdict } from '../../src/core/verdict.js';
import { measured } from './measured.js';
import { frontalLandmarks } from './views.js';
import { demoPhotos } from './shared-data.js';

export interface FaceSketch {
  readonly eyes?: EyesState;
  readonly open?: number;
  readonly sharpness?: number;
  readonly reasons?: readonly string[];
  readonly bystander?: boolean;
  readonly x?: number;
}

const states: Readonly<Record<EyesState, EyeState>> = {
  open: 'open', closed: 'closed', one_closed: 'closed', unsure: 'unsure', unknown: 'unknown',
};

/** A face of a 1920 x 1280 photo: open eyes and sharp, unless told otherwise. */
export function face(sketch: FaceSketch = {}): FaceResult {
  const { eyes = 'open', open = 0.97, sharpness = 80, x = 418 } = sketch;
  const state = states[eyes];
  const eye = eyes === 'unknown' ? { state } : { state, open };
  const box = (left: number): FaceResult['box'] => ({ x: x + left, y: 460, width: 60, height: 40 });
  return {
    box: { x, y: 406, width: 190, height: 190 },
    score: 0.93,
    eyeBoxes: { left: box(100), right: box(20) },
    landmarks: frontalLandmarks({ x, y: 406, width: 190, height: 190 }),
    pose: { yaw: 0, pitch: 0, roll: 0 },
    measured: measured({
      classify: { state: eyes, closed: eyes === 'closed' ? 0.97 : 0.03, profile: false, left: eye, right: eye },
      blur: { sharpness, verdict: sharpness < 40 ? 'blurred' : sharpness > 60 ? 'sharp' : 'unsure', kind: 'none', detail: 200, needed: 150, laplacianVariance: 100 },
    }),
    bystander: sketch.bystander ?? false,
    reasons: (sketch.reasons ?? []).map((text) => ({ text, verdict: verdictOf(text) })),
  };
}

/** What the tool would make of a reason on its own. */
function verdictOf(reason: string): Verdict {
  return /^eyes closed|blurred/.test(reason) ? 'reject' : 'review';
}

/** A photo that was read: keep, unless told otherwise. */
export function photoResult(photo: string, changes: Partial<PhotoResult> = {}): PhotoResult {
  return {
    photo, status: 'ok', width: 1920, height: 1280, faces: [face()], verdict: 'keep', reasons: [], times: { decode: 12.5 },
    ...changes,
  };
}

/** The same result with pictures cut from the first demo photo. */
export async function withPreview(result: PhotoResult): Promise<PhotoResult> {
  const photo = await openPhoto(demoPhotos[0] ?? '', { max_megapixels: 50, max_megabytes: 50, timeout_seconds: 30 });
  const whole = await decodePhoto(photo, 1);
  return { ...result, preview: await makePreview(whole, whole, result.faces) };
}
