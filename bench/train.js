/**
 * Training: milliseconds a step and images a second, beside PyTorch on the same net where python3 has it, in its plainest
 * and in its fastest form; the loader's rate beside decoding the same crops from files; how long a step waits for the
 * loader.
 *
 * Other work on the machine only ever adds to a time, so what is compared is the least of all steps; how far the rounds'
 * own least times lie apart tells how quiet the machine was.
 *
 * Run `npm run build` first. Needs ../shared/data beside the checkout for the loader. `--threads 1` for one thread;
 * PYTHON names another python. About two minutes on two idle cores.
 */
import { existsSync } from 'node:fs';
import { cpus } from 'node:os';
import { performance } from 'node:perf_hooks';
import { fileURLToPath, URL } from 'node:url';
import { parseArgs } from 'node:util';
import { measureTorch } from '../dist/bench/torch.js';
import { createBackbone } from '../dist/train/backbones/index.js';
import { cutCanvas } from '../dist/train/data/canvas.js';
import { createLoader } from '../dist/train/data/loader.js';
import { datasetOf } from '../dist/train/data/packed-file.js';
import { openSource } from '../dist/train/data/sources.js';
import { madeUpBatch } from '../dist/train/loop/step-input.js';
import { createTrainingStep, initialState, layoutOf } from '../dist/train/loop/step.js';
import { loadConfig } from '../dist/pipeline/config.js';
import { patchEye } from '../dist/train/data/labelled-eyes.js';

const { values: { threads: threadText } } = parseArgs({ options: { threads: { type: 'string', default: '2' } } });
const threads = Number(threadText);
const batch = 64;
const height = 32;
const width = 48;
const warmUp = 3;
const steps = 20;
const rounds = 3;
/** The same nets in PyTorch are in train-torch.py; keep both alike. */
const backbones = ['plain-small', 'plain-base', 'mobile-small'];
const optimizer = { name: 'adamw', weightDecay: 0.02, clip: 1 };
const sets = ['eyes/cew_patches.tar', 'eyes/kaggle_drowsiness.tar'];
const eyesASet = 500;

const say = (line = '') => process.stdout.write(`${line}\n`);
const row = (...cells) => say(`| ${cells.join(' | ')} |`);
const head = (...cells) => { row(...cells); row(...cells.map(() => '---')); };
async function prepareStep(name) {
  const backbone = createBackbone(name);
  const step = await createTrainingStep(backbone, { batch, height, width, optimizer, labelSmoothing: 0, threads });
  return { step, state: initialState(layoutOf(backbone), optimizer.name, 1) };
}

/** The least milliseconds of a step. */
async function measureSteps(name) {
  const { step, state: start } = await prepareStep(name);
  const data = madeUpBatch(batch, height, width);
  let least = Infinity;
  let state = start;
  for (let index = -warmUp; index < steps; index += 1) {
    const from = performance.now();
    ({ state } = await step.run(state, data, 0.001));
    if (index >= 0) least = Math.min(least, performance.now() - from);
  }
  await step.release();
  return least;
}

/** The least time of each way that PyTorch has, over all rounds; or why there is none. */
function leastOfTorch(rounds_) {
  const [first] = rounds_;
  if (first.why !== undefined) return first;
  const times = (name) => rounds_.map(({ variants }) => variants?.[name]).filter((ms) => typeof ms === 'number');
  const ways = Object.keys(first.variants).filter((name) => times(name).length > 0);
  return {
    version: first.version, ways: Object.fromEntries(ways.map((name) => [name, Math.min(...times(name))])),
    missing: Object.entries(first.variants).filter(([, ms]) => typeof ms === 'string'),
  };
}

async function benchSteps() {
  say(`### A step: batch ${batch}, ${height}x${width}, ${optimizer.name}, ${threads} thread(s), ${cpus().length} x ${cpus()[0]?.model.trim()}\n`);
  head('backbone', 'parameters', 'ms a step, least (rounds)', 'images a second', 'PyTorch, eager', 'ratio', 'PyTorch, fastest', 'ratio');
  const notes = new Set();
  const python = process.env.PYTHON ?? 'python3';
  const script = fileURLToPath(new URL('./train-torch.py', import.meta.url));
  for (const name of backbones) {
    // By turns: what else the machine does falls on both.
    const ours = [];
    const theirs = [];
    for (let round = 0; round < rounds; round += 1) {
      ours.push(await measureSteps(name));
      theirs.push(measureTorch(python, script, { name, batch, height, width, threads, steps, warmUp }));
    }
    const ms = Math.min(...ours);
    const parameters = layoutOf(createBackbone(name)).parameters.reduce((sum, { size }) => sum + size, 0);
    const torch = leastOfTorch(theirs);
    row(name, parameters, `${ms.toFixed(1)} (${ms.toFixed(1)}-${Math.max(...ours).toFixed(1)})`, (batch / (ms / 1000)).toFixed(0), ...compared(ms, torch));
    for (const [way, why] of torch.missing ?? []) notes.add(`PyTorch, ${way}: ${why}`);
    if (torch.version) notes.add(`PyTorch ${torch.version}`);
  }
  if (notes.size > 0) say();
  for (const note of notes) say(`- ${note}`);
}

/** Cells of a row: eager PyTorch and the fastest way, each with our time over its. */
function compared(ms, { why, ways }) {
  if (why !== undefined) return [`(${why})`, '', '', ''];
  const [name, fastest] = Object.entries(ways).sort((a, b) => a[1] - b[1])[0];
  return [`${ways.eager.toFixed(1)} ms`, (ms / ways.eager).toFixed(2), `${fastest.toFixed(1)} ms (${name})`, (ms / fastest).toFixed(2)];
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
  for (const name of backbones) row(name, `${(100 * await waitingShare(name, dataset, all)).toFixed(1)} %`);
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
