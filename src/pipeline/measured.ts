/**
 * Whether something holds what every registered stage measures of a face.
 */
import type { Measurements } from '../core/measurements.js';
import { faceStages } from './face-stages.js';

/** True where each stage's key is there. What comes from a file is parsed by each stage's own schema before. */
export function isMeasured(value: Readonly<Record<string, unknown>>): value is Readonly<Record<string, unknown>> & Measurements {
  return faceStages.every(({ name }) => value[name] !== undefined);
}
