/**
 * Damages whole files and reads them as the tool does, in a child process that a crash may end.
 *
 *   node bench/fuzz.js [mutations=5000] [seed=1] [format ...]      (after npm run build)
 *
 * Formats: photos (five kinds), raw (cameras' containers), journal, packed, checkpoint, config, report, sidecar; all of them where
 * none is named. Prints of each: crashes, the slowest file, how many were read, refused in words or failed otherwise, and memory.
 * Exit code 1 where any was neither read nor refused in words.
 */
/* global clearTimeout, console, performance, setTimeout */
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { workerEnvironment } from '../dist/run/worker-memory.js';
import { formats } from './fuzz/formats.js';
import { generator } from './fuzz/mutate.js';

const mutations = Number(process.argv[2] ?? 5000);
const seed = Number(process.argv[3] ?? 1);
const names = process.argv.length > 4 ? process.argv.slice(4) : Object.keys(formats);
const slowest = 5000;

async function child({ name, from, folder }) {
  const { prepare, refusals } = formats[name];
  const { whole, damage, read } = await prepare(folder);
  // Else the damage would not be what is refused.
  for (const file of whole) await read(file);
  for (let number = from; number < mutations; number += 1) {
    const bytes = damage(number, generator(seed * 1_000_003 + number));
    process.send({ number, begun: true });
    const start = performance.now();
    let outcome = 'read';
    try {
      await read(bytes);
    } catch (error) {
      outcome = refusals.includes(error.name) ? 'refused' : 'failed';
      if (outcome === 'failed') process.send({ number, message: String(error.stack) });
    }
    process.send({ number, outcome, milliseconds: performance.now() - start, memory: process.memoryUsage.rss() });
  }
  process.disconnect();
}

function runFrom(name, from, folder, tally) {
  return new Promise((resolve) => {
    const worker = fork(fileURLToPath(import.meta.url), process.argv.slice(2), { env: workerEnvironment() });
    let current = from;
    let hung = false;
    let started = false;
    let timer;
    worker.send({ name, from, folder });
    worker.on('message', ({ number, begun, outcome, milliseconds, memory, message }) => {
      current = number;
      started = true;
      clearTimeout(timer);
      if (message !== undefined) console.log(`${name} ${number}: ${message}`);
      if (begun) timer = setTimeout(() => { hung = true; worker.kill('SIGKILL'); }, slowest * 6);
      if (outcome === undefined) return;
      tally[outcome] += 1;
      tally.slowest = Math.max(tally.slowest, milliseconds);
      if (milliseconds > slowest) tally.slow += 1;
      if (number % Math.ceil(mutations / 10) === 0) tally.memory.push(Math.round(memory / 1e6));
    });
    worker.on('exit', (code) => {
      clearTimeout(timer);
      if (code === 0) return resolve(mutations);
      if (!started) throw new Error(`${name}: even whole files are not read`);
      tally[hung ? 'hangs' : 'crashes'] += 1;
      console.log(`${name} ${current}: ${hung ? 'hung' : `crashed (${code})`}`);
      resolve(current + 1);
    });
  });
}

async function fuzz(name) {
  const folder = mkdtempSync(join(tmpdir(), 'fuzz-'));
  const tally = { read: 0, refused: 0, failed: 0, crashes: 0, hangs: 0, slow: 0, slowest: 0, memory: [] };
  const start = performance.now();
  for (let from = 0; from < mutations;) from = await runFrom(name, from, folder, tally);
  rmSync(folder, { recursive: true });
  console.log(`${name}: ${mutations} mutations (seed ${seed}) in ${((performance.now() - start) / 1000).toFixed(0)} s: read ${tally.read}, `
    + `refused in words ${tally.refused}, failed otherwise ${tally.failed}, crashes ${tally.crashes}, hangs ${tally.hangs}, `
    + `over ${slowest / 1000} s ${tally.slow}, slowest ${tally.slowest.toFixed(0)} ms`);
  if (tally.failed + tally.crashes + tally.hangs > 0) process.exitCode = 1;
  console.log(`  memory of the process, MB, every tenth of the way: ${tally.memory.join(' ')}`);
}

if (process.send !== undefined) process.once('message', (task) => { void child(task); });
else for (const name of names) await fuzz(name);
