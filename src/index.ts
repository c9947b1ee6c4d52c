/**
 * portrait-pipeline as a library: which photos have closed eyes, which faces are blurred.
 *
 * `openPipeline` judges whole photos in worker processes; `openStages` runs single stages on pixels in this one. Training is in
 * `portrait-pipeline/train`.
 *
 * @packageDocumentation
 */
export { openPipeline } from './library/pipeline.js';
export type { JudgeOptions, NamedPhoto, PhotoInput, Pipeline, PipelineOptions } from './library/pipeline.js';
export { openStages, readRaster } from './library/stages.js';
export type { PhotoStages, StagesOptions } from './library/stages.js';
export type { BlurScore } from './blur/measurement.js';
export type { EyeMeasurement, EyesMeasurement } from './classify/measurement.js';
export type { EyeLandmarks, Face, Landmarks, PerEye, Side } from './core/face.js';
export { headPose, type Pose } from './core/pose.js';
export type { Box, Point, Raster } from './core/raster.js';
export type { Capture, Look, SceneOfPhoto } from './core/capture.js';
export type { FacePreview, FaceResult, FileLooks, PhotoPreview, PhotoResult, StageTimes } from './core/result.js';
export type { Measurements, StageSettings } from './core/measurements.js';
export type { Reason, Verdict } from './core/verdict.js';
export { UsageError } from './core/usage-error.js';
export { PhotoError } from './image/decode.js';
export type { ExposureMeasurement } from './exposure/stage.js';
export type { Config, SomeSettings } from './pipeline/config.js';
