/**
 * The list of face-level stages, in the order in which they measure and report. A new stage is a folder and a line here.
 */
import { blurStage } from '../blur/stage.js';
import { classifyStage } from '../classify/stage.js';
import type { FaceStage } from '../core/stage.js';
import { exposureStage } from '../exposure/stage.js';

export const faceStages: readonly FaceStage[] = [
  classifyStage,
  blurStage,
  exposureStage,
];
