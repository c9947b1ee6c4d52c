/**
 * Looks at eye crops and says of each whether there is an eye to see, and whether it is open.
 */
import { readFile } from 'node:fs/promises';
import { readMetadata } from '../onnx/model-file.js';
import { byteTensor, createSession, floatsOf, type Session } from '../onnx/session.js';
import { infoFromMetadata, type EyeModelInfo } from './model-info.js';
import type { EyeAnswer, EyeCrop } from '../core/eye.js';

/** Name of a model's input: uint8 luminance [batch, height, width]. */
export const EYES_INPUT = 'eyes';
/** Names of a model's outputs: float32 logits [batch], positive for an open eye, and where there is an eye to see. */
export const OPEN_OUTPUT = 'open';
export const VISIBLE_OUTPUT = 'visible';

export interface EyeClassifier {
  readonly info: EyeModelInfo;
  /**
   * The net's logits for each eye, as they are, in the order of `crops`; one inference for all of them. `eyeChances` reads them.
   * @param crops each `info.width` x `info.height` px
   * @throws if a crop has another size
   */
  classify(crops: readonly EyeCrop[]): Promise<EyeAnswer[]>;
  readonly release: () => Promise<void>;
}

/**
 * Loads an eye-state model.
 * @param modelPath an .onnx file that `pipeline train` wrote
 * @param options.threads threads inside one inference; 1 where not given
 * @throws if the file is missing, damaged or not an eye-state model; the message says what to do
 *
 * @example
 * const classifier = await createEyeClassifier('models/eye-state.onnx');
 * const [left, right] = await classifier.classify([leftCrop, rightCrop]);
 */
export async function createEyeClassifier(
  modelPath: string,
  options: { readonly threads?: number } = {},
): Promise<EyeClassifier> {
  const model = await readModel(modelPath);
  return createEyeClassifierFromModel(model, modelPath, options);
}

/**
 * As `createEyeClassifier`, from the bytes of a model.
 * @param name what error messages call the model
 */
export async function createEyeClassifierFromModel(
  model: Uint8Array,
  name: string,
  options: { readonly threads?: number } = {},
): Promise<EyeClassifier> {
  const info = readInfo(model, name);
  const session = await openSession(model, name, options.threads ?? 1);
  return {
    info,
    classify: (crops) => classify(session, info, crops),
    release: () => session.release(),
  };
}

async function readModel(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new Error(`Cannot read the eye-state model ${path}. Check classify.model in the configuration, `
      + 'or train one with "pipeline train".', { cause: error });
  }
}

function readInfo(model: Uint8Array, name: string): EyeModelInfo {
  let metadata;
  try {
    metadata = readMetadata(model);
  } catch (error) {
    throw new Error(damaged(name), { cause: error });
  }
  const info = infoFromMetadata(metadata);
  if (!info) {
    throw new Error(`${name} is not an eye-state model of this version of the tool. `
      + 'Set classify.model to a file that "pipeline train" wrote.');
  }
  return info;
}

async function openSession(model: Uint8Array, name: string, threads: number): Promise<Session> {
  try {
    return await createSession(model, { threads });
  } catch (error) {
    throw new Error(damaged(name), { cause: error });
  }
}

function damaged(name: string): string {
  return `The eye-state model ${name} is damaged. Fetch it again, or train one with "pipeline train".`;
}

async function classify(session: Session, info: EyeModelInfo, crops: readonly EyeCrop[]): Promise<EyeAnswer[]> {
  if (crops.length === 0) return [];
  const size = info.width * info.height;
  const pixels = new Uint8Array(crops.length * size);
  for (const [index, crop] of crops.entries()) {
    if (crop.width !== info.width || crop.height !== info.height) {
      throw new Error(`an eye crop is ${String(crop.width)}x${String(crop.height)} px, the model takes ${String(info.width)}x${String(info.height)}`);
    }
    pixels.set(crop.data, index * size);
  }
  const input = byteTensor(pixels, [crops.length, info.height, info.width]);
  const outputs = await session.run({ [EYES_INPUT]: input });
  const [open, visible] = [floatsOf(outputs, OPEN_OUTPUT), floatsOf(outputs, VISIBLE_OUTPUT)];
  return crops.map((_, index) => ({ open: open[index] ?? Number.NaN, visible: visible[index] ?? Number.NaN }));
}
