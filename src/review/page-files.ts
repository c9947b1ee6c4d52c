/**
 * The files of the page, as `npm run build` made them.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageFolder } from '../files/package.js';
import { pageStyle } from '../reports/html/style.js';
import { escapedText } from '../reports/html/blocks.js';
import { reviewStyle } from './style.js';

export interface PageFiles {
  readonly html: string;
  readonly script: string;
  readonly style: string;
}

/** @throws if the page's script is missing */
export function readPageFiles(title: string): PageFiles {
  const path = join(packageFolder, 'dist', 'review', 'page.js');
  return {
    html: `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapedText(title)}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="page.css">
</head>
<body>
<main id="app"><p class="loading">Opening the photos …</p></main>
<noscript><p class="loading">This page needs JavaScript to show the photos.</p></noscript>
<script src="page.js"></script>
</body>
</html>
`,
    script: scriptAt(path),
    style: pageStyle + reviewStyle,
  };
}

function scriptAt(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw new Error(`The review needs ${path}, which is missing. Run: npm run build`);
  }
}
