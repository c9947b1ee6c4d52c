/**
 * Runs the compiled command line as a user would.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What `pipeline` starts. */
export const entry = fileURLToPath(new URL('../../bin/pipeline.js', import.meta.url));

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `pipeline ARGUMENTS` to its end. */
export function pipeline(...arguments_: readonly string[]): Promise<Finished> {
  return pipelineUnder([], ...arguments_);
}

/** The same, started by another command: `LAUNCHER node pipeline ARGUMENTS`. */
export function pipelineUnder(launcher: readonly string[], ...arguments_: readonly string[]): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const [command = '', ...rest] = [...launcher, process.execPath, entry, ...arguments_];
    const child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => { stdout += text; });
    child.stderr.setEncoding('utf8').on('data', (text: string) => { stderr += text; });
    child.on('error', reject);
    child.on('close', (code) => { resolve({ code, stdout, stderr }); });
  });
}
