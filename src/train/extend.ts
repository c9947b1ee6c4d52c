/**
 * Types for a net and callbacks of one's own: see docs/training.md.
 */
export type { Activation } from './autodiff/activation.js';
export type { Backbone, ConvLayer, EyeLogits, Features, FeatureVector, NetWriter } from './backbones/net.js';
export type { TrainingCallbacks } from './tracking/callbacks.js';
export type { HistoryRow, RunResults, StepRow } from './tracking/run-logger.js';
