/**
 * Training: milliseconds a step on one thread and on several, beside PyTorch on the same net where python3 has it, in each of the
 * ways that it has (eager, channels_last, compiled, fused AdamW); the loader's rate beside decoding the same crops from files; how long a step waits for the
 * loader.
 *
 * Other work on the machine only ever adds to a time, so what is compared is the least of all steps; how far the rounds'
 * own least times lie apart tells how quiet the machine was.
 *
 * Run `npm run build` first. Needs ../shared/data beside the checkout for the loader. `--threads 4` for another number than 2;
 * `--clock processor` on a busy machine: the processor time of all threads together, which other work hardly touches (but PyTorch's threads
 * count while they wait for each other); `--steps`, `--rounds`; `--backbones`, with commas between, for some only; PYTHON names another python.
 * About four minutes on two idle cores.
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
import { madeUpInput } from '../dist/train/loop/step-input.js';
import { createTrainingStep, initialState, layoutOf } from '../dist/train/loop/step.js';
import { loadConfig } from '../dist/pipeline/config.js';
import { patchEye } from '../dist/train/data/labelled-eyes.js';

const { values: options } = parseArgs({ options: {
  threads: { type: 'string', default: '2' }, steps: { type: 'string', default: '20' }, rounds: { type: 'string', default: '3' },
  clock: { type: 'string', default: 'wall' },
  backbones: { type: 'string', default: 'plain-small,plain-base,mobile-small,residual-small' },
} });
const threads = Number(options.threads);
const steps = Number(options.steps);
const batch = 64;
const height = 32;
const width = 48;
const warmUp = 3;
const rounds = Number(options.rounds);
/** The same nets in PyTorch are in train-torch.py; keep both alike. */
const backbones = options.backbones.split(',');
const optimizer = { name: 'adamw', weightDecay: 0.02, clip: 1 };
const sets = ['eyes/cew_patches.tar', 'eyes/kaggle_drowsiness.tar'];
const eyesASet = 500;

const python = process.env.PYTHON ?? 'python3';
const script = fileURLToPath(new URL('./train-torch.py', import.meta.url));

const say = (line = '') => process.stdout.write(`${line}\n`);
const row = (...cells) => say(`| ${cells.join(' | ')} |`);
const head = (...cells) => { row(...cells); row(...cells.map(() => '---')); };
async function prepareStep(name, count) {
  const backbone = createBackbone(name);
  const step = await createTrainingStep(backbone, { batch, height, width, optimizer, labelSmoothing: 0, threads: count });
  return { step, state: initialState(layoutOf(backbone), optimizer.name, 1) };
}

/** Milliseconds that have passed, or that the processor has worked for this process. */
function clock() {
  if (options.clock === 'wall') return performance.now();
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** The least milliseconds of a step. */
async function measureSteps(name, count) {
  const { step, state: start } = await prepareStep(name, count);
  const data = madeUpInput(batch, height, width);
  let least = Infinity;
  let state = start;
  for (let index = -warmUp; index < steps; index += 1) {
    const from = clock();
    ({ state } = await step.run(state, data, 0.001));
    if (index >= 0) least = Math.min(least, clock() - from);
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
  say(`### A step: batch ${batch}, ${height}x${width}, ${optimizer.name}, ${options.clock} time, ${cpus().length} x ${cpus()[0]?.model.trim()}\n`);
  const counts = threads === 1 ? [1] : [1, threads];
  head('backbone', 'parameters', ...counts.map((count) => `ms on ${count} thread(s), least (rounds)`), options.clock === 'wall' ? 'times as fast' : 'one over several', 'images a second');
  const all = [];
  for (const name of backbones) {
    // By turns: what else the machine does falls on all of them.
    const [ours, theirs] = [counts.map(() => []), counts.map(() => [])];
    for (let round = 0; round < rounds; round += 1) {
      for (const [index, count] of counts.entries()) {
        ours[index].push(await measureSteps(name, count));
        theirs[index].push(measureTorch(python, script, { name, batch, height, width, threads: count, steps, warmUp, clock: options.clock }));
      }
    }
    const least = ours.map((times) => Math.min(...times));
    const parameters = layoutOf(createBackbone(name)).parameters.reduce((sum, { size }) => sum + size, 0);
    row(name, parameters, ...ours.map((times, index) => `${least[index].toFixed(1)} (${least[index].toFixed(1)}-${Math.max(...times).toFixed(1)})`),
      (least[0] / least.at(-1)).toFixed(2), options.clock === 'wall' ? (batch / (least.at(-1) / 1000)).toFixed(0) : '');
    all.push({ name, least, torch: theirs.map(leastOfTorch) });
  }
  for (const [index, count] of counts.entries()) besideTorch(all.map(({ name, least, torch }) => ({ name, ms: least[index], torch: torch[index] })), count);
}

/** Least times of each way that PyTorch has, and our time over the plainest and the fastest. */
function besideTorch(rows, count) {
  say(`\n### PyTorch, ${count} thread(s)\n`);
  const found = rows.find(({ torch }) => torch.why === undefined);
  if (found === undefined) {
    say(`(${rows[0]?.torch.why})`);
    return;
  }
  const ways = [...new Set(rows.flatMap(({ torch }) => Object.keys(torch.ways ?? {})))];
  head('backbone', ...ways.map((way) => `${way}, ms`), 'ours, ms', 'ours / eager', 'ours / fastest');
  for (const { name, ms, torch: { ways: times = {} } } of rows) {
    const fastest = Math.min(...Object.values(times));
    row(name, ...ways.map((way) => times[way]?.toFixed(1) ?? ''), ms.toFixed(1), (ms / times.eager).toFixed(2), (ms / fastest).toFixed(2));
  }
  say();
  for (const note of new Set(rows.flatMap(({ torch: { missing = [], version } }) =>
    [...missing.map(([way, why]) => `${way}: ${why}`), `PyTorch ${version}`]))) say(`- ${note}`);
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
    for (const { file, path, faces: [face] } of images) {
      const { image, region } = await patchEye(file, config);
      rows.push({
        pixels: cutCanvas(image, region, 'eye'), ...(face.left ?? face.right), source: source.name, group: path, path,
        cropWidth: region.width, turn: 0,
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
  const { step, state: start } = await prepareStep(name, threads);
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
