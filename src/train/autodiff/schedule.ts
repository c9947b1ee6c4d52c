/**
 * Learning rates over a run.
 */
export type ScheduleName = 'one-cycle' | 'cosine' | 'constant';

/** Share of a one-cycle run that the rate rises. */
const WARM_UP = 0.25;
/** A one-cycle run starts at this share of its highest rate. */
const START = 1 / 25;
/** One-cycle and cosine runs end at this share of their highest rate. */
const END = 1 / 1000;

/**
 * Learning rate at a point of a run.
 *
 * `one-cycle` rises from 1/25 of `highest` and falls again (Smith & Topin 2018), both along half a cosine; `cosine` falls
 * from the start (Loshchilov & Hutter 2017); `constant` stays.
 * @param progress share of all steps that are done, 0 to 1
 */
export function learningRateAt(schedule: ScheduleName, highest: number, progress: number): number {
  if (schedule === 'constant') return highest;
  if (schedule === 'cosine') return highest * between(1, END, progress);
  if (progress < WARM_UP) return highest * between(START, 1, progress / WARM_UP);
  return highest * between(1, END, (progress - WARM_UP) / (1 - WARM_UP));
}

/** From `start` to `end` along half a cosine. */
function between(start: number, end: number, progress: number): number {
  return end + ((start - end) * (1 + Math.cos(Math.PI * progress))) / 2;
}
