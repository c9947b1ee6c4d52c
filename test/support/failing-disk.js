/**
 * For node --import: a disk that fails. From the change of a name below FAILING_FOLDER with the number FAILING_FROM on, each fails with
 * FAILING_CODE. What has been changed before stays.
 */
import fs from 'node:fs';
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

const { FAILING_FOLDER: folder, FAILING_FROM: from, FAILING_CODE: code } = process.env;
let changes = 0;

function fails(path) {
  if (!String(path).startsWith(folder)) return false;
  changes += 1;
  return changes >= Number(from);
}

/** Opening a file only to read it changes nothing. */
function changesNothing(name, [, flags]) {
  return name.startsWith('open') && (flags === 'r' || (typeof flags === 'number' && (flags & (fs.constants.O_WRONLY | fs.constants.O_RDWR)) === 0));
}

for (const [module, names] of [
  [fs, ['writeFileSync', 'openSync', 'linkSync', 'renameSync', 'unlinkSync', 'rmSync', 'mkdirSync']],
  [promises, ['open', 'link', 'rename', 'unlink', 'rmdir', 'mkdir', 'truncate', 'copyFile']],
]) {
  for (const name of names) {
    const real = module[name];
    module[name] = (...args) => {
      const path = /^(link|rename|copyFile)/.test(name) ? args[1] : args[0];
      if (changesNothing(name, args) || !fails(path)) return real(...args);
      const error = Object.assign(new Error(`${code}: raw, ${name} '${path}'`), { code });
      if (name.endsWith('Sync')) throw error;
      return Promise.reject(error);
    };
  }
}
syncBuiltinESMExports();
process.on('exit', () => { if (process.env.FAILING_COUNT !== undefined) fs.writeSync(2, `${changes} changes\n`); });
