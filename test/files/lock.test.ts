import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { UsageError } from '../../src/core/usage-error.js';
import { lockPath, takeLock } from '../../src/files/lock.js';

describe('a lock', () => {
  let folder: string;
  let path: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lock-'));
    path = lockPath(join(folder, 'out.csv'));
  });

  const left = (owner: Readonly<Record<string, unknown>>): void => {
    writeFileSync(path, JSON.stringify({ host: hostname(), process: process.pid, started: '', id: 'abc', ...owner }));
  };
  const dead = spawnSync(process.execPath, ['--version']).pid;

  it('lies beside what it locks, hidden, says who holds it, and is gone when it is given up', () => {
    const lock = takeLock(path, 'the report');
    expect(readdirSync(folder)).toEqual(['.out.csv.lock']);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ host: hostname(), process: process.pid });
    lock.release();
    lock.release();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is held by one at a time; the other is told by whom', () => {
    const lock = takeLock(path, 'the report out.csv');
    expect(() => takeLock(path, 'the report out.csv')).toThrow(UsageError);
    expect(() => takeLock(path, 'the report out.csv')).toThrow(`Another run is at work on the report out.csv (process ${String(process.pid)} on ${hostname()})`);
    expect(readdirSync(folder)).toEqual(['.out.csv.lock']);
    lock.release();
  });

  it('of a process that has died is taken over, also where that died while it took one over itself', () => {
    left({ process: dead });
    writeFileSync(`${path}.abc`, JSON.stringify({ host: hostname(), process: dead, started: '', id: 'def' }));
    takeLock(path, 'the report').release();
    expect(readdirSync(folder)).toEqual([]);
  });

  it.skipIf(!existsSync('/proc/self/stat'))('of an earlier process with the number of a running one is taken over', () => {
    left({ started: 'before the last start of the machine' });
    takeLock(path, 'the report').release();
  });

  it.each<[string, () => void]>([
    ['of another machine', () => { left({ host: 'elsewhere', process: dead }); }],
    ['that cannot be read', () => { writeFileSync(path, '{"host'); }],
  ])('%s is left alone, with what to do', (_, write) => {
    write();
    expect(() => takeLock(path, 'the report')).toThrow(/if there is none any more, remove .*\.out\.csv\.lock\./);
    expect(existsSync(path)).toBe(true);
  });

  it('is not given up by one who has lost it', () => {
    const lock = takeLock(path, 'the report');
    rmSync(path);
    left({ id: 'fed' });
    lock.release();
    expect(existsSync(path)).toBe(true);
  });

  it('left by a dead process is taken over by exactly one of many at once', { timeout: 60_000 }, async () => {
    const script = `
      import { takeLock } from ${JSON.stringify(new URL('../../dist/files/lock.js', import.meta.url).href)};
      import { appendFileSync } from 'node:fs';
      for (let round = 0; round < 40; round += 1) {
        try {
          const lock = takeLock(process.argv[1], 'it');
          appendFileSync(process.argv[2], '+');
          await new Promise((resolve) => { setTimeout(resolve, Math.random() * 2); });
          appendFileSync(process.argv[2], '-');
          // Every other time the lock stays behind, as that of a process that has died.
          if (round % 2 === 0) lock.release();
          else { process.exit(0); }
        } catch (error) {
          if (error.name !== 'UsageError') throw error;
          await new Promise((resolve) => { setTimeout(resolve, Math.random() * 2); });
        }
      }`;
    const log = join(folder, 'log');
    const failures: string[] = [];
    const one = (): Promise<void> => new Promise((resolve) => {
      const child = spawn(process.execPath, ['--input-type=module', '-e', script, path, log], { stdio: ['ignore', 'ignore', 'pipe'] });
      child.stderr.on('data', (text: Buffer) => { failures.push(String(text)); });
      child.on('close', () => { resolve(); });
    });
    for (let wave = 0; wave < 3; wave += 1) await Promise.all(Array.from({ length: 6 }, one));
    expect(failures).toEqual([]);
    // Nobody came in while another one was inside.
    expect(readFileSync(log, 'utf8')).toMatch(/^(\+-)+$/);
  });
});
