/**
 * `pipeline tune`: settings from a person's own choices.
 */
import { resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { choicesOfPhotos } from '../choices/photos.js';
import { learn, labelledFiles, type Lesson } from '../choices/tune/learn.js';
import { writeSettings } from '../choices/tune/write.js';
import { visible } from '../core/visible.js';
import type { PhotoExecutor } from '../run/executor.js';
import { readVerdicts } from '../sort/verdicts.js';
import { log } from './log.js';
import { photosFolder, readOwnChoices } from './own-choices.js';
import { createProgress } from './progress.js';
import { addSettingsOptions, learnedPath, learnedSettings, type SettingsOptions } from './settings.js';
import '../image/one-thread.js';

interface TuneOptions extends SettingsOptions {
  readonly photos?: string;
  readonly choices?: string;
  readonly yes?: boolean;
}

export function registerTune(program: Command, executor: PhotoExecutor): void {
  addSettingsOptions(program.command('tune')
    .description('Propose strictness and thresholds that fit what you chose, and say what each would have changed on your own photos.')
    .argument('<report>', 'the CSV or JSON report')
    .option('--photos <folder>', 'the folder that was judged, where it is not found nearby')
    .option('--choices <file>', 'what you chose in pipeline review (default: choices.jsonl beside the report)')
    .option('--yes', 'write the proposal without asking'))
    .action((report: string, options: TuneOptions) => tune(report, options, executor))
    .addHelpText('after', `
It takes 50 of your own choices: picks, rejects or stars. The photos that you chose for are judged again. A proposal is written into
the file of --config, or pipeline.yaml beside the report, when you say yes; the rest of that file stays as it is.

Examples:
  pipeline tune out.csv
  pipeline tune out.csv --config mine.yaml --yes`);
}

async function tune(report: string, options: TuneOptions, executor: PhotoExecutor): Promise<void> {
  const target = learnedPath(options, report);
  const config = learnedSettings(options, report);
  const { photos } = await readVerdicts(report);
  const folder = await photosFolder(report, photos.keys(), options.photos);
  const { history } = await readOwnChoices(report, options.choices);
  const chosen = await choicesOfPhotos(history, folder, photos.keys());
  const files = labelledFiles([...chosen].map(([photo, choice]) => ({ path: resolve(folder, photo), photo, choice })));
  const progress = createProgress(files.length);
  const lesson = await learn(files, { config, executor, signal: new AbortController().signal, onPhoto: () => { progress.step(); } })
    .finally(() => { progress.stop(); });
  show(lesson);
  if (lesson.changes.length === 0) return;
  if (options.yes !== true && !await confirmed(target)) return;
  writeSettings(target, lesson.changes);
  log.log(`Written: ${target}. Use it with --config ${target}.`);
}

function show({ lines, changed }: Lesson): void {
  const list = changed.map(({ photo, label, now, then }) => `  ${photo}: ${now} -> ${then} (you ${label === 'keep' ? 'kept' : 'rejected'} it)`);
  process.stdout.write([...lines, ...list].map((line) => `${visible(line)}\n`).join(''));
}

/** Without anybody to ask, nothing is written. */
async function confirmed(target: string): Promise<boolean> {
  if (!process.stdin.isTTY) {
    log.log(`Nothing is written. With --yes it is: into ${target}.`);
    return false;
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(`Write this into ${target}? [y/N] `);
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
}
