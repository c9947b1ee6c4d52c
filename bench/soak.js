/**
 * node bench/soak.js [PHOTOS] [WORKERS]: runs the pipeline over generated copies, by default 5,000 with as many workers
 * as cores, and keeps how its memory went in bench/results. 5,000 copies take 1 GB of the
 * temporary folder.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { stringify } from 'csv-stringify/sync';
import { runOnCopies } from '../dist/bench/bench.js';
import { coreCount, machineName, machineSlug } from '../dist/bench/machine.js';
import { demoPhotos } from '../dist/bench/photo-sets.js';

const [photos = 5000, workers = coreCount()] = process.argv.slice(2).map(Number);
const parts = 20;
const say = (line) => { process.stdout.write(`${line}\n`); };

const { seconds, memory } = await runOnCopies(demoPhotos(), photos, ['--workers', String(workers)], 250);
const rows = Array.from({ length: parts }, (_, part) => {
  const inside = memory.filter((sample) => Math.floor((sample.seconds / seconds) * parts) === part);
  const peak = inside.reduce((most, { megabytes }) => Math.max(most, megabytes), 0);
  return { machine: machineName(), photos, workers, seconds: Math.round((seconds * (part + 1)) / parts), peak_rss_mb: Math.round(peak) };
});
const file = fileURLToPath(import.meta.resolve(`./results/soak-${machineSlug()}.csv`));
writeFileSync(file, stringify(rows, { header: true }));
for (const row of rows) say(`${String(row.seconds).padStart(6)} s ${String(row.peak_rss_mb).padStart(6)} MB`);
say(`${photos} photos in ${seconds.toFixed(0)} s with ${workers} workers; ${file}`);
