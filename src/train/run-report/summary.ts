/**
 * The page that tells what a training run did: one HTML file with everything in it, readable without a network.
 */
import { shownSize } from './sheets.js';
import { byteAt } from '../../core/typed-array.js';
import { encodePng } from '../../image/encode.js';
import { plainCrop } from '../data/plain-crop.js';
import type { EyeDataset } from '../data/packed-file.js';
import { escapeMarkup } from './charts.js';

/** Rows of a two-column table. */
export type Facts = Readonly<Record<string, string | number>>;

/** An eye that was judged. */
export interface JudgedRow {
  /** Row of the dataset. */
  readonly row: number;
  /** Probability of open, 0 to 1. */
  readonly open: number;
}

export interface TrainingSummary {
  readonly title: string;
  /** What came out: F1, threshold, times. */
  readonly results: Facts;
  /** What it depends on: versions, git commit, seeds, data. */
  readonly origins: Facts;
  /** SVG texts. */
  readonly charts: readonly string[];
  readonly dataset: EyeDataset;
  /** Eyes of validation or test, judged by the model. */
  readonly judged: readonly JudgedRow[];
}

/** Crops that the page shows at most. */
const MISTAKES = 48;
/** px on the page for a px of the crop. */
const ENLARGE = 2;

/** The wrongly judged eyes, the surest mistakes first. */
export function worstMistakes(dataset: EyeDataset, judged: readonly JudgedRow[], limit = MISTAKES): JudgedRow[] {
  const off = ({ row, open }: JudgedRow): number => Math.abs(byteAt(dataset.labels, row) - open);
  return judged.filter(({ row, open }) => (open >= 0.5) !== (dataset.labels[row] === 1))
    .sort((a, b) => off(b) - off(a) || a.row - b.row).slice(0, limit);
}

/** Writes the page as one text. */
export async function summaryPage(summary: TrainingSummary): Promise<string> {
  const { title, results, origins, charts, dataset, judged } = summary;
  const worst = worstMistakes(dataset, judged);
  const mistakes = await Promise.all(worst.map((eye) => mistakeFigure(dataset, eye)));
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escapeMarkup(title)}</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; max-width: 1180px; margin: 2em auto; padding: 0 1em; color: #222; }
table { border-collapse: collapse; } td { padding: .15em 1.2em .15em 0; vertical-align: top; border-bottom: 1px solid #eee; }
.charts { display: flex; flex-wrap: wrap; gap: 12px; } .charts svg { border: 1px solid #ddd; max-width: 100%; height: auto; }
.eyes { display: grid; grid-template-columns: repeat(auto-fill, minmax(110px, 1fr)); gap: 10px; }
figure { margin: 0; } figcaption { font-size: 11px; line-height: 1.3; overflow-wrap: anywhere; }
</style></head><body>
<h1>${escapeMarkup(title)}</h1>
<h2>Results</h2>${factsTable(results)}
<h2>Curves</h2><div class="charts">${charts.join('\n')}</div>
<h2>Worst mistakes</h2>
<p>${mistakes.length === 0 ? 'None of the judged eyes was wrong.' : `The surest mistakes first; ${String(mistakes.length)} shown. A wrong label shows here too.`}</p>
<div class="eyes">${mistakes.join('\n')}</div>
<h2>Made from</h2>${factsTable(origins)}
</body></html>
`;
}

function factsTable(facts: Facts): string {
  const rows = Object.entries(facts).map(([name, value]) =>
    `<tr><td>${escapeMarkup(name)}</td><td>${escapeMarkup(String(value))}</td></tr>`);
  return `<table>${rows.join('')}</table>`;
}

async function mistakeFigure(dataset: EyeDataset, { row, open }: JudgedRow): Promise<string> {
  const size = shownSize(dataset.crop);
  const enlarge = dataset.crop === 'eye' ? ENLARGE : 1;
  const data = plainCrop(dataset, row, size.width, size.height);
  const png = await encodePng({ data, ...size, channels: 1 }, enlarge);
  const label = dataset.labels[row] === 1 ? 'open' : 'closed';
  return `<figure><img alt="" width="${String(size.width * enlarge)}" height="${String(size.height * enlarge)}" `
    + `src="data:image/png;base64,${png.toString('base64')}"><figcaption>${label}, judged ${open.toFixed(3)} open<br>`
    + `${escapeMarkup(`${String(dataset.sources[row])}/${String(dataset.paths[row])}`)}</figcaption></figure>`;
}
