/**
 * One worker process, seen from outside: it gets photos, and gives back a result for each or dies.
 */
import { fork, type ChildProcess } from 'node:child_process';
import type { Config } from '../pipeline/config.js';
import { memorySignal, workerEnvironment } from './worker-memory.js';

/** What all workers have to be told, whatever they do. Crosses a process boundary: plain data only. */
export interface WorkerSettings {
  readonly config: Config;
}

/** What a worker is sent: one photo, and all that its result depends on. */
export interface WorkerTask<Item, Settings extends WorkerSettings> {
  readonly id: number;
  readonly photo: Item;
  readonly settings: Settings;
  /** Open the photo only when the nets are loaded: what ends the process before is then not the photo's fault. */
  readonly afterLoading: boolean;
}

/** What a worker sends. */
export type WorkerMessage<Result> =
  /** The nets are loaded. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'result'; readonly id: number; readonly result: Result }
  /** No photo can be judged with these settings. */
  | { readonly kind: 'failed'; readonly id: number; readonly message: string };

/** Why a process ended before it had given a result: by itself, or ended since a photo went beyond one of its limits. */
export type DeathCause = 'crash' | 'deadline' | 'memory';

/** A process ended while it had a photo. */
export class WorkerDeath extends Error {
  override readonly name = 'WorkerDeath';

  /**
   * @param how the process ended
   * @param alone whether the process had no other photo all the time that it had this one
   * @param ready whether it had come so far as to load its nets
   */
  constructor(readonly how: DeathCause, readonly alone: boolean, readonly ready: boolean) {
    super(`A worker process ended: ${how}.`);
  }
}

interface Task<Result> {
  readonly resolve: (result: Result) => void;
  readonly reject: (error: Error) => void;
  /** Milliseconds. */
  readonly deadline: number;
  /** Milliseconds that passed since the photo was taken, as long as this process was there to see them pass. */
  age: number;
  alone: boolean;
}

/**
 * Milliseconds between two looks at the age of photos. Age is counted in looks, not by a clock: while this process was stopped
 * or waited for a slow reader of its output, results may lie unread, and no photo is to blame.
 */
const lookInterval = 250;

export class WorkerProcess<Item, Settings extends WorkerSettings, Result> {
  /** Fulfilled when the process is gone. */
  readonly gone: Promise<void>;
  private readonly child: ChildProcess;
  private readonly tasks = new Map<number, Task<Result>>();
  private nextId = 0;
  private ready = false;
  private isGone = false;
  private endedFor: DeathCause | undefined;
  private readonly looking: NodeJS.Timeout;

  /** @param script the module that the process runs, with this process's id: it answers each WorkerTask with a WorkerMessage */
  constructor(script: string) {
    this.child = fork(script, [String(process.pid)], {
      // The default serialization, JSON, has no bytes; previews are bytes.
      serialization: 'advanced',
      env: workerEnvironment(),
      // What a library prints must not get into a report on standard output.
      stdio: ['ignore', 2, 2, 'ipc'],
    });
    this.child.on('message', (message) => { if (isWorkerMessage<Result>(message)) this.take(message); });
    this.gone = new Promise((resolve) => {
      const onGone = (fail: (task: Task<Result>) => Error): void => {
        if (this.isGone) return;
        this.isGone = true;
        clearInterval(this.looking);
        for (const task of this.tasks.values()) task.reject(fail(task));
        this.tasks.clear();
        resolve();
      };
      this.child.on('exit', (_code, signal) => {
        const how = this.endedFor ?? (signal === memorySignal ? 'memory' : 'crash');
        onGone((task) => new WorkerDeath(how, task.alone, this.ready));
      });
      // Not started, or a photo could not be sent to it; in the second case its exit is about to be heard of.
      this.child.on('error', (error) => {
        if (this.child.pid === undefined) onGone(() => new Error(`A worker process cannot be started: ${error.message}`));
      });
    });
    this.looking = setInterval(() => { this.lookAtAges(); }, lookInterval).unref();
  }

  get alive(): boolean {
    return !this.isGone && this.endedFor === undefined;
  }

  /**
   * Judges a photo, beside others that the process may have.
   * @throws WorkerDeath if the process ends meanwhile; another error if no photo can be judged
   */
  judge(photo: Item, settings: Settings, { afterLoading }: { readonly afterLoading: boolean }): Promise<Result> {
    const id = this.nextId;
    this.nextId += 1;
    return new Promise((resolve, reject) => {
      const alone = this.tasks.size === 0;
      for (const other of this.tasks.values()) other.alone = false;
      if (!this.alive) {
        reject(new WorkerDeath(this.endedFor ?? 'crash', false, this.ready));
        return;
      }
      this.tasks.set(id, { resolve, reject, deadline: settings.config.run.photo_seconds * 1000, age: 0, alone });
      const task: WorkerTask<Item, Settings> = { id, photo, settings, afterLoading };
      // A failure to send is followed by the exit that caused it.
      this.child.send(task, () => undefined);
    });
  }

  /** Ends the process at once, whatever it does. */
  end(): Promise<void> {
    this.kill('crash');
    return this.gone;
  }

  private kill(how: DeathCause): void {
    this.endedFor ??= how;
    this.child.kill('SIGKILL');
  }

  private take(message: WorkerMessage<Result>): void {
    this.ready = true;
    if (message.kind === 'ready') return;
    const task = this.tasks.get(message.id);
    this.tasks.delete(message.id);
    if (message.kind === 'result') task?.resolve(message.result);
    else task?.reject(new Error(message.message));
  }

  private lookAtAges(): void {
    for (const task of this.tasks.values()) {
      task.age += lookInterval;
      if (task.age > task.deadline) this.kill('deadline');
    }
  }
}

function isWorkerMessage<Result>(value: unknown): value is WorkerMessage<Result> {
  return typeof value === 'object' && value !== null && 'kind' in value;
}
