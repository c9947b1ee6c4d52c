/**
 * The face finder and the stages, loaded once per worker.
 */
import pLimit from 'p-limit';
import type { FaceView } from '../core/face.js';
import type { Measurements } from '../core/measurements.js';
import type { FaceStage, OpenStage, WantedPixels } from '../core/stage.js';
import { createFaceFinder, type FaceFinder } from '../detect/faces.js';
import type { Config } from './config.js';
import { engineOptions } from './engine.js';
import { faceStages } from './face-stages.js';
import { isMeasured } from './measured.js';
import type { StageClock } from './stage-clock.js';

/** Everything that a photo passes through, with its settings. */
export interface Stages {
  readonly config: Config;
  readonly faces: FaceFinder;
  /** What a face needs for the stage that needs most. */
  readonly wants: WantedPixels;
  /** Measures faces with every stage, in their order. */
  measure(views: readonly FaceView[], clock: StageClock): Promise<readonly Measurements[]>;
  /** Runs `work` when no other is running: the nets' buffers are shared by all photos of a worker. */
  exclusive<T>(work: () => Promise<T>): Promise<T>;
  release(): Promise<void>;
}

/**
 * Whether every stage can be opened with these settings: worth knowing before a run begins.
 * @throws UsageError
 */
export async function checkStages(config: Config): Promise<void> {
  for (const { stage, settings } of withSettings(config)) await stage.check(settings);
}

/** The files besides the settings that results depend on: the stages' models. */
export function stageFiles(config: Config): string[] {
  return withSettings(config).flatMap(({ stage, settings }) => stage.files(settings));
}

/** Every stage with its section of the configuration. */
export function withSettings(config: Config): { readonly stage: FaceStage; readonly settings: unknown }[] {
  const sections = new Map<string, unknown>(Object.entries(config));
  return faceStages.map((stage) => ({ stage, settings: sections.get(stage.name) }));
}

/**
 * Loads the nets.
 * @throws if a model is missing or damaged
 */
export async function createStages(config: Config): Promise<Stages> {
  const { threads } = config.runtime;
  const [faces, opened] = await Promise.all([
    engineOptions(config).then((options) => createFaceFinder(config.detect, options)),
    Promise.all(withSettings(config).map(async ({ stage, settings }) => ({ name: stage.name, stage: await stage.open(settings, { threads }) }))),
  ]);
  return {
    config,
    faces,
    wants: {
      face: Math.max(...opened.map(({ stage }) => stage.wants.face)),
      eye: Math.max(...opened.map(({ stage }) => stage.wants.eye)),
    },
    measure: (views, clock) => measureAll(views, opened, clock),
    exclusive: pLimit(1),
    release: async () => { await Promise.all([faces, ...opened.map(({ stage }) => stage)].map((each) => each.release())); },
  };
}

async function measureAll(
  views: readonly FaceView[],
  opened: readonly { readonly name: string; readonly stage: OpenStage<unknown> }[],
  clock: StageClock,
): Promise<Measurements[]> {
  const found: Record<string, unknown>[] = views.map(() => ({}));
  for (const { name, stage } of opened) {
    const values = await clock.time(name, () => stage.measure(views));
    for (const [index, face] of found.entries()) face[name] = values[index];
  }
  return found.map((measured) => {
    if (!isMeasured(measured)) throw new Error('A stage measured fewer faces than it was given.');
    return measured;
  });
}
