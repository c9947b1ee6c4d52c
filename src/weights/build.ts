/**
 * A step of `npm run build`: writes the foreign nets to dist/nets, which the package ships. They are no part of the repository.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { netPath } from '../files/package.js';
import { compileNets } from './compile.js';

const folder = dirname(netPath(''));
await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });
for (const { name, content } of await compileNets()) await writeFile(join(folder, name), content);
