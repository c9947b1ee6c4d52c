import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { csvHeader, csvRows } from '../../src/reports/csv.js';
import { Random } from '../../src/train/data/random.js';
import { photoResult } from '../support/results.js';

const shootSchema = z.object({
  choices: z.array(z.tuple([z.number(), z.looseObject({ stars: z.number().optional() })])), undo: z.boolean(),
});
const script = fileURLToPath(new URL('reviewer.js', import.meta.url));

async function startServer(folder: string, report: string): Promise<{ readonly child: ChildProcess; readonly link: string }> {
  const child = spawn(process.execPath, [script, folder, report], { stdio: ['ignore', 'pipe', 'inherit'] });
  const line: unknown[] = await once(createInterface({ input: child.stdout }), 'line');
  return { child, link: z.string().parse(line[0]) };
}

describe('the server of a review that is killed while somebody chooses', () => {
  it('has lost nothing that it said was chosen, and invented nothing, twenty times over', async () => {
    const base = mkdtempSync(join(tmpdir(), 'review-killed-'));
    const [folder, report] = [join(base, 'photos'), join(base, 'out.csv')];
    mkdirSync(folder);
    const names = Array.from({ length: 8 }, (_, index) => `${String(index)}.jpg`);
    for (const name of names) writeFileSync(join(folder, name), `content of ${name}`);
    writeFileSync(report, csvHeader() + names.map((name) => csvRows(photoResult(name))).join(''));
    const random = new Random(20);
    /** What each photo has by the last answer, and what may have come after it without one. */
    const answered = new Map<number, number | undefined>();
    let asked: { readonly id: number; readonly stars: number | null } | undefined;
    let [answers, kills] = [0, 0];
    for (; kills < 20; kills += 1) {
      const { child, link } = await startServer(folder, report);
      const { choices } = shootSchema.parse(await (await fetch(`${link}shoot`)).json());
      const kept = new Map(choices.map(([id, { stars }]) => [id, stars]));
      for (const id of names.keys()) {
        const may = asked?.id === id ? [answered.get(id), asked.stars ?? undefined] : [answered.get(id)];
        expect(may, `photo ${String(id)} after kill ${String(kills)}`).toContain(kept.get(id));
        answered.set(id, kept.get(id));
      }
      const ended = once(child, 'exit');
      const killAfter = answers + 1 + random.below(6);
      try {
        for (;;) {
          if (answers === killAfter) setTimeout(() => { child.kill('SIGKILL'); }, random.below(6));
          const stars = random.below(6);
          asked = { id: random.below(names.length), stars: stars === 0 ? null : stars };
          const { ok } = await fetch(`${link}choose`, { method: 'POST', body: JSON.stringify([{ ids: [asked.id], change: { stars: asked.stars } }]) });
          expect(ok).toBe(true);
          answered.set(asked.id, asked.stars ?? undefined);
          answers += 1;
        }
      } catch (error) {
        // The connection is gone with the server.
        if (!(error instanceof TypeError)) throw error;
      }
      expect((await ended)[1]).toBe('SIGKILL');
    }
    expect(answers).toBeGreaterThan(20);
  }, 240_000);
});
