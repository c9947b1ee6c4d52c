/**
 * Runs `pipeline run` as a user does, in a process of its own, and watches its time and memory.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { packageFolder } from '../files/package.js';
import { residentMegabytes } from './process-memory.js';

/** Memory of the command and its workers at one moment. */
export interface MemorySample {
  /** Since the start. */
  readonly seconds: number;
  readonly megabytes: number;
}

export interface CommandRun {
  readonly seconds: number;
  /** In the order of time; none where the system does not tell. */
  readonly memory: readonly MemorySample[];
}

/**
 * Runs `pipeline run INPUTS --report -`; what it prints is dropped.
 * @param settings further arguments, such as `--set` and `--workers`
 * @param interval milliseconds between two looks at the memory; 0: none
 * @throws if the command does not end with exit code 0; the message holds what it said
 */
export function runCommand(inputs: readonly string[], settings: readonly string[], interval: number): Promise<CommandRun> {
  const start = performance.now();
  const program = join(packageFolder, 'bin', 'pipeline.js');
  const child = spawn(process.execPath, [program, 'run', ...inputs, '--report', '-', ...settings], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const memory: MemorySample[] = [];
  const look = (): void => {
    const megabytes = child.pid === undefined ? undefined : residentMegabytes(child.pid);
    if (megabytes !== undefined) memory.push({ seconds: (performance.now() - start) / 1000, megabytes });
  };
  const timer = interval > 0 ? setInterval(look, interval) : undefined;
  const messages: Buffer[] = [];
  child.stderr.on('data', (text: Buffer) => { messages.push(text); });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      clearInterval(timer);
      if (code === 0) resolve({ seconds: (performance.now() - start) / 1000, memory });
      else reject(new Error(`pipeline run ended with exit code ${String(code)}: ${Buffer.concat(messages).toString().trim()}`));
    });
  });
}
