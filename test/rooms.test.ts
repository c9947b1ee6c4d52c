import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { floors } from '../rooms.js';

const root = new URL('../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');
const rooms = floors.flatMap((floor) => Object.keys(floor));

describe('the map of rooms', () => {
  it('has every folder of src, once', () => {
    const folders = readdirSync(new URL('src', root), { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name);
    expect(folders.filter((name) => !rooms.includes(name))).toEqual([]);
    expect(new Set(rooms).size).toBe(rooms.length);
  });

  it('stands in CONTRIBUTING.md, floor by floor', () => {
    const lines = floors.flatMap((floor) => Object.entries(floor)).map(([name, what]) => `${name.padEnd(10)} ${what}`);
    expect(read('CONTRIBUTING.md')).toContain(['```', ...lines, '```'].join('\n'));
  });
});

describe('the front page', () => {
  it('is one page', () => {
    expect(read('README.md').split('\n').length).toBeLessThanOrEqual(150);
  });

  it('leads to pages that are there, and they to others', () => {
    const pages = ['docs', 'models'].flatMap((folder) => readdirSync(new URL(folder, root)).filter((name) => name.endsWith('.md')).map((name) => `${folder}/${name}`));
    expect(pages.length).toBeGreaterThan(10);
    for (const page of ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'bench/README.md', 'data/README.md', ...pages]) {
      const links = [...read(page).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, link]) => link ?? '');
      for (const link of links) expect(existsSync(new URL(link, new URL(page, root))), `${page}: ${link}`).toBe(true);
    }
  });
});
