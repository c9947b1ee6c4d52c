/**
 * Counts of a run, and the few lines that tell a person about them.
 */
import { topicOf } from '../core/face-reason.js';
import type { PhotoResult } from '../core/result.js';
import type { Verdict } from '../core/verdict.js';

/** What a person wants to know when a run is over. */
export class RunSummary {
  photos = 0;
  faces = 0;
  errors = 0;
  /** Sidecars that could not be written. */
  unwritten = 0;
  readonly verdicts: Record<Verdict, number> = { keep: 0, review: 0, reject: 0 };
  private readonly reasons = new Map<string, number>();

  /** @param total photos that the run set out with */
  constructor(readonly total: number) {}

  /** Whether the run ended before its last photo. */
  get stopped(): boolean {
    return this.photos < this.total;
  }

  add(result: PhotoResult): void {
    this.photos += 1;
    this.faces += result.faces.length;
    if (result.status === 'error') this.errors += 1;
    else this.verdicts[result.verdict] += 1;
    for (const kind of new Set(result.reasons.map((reason) => topicOf(reason)))) this.reasons.set(kind, (this.reasons.get(kind) ?? 0) + 1);
  }

  /** @param seconds how long the run took */
  lines(seconds: number): string[] {
    const rate = seconds > 0 ? this.photos / seconds : 0;
    const lines = [
      `${count(this.photos, 'photo')}, ${count(this.faces, 'face')} in ${seconds.toFixed(1)} s (${rate.toFixed(1)} photos a second)`,
      `  keep ${String(this.verdicts.keep)}   review ${String(this.verdicts.review)}   reject ${String(this.verdicts.reject)}` +
        (this.errors > 0 ? `   could not be read ${String(this.errors)}` : ''),
    ];
    const reasons = [...this.reasons].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
    for (const [reason, photos] of reasons) lines.push(`  ${String(photos).padStart(5)}  ${reason}`);
    if (this.unwritten > 0) lines.push(`${count(this.unwritten, 'sidecar')} could not be written.`);
    return lines;
  }
}

function count(n: number, noun: string): string {
  return `${String(n)} ${noun}${n === 1 ? '' : 's'}`;
}
