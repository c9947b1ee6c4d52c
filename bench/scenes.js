/**
 * node bench/scenes.js [FOLDER] [CLOSED_EYES] [PHOTOS]: makes bursts out of single photos (crops, exposures, a blink pasted from
 * CLOSED_EYES, a frame out of focus), lets pipeline run look at them, and says how many scenes are found and whether the best
 * frame is one without a fault. By default the six photos that @vladmandic/face-api brings, and no blinks.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeBurstFrame } from '../dist/image/fake-burst.js';
import { Random } from '../dist/train/data/random.js';
import { demoPhotos } from '../dist/bench/photo-sets.js';

const [folder, closedEyes, most = '1000'] = process.argv.slice(2);
const entry = fileURLToPath(import.meta.resolve('../bin/pipeline.js'));
const work = mkdtempSync(join(tmpdir(), 'scenes-'));
const random = new Random(19);
/** What the run ends with where photos could not be read. */
const someUnread = 3;
const jpegs = (path) => readdirSync(path).filter((name) => /\.jpe?g$/i.test(name)).sort().map((name) => join(path, name));
const say = (line) => { process.stdout.write(`${line}\n`); };

const sources = folder === undefined ? demoPhotos().map(({ path }) => path) : jpegs(folder).slice(0, Number(most));
const lids = closedEyes === undefined ? [] : jpegs(closedEyes);
const base = judged(sources, join(work, 'base.json'));

let clock = Date.UTC(2026, 10, 24, 18);
const truth = new Map();
mkdirSync(join(work, 'bursts'));
for (const [number, path] of sources.entries()) {
  const result = base.find(({ photo }) => path.endsWith(photo));
  const faces = (result?.faces ?? []).filter(({ bystander }) => !bystander);
  const eyes = faces.slice(0, 1).flatMap((face) => [face.left_eye.box, face.right_eye.box]).filter((box) => box !== null);
  const photo = { path, eyes, faceWidth: faces[0]?.box.width ?? 60 };
  // What can be told of the best frame is told of photos that are good to begin with.
  const tells = faces.length > 0 && faces[0].eyes === 'open' && faces[0].blur === 'sharp' && eyes.length === 2;
  const faults = random.shuffle(['none', 'none', 'defocus', lids.length > 0 ? 'blink' : 'none', 'none']);

  const bracket = number % 8 === 7 ? [-2, 0, 2] : undefined;
  for (const [index, fault] of (bracket ?? faults).entries()) {
    clock += 150 + random.below(700);
    const name = `${String(number).padStart(4, '0')}-${index}.jpg`;
    const frame = bracket === undefined
      ? { fault, time: clock, camera: 'A' }
      : { fault: 'none', time: clock, camera: 'A', bracket: fault };
    await writeBurstFrame(photo, frame, lids[random.below(Math.max(1, lids.length))], () => random.next(), join(work, 'bursts', name));
    truth.set(name, { burst: number, fault: bracket === undefined ? fault : 'bracket', tells });
  }
  clock += 1200 + random.below(20_000);
}

const results = judged([join(work, 'bursts')], join(work, 'bursts.json'));
const bursts = groupBy(results);
let whole = 0;
const strangers = new Set();
const best = { right: 0, of: 0 };
const blink = { right: 0, of: 0 };
let brackets = 0;
const sceneBursts = new Map();
for (const { photo, scene } of results) {
  if (scene === null) continue;
  sceneBursts.set(scene, (sceneBursts.get(scene) ?? new Set()).add(truth.get(photo).burst));
}
for (const [scene, members] of sceneBursts) {
  if (members.size < 2) continue;
  strangers.add(scene);
  say(`strangers in scene ${scene}: ${[...members].map((burst) => sources[burst]).join(', ')}`);
}
for (const [burst, frames] of bursts) {
  const scenes = new Set(frames.map(({ scene }) => scene));
  if (scenes.size === 1 && !scenes.has(null)) whole += 1;
  else if (process.env.VERBOSE) say(`not whole: ${sources[burst]} ${frames.map(({ scene }) => scene)}`);
  if (truth.get(frames[0].photo).fault === 'bracket') {
    if (frames.every(({ best_of_scene: said }) => said === 'bracket')) brackets += 1;
    continue;
  }
  if (!truth.get(frames[0].photo).tells) continue;
  best.of += 1;
  const chosen = frames.find(({ best_of_scene: said }) => said === 'yes');
  if (chosen !== undefined && truth.get(chosen.photo).fault === 'none') best.right += 1;
  else if (process.env.VERBOSE) {
    say(`best of ${sources[burst]} is ${chosen === undefined ? 'none' : `${truth.get(chosen.photo).fault}: ${chosen.scene_reason}`}`);
    for (const frame of frames) say(`   ${truth.get(frame.photo).fault} ${frame.faces.map((face) => `${face.eyes}/${Math.round(face.sharpness)}${face.bystander ? 'b' : ''}`).join(' ')}`);
  }
  for (const frame of frames.filter(({ photo }) => truth.get(photo).fault === 'blink')) {
    blink.of += 1;
    if (frame.faces.some(({ eyes }) => eyes !== 'open')) blink.right += 1;
  }
}
const share = (part, all) => `${part} of ${all} (${(100 * part / Math.max(1, all)).toFixed(1)} %)`;
const bracketed = [...bursts.values()].filter((frames) => truth.get(frames[0].photo).fault === 'bracket').length;
say(`bursts found whole: ${share(whole, bursts.size)}`);
say(`scenes with strangers: ${share(strangers.size, sceneBursts.size)}`);
say(`brackets left whole: ${share(brackets, bracketed)}`);
say(`best frame without a fault: ${share(best.right, best.of)}; pasted blinks seen as such: ${share(blink.right, blink.of)}`);
rmSync(work, { recursive: true });

function judged(paths, report) {
  try {
    execFileSync(process.execPath, [entry, 'run', ...paths, '--report', report], { stdio: ['ignore', 'ignore', 'ignore'] });
  } catch (error) {
    if (error.status !== someUnread) throw error;
    say('some photos could not be read: what is counted here is counted without them');
  }
  return JSON.parse(readFileSync(report, 'utf8')).photos;
}

function groupBy(results) {
  const groups = new Map();
  for (const result of results) {
    const { burst } = truth.get(result.photo);
    groups.set(burst, [...(groups.get(burst) ?? []), result]);
  }
  return groups;
}
