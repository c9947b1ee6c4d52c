/**
 * Everything but the photos that results depend on, as one short text.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { installedVersion } from '../files/installed-version.js';
import { netFiles } from '../detect/registry.js';
import { packageFolder } from '../files/package.js';
import type { Config } from '../pipeline/config.js';
import type { PhotoSettings } from '../pipeline/photo.js';
import { stageFiles } from '../pipeline/stages.js';

/** Sections of the configuration, and settings beside it, that change no result of a photo. All others do, or may. */
const cannotMatter: ReadonlySet<string> = new Set(['data', 'train', 'xmp', 'run', 'debugCrops']);

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
  const versions = await Promise.all(decisive.map(async (name) => [name, await installedVersion(name) ?? null]));
  const parts = [
    await contentOf(join(packageFolder, 'package.json')),
    ...await Promise.all(judgingFiles(config).map(contentOf)),
    JSON.stringify({ judging, folder, versions, machine: [process.platform, process.arch] }),
  ];
  const hash = createHash('sha256');
  for (const part of parts) hash.update(createHash('sha256').update(part).digest());
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

/** A file that is missing is reported where it is needed; here it only counts as another one. */
async function contentOf(path: string): Promise<Uint8Array> {
  return readFile(path).catch(() => new Uint8Array());
}
