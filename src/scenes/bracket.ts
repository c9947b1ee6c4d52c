/**
 * Tells a series of exposures, which are for putting together, from a burst, of which one is chosen.
 */
import type { Capture } from '../core/capture.js';

/** EV by which neighbouring frames of a series differ at least; light that changes by itself changes less from frame to frame. */
const leastStep = { compensation: 0.3, exposure: 0.6 };
/** Milliseconds between two frames of a series. */
const longestStep = 2500;

/** Whether the camera says of two frames that it varied their exposure, or the photographer did in one go. */
export function isOneBracket(a: Capture, b: Capture): boolean {
  if (a.time === undefined || b.time === undefined || Math.abs(a.time - b.time) > longestStep || a.camera !== b.camera) return false;
  if (a.bracketing === true && b.bracketing === true) return true;
  return differ(a.compensation, b.compensation, leastStep.compensation) && differ(a.exposure, b.exposure, leastStep.exposure);
}

/**
 * Whether all frames of a scene are one series of exposures, or several after one another: each differs from the one before.
 */
export function isBracket(frames: readonly Capture[]): boolean {
  const steps = frames.slice(1).map((frame, index) => isOneBracket(frames[index] ?? {}, frame));
  const flagged = frames.every(({ bracketing }) => bracketing === true);
  if (flagged) return frames.length > 1;
  const compensations = new Set(frames.map(({ compensation }) => compensation));
  return frames.length >= 3 && compensations.size >= 3 && steps.every(Boolean);
}

function differ(a: number | undefined, b: number | undefined, by: number): boolean {
  return a !== undefined && b !== undefined && Math.abs(a - b) >= by;
}
