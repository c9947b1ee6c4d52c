/**
 * The sharpness that sharp itself estimates, for comparison.
 */
import sharp from 'sharp';

/** Standard deviation of the Laplacian over the whole photo, as `sharp(...).stats()` gives it. */
export async function estimateSharpness(path: string): Promise<number> {
  return (await sharp(path).stats()).sharpness;
}
