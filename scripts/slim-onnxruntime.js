/**
 * Prepares the copy of onnxruntime-node that our package carries (bundleDependencies), before it is packed: node_modules' own
 * package.json of it is written anew, so that npm packs less of it and a user's npm runs no script. `npm ci` undoes it.
 *
 * node scripts/slim-onnxruntime.js [PLATFORM/ARCH ...]      without any: all that onnxruntime-node has
 *
 * Left out, and why:
 * - its install script, which downloads CUDA libraries from NuGet on linux/x64 and fails the whole installation where it may not.
 *   The file stays: who wants CUDA calls it by hand, as `pipeline doctor` says;
 * - DirectML.dll (win32), loaded only when a session asks for DirectML, which no setting here does;
 * - the second copy of the library in darwin; the binding names the other.
 */
import { readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createRequire } from 'node:module';

const path = createRequire(import.meta.url).resolve('onnxruntime-node/package.json');
const binaries = join(dirname(path), 'bin', 'napi-v6');
const all = readdirSync(binaries).flatMap((platform) =>
  readdirSync(join(binaries, platform)).map((arch) => `${platform}/${arch}`));

const asked = process.argv.slice(2);
const unknown = asked.filter((platform) => !all.includes(platform));
if (unknown.length > 0) {
  process.stderr.write(`onnxruntime-node has nothing for ${unknown.join(', ')}; there are: ${all.join(', ')}.\n`);
  process.exit(2);
}

const description = JSON.parse(readFileSync(path, 'utf8'));
delete description.scripts;
delete description.devDependencies;
description.files = [
  'dist/*.js', 'dist/*.d.ts', 'script/install*.js',
  ...(asked.length > 0 ? asked : all).map((platform) => `bin/napi-v6/${platform}`),
  '!bin/napi-v6/win32/*/DirectML.dll',
  '!bin/napi-v6/darwin/*/libonnxruntime.1.*.dylib',
];
// Beside and renamed: other checkouts may share the file that is there now.
writeFileSync(`${path}.new`, `${JSON.stringify(description, undefined, 2)}\n`);
renameSync(`${path}.new`, path);
