/**
 * Disks of the test's own, which can be full or read-only: mounted in a namespace that only a helper process and what is
 * started in it can see. Needs Linux with `unshare`, `nsenter` and the right to make namespaces.
 */
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { entry } from './pipeline.js';

const asRoot = process.getuid?.() === 0;
const unshare = [...(asRoot ? [] : ['--user', '--map-root-user']), '--mount'];

/** Whether disks can be mounted here; to be shown in the name of what is skipped. */
export const canMount = spawnSync('unshare', [...unshare, 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0;
export const withoutMount = canMount ? '' : ' (skipped: no disk can be mounted here)';

/** Starts what follows with files limited to so many KB: a write beyond fails, as on a disk that takes no more. */
export function filesUpTo(kilobytes: number): string[] {
  return ['bash', '-c', `ulimit -f ${String(kilobytes)}; exec "$@"`, 'bash'];
}

/** Whether commands can be started as somebody who has to respect permissions, which root does not. */
export const canLoseRights = !asRoot || spawnSync('setpriv', [...nobody(), process.execPath, entry, '--version']).status === 0;
export const withRights = canLoseRights ? '' : ' (skipped: this is root, and no other user can run the tool here)';

/** Starts what follows without root's rights. */
export function withoutRights(): string[] {
  return asRoot ? ['setpriv', ...nobody()] : [];
}

function nobody(): string[] {
  return ['--reuid=65534', '--regid=65534', '--clear-groups'];
}

/** A disk that is mounted over a folder. */
export class Disk {
  private constructor(private readonly holder: ChildProcess, readonly folder: string) {}

  /** An empty disk of so many KB. */
  static async ofSize(folder: string, kilobytes: number): Promise<Disk> {
    return Disk.mounted(folder, `mount -t tmpfs -o size=${String(kilobytes)}k none "$1"`);
  }

  /** What is in a folder, on a disk that can only be read. */
  static async readOnly(folder: string): Promise<Disk> {
    return Disk.mounted(folder, 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1"');
  }

  private static async mounted(folder: string, mount: string): Promise<Disk> {
    const holder = spawn('unshare', [...unshare, 'sh', '-c', `${mount} && echo mounted && exec cat`, 'sh', folder], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await once(holder.stdout, 'data');
    return new Disk(holder, folder);
  }

  /** What a command has to be started by to see the disk. */
  get launcher(): string[] {
    return ['nsenter', '--target', String(this.holder.pid), ...(asRoot ? [] : ['--user', '--preserve-credentials']), '--mount'];
  }

  /** Where this process finds a file of the disk. */
  at(name: string): string {
    return join(`/proc/${String(this.holder.pid)}/root`, this.folder, name);
  }

  grow(kilobytes: number): void {
    const [command, ...rest] = [...this.launcher, 'mount', '-o', `remount,size=${String(kilobytes)}k`, this.folder];
    execFileSync(command, rest);
  }

  /** Unmounts it; the contents of an empty disk are gone then. */
  async close(): Promise<void> {
    this.holder.kill();
    await once(this.holder, 'exit');
  }
}
