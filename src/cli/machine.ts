/**
 * What the machine has that matters for speed.
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { availableParallelism, cpus, totalmem } from 'node:os';

export interface Machine {
  /** `process.platform/process.arch`. */
  readonly platform: string;
  /** Without the leading v. */
  readonly node: string;
  readonly processor: string;
  /** Threads that this process may use at once. */
  readonly threads: number;
  /** Instruction sets that the nets' kernels are written for, as far as the system tells. */
  readonly simd: readonly string[];
  /** Bytes. */
  readonly memory: number;
  /** Name and driver of each NVIDIA GPU that nvidia-smi shows. */
  readonly nvidiaGpus: readonly string[];
}

/** Flags of /proc/cpuinfo, and what people call them. */
const instructionSets: Readonly<Record<string, string>> = {
  avx2: 'AVX2', avx512f: 'AVX-512', avx512_vnni: 'VNNI', asimd: 'NEON',
};

/** Looks at the machine. What cannot be found out is left empty. */
export async function examineMachine(): Promise<Machine> {
  const [simd, nvidiaGpus] = await Promise.all([readSimd(), listNvidiaGpus()]);
  return {
    platform: `${process.platform}/${process.arch}`,
    node: process.versions.node,
    processor: cpus()[0]?.model.trim() ?? '',
    threads: availableParallelism(),
    simd,
    memory: totalmem(),
    nvidiaGpus,
  };
}

async function readSimd(): Promise<string[]> {
  if (process.platform === 'darwin' && process.arch === 'arm64') return ['NEON'];
  const text = await readFile('/proc/cpuinfo', 'utf8').catch(() => '');
  const flags = new Set(/^(?:flags|Features)\s*:(.*)$/m.exec(text)?.[1]?.split(' ') ?? []);
  return Object.entries(instructionSets).flatMap(([flag, name]) => (flags.has(flag) ? [name] : []));
}

function listNvidiaGpus(): Promise<string[]> {
  const query = ['--query-gpu=name,driver_version,memory.total', '--format=csv,noheader'];
  return new Promise((resolve) => {
    execFile('nvidia-smi', query, { timeout: 10_000 }, (error, output) => {
      resolve(error === null ? output.split('\n').map((line) => line.trim()).filter((line) => line !== '') : []);
    });
  });
}
