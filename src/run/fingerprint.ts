/**
 * Everything but the photos that results depend on, as one short text, or part by part for who has to say what differs.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { installedVersion } from '../files/installed-version.js';
import { netFiles } from '../detect/registry.js';
import { packageFolder, packageVersion, workerScript } from '../files/package.js';
import type { Config } from '../pipeline/config.js';
import type { PhotoSettings } from '../pipeline/photo.js';
import { stageFiles } from '../pipeline/stages.js';

/** Sections of the configuration, and settings beside it, that change no result of a photo. All others do, or may. */
const cannotMatter: ReadonlySet<string> = new Set(['data', 'train', 'train_detector', 'xmp', 'run', 'queue', 'debugCrops']);

/** Packages whose versions the pixels and probabilities depend on. */
const decisive = [
  'sharp', 'onnxruntime-node', 'heic-decode', '@tensorflow/tfjs', '@tensorflow/tfjs-backend-wasm', '@tensorflow/tfjs-node',
  '@tensorflow/tfjs-node-gpu',
] as const;

/**
 * Fingerprint of a run: two runs with the same one give the same result for the same photo.
 * @param folder the folder that photos are named by
 */
export async function runFingerprint(settings: PhotoSettings, folder: string): Promise<string> {
  const { config, ...rest } = settings;
  const judging = [...judgingSettings(config), ...Object.entries(rest).filter(([key]) => !cannotMatter.has(key))];
  const versions = await Promise.all(decisive.map(async (name) => [name, await installedVersion(name) ?? null] as const));
  const parts = [
    await contentOf(join(packageFolder, 'package.json')),
    ...await Promise.all(judgingFiles(config).map(contentOf)),
    JSON.stringify({ judging, folder, versions, machine: [process.platform, process.arch] }),
  ];
  const hash = createHash('sha256');
  for (const part of parts) hash.update(hashOf(part));
  return hash.digest('hex');
}

/** The sections of the configuration that results depend on. */
export function judgingSettings(config: Config): [name: string, section: unknown][] {
  return Object.entries(config).filter(([name]) => !cannotMatter.has(name));
}

/** The models that results depend on, as paths of files. */
export function judgingFiles(config: Config): string[] {
  return [...netFiles(config.detect), ...stageFiles(config)];
}

/** What judges photos on a machine, less the settings. */
export interface Judge {
  /** Of this package. */
  readonly version: string;
  /** SHA-256 of the program that worker processes run. */
  readonly program: string;
  readonly machine: string;
  /** Versions of the packages that results depend on. */
  readonly packages: Readonly<Record<string, string>>;
  /** SHA-256 of the models by the names of their files. */
  readonly models: Readonly<Record<string, string>>;
}

/** What would judge photos here with these settings. */
export async function describeJudge(config: Config): Promise<Judge> {
  const packages = await Promise.all(decisive.map(async (name): Promise<[string, string]> => [name, await installedVersion(name) ?? 'none']));
  const models = await Promise.all(judgingFiles(config).map(async (path): Promise<[string, string]> => [basename(path), hashOf(await contentOf(path)).toString('hex')]));
  return {
    version: packageVersion(),
    program: hashOf(await contentOf(workerScript('worker'))).toString('hex'),
    machine: `${process.platform} ${process.arch}`,
    packages: Object.fromEntries(packages),
    models: Object.fromEntries(models),
  };
}

function hashOf(content: Uint8Array | string): Buffer {
  return createHash('sha256').update(content).digest();
}

/** A file that is missing is reported where it is needed; here it only counts as another one. */
async function contentOf(path: string): Promise<Uint8Array> {
  return readFile(path).catch(() => new Uint8Array());
}
