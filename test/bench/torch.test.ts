import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { measureTorch } from '../../src/bench/torch.js';

const folder = mkdtempSync(join(tmpdir(), 'torch-'));
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

/** A program that stands for a Python: prints these and exits with a code. */
function python(name: string, stdout: string, stderr: string, code: number): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\ncat <<'END'\n${stdout}\nEND\ncat >&2 <<'END'\n${stderr}\nEND\nexit ${String(code)}\n`);
  chmodSync(path, 0o755);
  return path;
}

const ask = (interpreter: string) => measureTorch(interpreter, 'train-torch.py', { threads: 1 });

describe.skipIf(process.platform === 'win32')('the comparison with PyTorch', () => {
  it('gives the time of each variant', () => {
    const figures = { version: '2.9.1', variants: { 'eager NCHW': 33.5, 'compiled': 'no compiler' } };
    expect(ask(python('good', `a warning\n${JSON.stringify(figures)}`, '', 0))).toEqual(figures);
  });

  it('tells no Python from no torch, and both from a script that failed', () => {
    expect(ask(join(folder, 'nowhere'))).toEqual({ why: `there is no ${join(folder, 'nowhere')}` });
    const without = python('without', '', 'Traceback\nModuleNotFoundError: No module named \'torch\'', 1);
    expect(ask(without)).toEqual({ why: `${without} has no torch` });
    expect(ask(python('failing', '', 'Traceback\nKeyError: \'plain-huge\'', 1))).toEqual({ why: 'the torch script failed: KeyError: \'plain-huge\'' });
    expect(ask(python('silent', 'nothing', '', 0))).toEqual({ why: 'the torch script printed no figures but "nothing"' });
  });
});
