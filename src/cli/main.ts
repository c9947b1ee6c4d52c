/**
 * The command's entry. It imports next to nothing, so that the first worker process starts at once: it needs as long to get
 * ready as this one needs for its command line and settings.
 */
import { createPool } from '../run/pool.js';

// Whoever writes there hears of it too; what nobody waits for, such as a help text, may be lost with its reader.
process.stdout.on('error', () => undefined);

const pool = createPool();
const [, , ...arguments_] = process.argv;
// With a queue, others judge.
if (arguments_[0] === 'run' && !arguments_.some((each) => each.startsWith('--queue'))) pool.prepare();
const { runProgram } = await import('./program.js');
process.exitCode = await runProgram(arguments_, pool);
await pool.close();
