import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/core/usage-error.js';
import { currentUser } from '../../src/files/disk.js';
import { lastSession } from '../../src/sort/journal.js';
import { planSort } from '../../src/sort/plan.js';
import { beginSort, finishSort, makeTarget, removeTarget, undoSort } from '../../src/sort/session.js';
import { verdictFolders } from '../../src/sort/verdicts.js';
import { Random } from '../../src/train/data/random.js';
import { filesOf, ModelDisk, stateWith } from './model-disk.js';

const [folder, target] = ['/photos', '/sorted'];
const journal = `${target}/sort-1.journal`;
const photos = { '/photos/a.jpg': 'photo a', '/photos/sub/b.jpg': 'photo b', '/sorted/keep/c.jpg': 'photo c', '/sorted/keep/a.jpg': 'not a' };
const outside = { '/secret/id_rsa': 'secret', '/secret.jpg': 'more', '/photos2/a.jpg': 'other a', '/sorted-2/keep/x.jpg': 'other x' };
const links = { '/photos/link.jpg': '/secret/id_rsa', '/sorted/keep/link.jpg': '/secret.jpg' };

/** Paths and other values that somebody would try. */
const hostile: readonly unknown[] = [
  '../secret/id_rsa', '/secret/id_rsa', 'keep/../../secret.jpg', 'keep/a.jpg', 'a.jpg', 'sub/b.jpg', 'sub', '.', '..', '', 'keep', 'keep/', '/photos2',
  '/secret', '/', '/sorted', '/photos', 'link.jpg', 'keep/link.jpg', 'keep/c.jpg', 'review/new.jpg', 'sort-1.journal', 'keep/a\0.jpg', '__proto__',
  'keep//c.jpg', './a.jpg', 'move', 'copy', 'link', 'delete', 0, -1, 1, 64, 1e9, 0.5, true, false, undefined, [], {}, [[]],
];

interface Tree { readonly [key: string]: unknown }

const plan: Tree = {
  journal: 'portrait-pipeline sort', version: 1, user: currentUser, folder, target, report: '0'.repeat(64), action: 'move',
  made: { inside: ['keep'], above: 1 },
  steps: [{ from: 'a.jpg', to: 'keep/a-2.jpg', size: 7, modified: 1000 }, { from: 'sub/b.jpg', to: 'reject/sub/b.jpg', size: 7, modified: 1000 }],
};

/** The same with something else in one place of it, or with one thing more or less. */
function changed(value: unknown, random: () => number): unknown {
  const pick = <T>(values: readonly T[]): T | undefined => values[Math.floor(random() * values.length)];
  if (typeof value !== 'object' || value === null || random() < 0.1) return pick(hostile);
  const entries = Object.entries(value);
  const at = Math.floor(random() * (entries.length + 0.5));
  const others = entries.map(([key, each], index): [string, unknown] => [key, index === at ? changed(each, random) : each]);
  if (at === entries.length) others.push([String(pick(['from', 'to', 'extra', 'done', '__proto__'])), pick(hostile)]);
  return Array.isArray(value) ? others.map(([, each]) => each) : Object.fromEntries(others);
}

/** A journal as a sort writes them, of steps that none has planned; some lead out. */
function plausible(random: () => number): unknown {
  const pick = (values: readonly string[]): string => values[Math.floor(random() * values.length)] ?? '';
  const from = ['../secret/id_rsa', '../secret.jpg', 'a.jpg', 'sub/b.jpg', 'link.jpg', 'sub', 'none.jpg', 'sub/none.jpg', 'a.jpg/x.jpg'];
  const to = ['keep/../../secret/id_rsa', 'keep/../../new.jpg', 'keep/a.jpg', 'keep/c.jpg', 'keep/link.jpg', 'keep/new.jpg', 'reject/x/y.jpg', 'keep/a.jpg/x.jpg', 'review/b.jpg', 'keep'];
  const steps = Array.from({ length: 1 + Math.floor(random() * 3) }, () =>
    ({ from: pick(from), to: pick(to), size: random() < 0.7 ? 7 : Math.floor(random() * 9), modified: random() < 0.7 ? 1000 : 0 }));
  const inside = Array.from({ length: Math.floor(random() * 3) }, () => pick(['keep', 'reject', 'reject/x', 'keep/a.jpg', 'sub', 'link.jpg']));
  return { ...plan, action: pick(['move', 'copy', 'link']), made: { inside, above: Math.floor(random() * 4) }, steps };
}

/** Nothing outside is other than it was, and every photo is there, whole, in one of the two folders. */
function checkSafe(disk: ModelDisk): void {
  const files = Object.entries(filesOf(disk.state));
  const isInside = (path: string): boolean => path.startsWith(`${folder}/`) || path.startsWith(`${target}/`);
  expect(Object.fromEntries(files.filter(([path]) => !isInside(path)))).toEqual(outside);
  const contents = files.filter(([path]) => isInside(path) && !path.endsWith('.pipeline-part')).map(([, content]) => content);
  for (const content of Object.values(photos)) expect(contents).toContain(content);
  expect(contents).not.toContain('secret');
  expect(contents).not.toContain('more');
}

const refused = (error: unknown): undefined => {
  if (!(error instanceof UsageError)) throw error;
  return undefined;
};

describe('whatever somebody has written', () => {
  it('into a journal, 5,000 of them: an undo and a sort move nothing out of the two folders, read nothing from outside, and lose nothing', async () => {
    let believed = 0;
    for (let seed = 0; seed < 5000; seed += 1) {
      const numbers = new Random(seed);
      const random = (): number => numbers.next();
      let value: unknown = random() < 0.5 ? plausible(random) : plan;
      for (let times = Math.floor(random() * 3); times > 0; times -= 1) value = changed(value, random);
      const marks = ['', '{"done":0}\n', '{"done":0}\n{"done":1}\n{"finished":true}\n', '{"undoing":true}\n', '{"done":7}\n', '{"do', '[]\n'];
      const text = `${JSON.stringify(value)}\n${marks[Math.floor(random() * marks.length)] ?? ''}`;
      for (const command of [undoSort, finishSort]) {
        const disk = new ModelDisk(stateWith({ ...photos, ...outside, [journal]: text }, links), random() < 0.3 ? { otherDisk: target } : {});
        const session = await lastSession(disk, target).catch(refused);
        // The command line names the folder.
        if (session === undefined || session.folder !== folder) continue;
        believed += 1;
        await command(disk, session);
        if (command === undoSort) await removeTarget(disk, session);
        checkSafe(disk);
      }
    }
    // Else this would test the refusals alone.
    expect(believed).toBeGreaterThan(500);
  });

  it('into a report, 5,000 of them: a sort moves nothing out of the two folders, reads nothing from outside, and loses nothing', async () => {
    const names = ['a.jpg', 'sub/b.jpg', 'link.jpg', 'sub', 'sub/../a.jpg', '../photos/a.jpg', '../photos2/a.jpg', '/photos/a.jpg', '/secret/id_rsa', './a.jpg',
      'sub//b.jpg', '.', '..', '', '../photos', 'a.jpg/', 'none.jpg', 'sub/none.jpg', '\0', 'a.jpg\0.png', '../secret.jpg', 'keep/a.jpg', '__proto__'];
    let sorted = 0;
    for (let seed = 0; seed < 5000; seed += 1) {
      const numbers = new Random(seed);
      const random = (): number => numbers.next();
      const pick = <T>(values: readonly T[], other: T): T => values[Math.floor(random() * values.length)] ?? other;
      const rows = Array.from({ length: 1 + Math.floor(random() * 3) }, () =>
        [pick(random() < 0.6 ? names.slice(0, 3) : names, 'a.jpg'), { verdict: pick(verdictFolders, 'keep') }] as const);
      const action = pick(['copy', 'link', 'move'] as const, 'copy');
      const disk = new ModelDisk(stateWith({ ...photos, ...outside }, links), random() < 0.3 ? { hasLinks: false } : {});
      const to = pick([target, target, `${folder}/sorted`, folder], target);
      const plan = await planSort(disk, { folder, photos: new Map(rows), to, action }).catch(refused);
      if (plan === undefined || plan.steps.length === 0) continue;
      sorted += 1;
      await beginSort(disk, plan, '0'.repeat(64), await makeTarget(disk, plan.target));
      checkSafe(disk);
    }
    expect(sorted).toBeGreaterThan(500);
  });
});
