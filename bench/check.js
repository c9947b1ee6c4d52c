/**
 * npm run bench:check: measures again and compares ratios with the results that are kept for this machine.
 *
 * Only ratios between things measured in the same run are compared, because absolute times say more about what else the
 * machine does. Exit code 1 where one is more than 20 % worse.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'csv-parse/sync';
import { runBench } from '../dist/bench/bench.js';
import { machineSlug } from '../dist/bench/machine.js';
import { makeDefaultSets } from '../dist/bench/photo-sets.js';
import { figuresOf } from '../dist/bench/report.js';
import { loadConfig } from '../dist/pipeline/config.js';

const allowed = 0.2;
const rounds = 5;
const folder = fileURLToPath(import.meta.resolve('./results/'));
/** Ratios; more is better for all of them. */
const ratio = /^(share_of_decode_bound|one_thread_share_of_decode_bound|processor_share_of_decode_bound|scaling|peers\..*\.one_thread_times_faster)$/;

const say = (line) => { process.stdout.write(`${line}\n`); };
const kept = readKept();
const { sets, dispose } = await makeDefaultSets();
try {
  const result = await runBench(sets, { config: loadConfig(), settings: [], rounds, peers: true, onStep: say });
  process.exitCode = compare(figuresOf(result)) ? 0 : 1;
} finally {
  await dispose();
}

function readKept() {
  const own = `${machineSlug()}.csv`;
  const files = readdirSync(folder).filter((name) => name.endsWith(`-cores-node-${process.versions.node.split('.')[0]}.csv`));
  const file = files.includes(own) ? own : files[0];
  if (file === undefined) throw new Error(`There are no kept results in ${folder}. Write them with: npm run bench`);
  if (file !== own) say(`There are no results of this machine; its ratios are compared with ${file}.`);
  const rows = parse(readFileSync(`${folder}${file}`, 'utf8'), { columns: true });
  return new Map(rows.map(({ set, figure, value }) => [`${set} ${figure}`, Number(value)]));
}

function compare(figures) {
  let good = true;
  for (const { set, figure, value } of figures) {
    const before = kept.get(`${set} ${figure}`);
    if (!ratio.test(figure) || before === undefined) continue;
    const worse = value < before * (1 - allowed);
    good &&= !worse;
    say(`${worse ? 'WORSE' : 'ok   '} ${set} ${figure}: ${value} (kept: ${before})`);
  }
  return good;
}
