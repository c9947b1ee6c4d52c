/**
 * Single stages on pixels in memory, in this process.
 */
import type { BlurScore } from '../blur/measurement.js';
import { scoreBlur } from '../blur/sharpness.js';
import { openEyes } from '../classify/stage.js';
import type { EyesMeasurement } from '../classify/measurement.js';
import type { Face, FaceView } from '../core/face.js';
import type { Raster } from '../core/raster.js';
import { findEyes } from '../detect/eye-region.js';
import { createFaceFinder } from '../detect/faces.js';
import { decodePhoto, openBytes, openPhoto } from '../image/decode.js';
import { loadConfig, type Config, type SomeSettings } from '../pipeline/config.js';
import { engineOptions } from '../pipeline/engine.js';

export interface StagesOptions {
  /** Any part of the settings that config.yaml shows: the path of a YAML file, or an object. */
  readonly config?: string | SomeSettings;
}

/**
 * What `openStages` gives. Each call blocks its thread while a net runs: a server judges with `openPipeline`, or has these in a
 * worker thread. One call at a time.
 */
export interface PhotoStages {
  /** All settings, checked. */
  readonly config: Config;
  /**
   * The faces, most certain first, in px of the raster. Faces narrower than `detect.min_face` are among them.
   * @param raster RGB
   */
  findFaces(raster: Raster): Promise<Face[]>;
  /**
   * Whether the eyes of each face are open, in the order of the faces.
   * @param raster where the faces were found, RGB
   */
  classifyEyes(raster: Raster, faces: readonly Face[]): Promise<readonly EyesMeasurement[]>;
  /**
   * How sharp a face is.
   * @param raster where the face was found: the upright photo, or the photo shrunk by a whole factor
   */
  scoreBlur(raster: Raster, face: Face): BlurScore;
  /** Lets the nets go. */
  close(): Promise<void>;
}

/**
 * Loads the nets into this process.
 * @throws UsageError for settings that there are not; an error for a model or engine that cannot be used
 *
 * @example
 * const stages = await openStages();
 * const raster = await readRaster('group.jpg');
 * const faces = await stages.findFaces(raster);
 * const eyes = await stages.classifyEyes(raster, faces);
 * console.log(eyes.map(({ state }) => state), faces.map((face) => stages.scoreBlur(raster, face).verdict));
 * await stages.close();
 */
export async function openStages({ config: given }: StagesOptions = {}): Promise<PhotoStages> {
  const config = loadConfig(given);
  const [finder, eyes] = await Promise.all([
    engineOptions(config).then((options) => createFaceFinder(config.detect, options)),
    openEyes(config.classify, config.runtime),
  ]);
  const view = (raster: Raster, face: Face): FaceView => ({
    raster, photo: raster, scale: 1, box: face.box, landmarks: face.landmarks, ...findEyes(face.landmarks, raster, config.eyes),
  });
  return {
    config,
    findFaces: (raster) => finder.find(raster),
    classifyEyes: (raster, faces) => eyes.measure(faces.map((face) => view(raster, face))),
    scoreBlur: (raster, face) => scoreBlur(view(raster, face), config.blur),
    close: async () => { await Promise.all([finder.release(), eyes.release()]); },
  };
}

/**
 * Reads a photo: upright 8-bit sRGB pixels, at full size.
 * @param photo path or bytes of a file in any format that a run reads
 * @throws PhotoError with a reason in words where that is not possible, or the photo is beyond the limits (`image` in config.yaml)
 *
 * @example
 * const { width, height, channels, data } = await readRaster('group.jpg');
 */
export async function readRaster(photo: string | Uint8Array, { config: given }: StagesOptions = {}): Promise<Raster> {
  const { image } = loadConfig(given);
  const opened = await (typeof photo === 'string'
    ? openPhoto(photo, image)
    : openBytes(Buffer.from(photo.buffer, photo.byteOffset, photo.byteLength), image));
  const { raster } = await decodePhoto(opened, 1);
  return raster;
}
