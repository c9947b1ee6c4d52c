/**
 * Photos that a person chose for, with what the nets measure of them, whatever the thresholds are.
 */
import { eyesState, eyeState, weighEyes } from '../../classify/judge.js';
import type { EyeMeasurement, EyesMeasurement } from '../../classify/measurement.js';
import type { EyeThresholds } from '../../classify/thresholds.js';
import type { BlurScore } from '../../blur/measurement.js';
import { weighBlur } from '../../blur/weigh.js';
import type { FaceResult, PhotoFile, PhotoResult } from '../../core/result.js';
import { strictest, type Strictness, type Verdict } from '../../core/verdict.js';
import type { Config } from '../../pipeline/config.js';
import { faceStages } from '../../pipeline/face-stages.js';
import type { PhotoExecutor } from '../../run/executor.js';
import { SceneGrouping } from '../../scenes/group.js';
import type { TunedSettings } from './settings.js';

/** What a person made of a photo. */
export type PhotoLabel = 'keep' | 'reject';

export interface LabelledFile extends PhotoFile {
  readonly label: PhotoLabel;
}

/** A photo to learn from. */
export interface MeasuredPhoto {
  readonly photo: string;
  readonly label: PhotoLabel;
  /** Photos of one group are alike, and are learned from or tried on together. */
  readonly group: string;
  /** Those that decide, with nothing of the thresholds in what was measured. */
  readonly faces: readonly FaceResult[];
}

export interface MeasuredPhotos {
  readonly photos: readonly MeasuredPhoto[];
  /** Photos without a face, or that could not be read: no setting here changes them. */
  readonly faceless: number;
  /** Rejected while another frame of the moment was kept: for the other frame's sake, maybe, and not for a fault. */
  readonly others: number;
}

export interface MeasureOptions {
  readonly config: Config;
  readonly executor: PhotoExecutor;
  readonly signal: AbortSignal;
  readonly onPhoto: () => void;
}

/** Judges photos again with thresholds that take no part. @throws as the executor does, or the signal's reason */
export async function measurePhotos(files: readonly LabelledFile[], { config, executor, signal, onPhoto }: MeasureOptions): Promise<MeasuredPhotos> {
  const neutral: Config = {
    ...config, blur: { ...config.blur, blurred_below: 0, sharp_above: 0 }, classify: { ...config.classify, closed_below: 0, open_above: 0 },
  };
  const results = new Map<number, PhotoResult>();
  await executor.run(files, { config: neutral }, (index, result) => {
    results.set(index, result);
    onPhoto();
  }, signal);
  signal.throwIfAborted();
  const scenes = new SceneGrouping();
  const found = [...files.keys()].flatMap((index) => results.get(index) ?? []);
  const grouped = [...found.flatMap((result) => scenes.take(result)), ...scenes.rest()];
  return sift(grouped, new Map(files.map(({ photo, label }) => [photo, label])));
}

/** Leaves out what there is nothing to learn from. */
export function sift(results: readonly PhotoResult[], labels: ReadonlyMap<string, PhotoLabel>): MeasuredPhotos {
  const kept = new Set(results.flatMap(({ photo, scene }) => (scene !== undefined && labels.get(photo) === 'keep' ? [scene.scene] : [])));
  const photos: MeasuredPhoto[] = [];
  let [faceless, others] = [0, 0];
  for (const { photo, status, faces, reasons, scene } of results) {
    const label = labels.get(photo);
    const deciding = faces.filter(({ bystander }) => !bystander);
    if (label === undefined) continue;
    if (status !== 'ok' || deciding.length === 0 || reasons.includes('photo damaged')) faceless += 1;
    else if (label === 'reject' && scene !== undefined && kept.has(scene.scene)) others += 1;
    else photos.push({ photo, label, faces: deciding, group: scene === undefined ? photo : `scene ${String(scene.scene)}` });
  }
  return { photos, faceless, others };
}

/** What the eyes of the faces make of a photo. */
export function verdictOfEyes({ faces }: MeasuredPhoto, thresholds: EyeThresholds, strictness: Strictness): Verdict {
  return weighEyes(faces.map(({ measured }) => eyesWith(measured.classify, thresholds)), strictness);
}

/** What their sharpness does. */
export function verdictOfBlur(
  { faces }: MeasuredPhoto, limits: Pick<TunedSettings, 'blurred_below' | 'sharp_above'>, strictness: Strictness,
): Verdict {
  return weighBlur(faces.map(({ measured }) => blurWith(measured.blur, limits)), strictness);
}

/** What all other stages do. */
export function verdictOfRest({ faces }: MeasuredPhoto, strictness: Strictness): Verdict {
  return strictest(faceStages.filter(({ name }) => name !== 'classify' && name !== 'blur').map((stage) => stage.weigh(faces, strictness)));
}

/** Without thresholds only a wink makes one eye closed. */
function eyesWith(neutral: EyesMeasurement, thresholds: EyeThresholds): EyesMeasurement {
  const eye = (each: EyeMeasurement): EyeMeasurement => (each.open === undefined ? each : { ...each, state: eyeState(each.open, thresholds) });
  const [left, right] = [eye(neutral.left), eye(neutral.right)];
  return { ...neutral, left, right, state: neutral.state === 'one_closed' ? 'one_closed' : eyesState(left, right) };
}

/** Without thresholds only a face that cannot be judged is unsure. */
function blurWith(neutral: BlurScore, { blurred_below: blurred, sharp_above: sharp }: Pick<TunedSettings, 'blurred_below' | 'sharp_above'>): BlurScore {
  if (neutral.verdict === 'unsure') return neutral;
  const { sharpness } = neutral;
  return { ...neutral, verdict: sharpness < blurred ? 'blurred' : sharpness > sharp ? 'sharp' : 'unsure' };
}
