/**
 * Where this package lies, and what comes with it.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

/** The package's own folder: it holds config.yaml, models/ and dist/. */
export const packageFolder = fileURLToPath(new URL('../..', import.meta.url));

/** Version of the tool, from package.json. */
export function packageVersion(): string {
  return z.object({ version: z.string() }).parse(JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8'))).version;
}

/**
 * The compiled script of a process or thread, also for code that a test has loaded from its TypeScript source.
 * @param name as rolldown.config.js names it
 */
export function workerScript(
  name: 'worker' | 'image-worker' | 'watchdog' | 'loader-worker' | 'gradient-worker' | 'crop-gradient-worker' | 'decode-worker' | 'device-trial',
): string {
  return join(packageFolder, 'dist', 'bin', `${name}.js`);
}

/** The file of a foreign net, as the build compiled it to ONNX from the npm package that carries its weights. */
export function netPath(name: string): string {
  return join(packageFolder, 'dist', 'nets', `${name}.onnx`);
}
