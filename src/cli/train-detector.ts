/**
 * `pipeline train` on photos with boxes: a face detector.
 */
import { existsSync, readFileSync } from 'node:fs';
import { resolve as resolvePath } from 'node:path';
import { z } from 'zod';
import type { Config } from '../pipeline/config.js';
import { UsageError } from '../core/usage-error.js';
import { evaluatePortrait } from '../train/detection/evaluate.js';
import { exportPortrait } from '../train/detection/export.js';
import { importPortrait } from '../train/detection/import.js';
import { describeEvaluation, trainDetector } from '../train/detection/loop.js';
import { openPackedPhotos, type PackedPhoto } from '../train/detection/packed-photos.js';
import { mixSeed } from '../train/data/random.js';
import { contentHash } from '../files/content-hash.js';
import { checkSameData, createRunFolder, openRunFolder, runFiles, type RunFolder } from '../train/loop/run-folder.js';
import { exitCodes } from './exit-codes.js';
import { log } from './log.js';

interface DetectorOptions {
  /** Another packed file to validate on; a share of the first where not given. */
  readonly validation?: string;
  readonly resume?: string;
  readonly more?: string;
  readonly findLr?: true;
  readonly sweep?: string;
  readonly showBatch?: string;
}

/** Trains, exports and says how good the net is. */
export async function trainOnPhotos(data: string, config: Config, options: DetectorOptions): Promise<void> {
  if ([options.findLr, options.more, options.sweep, options.showBatch].some((option) => option !== undefined)) {
    throw new UsageError('--find-lr, --more, --sweep and --show-batch are for eye-state nets. A detector has train_detector.lr; to train on, give --init.');
  }
  const photos = openPackedPhotos(data);
  const begun = options.resume === undefined ? undefined : openRunFolder(options.resume);
  const validation = await validationFile(options.validation, begun);
  const parts = validation === undefined ? split(photos, config) : { training: photos, validation: openPackedPhotos(validation.path) };
  if (parts.training.length === 0 || parts.validation.length === 0) {
    throw new UsageError(`${data} holds too few photos to train on and to validate on. Pack more, or give --validation.`);
  }
  const digest = await contentHash(data);
  const { resume } = options;
  const { init } = config.train;
  const weights = init === 'none' || resume !== undefined ? undefined : importPortrait(readFileSync(init), init);
  const folder = begun ?? createRunFolder(config, data, digest, config.train_detector.name);
  if (begun !== undefined) checkSameData(begun, digest);
  else if (validation !== undefined) folder.write(runFiles.validation, `${JSON.stringify(validation)}\n`);
  const say = (line: string): void => {
    log.log(line);
    folder.note(line);
  };
  const stop = new AbortController();
  process.once('SIGINT', () => { stop.abort(); });
  process.once('SIGTERM', () => { stop.abort(); });
  say(`${folder.path}: ${String(parts.training.length)} photos to train on, ${String(parts.validation.length)} to validate on`);
  const outcome = await trainDetector({
    config, ...parts, folder, resume: resume !== undefined, stop: stop.signal, say, ...(weights ? { init: weights } : {}),
  });
  if (outcome.interrupted) {
    process.exitCode = exitCodes.failure;
    return;
  }
  const { average, statistics } = outcome.best.state;
  for (const precision of ['fp32', 'fp16'] as const) {
    const model = exportPortrait(outcome.layout, { parameters: average, statistics }, precision);
    const name = precision === 'fp32' ? 'portrait.onnx' : `portrait.${precision}.onnx`;
    folder.write(name, model);
    const evaluation = await evaluatePortrait(model, parts.validation, config.image, 1);
    say(`${name}: ${(model.length / 1000).toFixed(0)} KB, ${describeEvaluation(evaluation)}`);
  }
}

const validationSchema = z.object({ path: z.string(), sha256: z.string() });

/**
 * The packed file to validate on, undefined where it is a share of the training file. A run goes on with the one that it began with.
 * @throws UsageError if that is gone or changed, or another one is given
 */
async function validationFile(given: string | undefined, begun: RunFolder | undefined): Promise<z.infer<typeof validationSchema> | undefined> {
  const file = given === undefined ? undefined : { path: resolvePath(given), sha256: await contentHash(given) };
  if (begun === undefined) return file;
  const began = existsSync(begun.file(runFiles.validation)) ? validationSchema.parse(JSON.parse(readFileSync(begun.file(runFiles.validation), 'utf8'))) : undefined;
  const now = file ?? (began !== undefined && existsSync(began.path) ? { path: began.path, sha256: await contentHash(began.path) } : undefined);
  if (now?.sha256 === began?.sha256) return now;
  throw new UsageError(`${begun.path} is validated on ${began?.path ?? 'a share of its photos'}. `
    + (began === undefined ? 'Leave out --validation.' : 'Give --validation that file as it was.'));
}

/** By photo, the same for the same seed whatever else is packed. */
function split(photos: readonly PackedPhoto[], { data: { validation, split_seed: seed } }: Config): {
  training: PackedPhoto[]; validation: PackedPhoto[];
} {
  const kept = ({ source, path }: PackedPhoto): boolean => {
    const hash = mixSeed(seed, ...Buffer.from(`${source}/${path}`));
    return hash / 2 ** 32 < validation;
  };
  return { training: photos.filter((photo) => !kept(photo)), validation: photos.filter(kept) };
}
