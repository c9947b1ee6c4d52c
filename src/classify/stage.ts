/**
 * The stage that says of each face whether its eyes are open.
 */
import { existsSync } from 'node:fs';
import type { EyeCrop } from '../core/eye.js';
import type { EyeSight, FaceView, PerEye } from '../core/face.js';
import type { FaceResult } from '../core/result.js';
import { type Reason, strictest, type Verdict } from '../core/verdict.js';
import { defineStage, type Meter, type OpenStage, type StageContext } from '../core/stage.js';
import { UsageError } from '../core/usage-error.js';
import { cutEyes } from './eye-crops.js';
import { createEyeClassifier, type EyeClassifier } from './eye-classifier.js';
import { eyesState, eyeState } from './eyes-state.js';
import { eyesMeasurement, type EyeMeasurement, type EyesMeasurement } from './measurement.js';
import { classifySettings, type ClassifySettings } from './settings.js';
import { readThresholds, thresholdsOf, type EyeThresholds } from './thresholds.js';

export const classifyStage = defineStage({
  name: 'classify',
  settings: classifySettings,
  measurement: eyesMeasurement,
  example: { state: 'open', left: { state: 'open', open: 0.97 }, right: { state: 'open', open: 0.96 } },
  files: ({ model }) => [model],
  check: async (settings) => {
    if (!existsSync(settings.model)) {
      throw new UsageError(`There is no eye-state model ${settings.model} (classify.model). pipeline train makes one.`);
    }
    await readThresholds(settings);
  },
  open: openEyes,
  reasons: ({ classify }) => eyeReasons(classify),
  weigh: (faces) => strictest(faces.flatMap(({ measured }) => eyeReasons(measured.classify)).map(({ verdict }) => verdict)),
  columns: {
    left_eye_open: ({ measured }) => digits(measured.classify.left.open),
    right_eye_open: ({ measured }) => digits(measured.classify.right.open),
    eyes: ({ measured }) => measured.classify.state,
  },
  json: ({ measured: { classify }, eyeBoxes }) => ({
    eyes: classify.state,
    left_eye: eyeJson(classify.left, eyeBoxes.left),
    right_eye: eyeJson(classify.right, eyeBoxes.right),
  }),
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

/**
 * Loads the eye-state net.
 * @throws if it is missing or damaged
 */
export async function openEyes(settings: ClassifySettings, { threads }: StageContext): Promise<OpenStage<EyesMeasurement>> {
  const classifier = await createEyeClassifier(settings.model, { threads });
  const thresholds = thresholdsOf(settings, classifier.info);
  const { width, height } = classifier.info;
  return {
    wants: { face: 0, eye: width },
    measure: async (faces) => {
      const crops = faces.map((face) => cutEyes(face, width, height));
      const open = await classifyAll(crops, classifier);
      return faces.map((face, index) => judge(face, open[index] ?? {}, thresholds));
    },
    release: () => classifier.release(),
  };
}

/** One inference for all eyes of the photo. */
async function classifyAll(crops: readonly PerEye<EyeCrop>[], classifier: EyeClassifier): Promise<PerEye<number>[]> {
  const all = crops.flatMap(({ left, right }) => [left ?? [], right ?? []].flat());
  const open = (await classifier.classify(all)).values();
  const take = (crop: EyeCrop | undefined): number | undefined => crop === undefined ? undefined : open.next().value;
  return crops.map((pair) => {
    const left = take(pair.left);
    const right = take(pair.right);
    return { ...(left === undefined ? {} : { left }), ...(right === undefined ? {} : { right }) };
  });
}

function judge(face: FaceView, open: PerEye<number>, thresholds: EyeThresholds): EyesMeasurement {
  const left = judgeEye(face.left, open.left, thresholds);
  const right = judgeEye(face.right, open.right, thresholds);
  return { state: eyesState(left, right), left, right };
}

function judgeEye({ reason }: EyeSight, open: number | undefined, thresholds: EyeThresholds): EyeMeasurement {
  if (open === undefined) return { state: 'unknown', ...(reason === undefined ? {} : { reason }) };
  return { state: eyeState(open, thresholds), open };
}

function eyeReasons({ state, left, right }: EyesMeasurement): Reason[] {
  const say = (text: string, verdict: Verdict): Reason[] => [{ text, verdict }];
  switch (state) {
    case 'open': return [];
    case 'closed': return say('eyes closed', 'reject');
    case 'one_closed': return say('one eye closed', 'review');
    case 'unsure': return say('eyes may be closed', 'review');
    case 'unknown': {
      const why = left.reason ?? right.reason;
      return say(why === undefined ? 'eyes not visible' : `eyes not visible: ${why}`, 'review');
    }
  }
}

function eyeJson({ state, open, reason }: EyeMeasurement, box: FaceResult['eyeBoxes']['left']): unknown {
  return { state, open: open ?? null, box: box ?? null, reason: reason ?? null };
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
