/**
 * Fits src/blur/calibration.ts on the fitting half of the cache (`npm run bench:blur-cache`) and writes it: what the pipeline
 * itself finds in people's labelled faces says how much detail is asked of a small face, large sharp portraits blurred by a
 * Gaussian of 0.4 % of the face's width where detail of 400 px ends. Run `npm run build` first, and again afterwards.
 */
import { writeFileSync } from 'node:fs';
import { URL } from 'node:url';
import { calibration } from '../dist/blur/calibration.js';
import { measureDetail } from '../dist/blur/detail.js';
import { detailOf } from '../dist/blur/sharpness.js';
import { faceSquare, faceWidth } from '../dist/blur/region.js';
import { checkCache, readCache } from './blur/cache.js';
import { quantile } from './blur/statistics.js';

/** Detail that a portrait blurred by 0.4 % of its width just lacks. */
const portraitDetail = 400;
/** px across the face at the bends of the curve. */
const bends = [35, 60, 100, 220];
/** How far on both sides of the curve a face says something about it, in ln(detail). */
const reach = 0.07;
/** What a bend more than the slope before it costs. */
const stiffness = 0.3;

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The weighted mean of ln(1 + exp(-x)) over each set, all sets counting alike. */
function loss(items, margin) {
  const groups = new Map();
  for (const item of items) {
    const key = item.name;
    groups.set(key, [...(groups.get(key) ?? []), Math.log1p(Math.exp((item.label === 1 ? -1 : 1) * margin(item)))]);
  }
  return mean([...groups.values()].map(mean));
}

/** Lowest value of a function of some numbers, by steps along each that become smaller. */
function lowest(start, cost, step = 0.3) {
  let at = start;
  let best = cost(at);
  for (let size = step; size > 0.002; size /= 1.5) {
    for (const [k] of at.entries()) {
      for (const sign of [-1, 1]) {
        const tried = at.map((value, i) => (i === k ? value + sign * size : value));
        const value = cost(tried);
        if (value < best) [at, best] = [tried, value];
      }
    }
  }
  return at;
}

/** The focus at which the blurred portraits end and the untouched begin to have `portraitDetail`. */
async function fitJustSharp() {
  const faces = [];
  for await (const face of readCache('portraits', ({ part, kind, amount, missed }) =>
    part === 'fit' && kind === 'gaussian' && [0, 0.004].includes(amount) && !missed)) faces.push(face);
  const boundary = (limit) => {
    const items = faces.map(({ view, amount }) => ({
      name: 'portraits', label: amount === 0 ? 1 : 0,
      detail: Math.log(measureDetail(view.raster, faceSquare(view), faceWidth(view), limit).detail),
    }));
    return Math.exp(lowest([Math.log(portraitDetail)], ([edge]) => loss(items, ({ detail }) => (detail - edge) / reach))[0]);
  };
  let [low, high] = [-4, -1.5];
  for (let i = 0; i < 9; i += 1) {
    const middle = (low + high) / 2;
    // The higher the focus that is asked, the less detail is found.
    if (boundary(middle) > portraitDetail) low = middle;
    else high = middle;
  }
  return { justSharp: (low + high) / 2, portraits: faces.length / 2 };
}

async function labelledFaces(limit) {
  const faces = [];
  for await (const { name, label, view } of readCache('natural', ({ part, label: known, missed, name: set }) =>
    part === 'fit' && known !== undefined && !missed && set !== 'utk, fresh')) {
    const width = faceWidth(view);
    const detail = (region) => detailOf(view, region, limit)?.detail;
    const all = Object.fromEntries(Object.keys(calibration.regions).map((region) => [region, detail(region)]));
    faces.push({ name, label, width, detail: all.face, all });
  }
  return faces;
}

function readAt(logs, width) {
  const x = Math.log(width);
  const xs = bends.map(Math.log);
  if (x <= xs[0]) return logs[0] + x - xs[0];
  for (let k = 1; k < xs.length; k += 1) {
    if (x <= xs[k]) return logs[k - 1] + (logs[k] - logs[k - 1]) * (x - xs[k - 1]) / (xs[k] - xs[k - 1]);
  }
  return logs.at(-1);
}

function fitNeeded(faces) {
  const slope = (logs, k) => (logs[k] - logs[k - 1]) / Math.log(bends[k] / bends[k - 1]);
  const bent = (logs) => [2, 3].reduce((sum, k) => sum + (slope(logs, k) - slope(logs, k - 1)) ** 2, 0);
  const falling = (logs) => [1, 2, 3].reduce((sum, k) => sum + Math.max(0, logs[k - 1] - logs[k]), 0);
  const cost = (logs) => loss(faces, ({ detail, width }) => (Math.log(detail) - readAt(logs, width)) / reach)
    + stiffness * reach * bent(logs) + 10 * falling(logs);
  return lowest(bends.map((px) => Math.log(1.2 * px)), cost).map(Math.exp);
}

await checkCache();
const { justSharp, portraits } = await fitJustSharp();
const faces = await labelledFaces(justSharp);
const needed = fitNeeded(faces);
const regions = Object.fromEntries(Object.keys(calibration.regions).map((region) =>
  [region, quantile(faces.filter(({ all }) => all[region] !== undefined).map(({ all }) => all[region] / all.face), 0.5)]));
const key = (name) => (/^\w+$/.test(name) ? name : `'${name}'`);
const text = `/**
 * Where on the scale of detail people begin to call a face blurred. \`npm run bench:blur-fit\` fits all of it but the spread,
 * on faces that the pipeline itself found, and writes this file.
 */
export const calibration = {
  /** The focus (see focus-energy.ts) at which a face of any size just looks sharp. It sets the scale of detail. */
  justSharp: ${justSharp.toFixed(2)},
  /** By px across the face: the detail that half of the people ask of a face with no more px than that. */
  needed: [${bends.map((px, k) => `[${px}, ${Math.round(needed[k])}]`).join(', ')}],
  /** The change of ln(detail) over which the odds of "sharp" grow by e; wide enough that sharp portraits are still ranked. */
  spread: ${calibration.spread},
  /** Detail that a region shows where the face shows 1. */
  regions: { ${Object.entries(regions).map(([name, factor]) => `${key(name)}: ${factor.toFixed(2)}`).join(', ')} },
} as const;
`;
writeFileSync(new URL('../src/blur/calibration.ts', import.meta.url), text);
process.stdout.write(`${portraits} portraits, ${faces.length} labelled faces\n${text}`);
