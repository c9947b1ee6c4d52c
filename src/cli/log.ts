/**
 * Messages for people. All of them go to standard error: standard output is for what was asked for.
 */
import { createConsola } from 'consola';
import { visible } from '../core/visible.js';

// The level is said: left alone, it would depend on environment variables of test runners and CI services.
const terminal = createConsola({ level: 3, stdout: process.stderr, stderr: process.stderr, fancy: process.stderr.isTTY });

/** One line a message: what a name or a library brings along cannot pass for another message. */
export const log = {
  log: (message: string): void => { terminal.log(visible(message)); },
  info: (message: string): void => { terminal.info(visible(message)); },
  warn: (message: string): void => { terminal.warn(visible(message)); },
  error: (message: string): void => { terminal.error(visible(message)); },
} as const;
