/**
 * node bench/resume.js [PHOTOS=20000] [KILLS=8]: a large run that is killed (SIGKILL, workers too) at random moments and
 * resumed, against one that is left alone. Prints photos, kills, times, memory, and whether the reports are the same.
 *
 * The photos are 160 px faces cut from a demo photo, each with a comment of its own, so that no two files are alike.
 */
/* global Buffer, URL, clearInterval, clearTimeout, console, performance, setInterval, setTimeout */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { demoPhotos } from '../dist/bench/photo-sets.js';
import { residentMegabytes } from '../dist/bench/process-memory.js';

const [count = 20_000, kills = 8] = process.argv.slice(2).map(Number);
const entry = fileURLToPath(new URL('../bin/pipeline.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'resume-'));
const photos = join(folder, 'photos');
const arguments_ = (name) => ['run', photos, '--set', 'detect.second_look=false', '--report', join(folder, `${name}.csv`), '--report', join(folder, `${name}.json`), '--no-times'];

await makePhotos();
const unbroken = await run(arguments_('unbroken'));
console.log(`${count} photos, unbroken: ${unbroken.seconds.toFixed(0)} s, peak memory of all processes ${unbroken.peak.toFixed(0)} MB`);

let killed = 0;
let busy = 0;
let peak = 0;
for (let kill = 0; kill < kills; kill += 1) {
  const attempt = await run([...arguments_('killed'), '--resume'], (2 * unbroken.seconds * Math.random()) / (kills + 1));
  busy += attempt.seconds;
  peak = Math.max(peak, attempt.peak);
  if (attempt.code !== null) break;
  killed += 1;
  const journal = join(folder, 'killed.csv.journal');
  const size = existsSync(journal) ? statSync(journal).size / 1e6 : 0;
  console.log(`killed after ${attempt.seconds.toFixed(1)} s, journal ${size.toFixed(1)} MB`);
}
const last = existsSync(join(folder, 'killed.csv')) ? undefined : await run([...arguments_('killed'), '--resume']);
busy += last?.seconds ?? 0;
console.log(`${killed} kills, ${busy.toFixed(0)} s in all, peak memory ${Math.max(peak, last?.peak ?? 0).toFixed(0)} MB; ${last?.said ?? ''}`);
let same = true;
for (const kind of ['csv', 'json']) {
  const [a, b] = ['unbroken', 'killed'].map((name) => readFileSync(join(folder, `${name}.${kind}`)));
  const digest = createHash('sha256').update(a).digest('hex').slice(0, 12);
  same &&= a.equals(b);
  console.log(`${kind}: ${(a.length / 1e6).toFixed(1)} MB, ${a.equals(b) ? `the same bytes (${digest})` : 'DIFFERENT'}`);
}
rmSync(folder, { recursive: true });
process.exitCode = same ? 0 : 1;

async function makePhotos() {
  mkdirSync(photos);
  const face = await sharp(demoPhotos()[0].path).extract({ left: 340, top: 320, width: 340, height: 340 }).resize(160).jpeg().toBuffer();
  for (let index = 0; index < count; index += 1) {
    const text = Buffer.from(`photo ${index}`);
    // A comment segment, right behind the start of the image.
    const comment = Buffer.concat([Buffer.from([0xff, 0xfe, 0, text.length + 2]), text]);
    const parent = join(photos, `day ${index % 5}`);
    if (index < 5) mkdirSync(parent);
    writeFileSync(join(parent, `${String(index).padStart(5, '0')}.jpg`), Buffer.concat([face.subarray(0, 2), comment, face.subarray(2)]));
  }
}

/** Runs the command, killed after so many seconds where they are given. `code` is null where it was. */
async function run(options, seconds) {
  const start = performance.now();
  const child = spawn(process.execPath, [entry, ...options], { stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text) => { stderr += text; });
  let most = 0;
  const memory = setInterval(() => { most = Math.max(most, residentMegabytes(child.pid) ?? 0); }, 250);
  const timer = seconds === undefined ? undefined : setTimeout(() => { child.kill('SIGKILL'); }, seconds * 1000);
  const code = await new Promise((resolve) => { child.on('exit', resolve); });
  clearInterval(memory);
  clearTimeout(timer);
  if (code !== null && code !== 0) throw new Error(stderr);
  return { code, seconds: (performance.now() - start) / 1000, peak: most, said: /\d+ of \d+ photos were done before/.exec(stderr)?.[0] };
}
