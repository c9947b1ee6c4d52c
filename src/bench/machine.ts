/**
 * What machine figures come from.
 */
import { availableParallelism, cpus, platform, release, arch } from 'node:os';

/** The machine in words, for tables. */
export function machineName(): string {
  return `${cpuName()}, ${String(coreCount())} core${coreCount() === 1 ? '' : 's'}, ${platform()} ${release()} ${arch()}, Node.js ${process.versions.node}`;
}

/** The machine as part of a file's name, such as `amd-epyc-2-cores-node-20`. */
export function machineSlug(): string {
  const major = process.versions.node.split('.')[0] ?? '';
  return `${cpuName()} ${String(coreCount())} cores node ${major}`.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '');
}

/** Cores that this process may use. */
export function coreCount(): number {
  return availableParallelism();
}

function cpuName(): string {
  const model = cpus()[0]?.model ?? 'unknown processor';
  return model.replace(/\((R|TM|r|tm)\)/g, '').replace(/\s+/g, ' ').trim();
}
