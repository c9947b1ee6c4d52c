/**
 * A stop before there is anything to go on with.
 */

/** Training was stopped before its first epoch; the message says where. */
export class TrainingStopped extends Error {
  override readonly name = 'TrainingStopped';
}

/**
 * Ends what comes before the first epoch when a stop was asked for.
 * @param during what is being done, as in `the sweep of the learning rate`
 * @throws TrainingStopped if `stop` is aborted
 */
export function checkStop(stop: AbortSignal, during: string): void {
  if (!stop.aborted) return;
  throw new TrainingStopped(`Stopped during ${during}. Nothing has been trained yet, so there is nothing to resume: start again.`);
}

/** Waits for one turn of the event loop: signals are heard in it, and steps alone may leave none. */
export function letSignalsIn(): Promise<void> {
  return new Promise((resolve) => { setImmediate(resolve); });
}
