/**
 * Training: milliseconds a step and images a second for two backbones, beside PyTorch on the same net where python3 has
 * it; the loader's rate beside decoding the same crops from files; how long a step waits for the loader.
 *
 * Run `npm run build` first. Needs ../shared/data beside the checkout for the loader. `--threads 1` for one thread;
 * PYTHON names another python. About a minute on two idle cores.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cpus } from 'node:os';
import { performance } from 'node:perf_hooks';
import { fileURLToPath, URL } from 'node:url';
import { parseArgs } from 'node:util';
import { createBackbone } from '../dist/train/backbones/index.js';
import { cutCanvas } from '../dist/train/data/canvas.js';
import { createLoader } from '../dist/train/data/loader.js';
import { datasetOf } from '../dist/train/data/packed-file.js';
import { openSource } from '../dist/train/data/sources.js';
import { madeUpBatch } from '../dist/train/loop/batch.js';
import { createTrainingStep, initialState, layoutOf } from '../dist/train/loop/step.js';
import { loadConfig } from '../dist/config/load.js';
import { patchEye } from '../dist/train/data/labelled-eyes.js';

const { values: { threads: threadText } } = parseArgs({ options: { threads: { type: 'string', default: '2' } } });
const threads = Number(threadText);
const batch = 64;
const height = 32;
const width = 48;
const warmUp = 3;
const steps = 20;
const rounds = 5;
/** The same net in PyTorch is in train-torch.py; keep both alike. */
const backbones = [{ name: 'plain-small', torch: true }, { name: 'plain-base', torch: true }, { name: 'mobile-small', torch: false }];
const optimizer = { name: 'adamw', weightDecay: 0.02, clip: 1 };
const sets = ['eyes/cew_patches.tar', 'eyes/kaggle_drowsiness.tar'];
const eyesASet = 500;

const say = (line = '') => process.stdout.write(`${line}\n`);
const row = (...cells) => say(`| ${cells.join(' | ')} |`);
const head = (...cells) => { row(...cells); row(...cells.map(() => '---')); };
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

async function prepareStep(name) {
  const backbone = createBackbone(name);
  const step = await createTrainingStep(backbone, { batch, height, width, optimizer, labelSmoothing: 0, threads });
  return { step, state: initialState(layoutOf(backbone), optimizer.name, 1) };
}

/** Median milliseconds of a step. */
async function measureSteps(name) {
  const { step, state: start } = await prepareStep(name);
  const data = madeUpBatch(batch, height, width);
  const times = [];
  let state = start;
  for (let index = -warmUp; index < steps; index += 1) {
    const from = performance.now();
    ({ state } = await step.run(state, data, 0.001));
    if (index >= 0) times.push(performance.now() - from);
  }
  await step.release();
  return median(times);
}

/** Median milliseconds of a step of the same net in PyTorch, and its version; or why there is none. */
function measureTorch(name) {
  const script = fileURLToPath(new URL('./train-torch.py', import.meta.url));
  const options = { name, batch, height, width, threads, steps, warmUp };
  const { status, stdout, error } = spawnSync(process.env.PYTHON ?? 'python3', [script, JSON.stringify(options)], { encoding: 'utf8' });
  if (error) return { why: 'there is no python3' };
  if (status !== 0) return { why: 'python3 has no torch' };
  return JSON.parse(stdout);
}

async function benchSteps() {
  say(`### A step: batch ${batch}, ${height}x${width}, ${optimizer.name}, ${threads} thread(s), ${cpus().length} x ${cpus()[0]?.model.trim()}\n`);
  head('backbone', 'parameters', 'ms a step', 'images a second', 'PyTorch, same net', 'ratio');
  for (const { name, torch } of backbones) {
    // By turns: what else the machine does falls on both.
    const ours = [];
    const theirs = [];
    for (let round = 0; round < rounds; round += 1) {
      ours.push(await measureSteps(name));
      theirs.push(torch ? measureTorch(name) : { why: 'not compared' });
    }
    const ms = median(ours);
    const other = theirs.some((result) => result.ms === undefined) ? theirs[0] : { ...theirs[0], ms: median(theirs.map((result) => result.ms)) };
    const parameters = layoutOf(createBackbone(name)).parameters.reduce((sum, { size }) => sum + size, 0);
    row(name, parameters, ms.toFixed(1), (batch / (ms / 1000)).toFixed(0),
      other.ms === undefined ? `(${other.why})` : `${other.ms.toFixed(1)} ms (torch ${other.version})`,
      other.ms === undefined ? '' : `${(ms / other.ms).toFixed(2)}`);
  }
}

/** Some eyes of each set, and how many a second their files give. */
async function readFiles() {
  const config = loadConfig();
  const rows = [];
  let seconds = 0;
  for (const set of sets) {
    const source = await openSource(fileURLToPath(new URL(`../../shared/data/${set}`, import.meta.url)));
    const stride = Math.max(1, Math.floor(source.images.length / eyesASet));
    const images = source.images.filter((_, index) => index % stride === 0);
    const from = performance.now();
    for (const { file, path, labels } of images) {
      const { image, region } = await patchEye(file, config);
      rows.push({
        pixels: cutCanvas(image, region), label: labels.left ?? labels.right ?? 0, source: source.name, group: path, path,
        cropWidth: region.width,
      });
    }
    seconds += (performance.now() - from) / 1000;
    source.close();
  }
  return { dataset: datasetOf(rows), rate: rows.length / seconds };
}

async function benchLoader() {
  say('\n### The loader, with full augmentation\n');
  if (!existsSync(fileURLToPath(new URL('../../shared/data', import.meta.url)))) {
    say('(skipped: no ../shared/data)');
    return;
  }
  const { dataset, rate: fileRate } = await readFiles();
  const all = Int32Array.from({ length: dataset.length }, (_, index) => index);
  head('source of crops', 'crops a second', 'times the files');
  row(`decoding ${dataset.length} files`, fileRate.toFixed(0), '1.0');
  for (const [height_, width_] of [[16, 24], [32, 48]]) {
    const loader = createLoader(dataset, all, { batchSize: batch, seed: 1, workers: 1, samplesPerEpoch: 8000 });
    let count = 0;
    let from = 0;
    for await (const { count: eyes } of loader.epoch(0, { height: height_, width: width_, strength: 1 })) {
      // The first batch waits for the thread to start.
      if (from === 0) from = performance.now();
      else count += eyes;
    }
    const rate = count / ((performance.now() - from) / 1000);
    await loader.close();
    row(`loader, ${height_}x${width_}, one thread`, rate.toFixed(0), (rate / fileRate).toFixed(1));
  }
  say();
  head('backbone', 'share of the time that steps wait for batches');
  for (const { name } of backbones) row(name, `${(100 * await waitingShare(name, dataset, all)).toFixed(1)} %`);
}

async function waitingShare(name, dataset, all) {
  const { step, state: start } = await prepareStep(name);
  const loader = createLoader(dataset, all, { batchSize: batch, seed: 1, workers: 1, samplesPerEpoch: 60 * batch });
  let state = start;
  const epoch = async (number) => {
    const from = performance.now();
    const { ms } = loader.waited();
    for await (const data of loader.epoch(number, { height, width, strength: 1 })) ({ state } = await step.run(state, data, 0.001));
    return (loader.waited().ms - ms) / (performance.now() - from);
  };
  // The first epoch waits for the thread to start.
  await epoch(0);
  const share = await epoch(1);
  await loader.close();
  await step.release();
  return share;
}

await benchSteps();
await benchLoader();
