/**
 * Messages for people. All of them go to standard error: standard output is for what was asked for.
 */
import { createConsola } from 'consola';

// The level is said: left alone, it would depend on environment variables of test runners and CI services.
export const log = createConsola({ level: 3, stdout: process.stderr, stderr: process.stderr, fancy: process.stderr.isTTY });
