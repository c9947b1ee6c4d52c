/**
 * The few figures that repeated measurements are summed up in.
 */

/**
 * The value that `share` of all values are at or below, between two of them in proportion.
 * @param share 0 to 1
 * @returns NaN where there are no values
 */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const position = (sorted.length - 1) * share;
  const below = sorted[Math.floor(position)] ?? NaN;
  const above = sorted[Math.ceil(position)] ?? NaN;
  return below + (above - below) * (position - Math.floor(position));
}

/** The middle value; NaN where there are none. */
export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/**
 * The median of the quotients of values that were measured one after the other, so that a machine that slows down for a
 * while hurts both sides alike.
 */
export function medianRatio(values: readonly number[], references: readonly number[]): number {
  return median(values.map((value, round) => value / (references[round] ?? NaN)));
}
