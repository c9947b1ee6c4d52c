/**
 * `pipeline worker`: judge the photos of runs that other machines have begun.
 */
import type { Command } from 'commander';
import { queueHelp, readAddress } from '../queue/address.js';
import type { PhotoExecutor } from '../run/executor.js';
import { workerCount } from '../run/pool.js';
import { exitCodes } from './exit-codes.js';
import { log } from './log.js';
import { addSettingsOptions, settingsFrom, shortcut, type SettingsOptions } from './settings.js';

interface WorkerVerbOptions extends SettingsOptions {
  readonly queue: string;
  readonly root: string;
  readonly workers?: string;
  readonly model?: string;
}

/** Milliseconds that a worker that cannot go on has for its end. */
const endTime = 2000;

/** @param executor where photos will be judged */
export function registerWorker(program: Command, executor: PhotoExecutor): void {
  const command = program.command('worker')
    .description('Judge the photos of runs with --queue, until it is ended: Ctrl-C or SIGTERM finish what is begun, a second one does not.')
    .requiredOption('--queue <address>', 'the queue, as in pipeline run')
    .requiredOption('--root <folder>', 'the folder that holds the photos: the one that pipeline run names, as this machine sees it. Nothing outside it is read')
    .option('--workers <n>', 'photos worked on at once; auto: one a core')
    .option('--model <file>', 'the eye-state net, where the runs use one of their own (classify.model)')
    .action((options: WorkerVerbOptions) => work(options, executor));
  addSettingsOptions(command).addHelpText('after', `
All settings are those of the run, but for run.workers, classify.model and detect.portrait_model, which are this machine's.
${queueHelp}

Exit codes: 0 ended from outside; 2 wrong usage or settings; 1 (or SIGKILL) anything else, as where the disk of the photos has gone: start it again.

Examples:
  pipeline worker --queue redis://host:6379/0 --root /mnt/photos
  PIPELINE_QUEUE_PASSWORD_FILE=/run/secrets/queue pipeline worker --queue rediss://worker@host --root /mnt/photos --workers 8`);
}

async function work(options: WorkerVerbOptions, executor: PhotoExecutor): Promise<void> {
  const config = settingsFrom(options, [shortcut('run.workers', options.workers), shortcut('classify.model', options.model)]);
  const [{ connectQueue }, { openRoot }, { serveQueue }] = await Promise.all([
    import('../queue/connection.js'), import('../queue/root.js'), import('../queue/worker.js'),
  ]);
  const root = await openRoot(options.root);
  const address = readAddress(options.queue);
  const onNote = (note: string): void => { log.log(note); };
  const connection = await connectQueue(address, { onNote });
  const stop = new AbortController();
  const onSignal = (): void => {
    if (stop.signal.aborted) process.exit(exitCodes.failure);
    log.log('Finishing what is begun.');
    stop.abort();
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, onSignal);
  log.log(`Judging photos below ${root} for ${address.shown}, ${String(workerCount(config.run.workers))} at once.`);
  try {
    await serveQueue({ connection, executor, root, config, onNote, signal: stop.signal });
  } catch (error) {
    // Who waits for a disk that has gone holds a thread, and process.exit, too, waits for threads.
    setTimeout(() => { process.kill(process.pid, 'SIGKILL'); }, endTime).unref();
    throw error;
  } finally {
    connection.close();
  }
}
