/**
 * Whether a worker may judge the photos of a run: it must give the same results as every other, byte for byte.
 */
import { DETECTOR } from '../classify/settings.js';
import { UsageError } from '../core/usage-error.js';
import { checkStages } from '../pipeline/stages.js';
import { parseConfig, type Config } from '../pipeline/config.js';
import type { PhotoSettings } from '../pipeline/photo.js';
import { settleEngine } from '../pipeline/engine.js';
import { describeJudge, type Judge } from '../run/fingerprint.js';
import { isSeenBelow } from './root.js';
import type { RunRecord } from './run-record.js';

/** What a worker has. */
export interface WorkerSelf {
  /** As `openRoot` gives it. */
  readonly root: string;
  /** Its own settings, of which only the number of workers and the places of models count. */
  readonly config: Config;
}

export type Admission =
  /** The settings of the run, with what is this worker's own. */
  | { readonly settings: PhotoSettings }
  /** Why not, and what to do: sentences. */
  | { readonly refused: string };

/** Decides about one run. */
export async function admit(record: RunRecord, self: WorkerSelf): Promise<Admission> {
  try {
    const sent = parseConfig(record.config);
    const config = {
      ...sent,
      detect: { ...sent.detect, portrait_model: self.config.detect.portrait_model },
      classify: { ...sent.classify, ...(sent.classify.model === DETECTOR ? {} : { model: self.config.classify.model }) },
      run: { ...sent.run, workers: self.config.run.workers },
    };
    const refused = difference(record.judge, await describeJudge(config)) ?? await rootProblem(record, self.root);
    // Engine and device are those of the run: others give other digits, and where they are not to be had, that is said.
    await settleEngine(config);
    await checkStages(config);
    return refused === undefined ? { settings: { config, previews: record.previews } } : { refused };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    // Another version has other settings: that is what there is to say then.
    return { refused: versionDifference(record.judge, await describeJudge(self.config)) ?? error.message };
  }
}

/** What of two judges gives other results, as a sentence; undefined where nothing does. */
export function difference(theirs: Judge, ours: Judge): string | undefined {
  const version = versionDifference(theirs, ours);
  if (version !== undefined) return version;
  if (theirs.machine !== ours.machine) {
    return `The run is judged on ${theirs.machine}, this worker runs on ${ours.machine}: the last digits of its results could differ.`;
  }
  const package_ = Object.keys({ ...theirs.packages, ...ours.packages }).find((name) => theirs.packages[name] !== ours.packages[name]);
  if (package_ !== undefined) {
    return `The run is judged with ${package_} ${theirs.packages[package_] ?? 'none'}, this worker has ${ours.packages[package_] ?? 'none'}. Install the same.`;
  }
  const net = Object.values(theirs.models).sort().join() === Object.values(ours.models).sort().join() ? undefined
    : Object.keys(ours.models).find((name) => !Object.values(theirs.models).includes(ours.models[name] ?? ''));
  return net === undefined ? undefined
    : `The net ${net} of this worker is not the run's. Give it the run's: --model for the eye-state net, the same package for all others.`;
}

function versionDifference(theirs: Judge, ours: Judge): string | undefined {
  if (theirs.version !== ours.version) {
    return `The run is of version ${theirs.version}, this worker of version ${ours.version}. Install the same version.`;
  }
  return theirs.program === ours.program ? undefined
    : `The program of this worker is another build of version ${ours.version} than the run's. Install the same package.`;
}

/** A folder that holds none of the run's photos is another one, or not mounted. */
export async function rootProblem({ samples, host, root: theirs }: Pick<RunRecord, 'samples' | 'host' | 'root'>, root: string): Promise<string | undefined> {
  const [first] = samples;
  if (first === undefined) return undefined;
  const seen = await Promise.all(samples.map((sample) => isSeenBelow(root, sample)));
  return seen.includes(true) ? undefined
    : `The folder ${root} (--root) is not the run's: ${first.path} is not there as it is on ${host}. Name the folder that is called ${theirs} there, and see whether it is mounted.`;
}
