/**
 * Eyes, judged through the pipeline itself: faces of real groups, narrow, shut, hidden and small eyes, verdicts of group photos.
 * Prints the tables of docs/eyes.md as Markdown.
 *
 * npm run build && node bench/eyes.js [--packed workdir/eyes.arrow] [--every N] [--set section.key=value] [--list FILE]
 *
 * Needs ../shared/data beside the checkout. Of the sets that were trained on only the test part is looked at: the packed file
 * tells which it is. `--every N` takes every Nth image of the large sets; `--list` writes a row a face.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, URL } from 'node:url';
import { parseArgs } from 'node:util';
import { parse } from 'csv-parse/sync';
import sharp from 'sharp';
import { createEyeClassifier } from '../dist/classify/eye-classifier.js';
import { eyeChances } from '../dist/classify/calibration.js';
import { eyeWidthOf } from '../dist/core/eye.js';
import { loadConfig } from '../dist/pipeline/config.js';
import { processPhoto } from '../dist/pipeline/photo.js';
import { createStages } from '../dist/pipeline/stages.js';
import { matchFaces } from '../dist/train/data/labelled-eyes.js';
import { openPackedFile } from '../dist/train/data/packed-file.js';
import { partitionDataset } from '../dist/train/data/partition.js';
import { openSource } from '../dist/train/data/sources.js';
import { EYE_WIDTHS } from '../dist/train/loop/calibrate.js';
import { predict } from '../dist/train/loop/predict.js';
import { BinaryMetrics } from '../dist/train/metrics/binary-metrics.js';
import { wilsonInterval } from '../dist/train/metrics/intervals.js';
import { sharedSet } from './shared-set.js';

const { values: options } = parseArgs({
  options: {
    packed: { type: 'string', default: 'workdir/eyes.arrow' }, every: { type: 'string', default: '1' },
    set: { type: 'string', multiple: true, default: [] }, list: { type: 'string' },
  },
});
const root = fileURLToPath(new URL('../', import.meta.url));
const labels = ['wider_val', 'wider_train'].map((set) => join(root, 'data', 'labels', `${set}_eyes.csv`));
const corrections = [join(root, 'data', 'labels', 'corrections.csv')];
const config = loadConfig(undefined, ['data.validate_on=[wider_val]', 'data.validation=0.1', 'data.test=0.1', ...options.set]);
const stages = await createStages(config);
const every = Number(options.every);

const say = (line = '') => process.stdout.write(`${line}\n`);
const row = (...cells) => say(`| ${cells.join(' | ')} |`);
const head = (...cells) => { say(); row(...cells); row(...cells.map(() => '---')); };
const share = (count, n) => {
  if (n === 0) return 'none';
  const [low, high] = wilsonInterval(count, n).map((bound) => (100 * bound).toFixed(1));
  return `${(100 * count / n).toFixed(1)} % (${low}-${high})`;
};

/** Names of the images whose eyes were kept for the test, as `source/path`. */
function testImages() {
  const packed = openPackedFile(options.packed);
  const { test } = partitionDataset(packed, config.data);
  return { packed, test, images: new Set(Array.from(test, (at) => `${packed.sources[at]}/${packed.paths[at].replace(/#.*$/, '')}`)) };
}

/** What the people who labelled wider_val noted of each face: `turned`, `glasses`, `child` and the like. */
const notes = new Map(parse(readFileSync(labels[0]), { columns: true })
  .map(({ path, x, y, note }) => [`${path} ${Number(x)} ${Number(y)}`, note.split(' ')]));
const notesOf = ({ path, labelled: { box } }) => (box === undefined ? undefined : notes.get(`${path.split('/').at(-1)} ${box.x} ${box.y}`)) ?? [];

/** What a labelled face is, from its eyes: a hidden one leaves the other to say, and of what was unclear nothing is known. */
function truthOf({ left, right }) {
  const eyes = [left, right].filter((eye) => eye !== undefined && eye.kind !== 'unclear');
  const lids = eyes.filter(({ label }) => label !== 2);
  const kind = eyes.map((eye) => eye.kind).find((word) => !['open', 'closed'].includes(word)) ?? '';
  if (eyes.length === 0) return { truth: 'unclear', kind };
  if (lids.length === 0) return { truth: 'hidden', kind };
  if (lids.every(({ label }) => label === 1)) return { truth: 'open', kind };
  return { truth: lids.every(({ label }) => label === 0) ? 'shut' : 'wink', kind };
}

const listed = [];

/** Runs the images of a set through the pipeline. @returns a record a labelled face, and one a photo */
async function look(kind, set, { only, shrinkTo } = {}) {
  const source = await openSource(sharedSet(kind, set), { labels, corrections });
  const images = source.images.filter(({ path }) => only === undefined || only.has(`${set}/${path}`));
  const faces = [];
  const photos = [];
  for (const image of every > 1 && images.length > 300 ? images.filter((_, at) => at % every === 0) : images) {
    const file = shrinkTo === undefined ? image.file : await shrunk(image, shrinkTo);
    if (file === undefined) continue;
    const result = await processPhoto({ path: file, photo: image.path }, stages, { config });
    for (const { labels: labelled, found: face } of matchFaces(image.faces, result.faces)) {
      const eyes = face?.measured.classify;
      const record = { set, path: image.path, ...truthOf(labelled), labelled, face, state: eyes?.state ?? 'not found', eyes, result };
      faces.push(record);
      listed.push([set, image.path, record.truth, record.kind, record.state, eyes?.left.open, eyes?.right.open, eyes?.left.visible, eyes?.right.visible,
        eyes?.closed, labelled.box?.x ?? '', labelled.box?.y ?? '', labelled.box?.width ?? '', labelled.box?.height ?? ''].join(','));
    }
    photos.push({ path: image.path, result, faces: faces.slice(-image.faces.length) });
  }
  source.close();
  return { faces, photos };
}

/** The photo in a size in which the wider of the face's eyes is about `width` px wide; undefined where it is smaller already. */
async function shrunk(image, width) {
  const result = await processPhoto({ path: image.file, photo: image.path }, stages, { config });
  const boxes = Object.values(result.faces[0]?.eyeBoxes ?? {});
  if (boxes.length === 0) return undefined;
  const scale = width / eyeWidthOf(Math.max(...boxes.map((box) => box.width)));
  if (scale >= 1) return undefined;
  const file = join(tmpdir(), 'bench-eyes.jpg');
  await sharp(image.file).resize(Math.round(result.width * scale)).jpeg({ quality: 90 }).toFile(file);
  return file;
}

/** A row of counts of states. */
function states(name, faces) {
  const n = faces.filter(({ state }) => state !== 'not found').length;
  const count = (...words) => faces.filter(({ state }) => words.includes(state)).length;
  row(name, n, share(count('open'), n), share(count('closed', 'one_closed'), n), share(count('unsure'), n), share(count('unknown'), n));
}

const { packed, test, images } = testImages();
const val = await look('detect', 'wider_val');
const narrowSets = [];
for (const set of ['narrow_utk', 'narrow_fer', 'narrow_genki']) narrowSets.push(await look('faces', set, { only: images }));
const narrow = narrowSets.flatMap(({ faces }) => faces);
const portraitSets = ['cew_closed', 'utkface_open', 'utk_asian', 'aps_webfaces', 'ar_faces'];
const portraits = [];
for (const set of portraitSets) portraits.push(...(await look('faces', set, { only: images })).faces);
const sunglasses = (await look('faces', 'sunglasses_selfies', { only: images })).faces;
const winks = [...(await look('faces', 'winks')).faces, ...narrow].filter(({ truth }) => truth === 'wink');
const seen = (faces) => faces.filter(({ state }) => state !== 'not found');
const of = (faces, truth) => seen(faces).filter((face) => face.truth === truth);

say('## Faces by what they are');
head('faces', 'n', 'open', 'closed or one closed', 'unsure', 'unknown');
const groups = val.faces;
states('real groups (wider_val): open', of(groups, 'open'));
states('- of them narrow', of(groups, 'open').filter(({ kind }) => kind === 'narrow'));
for (const [low, high] of [[0, 64], [64, 96], [96, 10_000]]) {
  states(`- of them faces of ${low === 0 ? 'less than 64' : high > 9999 ? '96 and more' : `${low} to ${high}`} px`, of(groups, 'open')
    .filter(({ labelled: { box } }) => Math.max(box.width, box.height) >= low && Math.max(box.width, box.height) < high));
}
for (const kind of ['turned', 'glasses', 'child', 'old', 'dark', 'asian', 'painting']) {
  states(`- of them ${kind}`, of(groups, 'open').filter((face) => notesOf(face).includes(kind)));
}
states('real groups: lids down', of(groups, 'shut'));
states('real groups: hidden or dark glasses', of(groups, 'hidden'));
states('narrow sets, test part: narrow', of(narrow, 'open').filter(({ kind }) => kind === 'narrow'));
states('narrow sets, test part: open', of(narrow, 'open').filter(({ kind }) => kind !== 'narrow'));
states('narrow sets, test part: shut', of(narrow, 'shut'));
for (const set of portraitSets) {
  const faces = portraits.filter((face) => face.set === set);
  for (const truth of ['open', 'shut', 'hidden']) if (of(faces, truth).length > 0) states(`${set}, test part: ${truth}`, of(faces, truth));
}
// UTKFace names tell age, sex and origin: age_sex_origin_...; 1 is dark skin, 2 East Asian.
const utk = [...portraits, ...narrow].filter(({ path }) => /\/\d+_\d_\d_\d+/.test(path))
  .map((face) => ({ face, facts: /\/(\d+)_\d_(\d)_/.exec(face.path).slice(1).map(Number) }));
const utkOpen = (fits) => of(utk.filter(({ facts }) => fits(...facts)).map(({ face }) => face), 'open');
states('UTKFace by name, test parts: open, to 12 years', utkOpen((age) => age <= 12));
states('- 60 years and older', utkOpen((age) => age >= 60));
states('- dark skin', utkOpen((_, origin) => origin === 1));
states('- East Asian', utkOpen((_, origin) => origin === 2));
states('sunglasses_selfies, test part', sunglasses);
states('winks (all; most were trained on)', winks);

say();
say('## Eyes of portraits, test parts pooled');
const eyes = [...portraits, ...narrow.filter(({ kind }) => kind !== 'narrow')].flatMap((record) => ['left', 'right'].flatMap((side) => {
  const label = record.labelled[side]?.label;
  const eye = record.eyes?.[side];
  return label === undefined || label === 2 || eye?.open === undefined ? [] : [{ label, eye, set: record.set, path: record.path }];
}));
const metrics = new BinaryMetrics();
for (const { label, eye, set, path } of eyes) metrics.add(eye.open, label, `${set}/${path}`);
const figures = metrics.figures();
const [low, high] = metrics.intervals().weighted_f1;
const decided = eyes.filter(({ eye }) => ['open', 'closed'].includes(eye.state));
const right = decided.filter(({ eye, label }) => (eye.state === 'open') === (label === 1));
head('eyes', 'weighted F1', 'AUC', 'right where decided', 'decided');
row(eyes.length, `${figures.weighted_f1.toFixed(4)} (${low.toFixed(4)}-${high.toFixed(4)})`, figures.auc.toFixed(4), share(right.length, decided.length),
  share(decided.length, eyes.length));

say();
say('## Photos of groups (wider_val, two labelled faces or more)');
head('photos', 'strictness', 'n', 'kept', 'to review', 'rejected', 'kept, eyes alone', 'rejected, eyes alone');
const groupsOf = (fits) => val.photos.filter(({ faces }) => faces.length >= 2 && faces.some(({ truth }) => truth === 'open') && fits(faces));
const counts = ({ face }) => face !== undefined && !face.bystander;
const nobody = groupsOf((faces) => faces.every(({ truth }) => truth !== 'shut' && truth !== 'wink'));
const somebody = groupsOf((faces) => faces.some((face) => face.truth === 'shut' && counts(face)));
const { classifyStage } = await import('../dist/classify/stage.js');
const { photoVerdict } = await import('../dist/pipeline/verdict.js');
for (const strictness of ['lenient', 'normal', 'strict']) {
  for (const [name, photos] of [['nobody blinks', nobody], ['a face that counts has its lids down', somebody]]) {
    const deciding = ({ result }) => result.faces.filter(({ bystander }) => !bystander);
    const whole = photos.map(({ result }) => photoVerdict(result.faces, strictness).verdict);
    const alone = photos.map((photo) => classifyStage.weigh(deciding(photo), strictness));
    const count = (verdicts, word) => share(verdicts.filter((verdict) => verdict === word).length, photos.length);
    row(name, strictness, photos.length, count(whole, 'keep'), count(whole, 'review'), count(whole, 'reject'), count(alone, 'keep'), count(alone, 'reject'));
  }
}

say();
say('## The same portraits in small: open and shut faces of the test parts, shrunk until an eye is so many px wide');
head('faces', 'n', 'open', 'closed or one closed', 'unsure', 'unknown');
for (const width of [8, 12, 16]) {
  for (const set of ['utkface_open', 'aps_webfaces', 'cew_closed']) {
    const small = await look('faces', set, { only: images, shrinkTo: width });
    for (const truth of ['open', 'shut']) if (of(small.faces, truth).length > 0) states(`${set}, ${truth}, ${width} px`, of(small.faces, truth));
  }
}

say();
say('## Calibration error by width of the eye in the photo (test parts and wider_val; each eye by itself, classes as they come)');
const classifier = await createEyeClassifier(config.classify.model);
const { info } = classifier;
await classifier.release();
const model = readFileSync(config.classify.model);
const rows = Int32Array.from([...test, ...[...packed.sources.keys()].filter((at) => packed.sources[at] === 'wider_val')]);
head('width', 'eyes', 'calibration error of open', 'of visible');
const bins = [[0, 7], [7, 10], [10, 14], [14, 20], [20, Infinity]];
for (const [at, eyeWidth] of EYE_WIDTHS.entries()) {
  const answers = await predict(model, packed, rows, { height: info.height, width: info.width, threads: 2, eyeWidth });
  const [open, visible] = [new BinaryMetrics(), new BinaryMetrics()];
  rows.forEach((each, index) => {
    const own = eyeWidthOf(packed.cropWidths[each]);
    if (own < bins[at][0]) return;
    const chances = eyeChances(info.calibration, { open: answers.open[index], visible: answers.visible[index] },
      { width: Math.min(own, eyeWidth), turn: packed.turns[each] });
    visible.add(chances.visible, answers.labels[index] === 2 ? 0 : 1);
    if (answers.labels[index] !== 2) open.add(chances.open, answers.labels[index]);
  });
  row(`${eyeWidth} px`, open.figures().n, open.figures().ece.toFixed(3), visible.figures().ece.toFixed(3));
}

if (options.list !== undefined) {
  writeFileSync(options.list, `set,path,truth,kind,state,left,right,left_visible,right_visible,closed,x,y,width,height\n${listed.join('\n')}\n`);
}
await stages.release();
