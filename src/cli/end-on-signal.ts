/**
 * Commands that leave something to be cleared away when they are ended.
 */
import { exitCodes } from './exit-codes.js';

/** From here on Ctrl-C and SIGTERM are an ordinary end of the process: what stands in its 'exit' event is still done. */
export function endOnSignal(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => { process.exit(exitCodes.failure); });
}
