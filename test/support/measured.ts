/**
 * What the stages measure of a face, made up.
 */
import type { Measurements } from '../../src/core/measurements.js';
import { faceStages } from '../../src/pipeline/face-stages.js';
import { isMeasured } from '../../src/pipeline/measured.js';

/** A face that nothing is to be said about, but for what is given. */
export function measured(changes: Partial<Measurements> = {}): Measurements {
  const examples: Record<string, unknown> = Object.fromEntries(faceStages.map(({ name, example }) => [name, example]));
  const all = { ...examples, ...changes };
  if (!isMeasured(all)) throw new Error('A stage has no example.');
  return all;
}
