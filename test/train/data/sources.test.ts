import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { UsageError } from '../../../src/core/usage-error.js';
import { checkApart, noLabels, openSource, sourceName, unusedTables, unusedTableWarning } from '../../../src/train/data/sources.js';

const folder = mkdtempSync(join(tmpdir(), 'sources-'));
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

/** A folder with these files. */
function made(name: string, ...files: string[]): string {
  for (const file of files) {
    mkdirSync(dirname(join(folder, name, file)), { recursive: true });
    writeFileSync(join(folder, name, file), file);
  }
  return join(folder, name);
}

function table(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

describe('the name of a source', () => {
  it('is that of the folder, or of the tar without its ending', () => {
    made('faces', 'a.jpg');
    made('folder.tar', 'a.jpg');
    expect(sourceName(join(folder, 'faces'))).toBe('faces');
    expect(sourceName(`${join(folder, 'faces')}/`)).toBe('faces');
    expect(sourceName('/data/eyes.tar')).toBe('eyes');
    expect(sourceName('/data/eyes.TAR')).toBe('eyes');
    expect(sourceName('/data/eyes.zip')).toBe('eyes.zip');
    expect(sourceName(join(folder, 'folder.tar'))).toBe('folder.tar');
  });

  it('tells sources apart, so that none is given twice and no two have one', () => {
    const [one, other] = [made('first/eyes', 'a.jpg'), made('second/eyes', 'a.jpg')];
    symlinkSync(one, join(folder, 'linked'));
    mkdirSync(join(folder, 'third'));
    symlinkSync(one, join(folder, 'third', 'eyes'));
    expect(() => { checkApart([one, made('others', 'a.jpg')]); }).not.toThrow();
    expect(() => { checkApart([one, `${one}/`]); }).toThrow(new UsageError(`${one}/ is given twice: its eyes would count twice. Name each source once.`));
    expect(() => { checkApart([one, join(folder, 'third', 'eyes')]); }).toThrow(/given twice/);
    expect(() => { checkApart([one, other]); }).toThrow(
      new UsageError(`${one} and ${other} are both called eyes, and sources are told apart by their names. Rename one of them.`));
    expect(() => { checkApart(['/gone/eyes.tar', '/gone/eyes.tar']); }).toThrow(/given twice/);
    expect(() => { checkApart(['/gone/eyes.tar', '/lost/eyes.tar']); }).toThrow(/both called eyes/);
  });
});

describe('a folder of labelled images', () => {
  it('has the images of all its folders by path, with the labels that folders say', async () => {
    const source = await openSource(made('people', 'open/b.JPG', 'closed/deep/a.png', 'open/notes.txt', 'wink/c.webp', 'open/x.jpg/inner.tif'));
    expect(source.name).toBe('people');
    expect(source.images.map(({ path, faces: [face] }) => [path, face?.left?.kind])).toEqual([
      ['closed/deep/a.png', 'closed'], ['open/b.JPG', 'open'], ['open/x.jpg/inner.tif', 'open'],
    ]);
    expect(readFileSync(source.images[0]?.file ?? '', 'utf8')).toBe('closed/deep/a.png');
    expect([source.unlabelled, source.tables]).toEqual([1, []]);
    source.close();
    expect(existsSync(join(folder, 'people', 'open', 'b.JPG'))).toBe(true);
  });

  it.each(['jpg', 'jpeg', 'png', 'webp', 'gif', 'tif', 'tiff', 'avif', 'bmp'])('has those that end in .%s', async (ending) => {
    expect((await openSource(made(`of-${ending}`, `open/a.${ending}`, 'open/a.heics', 'open/jpg'))).images).toHaveLength(1);
  });

  it('believes its own labels.csv before its folders, and no more where another table is given', async () => {
    const own = made('own', 'open/a.jpg', 'open/b.jpg');
    writeFileSync(join(own, 'labels.csv'), 'path,label\na.jpg,closed\n');
    const source = await openSource(own);
    expect(source.images.map(({ path, faces: [face] }) => [path, face?.left?.label])).toEqual([['open/a.jpg', 0]]);
    // What the table lacks was left out on purpose.
    expect(source.unlabelled).toBe(1);
    expect(source.tables).toEqual([{ file: join(own, 'labels.csv'), fits: true }]);
    const given = await openSource(own, { labels: [table('given.csv', 'path,label\nb.jpg,narrow\n')] });
    expect(given.images.map(({ path, faces: [face] }) => [path, face?.left?.kind])).toEqual([['open/b.jpg', 'narrow']]);
  });

  it('takes the first table that knows any of its images, and its folders where none does', async () => {
    const source = made('many-tables', 'open/a.jpg', 'closed/b.jpg');
    const [none, first, second] = [table('none.csv', 'path,label\nz.jpg,open\n'), table('first.csv', 'path,label\na.jpg,narrow\n'), table('second.csv', 'path,label\nb.jpg,open\n')];
    const kinds = async (...labels: string[]): Promise<unknown[]> => (await openSource(source, { labels })).images.map(({ path, faces: [face] }) => [path, face?.right?.kind]);
    expect(await kinds(none, first, second)).toEqual([['open/a.jpg', 'narrow']]);
    expect(await kinds(none)).toEqual([['closed/b.jpg', 'closed'], ['open/a.jpg', 'open']]);
  });

  it('believes corrections before all else, the first that speaks of an image', async () => {
    const source = made('corrected', 'open/a.jpg', 'open/b.jpg');
    const corrections = [table('one.csv', 'path,label\na.jpg,lowered\n'), table('two.csv', 'path,label\na.jpg,open\nb.jpg,none\n')];
    const { images, unlabelled, tables } = await openSource(source, { corrections });
    expect(images.map(({ path, faces: [face] }) => [path, face?.left?.kind])).toEqual([['open/a.jpg', 'lowered']]);
    expect(unlabelled).toBe(1);
    expect(tables.map(({ fits }) => fits)).toEqual([true, true]);
  });
});

describe('a tar of labelled images', () => {
  const tarOf = (name: string, from: string, inner: string): string => {
    execFileSync('tar', ['-cf', join(folder, name), '-C', from, inner]);
    return join(folder, name);
  };

  it('is unpacked until it is closed; paths begin below a folder of its own name', async () => {
    made('packed/eyes', 'open/a.jpg', 'closed/b.jpg');
    const source = await openSource(tarOf('eyes.tar', join(folder, 'packed'), 'eyes'));
    expect(source.name).toBe('eyes');
    expect(source.images.map(({ path }) => path)).toEqual(['closed/b.jpg', 'open/a.jpg']);
    const file = source.images[0]?.file ?? '';
    expect(readFileSync(file, 'utf8')).toBe('closed/b.jpg');
    source.close();
    expect(existsSync(file)).toBe(false);
  });

  it('may hold another folder, and links, which are left where they are', async () => {
    made('packed/other', 'open/a.jpg');
    symlinkSync('/etc/passwd', join(folder, 'packed/other/open/link.jpg'));
    const source = await openSource(tarOf('some.tar', join(folder, 'packed'), 'other'));
    expect(source.images.map(({ path }) => path)).toEqual(['other/open/a.jpg']);
    source.close();
  });

  it('writes nothing beside where it is unpacked', async () => {
    made('packed/evil', 'open/a.jpg');
    execFileSync('tar', ['-cf', join(folder, 'evil.tar'), '-C', join(folder, 'packed'), '--transform', 's,evil/open,../../open,', '-P', 'evil']);
    const source = await openSource(join(folder, 'evil.tar'));
    expect(source.images).toEqual([]);
    source.close();
  });

  it('that is cut short cannot be unpacked, and leaves nothing behind', async () => {
    made('packed/long', 'open/a.jpg');
    writeFileSync(join(folder, 'packed/long/open/b.jpg'), Buffer.alloc(5000, 7));
    const whole = readFileSync(tarOf('long.tar', join(folder, 'packed'), 'long'));
    writeFileSync(join(folder, 'short.tar'), whole.subarray(0, 3500));
    await expect(openSource(join(folder, 'short.tar'))).rejects.toThrow(UsageError);
    await expect(openSource(join(folder, 'short.tar'))).rejects.toThrow(/^Cannot unpack .*short\.tar: /);
  });
});

describe('what cannot be a source', () => {
  it('is said in words', async () => {
    await expect(openSource(join(folder, 'gone'))).rejects.toThrow(new UsageError(`There is no folder or tar called ${join(folder, 'gone')}.`));
    const file = join(made('one', 'a.jpg'), 'a.jpg');
    await expect(openSource(file)).rejects.toThrow(new UsageError(`${file} is neither a folder nor a .tar. Give a folder with open/ and closed/ inside.`));
  });
});

describe('tables that speak of no image', () => {
  const said = (...tables: { file: string; fits: boolean }[]): { tables: { file: string; fits: boolean }[] } => ({ tables });

  it('are those that fit none of the sources, each once', () => {
    expect(unusedTables([
      said({ file: 'a.csv', fits: true }, { file: 'b.csv', fits: false }, { file: 'c.csv', fits: false }),
      said({ file: 'a.csv', fits: false }, { file: 'b.csv', fits: false }, { file: 'c.csv', fits: true }),
    ])).toEqual(['b.csv']);
    expect(unusedTables([])).toEqual([]);
  });

  it('are warned of', () => {
    expect(unusedTableWarning('b.csv')).toBe('No path in b.csv is that of an image: the table was ignored, and the folders open/ and closed/ decide. '
      + 'Its paths must be as in the source, such as sub/anna.jpg, or bare file names.');
  });
});

describe('a source without labels', () => {
  it('says what to do: there are no images, none has a label, or a table fits none', async () => {
    const empty = await openSource(made('nothing', 'notes.txt'));
    expect(noLabels('nothing', empty)).toBe('There are no images in nothing.');
    const bare = await openSource(made('bare', 'a.jpg', 'b.jpg'));
    expect(noLabels('bare', bare)).toBe('bare holds 2 images but no labels. Sort them into open/ and closed/, or give --labels table.csv.');
    const file = table('unfit.csv', 'path,label\nz.jpg,open\n');
    const unfit = await openSource(made('bare', 'a.jpg'), { labels: [file] });
    expect(noLabels('bare', unfit)).toBe(`bare holds 2 images but no labels: no path in ${file} is that of one of them. Correct its paths, or sort the images into open/ and closed/.`);
  });
});

describe.skipIf(process.platform === 'win32')('a pipe', () => {
  it('among the images of a source is no table of labels that is waited for', async () => {
    const source = made('with a pipe', 'open/a.jpg');
    execFileSync('mkfifo', [join(source, 'labels.csv')]);
    expect((await openSource(source)).images).toHaveLength(1);
  });

  it('is no tar', async () => {
    execFileSync('mkfifo', [join(folder, 'pipe.tar')]);
    await expect(openSource(join(folder, 'pipe.tar'))).rejects.toThrow('Cannot unpack');
  });
});
