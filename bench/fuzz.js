/**
 * Mutates real photos of five formats and opens them as a run does, in a child process that a crash may end.
 *
 *   node bench/fuzz.js [mutations=5000] [seed=1]      (after npm run build)
 *
 * Prints: crashes, the slowest photo, how many opened, were refused in words, or failed otherwise, and memory over time.
 */
/* global Buffer, URL, clearTimeout, console, performance, setTimeout */
import { fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { workerEnvironment } from '../dist/run/worker-memory.js';

const mutations = Number(process.argv[2] ?? 5000);
const seed = Number(process.argv[3] ?? 1);
const slowest = 5000;
const limits = { max_megapixels: 50, max_megabytes: 50, timeout_seconds: 4 };
const isChild = process.send !== undefined;

/** Mulberry32: the same mutations for the same seed. */
function generator(state) {
  let a = state;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

async function photos() {
  const folder = new URL('../node_modules/@vladmandic/face-api/demo/', import.meta.url);
  const source = readFileSync(new URL('sample1.jpg', folder));
  const small = () => sharp(source).resize(480);
  return [source, await small().png().toBuffer(), await small().webp().toBuffer(), await small().tiff({ compression: 'lzw' }).toBuffer(),
    await small().gif().toBuffer()];
}

/** Flips bytes, puts numbers that break sizes, cuts, repeats or removes pieces; mostly near the start, where headers are. */
function mutate(bytes, random) {
  let changed = Buffer.from(bytes);
  const place = () => Math.floor((random() < 0.6 ? random() * Math.min(2048, changed.length) : random() * changed.length));
  const times = 1 + Math.floor(random() * 8);
  for (let i = 0; i < times && changed.length > 8; i += 1) {
    const at = place();
    const kind = random();
    if (kind < 0.5) changed[at] = Math.floor(random() * 256);
    else if (kind < 0.7) changed.fill([0, 0xff, 0x7f, 0x80][Math.floor(random() * 4)], at, Math.min(changed.length, at + 4));
    else if (kind < 0.8) changed = changed.subarray(0, Math.max(8, at));
    else if (kind < 0.9) changed = Buffer.concat([changed.subarray(0, at), changed.subarray(Math.floor(at / 2))]);
    else changed = Buffer.concat([changed.subarray(0, at), changed.subarray(at + Math.floor(random() * 64))]);
  }
  return changed;
}

async function child(from) {
  const { openBytes, decodePhoto, PhotoError, shrinkFor } = await import('../dist/image/decode.js');
  const originals = await photos();
  for (let number = from; number < mutations; number += 1) {
    const bytes = mutate(originals[number % originals.length], generator(seed * 1_000_003 + number));
    process.send({ number, begun: true });
    const start = performance.now();
    let outcome = 'opened';
    try {
      const photo = await openBytes(bytes, limits);
      await decodePhoto(photo, shrinkFor(photo, 1024));
    } catch (error) {
      outcome = error instanceof PhotoError ? 'refused' : 'failed';
      if (outcome === 'failed') process.send({ number, message: String(error) });
    }
    process.send({ number, outcome, milliseconds: performance.now() - start, memory: process.memoryUsage().rss });
  }
  process.disconnect();
}

function runFrom(from, tally) {
  return new Promise((resolve) => {
    const worker = fork(fileURLToPath(import.meta.url), process.argv.slice(2), { env: workerEnvironment() });
    let current = from;
    let hung = false;
    let timer;
    worker.send(from);
    worker.on('message', ({ number, begun, outcome, milliseconds, memory, message }) => {
      current = number;
      clearTimeout(timer);
      if (message !== undefined) console.log(`mutation ${number}: ${message}`);
      if (begun) timer = setTimeout(() => { hung = true; worker.kill('SIGKILL'); }, slowest * 2);
      if (outcome === undefined) return;
      tally[outcome] += 1;
      tally.slowest = Math.max(tally.slowest, milliseconds);
      if (milliseconds > slowest) tally.slow += 1;
      if (number % Math.ceil(mutations / 10) === 0) tally.memory.push(Math.round(memory / 1e6));
    });
    worker.on('exit', (code) => {
      clearTimeout(timer);
      if (code === 0) return resolve(mutations);
      tally[hung ? 'hangs' : 'crashes'] += 1;
      console.log(`mutation ${current}: ${hung ? 'hung' : `crashed (${code})`}`);
      resolve(current + 1);
    });
  });
}

if (isChild) process.once('message', (from) => { void child(from); });
else {
  const tally = { opened: 0, refused: 0, failed: 0, crashes: 0, hangs: 0, slow: 0, slowest: 0, memory: [] };
  const start = performance.now();
  for (let from = 0; from < mutations;) from = await runFrom(from, tally);
  console.log(`${mutations} mutations of JPEG, PNG, WebP, TIFF and GIF (seed ${seed}) in ${((performance.now() - start) / 1000).toFixed(0)} s`);
  console.log(`opened ${tally.opened}, refused in words ${tally.refused}, failed otherwise ${tally.failed}`);
  console.log(`crashes ${tally.crashes}, hangs ${tally.hangs}, over ${slowest / 1000} s ${tally.slow}, slowest ${tally.slowest.toFixed(0)} ms`);
  console.log(`memory of the process, MB, every tenth of the way: ${tally.memory.join(' ')}`);
}
