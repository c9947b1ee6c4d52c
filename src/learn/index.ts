/**
 * Packing, training and evaluation as functions: `portrait-pipeline/train`. The commands `pack`, `train` and `evaluate` are these.
 *
 * @packageDocumentation
 */
export { packImages, type PackImagesOptions } from './pack.js';
export { trainEyes, type Trained, type TrainOptions } from './train.js';
export { evaluateImages, type EvaluateImagesOptions } from './evaluate.js';
export type { EyeFigures, Evaluation, ImagePrediction, PhotoFigures } from '../train/data/evaluate.js';
export type { PackedSource } from '../train/data/pack.js';
export type { CropKind, EyeCrop, EyeState } from '../core/eye.js';
export type { LabelledEye, LeftOut } from '../train/data/image-task.js';
export type { ImageKind } from '../train/data/labelled-eyes.js';
export type { EyeRow } from '../train/data/packed-file.js';
export type { LabelledImage, LabelledSource } from '../train/data/sources.js';
export type { BinaryIntervals, ClassFigures } from '../train/metrics/binary-metrics.js';
export type { Interval } from '../train/metrics/intervals.js';
export type { EyeLabel, FaceLabels, Label } from '../train/data/labels.js';
export { UsageError } from '../core/usage-error.js';
export type { Config, SomeSettings } from '../pipeline/config.js';
