/**
 * The package as a stranger gets it: packed, installed into empty folders from the npm registry, and run.
 */
import { execFile, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { demoPhotos } from '../support/shared-data.js';
import { pipeline } from '../support/pipeline.js';
import { containing } from '../support/matchers.js';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));
const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];

/** Everything but what the npm that runs these tests has put there, so that only the folder's own settings count. */
const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)
  || name.toLowerCase() === 'npm_config_registry'));

const hasRegistry = spawnSync('npm', ['ping', '--fetch-retries=0', '--fetch-timeout=10000'], { env: environment }).status === 0;
const skipped = hasRegistry ? '' : ' (skipped: npm cannot reach its registry)';

const packed = z.array(z.object({ filename: z.string(), files: z.array(z.object({ path: z.string() })) })).length(1);
const installed = z.object({ packages: z.record(z.string(), z.object({ hasInstallScript: z.boolean().optional() })) });

/** Runs a command in a folder; its standard output. */
async function command(folder: string, name: string, ...arguments_: readonly string[]): Promise<string> {
  const { stdout } = await run(name, [...arguments_], { cwd: folder, env: environment, maxBuffer: 2 ** 26 });
  return stdout;
}

let folder: string;
let tarball: string;
let files: string[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pipeline package '));
  // Without scripts: building anew would pull the files from under the tests that run beside this one.
  await command(root, 'node', 'scripts/slim-onnxruntime.js', `${process.platform}/${process.arch}`);
  const output = await command(root, 'npm', 'pack', '--ignore-scripts', '--json', '--pack-destination', folder);
  const [description] = packed.parse(JSON.parse(output));
  tarball = join(folder, description?.filename ?? '');
  files = description?.files.map(({ path }) => path) ?? [];
});

afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

describe('the tarball', () => {
  it('holds the compiled nets with the licences of their weights', () => {
    for (const name of ['blazeface', 'facemesh', 'ssd-mobilenet-v1', 'tiny-face', 'landmarks68']) expect(files).toContain(`dist/nets/${name}.onnx`);
    expect(files).toEqual(expect.arrayContaining([
      'dist/bin/LICENSES.txt', 'dist/nets/LICENSE-vladmandic-human', 'dist/nets/LICENSE-vladmandic-face-api', 'models/eye-state.onnx', 'config.yaml', 'LICENSE', 'THIRD-PARTY.md',
    ]));
  });

  it('holds neither sources nor what only a checkout needs', () => {
    const own = files.filter((path) => !path.startsWith('node_modules/'));
    expect(own.filter((path) => !/^(bin|dist|models)\/|^(config\.yaml|config\.schema\.json|report\.schema\.json|package\.json|README\.md|LICENSE|THIRD-PARTY\.md)$/.test(path))).toEqual([]);
    expect(own.filter((path) => /\.map$|^dist\/weights\//.test(path))).toEqual([]);
  });

  it('carries onnxruntime for this platform, without a script and without what no setting uses', () => {
    const runtime = files.filter((path) => path.startsWith('node_modules/onnxruntime-node/'));
    const platforms = new Set(runtime.flatMap((path) => /\/bin\/[^/]+\/([^/]+\/[^/]+)\//.exec(path)?.[1] ?? []));
    expect([...platforms]).toEqual([`${process.platform}/${process.arch}`]);
    expect(runtime.filter((path) => path.includes('DirectML'))).toEqual([]);
  });
});

describe.skipIf(!hasRegistry)(`installed in a project${skipped}`, () => {
  let project: string;
  let judged: string;

  beforeAll(async () => {
    project = join(folder, 'a project with spaces');
    mkdirSync(project);
    writeFileSync(join(project, 'package.json'), '{ "name": "project", "private": true }');
    await command(project, 'npm', 'install', ...quiet, tarball);
    for (const photo of demoPhotos) cpSync(photo, join(project, basename(photo)), { preserveTimestamps: true });
    judged = join(folder, 'checkout.csv');
    await pipeline('run', ...demoPhotos, '--report', judged);
  });

  it('runs no install script: nothing but the registry is asked for anything', () => {
    const { packages } = installed.parse(JSON.parse(readFileSync(join(project, 'node_modules', '.package-lock.json'), 'utf8')));
    expect(Object.keys(packages)).toContain('node_modules/portrait-pipeline/node_modules/onnxruntime-node');
    expect(Object.entries(packages).filter(([, { hasInstallScript }]) => hasInstallScript === true).map(([name]) => name)).toEqual([]);
  });

  it('brings neither the packages that the nets come from nor those for development', () => {
    for (const name of ['@vladmandic', '@tensorflow', 'typescript', 'vitest']) expect(existsSync(join(project, 'node_modules', name)), name).toBe(false);
  });

  it.each(['pipeline', 'portrait-pipeline'])('judges the demo photos as the checkout does, called %s', async (name) => {
    const photos = readdirSync(project).filter((file) => file.endsWith('.jpg')).sort();
    await command(project, 'npx', '--no-install', name, 'run', ...photos, '--report', `${name}.csv`);
    expect(readFileSync(join(project, `${name}.csv`), 'utf8')).toBe(readFileSync(judged, 'utf8'));
  });

  it('is a library, with types', async () => {
    const source = "import { openPipeline, type PhotoResult } from 'portrait-pipeline';\n"
      + 'const pipeline = await openPipeline({ config: { detect: { min_score: 0.6 } }, workers: 1 });\n'
      + "const result: PhotoResult = await pipeline.judge('sample1.jpg');\n"
      + 'console.log(result.verdict, result.faces.map(({ measured }) => measured.classify.state).join());\n'
      + 'await pipeline.close();\n';
    writeFileSync(join(project, 'use.mts'), source);
    writeFileSync(join(project, 'wrong.mts'), source.replace('min_score: 0.6', "min_score: 'high'"));
    const tsc = (file: string): Promise<string> => command(project, 'node', join(root, 'node_modules', 'typescript', 'bin', 'tsc'), file,
      '--module', 'nodenext', '--target', 'es2022', '--strict', '--skipLibCheck', '--types', 'node', '--typeRoots', join(root, 'node_modules', '@types'));
    await tsc('use.mts');
    await expect(tsc('wrong.mts')).rejects.toMatchObject({ stdout: containing("Type 'string' is not assignable to type 'number'") });
    expect(await command(project, 'node', 'use.mjs')).toBe('reject open,closed,open\n');

    const train = "import { evaluateImages, packImages, trainEyes, type Evaluation, type Trained } from 'portrait-pipeline/train';\n"
      + "export const learn = async (): Promise<[Trained, Evaluation]> => {\n"
      + "  await packImages(['eyes'], 'eyes.arrow', { kind: 'eye' });\n"
      + "  return [await trainEyes('eyes.arrow', { config: { train: { epochs: 1 } } }), await evaluateImages('eyes')];\n"
      + '};\n';
    writeFileSync(join(project, 'train.mts'), train);
    writeFileSync(join(project, 'wrong-train.mts'), train.replace("kind: 'eye'", "kind: 'nose'"));
    await tsc('train.mts');
    await expect(tsc('wrong-train.mts')).rejects.toMatchObject({ stdout: containing('nose') });
  });

  it('finds with doctor all that it needs', async () => {
    expect(await command(project, 'npx', '--no-install', 'portrait-pipeline', 'doctor')).toContain('All that these settings need is there.');
  });
});

describe.skipIf(!hasRegistry)(`installed globally, without scripts${skipped}`, () => {
  it('judges a demo photo', async () => {
    const prefix = join(folder, 'global prefix');
    await command(folder, 'npm', 'install', '--global', '--prefix', prefix, '--ignore-scripts', '--prefer-offline', ...quiet, tarball);
    const bin = process.platform === 'win32' ? prefix : join(prefix, 'bin');
    const csv = await command(folder, join(bin, 'portrait-pipeline'), 'run', demoPhotos[0] ?? '', '--report', '-');
    expect(csv).toContain('sample1.jpg,ok,1920,1280,3,2,');
  });
});
