/**
 * node bench/soak-faults.js [PHOTOS] [WORKERS] [SECONDS]: a long run while everything goes wrong, every 2 seconds or as many as
 * are named, on average. By default 1,500 photos (5,000 for a real soak, with 10 seconds: a worker that is killed every 2 seconds
 * does little else than load its nets) with as many workers as cores. Needs Linux with `unshare` and the right to mount.
 *
 * Worker processes are killed at random; the disk with the report fills up, and is emptied again, after which the same command goes
 * on with --resume; a folder of photos vanishes and comes back. Then: has every photo its row, are rows that say more than that a
 * photo was away those that an undisturbed run has, and how did memory go?
 */
/* global URL, clearInterval, console, performance, setInterval, setTimeout */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, linkSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { coreCount } from '../dist/bench/machine.js';
import { demoPhotos } from '../dist/bench/photo-sets.js';
import { residentMegabytes } from '../dist/bench/process-memory.js';
import { readCsvRows } from '../dist/reports/csv.js';
import { generator } from './fuzz/mutate.js';

const [photos = 1500, workers = coreCount(), secondsBetween = 2] = process.argv.slice(2).map(Number);
const entry = fileURLToPath(new URL('../bin/pipeline.js', import.meta.url));
const inside = 'PIPELINE_SOAK_INSIDE';

/** Disks are mounted where only this process and its children see them. */
if (process.env[inside] === undefined) {
  const asRoot = process.getuid?.() === 0;
  const { status } = spawnSync('unshare', [...(asRoot ? [] : ['--user', '--map-root-user']), '--mount', process.execPath, ...process.argv.slice(1)],
    { stdio: 'inherit', env: { ...process.env, [inside]: '1' } });
  process.exit(status ?? 1);
}

const base = mkdtempSync(join(tmpdir(), 'soak-'));
const folder = join(base, 'photos');
const disk = join(base, 'disk');
const random = generator(Date.now() % 1e6);
const faults = { kills: 0, full: 0, vanished: 0, resumed: 0 };
const memory = [];

async function prepare() {
  mkdirSync(disk);
  const originals = [];
  for (const [index, { path }] of demoPhotos().entries()) {
    const small = join(base, `${index}.jpg`);
    await sharp(path).resize(900).jpeg().toFile(small);
    originals.push(small);
  }
  for (let index = 0; index < photos; index += 1) {
    const day = join(folder, `day ${index % 7}`);
    mkdirSync(day, { recursive: true });
    linkSync(originals[index % originals.length], join(day, `${String(index).padStart(6, '0')}.jpg`));
  }
  // What the run asks for at its beginning; going on with it asks for less.
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${Math.ceil(photos * 14 + 1024)}k`, 'none', disk]);
}

function workersOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter((child) => child !== '').map(Number);
  } catch {
    return [];
  }
}

function fill() {
  const block = new Uint8Array(65536);
  try {
    for (;;) writeFileSync(join(disk, 'filler'), block, { flag: 'a' });
  } catch {
    faults.full += 1;
  }
}

/** One go of the command, while faults happen. @returns its exit code */
async function go(arguments_, disturbed) {
  const child = spawn(process.execPath, [entry, 'run', folder, '--workers', String(workers), '--no-times', ...arguments_], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (text) => { said += text; });
  const ended = new Promise((resolve) => { child.on('close', resolve); });
  let running = true;
  void ended.then(() => { running = false; });
  const sampling = setInterval(() => { memory.push(residentMegabytes(child.pid) ?? 0); }, 500);
  while (running && disturbed) {
    await Promise.race([sleep((0.25 + random() * 1.5) * secondsBetween * 1000), ended]);
    if (!running) break;
    const kind = random();
    if (kind < 0.6) {
      const pids = workersOf(child.pid);
      const pid = pids[Math.floor(random() * pids.length)];
      if (pid !== undefined) {
        process.kill(pid, 'SIGKILL');
        faults.kills += 1;
      }
    } else if (kind < 0.8) fill();
    else if (kind < 0.95) {
      const day = join(folder, 'day 3');
      if (existsSync(day)) {
        renameSync(day, join(base, 'away'));
        faults.vanished += 1;
        await Promise.race([sleep(1500), ended]);
        renameSync(join(base, 'away'), day);
      }
    }
  }
  const code = await ended;
  clearInterval(sampling);
  if (code !== 0 && code !== 3 && faults.resumed % 10 === 0) console.log(said.split('\n').filter((line) => /cannot|full|resume/i.test(line)).slice(-2).join('\n'));
  return code;
}

async function disturbedRun(report) {
  for (let resume = []; ; resume = ['--resume']) {
    const code = await go(['--report', report, ...resume], true);
    if (code === 0 || code === 3) return code;
    rmSync(join(disk, 'filler'), { force: true });
    faults.resumed += 1;
  }
}

/** Which scene a photo is of, and how it ranks there: another one where frames of it were away. */
const changing = new Set(['scene', 'best_of_scene', 'scene_rank', 'scene_reason']);

function rowsOf(report) {
  const rows = new Map();
  for (const row of readCsvRows(readFileSync(report, 'utf8'))) {
    const lasting = Object.fromEntries(Object.entries(row).filter(([column]) => !changing.has(column)));
    rows.set(row.photo, [...rows.get(row.photo) ?? [], lasting]);
  }
  return rows;
}

/** What two tables of a photo's faces do not have in common: column, what it is, what it should be. */
function differences(rows = [], expected = []) {
  if (rows.length !== expected.length) return `${rows.length} rows instead of ${expected.length}`;
  return rows.flatMap((row, index) => Object.keys(row).filter((column) => row[column] !== expected[index][column])
    .map((column) => `${column}: ${row[column]} instead of ${expected[index][column]}`)).join(', ');
}

await prepare();
const start = performance.now();
const report = join(disk, 'out.csv');
const code = await disturbedRun(report);
const seconds = (performance.now() - start) / 1000;
const disturbed = rowsOf(report);
const left = readdirSync(disk).filter((name) => !['out.csv', 'filler'].includes(name));
const plain = join(base, 'plain.csv');
await go(['--report', plain], false);
const undisturbed = rowsOf(plain);

const all = [...undisturbed.keys()];
const away = all.filter((photo) => photo.startsWith('day 3/') && /does not exist/.test(disturbed.get(photo)?.[0]?.error ?? ''));
const other = all.filter((photo) => !away.includes(photo) && JSON.stringify(disturbed.get(photo)) !== JSON.stringify(undisturbed.get(photo)));
console.log(`${photos} photos with ${workers} workers in ${seconds.toFixed(0)} s, exit code ${code}: ${faults.kills} workers killed, disk full ${faults.full} times, `
  + `${faults.resumed} times resumed, a folder away ${faults.vanished} times`);
console.log(`photos with a row: ${disturbed.size} of ${all.length}; rows that say the photo was away: ${away.length}; other rows than those of an undisturbed run: ${other.length}`);
for (const photo of other.slice(0, 5)) console.log(`  ${photo}: ${differences(disturbed.get(photo), undisturbed.get(photo))}`);
console.log(`left beside the report: ${left.length === 0 ? 'nothing' : left.join(', ')}`);
const parts = Array.from({ length: 10 }, (_, part) => Math.round(Math.max(...memory.slice(Math.floor(part * memory.length / 10), Math.floor((part + 1) * memory.length / 10) + 1))));
console.log(`highest memory of all processes, MB, every tenth of both runs: ${parts.join(' ')}`);
setTimeout(() => { process.exit(disturbed.size === all.length && other.length === 0 && left.length === 0 ? 0 : 1); }, 10);
execFileSync('umount', [disk]);
rmSync(base, { recursive: true, force: true });
