/**
 * The blur score against the usual ones, on four test beds. Prints the tables of the README as Markdown.
 *
 * Run `npm run build` first; `--every 3` looks at a third of the photos. Needs ../shared/data beside the checkout. About two minutes on one core.
 */
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { measureFocus } from '../dist/blur/focus.js';
import { scoreBlur } from '../dist/blur/sharpness.js';
import { loadConfig } from '../dist/pipeline/config.js';
import { multiScaleFeatures, plainVariance, sharpStats } from './blur/baselines.js';
import { changes, composites, graded, isWide, motionAngles, motionLengths, pixelScale } from './blur/beds.js';
import { gaussian, gray } from './blur/degrade.js';
import { labelledFaces, openFinder, portraits } from './blur/photos.js';
import { areaUnderCurve, bestThreshold, fitLogistic, quantile, spearman } from './blur/statistics.js';

const settings = loadConfig().blur;
const regions = ['face', 'eyes', 'face+eyes', 'body', 'image'];
const folds = 5;
/** `--every N` takes every N-th face for beds 2 to 4, for a quicker look. */
const { values: { every } } = parseArgs({ options: { every: { type: 'string', default: '1' } } });
const thin = (_, i) => i % Number(every) === 0;
const say = (line = '') => process.stdout.write(`${line}\n`);
const row = (...cells) => say(`| ${cells.join(' | ')} |`);
const head = (...cells) => { row(...cells); row(...cells.map(() => '---')); };
const percent = (share) => `${(100 * share).toFixed(1)} %`;
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The rivals: name, and the value (higher is sharper) read from what `look` saw. `fit` makes one from training items. */
const rivals = [
  { name: 'plain variance of the Laplacian at 100', value: (seen) => seen.plain, fixed: 100 },
  { name: 'plain variance of the Laplacian, best threshold', value: (seen) => seen.plain },
  { name: 'sharp stats().sharpness, best threshold', value: (seen) => seen.stats },
  { name: 'logistic on Laplacian and Sobel at 3 scales', fit: true },
  { name: '**this score**', value: (seen) => seen.sharpness },
];

/** Everything that is measured of one face. */
async function look({ image, box, eyes }, measured = [settings.region]) {
  const seen = { plain: plainVariance(image, box), stats: await sharpStats(image, box), features: multiScaleFeatures(image, box) };
  for (const region of measured) seen[region] = measureFocus(image, box, region, settings.face_size, eyes)?.focus ?? -9;
  const score = scoreBlur(image, box, settings, eyes);
  return { ...seen, verdict: score.verdict, kind: score.kind, sharpness: score.sharpness };
}

async function lookAll(items) {
  const out = [];
  for (const item of items) out.push({ ...item, image: undefined, seen: await look(item, regions) });
  return out;
}

/** A rival with its threshold (and fit) from training items: `value`, and `sharp`, whether a face is called sharp. */
function train(rival, items, balanced) {
  const fitted = rival.fit ? fitLogistic(items.map(({ label, seen }) => ({ label, features: seen.features }))) : undefined;
  const value = fitted === undefined ? rival.value : (seen) => fitted(seen.features);
  const threshold = rival.fixed ?? bestThreshold(items.map(({ label, seen }) => ({ label, value: value(seen) })), balanced);
  return { value, sharp: (seen) => value(seen) > threshold };
}

/** Share of right verdicts and area under the curve, every item judged by what the others taught. */
function leaveOneOut(rival, items) {
  const judged = items.map((item) => {
    const model = train(rival, items.filter((other) => other !== item));
    return { label: item.label, value: model.value(item.seen), right: model.sharp(item.seen) === (item.label === 1) };
  });
  const value = (label) => judged.filter((item) => item.label === label).map((item) => item.value);
  return { area: areaUnderCurve(value(1), value(0)), right: mean(judged.map((item) => Number(item.right))) };
}

function bedOne(labelled, detected) {
  say(`\n### 1. Natural blur: ${labelled.length} faces labelled by hand, thresholds leave-one-out\n`);
  head('', 'AUC', 'verdicts right', 'AUC, detector\'s box', 'verdicts right');
  for (const rival of rivals) {
    const a = leaveOneOut(rival, labelled);
    const b = leaveOneOut(rival, detected);
    row(rival.name, a.area.toFixed(4), percent(a.right), b.area.toFixed(4), percent(b.right));
  }
  for (const [name, items] of [['aligned box', labelled], ['detector\'s box', detected]]) {
    const called = (label, verdict) => items.filter((item) => item.label === label && item.seen.verdict === verdict).length;
    say(`\nVerdicts as configured, ${name}: sharp faces ${called(1, 'sharp')} sharp, ${called(1, 'unsure')} unsure, ` +
      `${called(1, 'blurred')} blurred; blurred faces ${called(0, 'blurred')} blurred, ${called(0, 'unsure')} unsure, ` +
      `${called(0, 'sharp')} sharp.`);
  }
}

/** Groups (persons, photos) dealt to folds in order. */
function foldOf(groups) {
  const names = [...new Set(groups)];
  return (group) => names.indexOf(group) % folds;
}

function bedTwo(faces, models) {
  say(`\n### 2. Graded blur of ${faces.length} sharp faces, thresholds from other people's photos\n`);
  head('', 'worst Spearman, Gaussian', 'motion', 'disc', 'AUC, Gaussian of sigma >= 2', 'motion >= 7 px', 'disc >= 4 px',
    'verdicts right');
  for (const [index, rival] of rivals.entries()) {
    const model = (face) => models[face.fold][index];
    const worst = { gaussian: -1, motion: -1, defocus: -1 };
    const low = { gaussian: 0, motion: 0, defocus: 0 };
    const values = { none: [], gaussian: [], motion: [], defocus: [] };
    const right = { 0: [], 1: [] };
    for (const face of faces) {
      const { value, sharp } = model(face);
      const of = (kind, angle) => face.items.filter((item) => item.kind === 'none' || (item.kind === kind && item.angle === angle));
      const rank = (kind, angle) => {
        const items = of(kind, angle);
        const r = spearman(items.map((item) => value(item.seen)), items.map((item) => item.width));
        worst[kind] = Math.max(worst[kind], r);
        if (r > -0.97) low[kind] += 1;
      };
      rank('gaussian');
      rank('defocus');
      for (const angle of motionAngles) rank('motion', angle);
      for (const item of face.items) {
        if (item.kind !== 'none' && !isWide(item)) continue;
        values[item.kind].push(value(item.seen));
        const label = item.kind === 'none' ? 1 : 0;
        right[label].push(Number(sharp(item.seen) === (label === 1)));
      }
    }
    row(rival.name, worst.gaussian.toFixed(3), `${worst.motion.toFixed(3)} (${low.motion} of ${faces.length * motionAngles.length} above -0.97)`,
      worst.defocus.toFixed(3), areaUnderCurve(values.none, values.gaussian).toFixed(4),
      areaUnderCurve(values.none, values.motion).toFixed(4), areaUnderCurve(values.none, values.defocus).toFixed(4),
      percent((mean(right[0]) + mean(right[1])) / 2));
  }
  say('\nVerdicts as configured:\n');
  head('', 'sharp', 'unsure', 'blurred', 'called motion');
  const groups = new Map();
  for (const item of faces.flatMap((face) => face.items)) {
    const key = item.kind === 'none' ? 'as they are' : `${item.kind} ${item.width} px`;
    groups.set(key, [...(groups.get(key) ?? []), item.seen]);
  }
  for (const [key, seen] of groups) {
    const share = (verdict) => percent(mean(seen.map((one) => Number(one.verdict === verdict))));
    row(key, share('sharp'), share('unsure'), share('blurred'), percent(mean(seen.map((one) => Number(one.kind === 'motion')))));
  }
}

async function bedThree(faces, models) {
  say(`\n### 3. Changes that are not blur: verdicts that flip (${faces.length} faces, sharp and blurred)\n`);
  const before = await lookAll(faces);
  const counts = [];
  for (const [number, change] of changes.entries()) {
    const after = [];
    for (const [seed, face] of faces.entries()) after.push({ seen: await look(await change.apply(face, seed * 100 + number)) });
    const flips = rivals.map((_, index) => mean(before.map((item, i) => {
      const { sharp } = models[item.fold][index];
      return Number(sharp(item.seen) !== sharp(after[i].seen));
    })));
    const opposite = mean(before.map((item, i) => {
      const pair = [item.seen.verdict, after[i].seen.verdict];
      return Number(pair.includes('sharp') && pair.includes('blurred'));
    }));
    const any = mean(before.map((item, i) => Number(item.seen.verdict !== after[i].seen.verdict)));
    counts.push({ name: change.name, flips, opposite, any });
  }
  head('', ...rivals.map((rival) => rival.name), 'as configured: sharp <-> blurred', 'to or from unsure');
  const print = (name, group) => row(name, ...rivals.map((_, index) => percent(mean(group.map((one) => one.flips[index])))),
    percent(mean(group.map((one) => one.opposite))), percent(mean(group.map((one) => one.any - one.opposite))));
  for (const one of counts) print(one.name, [one]);
  print('**all**', counts);
}

async function bedFour(faces, models) {
  say(`\n### 4. Face and background blurred apart (${faces.length} faces): verdicts that are the face's\n`);
  const items = [];
  for (const face of faces) {
    const own = await look(face);
    for (const item of composites(face)) items.push({ ...item, fold: face.fold, own, seen: await look({ ...face, ...item }, regions) });
  }
  head('', 'sharp face, blurred background', 'blurred face, sharp background');
  // A face that a rival does not call sharp to begin with says nothing about the background.
  for (const [index, rival] of rivals.entries()) {
    const share = (label) => {
      const fair = items.filter((item) => item.label === label && (label === 0 || models[item.fold][index].sharp(item.own)));
      return `${percent(mean(fair.map((item) => Number(models[item.fold][index].sharp(item.seen) === (label === 1)))))} of ${fair.length}`;
    };
    row(rival.name, share(1), share(0));
  }
  const called = (label, verdict) => items.filter((item) => item.label === label && item.seen.verdict === verdict).length;
  say(`\nVerdicts as configured: sharp faces ${called(1, 'sharp')} sharp, ${called(1, 'unsure')} unsure, ` +
    `${called(1, 'blurred')} blurred (on their own background ` +
    `${items.filter((item) => item.label === 1 && item.own.verdict === 'sharp').length} sharp); ` +
    `blurred faces ${called(0, 'blurred')} blurred, ${called(0, 'unsure')} unsure, ${called(0, 'sharp')} sharp.`);
  return items;
}

function regionTable(labelled, faces, apart) {
  say('\n### Regions\n');
  head('`blur.region`', 'natural: AUC', 'verdicts right', 'Gaussian of sigma >= 2: AUC', 'motion >= 7 px: AUC', 'composites right');
  for (const region of regions) {
    const rival = { value: (seen) => seen[region] };
    const natural = leaveOneOut(rival, labelled);
    const wide = (kind) => faces.flatMap((face) => face.items).filter((item) => item.kind === kind && isWide(item))
      .map((item) => item.seen[region]);
    const none = faces.flatMap((face) => face.items).filter((item) => item.kind === 'none').map((item) => item.seen[region]);
    const right = mean([0, 1, 2, 3, 4].map((fold) => {
      const { sharp } = train(rival, trainingItems(labelled, faces, (item) => item.fold !== fold), true);
      const tested = apart.filter((item) => item.fold === fold);
      return mean(tested.map((item) => Number(sharp(item.seen) === (item.label === 1))));
    }));
    row(region, natural.area.toFixed(4), percent(natural.right), areaUnderCurve(none, wide('gaussian')).toFixed(4),
      areaUnderCurve(none, wide('motion')).toFixed(4), percent(right));
  }
}

/** What thresholds are learnt from: the labelled faces, and the portraits as they are and widely blurred. */
function trainingItems(labelled, faces, keep) {
  return [
    ...labelled.filter(keep),
    ...faces.filter(keep).flatMap((face) => face.items
      .filter((item) => item.kind === 'none' || (isWide(item) && (item.kind !== 'motion' || item.width === motionLengths[2])))
      .map((item) => ({ label: item.kind === 'none' ? 1 : 0, seen: item.seen }))),
  ];
}

function timeIt(faces) {
  say('\n### Time\n');
  head('side of the face in the raster', 'ms a face');
  const source = faces[0].image;
  for (const side of [32, 112, 300, 600, 1500, 3000]) {
    const width = Math.round(1.1 * side);
    const data = new Uint8Array(width * width * 3);
    for (let i = 0; i < data.length; i += 1) data[i] = source.data[(i * 7919) % source.data.length];
    const image = { data, width, height: width, channels: 3 };
    const times = [];
    for (let i = 0; i < 60; i += 1) {
      const start = performance.now();
      scoreBlur(image, { x: 2, y: 2, width: side, height: side }, settings);
      times.push(performance.now() - start);
    }
    row(`${side} px`, quantile(times.slice(20), 0.5).toFixed(2));
  }
}

const finder = await openFinder();
const utk = await labelledFaces(finder);
const people = (await portraits(finder)).filter(thin);
await finder.release();
const sharpUtk = utk.filter((face) => face.label === 1).filter(thin);
const fold = foldOf([...utk, ...people].map((face) => face.group));
const labelled = await lookAll(utk.map((face) => ({ ...face, fold: fold(face.group) })));
const detected = await lookAll(utk.filter((face) => face.detected).map((face) => ({ ...face, box: face.detected })));
const faces = [];
for (const face of [...people, ...sharpUtk]) {
  faces.push({ group: face.group, fold: fold(face.group), items: await lookAll(graded(face).map((item) => ({ ...face, ...item }))) });
}
const models = Array.from({ length: folds }, (_, k) => rivals.map((rival) =>
  train(rival, trainingItems(labelled, faces, (item) => item.fold !== k), true)));

say(`Faces: ${utk.length} labelled crops (${detected.length} found by the detector), ${people.length} in portraits and group photos.`);
bedOne(labelled, detected);
bedTwo(faces, models);
const withFold = (face) => ({ ...face, fold: fold(face.group) });
const softened = people.map((face) => ({ ...face, image: gaussian(gray(face.image), 3 * pixelScale(face.box)) }));
await bedThree([...utk.filter(thin), ...people, ...softened].map(withFold), models);
regionTable(labelled, faces, await bedFour(people.map(withFold), models));
timeIt(people);
