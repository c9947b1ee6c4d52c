/**
 * The blur score on people's labels, on portraits blurred in steps and on changes that do not blur, beside its rivals. Prints
 * the tables of docs/focus.md from what `npm run bench:blur-cache` keeps. PYTHON names a python other than python3.
 */
import { spawnSync } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { fileURLToPath, URL } from 'node:url';
import { loadConfig } from '../dist/pipeline/config.js';
import { scoreBlur } from '../dist/blur/sharpness.js';
import { faceWidth } from '../dist/blur/region.js';
import { baselines } from './blur/baselines.js';
import { checkCache, readCache, sigmas } from './blur/cache.js';
import { changes } from './blur/changes.js';
import { areaUnderCurve, bestThreshold, quantile, spearman } from './blur/statistics.js';

const peers = fileURLToPath(new URL('blur-peers.py', import.meta.url));
const settings = loadConfig().blur;
const purposes = ['screen', 'print', 'full'];
const sets = ['utk', 'utk, fresh', 'ngoc', 'fqa', 'wider'];
const say = (line = '') => process.stdout.write(`${line}\n`);
const row = (...cells) => say(`| ${cells.join(' | ')} |`);
const head = (...cells) => { row(...cells); row(...cells.map(() => '---')); };
const share = (items, test) => items.length === 0 ? '-' : `${(100 * items.filter(test).length / items.length).toFixed(1)} %`;
/** The score of a view; its hint goes by another name than what was done to the photo. */
const scored = (view) => {
  const { kind: hint, ...score } = scoreBlur(view, settings);
  return { ...score, hint };
};

async function all(bed, wanted) {
  const items = [];
  for await (const face of readCache(bed, wanted)) items.push(face);
  return items;
}

const isRight = ({ label, verdict }) => verdict === (label === 1 ? 'sharp' : 'blurred');
const isWrong = ({ label, verdict }) => verdict === (label === 1 ? 'blurred' : 'sharp');
const apart = (items, value) => areaUnderCurve(items.filter(({ label }) => label === 1).map(value), items.filter(({ label }) => label === 0).map(value));

async function naturalTables() {
  const faces = [];
  for (const { view, ...face } of await all('natural', ({ missed, label, official }) => !missed && (label ?? official) !== undefined)) {
    const values = [];
    for (const { value } of baselines) values.push(await value(view));
    const byPurpose = Object.fromEntries(purposes.map((purpose) => [purpose, scoreBlur(view, { ...settings, for: purpose }).verdict]));
    faces.push({ ...face, values, byPurpose, ...scored(view) });
  }
  const labelled = faces.filter(({ label }) => label !== undefined);
  say('### People\'s labels: AUC, every face that the pipeline finds\n');
  head('', ...sets);
  const areas = (value) => sets.map((name) => apart(labelled.filter((face) => face.name === name), value).toFixed(4));
  for (const [k, { name }] of baselines.entries()) row(name, ...areas(({ values }) => values[k]));
  row('**this score**', ...areas(({ sharpness }) => sharpness));
  say('\n### Verdicts right (wrong way round), every face\n');
  head('', ...sets);
  for (const [k, { name }] of baselines.slice(0, 5).entries()) {
    row(`${name}, threshold that is best for that very set`, ...sets.map((set) => {
      const items = labelled.filter((face) => face.name === set).map(({ label, values }) => ({ label, value: values[k] }));
      const threshold = bestThreshold(items);
      return share(items, ({ label, value }) => (value > threshold) === (label === 1));
    }));
  }
  const before = ({ values }) => values.at(-1) < 40 ? 'blurred' : values.at(-1) > 60 ? 'sharp' : 'unsure';
  const verdicts = (verdict) => sets.map((set) => {
    const items = labelled.filter((face) => face.name === set).map((face) => ({ label: face.label, verdict: verdict(face) }));
    return `${share(items, isRight)} (${share(items, isWrong)})`;
  });
  row('the score before, as it was shipped', ...verdicts(before));
  for (const purpose of purposes) row(`this score, \`blur.for: ${purpose}\``, ...verdicts(({ byPurpose }) => byPurpose[purpose]));
  say('\n### The same, fitting half and the other half; counts\n');
  head('set', 'half', 'sharp', 'blurred', 'AUC', 'right', 'wrong way round', 'unsure');
  for (const set of sets) {
    for (const part of ['fit', 'test']) {
      const items = labelled.filter((face) => face.name === set && face.part === part);
      const kept = set === 'utk, fresh' ? `${part} (not fitted on)` : part;
      row(set, kept, items.filter(({ label }) => label === 1).length, items.filter(({ label }) => label === 0).length,
        apart(items, ({ sharpness }) => sharpness).toFixed(4), share(items, isRight), share(items, isWrong),
        share(items, ({ verdict }) => verdict === 'unsure'));
    }
  }
  const soft = labelled.filter(({ label, verdict }) => label === 0 && verdict === 'blurred');
  const [ears, behind] = saidOf(soft);
  say(`\nOf the ${soft.length} faces that people and the score call blurred, ${ears} are said to have sharp ears and ${behind} the focus behind them.`);
  const noisy = faces.filter(({ name, official }) => name === 'wider' && official !== undefined).map((face) => ({ ...face, label: face.official }));
  say(`\nWIDER with its own labels, noise and all: ${noisy.length} faces, AUC ${apart(noisy, ({ sharpness }) => sharpness).toFixed(4)} ` +
    `(plain variance ${apart(noisy, ({ values }) => values[0]).toFixed(4)}), right ${share(noisy, isRight)}, wrong way round ${share(noisy, isWrong)}.`);
}

/** Shares of the faces that are said to be soft while the ears or the background are sharp. */
const saidOf = (items) => ['ears', 'background'].map((place) => share(items, ({ focusAt }) => focusAt === place));

async function portraitTables() {
  const faces = (await all('portraits', ({ missed }) => !missed)).map(({ view, ...face }) => ({ ...face, wide: Math.max(view.box.width * view.scale, faceWidth(view)), across: faceWidth(view), ...scored(view) }));
  const whole = new Map();
  for (const face of faces) whole.set(face.file, [...(whole.get(face.file) ?? []), face]);
  const portraits = [...whole.values()];
  const steps = (items) => sigmas.map((amount) => items.find((face) => face.kind === 'gaussian' && face.amount === amount));
  for (const [least, most, title] of [[800, Infinity, '800 px and more'], [560, 800, '560 to 800 px']]) {
    const group = portraits.filter((items) => (items[0]?.wide ?? 0) >= least && (items[0]?.wide ?? 0) < most);
    say(`\n### Portraits whose face has ${title} (${group.length}): Gaussian in shares of the face's width\n`);
    head('sigma', 'sharp', 'unsure', 'blurred', 'median sharpness', 'median detail');
    for (const [k, amount] of sigmas.entries()) {
      const items = group.map((each) => steps(each)[k]).filter((face) => face !== undefined);
      const is = (verdict) => share(items, (face) => face.verdict === verdict);
      row(`${(100 * amount).toFixed(2)} %`, is('sharp'), is('unsure'), is('blurred'),
        quantile(items.map(({ sharpness }) => sharpness), 0.5).toFixed(1), quantile(items.map(({ detail }) => detail), 0.5).toFixed(0));
    }
    const complete = group.map(steps).filter((items) => items.every((face) => face !== undefined));
    const ranks = complete.map((items) => spearman(items.map(({ sharpness }) => sharpness), items.map(({ amount }) => amount)));
    const drops = complete.map((items) => items[0].sharpness - items[2].sharpness);
    say(`\nSpearman over the eight steps: worst ${Math.max(...ranks).toFixed(3)}; from 0 to 0.3 % the score falls by at least ${Math.min(...drops).toFixed(1)} points ` +
      `(median ${quantile(drops, 0.5).toFixed(1)}); found at all eight steps: ${complete.length} of ${group.length}.`);
    for (const part of ['fit', 'test']) {
      const items = complete.filter(([face]) => face.part === part);
      say(`${part === 'fit' ? 'Fitting' : 'Other'} half: ${items.length} portraits, untouched sharp ${share(items, ([face]) => face.verdict === 'sharp')}, ` +
        `at 0.4 % not sharp ${share(items, (steps8) => steps8[3].verdict !== 'sharp')}.`);
    }
  }
  say('\n### Other blurs of portraits of 560 to 760 px: verdicts\n');
  head('', 'faces', 'sharp', 'unsure', 'blurred', 'called motion', '"ears sharp"', '"focus behind"');
  const kinds = new Map();
  for (const face of faces.filter(({ kind }) => kind !== 'gaussian' && kind !== 'shrunk')) {
    const key = face.kind === 'blown up' ? `blown up ${face.amount}x of a face of 560 px, JPEG 75` : `${face.kind} ${(100 * face.amount).toFixed(1)} %`;
    kinds.set(key, [...(kinds.get(key) ?? []), face]);
  }
  for (const [key, items] of kinds) {
    row(key, items.length, ...['sharp', 'unsure', 'blurred'].map((verdict) => share(items, (face) => face.verdict === verdict)), share(items, ({ hint }) => hint === 'motion'), ...saidOf(items));
  }
  const blurred = faces.filter(({ kind, verdict }) => kind === 'gaussian' && verdict === 'blurred');
  const [ears, behind] = saidOf(blurred);
  say(`\nOf the ${blurred.length} blurred ones of the steps above, blurred all over, ${ears} are said to have sharp ears and ${behind} the focus behind them.`);
  say('\n### Detail of portraits shrunk\n');
  head('', 'portraits', 'each halves within 15 %', 'median detail over px, whole', '1/2', '1/4', '1/8');
  const shrunk = portraits.map((items) => [1, 2, 4, 8].map((factor) => items.find((face) => face.kind === 'shrunk' && face.amount === factor)))
    .filter((items) => items.every((face) => face !== undefined));
  const halves = (items) => items.slice(1).every((face, k) => Math.abs(2 * face.detail / items[k].detail - 1) <= 0.15);
  const crisp = shrunk.filter(([face]) => face.detail >= 0.9 * face.across);
  for (const [name, group] of [['crisp to the pixel', crisp], ['all', shrunk]]) {
    row(name, group.length, share(group, halves), ...[0, 1, 2, 3].map((k) => quantile(group.map((items) => items[k].detail * items[k].amount / items[0].wide), 0.5).toFixed(2)));
  }
}

async function harmlessTable() {
  const faces = (await all('harmless', () => true)).map(({ view, ...face }) => ({ ...face, ...(view === undefined ? {} : scored(view)) }));
  const key = ({ file, at, amount }) => `${file} ${at} ${amount}`;
  const originals = new Map(faces.filter(({ kind, missed }) => kind === changes[0].name && !missed).map((face) => [key(face), face]));
  say(`\n### Changes that are not blur: verdicts that flip (${originals.size} faces, sharp and blurred)\n`);
  head('', 'sharp <-> blurred', 'to or from unsure', 'over 50', 'not found any more');
  let [pairs, opposite, unsure, over] = [0, 0, 0, 0];
  for (const { name } of changes.slice(1)) {
    const changed = faces.filter((face) => face.kind === name && originals.has(key(face)));
    const both = changed.filter(({ missed }) => !missed).map((face) => [originals.get(key(face)), face]);
    const flips = both.filter(([a, b]) => [a.verdict, b.verdict].sort().join() === 'blurred,sharp').length;
    const any = both.filter(([a, b]) => a.verdict !== b.verdict).length - flips;
    const fifty = both.filter(([a, b]) => a.sharpness > 50 !== b.sharpness > 50).length;
    pairs += both.length;
    opposite += flips;
    unsure += any;
    over += fifty;
    const percent = (count) => `${(100 * count / both.length).toFixed(1)} %`;
    row(name, percent(flips), percent(any), percent(fifty), changed.length - both.length);
  }
  const percent = (count) => `${(100 * count / pairs).toFixed(2)} %`;
  row('**all**', percent(opposite), percent(unsure), percent(over), '');
}

async function timeTable() {
  say('\n### Time, ms a face (the quickest tenth)\n');
  head('px across the face', 'ms');
  const faces = (await all('portraits', ({ kind, amount, missed }) => !missed && kind === 'shrunk' && amount >= 1)).map(({ view }) => view);
  for (const px of [60, 112, 200, 400, 600, 1000, 1500]) {
    const near = faces.map((view) => ({ view, off: Math.abs(Math.log(faceWidth(view) / px)) })).sort((a, b) => a.off - b.off).slice(0, 3);
    const times = near.flatMap(({ view }) => Array.from({ length: 30 }, () => {
      const start = performance.now();
      scored(view);
      return performance.now() - start;
    }).slice(10));
    row(px, quantile(times, 0.1).toFixed(2));
  }
}

/** What Python packages make of the same faces. */
function peersTable() {
  const python = process.env.PYTHON ?? 'python3';
  say('\n### The same faces by measures that Python packages have (`bench/blur-peers.py`): AUC\n');
  const { status, stdout, stderr, error } = spawnSync(python, [peers], { encoding: 'utf8' });
  say(status === 0 ? stdout.trim() : `(${error === undefined ? stderr.trim().split('\n').at(-1) : `Skipped: there is no ${python}`})`);
}

await checkCache();
await naturalTables();
await portraitTables();
await harmlessTable();
peersTable();
await timeTable();
