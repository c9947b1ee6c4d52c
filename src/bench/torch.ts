/**
 * Asks a Python how long PyTorch takes for the same thing.
 */
import { spawnSync } from 'node:child_process';
import { z } from 'zod';

const resultSchema = z.object({
  version: z.string(),
  /** Milliseconds a step, the least, by variant; a variant that did not run says why. */
  variants: z.record(z.string(), z.union([z.number(), z.string()])),
});

export type TorchResult = z.infer<typeof resultSchema>;

/** Why there is nothing to compare with. */
export interface NoTorch {
  readonly why: string;
}

/**
 * Runs a script that prints a `TorchResult` as JSON on its last line.
 * @param python the interpreter
 * @param script path of the script, which gets `options` as JSON
 */
export function measureTorch(python: string, script: string, options: Readonly<Record<string, unknown>>): TorchResult | NoTorch {
  const { status, stdout, stderr, error } = spawnSync(python, [script, JSON.stringify(options)], { encoding: 'utf8' });
  if (error) return { why: `there is no ${python}` };
  if (/No module named '?torch'?/.test(stderr)) return { why: `${python} has no torch` };
  if (status !== 0) return { why: `the torch script failed: ${lastLine(stderr) ?? `exit code ${String(status)}`}` };
  try {
    return resultSchema.parse(JSON.parse(lastLine(stdout) ?? ''));
  } catch {
    return { why: `the torch script printed no figures but ${JSON.stringify(lastLine(stdout) ?? '')}` };
  }
}

function lastLine(text: string): string | undefined {
  return text.trim().split('\n').at(-1) || undefined;
}
