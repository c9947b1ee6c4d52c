/**
 * What is bundled: the script of the HTML report's page, and the command with its worker processes. A start-up of the tool is
 * mostly the loading of modules; a few files load in half the time of three hundred.
 */
import { defineConfig } from 'rolldown';

/** Packages of which a part is enough. All others stay where npm put them: they have native code or files of their own. */
const bundled = /^(@xmldom\/xmldom|commander|consola|fastest-levenshtein|p-limit|pbf|yaml|yocto-queue|zod)(\/|$)/;

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
    external: (id) => /^[@a-z]/.test(id) && !bundled.test(id),
    // Beside the other folders of dist, so that what is found from a module's own place is found from here.
    output: { dir: 'dist/bin', format: 'esm', cleanDir: true },
  },
]);
