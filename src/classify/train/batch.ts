/** What a training step eats. */
export interface Batch {
  /** Luminance, [n, height, width], row-major. */
  readonly pixels: Uint8Array;
  /** [n]: 1 is open, 0 is closed. */
  readonly labels: Float32Array | Uint8Array;
  /** [n]: how much each image counts. */
  readonly weights: Float32Array;
  /** px. */
  readonly height: number;
  readonly width: number;
}
