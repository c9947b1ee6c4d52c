/**
 * The stage that says of each face whether its eyes are open.
 */
import { existsSync } from 'node:fs';
import { CROP, eyeWidthOf, type EyeAnswer, type EyeCrop } from '../core/eye.js';
import { perEye, headTurn, type EyeSight, type FaceView } from '../core/face.js';
import type { FaceResult } from '../core/result.js';
import { defineStage, type Meter, type OpenStage, type StageContext } from '../core/stage.js';
import type { Reason, Verdict } from '../core/verdict.js';
import { UsageError } from '../core/usage-error.js';
import { eyeChances, UNCALIBRATED } from './calibration.js';
import { cutEye, cutEyes, faceRegion, photoRegion } from './eye-crops.js';
import { createEyeClassifier, type EyeClassifier } from './eye-classifier.js';
import { judgeEyes, judgeWhole, weighEyes } from './judge.js';
import { eyesJson, eyesMeasurement, type EyeMeasurement, type EyesMeasurement } from './measurement.js';
import { classifySettings, DETECTOR, type ClassifySettings } from './settings.js';
import { checkCrop, detectedThresholds, readThresholds, thresholdsOf, type EyeThresholds } from './thresholds.js';

export const classifyStage = defineStage({
  name: 'classify',
  settings: classifySettings,
  measurement: eyesMeasurement,
  example: {
    state: 'open', closed: 0.02, profile: false, left: { state: 'open', open: 0.97, visible: 0.99 }, right: { state: 'open', open: 0.96, visible: 0.98 },
  },
  files: ({ model }) => model === DETECTOR ? [] : [model],
  check: async (settings) => {
    if (settings.model !== DETECTOR && !existsSync(settings.model)) {
      throw new UsageError(`There is no eye-state model ${settings.model} (classify.model). pipeline train makes one.`);
    }
    await readThresholds(settings);
  },
  open: openEyes,
  reasons: ({ classify }) => eyeReasons(classify),
  weigh: (faces, strictness) => weighEyes(faces.map(({ measured }) => measured.classify), strictness),
  columns: {
    left_eye_open: ({ measured }) => digits(measured.classify.left.open),
    right_eye_open: ({ measured }) => digits(measured.classify.right.open),
    eyes: ({ measured }) => measured.classify.state,
  },
  json: ({ measured: { classify }, eyeBoxes }) => ({
    eyes: classify.state,
    eyes_closed: classify.closed,
    left_eye: eyeJson(classify.left, eyeBoxes.left),
    right_eye: eyeJson(classify.right, eyeBoxes.right),
  }),
  jsonSchema: eyesJson,
  page: {
    // As they stand in the photo: the person's right eye first.
    meters: ({ measured: { classify } }) => [
      eyeMeter('right eye', 'rightEye', classify.right), eyeMeter('left eye', 'leftEye', classify.left),
    ],
    marks: async (settings) => {
      const thresholds = await readThresholds(settings);
      const marks = thresholds === undefined ? [] : [thresholds.closed_below, thresholds.open_above];
      return { 'left eye': marks, 'right eye': marks };
    },
    order: { value: 'eyes', text: 'Eyes, most closed first', rank: worseEye },
    praise: 'eyes open',
  },
});

/** The stage, and what its net is shown. */
export interface OpenEyes extends OpenStage<EyesMeasurement> {
  /** px of the crop of an eye, a face or a photo. */
  readonly crop: { readonly width: number; readonly height: number };
}

/**
 * Loads the eye-state net.
 * @throws if it is missing or damaged
 */
export async function openEyes(settings: ClassifySettings, { threads }: StageContext): Promise<OpenEyes> {
  if (settings.model === DETECTOR) return openDetected(settings);
  const classifier = await createEyeClassifier(settings.model, { threads });
  checkCrop(settings, classifier.info);
  const thresholds = thresholdsOf(settings, classifier.info);
  const { width, height, crop } = classifier.info;
  const measureAll = { eye: measure, face: measureFaces, photo: measurePhoto }[crop];
  return {
    crop: { width, height },
    wants: { face: crop === 'face' ? width : 0, eye: crop === 'eye' ? width : 0 },
    measure: (faces) => measureAll(faces, classifier, thresholds),
    release: () => classifier.release(),
  };
}

/** The detector has looked already: its answers are put into words. */
function openDetected(settings: ClassifySettings): OpenEyes {
  const thresholds = detectedThresholds(settings);
  return {
    crop: CROP,
    wants: { face: 0, eye: 0 },
    measure: (faces) => Promise.resolve(faces.map(({ left, right, detected = {}, landmarks }) => judgeEyes(
      UNCALIBRATED.pair, perEye(left.region && detected.left, right.region && detected.right), thresholds, headTurn(landmarks), perEye(left.reason, right.reason)))),
    release: () => Promise.resolve(),
  };
}

/** One inference for all eyes of the photo. */
async function measure(faces: readonly FaceView[], classifier: EyeClassifier, thresholds: EyeThresholds): Promise<EyesMeasurement[]> {
  const { width, height, calibration } = classifier.info;
  const crops = faces.map((face) => cutEyes(face, width, height));
  const answers = (await classifier.classify(crops.flatMap(({ left, right }) => [left ?? [], right ?? []].flat()))).values();
  return faces.map((face, index) => {
    const turn = headTurn(face.landmarks);
    const chances = ({ region }: EyeSight, crop: EyeCrop | undefined): EyeAnswer | undefined => {
      const answer = crop === undefined ? undefined : answers.next().value;
      if (answer === undefined || region === undefined) return undefined;
      return eyeChances(calibration, answer, { width: eyeWidthOf(region.width * face.scale), turn });
    };
    const left = chances(face.left, crops[index]?.left);
    const right = chances(face.right, crops[index]?.right);
    return judgeEyes(calibration.pair, perEye(left, right), thresholds, turn, perEye(face.left.reason, face.right.reason));
  });
}

/** Each face as a whole. */
async function measureFaces(faces: readonly FaceView[], classifier: EyeClassifier, thresholds: EyeThresholds): Promise<EyesMeasurement[]> {
  const { width, height, calibration } = classifier.info;
  const regions = faces.map((face) => faceRegion(face));
  const answers = await classifier.classify(faces.map(({ raster }, index) => cutEye(raster, regions[index] ?? photoRegion(raster), width, height)));
  return faces.map(({ landmarks, scale }, index) => judgeWhole(calibration, answers[index], {
    width: eyeWidthOf((regions[index]?.width ?? 0) * scale), turn: headTurn(landmarks),
  }, thresholds));
}

/** The photo as a whole: what it says stands with its largest face. */
async function measurePhoto(faces: readonly FaceView[], classifier: EyeClassifier, thresholds: EyeThresholds): Promise<EyesMeasurement[]> {
  const { width, height, calibration } = classifier.info;
  const area = ({ box, scale }: FaceView): number => box.width * box.height * scale * scale;
  const [largest] = faces.toSorted((a, b) => area(b) - area(a));
  if (largest === undefined) return [];
  const region = photoRegion(largest.photo);
  const [answer] = await classifier.classify([cutEye(largest.photo, region, width, height)]);
  return faces.map((face) => judgeWhole(
    calibration, face === largest ? answer : undefined, { width: eyeWidthOf(region.width), turn: 0 }, thresholds));
}

function eyeReasons({ state, profile, left, right }: EyesMeasurement): Reason[] {
  // A person in profile does not speak against a photo: what is said of them informs.
  const say = (text: string, verdict: Verdict): Reason[] => [{ text, verdict: profile ? 'keep' : verdict }];
  switch (state) {
    case 'open': return [];
    case 'closed': return say('eyes closed', 'reject');
    case 'one_closed': return say('one eye closed', 'review');
    case 'unsure': return say('eyes may be closed', 'review');
    case 'unknown': {
      const why = left.reason ?? right.reason;
      return say(why === undefined ? 'eyes not visible' : `eyes not visible: ${why}`, 'keep');
    }
  }
}

function eyeJson({ state, open, visible, reason }: EyeMeasurement, box: FaceResult['eyeBoxes']['left']): unknown {
  return { state, open: open ?? null, visible: visible ?? null, box: box ?? null, reason: reason ?? null };
}

function eyeMeter(name: string, picture: 'leftEye' | 'rightEye', { state, open, reason }: EyeMeasurement): Meter {
  const tones = { open: 'keep', unsure: 'review', unknown: 'unknown', closed: 'reject' } as const;
  return {
    name, picture, tone: tones[state],
    ...(open === undefined ? { text: 'unknown' } : { share: open, text: `${open.toFixed(2)} ${state}` }),
    ...(reason === undefined ? {} : { hint: reason }),
  };
}

function worseEye({ measured: { classify: { left, right } } }: FaceResult): number | undefined {
  const open = [left.open, right.open].filter((value) => value !== undefined);
  return open.length === 0 ? undefined : Math.min(...open);
}

function digits(value: number | undefined): string {
  return value === undefined ? '' : value.toFixed(3);
}
