/**
 * Messages for people. All of them go to standard error: standard output is for what was asked for.
 */
import { createConsola } from 'consola';

export const log = createConsola({ stdout: process.stderr, stderr: process.stderr, fancy: process.stderr.isTTY });
