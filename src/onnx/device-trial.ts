/**
 * The process that `runTrial` starts: DEVICE as its argument, the reason on standard output where that device does not work.
 */
import { tryOut } from './try-out.js';
import type { Device } from './session.js';

const device = (['cuda', 'webgpu', 'cpu'] as const).find((name): name is Device => name === process.argv[2]);
try {
  if (device === undefined) throw new Error(`there is no device ${process.argv[2] ?? ''}`);
  await tryOut(device);
} catch (error) {
  process.stdout.write(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
