/**
 * A hint at what blurred a face. Never part of the score.
 */
import type { FocusEnergy } from './focus-energy.js';
import type { BlurKind } from './types.js';

/** Ratio of the finest detail's energy across and along the blur from which motion is named. */
const motionRatio = 4;

/**
 * Motion takes the finest detail along its direction and leaves it across; defocus takes it all round. A face has more
 * horizontal than vertical edges, so the structure tensor of the Laplacian is seen relative to that of the luminance:
 * the ratio of the eigenvalues of `tensor^-1 fineTensor` is 1 where both have one shape.
 */
export function blurKind({ tensor, fineTensor }: FocusEnergy): BlurKind {
  const determinant = tensor.xx * tensor.yy - tensor.xy * tensor.xy;
  if (!(determinant > 1e-6)) return 'defocus';
  const trace = (tensor.yy * fineTensor.xx - 2 * tensor.xy * fineTensor.xy + tensor.xx * fineTensor.yy) / determinant;
  const product = (fineTensor.xx * fineTensor.yy - fineTensor.xy * fineTensor.xy) / determinant;
  const root = Math.sqrt(Math.max(0, trace * trace / 4 - product));
  const large = trace / 2 + root;
  const small = trace / 2 - root;
  return large > motionRatio * Math.max(small, 1e-9) ? 'motion' : 'defocus';
}
