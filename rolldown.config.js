/**
 * What is bundled: the script of the HTML report's page, and the command with its worker processes. A start-up of the tool is
 * mostly the loading of modules; a few files load in half the time of three hundred.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { defineConfig } from 'rolldown';

/** Packages of which a part is enough. All others stay where npm put them: they have native code or files of their own. */
const bundled = ['@xmldom/xmldom', 'commander', 'consola', 'fastest-levenshtein', 'p-limit', 'pbf', 'yaml', 'yocto-queue', 'zod'];

/** The queue, with all that it needs: nobody who installs this package gets an install script or native code with it, only its licences. */
const queue = [
  '@ioredis/commands', 'bullmq', 'cluster-key-slot', 'cron-parser', 'debug', 'denque', 'ioredis', 'luxon', 'ms', 'msgpackr',
  'node-abort-controller', 'redis-errors', 'redis-parser', 'semver', 'standard-as-callback', 'tslib',
];
const inside = new RegExp(`^(${[...bundled, ...queue].join('|')})(/|$)`);

/** Puts the licences of what is bundled, and does not lie beside as a package, into the folder. */
const licences = {
  name: 'licences',
  generateBundle() {
    const source = queue.map((name) => {
      const { version, license } = JSON.parse(readFileSync(`node_modules/${name}/package.json`, 'utf8'));
      const file = readdirSync(`node_modules/${name}`).find((each) => /^licen[cs]e/i.test(each));
      const text = file === undefined ? `${license}, as its package says; it has no file with the text.` : readFileSync(`node_modules/${name}/${file}`, 'utf8');
      return `${name} ${version}\n\n${text.trim()}\n`;
    }).join(`\n${'-'.repeat(80)}\n\n`);
    this.emitFile({ type: 'asset', fileName: 'LICENSES.txt', source });
  },
};

export default defineConfig([
  {
    input: 'src/reports/html/page/main.ts',
    platform: 'browser',
    tsconfig: 'src/reports/html/page/tsconfig.json',
    output: { file: 'dist/reports/html/page.js', format: 'iife', minify: true },
  },
  {
    input: 'src/review/page/main.ts',
    platform: 'browser',
    tsconfig: 'src/review/page/tsconfig.json',
    output: { file: 'dist/review/page.js', format: 'iife', minify: true },
  },
  {
    input: {
      main: 'src/cli/main.ts',
      worker: 'src/run/worker.ts',
      'image-worker': 'src/cli/image-worker.ts',
      watchdog: 'src/run/watchdog.ts',
      'loader-worker': 'src/train/data/loader-worker.ts',
      'gradient-worker': 'src/train/loop/gradient-worker.ts',
      'crop-gradient-worker': 'src/train/detection/crop-gradient-worker.ts',
      'decode-worker': 'src/bench/decode-worker.ts',
      'device-trial': 'src/onnx/device-trial.ts',
    },
    platform: 'node',
    external: (id) => /^[@a-z]/.test(id) && !inside.test(id),
    plugins: [licences],
    // Beside the other folders of dist, so that what is found from a module's own place is found from here.
    output: { dir: 'dist/bin', format: 'esm', cleanDir: true },
  },
]);
