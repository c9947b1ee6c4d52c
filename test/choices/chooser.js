/** Chooses one photo after the other until it is killed, and says what it asks for and what it was promised. */
import { createHash } from 'node:crypto';
import { ChoicesFile } from '../../dist/choices/file.js';

const [path, run] = process.argv.slice(2);
const file = await ChoicesFile.open(path);
for (let number = 0; ; number += 1) {
  const name = `${run}-${number}`;
  const stars = 1 + (number % 5);
  // Handed over before anything is written: a message that waits in this process dies with it.
  await new Promise((resolve) => { process.send(['asked', name, stars], resolve); });
  const photo = { key: createHash('sha256').update(name).digest('hex'), size: 1, photo: name };
  await file.choose([{ photo, change: { stars } }]);
  process.send(['promised', name, stars]);
}
