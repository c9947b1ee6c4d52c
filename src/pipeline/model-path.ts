/**
 * Where the eye-state model is. Apart from the stages, so that who only asks for its place need not load onnxruntime.
 */
import { existsSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { UsageError } from '../core/usage-error.js';
import { packageFolder } from '../files/package.js';
import type { Config } from '../config/schema.js';

/**
 * Whether the settings' eye-state model is there: worth knowing before a run begins.
 * @throws UsageError
 */
export function checkModel(config: Config): void {
  const path = modelPath(config.classify.model);
  if (!existsSync(path)) throw new UsageError(`There is no eye-state model ${path} (classify.model). pipeline train makes one.`);
}

/** A relative path means a file in the current folder or, where there is none, one of the package's own. */
export function modelPath(path: string): string {
  if (isAbsolute(path) || existsSync(path)) return resolve(path);
  return join(packageFolder, path);
}
