/**
 * Charts of a training run as SVG texts: no browser, no canvas.
 */
import { scaleLinear, scaleLog } from 'd3-scale';
import { line } from 'd3-shape';
import type { BinaryFigures, ReliabilityBin } from '../metrics/binary-metrics.js';

const WIDTH = 560;
const HEIGHT = 320;
const MARGIN = { top: 46, right: 16, bottom: 44, left: 68 } as const;
/** Told apart also by people who do not see red and green alike (Okabe and Ito's palette). */
const COLORS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7'];

/** One curve. */
export interface Series {
  readonly name: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

export interface LineChartOptions {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  /** The x axis in powers of ten, as learning rates want it. */
  readonly logX?: boolean;
  /** A value of x to point out. */
  readonly mark?: number;
}

/** Curves over one pair of axes; points that are not finite numbers are left out. */
export function lineChart(series: readonly Series[], options: LineChartOptions): string {
  const drawable = ({ x, y }: { readonly x: number; readonly y: number }): boolean =>
    Number.isFinite(x) && Number.isFinite(y) && (options.logX !== true || x > 0);
  const curves = series.map(({ name, points }) => ({ name, points: points.filter(drawable) }));
  const points = curves.flatMap((curve) => curve.points);
  const domainX = extent(points.map(({ x }) => x), options.logX === true ? [1e-5, 1] : [0, 1]);
  const x = (options.logX === true ? scaleLog() : scaleLinear()).domain(domainX).range([MARGIN.left, WIDTH - MARGIN.right]);
  const y = scaleLinear().domain(extent(points.map((point) => point.y), [0, 1])).nice().range([HEIGHT - MARGIN.bottom, MARGIN.top]);
  const path = line<{ readonly x: number; readonly y: number }>((point) => x(point.x), (point) => y(point.y));
  const drawn = curves.map((curve, index) => {
    const color = COLORS[index % COLORS.length];
    const [only, second] = curve.points;
    // A path through one point shows nothing.
    const dot = only && !second ? `<circle cx="${String(x(only.x))}" cy="${String(y(only.y))}" r="4" fill="${String(color)}"/>` : '';
    return `<path d="${path(curve.points) ?? ''}" fill="none" stroke="${String(color)}" stroke-width="1.8"/>${dot}`
      + text(MARGIN.left + 8 + index * 130, MARGIN.top - 8, curve.name, `fill="${String(color)}"`);
  });
  const mark = options.mark === undefined ? '' : `<line x1="${String(x(options.mark))}" x2="${String(x(options.mark))}" y1="${String(MARGIN.top)}" `
    + `y2="${String(HEIGHT - MARGIN.bottom)}" stroke="#666" stroke-dasharray="4 3"/>`;
  const valuesX = x.ticks(6);
  const tens = options.logX === true ? valuesX.filter(isPowerOfTen) : [];
  const ticksX = (tens.length > 1 ? tens : valuesX).map((value) => ({ at: x(value), label: tickLabel(value) }));
  const ticksY = y.ticks(5).map((value) => ({ at: y(value), label: tickLabel(value) }));
  return svg(WIDTH, HEIGHT, options.title, axes(ticksX, ticksY, options.x, options.y) + mark + drawn.join(''));
}

/** The four counts of a confusion matrix, each shaded by its share of its row. */
export function confusionChart(confusion: BinaryFigures['confusion'], title: string): string {
  const names = ['closed', 'open'];
  const cell = 110;
  const left = 110;
  const top = 76;
  const cells = confusion.flatMap((counts, row) => counts.map((count, column) => {
    const share = count / Math.max(1, counts[0] + counts[1]);
    const x = left + column * cell;
    const y = top + row * cell;
    const color = row === column ? '0,114,178' : '213,94,0';
    const ink = share > 0.6 ? '#fff' : '#222';
    return `<rect x="${String(x)}" y="${String(y)}" width="${String(cell)}" height="${String(cell)}" fill="rgba(${color},${share.toFixed(3)})" stroke="#999"/>`
      + text(x + cell / 2, y + cell / 2, String(count), `text-anchor="middle" font-size="20" fill="${ink}"`)
      + text(x + cell / 2, y + cell / 2 + 20, `${(100 * share).toFixed(1)} %`, `text-anchor="middle" fill="${ink}"`);
  }));
  const heads = names.map((name, index) =>
    text(left + (index + 0.5) * cell, top - 8, `called ${name}`, 'text-anchor="middle"')
    + text(left - 8, top + (index + 0.5) * cell, `is ${name}`, 'text-anchor="end"'));
  return svg(left + 2 * cell + 20, top + 2 * cell + 20, title, cells.join('') + heads.join(''));
}

/** How often eyes are open that the model gives a probability: on the diagonal the model is honest. */
export function reliabilityChart(bins: readonly ReliabilityBin[], title: string): string {
  const side = 340;
  const x = scaleLinear().domain([0, 1]).range([MARGIN.left, side - MARGIN.right]);
  const y = scaleLinear().domain([0, 1]).range([side - MARGIN.bottom, MARGIN.top]);
  const most = Math.max(1, ...bins.map(({ n }) => n));
  const dots = bins.map(({ predicted, observed, n }) =>
    `<circle cx="${x(predicted).toFixed(1)}" cy="${y(observed).toFixed(1)}" r="${(3 + 9 * Math.sqrt(n / most)).toFixed(1)}" `
    + `fill="${String(COLORS[0])}" fill-opacity="0.7"><title>${String(n)} eyes</title></circle>`);
  const ticks = [0, 0.25, 0.5, 0.75, 1];
  const diagonal = `<line x1="${String(x(0))}" y1="${String(y(0))}" x2="${String(x(1))}" y2="${String(y(1))}" stroke="#999" stroke-dasharray="4 3"/>`;
  return svg(side, side, title, axes(
    ticks.map((value) => ({ at: x(value), label: String(value) })), ticks.map((value) => ({ at: y(value), label: String(value) })),
    'predicted probability of open', 'share that is open', side, side) + diagonal + dots.join(''));
}

interface Tick {
  readonly at: number;
  readonly label: string;
}

function axes(
  ticksX: readonly Tick[], ticksY: readonly Tick[], nameX: string, nameY: string, width = WIDTH, height = HEIGHT,
): string {
  const bottom = height - MARGIN.bottom;
  const right = width - MARGIN.right;
  const grid = ticksY.map(({ at, label }) =>
    `<line x1="${String(MARGIN.left)}" x2="${String(right)}" y1="${String(at)}" y2="${String(at)}" stroke="#ddd"/>`
    + text(MARGIN.left - 6, at + 4, label, 'text-anchor="end"'));
  const below = ticksX.map(({ at, label }) => text(at, bottom + 16, label, 'text-anchor="middle"'));
  return grid.join('') + below.join('')
    + `<line x1="${String(MARGIN.left)}" x2="${String(right)}" y1="${String(bottom)}" y2="${String(bottom)}" stroke="#666"/>`
    + text((MARGIN.left + right) / 2, height - 8, nameX, 'text-anchor="middle"')
    + text(14, (MARGIN.top + bottom) / 2, nameY,
      `text-anchor="middle" transform="rotate(-90 14 ${String((MARGIN.top + bottom) / 2)})"`);
}

function svg(width: number, height: number, title: string, content: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${String(width)} ${String(height)}" width="${String(width)}" height="${String(height)}" `
    + `font-family="sans-serif" font-size="12" role="img"><rect width="100%" height="100%" fill="#fff"/>`
    + `${text(8, 16, title, 'font-weight="bold" font-size="13"')}${content}</svg>`;
}

function text(x: number, y: number, content: string, attributes = ''): string {
  return `<text x="${String(x)}" y="${String(y)}" ${attributes}>${escapeMarkup(content)}</text>`;
}

/** A text as HTML and SVG may hold it. */
export function escapeMarkup(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

function isPowerOfTen(value: number): boolean {
  const power = Math.log10(value);
  return Math.abs(power - Math.round(power)) < 1e-9;
}

function tickLabel(value: number): string {
  const short = Number(value.toPrecision(4));
  return short !== 0 && (Math.abs(short) < 0.001 || Math.abs(short) >= 1e5) ? short.toExponential() : String(short);
}

/** Smallest and largest value, never the same; `fallback` where there is none. */
function extent(values: readonly number[], fallback: [number, number]): [number, number] {
  if (values.length === 0) return fallback;
  const low = values.reduce((a, b) => Math.min(a, b));
  const high = values.reduce((a, b) => Math.max(a, b));
  return low === high ? [low * 0.9, high * 1.1 || 1] : [low, high];
}
