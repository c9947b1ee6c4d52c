/**
 * Progress of a long command: a bar on a terminal, a plain line now and then elsewhere.
 */
import { SingleBar } from 'cli-progress';
import { log } from './log.js';

export interface Progress {
  /** One more is done. */
  step(): void;
  /** A message that must not tear the bar. */
  note(message: string): void;
  /** Takes the bar away; notes that come later are shown at once. */
  stop(): void;
}

/** Seconds between two plain lines. */
const lineInterval = 10;

/** @param total how many steps there will be */
export function createProgress(total: number): Progress {
  return process.stderr.isTTY ? bar(total) : lines(total);
}

function bar(total: number): Progress {
  const single = new SingleBar({
    format: '{bar} {percentage} % | {value}/{total} photos | {rate} a second | {eta_formatted} left',
    stream: process.stderr,
    hideCursor: true,
    clearOnComplete: true,
    etaBuffer: 200,
  });
  const start = performance.now();
  let done = 0;
  const rate = (): string => (done / Math.max(0.001, (performance.now() - start) / 1000)).toFixed(1);
  single.start(total, 0, { rate: '0' });
  let shown = true;
  const notes: string[] = [];
  return {
    step: () => {
      done += 1;
      if (shown) single.update(done, { rate: rate() });
    },
    // Shown when the bar is gone: two writers on one line would garble both.
    note: (message) => {
      if (shown) notes.push(message);
      else log.warn(message);
    },
    stop: () => {
      if (!shown) return;
      shown = false;
      single.stop();
      for (const message of notes) log.warn(message);
    },
  };
}

function lines(total: number): Progress {
  let done = 0;
  const start = performance.now();
  let last = start;
  return {
    step: () => {
      done += 1;
      const now = performance.now();
      if (now - last < lineInterval * 1000) return;
      last = now;
      const rate = done / ((now - start) / 1000);
      log.log(`${String(done)}/${String(total)} photos, ${rate.toFixed(1)} a second, ${String(Math.ceil((total - done) / rate))} s left`);
    },
    note: (message) => { log.warn(message); },
    stop: () => undefined,
  };
}
