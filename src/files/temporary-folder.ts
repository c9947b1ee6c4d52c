/**
 * Folders for what lies on the disk for a moment: nobody else looks in, and nothing stays.
 */
import { lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { currentUser } from './disk.js';
import { isRunning, machine } from './lock.js';

/** A folder that lies there until it is removed. */
export interface TemporaryFolder {
  readonly path: string;
  /** Removes it with all that is in it; a second call does nothing. */
  readonly remove: () => void;
}

/**
 * Makes a folder of one's own. It is gone after `remove`, or where the process is ended by `process.exit` before; what processes that
 * were killed have left goes with the next of its name.
 * @param name that folders of this kind begin with
 */
export function makeTemporaryFolder(name: string): TemporaryFolder {
  clearLeftOver(name);
  const path = mkdtempSync(join(tmpdir(), `${name}-${machine}-${String(process.pid)}-`));
  const remove = (): void => {
    process.off('exit', remove);
    rmSync(path, { recursive: true, force: true });
  };
  process.on('exit', remove);
  return { path, remove };
}

const cleared = new Set<string>();

/** Once a kind; what cannot be removed is in nobody's way. */
function clearLeftOver(name: string): void {
  if (cleared.has(name)) return;
  cleared.add(name);
  const ours = `${name}-${machine}-`;
  for (const entry of readdirSync(tmpdir())) {
    const [, number] = entry.startsWith(ours) ? /^(\d+)-\w+$/.exec(entry.slice(ours.length)) ?? [] : [];
    if (number === undefined || isRunning(Number(number))) continue;
    const path = join(tmpdir(), entry);
    const stats = lstatSync(path, { throwIfNoEntry: false });
    const isOurs = stats?.isDirectory() === true && (currentUser === -1 || stats.uid === currentUser);
    if (isOurs) rmSync(path, { recursive: true, force: true });
  }
}
