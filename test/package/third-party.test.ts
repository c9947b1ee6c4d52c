import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { packageFolder } from '../../src/files/package.js';
import { installedPart, productionLicences } from '../../scripts/third-party.js';

const read = (name: string): string => readFileSync(join(packageFolder, name), 'utf8');
const lock = z.object({ packages: z.record(z.string(), z.looseObject({ license: z.string().exactOptional() })) }).parse(JSON.parse(read('package-lock.json')));

describe('THIRD-PARTY.md', () => {
  it('names every package that npm installs, as package-lock.json has it (npm run config writes it)', () => {
    expect(read('THIRD-PARTY.md').endsWith(installedPart(lock))).toBe(true);
    const { dependencies } = z.object({ dependencies: z.record(z.string(), z.string()) }).parse(JSON.parse(read('package.json')));
    expect([...productionLicences(lock).keys()]).toEqual(expect.arrayContaining(Object.keys(dependencies)));
  });
});

describe('what npm installs beside the package', () => {
  const allowed = new Set(['MIT', 'ISC', '0BSD', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', '(MIT OR CC0-1.0)']);

  it('may be used by anybody for anything; libvips alone is LGPL, and a library of its own', () => {
    const others = [...productionLicences(lock)].filter(([, licence]) => !allowed.has(licence));
    for (const [name, licence] of others) expect(`${name} ${licence}`).toMatch(/^@img\/sharp-.* .*LGPL-3\.0-or-later/);
  });

  it('says of itself what the lock file says of it', () => {
    for (const [name, licence] of productionLicences(lock)) {
      const own = join(packageFolder, 'node_modules', name, 'package.json');
      if (!existsSync(own) || lock.packages[`node_modules/${name}`] === undefined) continue;
      const { license } = z.object({ license: z.string() }).parse(JSON.parse(readFileSync(own, 'utf8')));
      expect([name, license]).toEqual([name, licence]);
    }
  });
});
