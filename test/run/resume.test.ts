import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { pipeline } from '../support/pipeline.js';
import { demoPhotos } from '../support/shared-data.js';

const entry = fileURLToPath(new URL('../../bin/pipeline.js', import.meta.url));
const kills = 10;

/** Starts a run and kills it, as `kill -9` does, after a time, unless it has ended by then. @returns whether it had */
async function killAfter(milliseconds: number, ...arguments_: readonly string[]): Promise<boolean> {
  const child = spawn(process.execPath, [entry, ...arguments_], { stdio: 'ignore' });
  const ended = new Promise<boolean>((resolve) => { child.on('exit', (code) => { resolve(code !== null); }); });
  await Promise.race([ended, sleep(milliseconds)]);
  child.kill('SIGKILL');
  return ended;
}

function hashes(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort().map((name) => {
    const path = join(folder, name);
    const { mode, mtimeMs } = statSync(path);
    const content = statSync(path).isFile() ? createHash('sha256').update(readFileSync(path)).digest('hex') : '';
    return `${name} ${String(mode)} ${String(mtimeMs)} ${content}`;
  });
}

describe('a run that is killed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'resume-'));
  const photos = join(folder, 'photos');
  const csv = join(folder, 'out.csv');
  const json = join(folder, 'out.json');
  const html = join(folder, 'out.html');
  const run = ['run', photos, '--workers', '1', '--report', csv, '--report', json, '--report', html, '--no-times'] as const;
  // Compared by hash: the difference of two pages full of pictures would be no help to a reader.
  const reports = (): string[] => [csv, json, html].map((path) => createHash('sha256').update(readFileSync(path)).digest('hex'));
  let unbroken: string[];
  let duration: number;

  beforeAll(async () => {
    mkdirSync(join(photos, 'day 2'), { recursive: true });
    for (const [index, photo] of demoPhotos.entries()) {
      // Small: what counts here is when a run is killed, not what it sees.
      await sharp(photo).resize(800).toFile(join(photos, `${String(index)}.jpg`));
      copyFileSync(join(photos, `${String(index)}.jpg`), join(photos, 'day 2', `${String(index)}.jpg`));
    }
    const before = hashes(photos);
    const start = performance.now();
    const { code, stderr } = await pipeline(...run);
    duration = performance.now() - start;
    expect(code, stderr).toBe(0);
    expect(hashes(photos)).toEqual(before);
    unbroken = reports();
  });

  it(`ends with the same reports, byte for byte, after ${String(kills)} kills at random moments`, { timeout: 300_000 }, async () => {
    let interrupted = 0;
    for (let kill = 0; kill < kills; kill += 1) {
      const completed = await killAfter(duration * Math.random(), ...run, '--resume');
      if (!completed) interrupted += 1;
      // Killed or not: what lies under the report's name is whole.
      expect(reports()).toEqual(unbroken);
    }
    for (const path of [csv, json, html]) rmSync(path);
    const { code, stderr } = await pipeline(...run, '--resume');
    expect(code, stderr).toBe(0);
    expect(reports()).toEqual(unbroken);
    expect(interrupted).toBeGreaterThan(0);
    expect(readdirSync(folder).sort(), 'nothing is left over').toEqual(['out.csv', 'out.html', 'out.json', 'photos']);
  });

  it('goes on where it stopped, and judges a photo again that has changed meanwhile', { timeout: 300_000 }, async () => {
    const journal = `${csv}.journal`;
    const child = spawn(process.execPath, [entry, ...run], { stdio: 'ignore' });
    const ended = new Promise((resolve) => { child.on('exit', resolve); });
    while (child.exitCode === null && (!existsSync(journal) || readFileSync(journal, 'utf8').split('\n').length < 4)) await sleep(5);
    child.kill('SIGKILL');
    await ended;
    expect(existsSync(journal), 'the run was still on its way').toBe(true);
    copyFileSync(demoPhotos[1] ?? '', join(photos, '0.jpg'));
    const { stderr } = await pipeline(...run, '--resume');
    expect(stderr).toMatch(/of 12 photos were done before/);
    const [fresh] = reports();
    await pipeline(...run);
    expect(fresh).toBe(reports()[0]);
    expect(fresh).not.toBe(unbroken[0]);
  });

  it('needs a report to go on with', async () => {
    const { code, stderr } = await pipeline('run', photos, '--report', '-', '--resume');
    expect(code).toBe(2);
    expect(stderr).toMatch(/--resume goes on with a report that is a file/);
  });
});
