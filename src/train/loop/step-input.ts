/** What a training step eats. */
export interface StepInput {
  /** Luminance, [n, height, width], row-major. */
  readonly pixels: Uint8Array;
  /** [n]: 0 closed, 1 open, 2 hidden. */
  readonly labels: Uint8Array;
  /** [n]: how much each image counts. */
  readonly weights: Float32Array;
  /** px. */
  readonly height: number;
  readonly width: number;
}

/** A batch to measure steps with: a step takes as long whatever it sees. */
export function madeUpInput(count: number, height: number, width: number): StepInput {
  return {
    pixels: Uint8Array.from({ length: count * height * width }, (_, index) => (index * 97) % 251),
    labels: Uint8Array.from({ length: count }, (_, index) => index % 3),
    weights: new Float32Array(count).fill(1),
    height, width,
  };
}
