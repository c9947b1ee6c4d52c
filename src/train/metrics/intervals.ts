/**
 * 95 % confidence intervals.
 */

export type Interval = readonly [low: number, high: number];

/** Quantile of the standard normal distribution for 95 %, two-sided. */
const Z = 1.959963984540054;

/**
 * Wilson's score interval of a proportion: right also near 0 and 1 and for small n (Wilson, 1927).
 * @param hits how many of `n`
 */
export function wilsonInterval(hits: number, n: number): Interval {
  if (n === 0) return [0, 1];
  const share = hits / n;
  const center = share + (Z * Z) / (2 * n);
  const spread = Z * Math.sqrt((share * (1 - share)) / n + (Z * Z) / (4 * n * n));
  const scale = 1 + (Z * Z) / n;
  return [Math.max(0, (center - spread) / scale), Math.min(1, (center + spread) / scale)];
}

/** Percentile interval of a bootstrap: the middle 95 % of the resampled values. */
export function bootstrapInterval(values: readonly number[]): Interval {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))] ?? 0;
  return [at(0.025), at(0.975)];
}
