/**
 * The command line: `pipeline VERB ...`. A verb's file is loaded only when it is needed, so that a run starts at once.
 */
import { Command, CommanderError } from 'commander';
import { closest } from 'fastest-levenshtein';
import { UsageError } from '../core/usage-error.js';
import { packageVersion } from '../files/package.js';
import type { PhotoExecutor } from '../run/executor.js';
import { exitCodes } from './exit-codes.js';
import { log } from './log.js';

type Register = (program: Command, executor: PhotoExecutor) => void;

/** Verbs in the order in which the help shows them. */
const verbs: Readonly<Record<string, () => Promise<Register>>> = {
  run: async () => (await import('./run.js')).registerRun,
  worker: async () => (await import('./worker.js')).registerWorker,
  review: async () => (await import('./review.js')).registerReview,
  tune: async () => (await import('./tune.js')).registerTune,
  xmp: async () => (await import('./xmp.js')).registerXmp,
  sort: async () => (await import('./sort.js')).registerSort,
  models: async () => (await import('./models.js')).registerModels,
  pack: async () => (await import('./pack.js')).registerPack,
  train: async () => (await import('./train.js')).registerTrain,
  runs: async () => (await import('./runs.js')).registerRuns,
  evaluate: async () => (await import('./evaluate.js')).registerEvaluate,
  doctor: async () => (await import('./doctor.js')).registerDoctor,
  bench: async () => (await import('./bench.js')).registerBench,
};

/**
 * Does what the command line says; messages go to standard error.
 * @param arguments_ the verb and what follows it
 * @param executor where photos will be judged
 * @returns the exit code
 */
export async function runProgram(arguments_: readonly string[], executor: PhotoExecutor): Promise<number> {
  const program = new Command('pipeline')
    .description('Finds closed eyes and blurred faces in folders of portraits.')
    .version(packageVersion())
    .configureOutput({ writeErr: (text) => { process.stderr.write(text); } })
    .exitOverride()
    .addHelpText('after', '\nExamples:\n  pipeline run ./photos --report out.csv\n  pipeline run --help\n');
  const verb = arguments_[0];
  if (verb !== undefined && !verb.startsWith('-') && verb !== 'help' && !Object.hasOwn(verbs, verb)) {
    log.error(`There is no verb ${verb}. Did you mean ${closest(verb, Object.keys(verbs))}? pipeline --help lists them all.`);
    return exitCodes.usage;
  }
  const known = verb === undefined ? undefined : verbs[verb];
  for (const load of known === undefined ? Object.values(verbs) : [known]) (await load())(program, executor);
  for (const command of program.commands) command.exitOverride();
  try {
    await program.parseAsync([...arguments_], { from: 'user' });
    return Number(process.exitCode ?? exitCodes.ok);
  } catch (error) {
    return exitCodeOf(error);
  }
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  if (error instanceof UsageError) {
    log.error(error.message);
    return exitCodes.usage;
  }
  log.error(error instanceof Error ? error.message : String(error));
  if (process.env['PIPELINE_DEBUG'] !== undefined && error instanceof Error) {
    for (const line of (error.stack ?? '').split('\n')) log.log(line);
  }
  return exitCodes.failure;
}
