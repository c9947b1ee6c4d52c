import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { residentMegabytes } from '../../src/bench/process-memory.js';

describe.skipIf(!existsSync('/proc/self/status'))('resident memory (needs /proc)', () => {
  it('counts children of children', async () => {
    const inner = 'const b = Buffer.alloc(80e6, 1); process.stdout.write("ready"); setInterval(() => b.length, 1000);';
    const outer = `const c = require("node:child_process").spawn(process.execPath, ["-e", ${JSON.stringify(inner)}]);
      c.stdout.pipe(process.stdout); process.on("SIGTERM", () => { c.kill(); process.exit(); });`;
    const child = spawn(process.execPath, ['-e', outer], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      await once(child.stdout, 'data');
      expect(residentMegabytes(child.pid ?? 0)).toBeGreaterThan(100);
    } finally {
      child.kill();
      await once(child, 'exit');
    }
  });

  it('is unknown for a process that is not there', () => {
    expect(residentMegabytes(2 ** 22 + 1)).toBeUndefined();
  });
});
