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
export { UsageError } from '../core/usage-error.js';
export type { Config, SomeSettings } from '../pipeline/config.js';
