import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, copyFileSync, mkdtempSync, readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { changed, verdictOf, type Change } from '../../src/choices/choice.js';
import { ChoicesFile, readChoices, type ChosenPhoto } from '../../src/choices/file.js';
import { choicesOfPhotos } from '../../src/choices/photos.js';
import { nameFromBytes, systemPath } from '../../src/files/file-name.js';
import { readSaved, savedCsv, savedJson } from '../../src/choices/saved.js';
import { Random } from '../../src/train/data/random.js';

const place = (): string => join(mkdtempSync(join(tmpdir(), 'choices-')), 'choices.jsonl');
const photo = (name: string): ChosenPhoto => ({ key: createHash('sha256').update(name).digest('hex'), size: name.length, photo: name });
const one = (name: string, change: Change): { photo: ChosenPhoto; change: Change } => ({ photo: photo(name), change });
const [a, b] = [photo('a'), photo('b')];

/** Closes what was opened, and opens it again. */
async function reopened(path: string, file: ChoicesFile): Promise<ChoicesFile> {
  await file.close();
  return ChoicesFile.open(path);
}

describe('a choice', () => {
  it('is made of parts that are chosen and taken back one by one', () => {
    expect(changed({ verdict: 'keep' }, { stars: 3 })).toEqual({ verdict: 'keep', stars: 3 });
    expect(changed({ verdict: 'keep', stars: 3 }, { verdict: null })).toEqual({ stars: 3 });
  });

  it('counts before the word of the tool; who gives stars keeps', () => {
    expect(verdictOf({}, 'reject')).toBe('reject');
    expect(verdictOf({ stars: 2 }, 'reject')).toBe('keep');
    expect(verdictOf({ stars: 2, verdict: 'reject' }, 'keep')).toBe('reject');
  });
});

describe('the file of choices', () => {
  it('keeps what was chosen, across restarts', async () => {
    const path = place();
    let file = await ChoicesFile.open(path);
    await file.choose([one('a', { verdict: 'reject' })]);
    await file.choose([one('b', { stars: 4, colour: 'Green' })]);
    file = await reopened(path, file);
    expect(file.history.of(a.key)).toEqual({ verdict: 'reject' });
    expect(file.history.of(b.key)).toEqual({ stars: 4, colour: 'Green' });
    await file.close();
  });

  it('undoes and redoes everything, a batch at once, across restarts', async () => {
    const path = place();
    let file = await ChoicesFile.open(path);
    await file.choose([one('a', { stars: 1 })]);
    await file.choose([one('a', { stars: 5 }), one('b', { verdict: 'reject' })]);
    file = await reopened(path, file);
    expect([...await file.undo()]).toEqual([[a.key, { stars: 1 }], [b.key, {}]]);
    file = await reopened(path, file);
    await file.undo();
    expect(file.history.of(a.key)).toEqual({});
    expect([...await file.undo()]).toEqual([]);
    await file.redo();
    file = await reopened(path, file);
    await file.redo();
    expect([file.history.of(a.key), file.history.of(b.key)]).toEqual([{ stars: 5 }, { verdict: 'reject' }]);
    await file.close();
  });

  it('has nothing to redo after something else was chosen', async () => {
    const file = await ChoicesFile.open(place());
    await file.choose([one('a', { stars: 1 })]);
    await file.undo();
    await file.choose([one('b', { stars: 2 })]);
    expect([...await file.redo()]).toEqual([]);
    expect(file.history.of(a.key)).toEqual({});
    await file.close();
  });

  it('does not grow by what is chosen already', async () => {
    const path = place();
    const file = await ChoicesFile.open(path);
    await file.choose([one('a', { stars: 1 })]);
    const before = readFileSync(path, 'utf8');
    expect([...await file.choose([one('a', { stars: 1 }), one('b', { stars: null })])]).toEqual([]);
    expect(readFileSync(path, 'utf8')).toBe(before);
    await file.close();
  });

  it('takes a line that was cut short off, and says how many are damaged', async () => {
    const path = place();
    let file = await ChoicesFile.open(path);
    await file.choose([one('a', { stars: 1 })]);
    await file.choose([one('b', { stars: 2 })]);
    await file.close();
    truncateSync(path, readFileSync(path).length - 5);
    file = await ChoicesFile.open(path);
    expect([file.history.of(a.key), file.history.of(b.key), file.damaged]).toEqual([{ stars: 1 }, {}, 0]);
    await file.choose([one('b', { stars: 3 })]);
    await file.close();
    writeFileSync(path, readFileSync(path, 'utf8').replace('"stars":1', '"stars":2'));
    expect((await readChoices(path)).damaged).toBe(1);
    expect((await readChoices(path)).history.of(b.key)).toEqual({ stars: 3 });
  });

  it.each(['{"somebody":"else"}\n', '{"somebody":"else"}', 'x', '0000'])('is not made out of another file: %j', async (text) => {
    const path = place();
    writeFileSync(path, text);
    await expect(ChoicesFile.open(path)).rejects.toThrow('is not a file of choices');
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  it('begins anew where nothing but a piece of its first line is there', async () => {
    const path = place();
    await (await ChoicesFile.open(path)).close();
    const whole = readFileSync(path, 'utf8');
    for (const length of [0, 1, whole.length - 1]) {
      truncateSync(path, 0);
      writeFileSync(path, whole.slice(0, length));
      await (await ChoicesFile.open(path)).close();
      expect(readFileSync(path, 'utf8')).toBe(whole);
    }
  });

  it.each(['moved away', 'replaced, as editors save'])('takes no choice that nobody would find again where it was %s meanwhile', async (what) => {
    const path = place();
    const file = await ChoicesFile.open(path);
    await file.choose([one('a', { stars: 1 })]);
    if (what === 'moved away') renameSync(path, `${path}.old`);
    else {
      copyFileSync(path, `${path}.old`);
      copyFileSync(path, `${path}~`);
      renameSync(`${path}~`, path);
    }
    await expect(file.choose([one('b', { stars: 2 })])).rejects.toThrow(/was moved, or another one was put in its place/);
    expect(file.history.of(b.key)).toEqual({});
    if (what === 'moved away') {
      renameSync(`${path}.old`, path);
      await file.choose([one('b', { stars: 2 })]);
    }
    const again = await reopened(path, file);
    expect([again.history.of(a.key), again.history.of(b.key), again.damaged]).toEqual([{ stars: 1 }, what === 'moved away' ? { stars: 2 } : {}, 0]);
    await again.close();
  });

  it('is written by one process at a time', async () => {
    const path = place();
    const file = await ChoicesFile.open(path);
    await expect(ChoicesFile.open(path)).rejects.toThrow(/at work on the choices/);
    await file.close();
    await (await ChoicesFile.open(path)).close();
  });

  it('know a photo into which marks were written by both of its contents, also after a restart, with undo and redo', async () => {
    const path = place();
    const [before, after] = [photo('before'), photo('after')];
    const file = await ChoicesFile.open(path);
    await file.choose([{ photo: before, change: { stars: 2 } }]);
    expect(await file.unite(before, { key: after.key, size: 99 })).toEqual(new Map([[before.key, { stars: 2 }]]));
    await file.choose([{ photo: after, change: { stars: 4 } }]);
    await file.unite(after, before);
    await file.close();
    const again = await ChoicesFile.open(path);
    expect([again.history.of(before.key), again.history.of(after.key), again.history.size, again.history.knowsSize(99)]).toEqual([{ stars: 4 }, { stars: 4 }, 1, true]);
    await again.undo();
    expect(again.history.of(after.key)).toEqual({ stars: 2 });
    await again.undo();
    expect([again.history.of(before.key), again.history.size]).toEqual([{}, 0]);
    await again.redo();
    expect(again.history.of(after.key)).toEqual({ stars: 2 });
    await again.close();
  });

  it('loses nothing that was said to be chosen, and invents nothing, however often its process is killed', async () => {
    const path = place();
    const random = new Random(20);
    const asked = new Map<string, number>();
    const promised = new Map<string, number>();
    for (let kill = 0; kill < 20; kill += 1) {
      const child = fork(fileURLToPath(new URL('chooser.js', import.meta.url)), [path, String(kill)]);
      child.on('message', (message) => {
        if (!Array.isArray(message)) return;
        const [kind, name, stars] = message.map(String);
        (kind === 'asked' ? asked : promised).set(name ?? '', Number(stars));
      });
      const before = promised.size;
      const after = 1 + random.below(12);
      await new Promise<void>((resolve) => {
        child.on('message', () => { if (promised.size >= before + after) setTimeout(() => { child.kill('SIGKILL'); }, random.below(4)); });
        child.on('exit', () => { resolve(); });
      });
    }
    const { history, damaged } = await readChoices(path);
    expect(damaged).toBe(0);
    expect(promised.size).toBeGreaterThan(20);
    for (const [name, stars] of promised) expect(history.of(photo(name).key)).toEqual({ stars });
    expect(history.size).toBeLessThanOrEqual(asked.size);
  });
});

describe('choices about the photos of a folder', () => {
  it('belong to content, not to names', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'choices-'));
    writeFileSync(join(folder, 'IMG_1.jpg'), 'first shoot');
    writeFileSync(join(folder, 'IMG_2.jpg'), 'other shoot');
    const file = await ChoicesFile.open(join(folder, 'choices.jsonl'));
    await file.choose([{ photo: { key: createHash('sha256').update('first shoot').digest('hex'), size: 11, photo: 'IMG_2.jpg' }, change: { stars: 5 } }]);
    expect([...await choicesOfPhotos(file.history, folder, ['IMG_1.jpg', 'IMG_2.jpg', 'gone.jpg'])]).toEqual([['IMG_1.jpg', { stars: 5 }]]);
    await file.close();
  });

  it.skipIf(process.platform !== 'linux')('are found where a name is not UTF-8, too', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'choices-'));
    const odd = nameFromBytes(Buffer.from('odd\xff.jpg', 'latin1'));
    writeFileSync(systemPath(join(folder, odd)), 'a');
    const file = await ChoicesFile.open(join(folder, 'choices.jsonl'));
    await file.choose([one('a', { stars: 5 })]);
    expect([...await choicesOfPhotos(file.history, folder, [odd])]).toEqual([[odd, { stars: 5 }]]);
    await file.close();
  });
});

describe('saved choices', () => {
  const photos = [
    { photo: '=IMG 1.jpg', choice: { stars: 4 }, toolVerdict: 'reject', reasons: ['eyes closed'] },
    { photo: 'b.jpg', choice: {}, toolVerdict: 'keep', reasons: [] },
    { photo: 'c.jpg', choice: { verdict: 'reject' }, toolVerdict: 'keep', reasons: [] },
  ] as const;

  it.each([['CSV', savedCsv], ['JSON', savedJson]] as const)('come back as they were from %s; what the tool judged is left out', (_, save) => {
    expect([...readSaved(save(photos))]).toEqual([['=IMG 1.jpg', { verdict: 'keep', stars: 4 }], ['c.jpg', { verdict: 'reject', stars: null }]]);
  });

  it('are refused where they are something else', () => {
    expect(() => readSaved('name,age\nJo,3')).toThrow('not a file of choices');
    expect(() => readSaved('{')).toThrow('not a file of choices');
  });
});

it('a line of a file of choices that somebody adds by hand does not count', async () => {
  const path = place();
  await (await ChoicesFile.open(path)).close();
  appendFileSync(path, '{"kind":"undo","at":""}\n');
  expect((await readChoices(path)).damaged).toBe(1);
});
