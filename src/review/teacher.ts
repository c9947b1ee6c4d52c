/**
 * Settings from the choices of a review: proposed when the person asks, written when the person says so.
 */
import { learn, labelledFiles, type Lesson } from '../choices/tune/learn.js';
import { writeSettings } from '../choices/tune/write.js';
import { UsageError } from '../core/usage-error.js';
import type { Config } from '../pipeline/config.js';
import type { PhotoExecutor } from '../run/executor.js';
import type { LessonData } from './data.js';
import type { Shoot } from './shoot.js';

export interface TeacherOptions {
  readonly shoot: Shoot;
  readonly executor: PhotoExecutor;
  readonly signal: AbortSignal;
  /** The file that is written, and the settings with what is in it. */
  readonly file: string;
  readonly config: () => Config;
}

export class Teacher {
  private working: Promise<LessonData> | undefined;
  private lesson: Lesson | undefined;

  constructor(private readonly options: TeacherOptions) {}

  /** Learns from what is chosen now; whoever asks meanwhile gets the same answer. @throws as `learn` does */
  learn(): Promise<LessonData> {
    this.working ??= this.work().finally(() => { this.working = undefined; });
    return this.working;
  }

  /** Writes what was proposed last. @throws UsageError where nothing was, or the file cannot be written */
  write(): string {
    const { lesson, options: { file } } = this;
    if (lesson === undefined || lesson.changes.length === 0) throw new UsageError('Nothing was proposed that could be written.');
    writeSettings(file, lesson.changes);
    this.lesson = undefined;
    return file;
  }

  private async work(): Promise<LessonData> {
    const { shoot, executor, signal, file, config } = this.options;
    const entries = await shoot.chosen();
    const ids = new Map(entries.map(({ photo }, id) => [photo, id]));
    this.lesson = await learn(labelledFiles(entries), { config: config(), executor, signal, onPhoto: () => undefined });
    const { lines, changes, changed } = this.lesson;
    return {
      lines,
      ...(changes.length === 0 ? {} : { file }),
      changed: changed.map(({ photo, label, now, then }) => ({
        id: ids.get(photo) ?? 0, photo, said: `${now} \u2192 ${then}; you ${label === 'keep' ? 'kept' : 'rejected'} it`,
      })),
    };
  }
}
