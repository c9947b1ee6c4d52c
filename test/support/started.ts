/**
 * Processes that a test starts, listens to and ends.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';

const running = new Set<Started>();

/** A Node.js process, and what it has said. */
export class Started {
  output = '';
  private readonly child: ChildProcess;
  private readonly exit: Promise<unknown[]>;

  /** @param environment beside that of the tests */
  constructor(command: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    this.child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...environment } });
    this.exit = once(this.child, 'close');
    for (const stream of [this.child.stdout, this.child.stderr]) stream?.setEncoding('utf8').on('data', (text: string) => { this.output += text; });
    running.add(this);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** Waits for its end. @returns its exit code, null where a signal ended it */
  async end(): Promise<number | null> {
    await this.exit;
    running.delete(this);
    return this.child.exitCode;
  }

  async says(text: string): Promise<void> {
    await until(() => this.output.includes(text), () => `"${text}" was not said, but: ${this.output}`);
  }
}

/** Ends whatever is still there. */
export async function endAll(): Promise<void> {
  for (const each of running) each.signal('SIGKILL');
  await Promise.all([...running].map((each) => each.end()));
}

/** Waits for something, 50 seconds at most. */
export async function until(condition: () => boolean, otherwise: () => string): Promise<void> {
  const start = performance.now();
  while (!condition()) {
    if (performance.now() - start > 50_000) throw new Error(otherwise());
    await wait(20);
  }
}
