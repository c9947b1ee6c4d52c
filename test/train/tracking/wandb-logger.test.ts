import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, URL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { packageFolder } from '../../../src/files/package.js';
import { createWandbLogger, type WandbOptions } from '../../../src/train/tracking/wandb-logger.js';

const folder = mkdtempSync(join(tmpdir(), 'wandb-'));
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

/** A Python that has a wandb with a reader of its own (0.13 to 0.21). */
const python = process.env['WANDB_PYTHON'] ?? 'python3';
const quiet = { ...process.env, WANDB_MODE: 'offline', WANDB_SILENT: 'true', PYTHONWARNINGS: 'ignore' };
const missing = spawnSync(python, ['-c', 'from wandb.sdk.internal import datastore'], { env: quiet }).status === 0
  ? '' : ' (skipped: no wandb before 0.22 in WANDB_PYTHON or python3)';

const item = z.object({ nested_key: z.array(z.string()).optional(), key: z.string().optional(), value_json: z.string() });
const recordSchema = z.looseObject({
  num: z.coerce.number().optional(),
  run: z.looseObject({ run_id: z.string(), project: z.string(), display_name: z.string(), config: z.object({ update: z.array(item) }) }).optional(),
  history: z.object({ item: z.array(item), step: z.object({ num: z.coerce.number().default(0) }).optional() }).optional(),
  summary: z.object({ update: z.array(item) }).optional(),
  output_raw: z.looseObject({ line: z.string() }).optional(),
  stats: z.looseObject({ item: z.array(item) }).optional(),
  files: z.object({ files: z.array(z.looseObject({ path: z.string() })) }).optional(),
  artifact: z.looseObject({ type: z.string(), digest: z.string(), manifest: z.looseObject({ contents: z.array(z.looseObject({ local_path: z.string() })) }) }).optional(),
  exit: z.looseObject({ exit_code: z.number().optional() }).optional(),
});

type Record_ = z.infer<typeof recordSchema>;

function logIn(run: string): string {
  const [name = ''] = readdirSync(join(run, 'wandb'));
  return join(run, 'wandb', name, `run-${String(name.split('-').at(-1))}.wandb`);
}

/** What the wandb package reads. */
function records(log: string): Record_[] {
  const script = fileURLToPath(new URL('./read-wandb.py', import.meta.url));
  const { status, stdout, stderr } = spawnSync(python, [script, log], { env: quiet, encoding: 'utf8', maxBuffer: 1e8 });
  expect({ status, stderr }).toMatchObject({ status: 0 });
  return stdout.trim().split('\n').map((line) => recordSchema.parse(JSON.parse(line)));
}

function valuesOf(items: readonly z.infer<typeof item>[]): Record<string, unknown> {
  return Object.fromEntries(items.map(({ nested_key, key, value_json }) => [nested_key?.join('.') ?? key ?? '', JSON.parse(value_json)]));
}

function options(name: string, changes: Partial<WandbOptions> = {}): WandbOptions {
  return {
    folder: join(folder, name), project: 'eyes', name, config: { train: { lr: 0.004, sizes: ['16x24', '32x48'] } }, commit: 'abc',
    onProblem: (problem) => { throw new Error(problem); }, ...changes,
  };
}

const step = (number: number) => ({ step: number, epoch: 1 + Math.floor(number / 10), loss: 1 / number, gradientNorm: 2, learningRate: 0.001 });

describe.skipIf(missing !== '')(`a run for Weights & Biases${missing}`, () => {
  it('is read by its own package: settings, history, console, machine, pictures, model', async () => {
    const logger = createWandbLogger(options('whole'));
    for (let number = 1; number <= 300; number += 1) logger.step(step(number));
    logger.epoch({ epoch: 1, size: '16x24', train_loss: 0.4, validation_f1: 0.9 });
    logger.line('epoch 1 16x24: Größe "ü"');
    const model = join(folder, 'eye-state.onnx');
    writeFileSync(model, 'weights');
    await logger.results({
      figures: { 'test/weighted_f1': 0.98 }, confusion: [[41, 2], [3, 57]], models: [model],
      pictures: { loss: '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30"><rect width="9" height="9"/></svg>' },
    });
    logger.close(0);

    const log = logIn(join(folder, 'whole'));
    const all = records(log);
    expect(all.map(({ num }) => num)).toEqual(all.map((_, index) => index + 1));
    const run = all.find((record) => record.run)?.run;
    expect(run).toMatchObject({ project: 'eyes', display_name: 'whole' });
    expect(valuesOf(run?.config.update ?? [])).toMatchObject({ train: { lr: 0.004, sizes: ['16x24', '32x48'] } });
    const history = all.flatMap((record) => (record.history ? [record.history] : []));
    expect(history.map((row) => row.step?.num ?? 0)).toEqual(history.map((_, index) => index));
    expect(valuesOf(history[299]?.item ?? [])).toMatchObject({ 'train/step': 300, 'train/loss': 1 / 300, 'train/gradient_norm': 2, _step: 299 });
    expect(valuesOf(history[300]?.item ?? [])).toMatchObject({ epoch: 1, 'epoch/validation_f1': 0.9 });
    const summary = Object.fromEntries(all.flatMap((record) => Object.entries(valuesOf(record.summary?.update ?? []))));
    expect(summary).toMatchObject({ validation_f1: 0.9, 'test/weighted_f1': 0.98 });
    expect(all.find((record) => record.output_raw)?.output_raw?.line).toBe('epoch 1 16x24: Größe "ü"\n');
    expect(valuesOf(all.find((record) => record.stats)?.stats?.item ?? [])['proc.memory.rssMB']).toBeGreaterThan(1);
    expect(all.at(-1)?.exit).toBeDefined();

    const media = history.map((row) => valuesOf(row.item)).flatMap((values) =>
      Object.values(values).flatMap((value) => mediaSchema.safeParse(value).data ?? []));
    expect(media.map(({ _type }) => _type)).toEqual(['table-file', 'image-file']);
    for (const { path, sha256 } of media) {
      const content = readFileSync(join(log, '..', 'files', path));
      expect(createHash('sha256').update(content).digest('hex')).toBe(sha256);
      expect(all.some((record) => record.files?.files.some((file) => file.path === path))).toBe(true);
    }
    const artifact = all.find((record) => record.artifact)?.artifact;
    expect(artifact).toMatchObject({ type: 'model' });
    expect(artifact?.manifest.contents.map(({ local_path }) => existsSync(local_path))).toEqual([true]);
  });

  it('is listed by "wandb sync --view"', () => {
    const logger = createWandbLogger(options('viewed'));
    logger.step(step(1));
    logger.close(0);
    const { stdout, stderr } = spawnSync(python, ['-m', 'wandb', 'sync', '--view', join(logIn(join(folder, 'viewed')), '..')],
      // It asks for a key, even to look at a file; this one opens nothing.
      { env: { ...quiet, WANDB_API_KEY: '0'.repeat(40) }, encoding: 'utf8', cwd: folder });
    expect(stdout + stderr).toMatch(/Record: header\n.*Record: run\n.*Record: history\n.*Record: exit/s);
  });

  it('is whole after a kill, and a resumed run goes on with it from where its checkpoint stands', async () => {
    const script = join(folder, 'endless.mjs');
    writeFileSync(script, `
      const { createWandbLogger } = await import(${JSON.stringify(join(packageFolder, 'dist', 'train', 'tracking', 'wandb-logger.js'))});
      const logger = createWandbLogger({ folder: ${JSON.stringify(join(folder, 'killed'))}, project: 'eyes', name: 'killed', config: {}, commit: '', onProblem: () => {} });
      for (let step = 1; ; step += 1) {
        logger.step({ step, epoch: 1 + Math.floor(step / 10), loss: 1 / step, gradientNorm: 2, learningRate: 0.001 });
        if (step === 400) process.stdout.write('going');
      }`);
    const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    const log = logIn(join(folder, 'killed'));
    expect(records(log).filter((record) => record.history).length).toBeGreaterThan(100);

    const logger = createWandbLogger(options('killed', { resumeAt: { step: 40, epoch: 3 } }));
    logger.step(step(41));
    logger.close(0);
    expect(readdirSync(join(folder, 'killed', 'wandb'))).toHaveLength(1);
    const all = records(log);
    expect(all.flatMap((record) => (record.history ? [valuesOf(record.history.item)['train/step']] : [])))
      .toEqual(Array.from({ length: 41 }, (_, index) => index + 1));
    expect(all.map(({ num }) => num)).toEqual(all.map((_, index) => index + 1));
  });
});

const mediaSchema = z.object({ _type: z.enum(['image-file', 'table-file']), path: z.string(), sha256: z.string() });

describe('a log for Weights & Biases that the disk refuses', () => {
  it.skipIf(!existsSync('/dev/full'))('is given up with one word, and training goes on', () => {
    const problems: string[] = [];
    const logger = createWandbLogger(options('full', { onProblem: (problem) => { problems.push(problem); } }));
    logger.close(0);
    // Its file is closed: every further record fails.
    logger.step(step(1));
    logger.line('more');
    expect(problems).toEqual([expect.stringMatching(/^The log for Weights & Biases cannot be written any more: /)]);
  });
});
