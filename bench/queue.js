/**
 * The bookkeeping of many machines: `pipeline run --queue` with workers that judge nothing, or everything, and what it costs in
 * time and memory. Starts its own redis-server on a free port of this machine.
 *
 *   node bench/queue.js                       20,000 photos, one worker that judges nothing
 *   node bench/queue.js 50000                 the soak: as many photos, memory as it goes
 *   node bench/queue.js 10000 --scenes       photos without a camera's time: the run compares each with those around it
 *   node bench/queue.js 5000 --real PHOTO     real workers; 5,000 names for the photos named
 *   node bench/queue.js 400 --real PHOTO --workers 2
 *   node bench/queue.js 5000 --real PHOTO --log MEMORY.csv    memory of each process, a row every ten seconds
 */
/* global URL, console, performance */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, linkSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const pipeline = fileURLToPath(new URL('../bin/pipeline.js', import.meta.url));
const stub = fileURLToPath(new URL('queue/stub-worker.js', import.meta.url));

const { positionals: [count = '20000', ...photos], values } = parseArgs({
  allowPositionals: true,
  options: { real: { type: 'boolean' }, scenes: { type: 'boolean', default: false }, workers: { type: 'string', default: '1' }, log: { type: 'string' } },
});
const total = Number(count);
const folder = mkdtempSync(join(tmpdir(), 'bench-queue-'));
const started = [];
process.on('exit', () => {
  for (const child of started) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

const address = await startRedis();
makePhotos();
const workers = Array.from({ length: Number(values.workers) }, () => start(...workerCommand()));
await wait(2000);
const before = redisFacts();
const report = join(folder, 'out.csv');
const run = start(...(process.env.PROFILE === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', process.env.PROFILE]), pipeline, 'run', join(folder, 'photos'), '--report', report, '--queue', address);
const begun = performance.now();
let said = '';
run.stderr.setEncoding('utf8').on('data', (text) => { said += text; });
const rows = await watch();
const ended = performance.now();

const after = redisFacts();
const [, seconds = '', rate = ''] = /faces? in ([\d.]+) s \(([\d.]+) photos a second\)/.exec(said) ?? [];
console.log(`${total} photos, ${values.workers} worker(s) that judge ${values.real ? 'everything, with one process each' : 'nothing'}: ${seconds} s, ${rate} photos a second`);
console.log(`processor time a photo: run ${perPhoto(rows.at(-1)?.run.cpu)}, worker ${perPhoto(rows.at(-1)?.worker.cpu)}, Redis ${perPhoto(after.cpu - before.cpu)} ms`);
console.log(`all in all ${((ended - begun) / 1000).toFixed(1)} s with the start of the command`);
console.log('\nMB         run  worker   Redis');
for (const part of [0.2, 0.4, 0.6, 0.8, 0.99]) {
  const row = rows[Math.floor(part * (rows.length - 1))];
  if (row === undefined) continue;
  console.log(`${String(Math.round(part * 100)).padStart(3)} %   ${[row.run.memory, row.worker.memory, row.redis].map((mb) => mb.toFixed(0).padStart(6)).join('  ')}`);
}
const names = new Set(readFileSync(report, 'utf8').match(/^\d{6}(?=\.)/gm));
if (names.size !== total) throw new Error(`The report has ${names.size} photos.`);
for (const child of workers) child.kill('SIGTERM');
process.exit(0);

async function startRedis() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  const child = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  started.push(child);
  for await (const text of child.stdout.setEncoding('utf8')) if (text.includes('eady to accept connections')) break;
  return `redis://127.0.0.1:${port}/0`;
}

function makePhotos() {
  mkdirSync(join(folder, 'photos'));
  const sources = (photos.length > 0 ? photos : [fileURLToPath(new URL('../docs/report.png', import.meta.url))]).map((photo, index) => {
    const copy = join(folder, `source-${index}${extname(photo)}`);
    copyFileSync(photo, copy);
    return copy;
  });
  for (let number = 0; number < total; number += 1) {
    const source = sources[number % sources.length];
    // A disk allows some ten thousand names for one file: each thousand has a copy of its own.
    if (number % 1000 < sources.length) copyFileSync(source, nameOf(number, source));
    else linkSync(nameOf(number - (number % 1000) + (number % sources.length), source), nameOf(number, source));
  }
}

function nameOf(number, source) {
  return join(folder, 'photos', `${String(number).padStart(6, '0')}${extname(source)}`);
}

function workerCommand() {
  const root = join(folder, 'photos');
  return values.real ? [pipeline, 'worker', '--queue', address, '--root', root, '--workers', '1'] : [stub, address, root, values.scenes ? 'no times' : 'times'];
}

function start(...command) {
  const child = spawn(process.execPath, command, { stdio: ['ignore', 'ignore', 'pipe'] });
  started.push(child);
  child.stderr.resume();
  return child;
}

/** Looks at memory and processor time every half second, until the run is over. */
async function watch() {
  const rows = [];
  let isOver = false;
  let logged = -Infinity;
  if (values.log !== undefined) writeFileSync(values.log, 'seconds,run,worker,its processes,Redis\n');
  const over = once(run, 'close').then(() => { isOver = true; });
  while (!isOver) {
    const row = { run: look(run.pid), worker: all(workers.map(({ pid }) => look(pid))), redis: redisFacts().memory };
    if (row.run.memory > 0) rows.push(row);
    if (values.log !== undefined && performance.now() - logged > 10_000) {
      logged = performance.now();
      const own = all(workers.map(({ pid }) => lookAlone(pid))).memory;
      const seconds = (logged - begun) / 1000;
      appendFileSync(values.log, `${[seconds, row.run.memory, own, row.worker.memory - own, row.redis].map((each) => each.toFixed(1)).join()}\n`);
    }
    await Promise.race([over, wait(500)]);
  }
  return rows;
}

/** MB and seconds of a process and those that it has started. */
function look(pid) {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map((child) => look(Number(child)));
    return all([lookAlone(pid), ...children]);
  } catch {
    return { memory: 0, cpu: 0 };
  }
}

/** The same of the process alone. */
function lookAlone(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return { memory: Number(fields[21]) * 4096 / 1e6, cpu: (Number(fields[11]) + Number(fields[12])) / 100 };
}

function all(looks) {
  return looks.reduce((sum, { memory, cpu }) => ({ memory: sum.memory + memory, cpu: sum.cpu + cpu }));
}

function redisFacts() {
  const text = execFileSync('redis-cli', ['-u', address, 'info'], { encoding: 'utf8' });
  const field = (name) => Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(text)?.[1]);
  return { memory: field('used_memory_rss') / 1e6, cpu: field('used_cpu_sys') + field('used_cpu_user') };
}

function perPhoto(seconds = 0) {
  return (seconds * 1000 / total).toFixed(3);
}
