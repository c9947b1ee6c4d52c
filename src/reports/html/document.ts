/**
 * The frame around the data blocks: head, style, script. Self-contained; the page may load nothing and talk to nobody.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageFolder } from '../../files/package.js';
import { escapedText, inertJson } from './blocks.js';
import type { ReportData } from './data.js';
import { pageStyle } from './style.js';

/** Everything before the first photo. */
export function documentHead(report: ReportData): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${contentPolicy()}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${escapedText(report.title)}</title>
<style>${pageStyle}</style>
</head>
<body>
<main id="app"><p class="loading">Opening the photos …</p></main>
<noscript><p class="loading">This page needs JavaScript to show the photos. It runs from this file alone.</p></noscript>
<script type="application/json" id="report">${inertJson(report)}</script>
`;
}

/** Everything after the last photo: the script comes last, when all data are there. */
export function documentTail(): string {
  return `<script>${pageScript()}</script>\n</body>\n</html>\n`;
}

/** Only this style and this script, only pictures from inside the file, no connection anywhere. */
function contentPolicy(): string {
  return [
    'default-src \'none\'', 'img-src data:', `style-src '${digest(pageStyle)}'`, `script-src '${digest(pageScript())}'`,
    'base-uri \'none\'', 'form-action \'none\'',
  ].join('; ');
}

function digest(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

let script: string | undefined;

/** The page's script, which `npm run build` bundles from page/. */
function pageScript(): string {
  const path = join(packageFolder, 'dist', 'reports', 'html', 'page.js');
  try {
    script ??= readFileSync(path, 'utf8');
  } catch {
    throw new Error(`The HTML report needs ${path}, which is missing. Run: npm run build`);
  }
  if (/<\/script|<!--/i.test(script)) throw new Error('The page script must not hold text that ends a script element.');
  return script;
}
