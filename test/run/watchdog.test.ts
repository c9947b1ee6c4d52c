import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { workerScript } from '../../src/files/package.js';
import { entry } from '../support/pipeline.js';
import { demoPhotos } from '../support/shared-data.js';

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

describe.skipIf(process.platform !== 'linux')('the workers of a run', () => {
  const photos = join(folder, 'photos');

  beforeAll(() => {
    mkdirSync(photos);
    // So many that none of the signals comes too late.
    for (let copy = 0; copy < 50; copy += 1) copyFileSync(demoPhotos[copy % demoPhotos.length] ?? '', join(photos, `${String(copy)}.jpg`));
  });

  it.each([['a hang-up', ['SIGHUP']], ['a second Ctrl-C', ['SIGINT', 'SIGINT']]] as const)('end with it at %s', async (_, signals) => {
    const run = spawn(process.execPath, [entry, 'run', photos, '--workers', '2', '--report', join(folder, 'out.csv')], { stdio: 'ignore' });
    const ended = new Promise((resolve) => { run.on('exit', resolve); });
    const report = join(folder, 'out.csv');
    const workers = (): number[] => readFileSync(`/proc/${String(run.pid)}/task/${String(run.pid)}/children`, 'utf8').split(' ').filter((pid) => pid !== '').map(Number);
    while (workers().length < 2 || !existsSync(`${report}.journal`)) await sleep(20);
    const all = workers();
    for (const signal of signals) {
      run.kill(signal);
      await sleep(300);
    }
    await ended;
    expect(existsSync(report)).toBe(false);
    while (all.some(isRunning)) await sleep(20);
  }, 60_000);
});
