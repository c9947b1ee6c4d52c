/**
 * `pipeline bench`: how fast the tool is on this machine, and where its time goes.
 */
import { InvalidArgumentError, Option, type Command } from 'commander';
import { existsSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { runBench } from '../bench/bench.js';
import { compareEngines, engineTable } from '../bench/engines.js';
import { machineSlug } from '../bench/machine.js';
import { makeDefaultSets, type DefaultSets } from '../bench/photo-sets.js';
import { benchCsv, benchJson, benchTable } from '../bench/report.js';
import { UsageError } from '../core/usage-error.js';
import '../image/one-thread.js';
import { writeWholeFile } from '../files/whole-file.js';
import { findPhotos } from '../run/walk.js';
import { log } from './log.js';
import { addSettingsOptions, collect, settingsFrom, type SettingsOptions } from './settings.js';

interface BenchVerbOptions extends SettingsOptions {
  readonly report?: readonly string[];
  readonly rounds: number;
  readonly peers: boolean;
  readonly engine?: true;
}

export function registerBench(program: Command): void {
  const command = program.command('bench')
    .description('Measure the pipeline on this machine: every stage, photos a second, memory, and bare decoding beside it.')
    .argument('[photos...]', 'folders and files; without them: the demo photos, and 24-megapixel photos made from one of them')
    .addOption(new Option('--report <file>', 'write the figures: .json, .csv, or a folder for a .csv named after the machine (repeatable)')
      .argParser(collect))
    .addOption(new Option('--rounds <n>', 'measured rounds, after one that does not count').default(7).argParser(parseRounds))
    .option('--no-peers', 'do not measure other tools, installed or not')
    .option('--engine', 'put the engines and devices of detection side by side instead')
    .action(bench);
  addSettingsOptions(command).addHelpText('after', `
Bare decoding is sharp opening the same photos with the same options, shrunk by the same factor, in as many processes.
Other tools are measured where they are installed, which they are with the development dependencies.

Examples:
  pipeline bench
  pipeline bench ./photos --rounds 3 --no-peers
  pipeline bench --engine --rounds 5
  pipeline bench --report bench.json --report bench/results`);
}

function parseRounds(text: string): number {
  const rounds = Number(text);
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 1000) throw new InvalidArgumentError('It is a whole number from 1 to 1000.');
  return rounds;
}

async function bench(inputs: readonly string[], options: BenchVerbOptions): Promise<void> {
  const config = settingsFrom(options);
  const targets = (options.report ?? []).map(reportTarget);
  if (options.engine === true && targets.length > 0) throw new UsageError('--engine prints its table and writes no report; leave out --report.');
  const { sets, dispose } = inputs.length === 0 ? await makeDefaultSets() : await userSets(inputs);
  try {
    if (options.engine === true) {
      const photos = sets[0]?.photos ?? [];
      process.stdout.write(engineTable(await compareEngines(photos, config, options.rounds, (step) => { log.log(step); })));
      return;
    }
    const result = await runBench(sets, {
      config,
      settings: [
        ...(options.config === undefined ? [] : ['--config', options.config]),
        ...(options.set ?? []).flatMap((setting) => ['--set', setting]),
      ],
      rounds: options.rounds,
      peers: options.peers,
      onStep: (step) => { log.log(step); },
    });
    process.stdout.write(benchTable(result));
    for (const target of targets) {
      writeWholeFile(target, extname(target) === '.json' ? benchJson(result) : benchCsv(result));
      log.log(`Report: ${target}`);
    }
  } finally {
    await dispose();
  }
}

async function userSets(inputs: readonly string[]): Promise<DefaultSets> {
  const { photos } = await findPhotos(inputs, { followLinks: false });
  if (photos.length === 0) throw new UsageError(`There are no photos in ${inputs.join(', ')}.`);
  const description = `${String(photos.length)} photo${photos.length === 1 ? '' : 's'}`;
  return { sets: [{ name: 'photos', description, photos }], dispose: () => Promise.resolve() };
}

function reportTarget(path: string): string {
  if (existsSync(path) && statSync(path).isDirectory()) return join(path, `${machineSlug()}.csv`);
  if (['.json', '.csv'].includes(extname(path))) return path;
  throw new UsageError(`A report's name ends in .json or .csv, or is a folder that exists; ${path} is neither.`);
}
