import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { workerScript } from '../../src/files/package.js';

const folder = mkdtempSync(join(tmpdir(), 'watchdog-'));
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !readFileSync(`/proc/${String(pid)}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}

describe.skipIf(process.platform !== 'linux')('a worker', () => {
  it.each([0, 20, 60, 100, 150, 250])('ends when its parent is killed %i ms after it started it, before it can hear of that', async (milliseconds) => {
    const parent = join(folder, 'killed.mjs');
    const pidFile = join(folder, `worker-${String(milliseconds)}`);
    writeFileSync(parent, `import { fork } from 'node:child_process';
      import { writeFileSync } from 'node:fs';
      const worker = fork(${JSON.stringify(workerScript('worker'))}, [String(process.pid)], { serialization: 'advanced', stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
      writeFileSync(${JSON.stringify(pidFile)}, String(worker.pid));
      setTimeout(() => { process.kill(process.pid, 'SIGKILL'); }, ${String(milliseconds)});`);
    await new Promise((resolve) => { spawn(process.execPath, [parent], { stdio: 'ignore' }).on('exit', resolve); });
    const pid = Number(readFileSync(pidFile, 'utf8'));
    expect(pid).toBeGreaterThan(0);
    while (isRunning(pid)) await sleep(20);
  }, 20_000);
});

describe.skipIf(process.platform !== 'linux')('the watchdog of a process', () => {
  it('ends it when its parent is gone, although its own thread is busy for ever', async () => {
    const child = join(folder, 'busy.mjs');
    const parent = join(folder, 'parent.mjs');
    const pidFile = join(folder, 'pid');
    writeFileSync(child, `import { Worker } from 'node:worker_threads';
      import { writeFileSync } from 'node:fs';
      const watchdog = new Worker(${JSON.stringify(workerScript('watchdog'))}, { workerData: process.ppid });
      watchdog.once('message', () => { writeFileSync(${JSON.stringify(pidFile)}, String(process.pid)); for (;;); });`);
    writeFileSync(parent, `import { fork } from 'node:child_process'; fork(${JSON.stringify(child)}); setInterval(() => undefined, 1000);`);
    const started = spawn(process.execPath, [parent], { stdio: 'ignore' });
    while (!existsSync(pidFile) || readFileSync(pidFile, 'utf8') === '') await sleep(20);
    const pid = Number(readFileSync(pidFile, 'utf8'));
    expect(isRunning(pid)).toBe(true);
    started.kill('SIGKILL');
    while (isRunning(pid)) await sleep(20);
  }, 20_000);
});
