/**
 * Runs side by side: the settings in which they differ, and their curves over each other.
 */
import { escapeMarkup, lineChart } from '../run-report/charts.js';
import { settingDifferences, type RunEntry } from './run-list.js';

/** One HTML file, readable without a network. */
export function comparisonPage(runs: readonly RunEntry[]): string {
  const head = `<tr><th></th>${runs.map(({ name }) => `<th>${escapeMarkup(name)}</th>`).join('')}</tr>`;
  const line = (name: string, values: readonly (string | undefined)[]): string =>
    `<tr><td>${escapeMarkup(name)}</td>${values.map((value) => `<td>${escapeMarkup(value ?? '-')}</td>`).join('')}</tr>`;
  const differences = settingDifferences(runs).map(({ key, values }) => line(key, values));
  const results = [
    line('best weighted F1 on validation', runs.map(({ best }) => best?.f1.toFixed(4))),
    line('in epoch', runs.map(({ best }) => best?.epoch.toFixed(0))),
    line('epochs', runs.map(({ history }) => String(history.length))),
    line('seconds in epochs', runs.map(({ history }) => history.reduce((sum, row) => sum + (row['seconds'] ?? 0), 0).toFixed(0))),
  ];
  const title = runs.map(({ name }) => name).join(', ');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escapeMarkup(title)}</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; max-width: 1180px; margin: 2em auto; padding: 0 1em; color: #222; }
table { border-collapse: collapse; } td, th { padding: .15em 1.2em .15em 0; text-align: left; border-bottom: 1px solid #eee; }
.charts { display: flex; flex-wrap: wrap; gap: 12px; }
</style></head><body>
<h1>${escapeMarkup(title)}</h1>
<h2>Results</h2><table>${head}${results.join('')}</table>
<h2>Settings that differ</h2>${differences.length === 0 ? '<p>None.</p>' : `<table>${head}${differences.join('')}</table>`}
<h2>Curves</h2><div class="charts">${charts(runs).join('\n')}</div>
</body></html>
`;
}

function charts(runs: readonly RunEntry[]): string[] {
  return [['validation_f1', 'Weighted F1 on validation'], ['validation_loss', 'Loss on validation'], ['train_loss', 'Loss in training']]
    .map(([key = '', title = '']) => lineChart(runs.map(({ name, history }) => ({
      name, points: history.map((row) => ({ x: row['epoch'] ?? NaN, y: row[key] ?? NaN })),
    })), { title, x: 'epoch', y: key }));
}
