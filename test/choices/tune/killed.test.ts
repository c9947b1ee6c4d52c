import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pLimit from 'p-limit';
import { beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { writeSettings } from '../../../src/choices/tune/write.js';

const write = JSON.stringify(new URL('../../../dist/choices/tune/write.js', import.meta.url).href);
const node = (script: string, ...more: string[]): [string, string[]] => [process.execPath, ['--input-type=module', '-e', script, ...more]];

/** Writes strict settings, and ends itself as kill -9 does right before the call of the system with that number; in the middle of it where it writes. */
const killing = `
  import fs from 'node:fs';
  import { syncBuiltinESMExports } from 'node:module';
  const [path, number] = process.argv.slice(1);
  let calls = 0;
  let counting = false;
  for (const name of ['openSync', 'writeSync', 'fsyncSync', 'fchownSync', 'fchmodSync', 'closeSync', 'renameSync', 'rmSync', 'unlinkSync', 'linkSync', 'writeFileSync']) {
    const call = fs[name];
    fs[name] = (...given) => {
      if (!counting) return call(...given);
      calls += 1;
      if (calls !== Number(number)) return call(...given);
      if (name === 'writeSync') call(given[0], given[1].subarray(0, given[1].length >> 1));
      process.kill(process.pid, 'SIGKILL');
    };
  }
  syncBuiltinESMExports();
  const { writeSettings } = await import(${write});
  counting = true;
  writeSettings(path, [{ section: 'verdict', key: 'strictness', value: 'strict' }]);
  process.stdout.write(String(calls));`;

/** Counts a setting up, a write a step, and looks each time whether its last step is still there. */
const counting = `
  import { readFileSync } from 'node:fs';
  const { writeSettings } = await import(${write});
  const [path, key, steps] = process.argv.slice(1);
  let lost = 0;
  for (let step = 1; step <= Number(steps);) {
    try {
      writeSettings(path, [{ section: 'classify', key, value: step / 1000 }]);
      step += 1;
    } catch (error) {
      if (!/Another run is at work on the settings/.test(error.message)) throw error;
    }
    const seen = new RegExp(key + ': ([0-9.]+)').exec(readFileSync(path, 'utf8'));
    if (Number(seen?.[1] ?? 0) !== (step - 1) / 1000) lost += 1;
  }
  process.stdout.write(String(lost));`;

describe.skipIf(process.platform === 'win32')('settings that are written by what was learned', () => {
  const earlier = '# my own\nverdict:\n  strictness: lenient # for now\n';
  const learned = earlier.replace('lenient', 'strict');
  let folder: string;
  let path: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tune-'));
    path = join(folder, 'pipeline.yaml');
    writeFileSync(path, earlier);
  });

  it('are the old or the new ones, whole, at which step of writing ever the process is killed; the next one can write, and clears up', async () => {
    const written = spawnSync(...node(killing, path, '0'), { encoding: 'utf8' });
    const steps = Array.from({ length: Number(written.stdout) }, (_, step) => step + 1);
    expect(steps.length).toBeGreaterThan(8);
    const [several, left] = [pLimit(2), new Set<string>()];
    const seen = await Promise.all(steps.map((step) => several(async () => {
      const own = join(mkdtempSync(join(folder, 'killed-')), 'pipeline.yaml');
      writeFileSync(own, earlier);
      const [, signal] = z.tuple([z.unknown(), z.unknown()]).parse(await once(spawn(...node(killing, own, String(step))), 'exit'));
      expect(signal, `step ${String(step)}`).toBe('SIGKILL');
      const text = readFileSync(own, 'utf8');
      writeSettings(own, [{ section: 'verdict', key: 'strictness', value: 'strict' }]);
      expect(readFileSync(own, 'utf8'), `after step ${String(step)}`).toBe(learned);
      for (const name of readdirSync(dirname(own))) left.add(name);
      return text;
    })));
    expect([seen[0], seen.at(-1)]).toEqual([earlier, learned]);
    expect(seen.filter((text) => text !== earlier && text !== learned)).toEqual([]);
    expect([...left]).toEqual(['pipeline.yaml']);
  });

  it('are whole at every moment while two write at once that are killed, and lose nothing of what either has written', async () => {
    const steps = 60;
    const [a, b] = ['closed_below', 'open_above'].map((key) => spawn(...node(counting, path, key, String(steps))));
    const third = spawn(...node(counting, path, 'closed_by', '100000'));
    const said = [a, b].map(async (child) => {
      let text = '';
      child?.stdout.on('data', (part: Buffer) => { text += String(part); });
      if (child !== undefined) await once(child, 'close');
      return text;
    });
    const ended = new AbortController();
    void Promise.all(said).finally(() => { ended.abort(); });
    setTimeout(() => { third.kill('SIGKILL'); }, 700);
    const halves: string[] = [];
    while (!ended.signal.aborted) {
      const text = readFileSync(path, 'utf8');
      if (!text.startsWith(earlier)) halves.push(text);
      await sleep(1);
    }
    expect(await Promise.all(said)).toEqual(['0', '0']);
    expect(halves).toEqual([]);
    // Not through the schema: the third one's key, which it may have written before its end, is none of the tool's.
    expect(parse(readFileSync(path, 'utf8'))).toHaveProperty('classify', expect.objectContaining({ closed_below: steps / 1000, open_above: steps / 1000 }));
  });
});
