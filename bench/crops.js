/**
 * What a net should look at: the whole photo, each face, or each eye. Small nets are trained on the same photos and judged on
 * the same other ones, split by person; beside it what the source of a photo gives away: tested where each source has one class
 * only (leaky), and on sources that were never trained on (cross-source). Last, what the portrait detector says of eyes by itself: it
 * was trained on these sources but for ar_faces (models/portrait.md), and so is no fair rival on the others.
 *
 * Run `npm run build` first. Needs ../shared/data beside the checkout; writes a table, and its work into --workdir, where what is
 * there is not done again. `--epochs` of each training. About a quarter of an hour on two idle cores.
 */
import { Buffer } from 'node:buffer';
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath, URL } from 'node:url';
import { parseArgs } from 'node:util';
import { groupOf } from '../dist/train/data/groups.js';
import { mixSeed } from '../dist/train/data/random.js';
import { openSource } from '../dist/train/data/sources.js';
import { BinaryMetrics } from '../dist/train/metrics/binary-metrics.js';
import { loadConfig } from '../dist/pipeline/config.js';

const { values: options } = parseArgs({ options: {
  workdir: { type: 'string', default: 'workdir/crops' }, epochs: { type: 'string', default: '10' }, seed: { type: 'string', default: '1' },
} });
const pipeline = fileURLToPath(new URL('../bin/pipeline.js', import.meta.url));
const shared = fileURLToPath(new URL('../../shared/data/faces', import.meta.url));
/** Sources with one class each, of which every so manieth photo is taken, and sources with both. */
const oneClass = { cew_closed: 2, utkface_open: 10 };
const both = { aps_webfaces: 1, ar_faces: 1 };
/** The share of persons kept for the test. */
const tested = 0.3;
const ways = {
  photo: ['train.sizes=[64x64,96x96]', 'train.batch_size=32'],
  face: ['train.sizes=[64x64,96x96]', 'train.batch_size=32'],
  eye: ['train.sizes=[16x24,24x36]'],
};
/** What each training is given. */
const trainings = { mixed: [...Object.keys(oneClass), ...Object.keys(both)], 'one class a source': Object.keys(oneClass) };

const say = (line = '') => process.stdout.write(`${line}\n`);
const row = (...cells) => say(`| ${cells.join(' | ')} |`);
const { groups } = loadConfig().data;

/** Copies a source's photos into a folder for training and one for the test, a person into one of them. */
async function divide(source, every) {
  const folders = { train: join(options.workdir, 'train', source), test: join(options.workdir, 'test', source) };
  if (existsSync(folders.test)) return;
  const opened = await openSource(join(shared, `${source}.tar`));
  for (const { file, path } of opened.images.filter((_, index) => index % every === 0)) {
    const part = mixSeed(7, ...Buffer.from(groupOf(source, path, groups))) / 2 ** 32 < tested ? 'test' : 'train';
    const to = join(folders[part], dirname(path), basename(path));
    mkdirSync(dirname(to), { recursive: true });
    copyFileSync(file, to);
  }
  opened.close();
}

/** Runs the command; what it says goes to standard error. Some photos of the sets have no face, which is no failure here. */
function run(...arguments_) {
  try {
    execFileSync(process.execPath, [pipeline, ...arguments_], { stdio: ['ignore', 2, 2] });
  } catch (error) {
    if (error.status !== 3) throw error;
  }
}

/** The model of one way and training. */
function modelOf(way, training, sources) {
  const name = `${way}-${training.replaceAll(' ', '-')}`;
  const workdir = join(options.workdir, 'runs');
  const find = () => existsSync(workdir) && readdirSync(workdir).find((folder) => folder.endsWith(`-${name}`) && existsSync(join(workdir, folder, 'eye-state.onnx')));
  if (!find()) {
    const packed = join(options.workdir, `${name}.arrow`);
    if (!existsSync(packed)) run('pack', ...sources.map((source) => join(options.workdir, 'train', source)), '--crop', way, '--kind', 'photo', '-o', packed, '--set', 'data.misplaced=0');
    run('train', packed, '--backbone', 'plain-small', '--epochs', options.epochs, '--seed', options.seed, '--name', name,
      ...[`train.workdir=${workdir}`, 'data.test=0', ...ways[way]].flatMap((setting) => ['--set', setting]));
  }
  return join(workdir, find(), 'eye-state.onnx');
}

/** Photo by photo, over a folder of the test. */
function judged(way, model, source) {
  const report = `${model}.${source}.json`;
  run('evaluate', join(options.workdir, 'test', source), '--kind', 'photo', '--report', report, '--set', `classify.model=${model}`, '--set', `classify.crop=${way}`);
  return JSON.parse(readFileSync(report, 'utf8')).photo;
}

/** The same, of what the detector says of the eyes of the largest face. */
function detected(source) {
  const folder = join(options.workdir, 'test', source);
  const report = join(options.workdir, `detector.${source}.json`);
  run('run', folder, '--report', report, '--no-times', '--set', 'detect.detector=portrait', '--set', 'classify.model=detector');
  const metrics = new BinaryMetrics();
  let undetected = 0;
  for (const { photo, faces: [face] } of JSON.parse(readFileSync(report, 'utf8')).photos) {
    const label = { closed: 0, open: 1 }[/^(closed|open)/.exec(photo)?.[1]];
    if (label === undefined) continue;
    const chances = [face?.left_eye.open ?? [], face?.right_eye.open ?? []].flat();
    const logit = chances.reduce((sum, open) => sum + Math.log((open + 1e-6) / (1 - open + 1e-6)), 0) / chances.length;
    if (chances.length === 0) undetected += 1;
    metrics.add(chances.length === 0 ? 1 - label : 1 / (1 + Math.exp(-logit)), label, groupOf(source, photo, groups));
  }
  return { ...metrics.figures(), intervals: metrics.intervals(), undetected };
}

function cell({ n, accuracy, confusion: [[toClosed, closedMissed], [openMissed]], intervals, undetected, closed, weighted_f1: f1 }) {
  const interval = intervals.accuracy ?? intervals.weighted_f1;
  return `${accuracy.toFixed(3)} (${interval.map((value) => value.toFixed(3)).join('-')}) of ${n}; closed ${toClosed} of ${toClosed + closedMissed}, `
    + `${openMissed} open taken for closed${undetected > 0 ? `, ${undetected} without a face` : ''}${f1 === null ? `, recall ${closed.recall.toFixed(3)}` : ''}`;
}

for (const [source, every] of Object.entries({ ...oneClass, ...both })) await divide(source, every);
const tests = [...Object.keys(both), ...Object.keys(oneClass)];
for (const [training, sources] of Object.entries(trainings)) {
  say(`\n### Trained on ${sources.join(', ')}\n`);
  row('the net looks at', ...tests.map((source) => (sources.includes(source) ? Object.keys(oneClass).includes(source) ? `${source} (leaky)` : source : `${source} (cross-source)`)));
  row('---', ...tests.map(() => '---'));
  for (const way of Object.keys(ways)) {
    const model = modelOf(way, training, sources);
    row(way === 'eye' ? 'two eyes' : way, ...tests.map((source) => cell(judged(way, model, source))));
  }
}

say('\n### Not trained here: the portrait detector\n');
row('the net looks at', ...tests.map((source) => (source === 'ar_faces' ? 'ar_faces (cross-source)' : `${source} (trained on)`)));
row('---', ...tests.map(() => '---'));
row('the detector\'s own eyes', ...tests.map((source) => cell(detected(source))));
