/**
 * Figures of merit and small fits for the blur benchmark.
 */

/** Share of (positive, negative) pairs in which the positive is higher; ties count half. */
export function areaUnderCurve(positives, negatives) {
  let pairs = 0;
  for (const p of positives) for (const n of negatives) pairs += p > n ? 1 : p === n ? 0.5 : 0;
  return pairs / (positives.length * negatives.length);
}

/** Spearman's rank correlation of two lists; ties get their mean rank. */
export function spearman(a, b) {
  const x = ranks(a);
  const y = ranks(b);
  const mean = (x.length - 1) / 2;
  let xy = 0, xx = 0, yy = 0;
  x.forEach((rank, i) => {
    xy += (rank - mean) * (y[i] - mean);
    xx += (rank - mean) ** 2;
    yy += (y[i] - mean) ** 2;
  });
  return xy / Math.sqrt(xx * yy);
}

function ranks(values) {
  const order = values.map((value, i) => [value, i]).sort((p, q) => p[0] - q[0]);
  const out = new Array(values.length);
  for (let i = 0; i < order.length;) {
    let j = i;
    while (j < order.length && order[j][0] === order[i][0]) j += 1;
    for (let k = i; k < j; k += 1) out[order[k][1]] = (i + j - 1) / 2;
    i = j;
  }
  return out;
}

/**
 * The threshold with the most weight on its side (label 1 above); of equal ones, the middle of the longest gap.
 * Both classes count alike when `balanced`, however many items they have.
 */
export function bestThreshold(items, balanced = false) {
  const sorted = [...items].sort((a, b) => a.value - b.value);
  const positives = sorted.filter((item) => item.label === 1).length;
  const weight = [balanced ? 1 / (sorted.length - positives) : 1, balanced ? 1 / positives : 1];
  let right = positives * weight[1];
  let best = { right, threshold: sorted[0].value - 1, gap: 0 };
  sorted.forEach((item, i) => {
    right += item.label === 1 ? -weight[1] : weight[0];
    const next = sorted[i + 1];
    if (next === undefined) return;
    const gap = next.value - item.value;
    const more = right - best.right;
    if (more > 1e-9 || (more > -1e-9 && gap > best.gap)) best = { right, threshold: (item.value + next.value) / 2, gap };
  });
  return best.threshold;
}

/**
 * Logistic regression with a ridge on standardised features, by Newton's method; both classes count alike.
 * @returns a function from features to the log odds of label 1
 */
export function fitLogistic(items, ridge = 1) {
  const share = items.filter((item) => item.label === 1).length / items.length;
  const size = items[0].features.length;
  const center = [];
  const scale = [];
  for (let k = 0; k < size; k += 1) {
    const values = items.map((item) => item.features[k]);
    center[k] = values.reduce((sum, value) => sum + value, 0) / values.length;
    scale[k] = Math.sqrt(values.reduce((sum, value) => sum + (value - center[k]) ** 2, 0) / values.length) || 1;
  }
  const standard = (features) => [1, ...features.map((value, k) => (value - center[k]) / scale[k])];
  const rows = items.map((item) => standard(item.features));
  const weights = new Array(size + 1).fill(0);
  for (let step = 0; step < 25; step += 1) {
    const gradient = weights.map((weight, k) => (k === 0 ? 0 : -ridge * weight));
    const hessian = weights.map((_, i) => weights.map((_, j) => (i === j && i > 0 ? ridge : i === j ? 1e-9 : 0)));
    rows.forEach((row, n) => {
      const p = 1 / (1 + Math.exp(-dot(weights, row)));
      const weight = 0.5 / (items[n].label === 1 ? share : 1 - share);
      row.forEach((value, i) => {
        gradient[i] += weight * (items[n].label - p) * value;
        row.forEach((other, j) => { hessian[i][j] += weight * p * (1 - p) * value * other; });
      });
    });
    solve(hessian, gradient).forEach((change, k) => { weights[k] += change; });
  }
  return (features) => dot(weights, standard(features));
}

const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);

/** Gaussian elimination with pivoting. */
function solve(matrix, right) {
  const rows = matrix.map((row, i) => [...row, right[i]]);
  const n = rows.length;
  for (let k = 0; k < n; k += 1) {
    let pivot = k;
    for (let i = k + 1; i < n; i += 1) if (Math.abs(rows[i][k]) > Math.abs(rows[pivot][k])) pivot = i;
    [rows[k], rows[pivot]] = [rows[pivot], rows[k]];
    for (let i = k + 1; i < n; i += 1) {
      const factor = rows[i][k] / rows[k][k];
      for (let j = k; j <= n; j += 1) rows[i][j] -= factor * rows[k][j];
    }
  }
  const out = new Array(n).fill(0);
  for (let k = n - 1; k >= 0; k -= 1) {
    let sum = rows[k][n];
    for (let j = k + 1; j < n; j += 1) sum -= rows[k][j] * out[j];
    out[k] = sum / rows[k][k];
  }
  return out;
}

/** The value that a share `q` of the list is below. */
export function quantile(values, q) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
}
