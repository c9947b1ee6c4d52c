/**
 * Memory of this process's children and all that they start.
 */
import { readdirSync, readFileSync } from 'node:fs';

/**
 * Resident memory in MB of a process and its descendants, added up. Pages that they share count more than once, so it is
 * rather too much than too little.
 * @returns undefined where the system has no /proc, as on macOS and Windows
 */
export function residentMegabytes(pid: number): number | undefined {
  const children = new Map<number, number[]>();
  for (const [child, parent] of parents()) children.set(parent, [...children.get(parent) ?? [], child]);
  const waiting = [pid];
  let kilobytes: number | undefined;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const own = residentKilobytes(next);
    if (own !== undefined) kilobytes = (kilobytes ?? 0) + own;
    waiting.push(...children.get(next) ?? []);
  }
  return kilobytes === undefined ? undefined : kilobytes / 1024;
}

/** Every process with its parent. */
function parents(): [child: number, parent: number][] {
  const pids = listProcesses().filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => {
    // The name in brackets may hold blanks and brackets of its own.
    const parent = /.*\) \S (\d+)/s.exec(read(`/proc/${pid}/stat`))?.[1];
    return parent === undefined ? [] : [[Number(pid), Number(parent)]];
  });
}

function residentKilobytes(pid: number): number | undefined {
  const text = /^VmRSS:\s+(\d+) kB/m.exec(read(`/proc/${String(pid)}/status`))?.[1];
  return text === undefined ? undefined : Number(text);
}

function listProcesses(): string[] {
  try {
    return readdirSync('/proc');
  } catch {
    return [];
  }
}

/** Processes end while they are looked at; those count as nothing. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
